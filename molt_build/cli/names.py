"""What is to be built and by what, on the command line, checked against the manifests."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from molt_build.names import known

if TYPE_CHECKING:
    from molt_build.building.request import Request
    from molt_build.manifests.model import Manifests


PROGRAMS_HELP = "names, or patterns such as 'tests_*'; default: all of the lanes"


def add_request(parser: argparse.ArgumentParser) -> None:
    """The arguments that say it."""
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help=PROGRAMS_HELP)
    parser.add_argument("--toolchain", metavar="T", help="default: the project's")
    parser.add_argument("--profile", metavar="P", help="default: the project's")
    parser.add_argument("--target", default="native", help="default: native")


def requested(args: argparse.Namespace, manifests: Manifests) -> Request:
    """What they ask for, by default the project's; raises `UsageError` for unknown names."""
    from molt_build.building.builder import (  # needless to whoever only parses
        default_programs,
        find_programs,
    )
    from molt_build.building.request import Request
    from molt_build.toolchains.wanted import check

    project = manifests.project
    name = known("toolchain", args.toolchain or project.default_toolchain, manifests.toolchains)
    toolchain = manifests.toolchains[name]
    toolchain.target(args.target)
    profile = known("profile", args.profile or project.default_profile, manifests.profiles)
    check(manifests, name, profile, args.target)
    programs = find_programs(manifests, toolchain, args.programs)
    programs = programs or default_programs(manifests, toolchain)
    return Request(name, profile, args.target, tuple(dict.fromkeys(programs)))
