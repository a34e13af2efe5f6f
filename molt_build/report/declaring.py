"""The blocks that would declare what a run of the differential job found, ready to be pasted.

What a compiler refuses is `[[unsupported]]`, in its own words; what diverges is `[[divergences]]`,
with what was seen as the reason. Whoever pastes it says why it is so in its place, and chooses the
last day: a reason that only repeats the symptom tells nobody anything.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Mapping, Sequence

from molt_build.results.differential import ComparedCell, DifferentialResult

REASON_LETTERS = 300
ACCEPTED_DAYS = 365


def blocks(result: DifferentialResult, today: datetime.date) -> Iterator[str]:
    """The lines: for each toolchain its refusals, then its divergences, by what was seen."""
    until = (today + datetime.timedelta(days=ACCEPTED_DAYS)).isoformat()
    for (toolchain, target), cells in _of_toolchains(result).items():
        yield f"# for {toolchain}{'' if target == 'native' else f', of the target {target}'}"
        for reason, programs in _by_reason([one for one in cells if not one.runs]).items():
            yield from ("", "[[unsupported]]", f"programs = {_list(programs)}")
            yield f"reason = {_text(reason)}"
        for reason, programs in _by_reason([one for one in cells if one.runs]).items():
            yield from ("", "[[divergences]]", f"programs = {_list(programs)}")
            yield from (f"reason = {_text(reason)}", f'expires = "{until}"')
            yield f'targets = ["{target}"]'
        yield ""


def _of_toolchains(result: DifferentialResult) -> dict[tuple[str, str], list[ComparedCell]]:
    """What nothing explains, by toolchain and target; under several profiles once."""
    found: dict[tuple[str, str], dict[str, ComparedCell]] = {}
    for cell in result.cells:
        if cell.status == "unexplained":
            facts = result.engines[cell.engine]
            key = (facts.toolchain, facts.target or "native")
            found.setdefault(key, {}).setdefault(cell.program, cell)
    return {key: list(cells.values()) for key, cells in found.items()}


def _by_reason(cells: Sequence[ComparedCell]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for cell in cells:
        reason = cell.reason.removeprefix("it does not build: ")
        found.setdefault(reason, []).append(cell.program)
    return found


def _list(programs: Sequence[str]) -> str:
    return f"[{', '.join(map(_text, programs))}]"


def _text(text: str) -> str:
    """A text of TOML: JSON's escapes are among those that it knows, and it is one line."""
    return json.dumps(" ".join(text.split())[:REASON_LETTERS], ensure_ascii=False)
