"""Threads: everything below is of the runtime, so the closure is strict."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import _intrinsics
from time import monotonic

if TYPE_CHECKING:
    from statistics import mean


class Lock:
    def __init__(self):
        self._handle = _intrinsics.load_intrinsic("rt_lock_new")()

    def acquire(self, timeout=-1.0):
        until = monotonic() + timeout
        return _intrinsics.load_intrinsic("rt_lock_acquire")(self._handle, until, sys)
