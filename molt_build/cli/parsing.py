"""argparse, with our words for what is wrong: one sentence, and what may have been meant.

Options may stand between the words of a command (`molt-build build one --jobs 2 two`), as the warm
path reads them. Whatever cannot be read is raised as `UsageError`.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import Any, NoReturn

from molt_build.errors import UsageError
from molt_build.names import known, name_hint, near_misses


class Parser(argparse.ArgumentParser):
    """A parser of one command, or of the words before it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"allow_abbrev": False, **options})
        self._is_between = False

    def error(self, message: str) -> NoReturn:
        """What argparse found wrong."""
        raise UsageError(message.removeprefix("argument "), f"{self.prog} --help says more")

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """All of it, or `UsageError`: nothing is left over."""
        is_plain = self._is_between or self._subparsers is not None
        is_plain = is_plain or "--" in (args or ())  # the first of two passes would take it away
        if is_plain or "_ARGCOMPLETE" in os.environ:  # completion looks at one pass only
            found, left = super().parse_known_args(args, namespace)
        else:
            self._is_between = True  # it parses by this very method
            try:
                found, left = self.parse_known_intermixed_args(args, namespace)
            finally:
                self._is_between = False
        if left and not self._is_between and "_ARGCOMPLETE" not in os.environ:
            self._refuse(left[0])
        return found, left

    def _refuse(self, word: str) -> NoReturn:
        """Say that there is no such option, or no place for such a word."""
        more = f"{self.prog} --help lists them"
        if not word.startswith("-"):
            message = f"{word} is one word too many for {self.prog}"
            raise UsageError(message, f"{self.prog} --help says what it takes")
        name = word.partition("=")[0]
        # Without their dashes, in which all are alike.
        words = [one[2:] for one in self._option_string_actions if one.startswith("--")]
        near = near_misses(name.lstrip("-"), words)
        hint = f"did you mean {', '.join(f'--{one}' for one in near)}?" if near else None
        raise UsageError(f"{self.prog} has no option {name}", hint or more)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Raise `UsageError`, with near misses, for what is none of an argument's choices."""
        if action.choices is None or value in action.choices:
            return
        choices = [str(choice) for choice in action.choices]
        if isinstance(action, argparse._SubParsersAction):
            command = self.prog.partition(" ")[2]
            known(f"{command} subcommand" if command else "command", value, choices)
        name = "/".join(action.option_strings) or action.metavar or action.dest
        raise UsageError(f"{name} cannot be {value}", name_hint(str(value), choices))
