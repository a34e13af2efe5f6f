"""How `--help` of a command ends: what else is to be said, when it exits with 1, and examples.

The examples are the constant `EXAMPLES` of the command's module, whole command lines; a test holds
that the parser takes each.
"""

from __future__ import annotations

import argparse
import shutil
import textwrap
from collections.abc import Sequence

from molt_build.cli import exit_codes

_NARROWEST = 40


def end_help(parser: argparse.ArgumentParser, words: str, examples: Sequence[str]) -> None:
    """Give the parser of a command its epilog; `words` are the command and its subcommand.

    What the parser has as epilog is a paragraph, which is filled; examples keep their lines.
    """
    width = max(shutil.get_terminal_size().columns - 2, _NARROWEST)
    paragraphs = (parser.epilog or "", exit_codes.fails_for(words))
    said = [textwrap.fill(text, width) for text in paragraphs if text]
    parser.description = textwrap.fill(parser.description or "", width)
    parser.epilog = "\n\n".join([*said, shown_examples(examples)])
    parser.formatter_class = argparse.RawDescriptionHelpFormatter


def shown_examples(examples: Sequence[str]) -> str:
    """The examples under their title."""
    title = "examples:" if len(examples) > 1 else "example:"
    return "\n".join((title, *(f"  {line}" for line in examples)))
