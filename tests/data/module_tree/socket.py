"""Sockets of the runtime, which lean on a module that is not."""

from _intrinsics import load_intrinsic as _load_intrinsic
from _intrinsics import require_intrinsic

import errno
import selectors

try:
    import ssl
except ImportError:
    ssl = None

_open = require_intrinsic("rt_socket_open")


def wait(one):
    chosen = selectors.Selector()
    chosen.register(one)
    return errno.EAGAIN, _load_intrinsic
