"""Histories to be bisected: commits of a lane's project, written by git's own fast import."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from build_projects import needs
from lane_projects import COPYC, WORK, LaneProject, lane_project

COPIER = "tools/copyc"
# What it makes is longer, which the counters of tests count; and runs longer, which a clock tells.
SLOWER = COPYC + 'echo "# as much longer as it takes" >> "$2"\n' * 200
BROKEN = "#!/bin/sh\necho 'copyc: error: broken' >&2\nexit 3\n"


@dataclass(frozen=True)
class Commits:
    """A project with its commits, the first one first."""

    lane: LaneProject
    ids: Sequence[str]


def git(folder: Path, *words: str, given: bytes | None = None) -> str:
    """What git prints."""
    said = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        [needs("git"), *said, *words], cwd=folder, input=given, capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


def commits(lane: LaneProject, changes: Sequence[Mapping[str, str]]) -> Commits:
    """The project as it is, then a commit for each of the changes: path -> text."""
    root = lane.root
    (root / ".gitignore").write_text(".molt-build/\nbench/\n")
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "commit 0")
    rows = [b"feature done\n"]
    for number, change in enumerate(changes, 1):
        rows.append(b"commit refs/heads/main\n")
        rows.append(f"committer t <t@example.org> {1_700_000_000 + number} +0000\n".encode())
        rows.append(_data(f"commit {number}"))
        rows += [b"from refs/heads/main^0\n"] if number == 1 else []
        for path, text in change.items():
            mode = "100755" if path.startswith("tools/") else "100644"
            rows += [f"M {mode} inline {path}\n".encode(), _data(text)]
    git(root, "fast-import", "--quiet", given=b"".join([*rows, b"done\n"]))
    git(root, "reset", "--quiet", "--hard")
    return Commits(lane, git(root, "rev-list", "--reverse", "main").split())


def _data(text: str) -> bytes:
    content = text.encode()
    return b"data %d\n%s\n" % (len(content), content)


@dataclass(frozen=True)
class Story:
    """What happens in a history: a number for each commit, from 1."""

    length: int
    guilty: int
    broken: frozenset[int]

    def changes(self, usual: str, slower: str, broken: str, tool: str) -> list[Mapping[str, str]]:
        """The changes of a tool; commits at which nothing happens change a page."""
        found: list[Mapping[str, str]] = []
        before = usual
        for number in range(1, self.length):
            now = slower if number >= self.guilty else usual
            now = broken if number in self.broken else now
            found.append({tool: now} if now != before else {"page.md": f"{number}\n"})
            before = now
        return found


def story(seed: int, length: int = 40) -> Story:
    """One for each seed: a quarter of the commits does not build, but never that before the guilty
    one, nor the guilty one itself."""
    generator = random.Random(seed)
    guilty = generator.randrange(1, length)
    others = [n for n in range(1, length - 1) if n not in (guilty - 1, guilty)]
    return Story(length, guilty, frozenset(generator.sample(others, length // 4)))


def toy_commits(folder: Path, told: Story) -> Commits:
    """A lane of one toy whose compiler becomes slower."""
    lane = lane_project(folder, {"bench_work": WORK})
    return commits(lane, told.changes(COPYC, SLOWER, BROKEN, COPIER))


C_TOOLCHAIN = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "NAME"
description = "A C compiler behind a wrapper."
engine = "compiler"
accepts = ["c"]

[executables.mycc]
path = "{project}/tools/mycc"

[[stages]]
name = "compile"
argv = ["{mycc}", "{flags}", "{entry}", "-o", "{exe}"]
outputs = { exe = "{module}.exe" }

[flags.dev]
compile = ["FLAG"]

[targets.native]
results = ["compile.exe"]
run = ["{exe}"]
"""
MYCC = '#!/bin/sh\nexec cc -DREVISION=REVISION_NUMBER "$@" MORE\n'
C_BROKEN = "#!/bin/sh\necho 'mycc: error: broken' >&2\nexit 1\n"
C_PROGRAM = """\
#include <stdio.h>

static volatile int revision = REVISION;

int main(void)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < LOOPS; i++)
        sum += (i >> 3) ^ (i << 2);
    printf("%u\\n", sum + 0 * revision);
    return 0;
}
"""
C_TOOL, C_MANIFEST = "tools/mycc", "manifests/toolchains/tinyc.toml"


def c_commits(folder: Path, seed: int, loops: int = 100_000) -> tuple[Commits, Story]:
    """A lane of one C program whose compiler becomes slower: by a wrapper, or a flag of a manifest.

    Every commit makes other bytes. Those that do not build have a wrapper that fails, or none, or a
    manifest that is not valid.
    """
    told = story(seed)
    generator = random.Random(f"kinds of {seed}")
    is_flag = generator.random() < 0.5
    kinds = {number: generator.randrange(3) for number in sorted(told.broken)}
    program = C_PROGRAM.replace("LOOPS", str(loops))
    lane = lane_project(folder, {})
    project = lane.project

    def files(number: int) -> dict[str, str]:
        is_slower = number >= told.guilty
        flag, more = ("-O0", "-O2") if is_slower else ("-O2", "-O2")
        flag, more = (flag, "") if is_flag else ("-g0", "-O0" if is_slower else more)
        wrapper = MYCC.replace("REVISION_NUMBER", str(100 + number)).replace("MORE", more)
        manifest = C_TOOLCHAIN.replace("NAME", "tinyc").replace("FLAG", flag)
        if number in kinds:
            wrapper = [C_BROKEN, "", wrapper][kinds[number]]
            manifest = [manifest, manifest, "kind = 3\n"][kinds[number]]
        return {C_TOOL: wrapper, C_MANIFEST: manifest}

    for path, text in files(0).items():
        project.write(path, text, executable=path == C_TOOL)
    plain = C_TOOLCHAIN.replace("NAME", "plain").replace("FLAG", "-O2")
    project.write("manifests/toolchains/plain.toml", plain)
    project.write("programs/bench_sum.c", program)
    lane_of_it = project.read("manifests/lanes/toys.toml")
    for old, new in {
        'reference = "cpython"': 'reference = "plain"',
        '"toy"': '"tinyc"',
        'optional = ["absent"]\n': "",
        'startup_program = "empty"\n': "",
    }.items():
        lane_of_it = lane_of_it.replace(old, new)
    project.write("manifests/lanes/toys.toml", lane_of_it)
    toys = project.read("manifests/workloads/toys.toml").replace('"python"', '"c"')
    row = '\n[[programs]]\nname = "bench_sum"\nentry = "bench_sum.c"\n'
    project.write("manifests/workloads/toys.toml", toys + row)
    return commits(lane, [files(number) for number in range(1, told.length)]), told
