"""JSON Schema of results, made of their types (`molt_build.schema_of_types`): one for all jobs.

`schemas/result.schema.json` is what `result_schema` says: a test holds the two together, and
`molt-build schema --write schemas` writes it anew.
"""

from __future__ import annotations

from collections.abc import Mapping

from molt_build.results.bench import BenchResult
from molt_build.results.bisect import BisectResult
from molt_build.results.cases import CasesResult
from molt_build.results.differential import DifferentialResult
from molt_build.results.facts import SCHEMA_VERSION
from molt_build.results.gates import GatesResult
from molt_build.results.signals import SignalsResult
from molt_build.schema_of_types import DIALECT, Definitions, Schema

RESULTS: Mapping[str, type] = {  # by kind
    "bench": BenchResult,
    "cases": CasesResult,
    "signals": SignalsResult,
    "differential": DifferentialResult,
    "gates": GatesResult,
    "bisect": BisectResult,
}


def result_schema() -> Schema:
    """The schema of a result of any kind."""
    definitions = Definitions()
    forms = [definitions.schema_of(kind) for kind in RESULTS.values()]
    return {
        "$schema": DIALECT,
        "$id": f"urn:molt-build:schema:result:{SCHEMA_VERSION}",
        "title": "molt_build result",
        "description": "What a run found: bench/results/JOB/TIMESTAMP/result.json.",
        "oneOf": forms,
        "$defs": definitions.sorted(),
    }


def schema_of(kind: str) -> Schema:
    """The schema of results of one kind."""
    definitions = Definitions()
    return {**definitions.schema_of(RESULTS[kind]), "$defs": definitions.sorted()}
