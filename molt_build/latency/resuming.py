"""Whether an interrupted run of the cases can go on, and what it has.

Of its own a run has these events (`molt_build.runs.samples` has the others):

    {"event": "sample", ...}  one sample of a cell
    {"event": "cell", ...}    a cell that is done, as published
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import molt_build
from molt_build.codec import from_plain, to_plain
from molt_build.engines import parse
from molt_build.latency.selection import Cell
from molt_build.latency.sources import digest_below, project_paths
from molt_build.latency.workspace import switches
from molt_build.manifests.model import Manifests
from molt_build.measure.environment import Environment
from molt_build.results.cases import CaseCell, Sample
from molt_build.results.facts import Part
from molt_build.runs.job import check_fingerprint
from molt_build.runs.samples import of_whole_events, read_samples
from molt_build.store.digest import digest_value
from molt_build.watch import counted


@dataclass(frozen=True)
class Earlier:
    """What an interrupted run left."""

    cells: Mapping[str, CaseCell] = field(default_factory=dict)  # by name, those that are done
    samples: Mapping[str, Sequence[Sample]] = field(default_factory=dict)  # of all cells
    parts: tuple[Part, ...] = ()  # of one that was killed, only when it began

    def kept(self, cells: Sequence[Cell]) -> str:
        """What is not measured again, in words."""
        done = [cell for cell in cells if cell.name in self.cells]
        begun = [cell for cell in cells if cell.name in self.samples and cell not in done]
        count = sum(len(self.samples.get(cell.name, ())) for cell in cells)
        words = f"{len(done)} of {counted(len(cells), 'cell')} and {counted(count, 'sample')}"
        if begun:
            words += f", {len(self.samples[begun[0].name])} of them of {begun[0].name}"
        return words


@of_whole_events
def read_earlier(folder: Path, now: Mapping[str, Any]) -> Earlier:
    """What the run in the folder left; `now` is the fingerprint of what would go on with it.

    Raises `UsageError` when they do not fit together, and when it cannot be read.
    """
    cells: dict[str, CaseCell] = {}
    samples: dict[str, list[Sample]] = {}
    parts: list[Part] = []
    is_begun = False
    for event in read_samples(folder):
        match event.pop("event"):
            case "command":
                parts.append(Part(event["started"], 0.0, 0, None, None, ()))
            case "start":
                check_fingerprint(folder.name, event["fingerprint"], now)
                is_begun = True
            case "sample":
                samples.setdefault(event["cell"], []).append(from_plain(Sample, event["sample"]))
            case "cell":
                cell = from_plain(CaseCell, event["row"])
                cells[cell.name] = cell
            case "part":
                parts[-1] = from_plain(Part, event)
    if not is_begun:
        raise LookupError("it has no start")
    return Earlier(cells, samples, tuple(parts))


def fingerprint(
    project: Path,
    manifests: Manifests,
    cells: Sequence[Cell],
    identities: Mapping[str, str],
    environment: Environment,
) -> dict[str, str]:
    """Name -> digest of everything that a cell's seconds depend on; the names are for messages."""
    cases = {cell.case.name: cell.case for cell in cells}
    profiles = sorted({case.profile for case in cases.values()})
    read = (project_paths(manifests, cell.programs, cell.toolchains) for cell in cells)
    folders = sorted({path for paths in read for path in paths})
    toolchains = dict.fromkeys(parse(name).toolchain for name in identities)
    declared = {
        **{f"case {name}": case for name, case in cases.items()},
        **{f"profile {name}": manifests.profiles[name] for name in profiles},
        **{f"manifest of {name}": manifests.toolchains[name] for name in toolchains},
    }
    return {
        **{name: digest_value(to_plain(one)) for name, one in declared.items()},
        **{f"toolchain {name}": identity for name, identity in identities.items()},
        **{f"files in {path}": digest_below(project / path) for path in folders},
        "molt_build": digest_below(Path(molt_build.__file__).parent),
        "the machine": digest_value(environment.machine_class),
        "the switches": digest_value(switches()),
        "Python": digest_value([sys.version, sys.executable]),
    }
