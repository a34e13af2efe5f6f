"""The whole command line: one module a command, found here, imported only when it is used.

`run` is the one place where errors become messages and exit codes.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import os
import sys
import time
from collections.abc import Sequence
from typing import Any, TextIO

from molt_build import __version__, interrupts, voice
from molt_build.cli import end_at_once, exit_codes
from molt_build.cli.common import add_common
from molt_build.cli.finding import find_project
from molt_build.cli.help import end_help, shown_examples
from molt_build.cli.old_words import as_now
from molt_build.cli.parsing import Parser
from molt_build.cli.streams import let_readers_go
from molt_build.cli.variables import check_variables
from molt_build.errors import EXIT_BAD_MANIFEST, EXIT_ENVIRONMENT, MoltBuildError, UsageError
from molt_build.secrecy import without_secrets

COMMANDS = {
    "init": "start a project: manifests, a noxfile, a first program",
    "doctor": "say for each toolchain whether it is ready, and what makes this machine noisy",
    "check": "validate all manifests",
    "list": "list what manifests declare (programs, toolchains, lanes, tracks, ...), and runs",
    "schema": "print the JSON Schema of manifests, of results or of what --json prints",
    "conformance": "try a toolchain as its author should before anybody believes it",
    "pin": "resolve the requirements of a toolchain or a suite, and write their hash lock",
    "prepare": "fetch and install what toolchains and lanes need, without building programs",
    "build": "build programs with a toolchain",
    "explain": "say for each action why it is up to date, a hit or a miss",
    "bench": "measure a lane or a suite",
    "differential": "say where compiled programs diverge from the reference",
    "reduce": "make a program that diverges as small as it will go",
    "compile_progress": "measure build latency, case by case, and judge the KPIs",
    "friends": "measure friend projects' own suites, and say who wins",
    "signals": "read what builds, files and the history reveal, without running a program",
    "reproduce": "rebuild and measure a run again, and say whether it agrees",
    "compare": "say which differences between two runs are real",
    "history": "list, show, export and prune the runs that are recorded",
    "export": "give a recorded run in the format of another tool",
    "cache": "look into the store, check it, make room in it",
    "completion": "print what makes a shell complete the command line",
    "board": "say how far each track of the program is, from recorded runs",
    "gates": "say whether anything is worse than it may be, from recorded runs",
    "bisect": "find the commit at which a lane, a gate or a signal became what it is",
    "dashboard": "write one HTML file with all that recorded runs say",
    "report": "write the published pages from recorded runs, or check them",
}

EXAMPLES = (
    "molt-build build --engine cython",
    "molt-build bench bench_native --quick",
)

WITHOUT_A_PROJECT = ("completion", "init", "schema")  # all else is about one

_HINTS = {
    errno.ENOSPC: "free some disk space, and try again",
    errno.EDQUOT: "free some of your disk quota, and try again",
    errno.EROFS: "make the file system writable, or set MOLT_BUILD_CACHE_DIR to a folder elsewhere",
    errno.EACCES: "fix the permissions, or set MOLT_BUILD_CACHE_DIR to a folder of yours",
}


def run(words: Sequence[str]) -> int:
    """Run one command; returns the exit code (see `molt_build.errors`)."""
    if not words and "_ARGCOMPLETE" in os.environ:  # a shell asks what may stand at its cursor
        from molt_build.cli.completers import complete

        complete(parser_for)
    let_readers_go()
    now, notes = as_now(words, _command_place(words))
    try:
        arguments = parser_for(now).parse_args(now)
    except UsageError as error:
        print_error(error)
        return error.exit_code
    voice.set_voice(arguments.loudness, arguments.color)
    for note in notes:
        voice.tell(note)
    started = time.monotonic()
    code = interrupts.run(lambda: _run(arguments), replacing=(end_at_once,))
    voice.detail(f"exit code {code} after {time.monotonic() - started:.2f} s")
    for stream in (sys.stdout, sys.stderr):
        _flush(stream)
    return code


def _run(arguments: argparse.Namespace) -> int:
    try:
        check_variables()
        if arguments.command not in WITHOUT_A_PROJECT:
            arguments.project = find_project(arguments.project)
            voice.detail(f"molt-build {__version__}, project {arguments.project}")
        code: int = _module(arguments.command).run(arguments)
        if sys.stdout is not None:  # closed by who started us
            sys.stdout.flush()
        return code
    except MoltBuildError as error:
        if interrupts.is_wanted():  # what an interrupted command fails with is no error of its own
            raise
        print_error(error)
        return error.exit_code
    except OSError as error:
        if interrupts.is_wanted():
            raise
        where = f"{error.filename}: " if error.filename else ""
        interrupts.say(f"error: {where}{error.strerror or error}")
        if error.errno in _HINTS:
            interrupts.say(f"  {_HINTS[error.errno]}")
        return EXIT_ENVIRONMENT


def _flush(stream: TextIO | None) -> None:
    """Write what is left now, or never: Python would report at its end that it cannot."""
    try:
        if stream is not None:
            stream.flush()
    except OSError:
        interrupts.drop(stream)


def _module(command: str) -> Any:
    return importlib.import_module(f"molt_build.cli.{command}")


def _command_place(words: Sequence[str]) -> int | None:
    """Where the first word is that is neither an option nor the value of one."""
    rest = iter(enumerate(words))
    for place, word in rest:
        if word in ("--project", "--color"):
            next(rest, None)
        elif not word.startswith("-"):
            return place
    return None


def print_error(error: MoltBuildError) -> None:
    """The one form in which errors are shown: what is wrong, then what to do."""
    prefix = "" if error.exit_code == EXIT_BAD_MANIFEST and ".toml:" in error.message else "error: "
    interrupts.say(f"{prefix}{error.message}")
    if error.hint:
        interrupts.say(f"  {error.hint}")
    cause = error.__cause__
    while cause is not None:
        voice.detail(f"  caused by {type(cause).__name__}: {without_secrets(str(cause))}")
        cause = cause.__cause__


def parser_for(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of a command line; only the command that is named there has its arguments."""
    parser = Parser(
        prog="molt-build",
        description="Build, measure and govern ahead-of-time Python compilers.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"{shown_examples(EXAMPLES)}\n\n{exit_codes.table()}",
    )
    parser.add_argument("--version", action="version", version=f"molt-build {__version__}")
    add_common(parser, is_main=True)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    place = _command_place(words)
    chosen = None if place is None else words[place]
    for name, summary in COMMANDS.items():
        sentence = summary[:1].upper() + summary[1:] + "."
        command = commands.add_parser(name, help=summary, description=sentence)
        if name == chosen:
            module = _module(name)
            module.add_arguments(command)
            add_common(command)
            end_help(command, name, module.EXAMPLES)
    return parser
