"""`result.json` of a run: read as typed results, written all or nothing.

A result is read back through the types that it was written with. One of version 1, which had no
types, is turned into one of this version first (`molt_build.results.version_1`). The same file may
lie compressed, as `result.json.xz` (`molt_build.runs.published`).
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from molt_build.codec import OtherShape, from_plain, to_plain
from molt_build.errors import UsageError
from molt_build.measure.environment import Environment
from molt_build.results import version_1
from molt_build.results.bench import BenchResult
from molt_build.results.bisect import BisectResult
from molt_build.results.cases import CasesResult
from molt_build.results.checks import what_is_wrong
from molt_build.results.differential import DifferentialResult
from molt_build.results.facts import SCHEMA_VERSION
from molt_build.results.gates import GatesResult
from molt_build.results.schema import RESULTS
from molt_build.results.scoring import with_summaries
from molt_build.results.signals import SignalsResult
from molt_build.schema_of_types import indented
from molt_build.temporary import replacing, write_whole

RESULT_FILE = "result.json"
ARCHIVE_FILE = "result.json.xz"
DIGEST_FILE = "result.json.sha256"  # as sha256sum writes it, of a result that is recorded
MOST_BYTES = 2**30  # of a result that was compressed
FINDINGS_SHOWN = 10  # of what is wrong with a result
_ENVIRONMENT = '\n "environment": '  # how its line in a result begins (`as_text`)

Measured = BenchResult | CasesResult
Result = Measured | SignalsResult | DifferentialResult | GatesResult | BisectResult


def read_bench(path: Path) -> BenchResult:
    """The result of lanes in a file or a run's folder; raises `UsageError` when it is none."""
    return of_lanes(read_result(path), path)


def of_lanes(result: Result, path: Path) -> BenchResult:
    """The result that was read there, where it is one of lanes; else raises `UsageError`."""
    if not isinstance(result, BenchResult):
        what = {"cases": "the cases"}.get(result.kind, result.kind)
        raise UsageError(f"{path} is a run of {what}", "a run of a lane or of suites is needed")
    return result


def read_cases(path: Path) -> CasesResult:
    """The result of the cases in a file or a run's folder; raises `UsageError` when it is none."""
    result = read_result(path)
    if not isinstance(result, CasesResult):
        raise UsageError(f"{path} is no run of the cases", "molt-build compile_progress makes one")
    return result


def read_measured(path: Path) -> Measured:
    """The result of what was timed in a file or a run's folder; raises `UsageError` for others."""
    result = read_result(path)
    if isinstance(result, SignalsResult):
        message = f"{path} is a run of signals, and nothing in it was measured"
        raise UsageError(message, "molt-build compare says what differs between two of them")
    if isinstance(result, DifferentialResult):
        message = f"{path} is a run of differential, and nothing in it was measured"
        raise UsageError(message, "molt-build export --format csv says what came of each program")
    if isinstance(result, GatesResult):
        message = f"{path} is a run of gates, and nothing in it was measured"
        raise UsageError(message, "the runs that it judged are named in it")
    if isinstance(result, BisectResult):
        message = f"{path} is a run of bisect, and says which commit it was"
        raise UsageError(message, "the commands that it names measure the difference")
    return result


def read_signals(path: Path) -> SignalsResult:
    """The result of signals in a file or a run's folder; raises `UsageError` when it is none."""
    result = read_result(path)
    if not isinstance(result, SignalsResult):
        raise UsageError(f"{path} is no run of signals", "molt-build signals makes one")
    return result


def read_result(path: Path) -> Result:
    """The result in a file or a run's folder.

    It is what its types say, and holds together (`molt_build.results.checks`): who reads it need
    not ask. Raises `UsageError`, with the places in it, when it is not.
    """
    file = (result_file(path) or path / RESULT_FILE) if path.is_dir() else path
    try:
        plain = json.loads(_content(file))
    except FileNotFoundError:
        raise UsageError(f"there is no result {file}") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file} is not a result: {error}") from None
    try:
        return from_json(plain)
    except OtherShape as error:
        lines = [f"{file}: {line}" for line in str(error).splitlines()]
        raise UsageError(
            "\n".join(lines), "it was damaged or edited: measure again, or restore it"
        ) from None


