"""Raw results of the pages that are published: `bench/published/JOB/TIMESTAMP/result.json.xz`.

What lies in `bench/results` is of one machine, and is not in the repository. What a published page
is made of is: the whole result of each of its runs, every block of it, compressed. So anybody can
make the page once more, and ask the results what the page does not say. `xz -d` gives `result.json`
as it was written, but for the folders of the machine, which are told by name
(`molt_build.runs.places`); molt_build reads the file as it is, and where a run is named, its folder
or its name will do. The bytes follow from the result alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from molt_build.files import real_folder
from molt_build.results.files import ARCHIVE_FILE, Result, as_text
from molt_build.temporary import write_whole

PUBLISHED = Path("bench") / "published"

_MODE = 0o644  # for everybody to read, whatever the umask


@dataclass(frozen=True)
class RawResult:
    """A result that lies in the project beside the pages."""

    run: Annotated[str, "The run."]
    bytes: Annotated[int, "What it takes."]


def published_folder(project: Path, run: str) -> Path:
    """Where the raw result of a run lies, JOB/TIMESTAMP, if it does."""
    return project / PUBLISHED / run


def published_runs(project: Path) -> list[str]:
    """The names of the runs whose raw results are there."""
    root = project / PUBLISHED
    files = sorted(root.glob(f"*/*/{ARCHIVE_FILE}"))
    return [file.parent.relative_to(root).as_posix() for file in files]


def has_published(project: Path, run: str) -> bool:
    """Whether the raw result of a run is there."""
    return (published_folder(project, run) / ARCHIVE_FILE).is_file()


def find_published(project: Path, spec: str, job: str | None) -> Path | None:
    """The folder of the run that is meant by TIMESTAMP or JOB/TIMESTAMP; None where none is."""
    names = published_runs(project)
    if "/" not in spec:
        wanted = [name for name in names if name.rpartition("/")[2] == spec]
        names = [name for name in wanted if job is None or name.partition("/")[0] == job]
    else:
        names = [name for name in names if name == spec]
    return published_folder(project, names[0]) if names else None


def archived(result: Result) -> bytes:
    """The file of a result."""
    import lzma  # which not every Python was built with

    preset = 9 | lzma.PRESET_EXTREME
    return lzma.compress(as_text(result).encode("utf-8"), preset=preset)


def keep(project: Path, results: Iterable[Result]) -> list[RawResult]:
    """Write the raw results of runs, each whole, without places as they are; raises `OSError`."""
    kept = []
    for result in results:
        folder = real_folder(project / PUBLISHED, published_folder(project, result.run))
        content = archived(result)
        write_whole(folder / ARCHIVE_FILE, content, project / PUBLISHED, mode=_MODE)
        kept.append(RawResult(result.run, len(content)))
    return kept


def drop(project: Path, runs: Collection[str]) -> list[str]:
    """Remove the raw results of these runs, and their empty folders; those that were there."""
    dropped = []
    for run in runs:
        folder = published_folder(project, run)
        if not (folder / ARCHIVE_FILE).is_file():
            continue
        (folder / ARCHIVE_FILE).unlink()
        dropped.append(run)
        for empty in (folder, folder.parent):
            if not any(empty.iterdir()):
                empty.rmdir()
    return dropped
