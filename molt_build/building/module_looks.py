"""Where an execution found modules, and what there must stay as it is for it to find them again.

Two things tell of modules: a log of its imports, with the folders of each search (the depfile
format `python-audit`); and the files that it read below import roots, whose place tells their
names. Either way the search is made again (`molt_build.actions.imports`), over what lay there when
the command ended, and gives the names that were looked for in each folder. In staging these are
answered by what is staged, elsewhere by what lies there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence

from molt_build.actions.imports import Place, Search
from molt_build.actions.looks import Looks
from molt_build.store.digest import StatCache

_MODULES = (".py", ".pyi", ".pyc", ".so", ".pyd", ".pxd", ".pyx")


def looked_for(
    looks: Looks,
    read: Iterable[str],  # absolute
    roots: Sequence[Place],  # of the stage, absolute
    as_place: Callable[[str], Place | None],  # of a folder; None where it does not count
    stat_cache: StatCache,
) -> dict[str, set[str]]:
    """Folder, absolute -> the names that were looked for in it."""
    found: dict[str, set[str]] = {}

    def take(search: Search) -> None:
        for folder, names in search.names.items():
            found.setdefault(folder, set()).update(names)

    def places(folders: Iterable[str]) -> tuple[Place, ...]:
        return tuple(place for place in map(as_place, folders) if place is not None)

    for folders, names in looks.imported.items():
        search = Search("", places(folders), stat_cache)
        for name in names:
            search.look(name)
        take(search)
    for each in dict.fromkeys([tuple(roots), *map(places, looks.search_paths)]):
        search = Search("", each, stat_cache)
        for path in read:
            for place in each:
                if path.startswith(f"{place.folder}/") and not place.is_vouched_for:
                    search.look(_module_at(path[len(place.folder) + 1 :]))
        take(search)
    return found


def _module_at(path: str) -> str:
    """The dotted name of a module by its path below a root; of another file that of its package."""
    folder, name = os.path.split(path)
    parts = folder.split("/") if folder else []
    if name.endswith(_MODULES) and not name.startswith("__init__."):
        parts.append(name.partition(".")[0])
    return ".".join(parts)
