"""Random trees of headers: does a build with the cache always give what one without it gives?

A batch is a project of several trees (`include_trees`), each a program, compiled with the same
random order of `-I`, `-iquote`, `-isystem` and `-idirafter`. All are built in one checkout with
the cache, and in a twin without it. Then each tree is edited, and both are built again, a few
times; then the edits are undone, and what the twin gave before must come again. Each program must
have the same bytes in both, or fail in both.
"""

from __future__ import annotations

import random
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path

from include_trees import Edit, edit, made, search_order, tree
from race_disk import State, Tree, World
from tally import Ended, Progress, Tally, command_environment, ran
from trial_project import LIMIT_S

TREES = 10  # in a batch
EDITS = 4  # of each tree
ATTEMPTS = 12  # at a tree that compiles
COMPILERS = ("gcc", "clang")

PROJECT = """\
#:schema ../schemas/project.schema.json
kind = "project"
schema_version = 1
name = "includes"
description = "A project of trees of headers."
default_toolchain = "includer"
default_profile = "dev"
"""
TOOLCHAIN = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "includer"
description = "A C compiler with many folders of headers."
engine = "compiler"
accepts = ["c"]

[executables.compiler]
names = ["COMPILER"]

[queries.headers]
argv = ["{compiler}", "-E", "-Wp,-v", "-xc", "/dev/null", "-o", "/dev/null"]
stream = "stderr"
pattern = "^ (/\\\\S+)$"
list = true

[[stages]]
name = "compile"
argv = [
    "{compiler}", "-g0", "-w", FLAGS
    "-MD", "-MF", "{module}.d", "-c", "{entry}", "-o", "{object}",
]
outputs = { object = "{module}.o" }
candidates = ["{program}/**/*.h"]
depfile = { path = "{module}.d", format = "make" }
includes = "c"
search_path = [SEARCHED]

[targets.native]
results = ["compile.object"]
run = ["{python}", "-c", "pass"]
"""
WORKLOAD = """\
#:schema ../../schemas/workload.schema.json
kind = "workload"
schema_version = 1
name = "trees"
description = "Trees of headers."
language = "c"

