"""Written in Python: the calls are of other functions, or of other names."""

from heapq import push

import _intrinsics


def load(name):
    return name


def mean(data):
    kept = []
    push(kept, load("rt_mean"))
    return sum(data) / len(data), _intrinsics.load_intrinsic("host_mean")


def median(data, name="rt_median"):
    return _intrinsics.load_intrinsic(name), data
