"""Numbers and facts of results in words: used by every table and page, so that all say them alike.

What tools say of themselves and of programs stands here without folders of this machine.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from molt_build.measure.process import Metric
from molt_build.measure.statistics import RatioEstimate, RatioFromZero
from molt_build.results.bench import BenchResult, Cell, LaneResult, Status, Verdict
from molt_build.results.cases import CasesResult
from molt_build.results.differential import DifferentialResult
from molt_build.results.facts import EngineFacts

NO_VALUE = "-"
MAX_REASON = 240  # letters
STATUS_WORDS: Mapping[Status, str] = {
    "ok": "scored",
    "build-failed": "not built",
    "unsupported": "not taken",
    "absent": "not there yet",
    "differs": "other output",
    "failed": "failed",
    "timeout": "timeout",
    "unchecked": "unchecked",
    "c_accelerated": "works in C",
    "left-out": "left out",
    "diverges": "diverges",
}
VERDICT_MARKS: Mapping[Verdict, str] = {
    "faster": "+",
    "slower": "-",
    "equal": "=",
    "unclear": "?",
}
MARK_MEANINGS: Mapping[Verdict, str] = {
    "faster": "faster",
    "slower": "slower",
    "equal": "within {effect} with the whole interval",
    "unclear": "the interval does not tell",
}
COLUMN_TITLES: Mapping[Metric, str] = {
    "wall_s": "whole run",
    "cpu_s": "processor time",
    "peak_memory_bytes": "peak memory",
    "steady_s": "steady state",
    "instructions": "instructions",
}

# Two folders or more: what is left says enough, and nothing about the machine.
_PATH = re.compile(r"(?<![\w.:/-])/(?:[\w.+~@-]+/)+(?=[\w.+~@-]+)")


def number(ratio: float) -> str:
    """Three significant digits: 0.0521, 0.521, 5.21, 52.1, 521."""
    digits = 0 if ratio >= 99.95 else 1 if ratio >= 9.995 else 2 if ratio >= 0.995 else 3
    return f"{ratio:.{digits}f}" if ratio >= 0.0995 else f"{ratio:.3g}"


def interval(
    estimate: RatioFromZero | None, *, is_short: bool = False, metric: Metric | None = None
) -> str:
    """1.23 [1.20, 1.27], shortly 1.23 ±3%; the ratio alone where blocks are too few for more.

    Of counts the ratio alone, 1.2301: their floor is the same for all of an engine.
    """
    if estimate is None:
        return NO_VALUE
    if metric == "instructions":
        return f"{estimate.ratio:#.5g}".rstrip(".")
    low, high = estimate.low, estimate.high
    if low is None or high is None:
        return number(estimate.ratio)
    if is_short and isinstance(estimate, RatioEstimate):
        return f"{number(estimate.ratio)} ±{estimate.half_width:.0%}"
    return f"{number(estimate.ratio)} [{number(low)}, {number(high)}]"


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
    if metric.endswith("_bytes"):
        return mebibytes(value)
    if metric == "instructions":
        return millions(value)
    return seconds(value) if metric.endswith("_s") else number(value)


def millions(count: float) -> str:
    """A count of instructions: 143.85 M, with as many digits as tell 0.01 % apart."""
    return f"{count / 1e6:,.{max(0, 4 - len(str(int(count / 1e6))))}f} M"


def share_words(share: float) -> str:
    """A share in per cent: 2%, 0.01%; 0 where it is none."""
    return f"{100 * share:.2g}%"


def better(metric: Metric) -> str:
    """What a ratio says: times as fast as the reference, or that share of its memory."""
    if metric == "instructions":
        return "reference's instructions / engine's instructions; above 1 executes fewer"
    if metric == "peak_memory_bytes":
        return "reference's memory / engine's memory; above 1 is smaller"
    return "times as fast as the reference; above 1 is faster"


def profile_words(result: BenchResult, lane: LaneResult) -> str:
    """The profile of a lane's engines, or of those that name none."""
    profiles = {result.engines[one].profile for one in lane.engines if one in result.engines}
    is_one = profiles <= {lane.profile, None}
    return f"profile {lane.profile}" if is_one else f"profile {lane.profile} where none is named"


