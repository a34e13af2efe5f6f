"""What typical edits rebuild, with narrow keys and with coarse ones.

A small project: six Python programs built by Cython, three of which import a local module, and two
C programs built by gcc, one of which includes a header. Each edit is applied to a project that is
up to date; what the next build executes is counted. Both scopes get the same edits, in turn.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rounds import Measured
from workshop import ROOT, Workshop, write_files

from molt_build.measure.process import Command

SCOPES = ("narrow", "coarse")
SWITCH = "MOLT_BUILD_KEY_SCOPE"
PYTHON = tuple(f"edit_{letter}" for letter in "abcdef")
C = ("edit_with_header", "edit_without_header")

PROJECT = """\
kind = "project"
schema_version = 1
name = "edits"
description = "A project that is edited."
default_toolchain = "cython"
default_profile = "edited"
"""
PROFILE = """\
kind = "profile"
schema_version = 1
name = "edited"
description = "The profile whose flags are edited."

[roles.cc]
compile = ["-O0"{more}]
"""
WORKLOADS = {
    "python": ('["**/*.toml"]', [(name, f"{name}.py") for name in PYTHON]),
    "c": ('["*.h"]', [(name, f"{name}.c") for name in C]),
}


@dataclass(frozen=True)
class Edit:
    """A change to the project, told apart by a number; `toolchain` is the one that builds next."""

    title: str
    apply: Callable[[Path, int], None]
    toolchain: str = "cython"


def _append(path: str, line: str) -> Callable[[Path, int], None]:
    def apply(project: Path, number: int) -> None:
        with open(project / path, "a", encoding="utf-8") as stream:
            stream.write(line.format(number=number) + "\n")

    return apply


def _note(path: str) -> Callable[[Path, int], None]:
    """Other words in the comment of a file's first line."""

    def apply(project: Path, number: int) -> None:
        file = project / path
        _, _, code = file.read_text(encoding="utf-8").partition("\n")
        file.write_text(f"# note {number}\n{code}", encoding="utf-8")

    return apply


def _touch(project: Path, number: int) -> None:
    os.utime(project / "sources" / "edit_a.py")


def _change_flag(project: Path, number: int) -> None:
    write_files(project, {"manifests/edited.toml": PROFILE.format(more=f', "-DEDIT={number}"')})


EDITS = (
    Edit("nothing", lambda project, number: None),
    Edit("a touched program", _touch),
    Edit("the words of a comment in one program", _note("sources/edit_a.py")),
    Edit("a line of comment after one program", _append("sources/edit_a.py", "# {number}")),
    Edit("code of one program", _append("sources/edit_a.py", "EDIT_{number} = {number}")),
    Edit("the words of a comment in a local module", _note("sources/shared.py")),
    Edit("code of a local module", _append("sources/shared.py", "EDIT_{number} = {number}")),
    Edit("an unrelated Python file", _append("sources/unrelated.py", "EDIT_{number} = {number}")),
    Edit("an unrelated candidate", _append("sources/settings.toml", "edit_{number} = {number}")),
    Edit("a flag of the profile", _change_flag),
    Edit("a header, its meaning", _append("c/edit.h", "#define EDIT_{number} {number}"), "gcc"),
    Edit("an unrelated header", _append("c/other.h", "#define OTHER_{number} {number}"), "gcc"),
    Edit("code of one C program", _append("c/edit_with_header.c", "int edit_{number};"), "gcc"),
)


def edits(shop: Workshop) -> Measured:
    """Count what each edit executes under each scope."""
    notes = []
    scopes: tuple[str, ...] = SCOPES
    if not _has_switch():
        scopes = SCOPES[:1]
        notes.append(f"This molt-build does not have {SWITCH} yet: coarse keys were not measured.")
    for scope in scopes:
        _ready(shop, scope)
    rounds = shop.rounds(3, quick=1)
    rows: dict[str, dict[str, list[tuple[int, float]]]] = {}
    for number in range(1, rounds + 1):
        for edit in EDITS:
            for scope in scopes if number % 2 else reversed(scopes):
                edit.apply(shop.folder(f"edits-{scope}") / "project", number)
                facts = shop.run(_build(shop, scope, edit.toolchain))
                row = rows.setdefault(edit.title, {}).setdefault(scope, [])
                row.append((facts["executed"], facts["seconds"]))
                shop.run(_build(shop, scope, edit.toolchain))
        shop.progress(f"  edits, round {number} of {rounds}")
    table = [
        {
            "edit": title,
            **{
                scope: {
                    "executed": median(executed for executed, _ in found),
                    "seconds": median(seconds for _, seconds in found),
                    "n": len(found),
                }
                for scope, found in by_scope.items()
            },
        }
        for title, by_scope in rows.items()
    ]
    actions = {"cython": 3 * len(PYTHON), "gcc": 2 * len(C)}
    notes.append(
        f"{actions['cython']} actions of Cython for {len(PYTHON)} programs, {actions['gcc']} of "
        f"gcc for {len(C)}; the seconds are those of the build alone, without starting Python."
    )
    return Measured("edits", "What edits rebuild", {}, [], notes, {"edits": table})


def _has_switch() -> bool:
    return any(SWITCH in file.read_text() for file in (ROOT / "molt_build").rglob("*.py"))


def _build(shop: Workshop, scope: str, toolchain: str) -> Command:
    programs = PYTHON if toolchain == "cython" else C
    words = (*programs, "--toolchain", toolchain, "--profile", "edited", "--jobs", "2")
    return shop.build(f"edits-{scope}", *words, **{SWITCH: scope})


def _ready(shop: Workshop, scope: str) -> None:
    project = shop.folder(f"edits-{scope}") / "project"
    shutil.rmtree(project, ignore_errors=True)
    write_files(project, _files())
    shop.progress(f"  building the project with {scope} keys")
    shop.settle(_build(shop, scope, "cython"), 3 * len(PYTHON))
    shop.settle(_build(shop, scope, "gcc"), 2 * len(C))


def _files() -> Mapping[str, str]:
    files = {
        "manifests/project.toml": PROJECT,
        "manifests/edited.toml": PROFILE.format(more=""),
        "sources/shared.py": "# note\ndef half(number: int) -> int:\n    return number // 2\n",
        "sources/unrelated.py": "UNRELATED = True\n",
        "sources/settings.toml": "setting = 1\n",
        "c/edit.h": "#define EDIT 1\n",
        "c/other.h": "#define OTHER 1\n",
        "c/edit_with_header.c": '#include "edit.h"\nint main(void) { return EDIT - 1; }\n',
        "c/edit_without_header.c": "int main(void) { return 0; }\n",
    }
    for index, name in enumerate(PYTHON):
        head, value = ("import shared\n", "shared.half(8)") if index < 3 else ("", "4")
        files[f"sources/{name}.py"] = (
            f"# note\n{head}def main() -> None:\n    print({index} + {value})\n"
        )
    folders = {"python": "sources", "c": "c"}
    for language, (candidates, programs) in WORKLOADS.items():
        lines = ['kind = "workload"', "schema_version = 1", f'name = "edited_{language}"']
        lines += ['description = "Programs that are edited."', f'language = "{language}"']
        lines += [f"candidates = {candidates}", "", "[source]", f'project = "{folders[language]}"']
        for name, entry in programs:
            lines += ["", "[[programs]]", f'name = "{name}"', f'entry = "{entry}"']
            lines += ['family = "edited"']
        files[f"manifests/{language}.toml"] = "\n".join(lines) + "\n"
    return files
