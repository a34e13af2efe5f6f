"""A small valid project, written to a folder, for tests that spoil one thing in it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from molt_build.manifests import search
from molt_build.manifests.diagnostics import Diagnostic
from molt_build.manifests.loading import check

FILES = {
    "manifests/project.toml": """\
#:schema ../schemas/project.schema.json
kind = "project"
schema_version = 1
name = "toys"
description = "A project of toys."
default_toolchain = "toyc"
default_profile = "release"
""",
    "manifests/cache.toml": """\
#:schema ../schemas/cache.schema.json
kind = "cache"
schema_version = 1
name = "kept"
description = "What is kept."
store_size_limit = "1.5 GB"

[key]
environment = ["TOY_HOME"]
files = ["programs/toy_sum.py"]

[[shards]]
toolchain = "toyc"
profile = "release"
workload = "toys"
slots = 3

[[shards]]
slots = 2

[locks]
slot_timeout_s = 60
backoff_max_s = 0.5
""",
    "manifests/profiles/dev.toml": """\
#:schema ../../schemas/profile.schema.json
kind = "profile"
schema_version = 1
name = "dev"
description = "Quick to build."

[roles.cc]
compile = ["-O0"]
link = ["-g"]
""",
    "manifests/profiles/release.toml": """\
#:schema ../../schemas/profile.schema.json
kind = "profile"
schema_version = 1
name = "release"
description = "Quick to run."
inherits = "dev"

[roles.cc]
compile = ["-O2"]
""",
    "manifests/toolchains/cpython.toml": """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "cpython"
description = "The reference interpreter."
engine = "interpreter"
accepts = ["python"]

[targets.native]
run = ["{python}", "{source}", "{args}"]
""",
    "manifests/toolchains/gcc.toml": """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "gcc"
description = "A C compiler."
engine = "compiler"

[executables.gcc]
names = ["gcc"]
version = ["{gcc}", "--version"]
install_hint = "apt-get install gcc"

[queries.cc1]
argv = ["{gcc}", "-print-prog-name=cc1"]
file = true

[provides.cc]
command = ["{gcc}", "-pipe"]
needs_shard = true
native_flags = ["-march=native"]

[provides.cc.flags]
compile = ["-g0"]

[provides.cc.environment]
CACHE = "{shard}/cache"
""",
    "manifests/toolchains/toyc.toml": """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "toyc"
description = "A compiler of toys."
engine = "compiler"
accepts = ["python"]
reason_pattern = "^error: (.+)$"
identity_files = ["{env}/lib/toyc.py"]

[python]
requires = ["toyc==1.0"]

[uses]
cc = ["gcc"]

[executables.toyc]
path = "{env}/bin/toyc"
version = ["{toyc}", "--version"]

[queries.include]
argv = ["{env_python}", "-c", "print('/usr/include')"]
list = true
pattern = '^(/\\S+)$'

[queries.suffix]
argv = ["{python}", "-c", "print('.so')"]
stream = "stdout"

[[stages]]
name = "translate"
argv = ["{toyc}", "{flags}", "{entry}", "-o", "{c}"]
outputs = { c = "{module}.c" }
imports = "python"
digest = "tokens"
meaningful_comments = ["toyc:"]
absences = ["{module}.pxd"]
timeout_s = 30

[[stages]]
name = "compile"
inputs = { c = "translate.c" }
argv = ["{cc}", "{cc.compile}", "{include}", "-c", "{c}", "-o", "{object}"]
outputs = { object = "{module}.o" }
depfile = { path = "{module}.d", format = "make" }
search_path = ["{include}"]

[[stages]]
name = "link"
inputs = { object = "compile.object" }
argv = ["{cc}", "{cc.link}", "{object}", "-o", "{extension}"]
outputs = { extension = "{module}{suffix}" }

[stages.environment]
LC_ALL = "C"

[flags.dev]
translate = ["-v"]

[flags.release]
translate = ["-q"]

[targets.native]
stages = ["translate", "compile", "link"]
results = ["link.extension"]
run = ["{python}", "-c", "import {module}; {module}.main()", "{args}"]
environment = { PYTHONPATH = "{out}" }

[[unsupported]]
programs = ["toy_async*"]
reason = "no coroutines"
""",
    "manifests/workloads/toys.toml": """\
#:schema ../../schemas/workload.schema.json
kind = "workload"
schema_version = 1
name = "toys"
description = "Small programs."
language = "python"
candidates = ["data/*.json"]

