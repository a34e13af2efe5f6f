"""Tasks wait in a heap that is written in Python."""

import asyncio.events
import heapq
from _intrinsics import load_intrinsic


__all__ = ["Task"]


class Task:
    switch = load_intrinsic("rt_task_switch")

    def __init__(self, one):
        heapq.push([], one)
        self.loop = asyncio.events
