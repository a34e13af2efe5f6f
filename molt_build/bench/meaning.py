"""Whether an engine's programs still mean the same, as the latest differential run of it found.

Speed counts only where meaning is kept. A lane asks the history for the latest run of
`molt-build differential` that is about all programs and about this very engine: the same identity
of its toolchain, profile and target. What that found to touch a family of the lane's programs keeps
the engine out of that family's scores. An engine that no such run is about is scored, and the
result says that nobody looked.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from molt_build.bench.preparing import ReadyEngine
from molt_build.engines import AGAIN
from molt_build.errors import UsageError
from molt_build.results.bench import Meaning, Outcome
from molt_build.results.differential import DifferentialResult
from molt_build.results.files import read_result
from molt_build.runs.folder import DIFFERENTIAL
from molt_build.runs.recorded import known_runs

_QUERY = """
SELECT runs.folder, engines.engine FROM runs JOIN engines ON engines.run = runs.id
WHERE runs.kind = ? AND runs.is_of_record AND runs.problem = ''
  AND engines.identity = ? AND engines.profile = ? AND engines.target = ?
ORDER BY runs.timestamp DESC
"""


def meanings(
    project: Path, engines: Sequence[ReadyEngine], warn: Callable[[str], None]
) -> dict[str, Meaning]:
    """What is known of each engine; the reference, which comes first, is what they mean."""
    with known_runs(project, warn) as history:
        return {
            one.name: _meaning(history, project, one)
            for one in engines[1:]
            if not one.name.endswith(AGAIN)
        }


def why_not_scored(found: Mapping[str, Meaning], engine: str, family: str) -> Outcome | None:
    """Why an engine is not scored on the programs of a family; None where it is."""
    one = found.get(engine)
    reasons = () if one is None else one.affected.get(family, ())
    if not reasons:
        return None
    assert one is not None
    return Outcome("diverges", f"{'; '.join(reasons)} ({one.run})")


def _meaning(history: sqlite3.Connection, project: Path, one: ReadyEngine) -> Meaning:
    """What the latest run of the engine found whose result is there."""
    engine = one.named.engine
    values = (DIFFERENTIAL, one.toolchain.identity, engine.profile, engine.target)
    for folder, name in history.execute(_QUERY, values):
        try:
            result = read_result(project / folder)
        except UsageError:
            continue  # its folder is gone: the rows do not say what was touched
        if isinstance(result, DifferentialResult) and name in result.compared:
            counts = result.counts(name)
            return Meaning(
                run=result.run,
                programs=len(result.programs),
                equal=counts["equal"],
                declared=counts["declared"],
                unexplained=counts["unexplained"],
                affected=dict(result.affected.get(name, {})),
            )
    return Meaning(None, 0, 0, 0, 0, {})
