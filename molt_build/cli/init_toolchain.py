"""`molt-build init toolchain NAME`: the manifest of a toolchain, from a commented pattern.

A pattern lies in `molt_build/cli/new_toolchain/`, with NAME where the toolchain's name stands. Each
is valid as it is and works at once, with something well known in the compiler's place; the lines
that say EDIT are to be changed. Nothing is overwritten, and no bundled toolchain is replaced by
chance.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from molt_build import voice
from molt_build.cli.documents import print_document
from molt_build.errors import EXIT_DONE, UsageError
from molt_build.manifests.loading import load
from molt_build.names import known
from molt_build.temporary import write_whole

WORD = "toolchain"  # in the place of a folder
FOLDER = Path(__file__).with_name("new_toolchain")
PATTERNS = {
    "one-step": "a compiler that makes its result in one command",
    "translate-compile-link": "a translator to C, a C compiler, a linker: an extension module",
    "interpreter": "what runs programs as scripts",
    "jit": "what compiles while programs run: measured in the steady state too",
}
MARK = "EDIT"

_NAME = re.compile(r"[a-z][a-z0-9_-]*")


@dataclass(frozen=True)
class NewToolchain:
    """The manifest of a toolchain that was begun."""

    name: Annotated[str, "Its name."]
    pattern: Annotated[str, "What it was made from."]
    file: Annotated[str, "The file, relative to the project."]
    edit: Annotated[tuple[int, ...], "Its lines that are to be changed, from 1."]
    next: Annotated[tuple[str, ...], "Commands to go on with."]


def run(project: Path, name: str, pattern: str, *, as_json: bool) -> int:
    """Write it; raises `UsageError` for a name or pattern that will not do, or that is there."""
    known("pattern", pattern, PATTERNS)
    if not _NAME.fullmatch(name):
        message = f"{name!r} is no name of a toolchain: lower-case letters, digits, _ and -"
        raise UsageError(message)
    manifests = load(project)
    file = project / "manifests/toolchains" / f"{name}.toml"
    if name in manifests.toolchains or file.exists():
        where = manifests.files.get(f"{WORD}:{name}", str(file))
        message = f"there is a toolchain {name} already: {where}"
        raise UsageError(message, "choose another name; nothing was written")
    text = re.sub(r"\bNAME\b", name, (FOLDER / f"{pattern}.toml").read_text(encoding="utf-8"))
    write_whole(file, text)
    lines = text.splitlines()
    new = NewToolchain(
        name=name,
        pattern=pattern,
        file=str(file.relative_to(project)),
        edit=tuple(n for n, line in enumerate(lines, 1) if _is_marked(line)),
        next=_next(name, text),
    )
    if as_json:
        print_document(new)
    elif not voice.is_quiet():
        print(f"wrote {new.file}: {PATTERNS[pattern]}")
        print(f"edit the lines that say {MARK}: {', '.join(map(str, new.edit))}")
        print(f"next: {', then: '.join(new.next)}")
    return EXIT_DONE


def _is_marked(line: str) -> bool:
    return MARK in line and not line.startswith("#")


def _next(name: str, text: str) -> tuple[str, ...]:
    """What to type, now and after each edit."""
    pin = (f"molt-build pin {name}",) if "python" in tomllib.loads(text) else ()
    return ("molt-build check", *pin, f"molt-build conformance {name}")
