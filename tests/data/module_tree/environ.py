"""Begins with a byte order mark."""

import _intrinsics

get = _intrinsics.load_intrinsic("rt_environment_get")
