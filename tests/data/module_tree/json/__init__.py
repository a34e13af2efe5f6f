"""TODO(runtime, status: partial): numbers beyond 64 bits."""

from _intrinsics import load_intrinsic

from .decoder import decode

encode = load_intrinsic("rt_json_encode")