[source]
project = "programs"

[[programs]]
name = "toy_sum"
family = "matrix/buffer"
description = "Sums numbers."
args = ["10"]
tags = ["fast"]

[[programs]]
name = "empty"
entry = "empty.py"
""",
    "manifests/lanes/toy_lane.toml": """\
#:schema ../../schemas/lane.schema.json
kind = "lane"
schema_version = 1
name = "toy_lane"
description = "Toys against the reference."
workloads = ["toys"]
reference = "cpython"
subject = "toyc"
engines = ["toyc"]
profile = "release"
target = "native"
startup_program = "empty"
budget_s = 60
quick_budget_s = 6.5
min_effect = 0.02
columns = ["wall_s"]
tags = ["bench"]
""",
    "manifests/suites/games.toml": """\
#:schema ../../schemas/suite.schema.json
kind = "suite"
schema_version = 1
name = "games"
description = "The benchmarks of another project."
friend = "toyc"
licence = "Apache-2.0"
present = ["bench/*.py", "own/*.py"]
volatile = ['^[0-9.]+ s$']
timeout_s = 30
repetitions = 7

[source]
git = "https://example.org/games"
commit = "0123456789abcdef0123456789abcdef01234567"
ref = "v1.2"
paths = ["bench/*", "LICENSE"]
root = "."

[adapter]
drive = "adapters/games.py"
prepare = "adapters/games_prepare.py"
note = "The programs print their own times; the adapter calls what they time."

[python]
requires = ["numbers==1.0"]

[environment.toyc]
TOY_QUIET = "1"

[default]
mode = "requires_adapter"
note = "Called by the adapter."

[engines.toyc]
mode = "requires_adapter"

[[programs]]
name = "nqueens"
entry = "bench/bm_nqueens.py"
description = "Queens on a board."
module = "bm_nqueens"
size = 9
files = ["bench/util.py"]
tags = ["generators", "sets"]
quick = true

[[programs]]
name = "words"
entry = "bench/words.py"
form = "script"
prepared = true
args = ["{staged}/words.txt"]
kernel = "word-count"
timeout_s = 5
repetitions = 3
c_accelerated = "sorts in C"
unchecked = "prints only times"

[programs.engines.toyc]
mode = "unsupported"
reason = "no files"

[[programs]]
entry = "own/*.py"

[[exclusions]]
entries = ["bench/util.py"]
reason = "support code"
""",
    "manifests/suites/adapters/games.py": "def default(bench): ...\n",
    "manifests/suites/adapters/games_prepare.py": "",
    "programs/toy_sum.py": "def main() -> None:\n    print(sum(range(10)))\n",
    "programs/empty.py": "def main() -> None: ...\n",
}


@dataclass(frozen=True)
class ManifestProject:
    """A project on disk."""

    root: Path

    def write(self, path: str, text: str | bytes) -> Path:
        """Write one file, with its folders, and push its time into the settled past."""
        whole = self.root / path
        whole.parent.mkdir(parents=True, exist_ok=True)
        whole.write_bytes(text if isinstance(text, bytes) else text.encode())
        return whole

    def read(self, path: str) -> str:
        """The file's text, line ends as they are."""
        return (self.root / path).read_bytes().decode()

    def replace(self, path: str, old: str, new: str) -> str:
        """Replace the one occurrence of `old`; the new text."""
        text = self.read(path)
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times in {path}"
        self.write(path, text.replace(old, new))
        return text.replace(old, new)

    def diagnostics(self) -> list[Diagnostic]:
        """What `molt-build check` finds."""
        return check(self.root)

    def age(self, seconds: float = 10.0) -> None:
        """Make every file as old as if it had been written long ago."""
        for folder, _, names in os.walk(self.root / "manifests"):
            for name in names:
                path = os.path.join(folder, name)
                before = os.stat(path).st_mtime - seconds
                os.utime(path, (before, before))


def make_project(root: Path) -> ManifestProject:
    """Write the valid project below `root`."""
    project = ManifestProject(root)
    for path, text in FILES.items():
        project.write(path, text)
    return project


def lone_project(root: Path, monkeypatch: pytest.MonkeyPatch) -> ManifestProject:
    """The valid project, where no manifests come with the package."""
    bundled = root.parent / "bundled"
    bundled.mkdir()
    monkeypatch.setattr(search, "bundled_manifests", lambda: str(bundled))
    return make_project(root)
