"""Classifying 1,000 modules, beside compiling them: the command of a user against `compileall`.

The modules are generated: a hundred or two lines each, of the sort that a standard library has
(classes, loops, dictionaries, handlers), with calls of loader functions in two of three, and with
imports of one another. `compileall` compiles all of them anew; the signal is read with nothing
known of any file, as after a change of its marks, and with everything known, as after no change.
"""

from __future__ import annotations

import json
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from rounds import Measured, Side, Target, measure
from workshop import Workshop, client, write_files

from molt_build.measure.process import Command, Sample

COUNT, PACKAGES, PLACE, SEED = 1_000, 10, "modules", 7
BACKED, PARTIAL = 3, 5  # every third module has no calls; of the others every fifth is partial

PROJECT = """\
kind = "project"
schema_version = 1
name = "modules"
description = "A library of generated modules."
default_toolchain = "cpython"
default_profile = "dev"
"""
SIGNAL = """\
kind = "signal"
schema_version = 1
name = "python_only"
description = "Modules that nothing of the runtime backs."
scope = "project"
better = "lower"
files = ["lib/**/*.py"]

[modules]
root = "lib"
of = ["python-only"]

[modules.marks.loads]
calls = ["load_intrinsic", "require_intrinsic"]
argument = { prefix = "rt_" }

[modules.marks.unfinished]
text = 'TODO\\([^)]*status: partial'

[[modules.classes]]
name = "python-only"
lacks = ["loads"]

[[modules.classes]]
name = "partial"
has = ["unfinished"]

[[modules.classes]]
name = "intrinsic"
has = ["loads"]

[[modules.closures]]
name = "strict"
classes = ["intrinsic"]
allowed = ["intrinsic", "partial"]
outside = ["*"]
"""
FUNCTION = '''\

def f{n}(items, limit={limit}, *, key=None):
    """Count what is in the items."""
    found = {{}}
    for number, item in enumerate(items):
        name = key(item) if key is not None else item
        if number > limit or name in ("a{n}", "b{n}", None):
            continue
        try:
            found[name] = found.get(name, 0) + number * {n} % (limit + 1)
        except (TypeError, ValueError) as error:
            raise RuntimeError(f"no {{name!r}}: {{error}}") from error
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]


class C{n}:
    """A box."""

    __slots__ = ("_left", "_right")

    def __init__(self, left, right=()):
        self._left, self._right = left, list(right)

    def joined(self, by=", "):
        return by.join(str(one) for one in self._right if one is not self._left)

    def __eq__(self, other):
        return isinstance(other, C{n}) and self._left == other._left
'''


def modules(shop: Workshop) -> Measured:
    """1,000 modules by class, from nothing and with everything known, beside their compilation."""
    project = shop.folder(PLACE) / "project"
    kept = project / ".molt-build" / "modules"
    _generate(project)
    argv = (client(), "--project", str(project), "signals", "--signal", "python_only", "--json")
    read = Command(argv, str(project), shop.environment(PLACE))
    library = str(project / "lib")
    compile_all = Command(
        (sys.executable, "-m", "compileall", "-q", "-f", library),
        str(project),
        shop.environment(PLACE),
    )
    compiler, cold, warm = "python -m compileall", "signals, no file known", "signals, all known"

    def forget() -> None:
        shutil.rmtree(kept, ignore_errors=True)

    sides = [
        Side(compiler, compile_all),
        Side(cold, read, before=forget, wrong=_wrong),
        Side(warm, read, before=_known(shop, read, kept), wrong=_wrong),
    ]
    targets = [Target(cold, compiler, 5.0), Target(warm, compiler)]
    samples = measure(shop.launcher, sides, shop.rounds(15), warm_ups=1, progress=shop.progress)
    size = sum(path.stat().st_size for path in Path(library).rglob("*.py"))
    notes = [
        f"{COUNT:,} modules, {size / 1e6:.1f} MB. The command is timed as a user starts it: its "
        "start, its manifests, the closure of imports and a recorded run of it all are in its time."
    ]
    return Measured("modules", f"{COUNT:,} modules by class", samples, targets, notes)


def _known(shop: Workshop, read: Command, kept: Path) -> Callable[[], None]:
    def know() -> None:
        if not kept.is_dir():
            shop.run(Command(read.argv[:-1], read.cwd, read.environment))

    return know


def _wrong(sample: Sample) -> str | None:
    rows = json.loads(sample.stdout)["rows"]
    found = next(row["value"] for row in rows if row["signal"] == "python_only")
    expected = len(range(0, COUNT, BACKED)) + PACKAGES
    return None if found == expected else f"{found} modules are python-only, not {expected}"


def _generate(project: Path) -> None:
    shutil.rmtree(project / "lib", ignore_errors=True)
    files = {"manifests/project.toml": PROJECT, "manifests/python_only.toml": SIGNAL}
    chance = random.Random(SEED)
    for number in range(COUNT):
        lines = [f'"""Module {number}."""\n\nimport sys\n']
        for other in chance.sample(range(COUNT), 4):
            lines.append(f"import {_name(other)}\n")
        if number % BACKED:
            lines.append("from runtime import load_intrinsic\n\n")
            lines.append(f'_open = load_intrinsic("rt_open_{number}")\n')
            if not number % PARTIAL:
                lines.append("# TODO(runtime, status: partial)\n")
        for part in range(chance.randint(3, 8)):
            lines.append(FUNCTION.format(n=part, limit=chance.randint(5, 500)))
        files[f"lib/{_name(number).replace('.', '/')}.py"] = "".join(lines)
    for package in range(PACKAGES):
        files[f"lib/package{package}/__init__.py"] = '"""A package."""\n'
    write_files(project, files)


def _name(number: int) -> str:
    """Every tenth lies in a package."""
    return f"package{number // 10 % PACKAGES}.m{number:04}" if number % 10 == 0 else f"m{number:04}"
