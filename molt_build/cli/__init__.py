"""What people type: `main` is the entry point of `molt-build` and of `python -m molt_build`.

A build that has nothing to do is told before argparse or anything else is imported; every other
command line, and every build with something to do, goes to `molt_build.cli.command_line`.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # that of `typing`, whose import takes as long as all the rest
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code (see `molt_build.errors`)."""
    words = sys.argv[1:] if argv is None else argv
    try:
        if "build" in words[:3]:
            from molt_build.cli import warm_build

            code = warm_build.run(words)
            if code is not None:
                return code
        from molt_build.cli import command_line
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return command_line.run(words)
