"""`molt-build init`: a project that works at once: manifests, a noxfile, a first program."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from molt_build.errors import EXIT_DONE, UsageError

_PROJECT = """\
#:schema ../schemas/project.schema.json
kind = "project"
schema_version = 1
name = "{name}"
description = "Programs of {name}, built and measured."
default_toolchain = "cython"
default_profile = "release"
"""

_CACHE = """\
#:schema ../schemas/cache.schema.json
kind = "cache"
schema_version = 1
name = "cache"
description = "What is kept between builds, and how builds share this machine."
store_size_limit = "5 GB"
shards_size_limit = "10 GB"
"""

_WORKLOAD = """\
#:schema ../../schemas/workload.schema.json
kind = "workload"
schema_version = 1
name = "programs"
description = "The programs of this project."
language = "python"

[source]
project = "programs"

[[programs]]
name = "squares"
family = "loop"
description = "Sums squares; replace it with a program of yours."

[[programs]]
name = "empty"
family = "startup"
description = "Does nothing: the start-up floor."
"""

_LANE = """\
#:schema ../../schemas/lane.schema.json
kind = "lane"
schema_version = 1
name = "bench"
description = "The programs, compiled, against CPython."
workloads = ["programs"]
reference = "cpython"
subject = "cython"
engines = ["cython"]
optional = ["mypyc", "nuitka", "codon", "pypy"]
profile = "release"
target = "native"
startup_program = "empty"
budget_s = 120
quick_budget_s = 20
tags = ["bench"]
"""

_SQUARES = '''\
"""Sums squares."""


def sum_of_squares(count: int) -> int:
    total = 0
    for number in range(count):
        total += number * number
    return total


def main() -> None:
    print(sum_of_squares(3_000_000))


if __name__ == "__main__":
    main()
'''

_EMPTY = '''\
"""Does nothing: what starting costs."""


def main() -> None:
    return


if __name__ == "__main__":
    main()
'''

_NOXFILE = '''\
"""One session for each lane manifest in manifests/."""

from molt_build.nox import register_sessions

register_sessions("manifests")
'''


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument("folder", nargs="?", default=".", help="default: here")
    parser.add_argument("--name", help="default: the folder's name")


def run(args: argparse.Namespace) -> int:
    """Write the files; refuses to overwrite any."""
    folder = Path(args.folder).absolute()
    name = args.name or re.sub(r"[^a-z0-9_-]+", "-", folder.name.lower()).strip("-_") or "project"
    if not name[0].isalpha():
        name = f"project-{name}"
    files = {
        "manifests/project.toml": _PROJECT.format(name=name),
        "manifests/cache.toml": _CACHE,
        "manifests/workloads/programs.toml": _WORKLOAD,
        "manifests/lanes/bench.toml": _LANE,
        "programs/squares.py": _SQUARES,
        "programs/empty.py": _EMPTY,
        "noxfile.py": _NOXFILE,
    }
    present = [file for file in files if (folder / file).exists()]
    if present:
        message = f"{folder} already has {', '.join(present)}"
        raise UsageError(message, "init writes only where nothing of that name is yet")
    for file, text in files.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"wrote {file}")
    print("next: molt-build doctor, then: nox -s bench")
    return EXIT_DONE
