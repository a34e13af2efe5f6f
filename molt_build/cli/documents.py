"""What commands print with `--json`: one object, of a class that the published schema has.

`DOCUMENTS` names the class of each command, which lies where its values are made; `print_document`
is the one way to print one. `schemas/output.schema.json` is what `output_schema` says: a test holds
the two together, and `molt-build schema --write schemas` writes it anew. A build with nothing to do
prints the same object by hand (`molt_build.cli.warm_build`), as it imports nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

OUTPUT_VERSION = 1  # of the schema: a field that goes, or means something else, makes another
_RUNS = "molt_build.cli.history_list:ListedRuns"
_SUITES = "molt_build.bench.listing:SuitesToMeasure"
# By the words of the command, with the option that makes it another object: MODULE:CLASS.
DOCUMENTS: Mapping[str, tuple[str, ...]] = {
    "board": ("molt_build.governance.board:Board",),
    "bisect": ("molt_build.results.bisect:BisectResult",),
    "bench": ("molt_build.results.bench:BenchResult",),
    "bench --list": ("molt_build.bench.listing:LaneToMeasure", _SUITES),
    "build": ("molt_build.building.documents:Built",),
    "cache audit": ("molt_build.building.audit:Audit",),
    "cache clear": ("molt_build.cli.cache_clear:Cleared",),
    "cache prune": ("molt_build.cli.cache_prune:PrunedStore",),
    "cache stats": ("molt_build.cli.cache_stats:CacheStats",),
    "cache verify": ("molt_build.cli.cache_verify:VerifiedStore",),
    "cache waste": ("molt_build.cli.cache_waste:Waste",),
    "check": ("molt_build.cli.check:Checked",),
    "compare": (
        "molt_build.governance.compare:Compared",
        "molt_build.results.signals:ComparedSignals",
    ),
    "compile_progress": ("molt_build.results.cases:CasesResult",),
    "compile_progress --list": ("molt_build.cli.compile_progress:CellsToMeasure",),
    "completion": ("molt_build.cli.completion:Completion",),
    "conformance": ("molt_build.conformance.results:ConformanceResult",),
    "dashboard": ("molt_build.report.dashboard.page:WrittenDashboard",),
    "differential": ("molt_build.results.differential:DifferentialResult",),
    "differential --list": ("molt_build.cli.differential:ProgramsToCompare",),
    "doctor": ("molt_build.cli.doctor:Examined",),
    "explain": ("molt_build.cli.explanations:Explained",),
    "explain --between": ("molt_build.governance.between:Between",),
    "export": ("molt_build.cli.export:Exported",),
    "friends": ("molt_build.results.bench:BenchResult",),
    "friends --list": (_SUITES,),
    "friends pin": ("molt_build.sources.pinning:Pinned",),
    "gates": ("molt_build.results.gates:GatesResult",),
    "gates --canary": ("molt_build.results.canaries:Canaries",),
    "history annotate": ("molt_build.cli.history_annotate:AnnotatedGates",),
    "history export": ("molt_build.cli.history_export:ExportedRuns",),
    "history import": ("molt_build.cli.history_import:TakenIn",),
    "history list": (_RUNS,),
    "history prune": ("molt_build.cli.history_prune:PrunedRuns",),
    "history show": ("molt_build.cli.history_show:ShownRun",),
    "history trend": ("molt_build.governance.trends:Trends",),
    "init": ("molt_build.cli.init:NewProject",),
    "init toolchain": ("molt_build.cli.init_toolchain:NewToolchain",),
    "list": ("molt_build.cli.list:Counts", "molt_build.manifests.listed:Listed", _RUNS),
    "pin": ("molt_build.cli.pin:PinnedLocks",),
    "prepare": ("molt_build.bench.needs:Preparation",),
    "reduce": ("molt_build.results.differential:ReducedProgram",),
    "report": (
        "molt_build.report.headlines:LanePage",
        "molt_build.report.headlines:FriendsPage",
        "molt_build.report.headlines:CasesPage",
        "molt_build.report.headlines:DifferentialPage",
        "molt_build.report.headlines:BoardPage",
    ),
    "report --check": ("molt_build.report.headlines:CheckedPages",),
    "reproduce": (
        "molt_build.governance.reproduction:Reproduction",
        "molt_build.results.signals:ComparedSignals",
    ),
    "schema": ("molt_build.cli.schema:Kinds",),
    "schema --write": ("molt_build.cli.schema:WrittenSchemas",),
    "signals": ("molt_build.results.signals:SignalsResult",),
    "signals --list": ("molt_build.signals.listing:SignalsToRead",),
}


def print_document(document: object) -> None:
    """Print a value of one of the classes, on one line."""
    print(document_text(document), end="")


def document_text(document: object) -> str:
    """The line that is printed."""
    import json

    from molt_build.codec import to_plain

    return json.dumps(to_plain(document)) + "\n"


def definition(words: str) -> str:
    """The name in the schema of what a command prints: `cache_stats`, `bench_list`."""
    return words.replace(" --", "_").replace(" ", "_").replace("-", "_")


def classes(words: str) -> list[type]:
    """The classes of what a command prints."""
    import importlib

    names = (name.split(":") for name in DOCUMENTS[words])
    return [getattr(importlib.import_module(module), kind) for module, kind in names]


def output_schema() -> dict[str, Any]:
    """The schema of what any command prints, with a definition for each command."""
    from molt_build.schema_of_types import DIALECT, Definitions

    definitions = Definitions()
    commands = {}
    for words in sorted(DOCUMENTS):
        forms = [definitions.schema_of(kind) for kind in classes(words)]
        printed = forms[0] if len(forms) == 1 else {"anyOf": forms}
        commands[definition(words)] = {"description": f"`molt-build {words} --json`", **printed}
    return {
        "$schema": DIALECT,
        "$id": f"urn:molt-build:schema:output:{OUTPUT_VERSION}",
        "title": "molt_build output",
        "description": "What a command prints with --json; $defs has what each prints.",
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in commands],
        "$defs": commands | definitions.sorted(),
    }
