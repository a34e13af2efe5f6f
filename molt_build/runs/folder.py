"""Runs on disk: `bench/results/LANE/TIMESTAMP/` with `result.json` and `samples.jsonl`.

`result.json` is written by a temporary file and a rename: a reader sees all of it or none.
`samples.jsonl` grows while the run measures (`molt_build.runs.samples`).
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from molt_build.errors import EnvironmentFailed, UsageError
from molt_build.files import real_folder
from molt_build.runs.result_checks import what_is_wrong
from molt_build.temporary import remove_abandoned_files, replacing

RESULTS = Path("bench") / "results"
RESULT_FILE = "result.json"
SCHEMA_VERSION = 1
COMPILE_PROGRESS = "compile_progress"  # whose runs are no lane's, but of all cases; and a kind
FRIENDS = "friends"  # likewise, of suites
LANE_RESULT = "result"  # the `kind` of a result
FRIENDS_RESULT = "friends-result"
RESULT_KINDS = (LANE_RESULT, FRIENDS_RESULT, COMPILE_PROGRESS)

FINDINGS_SHOWN = 10  # of what is wrong with a result

_NO_LANES = (COMPILE_PROGRESS, FRIENDS)
_TIMESTAMP = re.compile(r"\d{8}T\d{6}Z")


def timestamp(seconds: float) -> str:
    """Seconds of the epoch as the name of a run: 20261124T021500Z."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(seconds))


def create_run(project: Path, lane: str, now: float) -> Path:
    """A new folder for a run; the next free second's where this one's is taken.

    What killed runs of the lane left half written is removed.
    """
    parent = real_folder(project / RESULTS, project / RESULTS / lane)
    remove_abandoned_files(parent, parent, is_deep=True)
    for later in range(3600):
        folder = parent / timestamp(now + later)
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise EnvironmentFailed(f"{parent} has a run in every second of an hour", "remove old ones")


def named_run(project: Path, lane: str, name: str) -> Path:
    """The folder of the run of that name, made if it is not there.

    Raises `UsageError` when it is no name of a run.
    """
    if not _TIMESTAMP.fullmatch(name):
        raise UsageError(f"{name} is no name of a run", f"such as {timestamp(time.time())}")
    folder = project / RESULTS / lane / name
    return real_folder(project / RESULTS, folder)


def run_folders(project: Path, lane: str | None = None) -> list[Path]:
    """The folders of all runs of lanes, or of the one that is named, the latest last."""
    root = project / RESULTS
    lanes = [root / lane] if lane is not None else sorted(root.glob("*"))
    lanes = [folder for folder in lanes if lane or folder.name not in _NO_LANES]
    folders = [
        folder
        for parent in lanes
        if parent.is_dir()
        for folder in parent.iterdir()
        if _TIMESTAMP.fullmatch(folder.name) and folder.is_dir()
    ]
    return sorted(folders, key=lambda folder: folder.name)


def read_result(path: Path, kind: str | None = LANE_RESULT) -> dict[str, Any]:
    """A result of that kind, or of any, from its file or its run's folder.

    It is what its schema says, and holds together (`molt_build.runs.result_checks`): who reads
    it need not ask. Raises `UsageError`, with the places in it, when it is not.
    """
    file = path / RESULT_FILE if path.is_dir() else path
    try:
        result = json.loads(file.read_bytes())
    except FileNotFoundError:
        raise UsageError(f"there is no result {file}") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file} is not a result: {error}") from None
    kinds = RESULT_KINDS if kind is None else (kind,)
    if not isinstance(result, dict) or result.get("kind") not in kinds:
        raise UsageError(f"{file} is not a result of this kind: {' or '.join(kinds)}")
    kind = result["kind"]
    version = result.get("schema_version")
    if version != SCHEMA_VERSION:
        message = f"{file} has result version {json.dumps(version)[:40]}, not {SCHEMA_VERSION}"
        raise UsageError(message, "read it with the molt_build that wrote it")
    wrong = list(what_is_wrong(kind, result))
    if wrong:
        lines = [f"{file}: {line}" for line in wrong[:FINDINGS_SHOWN]]
        if len(wrong) > FINDINGS_SHOWN:
            lines.append(f"and {len(wrong) - FINDINGS_SHOWN} more")
        raise UsageError("\n".join(lines), "it was damaged or edited: measure again, or restore it")
    return result


def write_result(folder: Path, result: Mapping[str, Any]) -> Path:
    """Write `result.json` of a run, all or nothing."""
    file = folder / RESULT_FILE
    with replacing(file, results_root(folder)) as stream:
        stream.write(as_text(result).encode("utf-8"))
        stream.flush()
        os.fsync(stream.fileno())
    return file


def results_root(folder: Path) -> Path:
    """`bench/results` of a run's folder: it may be a link to another disk, and no level below."""
    return folder.parent.parent


def as_text(result: Mapping[str, Any]) -> str:
    """JSON with one line for each entry of each of the result's tables and lists."""
    parts = []
    for key, value in result.items():
        if isinstance(value, dict) and value:
            lines = [f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in value.items()]
            text = "{\n" + ",\n".join(lines) + "\n }"
        elif isinstance(value, list) and value and not isinstance(value[0], str):
            text = "[\n" + ",\n".join(f"  {json.dumps(entry)}" for entry in value) + "\n ]"
        else:
            text = json.dumps(value)
        parts.append(f" {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}\n"