[source]
project = "src"
"""

MARK = re.compile(rb"(?:has not|has|nothing|in a folder|(?:project|outside)/\S+ \d+) ")
Given = Mapping[str, bytes | None]  # program -> its object; None when it fails


def toolchain(compiler: str, order: Sequence[tuple[str, str]], outside: Path) -> str:
    """The manifest for an order of folders.

    Its search path is in the order in which compilers look, whatever the order of the flags.
    """

    def place(folder: str) -> str:
        if folder.startswith("outside/"):
            folder = "{system}" + str(outside) + folder.removeprefix("outside")
        return folder.removeprefix("project/src/").replace("TREE", "{program}")

    words = [word for flag, folder in order for word in (flag, place(folder))]
    looked = [
        place(folder)
        for kind in ("-iquote", "-I", "-isystem")
        for flag, folder in order
        if flag == kind
    ]
    looked.append("{headers}")
    looked += [place(folder) for flag, folder in order if flag == "-idirafter"]
    text = TOOLCHAIN.replace("COMPILER", compiler)
    text = text.replace("FLAGS", "".join(f'"{word}", ' for word in words))
    return text.replace("SEARCHED", ", ".join(f'"{folder}"' for folder in looked))


def run(folder: Path, trees: int, seed: int, *, first: int = 0) -> Tally:
    """So many trees; `first`: the number of the batch to begin with."""
    tally = Tally("includes")
    compilers = [name for name in COMPILERS if shutil.which(name)]
    differences: Counter[str] = Counter()
    edits: Counter[str] = Counter()
    progress = Progress(tally, trees)
    number = first
    while tally.trials < trees:
        programs = [f"tree{index}" for index in range(min(TREES, trees - tally.trials))]
        batch = _Batch(folder / f"batch-{number}", f"{seed}/{number}", compilers, programs, tally)
        batch.run(differences, edits)
        for _ in programs:
            progress.step()
        shutil.rmtree(folder / f"batch-{number}")
        number += 1
    for name, count in edits.most_common():
        tally.note(f"{name}: {count} edits, {differences[name]} with another result than without")
    return tally


class _Batch:
    """Several trees in one project, its twin, and what each state of theirs must give."""

    def __init__(
        self, folder: Path, seed: str, compilers: list[str], programs: list[str], tally: Tally
    ) -> None:
        self.name = seed
        self.chance = random.Random(seed)
        self.programs = programs
        self.tally = tally
        self.wrong: set[str] = set()  # programs that differed already
        outside = Tree("outside", folder / "outside", folder / "scratch", {})
        self.worlds = [
            World(folder / name, (Tree("project", folder / name, folder / "scratch", {}), outside))
            for name in ("checkout", "twin")
        ]
        self.order = search_order(self.chance)
        self.compiler = self.chance.choice(compilers)
        text = toolchain(self.compiler, self.order, folder / "outside")
        rows = "".join(f'\n[[programs]]\nname = "{p}"\nentry = "{p}/main.c"\n' for p in programs)
        for world in self.worlds:
            manifests = world.project / "manifests"
            for part in ("toolchains", "workloads"):
                (manifests / part).mkdir(parents=True)
            (manifests / "project.toml").write_text(PROJECT)
            (manifests / "toolchains/includer.toml").write_text(text)
            (manifests / "workloads/trees.toml").write_text(WORKLOAD + rows)
        self.environment = command_environment(folder / "cache")
        (folder / "cache").mkdir()
        self.folder = folder

    def run(self, differences: Counter[str], edits: Counter[str]) -> None:
        """Build, edit and undo; counts the edits, and those after which something differed."""
        state = self._trees()
        history = [state]
        given = [self._both(dict.fromkeys(self.programs, "new"), differences)]
        for _ in range(EDITS):
            names: dict[str, str] = {}
            steps = []
            for program in self.programs:
                made_edit = self._edit(state, program)
                names[program] = made_edit.name
                edits[made_edit.name] += 1
                steps += made_edit.steps
                state = made(state, made_edit.steps)
            for step in steps:
                self.worlds[0].perform(step)
            self.worlds[1].bring(state)
            history.append(state)
            given.append(self._both(names, differences))
        for back in (self.chance.randrange(1, EDITS), 0):
            for world in self.worlds:
                world.bring(history[back])
            edits["an undoing"] += len(self.programs)
            found = self._build(is_cached=True)
            names = dict.fromkeys(self.programs, "an undoing")
            self._compare(found, given[back], names, differences)

    def _trees(self) -> State:
        """A tree for each program, most of which compile."""
        state: dict[str, State] = {}
        for program in self.programs:
            for _ in range(ATTEMPTS):
                state[program] = tree(program, self.order, self.chance)
                merged = {path: node for own in state.values() for path, node in own.items()}
                for world in self.worlds:
                    world.bring(merged)
                if self._compiles(program):
                    break
        return merged

    def _compiles(self, program: str) -> bool:
        words = [self.compiler, "-E", "-w"]
        for flag, folder in self.order:
            if folder.startswith("outside/"):
                folder = str(self.folder / folder)
            words += [flag, folder.removeprefix("project/src/").replace("TREE", program)]
        words.append(f"{program}/main.c")
        root = self.folder / "checkout/src"
        return not subprocess.run(words, cwd=root, capture_output=True).returncode

    def _edit(self, state: State, program: str) -> Edit:
        return edit(state, program, self.order, self.chance)

    def _both(self, names: dict[str, str], differences: Counter[str]) -> Given:
        found = self._build(is_cached=True)
        wanted = self._build(is_cached=False)
        self._compare(found, wanted, names, differences)
        return wanted

    def _compare(
        self, found: Given, wanted: Given, names: dict[str, str], differences: Counter[str]
    ) -> None:
        for program in wanted:
            if found.get(program) == wanted[program] or program in self.wrong:
                continue
            self.wrong.add(program)  # a tree counts once
            differences[names[program]] += 1
            self.tally.wrong += 1
            title = f"{program} of batch {self.name}, after {names[program]}"
            self.tally.note(f"{title}: {_what_differs(found.get(program), wanted[program])}")

    def _build(self, *, is_cached: bool) -> Given:
        world = self.worlds[0 if is_cached else 1]
        environment = self.environment
        if not is_cached:
            environment = {**environment, "MOLT_BUILD_CACHE": "off"}
        words = ["build", *self.programs, "--json", "--keep-going"]
        ended = ran(words, str(world.project), environment, LIMIT_S)
        title = f"batch {self.name}, {'with' if is_cached else 'without'} the cache"
        if ended.code is None:
            self.tally.hung += 1
            self.tally.note(f"{title}: did not end; {ended.err.strip()[-300:]}")
            return {}
        if "Traceback" in ended.err + ended.out or (ended.code and not ended.err.strip()):
            self.tally.no_sentence += 1
            self.tally.note(f"{title}: no sentence; {ended.err.strip()[-600:]}")
            return {}
        if ended.code not in (0, 1):
            self.tally.failed += 1
            self.tally.note(f"{title}: exit code {ended.code}; {ended.err.strip()[-300:]}")
            return {}
        return self._given(world, ended)

    def _given(self, world: World, ended: Ended) -> Given:
        failed = {r["program"] for r in ended.report["actions"] if r["status"] == "failed"}
        out = world.project / ".molt-build/out/includer/dev/native"
        return {
            program: None if program in failed else (out / program / "main.o").read_bytes()
            for program in self.programs
        }


def _what_differs(found: bytes | None, wanted: bytes | None) -> str:
    """In words: which header was read with the cache, and which without."""
    if found is None or wanted is None:
        told = {True: "fails", False: "builds"}
        return f"{told[found is None]} with the cache, {told[wanted is None]} without"
    pairs = zip_longest(MARK.findall(found), MARK.findall(wanted), fillvalue=b"no more ")
    for place, (one, other) in enumerate(pairs):
        if one != other:
            told_one, told_other = one.decode().strip(), other.decode().strip()
            return f"mark {place} is {told_one!r} with the cache, {told_other!r} without"
    return "the same headers, other bytes"
