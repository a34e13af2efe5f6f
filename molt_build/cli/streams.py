"""Standard output and error whose reader may go away: `molt-build explain | head` is no error.

What is written after the reader has gone goes nowhere, and the command goes on: its exit code says
what it found, whoever reads how much of it. Everything else that cannot be written (a full disk) is
an error like any other.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _Unread(io.FileIO):
    """A descriptor that becomes /dev/null when nobody reads it any more."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, self.fileno())
            os.close(null)
            return len(memoryview(data).cast("B"))


def let_readers_go() -> None:
    """From now on a reader of what this process prints may go; others' streams stay theirs."""
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        stream = getattr(sys, name)
        if stream is not getattr(sys, f"__{name}__") or not isinstance(stream, io.TextIOWrapper):
            continue  # closed, or somebody's who called us
        stream.flush()
        raw = _Unread(descriptor, "w", closefd=False)
        made = io.TextIOWrapper(
            io.BufferedWriter(raw),
            encoding=stream.encoding,
            errors=stream.errors,
            line_buffering=stream.line_buffering,
        )
        setattr(sys, name, made)
