"""Numbers of errors."""

import _intrinsics

_table = _intrinsics.require_intrinsic("rt_errno_table")
EAGAIN = _table["EAGAIN"]
