"""Shell completion: what may stand at the cursor, from the manifests that were read last.

A shell runs `molt-build` with the line in its environment (argcomplete's protocol) and reads words.
`COMPLETERS` says for each argument, by its name in the parser, where its words come from; a test
walks over all commands for arguments without any. Who presses a key has asked for nothing: what
goes wrong gives no words, and no message.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from molt_build.manifests.model import Manifests
    from molt_build.manifests.toolchain import Artifact, Toolchain

Words = Mapping[str, str]  # with what each is, for shells that show it


@dataclass(frozen=True)
class Cursor:
    """Where a word is wanted: what was typed of it, and what stands before it."""

    prefix: str
    asked: argparse.Namespace

    def said(self, name: str) -> Any:
        """An argument as it stands before; None where it does not."""
        return getattr(self.asked, name, None)

    @cached_property
    def project(self) -> Path:
        """The project; raises `UsageError` outside of one."""
        from molt_build.cli.finding import find_project

        return find_project(self.said("project"))

    @cached_property
    def manifests(self) -> Manifests:
        """What is declared; nothing is read anew that did not change."""
        from molt_build.manifests.loading import load

        return load(self.project)


Completer = Callable[[Cursor], Words]


def complete(parser_for: Callable[[list[str]], argparse.ArgumentParser]) -> None:
    """Write the words for the shell that asks, and end the process."""
    with suppress(Exception):  # nobody asked for anything: no words, and no message
        import argcomplete
        from argcomplete.completers import SuppressCompleter
        from argcomplete.finders import safe_actions

        line = os.environ["COMP_LINE"][: int(os.environ["COMP_POINT"])]
        parser = parser_for(line.split()[1:])
        attach(parser)
        safe_actions.add(argparse._ExtendAction)  # what stands before is looked at
        argcomplete.autocomplete(
            parser, always_complete_options=False, default_completer=SuppressCompleter()
        )
    os._exit(1)


def attach(parser: argparse.ArgumentParser) -> None:
    """Give every argument of a parser, and of its subcommands' parsers, its completer."""
    from argcomplete.completers import DirectoriesCompleter, FilesCompleter

    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for one in action.choices.values():
                attach(one)
        elif action.metavar == "FILE":
            action.completer = FilesCompleter()  # type: ignore[attr-defined]
        elif action.metavar == "DIR" or action.dest == "folder":
            action.completer = DirectoriesCompleter()  # type: ignore[attr-defined]
        elif action.dest in COMPLETERS and action.choices is None:
            action.completer = _asked(COMPLETERS[action.dest])  # type: ignore[attr-defined]


def _asked(completer: Completer) -> Callable[..., Words]:
    def words(prefix: str, parsed_args: argparse.Namespace, **_: object) -> Words:
        with suppress(Exception):
            return completer(Cursor(prefix, parsed_args))
        return {}

    return words


def _described(declared: Mapping[str, Any]) -> Words:
    return {name: one.description for name, one in declared.items()}


def _programs(cursor: Cursor) -> Words:
    suites = _names(cursor.said("suite")) or _names(cursor.said("lane"))
    own = {name: one.description for name, (one, _) in cursor.manifests.programs.items()}
    if cursor.said("command") != "friends" and not (set(suites) & set(cursor.manifests.suites)):
        return own
    of_suites = [cursor.manifests.suites[name] for name in suites if name]
    found = of_suites or cursor.manifests.suites.values()
    return {one.name: suite.name for suite in found for one in suite.programs if one.name}


def _families(cursor: Cursor) -> Words:
    return {program.family: "" for program, _ in cursor.manifests.programs.values()}


def _workloads(cursor: Cursor) -> Words:
    return _described(cursor.manifests.workloads)


def _names(said: object) -> list[str]:
    if isinstance(said, list):
        return [str(one) for one in said]
    return [] if said is None else [str(said)]


def _toolchains(cursor: Cursor) -> Words:
    if cursor.said("command") == "init":
        return {}  # a new one's name
    found = cursor.manifests.toolchains
    if cursor.said("command") == "pin":
        found = {name: one for name, one in found.items() if one.python or _pinned(one)}
    return _described(found)


def _artifacts(cursor: Cursor) -> Words:
    """Those that are pinned sources, of the toolchains that are named."""
    toolchains = cursor.manifests.toolchains
    named = [toolchains[name] for name in _names(cursor.said("toolchains")) if name in toolchains]
    found = [one for each in named or toolchains.values() for one in _pinned(each)]
    return {one.name: "" for one in found}


def _pinned(toolchain: Toolchain) -> list[Artifact]:
    """The artifacts of a toolchain that are pinned sources."""
    return [one for one in toolchain.artifacts if one.source is not None]


def _patterns(cursor: Cursor) -> Words:
    from molt_build.cli.init_toolchain import PATTERNS

    return PATTERNS


def _profiles(cursor: Cursor) -> Words:
    return _described(cursor.manifests.profiles)


