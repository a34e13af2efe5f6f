"""A project whose build takes half a second and meets everything that can go wrong.

Six programs go through three stages: a script makes C, the C compiler compiles it with a header
(found by its depfile), and a careless script links it by way of its shard: it notes there that an
object is known *before* it is, and writes it in two pieces, so that a slot which a killed builder
left half-written would give wrong programs if it were used again.

Every program has three texts and the header two; what each combination must give, byte for byte, is
built once with the store switched off.
"""

from __future__ import annotations

import random
import shutil
import stat
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tally import Ended, command_environment, ran, start

REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAMS = tuple(f"p{number}" for number in range(6))
TEXTS = ("first", "second, somewhat longer", "third")
HEADERS = ("%s\\n", "<%s>\\n")
LIMIT_S = 120.0

PROJECT = """\
#:schema ../schemas/project.schema.json
kind = "project"
schema_version = 1
name = "trials"
description = "A project of trials."
default_toolchain = "careless"
default_profile = "dev"
"""
TOOLCHAIN = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "careless"
description = "Makes C of a text, compiles it, and links it in a shard."
engine = "compiler"
accepts = ["toy"]

[uses]
cc = ["gcc", "clang"]

[executables.careless]
path = "{project}/tools/careless"

[[stages]]
name = "translate"
argv = ["{careless}", "translate", "{entry}", "{c}"]
outputs = { c = "{module}.c" }

[[stages]]
name = "compile"
inputs = { c = "translate.c" }
takes_source = true
argv = [
    "{cc}", "{cc.compile}", "-Iinclude", "-MD", "-MF", "{module}.d",
    "-c", "{c}", "-o", "{o}",
]
outputs = { o = "{module}.o" }
candidates = ["include/*.h"]
depfile = { path = "{module}.d", format = "make" }

[[stages]]
name = "link"
inputs = { o = "compile.o" }
argv = ["{careless}", "link", "{o}", "{executable}", "{shard}", "{module}", "{cc}", "{cc.link}"]
outputs = { executable = "{module}" }
needs_shard = true

[targets.native]
results = ["link.executable"]
run = ["{executable}"]
"""
CARELESS = """\
#!/bin/sh
set -e
if [ "$1" = translate ]; then
    echo '#include "common.h"' > "$3"
    echo "int main(void) { return say(\\"$(cat "$2")\\"); }" >> "$3"
    exit
fi
object=$2 executable=$3 shard=$4 module=$5
shift 5
sum=$(cksum < "$object")
if [ "$(cat "$shard/$module.sum" 2>/dev/null)" != "$sum" ]; then
    echo "$sum" > "$shard/$module.sum"
    head -c 400 "$object" > "$shard/$module.o"
    tail -c +401 "$object" >> "$shard/$module.o"
fi
exec "$@" "$shard/$module.o" -o "$executable"
"""
HEADER = """\
#include <stdio.h>
static int say(const char *text) { return printf("FORMAT", text) < 0; }
"""
WORKLOAD = """\
#:schema ../../schemas/workload.schema.json
kind = "workload"
schema_version = 1
name = "programs"
description = "Texts."
language = "toy"

[source]
project = "programs"
"""

# (program, text, header) -> executable. The same wherever a project lies.
_references: dict[tuple[str, int, int], bytes] = {}


@dataclass
class TrialProject:
    """A checkout: its folder, the cache it shares with others, what its programs say now."""

    root: Path
    cache: Path
    references: dict[tuple[str, int, int], bytes]  # (program, text, header) -> executable
    texts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PROGRAMS, 0))
    header: int = 0

    def environment(self, **extra: str) -> dict[str, str]:
        """The whole environment of its commands."""
        return command_environment(self.cache, **extra)

    def start(self, *words: str, **extra: str) -> subprocess.Popen[str]:
        """A command, running."""
        return start(words, str(self.root), self.environment(**extra))

    def ran(self, *words: str, **extra: str) -> Ended:
        """A command, to its end."""
        return ran(words, str(self.root), self.environment(**extra), LIMIT_S)

    def write(self) -> None:
        """Bring the sources to what they should say; what says so already is left alone."""
        _write(self.root / "programs/include/common.h", HEADER.replace("FORMAT", self.format))
        for program, text in self.texts.items():
            _write(self.root / f"programs/{program}.toy", f"{TEXTS[text]}: {program}\n")

    @property
    def format(self) -> str:
        """How programs print their text."""
        return HEADERS[self.header]

    def edit(self, chance: random.Random) -> None:
        """Change some programs, sometimes the header that all of them include."""
        for program in PROGRAMS:
            if chance.random() < 0.6:
                self.texts[program] = chance.randrange(len(TEXTS))
        if chance.random() < 0.25:
            self.header = chance.randrange(len(HEADERS))
        self.write()

    def output(self, program: str) -> Path:
        """A materialised program."""
        return self.root / ".molt-build/out/careless/dev/native" / program / program

    def what_is_wrong(self) -> str:
        """Compare every program with its reference; "" when all are right."""
        for program in PROGRAMS:
            path = self.output(program)
            if not path.is_file():
                return f"{program} is not there"
            if path.read_bytes() != self.references[program, self.texts[program], self.header]:
                return f"{program} is not what its sources say"
            if not path.stat().st_mode & stat.S_IXUSR:
                return f"{program} cannot be executed"
            if {p.name for p in path.parent.iterdir()} != {program}:
                return f"the folder of {program} holds something else"
        return ""

    def copy(self, root: Path) -> TrialProject:
        """Another checkout with the same cache."""
        shutil.copytree(self.root, root, ignore=shutil.ignore_patterns(".molt-build"))
        return TrialProject(root, self.cache, self.references, dict(self.texts), self.header)


def make_project(folder: Path) -> TrialProject:
    """The project below `folder`, with its references; raises `RuntimeError` when it fails."""
    root, cache = folder / "checkout-0", folder / "cache"
    cache.mkdir(parents=True)
    _write(root / "manifests/project.toml", PROJECT)
    _write(root / "manifests/toolchains/careless.toml", TOOLCHAIN)
    rows = "".join(f'\n[[programs]]\nname = "{p}"\nentry = "{p}.toy"\n' for p in PROGRAMS)
    _write(root / "manifests/workloads/programs.toml", WORKLOAD + rows)
    _write(root / "tools/careless", CARELESS)
    (root / "tools/careless").chmod(0o755)
    project = TrialProject(root, cache, _references)
    if not _references:
        _build_references(project)
    project.header, project.texts = 0, dict.fromkeys(PROGRAMS, 0)
    project.write()
    return project


def _build_references(project: TrialProject) -> None:
    """What every variant must give, in a cache and a state that are then thrown away."""
    for header in range(len(HEADERS)):
        for text in range(len(TEXTS)):
            project.header = header
            project.texts = dict.fromkeys(PROGRAMS, text)
            project.write()
            ended = project.ran("build", MOLT_BUILD_CACHE="off")
            if ended.code != 0:
                raise RuntimeError(f"the reference cannot be built: {ended.err}")
            for program in PROGRAMS:
                data = project.output(program).read_bytes()
                project.references[program, text, header] = data
    if len(set(project.references.values())) != len(project.references):
        raise RuntimeError("the references do not tell the variants apart")
    shutil.rmtree(project.root / ".molt-build")
    shutil.rmtree(project.cache)  # with the slots of the shard, which hold whole objects
    project.cache.mkdir()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
