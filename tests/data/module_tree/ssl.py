"""Asks whether the runtime could, and does nothing with it."""

from _intrinsics import load_intrinsic

if not load_intrinsic("rt_has_capability")("ssl"):
    raise ImportError("no ssl")
