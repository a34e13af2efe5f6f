"""Numbers and facts of a result in words: used by every table, so that all say them alike."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

NO_VALUE = "-"
STATUS_WORDS = {
    "build-failed": "not built",
    "unsupported": "not taken",
    "absent": "not there yet",
    "differs": "other output",
    "failed": "failed",
    "timeout": "timeout",
    "unchecked": "unchecked",
    "c_accelerated": "works in C",
}
VERDICT_MARKS = {"faster": "+", "slower": "-", "equal": "=", "unclear": "?"}


def number(ratio: float) -> str:
    """Three significant digits: 0.0521, 0.521, 5.21, 52.1, 521."""
    digits = 0 if ratio >= 99.95 else 1 if ratio >= 9.995 else 2 if ratio >= 0.995 else 3
    return f"{ratio:.{digits}f}" if ratio >= 0.0995 else f"{ratio:.3g}"


def interval(row: Mapping[str, Any] | None, *, is_short: bool = False) -> str:
    """1.23 [1.20, 1.27], shortly 1.23 ±3%; the ratio alone where blocks are too few for more."""
    if row is None:
        return NO_VALUE
    if row["low"] is None:
        return number(row["ratio"])
    if is_short:
        half_width = math.log(row["high"] / row["low"]) / 2
        return f"{number(row['ratio'])} ±{half_width:.0%}"
    return f"{number(row['ratio'])} [{number(row['low'])}, {number(row['high'])}]"


def estimated(row: Mapping[str, Any] | None) -> str:
    """`interval` of a row whose ratio is called its estimate."""
    return interval(None if row is None else {**row, "ratio": row["estimate"]})


def seconds(value: float) -> str:
    """0.0123 s as 12.3 ms."""
    if value < 0.9995:
        return f"{number(value * 1000)} ms"
    return f"{number(value)} s"


def mebibytes(value: float) -> str:
    """Bytes as MiB."""
    return f"{value / 2**20:.1f} MiB"


def metric_value(value: float, metric: str) -> str:
    """A value in the unit of its metric."""
    return mebibytes(value) if metric == "peak_memory_bytes" else seconds(value)


def better(metric: str) -> str:
    """What a ratio says: times as fast as the reference, or that share of its memory."""
    if metric == "peak_memory_bytes":
        return "reference's memory / engine's memory; above 1 is smaller"
    return "times as fast as the reference; above 1 is faster"


def profile_words(result: Mapping[str, Any]) -> str:
    """The profile of a result's engines, or of those that name none."""
    own = result["profile"]
    is_one = all(facts.get("profile", own) == own for facts in result["toolchains"].values())
    return f"profile {own}" if is_one else f"profile {own} where none is named"


def cell_text(cell: Mapping[str, Any], metric: str, *, is_short: bool = False) -> str:
    """A cell's ratio, or why it has none."""
    if cell["status"] != "ok":
        return STATUS_WORDS.get(cell["status"], str(cell["status"]))
    return interval(cell["ratios"].get(metric), is_short=is_short)


def cells_by_key(result: Mapping[str, Any]) -> dict[tuple[str, str], Mapping[str, Any]]:
    """(program, engine) -> cell."""
    return {(cell["program"], cell["engine"]): cell for cell in result["cells"]}


def tool_versions(toolchain: Mapping[str, Any]) -> str:
    """The versions of a toolchain and of what it uses, shortly."""
    own = [*toolchain["requires"], *toolchain["versions"].values()]
    used = [
        f"{role}: {next(iter(facts['versions'].values()), '') or facts['toolchain']}"
        for role, facts in toolchain["uses"].items()
    ]
    lines = (line.strip().splitlines() for line in (*own, *used) if line.strip())
    return "; ".join(line[0] for line in lines)


def short_version(toolchain: Mapping[str, Any]) -> str:
    """What a toolchain is called in a sentence: its first requirement, or what it says itself."""
    said = [*toolchain["requires"], *toolchain["versions"].values(), toolchain["toolchain"]]
    line: str = next(text.strip().splitlines()[0] for text in said if text.strip())
    return line.replace("==", " ")


def count(number: int, noun: str, plural: str | None = None) -> str:
    """1 program, 2 programs."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def machine_words(run: Mapping[str, Any]) -> str:
    """When a run was made and on what class of machine, with nothing that names the machine."""
    machine = run["environment"]
    known = [
        f"{run['run']} ({run['started']})",
        machine["machine_class"],
        f"{machine['system']} {machine['kernel']}",
    ]
    if machine["memory_total_bytes"]:
        known.append(f"{machine['memory_total_bytes'] / 2**30:.1f} GiB memory")
    for name in ("governor", "virtualization"):
        known += [f"{name}: {machine[name]}"] if machine[name] else []
    if machine["turbo"] is not None:
        known.append(f"turbo {'on' if machine['turbo'] else 'off'}")
    if machine["git_commit"]:
        dirty = " with changes" if machine["git_is_dirty"] else ""
        known.append(f"commit {machine['git_commit'][:12]}{dirty}")
    return "; ".join(known)


def markdown_table(rows: Sequence[Sequence[str]], *, is_text: bool = False) -> Iterator[str]:
    """The lines of a Markdown table, the first row its head; numbers stand to the right."""
    head, *body = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    yield f"| {' | '.join(head)} |"
    rule = "---" if is_text else "---:"
    yield f"| --- |{f' {rule} |' * (len(head) - 1)}"
    for row in body:
        yield f"| {' | '.join(row)} |"
