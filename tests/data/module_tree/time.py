"""Clocks of the runtime."""

from _intrinsics import load_intrinsic

monotonic = load_intrinsic("rt_time_monotonic")
sleep = load_intrinsic("rt_time_sleep")
