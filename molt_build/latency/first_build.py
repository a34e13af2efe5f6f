"""`python -m molt_build.latency.first_build`: a build that also says how its programs are run.

It is a process of its own, in a client's checkout and with a client's environment, so that its
store and its plans are the client's. It prints one JSON object to standard output:

    {"exit_code": 0, "messages": [...], "built": {PROGRAM: {"argv": [...], "environment": {...}}},
     "reference": {PROGRAM: ...}, "unsupported": {PROGRAM: REASON}}
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from molt_build import interrupts
from molt_build.building.builder import build
from molt_build.building.outcome import BuildReport
from molt_build.building.request import Request, Session
from molt_build.building.session import open_session
from molt_build.errors import MoltBuildError


def main(argv: Sequence[str] | None = None) -> int:
    """Build, and say how what was built is run."""
    parser = argparse.ArgumentParser(prog="first_build")
    for word in ("toolchain", "profile", "target", "reference"):
        parser.add_argument(f"--{word}", required=True)
    parser.add_argument("programs", nargs="+")
    args = parser.parse_args(argv)
    try:
        with open_session(Path.cwd(), lambda line: print(line, file=sys.stderr)) as session:
            made = _build(session, args, args.toolchain)
            reference = _build(session, args, args.reference)
    except MoltBuildError as error:
        facts: dict[str, Any] = {"exit_code": error.exit_code, "messages": [error.message]}
        print(json.dumps(facts | {"built": {}, "reference": {}, "unsupported": {}}))
        return error.exit_code
    messages = [a.message for report in (made, reference) for a in report.actions if a.message]
    facts = {
        "exit_code": max(made.exit_code, reference.exit_code),
        "messages": messages,
        "built": _how_to_run(made),
        "reference": _how_to_run(reference),
        "unsupported": {b.program: b.reason for b in made.programs.values() if b.is_unsupported},
    }
    print(json.dumps(facts))
    return int(facts["exit_code"])


def _build(session: Session, args: argparse.Namespace, toolchain: str) -> BuildReport:
    return build(
        session,
        Request(
            toolchain=toolchain,
            profile=args.profile,
            target=args.target if toolchain == args.toolchain else "native",
            programs=tuple(args.programs),
            jobs=os.cpu_count() or 1,
        ),
    )


def _how_to_run(report: BuildReport) -> dict[str, dict[str, object]]:
    return {
        made.program: {"argv": made.argv, "environment": dict(made.environment)}
        for made in report.programs.values()
        if made.is_built
    }


if __name__ == "__main__":
    sys.exit(interrupts.run(main))