def _targets(cursor: Cursor) -> Words:
    toolchains = cursor.manifests.toolchains
    wanted = [toolchains[name] for name in _names(cursor.said("toolchain")) if name in toolchains]
    return {one.name: "" for each in wanted or toolchains.values() for one in each.targets}


def _engines(cursor: Cursor) -> Words:
    """TOOLCHAIN, then what may follow it: :PROFILE and @TARGET."""
    manifests, prefix = cursor.manifests, cursor.prefix
    name, _, _ = prefix.partition("@")
    toolchain = manifests.toolchains.get(name.partition(":")[0])
    if "@" in prefix:
        targets = () if toolchain is None else toolchain.targets
        return {f"{name}@{target.name}": "" for target in targets}
    words = dict(_toolchains(cursor))
    if toolchain is not None:
        words |= {f"{toolchain.name}:{p}": one for p, one in _profiles(cursor).items()}
        if name in words:
            words |= {f"{name}@{target.name}": "" for target in toolchain.targets}
    return words


def _lanes(cursor: Cursor) -> Words:
    return _described(cursor.manifests.lanes)


def _lanes_and_suites(cursor: Cursor) -> Words:
    return {**_lanes(cursor), **_suites(cursor)}


def _jobs(cursor: Cursor) -> Words:
    from molt_build.runs.folder import NO_LANES

    return {**_lanes(cursor), **dict.fromkeys(NO_LANES, "")}


def _suites(cursor: Cursor) -> Words:
    return _described(cursor.manifests.suites)


def _signals(cursor: Cursor) -> Words:
    return _described(cursor.manifests.signals)


def _gates(cursor: Cursor) -> Words:
    return _described(cursor.manifests.gates)


def _figures(cursor: Cursor) -> Words:
    """Jobs that have figures, and gates."""
    from molt_build.governance.trends import jobs_with_figures

    return {**dict.fromkeys(jobs_with_figures(cursor.manifests), ""), **_gates(cursor)}


def _subjects(cursor: Cursor) -> Words:
    """What can be bisected."""
    return {**_signals(cursor), **_gates(cursor), **_lanes_and_suites(cursor)}


def _cases(cursor: Cursor) -> Words:
    return _described(cursor.manifests.cases)


def _runs(cursor: Cursor) -> Words:
    """The words for the latest, and every run that has a folder, the latest first."""
    from molt_build.runs.recorded import result_folders

    names = sorted(result_folders(cursor.project), key=lambda name: name.rpartition("/")[2])
    jobs = dict.fromkeys(name.partition("/")[0] for name in reversed(names))
    latest = ("latest", "latest~1", *(f"{job}/latest" for job in jobs)) if names else ()
    return dict.fromkeys((*latest, *reversed(names)), "")


def _kinds(cursor: Cursor) -> Words:
    if cursor.said("command") == "schema":
        from molt_build.cli.schema import KINDS

        return dict.fromkeys(KINDS, "")
    from molt_build.cli.list import RUNS
    from molt_build.manifests.listed import LISTS

    return dict.fromkeys((*LISTS, RUNS), "")


def _rows(cursor: Cursor) -> Words:
    from molt_build.manifests.listed import LISTS

    if cursor.said("kind") not in LISTS:
        return {name: "" for name in _runs(cursor) if "latest" not in name}
    return {row.name: row.description for row in LISTS[cursor.said("kind")](cursor.manifests)}


def _formats(cursor: Cursor) -> Words:
    from molt_build.report.export import FORMATS

    return dict.fromkeys(FORMATS, "")


def _metrics(cursor: Cursor) -> Words:
    from molt_build.measure.process import METRIC_WAYS

    return dict.fromkeys(METRIC_WAYS, "")


def _checks(cursor: Cursor) -> Words:
    from molt_build.conformance.job import CHECKS, READY

    return {check.name: check.question for check in (READY, *CHECKS)}


COMPLETERS: Mapping[str, Completer] = {
    "add_engine": _engines,
    "after": _runs,
    "artifact": _artifacts,
    "before": _runs,
    "between": _runs,
    "by": _runs,
    "case": _cases,
    "column": _metrics,
    "check": _checks,
    "engine": _engines,
    "engines": _engines,
    "export": _formats,
    "family": _families,
    "figures": _figures,
    "format": _formats,
    "friends": _runs,
    "gates": _gates,
    "job": _jobs,
    "kind": _kinds,
    "lane": _lanes_and_suites,
    "metric": _metrics,
    "names": _rows,
    "pattern": _patterns,
    "pinned_suite": _suites,
    "profile": _profiles,
    "program": _programs,
    "programs": _programs,
    "reference": _engines,
    "resume": _runs,
    "run": _runs,
    "runs": _runs,
    "signal": _signals,
    "subject": lambda at: _subjects(at) if at.said("command") == "bisect" else _engines(at),
    "suite": _suites,
    "target": _targets,
    "toolchain": _toolchains,
    "toolchains": _toolchains,
    "workload": _workloads,
}
