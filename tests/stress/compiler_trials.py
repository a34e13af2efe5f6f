"""Random edits of a compiler that is itself built: with the cache, is it ever another compiler?

The toy compiler of the tests (`tests/projects/toy_compiler`) stands in a checkout and in a twin.
Before each trial both are edited alike: a program, a module of the frontend, a module that appears
on one of the import roots or goes away, the backend, the runtime, the backend's lock file; and a
profile and a target are drawn. Sometimes everything is as it was some edits ago. The checkout
builds with the cache, the twin with the store switched off and shards of its own; each program must
have the same bytes in both, or fail in both.
"""

from __future__ import annotations

import random
import re
import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tally import Progress, Tally, command_environment, ran
from trial_project import REPOSITORY

from compiler_project import ITOA, lock_backend  # isort: skip

LIMIT_S = 600.0
PROGRAMS = ("count", "gcds", "leaves", "neighbour")
PROFILES = ("dev", "dev", "release")
TARGETS = ("native", "native", "vm")
ROOTS = ("programs", "lib", "stdlib")
RESULTS = {"native": "{0}", "vm": "{0}.image"}
MODULES = {
    "shared": "LIMIT = {0}\n\n\ndef clamp(n):\n    return n - LIMIT\n",
    "mathx": "def square(n):\n    return n * n + {0}\n\n\ndef gcd(a, b):\n    return a - b + {0}\n",
    "neighbour": "def next_to(n):\n    return n + {0}\n\n\ndef main():\n    return 0\n",
}
NEEDED = ("lib/shared.py", "stdlib/mathx.py", "programs/neighbour.py")  # never removed
State = Mapping[str, str]  # path -> text of every file that edits are about


def run(folder: Path, edits: int, seed: int) -> Tally:
    """So many edits, one after another."""
    tally = Tally("compiler")
    chance = random.Random(seed)
    worlds = [folder / name for name in ("checkout", "twin")]
    for world in worlds:
        shutil.copytree(REPOSITORY / "tests/projects/toy_compiler", world)
    locks = _locks(worlds[0])
    state = dict(_read(worlds[0]))
    states: list[dict[str, str]] = []
    kinds: Counter[str] = Counter()
    progress = Progress(tally, edits)
    for number in range(edits):
        kind, state = _edited(state, states, locks, chance)
        states.append(state)
        profile, target = chance.choice(PROFILES), chance.choice(TARGETS)
        kinds[kind] += 1
        given = [_given(tally, world, state, profile, target, number) for world in worlds]
        if given[0] != given[1]:
            tally.wrong += 1
            wrong = [p for p in PROGRAMS if given[0].get(p) != given[1].get(p)]
            tally.note(f"edit {number}, {kind}, {profile} {target}: {', '.join(wrong)} differ")
        progress.step()
    for kind, count in kinds.most_common():
        tally.note(f"{kind}: {count} times")
    return tally


def _locks(world: Path) -> dict[str, tuple[str, str]]:
    """Version of a dependency -> the backend's manifest and lock file."""
    manifest = world / "backend/Cargo.toml"
    text = manifest.read_text()
    found = {}
    for version in reversed(ITOA):
        manifest.write_text(text.replace(ITOA[0], version))
        if failure := lock_backend(world):
            raise SystemExit(f"the crates of the toy's backend cannot be had: {failure}")
        found[version] = manifest.read_text(), (world / "backend/Cargo.lock").read_text()
    return found


def _read(world: Path) -> State:
    return {path: (world / path).read_text() for path in _paths(world)}


def _paths(world: Path) -> set[str]:
    folders = ("backend", "frontend", "lib", "programs", "runtime", "stdlib")
    found = {p for name in folders for p in (world / name).rglob("*") if p.is_file()}
    return {str(path.relative_to(world)) for path in {*found, world / "vm.py"}}


