"""Written in Python: it asks every file, one after the other."""

import heapq


class Selector:
    def __init__(self):
        self._files = []

    def register(self, file):
        heapq.push(self._files, file)
