"""What clients printed: a build's report (`molt-build build --json`), or how outputs compare."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from molt_build.codec import from_plain
from molt_build.errors import MeasurementFailed
from molt_build.latency.clients import Ended
from molt_build.results.cases import Equality
from molt_build.results.costs import Attribution

_OTHER_SHAPE = (LookupError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True)
class Report:
    """One build, or several at once."""

    executed: int
    hits: int
    up_to_date: int
    lock_waits_s: tuple[float, ...]
    seconds_by_stage: Mapping[str, float]
    metrics: Mapping[str, float]  # STAGE.METRIC -> its sum over the actions
    attribution: Attribution  # of the last one


def read_reports(ended: Sequence[Ended]) -> Report:
    """All that builds said, together; raises `MeasurementFailed` when one is no report."""
    with _printed_by_us():
        reports = [json.loads(one.stdout) for one in ended]
        seconds: dict[str, float] = {}
        metrics: dict[str, float] = {}
        for action in (action for report in reports for action in report["actions"]):
            spent = seconds.get(action["stage"], 0.0) + action["seconds"]
            seconds[action["stage"]] = round(spent, 6)
            for name, value in action.get("metrics", {}).items():
                metric = f"{action['stage']}.{name}"
                metrics[metric] = metrics.get(metric, 0) + value
        last = reports[-1]["attribution"]
        return Report(
            executed=sum(report["executed"] for report in reports),
            hits=sum(report["hits"] for report in reports),
            up_to_date=sum(report["up_to_date"] for report in reports),
            lock_waits_s=tuple(lock["waited_s"] for report in reports for lock in report["locks"]),
            seconds_by_stage=seconds,
            metrics=metrics,
            attribution=from_plain(
                Attribution, {"stages": last["stages"], "components": last["components"]}
            ),
        )


def read_equality(ended: Ended) -> Equality:
    """What `molt_build.latency.equality` found; raises `MeasurementFailed` when it is not that."""
    with _printed_by_us():
        found: Equality = from_plain(Equality, json.loads(ended.stdout))
        return found


def why_it_failed(ended: Ended) -> str:
    """Why a build failed, in its own words."""
    try:
        for action in json.loads(ended.stdout)["actions"]:
            if action["status"] == "failed":
                reason = action.get("reason") or action.get("message", "").partition("\n")[0]
                return f"{action['program']} {action['stage']}: {reason}"
    except _OTHER_SHAPE:
        pass  # it ended before it could print a report
    lines = [line for line in ended.stderr.splitlines() if line.strip()]
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return (errors or lines or ["it said nothing"])[-1]


@contextmanager
def _printed_by_us() -> Iterator[None]:
    try:
        yield
    except _OTHER_SHAPE as error:
        raise MeasurementFailed("a build printed something that is no report") from error
