"""The whole command line: one module a command, found here, imported only when it is used.

`run` is the one place where errors become messages and exit codes.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from molt_build import __version__
from molt_build.cli.warm_build import find_project
from molt_build.errors import EXIT_BAD_MANIFEST, EXIT_ENVIRONMENT, EXIT_INTERRUPTED, MoltBuildError

COMMANDS = {
    "init": "start a project: manifests, a noxfile, a first program",
    "doctor": "say for each toolchain whether it is ready, and what makes this machine noisy",
    "check": "validate all manifests",
    "schema": "print the JSON Schema of a manifest kind",
    "pin": "resolve a toolchain's requirements and write its hash lock",
    "build": "build programs with a toolchain",
    "explain": "say for each action why it is up to date, a hit or a miss",
    "bench": "measure a lane",
    "compile-progress": "measure build latency, case by case, and judge the KPIs",
    "friends": "measure friend projects' own suites, and say who wins",
    "compare": "say which differences between two runs are real",
    "cache": "look into the store, check it, make room in it",
    "report": "write the published summary of a lane",
}

_HINTS = {
    errno.ENOSPC: "free some disk space, and try again",
    errno.EDQUOT: "free some of your disk quota, and try again",
    errno.EROFS: "make the file system writable, or set MOLT_BUILD_CACHE_DIR to a folder elsewhere",
    errno.EACCES: "fix the permissions, or set MOLT_BUILD_CACHE_DIR to a folder of yours",
}


def run(words: Sequence[str]) -> int:
    """Run one command; returns the exit code (see `molt_build.errors`)."""
    if os.name != "posix":
        print("error: molt_build runs on Linux and macOS", file=sys.stderr)
        print("  on Windows, use it inside WSL", file=sys.stderr)
        return EXIT_ENVIRONMENT
    signal.signal(signal.SIGTERM, _interrupt)
    parser = _parser(list(words))
    arguments = parser.parse_args(list(words))
    try:
        arguments.project = Path(find_project(arguments.project))
        code: int = _module(arguments.command).run(arguments)
        if sys.stdout is not None:  # closed by who started us
            sys.stdout.flush()
        return code
    except MoltBuildError as error:
        print_error(error)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_INTERRUPTED
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"error: {where}{error.strerror or error}", file=sys.stderr)
        if error.errno in _HINTS:
            print(f"  {_HINTS[error.errno]}", file=sys.stderr)
        return EXIT_ENVIRONMENT


def _module(command: str) -> Any:
    return importlib.import_module(f"molt_build.cli.{command.replace('-', '_')}")


def _command_word(words: Sequence[str]) -> str | None:
    """The first word that is neither an option nor the value of one."""
    rest = iter(words)
    for word in rest:
        if word == "--project":
            next(rest, None)
        elif not word.startswith("-"):
            return word
    return None


def _interrupt(number: int, frame: object) -> None:
    """SIGTERM ends a command as Ctrl-C does: what runs is ended, what is done is kept."""
    raise KeyboardInterrupt


def print_error(error: MoltBuildError) -> None:
    """The one form in which errors are shown: what is wrong, then what to do."""
    prefix = "" if error.exit_code == EXIT_BAD_MANIFEST and ".toml:" in error.message else "error: "
    print(f"{prefix}{error.message}", file=sys.stderr)
    if error.hint:
        print(f"  {error.hint}", file=sys.stderr)


def _parser(words: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="molt-build",
        allow_abbrev=False,
        description="Build, measure and govern ahead-of-time Python compilers.",
        epilog="Exit codes: 0 done; 1 a build, a check or a measurement failed; "
        "2 bad usage or manifest; 3 a tool is missing; 4 the environment failed; 130 interrupted.",
    )
    parser.add_argument("--version", action="version", version=f"molt-build {__version__}")
    parser.add_argument("--project", metavar="DIR", help="the project (default: found upwards)")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    chosen = _command_word(words)
    for name, summary in COMMANDS.items():
        sentence = summary[:1].upper() + summary[1:] + "."
        command = commands.add_parser(name, help=summary, description=sentence)
        if name == chosen:
            _module(name).add_arguments(command)
    return parser