def cell_text(cell: Cell, metric: Metric, *, is_short: bool = False) -> str:
    """A cell's ratio, or why it has none."""
    status = cell.outcome(metric).status
    if status != "ok":
        return STATUS_WORDS[status]
    return interval(cell.speedup(metric), is_short=is_short, metric=metric)


def marks_explained(said: Collection[str], min_effect: float) -> list[str]:
    """What the marks of these verdicts mean, for who sees them: "+ faster", and so on."""
    return [
        f"{mark} {MARK_MEANINGS[verdict].format(effect=share_words(min_effect))}"
        for verdict, mark in VERDICT_MARKS.items()
        if verdict in said
    ]


def tool_versions(engine: EngineFacts) -> str:
    """The versions of a toolchain and of what it uses, shortly."""
    own = [*engine.requires, *engine.versions.values()]
    used = [
        f"{role}: {next(iter(facts.versions.values()), '') or facts.toolchain}"
        for role, facts in engine.uses.items()
    ]
    lines = (line.strip().splitlines() for line in (*own, *used) if line.strip())
    return plain("; ".join(line[0] for line in lines))


def short_version(engine: EngineFacts) -> str:
    """What a toolchain is called in a sentence: its first requirement, or what it says itself."""
    said = [*engine.requires, *engine.versions.values(), engine.toolchain]
    line: str = next(text.strip().splitlines()[0] for text in said if text.strip())
    return plain(line.replace("==", " "))


def limit_words(limit: str, *, is_maximum: bool, is_page: bool = False) -> str:
    """<= 3, >= 80%; with the mathematical signs on a page."""
    signs = ("≥", "≤") if is_page else (">=", "<=")
    return f"{signs[is_maximum]} {limit}"


def machine_words(run: BenchResult | CasesResult | DifferentialResult) -> str:
    """When a run was made and on what class of machine, with nothing that names the machine."""
    machine = run.environment
    known = [f"{run.run} ({run.started})", machine.machine_class]
    known.append(f"{machine.system} {machine.kernel}")
    if machine.memory_total_bytes:
        known.append(f"{machine.memory_total_bytes / 2**30:.1f} GiB memory")
    known += [f"governor: {machine.governor}"] if machine.governor else []
    known += [f"virtualization: {machine.virtualization}"] if machine.virtualization else []
    if machine.turbo is not None:
        known.append(f"turbo {'on' if machine.turbo else 'off'}")
    if machine.git_commit:
        dirty = " with changes" if machine.git_is_dirty else ""
        known.append(f"commit {machine.git_commit[:12]}{dirty}")
    return "; ".join(known)


def plain(reason: str) -> str:
    """One line without folders of this machine."""
    return _PATH.sub("", " ".join(reason.split()))


def quoted(reason: str) -> str:
    """A tool's words on a page: one line that ends in time, no folders, and nothing is markup."""
    shown = shortened(plain(reason).rstrip("."), MAX_REASON)
    return re.sub(r"([\\`*_<\[])", r"\\\1", shown)


def shortened(text: str, letters: int, mark: str = "…") -> str:
    """The text where it has no more letters than that, else its beginning and a mark."""
    return text if len(text) <= letters else text[: letters - len(mark)] + mark


def markdown_cell(words: str) -> str:
    """Words in a cell of a Markdown table."""
    return " ".join(words.split("\n")).replace("|", "\\|")


def markdown_table(rows: Sequence[Sequence[str]], *, is_text: bool = False) -> Iterator[str]:
    """The lines of a Markdown table, the first row its head; numbers stand to the right."""
    head, *body = [[markdown_cell(cell) for cell in row] for row in rows]
    yield f"| {' | '.join(head)} |"
    rule = "---" if is_text else "---:"
    yield f"| --- |{f' {rule} |' * (len(head) - 1)}"
    for row in body:
        yield f"| {' | '.join(row)} |"
