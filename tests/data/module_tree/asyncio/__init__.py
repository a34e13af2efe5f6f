"""A package whose modules import one another."""

import _intrinsics

from .events import *
from . import tasks

policy = _intrinsics.load_intrinsic("rt_loop_policy")

__all__ = events.__all__ + tasks.__all__
