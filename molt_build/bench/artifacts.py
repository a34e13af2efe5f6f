"""What runs when a program runs under an engine, as digests: the same digests, the same thing.

Of a compiler that is each output that its target runs; of an interpreter the program's source. To
both belong the modules that the program imports from beside it, and how it is run: the command and
its variables, paths under symbolic roots, with the parts of the toolchain's identity that these
name. A compiler of which nothing is loaded has no say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from molt_build.actions.imports import local_imports
from molt_build.bench.cells import DRIVER, ReadyCell
from molt_build.manifests.toolchain import Target
from molt_build.manifests.workload import Form
from molt_build.store.digest import StatCache, canonical, tree_sha256
from molt_build.toolchains.resolved import ResolvedToolchain, names_in

SOURCE, MODULES, RUN = "source", "modules", "run"  # beside STAGE.OUTPUT


def artifacts(
    cell: ReadyCell, toolchain: ResolvedToolchain, target: Target, stat_cache: StatCache
) -> dict[str, str]:
    """SHA-256 digests of what runs, each with its algorithm in front.

    A file that cannot be read counts as that.
    """
    program, links = cell.program, cell.links
    found = {name: tree_sha256(Path(path)) for name, path in cell.outputs.items()}
    entry = Path(program.program.entry).name
    beside: tuple[str, ...] = ()
    if program.workload.language == "python" and (program.folder / entry).is_file():
        beside = local_imports(str(program.folder), entry, stat_cache).inputs
    modules = {name: tree_sha256(program.folder / name) for name in beside}
    if not toolchain.manifest.stages:
        found[SOURCE] = tree_sha256(program.folder / entry)
    if modules:
        found[MODULES] = _digest(modules)
    found[RUN] = _digest(
        {
            "argv": [_symbolic(word, links, toolchain) for word in cell.argv],
            "environment": {
                name: _symbolic(text, links, toolchain) for name, text in cell.environment.items()
            },
            "drivers": [tree_sha256(Path(file)) for file in _drivers(program.drive, program.form)],
            "on": _components(toolchain, target),
        }
    )
    return found


def under(text: str, links: Mapping[str, str], place: str) -> str:
    """The text with paths in each of the folders as paths below the place, by the links' names."""
    for name, folder in sorted(links.items(), key=lambda link: -len(link[1])):
        text = _replaced(text, folder, f"{place}/{name}")
    return text


def _symbolic(text: str, links: Mapping[str, str], toolchain: ResolvedToolchain) -> str:
    return toolchain.roots.text(under(text, links, "{place}"))


def _replaced(text: str, folder: str, by: str) -> str:
    """The text with a folder's path replaced where it is no part of another name."""
    parts = text.split(folder)
    found = parts[0]
    for part in parts[1:]:
        is_it = not part or part[0] in "/:,=;'\" "
        found += (by if is_it else folder) + part
    return found


def _drivers(drive: str | None, form: Form) -> list[str]:
    """Files of ours that call the program."""
    driver = [] if form == "program" else [str(DRIVER)]
    return [*driver, *([drive] if drive is not None else [])]


def _components(toolchain: ResolvedToolchain, target: Target) -> dict[str, str]:
    """What of the toolchain's identity a run stands on."""
    templates = (*target.run, *target.drive, *target.environment.values())
    found = dict(toolchain.always)
    for name in names_in(templates):
        found.update(toolchain.parts.get(name, {}))
    return found


def _digest(value: object) -> str:
    return "sha256:" + hashlib.sha256(canonical(value)).hexdigest()