def read_environment(folder: Path) -> Environment | None:
    """The machine that a run in a folder is of, without the rest of its result being read.

    None where that is not there, or says it in no form of ours: nothing else of it is looked at.
    """
    file = result_file(folder)
    try:
        text = b"" if file is None else _content(file)
        _, is_there, rest = text.decode("utf-8").partition(_ENVIRONMENT)
        found = json.JSONDecoder().raw_decode(rest)[0] if is_there else None
        return None if found is None else from_plain(Environment, found)
    except (OSError, ValueError, OtherShape, RecursionError):
        return None


def result_file(folder: Path) -> Path | None:
    """The file of a run's result in its folder, compressed or not; None where there is none."""
    files = (folder / name for name in (RESULT_FILE, ARCHIVE_FILE))
    return next((file for file in files if file.is_file()), None)


def _content(file: Path) -> bytes:
    if file.suffix != ".xz":
        return file.read_bytes()
    import lzma

    packed = lzma.LZMADecompressor(lzma.FORMAT_XZ)
    try:
        content = packed.decompress(file.read_bytes(), MOST_BYTES)
    except lzma.LZMAError as error:
        raise ValueError(f"it is damaged: {error}") from None
    if not packed.eof:
        raise ValueError("it is damaged: it ends too early, or is too large")
    return content


def from_json(plain: Any) -> Result:
    """A result as it was published, of this version or an earlier one.

    Raises `OtherShape`, a line for each thing that is wrong.
    """
    version = plain.get("schema_version") if isinstance(plain, dict) else None
    if version == version_1.VERSION:
        plain = version_1.upgraded(plain)
    elif not isinstance(plain, dict) or plain.get("kind") not in list(RESULTS):
        raise OtherShape("it is no result of a run")
    elif version != SCHEMA_VERSION:
        wrong = f"result version {json.dumps(version)[:40]} is not {SCHEMA_VERSION}"
        raise OtherShape(f"{wrong}: read it with the molt_build that wrote it")
    kind = plain["kind"]
    found = list(what_is_wrong(kind, plain))
    if found:
        more = [f"and {len(found) - FINDINGS_SHOWN} more"] if len(found) > FINDINGS_SHOWN else []
        raise OtherShape("\n".join([*found[:FINDINGS_SHOWN], *more]))
    result: Result = from_plain(RESULTS[kind], plain)
    if version == version_1.VERSION and isinstance(result, BenchResult):
        lanes = {name: with_summaries(lane) for name, lane in result.lanes.items()}
        return replace(result, lanes=lanes)
    return result


def write_result(folder: Path, result: Result) -> Path:
    """Write `result.json` of a run: by a temporary file and a rename, all or nothing."""
    file = folder / RESULT_FILE
    (folder / DIGEST_FILE).unlink(missing_ok=True)
    with replacing(file, results_root(folder)) as stream:
        stream.write(as_text(result).encode("utf-8"))
        stream.flush()
        os.fsync(stream.fileno())
    return file


def write_digest(folder: Path) -> None:
    """Write the digest of a result that is there; what is edited afterwards differs from it."""
    digest = hashlib.sha256((folder / RESULT_FILE).read_bytes()).hexdigest()
    write_whole(folder / DIGEST_FILE, f"{digest}  {RESULT_FILE}\n", results_root(folder))


def digest_of(folder: Path) -> str:
    """The digest that a result was recorded with, where it is that of the result.

    Raises `UsageError` where it is another, or none was recorded.
    """
    file = folder / DIGEST_FILE
    try:
        recorded = file.read_text(encoding="utf-8").partition(" ")[0]
        digest = hashlib.sha256((folder / RESULT_FILE).read_bytes()).hexdigest()
    except FileNotFoundError as missing:
        name = Path(missing.filename).name
        raise UsageError(f"{name} is not there") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{file.name} cannot be read: {error}") from None
    if digest != recorded:
        raise UsageError("the result is not what was recorded: its digest is another")
    return digest


def results_root(folder: Path) -> Path:
    """`bench/results` of a run's folder: it may be a link to another disk, and no level below."""
    return folder.parent.parent


def as_text(result: Result) -> str:
    """JSON with a line for each entry of tables and lists: of a result, and of its lanes."""
    return indented(to_plain(result), 4 if isinstance(result, BenchResult) else 2) + "\n"
