"""The same question twice is one question."""

import _intrinsics


def crc32(data):
    _intrinsics.load_intrinsic("rt_has_capability")("zlib")
    if _intrinsics.require_intrinsic("rt_has_capability")("zlib.fast"):
        raise NotImplementedError
    return sum(data)
