"""The pages of docs/reference: all commands, made of their parsers, and all kinds of schemas.

`python -m molt_build.cli.reference docs/reference` writes them; a test holds them to what it says.
What argparse lays out as it likes (by the version of Python, by the terminal) is not taken from it:
the pages are the same wherever they are made.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from molt_build.cli.command_line import COMMANDS, parser_for
from molt_build.cli.documents import DOCUMENTS, classes
from molt_build.cli.exit_codes import FAILS_FOR
from molt_build.cli.schema import KINDS, OUTPUT, RESULT, schema_text
from molt_build.errors import EXIT_CODES
from molt_build.report.schema_reference import prose, schema_page, slug

AGAIN = "python -m molt_build.cli.reference docs/reference"
_GUIDE = "../manifests.md"
_COMMON = ("project", "loudness", "color", "help")  # what every command takes


def reference_pages() -> dict[str, str]:
    """Every page of docs/reference: its file's name -> its text."""
    pages = {"README.md": _contents(), "commands.md": "\n".join(_commands())}
    schemas = {kind: json.loads(schema_text(kind)) for kind in KINDS}
    results = schemas[RESULT]["$defs"]
    for kind, schema in schemas.items():
        same = [name for name, one in schema["$defs"].items() if results.get(name) == one]
        elsewhere = dict.fromkeys(same if kind != RESULT else (), f"{RESULT}.md")
        pages[f"{kind}.md"] = schema_page(kind, schema, _GUIDE, elsewhere)
    head = f"<!-- Written by `{AGAIN}`: what it says stands in schemas/ and in the parsers. -->"
    return {name: f"{head}\n{text.rstrip()}\n" for name, text in pages.items()}


def _contents() -> str:
    lines = ["# Reference", "", "- [commands](commands.md): every command, option and exit code"]
    for kind in KINDS:
        said = json.loads(schema_text(kind))["description"].partition(". ")[0].rstrip(".")
        lines.append(f"- [{kind}]({kind}.md): {prose(said[:1].lower() + said[1:])}")
    return "\n".join(lines)


def _commands() -> Iterator[str]:
    main = parser_for([])
    yield from ("# Commands", "", prose(main.description or ""), "")
    yield from ("| command | what it does |", "| --- | --- |")
    for name, summary in COMMANDS.items():
        yield f"| [`{name}`](#molt-build-{name}) | {_cell(summary)} |"
    yield from ("", "## Of every command", "", "Before the command's name, or after it.", "")
    yield from _table([one for one in main._actions if one.option_strings])
    yield from ("## Exit codes", "", "| code | meaning |", "| ---: | --- |")
    yield from (*(f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items()), "")
    for name in COMMANDS:
        with _wide_terminal():
            parser = _below(parser_for([name]))[name]
        yield from _command(parser, (name,))


@contextmanager
def _wide_terminal() -> Iterator[None]:
    """So that no epilog is broken into lines, within a word perhaps."""
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "10000"
    try:
        yield
    finally:
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before


def _command(parser: argparse.ArgumentParser, words: tuple[str, ...]) -> Iterator[str]:
    """A command's section, and those of its subcommands."""
    below = _below(parser)
    own = [
        action
        for action in parser._actions
        if action.dest not in _COMMON and not isinstance(action, argparse._SubParsersAction)
    ]
    name = " ".join(("molt-build", *words))
    yield from (f"{'##' if len(words) == 1 else '###'} {name}", "")
    yield from (prose(parser.description or ""), "")
    yield from ("```text", *_usage(name, parser, own), "```", "")
    if below:
        links = (f"[`{one}`](#{'-'.join((*name.split(), one))})" for one in below)
        yield from (f"Subcommands: {', '.join(links)}.", "")
    yield from _table(own)
    yield from _printed(" ".join(words))
    for paragraph in (parser.epilog or "").split("\n\n"):
        title, *lines = paragraph.splitlines() or [""]
        if not title:
            continue
        if title in ("examples:", "example:"):
            yield from ("```console", *(f"$ {line.strip()}" for line in lines), "```", "")
        elif not paragraph.startswith("Exit code 1: "):
            yield from (prose(" ".join(paragraph.split())), "")
    if " ".join(words) in FAILS_FOR:
        said = prose(FAILS_FOR[" ".join(words)])
        yield from (f"Exit code 1: {said} ([all codes](#exit-codes)).", "")
    for one, inner in below.items():
        yield from _command(inner, (*words, one))


def _printed(command: str) -> Iterator[str]:
    """What the command prints with --json, a line for each option that makes it another thing."""
    results = json.loads(schema_text(RESULT))["$defs"]
    for words in DOCUMENTS:
        name, *options = words.split(" --")
        if name == command:
            links = []
            for kind in (one.__name__ for one in classes(words)):
                page = RESULT if kind in results else OUTPUT
                links.append(f"[`{kind}`]({page}.md#{slug(kind)})")
            said = " ".join(f"--{option}" for option in (*options, "json"))
            yield from (f"`{said}` prints {' or '.join(links)}.", "")


def _usage(name: str, parser: argparse.ArgumentParser, own: list[argparse.Action]) -> Iterator[str]:
    """How a command line is written; options that must be there are spelled out."""
    options = [action for action in own if action.option_strings]
    words = [_spelled(action) for action in options if action.required]
    words += ["[OPTIONS]"] if len(words) < len(options) else []
    words += [_positional(action) for action in own if not action.option_strings]
    below = _subparsers(parser)
    if below is None or not below.required:
        yield " ".join((name, *words))
    if below is not None:
        yield f"{name} {'|'.join(below.choices)} ..."


def _positional(action: argparse.Action) -> str:
    word = _metavar(action)
    forms = {"?": f"[{word}]", "*": f"[{word} ...]", "+": f"{word} [{word} ...]"}
    return forms[action.nargs] if isinstance(action.nargs, str) else word


def _spelled(action: argparse.Action) -> str:
    """An option with what follows it, or a word that has its place."""
    if not action.option_strings:
        return _positional(action)
    word = action.option_strings[-1]
    if action.nargs == 0:
        return word
    return f"{word} {_positional(action)}"


def _metavar(action: argparse.Action) -> str:
    if isinstance(action.metavar, tuple):
        return " ".join(action.metavar)
    if action.choices is not None and action.metavar is None:
        return "|".join(map(str, action.choices))
    return action.metavar or action.dest.upper()


def _table(actions: list[argparse.Action]) -> Iterator[str]:
    """What may be said, a row each; nothing where there is nothing."""
    shown = [action for action in actions if action.help is not argparse.SUPPRESS]
    if not shown:
        return
    yield from ("| argument | what it says |", "| --- | --- |")
    for action in shown:
        names = [*action.option_strings[:-1], _spelled(action)]
        said = (action.help or "") % {**vars(action), "prog": "molt-build"}
        yield f"| {_cell(', '.join(f'`{name}`' for name in names))} | {_cell(prose(said))} |"
    yield ""


def _cell(text: str) -> str:
    """Text for a cell of a table, in which a bar would begin another."""
    return " ".join(text.split()).replace("|", r"\|")


def _subparsers(parser: argparse.ArgumentParser) -> Any:
    """The action that reads the subcommand's name, if there is one."""
    found = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
    return found[0] if found else None


def _below(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The parsers of subcommands by name."""
    subparsers = _subparsers(parser)
    return {} if subparsers is None else dict(subparsers.choices)


def write_pages(folder: Path) -> None:
    """Write all pages into a folder, and remove those of kinds that are gone."""
    pages = reference_pages()
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.md"):
        if file.name not in pages:
            file.unlink()
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
