"""The validated manifests of a project, kept so that warm commands parse and validate nothing.

`PROJECT/.molt-build/plans/manifests` is a sealed file (`molt_build.sealed`): the resolved model as
plain data, with the stat data and SHA-256 digest of every file it came from. It is used while
molt_build's version, Python's version and the list of files are the same and each file's stat data
match; where they do not, equal digests do as well, and the stat data are written anew. Stat data
are kept once they are at rest (`molt_build.stat_data`); those that are not (of another file system,
whose clock is not known) prove nothing, and such a file is compared by digest.

Of a workload whose programs a glob finds they hold also the folders that it looked into, and each
program's file with its stat data and what it says of itself (`molt_build.manifests.found`): a file
that changed is read again, and only when it then says something else are all manifests examined
again, as they are when there is another set of files.

Promises: a cache file is written whole or not at all; one that is damaged is named, counts as none
and is written anew; a folder that cannot be written to costs time, not correctness. Nothing but the
standard library is imported on the warm path.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import molt_build
from molt_build import STATE_FOLDER, sealed
from molt_build.codec import OtherShape, from_plain, to_plain
from molt_build.errors import ManifestError
from molt_build.manifests import found, search
from molt_build.manifests.model import Manifests
from molt_build.stat_data import Clocks, Signature, signature

if TYPE_CHECKING:
    from molt_build.manifests.diagnostics import Diagnostic

NAME, FORMAT = "manifests", 12
_DIGEST_LIMIT_BYTES = 50_000_000


def state_dir(project: Path) -> Path:
    """`.molt-build/`: outputs, plans and the history; made with its own `.gitignore`.

    It may be a link to a folder elsewhere. Raises `OSError`.
    """
    folder = project / STATE_FOLDER
    if not folder.is_dir():
        folder.mkdir(exist_ok=True)
    if not os.path.lexists(folder / ".gitignore"):
        with suppress(OSError), open(folder / ".gitignore", "x") as stream:
            stream.write("*\n")
    return folder


def load(
    project: Path,
    report: Callable[[str], None] = lambda line: None,
    *,
    to_pin: bool = False,
) -> Manifests:
    """The manifests of a project, validated and resolved; `report` hears of damage.

    `to_pin`: for who writes locks anew, which need not fit what the manifests require.

    Raises:
        ManifestError: at least one is not valid; the message has all diagnostics, a line each.
    """
    return load_guarded(project, report, to_pin=to_pin)[0]


@dataclass(frozen=True)
class Guard:
    """What the manifests were read from: while it is equal, so are they."""

    rows: _Rows  # of manifests, and of folders in which programs are looked for
    programs: Mapping[str, tuple[str, Signature]]  # those that a glob found: path, stat data
    digests: Mapping[str, str | None]  # of the manifests' files, by path

    @cached_property
    def digest(self) -> str:
        """Of all that decides but programs that a glob finds, by content."""
        import hashlib

        return hashlib.sha256(repr(sorted(self.digests.items())).encode()).hexdigest()


def load_guarded(
    project: Path, report: Callable[[str], None], *, to_pin: bool = False
) -> tuple[Manifests, Guard]:
    """`load`, and the stat data of all that was read: while they are equal, so are the manifests.

    A file that changed this very moment is waited for until its time can no longer recur.
    """
    kept = _read(project, report)
    rows = guard(project)
    proving: _Proving = rows
    clocks = cache(lambda: _clocks(project))
    if rows == kept["rows"]:
        digests = kept["digests"]
    else:
        rows, proving = _at_rest(project, rows, clocks())
        # Digests before reading: a file that changes meanwhile makes the cache stale, never wrong.
        digests = _digests(rows, kept)
    known = _known(project, kept, clocks) if digests == kept["digests"] else None
    if known is not None:
        loaded, programs = known
        now = {**kept, "rows": proving, "programs": _said(programs, kept["programs"], clocks)}
        if now != kept:
            _write(project, now)
    else:
        from molt_build.manifests import resolve, validation

        examined = validation.examine(os.fspath(project), kept=kept["programs"], clocks=clocks)
        passed_over = examined.of_locks if to_pin else frozenset()
        wrong = [one for one in examined.diagnostics if one not in passed_over]
        if wrong:
            raise ManifestError("\n".join(map(str, wrong)))
        loaded, programs = resolve.manifests(examined.definitions), examined.found
        whole = {"versions": _versions(), "rows": proving, "digests": digests}
        whole["programs"] = _said(programs, {}, clocks)
        if not passed_over:  # what is kept is valid for all
            _write(project, {**whole, "manifests": to_plain(loaded)})
    looked = [one.looked for one in programs.values()]
    files = [(one, file) for one in programs.values() for file in one.files]
    return loaded, Guard(
        rows={**rows, **{path: row for one in looked for path, row in one.folders.items()}},
        programs={file.name: (file.path, one.looked.files[file.entry]) for one, file in files},
        digests=digests,
    )


def _known(
    project: Path, kept: Mapping[str, Any], clocks: Callable[[], Clocks | None]
) -> tuple[Manifests, Mapping[str, found.Found]] | None:
    """What was kept, if the globs find the same programs, which say the same; and what they find.

    None leads to a full examination, which says what is wrong.
    """
    base, programs = os.path.abspath(project), {}
    try:
        loaded: Manifests = from_plain(Manifests, kept["manifests"])
        for one in loaded.workloads.values():
            if one.found_by is None:
                continue
            root = os.path.join(base, one.source.project or "", one.source.root)
            glob = found.Glob(os.path.normpath(root), one.found_by, one.exclude)
            then = kept["programs"].get(one.name, found.NOTHING)
            now = programs[one.name] = found.find(base, glob, then, clocks)
            said = then[1]
            is_same = list(now.looked.files) == list(said) and not now.wrong
            if not is_same or any(now.said[entry] != said[entry][1] for entry in said):
                return None
    except (OtherShape, OSError):
        return None  # of another version: as good as none; or a folder that cannot be read
    return loaded, programs


def _said(
    programs: Mapping[str, found.Found],
    kept: Mapping[str, found.Kept],
    clocks: Callable[[], Clocks | None],
) -> dict[str, found.Kept]:
    """What the programs said, to be kept with the stat data that will prove it."""
    fresh: dict[str, found.Kept] = {}
    for name, one in programs.items():
        then, looked = kept.get(name, found.NOTHING), one.looked
        if found.is_as_kept(looked, then):
            fresh[name] = then
            continue
        times = clocks()

        def proving(row: Signature | None, times: Clocks | None = times) -> found.Proving:
            is_sure = times is not None and not (row and times.is_racy(row[0], row[5]))
            return row if is_sure else ()

        fresh[name] = (
            {path: proving(row) for path, row in looked.folders.items()},
            {entry: (proving(row), one.said[entry]) for entry, row in looked.files.items()},
        )
    return fresh


def check(project: Path) -> list[Diagnostic]:
    """Everything that is wrong with the manifests of a project, sorted by file and line.

    Nothing is taken from the cache. Beyond what `load` asks for, the files that workloads name must
    exist.
    """
    from molt_build.manifests import validation

    return list(validation.examine(os.fspath(project), with_files=True).diagnostics)


_Rows = dict[str, Signature | None]  # path -> its stat data, None where it is missing
_Proving = Mapping[str, Signature | tuple[()] | None]  # () where they prove nothing


def guard(project: Path) -> _Rows:
    """All that decides what the manifests are, with its stat data (None where it is missing).

    Every file and folder below the project's and the bundled manifests (locks too) and the schemas.
    Equal guards mean equal manifests, but for the racy moment in which something is being written.
    """
    folders = [folder for folder, _, _ in search.roots(os.fspath(project))]
    folders.append(search.bundled_schemas())
    return {
        path: None if status is None else signature(status)
        for folder in folders
        for path, status, _ in search.walk(folder)
    }


def _clocks(project: Path) -> Clocks | None:
    try:
        return Clocks(state_dir(project))
    except OSError:
        return None  # nothing can be kept here


def _at_rest(project: Path, rows: _Rows, clocks: Clocks | None) -> tuple[_Rows, _Proving]:
    """The guard once nothing in it is racy, and what of it can be relied on later."""
    if clocks is None:
        return rows, rows
    clocks.wait_past(row[5] for row in rows.values() if row)
    rows = guard(project)
    return rows, {
        path: () if row and clocks.is_racy(row[0], row[5]) else row for path, row in rows.items()
    }


def _digests(rows: _Rows, kept: Mapping[str, Any]) -> dict[str, str | None]:
    """The digest of each file; for what has the stat data that were kept it is that of then."""
    return {
        path: kept["digests"][path] if row and kept["rows"].get(path) == row else _digest(path)
        for path, row in rows.items()
    }


def _digest(path: str) -> str | None:
    """The SHA-256 of a regular file's content; None for a folder, "" for what cannot be read."""
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            return None  # its listing is part of the list of paths
        if not stat.S_ISREG(status.st_mode) or status.st_size > _DIGEST_LIMIT_BYTES:
            return ""
        import hashlib

        with open(path, "rb") as stream:
            return hashlib.sha256(stream.read()).hexdigest()
    except OSError:
        return ""


def _path(project: Path) -> str:
    return os.path.join(project, STATE_FOLDER, "plans", NAME)


def _versions() -> list[object]:
    return [molt_build.__version__, sys.version]


def _read(project: Path, report: Callable[[str], None]) -> dict[str, Any]:
    """What was kept by this version; nothing, of no files, when there is none."""
    none: dict[str, Any] = {"rows": {}, "digests": {}, "programs": {}, "manifests": None}
    path = _path(project)
    try:
        kept = sealed.read(path, NAME, FORMAT)
    except sealed.Damaged:
        report(f"damaged: {path}; it is not used, and written anew")
        return none
    if not isinstance(kept, dict) or kept.get("versions") != _versions():
        return none
    return kept


def _write(project: Path, kept: Mapping[str, Any]) -> None:
    # A read-only checkout is as valid as any other; it is validated every time.
    with suppress(OSError):
        sealed.write(_path(project), str(state_dir(project)), NAME, FORMAT, kept)