def _edited(
    state: dict[str, str],
    earlier: list[dict[str, str]],
    locks: Mapping[str, tuple[str, str]],
    chance: random.Random,
) -> tuple[str, dict[str, str]]:
    """What was done, and all files as they then are."""
    number = chance.randrange(1, 1000)
    kind = chance.choice(
        ("program", "frontend", "module", "module", "removal", "backend", "runtime", "lock", "undo")
    )
    new = dict(state)

    def replace(path: str, pattern: str, text: str) -> None:
        new[path] = re.sub(pattern, lambda match: match[1] + text, new[path], count=1)

    if kind == "program":
        name = chance.choice(("count", "gcds"))
        replace(f"programs/{name}.py", r"(\w+ = )\d+", str(number % 50 + 1))
    elif kind == "frontend":
        if chance.random() < 0.5:  # another text, the same instructions
            path = chance.choice([p for p in state if p.startswith("frontend/")])
            new[path] = re.sub(r"\n# edit .*", "", new[path]) + f"# edit {number}\n"
        else:
            pattern = r'(f"const \{int\(node\.value\))[^}]*'
            replace("frontend/toyc/translate.py", pattern, f" + {number % 2}")
    elif kind == "module":
        name, root = chance.choice(list(MODULES)), chance.choice(ROOTS)
        form = chance.choice(("{0}/{1}.py", "{0}/{1}/__init__.py")).format(root, name)
        new[form] = MODULES[name].format(number)
    elif kind == "removal":
        added = [p for p in state if p.startswith(ROOTS) and Path(p).stem not in PROGRAMS[:3]]
        new.pop(chance.choice([p for p in added if p not in NEEDED] or [""]), None)
    elif kind == "backend":
        shown = chance.choice(("", f"// {number}\\n"))  # C that says so, or the same as before
        replace("backend/src/c.rs", r'(String::from\(\s+")(?:// \d+\\n)?', shown)
    elif kind == "runtime":
        replace(
            "runtime/src/lib.rs", r'(println!\(")[^{]*', chance.choice(("", "> ", f"{number} "))
        )
    elif kind == "lock":
        version = chance.choice(ITOA)
        new["backend/Cargo.toml"], new["backend/Cargo.lock"] = locks[version]
    elif earlier:
        new = dict(chance.choice(earlier[-10:]))
    return kind, new


def _given(
    tally: Tally, world: Path, state: State, profile: str, target: str, number: int
) -> dict[str, bytes | None]:
    """Build a world in a state; each program's bytes, None for one that failed."""
    _bring(world, state)
    environment = command_environment(f"{world}-cache")
    if world.name == "twin":
        environment["MOLT_BUILD_CACHE"] = "off"
    words = ["build", *PROGRAMS, "--profile", profile, "--target", target, "--json", "--keep-going"]
    ended = ran(words, str(world), environment, LIMIT_S)
    title = f"edit {number} in the {world.name}"
    if ended.code is None:
        tally.hung += 1
        tally.note(f"{title}: did not end; {ended.err.strip()[-300:]}")
        return {}
    if "Traceback" in ended.err + ended.out or (ended.code and not ended.err.strip()):
        tally.no_sentence += 1
        tally.note(f"{title}: no sentence; {ended.err.strip()[-600:]}")
        return {}
    if ended.code not in (0, 1) or not ended.report:
        tally.failed += 1
        tally.note(f"{title}: exit code {ended.code}; {ended.err.strip()[-300:]}")
        return {}
    failed = {row["program"] for row in ended.report["actions"] if row["status"] == "failed"}
    out = world / ".molt-build/out/toy" / profile / target
    return {
        name: None if name in failed else (out / name / RESULTS[target].format(name)).read_bytes()
        for name in PROGRAMS
    }


def _bring(world: Path, state: State) -> None:
    """Make the files of a world those of a state; only what differs is touched."""
    there = _paths(world)
    for path in there - set(state):
        (world / path).unlink()
        folder = (world / path).parent
        if not any(folder.iterdir()):
            folder.rmdir()
    for path, text in state.items():
        file = world / path
        if path not in there or file.read_text() != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
