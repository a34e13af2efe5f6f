"""What annotations need at run time, without the rest."""

from _intrinsics import load_intrinsic

TYPE_CHECKING = False
cast = load_intrinsic("rt_typing_cast")
