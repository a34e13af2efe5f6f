"""`molt-build init`: a project that works at once, in a folder that may have other things in it.

`init toolchain NAME` is another thing (`molt_build.cli.init_toolchain`); a folder of that name is
`./toolchain`.

What it writes lies in `molt_build/cli/new_project/`, with NAME where the project's name stands.
Nothing is overwritten: where there are manifests already it writes nothing, and a README, a noxfile
or a `.gitignore` that is there is kept.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from molt_build import voice
from molt_build.cli import init_toolchain
from molt_build.cli.documents import print_document
from molt_build.cli.finding import find_project
from molt_build.cli.schema import write_schemas
from molt_build.errors import EXIT_DONE, UsageError


@dataclass(frozen=True)
class NewProject:
    """A project that was begun."""

    folder: Annotated[str, "Its folder."]
    name: Annotated[str, "Its name."]
    written: Annotated[tuple[str, ...], "The files that were written, from there."]
    kept: Annotated[tuple[str, ...], "Those that were there, and were left."]
    next: Annotated[tuple[str, ...], "Commands to go on with."]


EXAMPLES = (
    "molt-build init",
    "molt-build init ../speed --name speed",
    "molt-build init toolchain mycc --pattern translate-compile-link",
)

TEMPLATES = Path(__file__).with_name("new_project")
NEXT = ("molt-build doctor", "nox -s bench -- --quick", "nox -s bench")

_NAME = re.compile(r"[a-z][a-z0-9_-]*")
# What may be there already, and what then is left to do.
_KEPT = {
    "README.md": "",
    ".gitignore": "let it have .molt-build/ and bench/results/",
    "noxfile.py": 'let it call molt_build.nox.register_sessions("manifests")',
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    words = ("[FOLDER] [--name NAME]", f"{init_toolchain.WORD} NAME [--pattern PATTERN]")
    parser.usage = "\n       ".join(f"molt-build init {line} [--json]" for line in words)
    parser.add_argument("folder", nargs="?", default=".", help="default: here; made if need be")
    parser.add_argument(
        "toolchain",
        nargs="?",
        metavar="NAME",
        help="behind the word `toolchain`: the name of a toolchain, whose manifest is begun in the "
        "project (a folder of that name is ./toolchain)",
    )
    patterns = "; ".join(f"{name}: {what}" for name, what in init_toolchain.PATTERNS.items())
    parser.add_argument("--pattern", help=f"what it is made from (default: one-step). {patterns}")
    parser.add_argument("--name", help="the project's name (default: made of the folder's)")
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Write the files; raises `UsageError` where that would overwrite one."""
    if args.folder == init_toolchain.WORD or args.toolchain or args.pattern:
        return _begin_toolchain(args)
    folder = Path(args.folder).absolute()
    name = name_of(folder.name) if args.name is None else args.name
    if not _NAME.fullmatch(name):
        message = f"{name!r} is no name of a project: lower-case letters, digits, _ and -"
        raise UsageError(message, f"such as --name {name_of(name)}")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is no folder", "name another, or none for the one here")
    texts = {file: text.replace("NAME", name) for file, text in _templates().items()}
    present = [file for file in (*texts, "schemas") if (folder / file).exists()]
    if in_the_way := [file for file in present if file not in _KEPT]:
        message = f"{folder} already has {', '.join(in_the_way)}"
        raise UsageError(message, "init writes only where nothing of that name is yet")
    written = []
    for file, text in texts.items():
        if file not in present:
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            written.append(file)
    written += [str(Path(file).relative_to(folder)) for file in write_schemas(folder / "schemas")]
    if args.json:
        print_document(NewProject(str(folder), name, tuple(written), tuple(present), NEXT))
        return EXIT_DONE
    if voice.is_quiet():
        return EXIT_DONE
    for file in written:
        print(f"wrote {file}")
    for file in present:
        print(f"kept {file}" + (f": {_KEPT[file]}" if _KEPT[file] else ""))
    print(f"next: {', then: '.join(NEXT)}")
    return EXIT_DONE


def _begin_toolchain(args: argparse.Namespace) -> int:
    word = init_toolchain.WORD
    if args.folder != word:
        what = f"init {args.folder} {args.toolchain}" if args.toolchain else "--pattern"
        example = f"molt-build init {word} {args.toolchain or 'mycc'}"
        raise UsageError(f"{what} says nothing: only a {word} has a pattern", f"such as {example}")
    if args.toolchain is None:
        hint = f"molt-build init {word} NAME; a folder of that name is ./{word}"
        raise UsageError(f"the {word} needs a name", hint)
    if args.name is not None:
        raise UsageError("--name is the name of a new project", "the toolchain's is a word alone")
    project = find_project(args.project)
    pattern = args.pattern or next(iter(init_toolchain.PATTERNS))
    return init_toolchain.run(project, args.toolchain, pattern, as_json=args.json)


def name_of(text: str) -> str:
    """A name that a project can have, as near to the text as can be."""
    name = re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_")
    if not name:
        return "project"
    return name if name[0].isalpha() else f"project-{name}"


def _templates() -> dict[str, str]:
    """The files of a new project, by their paths in it; a leading _ is a dot there."""
    found = {}
    for path in sorted(TEMPLATES.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            file = re.sub(r"(^|/)_", r"\1.", path.relative_to(TEMPLATES).as_posix())
            found[file.removesuffix(".txt")] = path.read_text(encoding="utf-8")
    return found
