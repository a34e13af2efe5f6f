"""`molt-build init`: a project that works at once, in a folder that may have other things in it.

What it writes lies in `molt_build/cli/new_project/`, with NAME where the project's name stands.
Nothing is overwritten: where there are manifests already it writes nothing, and a README, a noxfile
or a `.gitignore` that is there is kept.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

from molt_build import voice
from molt_build.cli.schema import write_schemas
from molt_build.errors import EXIT_DONE, UsageError

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
    parser.add_argument("folder", nargs="?", default=".", help="default: here; made if need be")
    parser.add_argument("--name", help="the project's name (default: made of the folder's)")
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Write the files; raises `UsageError` where that would overwrite one."""
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
        facts = {"folder": str(folder), "name": name, "written": written, "kept": present}
        print(json.dumps({**facts, "next": NEXT}))
        return EXIT_DONE
    if voice.is_quiet():
        return EXIT_DONE
    for file in written:
        print(f"wrote {file}")
    for file in present:
        print(f"kept {file}" + (f": {_KEPT[file]}" if _KEPT[file] else ""))
    print(f"next: {', then: '.join(NEXT)}")
    return EXIT_DONE


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
