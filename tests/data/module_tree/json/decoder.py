"""TODO(runtime, status: done): it is all there."""

from _intrinsics import load_intrinsic

from . import scanner

decode = load_intrinsic("rt_json_decode"), scanner
