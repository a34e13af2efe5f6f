"""`molt-build explain`: the components of each action's key, and what differs on a miss."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

from molt_build.build.builder import build, default_programs
from molt_build.build.outcome import EXECUTED, FAILED, BuildReport
from molt_build.build.request import Request, Session
from molt_build.build.session import open_session
from molt_build.cli.names import checked_names
from molt_build.errors import EXIT_DONE

_STATUS_WORDS = {"up-to-date": "up to date", "hit": "hit", "executed": "miss", "failed": "failed"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help="default: all of the lanes")
    parser.add_argument("--toolchain", metavar="T", help="default: the project's")
    parser.add_argument("--profile", metavar="P", help="default: the project's")
    parser.add_argument("--target", default="native", help="native (default) or wasm")
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")
    parser.add_argument(
        "--all", action="store_true", help="list the discovered inputs and absences one by one"
    )


def run(args: argparse.Namespace) -> int:
    """Explain without building anything."""
    with open_session(args.project, lambda line: None, install=False) as session:
        manifests = session.manifests
        toolchain, profile = checked_names(manifests, args.toolchain, args.profile, args.target)
        names = args.programs or default_programs(manifests, manifests.toolchains[toolchain])
        request = Request(
            toolchain, profile, args.target, tuple(names), keep_going=True, dry_run=True
        )
        report = build(session, request)
        if args.json:
            print(json.dumps({"actions": explanations(session, report)}))
        else:
            print_explanation(session, report, list_components=True, list_all=args.all)
    return EXIT_DONE


def explanations(session: Session, report: BuildReport) -> list[dict[str, Any]]:
    """For each action its status and components, and on a miss what differs from the nearest."""
    rows = []
    for outcome in report.actions:
        components = dict(outcome.components)
        row: dict[str, Any] = {
            "workload": outcome.workload,
            "stage": outcome.stage,
            "status": _STATUS_WORDS[outcome.status],
            "key": outcome.key,
            "components": components,
        }
        if outcome.status == EXECUTED:
            row["nearest"] = _nearest(
                session, report.toolchain, outcome.workload, outcome.stage, components
            )
        elif outcome.status == FAILED:
            row["message"] = outcome.message
        rows.append(row)
    return rows


def _nearest(
    session: Session, toolchain: str, program: str, stage: str, components: Mapping[str, str]
) -> dict[str, Any] | None:
    """The earlier entry that shares most components, and the differences; None without any."""
    if session.store is None:
        return None
    best: tuple[int, str, list[dict[str, str | None]]] | None = None
    for entry in session.store.nearest(program, stage, toolchain):
        differences = [
            {"component": name, "old": entry.components.get(name), "new": components.get(name)}
            for name in sorted({*entry.components, *components})
            if entry.components.get(name) != components.get(name)
        ]
        if best is None or len(differences) < best[0]:
            best = (len(differences), entry.key, differences)
    return None if best is None else {"key": best[1], "differs": best[2]}


def print_explanation(
    session: Session,
    report: BuildReport,
    *,
    list_components: bool = False,
    list_all: bool = False,
) -> None:
    """The explanation as text, an action a paragraph."""
    for row in explanations(session, report):
        print(f"{row['workload']} {row['stage']}: {row['status']}  {row['key']}")
        if list_components:
            _print_components(row["components"], list_all)
        if row["status"] == "miss":
            _print_nearest(row["nearest"])
            print("  what follows it depends on the outputs it will make")
        elif row["status"] == "failed":
            print(row["message"])


def _print_components(components: Mapping[str, str], list_all: bool) -> None:
    hidden = {"read": 0, "absent": 0}
    for name, value in components.items():
        kind = name.partition(" ")[0]
        if kind in hidden and not list_all:
            hidden[kind] += 1
            continue
        print(f"    {name}: {_short(value)}")
    if hidden["read"] or hidden["absent"]:
        counted = f"{hidden['read']} files read, {hidden['absent']} absences"
        print(f"    and {counted} (--all lists them)")


def _print_nearest(nearest: Mapping[str, Any] | None) -> None:
    if nearest is None:
        print("  no earlier entry: this was never built here")
        return
    if not nearest["differs"]:
        print(f"  the nearest entry {nearest['key']} has the same components; its files are gone")
    for difference in nearest["differs"]:
        old, new = difference["old"], difference["new"]
        print(f"  {difference['component']}")
        print(f"    old: {'(none)' if old is None else _short(old)}")
        print(f"    new: {'(none)' if new is None else _short(new)}")


def _short(value: str) -> str:
    line = " / ".join(value.splitlines())
    return line if len(line) <= 300 else line[:297] + "..."
