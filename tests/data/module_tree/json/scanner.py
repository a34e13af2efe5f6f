"""Of a later Python: what it says can be seen, if not parsed."""

from _intrinsics import load_intrinsic
import heapq

scan = load_intrinsic("rt_json_scan")


def later(value):
    match! value:
        return heapq
