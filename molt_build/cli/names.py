"""What is to be built and by what, on the command line, checked against the manifests."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from molt_build.engines import parse
from molt_build.errors import UsageError
from molt_build.names import engine_in_parts, known

if TYPE_CHECKING:
    from molt_build.building.request import Request
    from molt_build.manifests.model import Manifests


PROGRAMS_HELP = "names, or patterns such as 'tests_*'; default: all of the lanes"
PARTS = ("toolchain", "profile", "target")  # of an engine, each an option too


def add_several(parser: argparse.ArgumentParser, option: str, metavar: str, what: str) -> None:
    """An option that takes several values and may be given several times."""
    parser.add_argument(
        option, action="extend", nargs="+", default=[], metavar=metavar, help=f"{what} (repeatable)"
    )


def add_request(parser: argparse.ArgumentParser) -> None:
    """The arguments that say it."""
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help=PROGRAMS_HELP)
    add_several(parser, "--program", "PROGRAM", "the same as an option")
    parser.add_argument(
        "--engine",
        metavar="E",
        help="TOOLCHAIN[:PROFILE][@TARGET], such as cython:release-fast; or its parts, as below",
    )
    parser.add_argument("--toolchain", metavar="T", help="default: the project's")
    parser.add_argument("--profile", metavar="P", help="default: the project's")
    parser.add_argument("--target", metavar="T", help="default: native")


def requested(args: argparse.Namespace, manifests: Manifests) -> Request:
    """What they ask for, by default the project's; raises `UsageError` for unknown names."""
    from molt_build.building.builder import (  # needless to whoever only parses
        default_programs,
        find_programs,
    )
    from molt_build.building.request import Request
    from molt_build.toolchains.wanted import check

    project = manifests.project
    said = _said(args)
    wrong = args.toolchain or ""
    if parts := engine_in_parts(wrong, manifests.toolchains):
        hint = f"say --engine {wrong}, or --toolchain {parts}"
        raise UsageError(f"there is no toolchain {wrong}", hint)
    name = known("toolchain", said["toolchain"] or project.default_toolchain, manifests.toolchains)
    toolchain = manifests.toolchains[name]
    target = said["target"] or "native"
    toolchain.target(target)
    profile = known("profile", said["profile"] or project.default_profile, manifests.profiles)
    check(manifests, name, profile, target)
    programs = find_programs(manifests, toolchain, (*args.programs, *args.program))
    programs = programs or default_programs(manifests, toolchain)
    return Request(name, profile, target, tuple(dict.fromkeys(programs)))


def _said(args: argparse.Namespace) -> dict[str, str | None]:
    """The parts of the engine that is asked for; None: not said."""
    parts: dict[str, str | None] = {part: getattr(args, part) for part in PARTS}
    if args.engine is None:
        return parts
    engine = parse(args.engine)
    if engine.revision is not None:
        message = f"{args.command} is about the project as it is, not as it was at "
        message += engine.revision
        raise UsageError(message, "molt-build bench LANE --engine E measures an earlier state")
    for part in PARTS:
        of_engine = getattr(engine, part)
        if of_engine is not None and parts[part] not in (None, of_engine):
            message = f"--engine {args.engine} and --{part} {parts[part]} do not go together"
            raise UsageError(message, f"say the {part} once")
        parts[part] = of_engine or parts[part]
    return parts
