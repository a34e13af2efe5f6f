"""What the commands that measure have in common: how they are told again, and how they end."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from molt_build.errors import (
    EXIT_DONE,
    EXIT_INTERRUPTED,
    EXIT_MEASURED_FAILURE,
    UsageError,
)

if TYPE_CHECKING:
    from molt_build.runs.job import Finished


def typed_again(
    args: argparse.Namespace, words: Sequence[str], options: Sequence[str], flags: Sequence[str]
) -> list[str]:
    """The command as it could be typed again, without where it was told to write."""
    again = ["molt-build", *words]
    for option in options:
        value = getattr(args, option.replace("-", "_"))
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                again += [f"--{option}", f"{one:g}" if isinstance(one, float) else str(one)]
    return again + [f"--{flag}" for flag in flags if getattr(args, flag)]


def conclude(
    finished: Finished,
    *,
    is_json: bool,
    show: Callable[[], None],
    session: str,
    command: str,
    exported: Callable[[], None] = lambda: None,
    when_whole: Callable[[], None] = lambda: None,
) -> int:
    """Print what was found, where it lies and what failed; the exit code.

    `session` and `command` go on with an interrupted run, `exported` writes what else was asked
    for, `when_whole` what only a run gives that was not interrupted.
    Raises `UsageError` for what could not be gone on with.
    """
    if is_json:
        print(json.dumps(finished.result))
    else:
        show()
    exported()
    print(f"result: {os.path.relpath(finished.folder)}/result.json", file=sys.stderr)
    if finished.is_interrupted:
        print("interrupted: what is measured is kept; go on with", file=sys.stderr)
        print(f"  nox -s {session} -- --resume", file=sys.stderr)
        print(f"  molt-build {command} --resume", file=sys.stderr)
        return EXIT_INTERRUPTED
    when_whole()
    for line in finished.failures:
        print(line, file=sys.stderr)
    if finished.refused:
        raise UsageError("\n".join(finished.refused), "begin a new run, without --resume")
    return EXIT_MEASURED_FAILURE if finished.failures else EXIT_DONE
