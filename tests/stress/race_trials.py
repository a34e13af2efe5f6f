"""Builds whose sources, headers, links and tools change at random moments while they run.

A trial begins with a known state (`race_scenes`), an empty store and no state of the checkout; it
starts a build, and makes one or two changes while the tools run. It knows every state that the
files went through, and asks builds without a cache, in a copy of the world where nothing moves,
what each state must give. Then:

- The raced build may end with exit code 4: it saw the change, and has stored nothing. If it ends
  with 0, each program must be what one of the states gives that were there between its start and
  its end. It may fail, since a state may (a header is gone), or since it read some of two states.
- All is quiet. The next build of the checkout, a build of another checkout with the same store,
  that checkout brought back to the state before the race, and the first one brought back too, must
  each give what their states give. An entry whose key says the old state and whose outputs are
  the new one's cannot pass this.

`--mutant` runs the trials against the product without its second look, to see that they find it.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from race_disk import Move, Operation, State, Tree, World, after, name_of
from race_scenes import Scene, c_scene, cython_scene, packed_scene
from tally import Ended, Progress, Tally, command_environment, finish, ran, start
from trial_project import LIMIT_S, REPOSITORY

# What looks again, after the command and before publishing, at all that an action read; what it
# finds changed makes the build end with exit code 4.
SECOND_LOOK = "molt_build.building.second_look:changed_since"
SHARES = {"c": 0.7, "packed": 0.2, "cython": 0.1}  # of the trials
QUIET = "0 0 0 0\n"
EXIT_ENVIRONMENT = 4
Given = Mapping[str, tuple[bytes, ...] | None]  # program -> its results; None when it fails


@dataclass
class Found:
    """What became of the trials of one kind of change."""

    trials: int = 0
    endings: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)  # by when


def run(
    folder: Path,
    races: int,
    seed: int,
    environments: Path | None = None,
    *,
    mutant: str | None = None,
    first: int = 0,
    kinds: str = "",
    names: Sequence[str] = tuple(SHARES),
    until_wrong: bool = False,
) -> Tally:
    """So many builds that were raced.

    `environments`: a folder of toolchain environments to use instead of installing them; `mutant`:
    a function of the product (MODULE:FUNCTION) that is made to return nothing; `first`: the number
    of the trial to begin with; `kinds`: only changes whose name has this text; `names`: of
    scenes; `until_wrong`: end after the first wrong.
    """
    tally = Tally("races" if mutant is None else "races, a mutant")
    trials = _Trials(folder, seed, environments, tally, mutant, kinds, names)
    progress = Progress(tally, races)
    number = first
    while tally.trials < races and not (until_wrong and tally.wrong):
        if trials.make(number):
            progress.step()
        number += 1
    for line in trials.summary():
        tally.note(line)
    return tally


class _Trials:
    """The worlds, what is known of states, and what was found."""

    def __init__(
        self,
        folder: Path,
        seed: int,
        environments: Path | None,
        tally: Tally,
        mutant: str | None,
        kinds: str,
        names: Sequence[str],
    ) -> None:
        self.seed = seed
        self.tally = tally
        self.pace = folder / "pace"
        self.pace.mkdir(parents=True)
        self.cache = folder / "cache"
        quiet_cache = folder / "quiet/cache"
        for cache in (self.cache, quiet_cache):
            (cache / "environments").mkdir(parents=True)
            for installed in environments.iterdir() if environments is not None else ():
                if installed.is_dir():
                    (cache / "environments" / installed.name).symlink_to(installed)
        self.outside = self._tree(folder / "outside", "outside", folder / "outside")
        self.world = self._world(folder / "checkout-0", self.outside)
        self.other = self._world(folder / "checkout-1", self.outside)
        still = folder / "quiet"
        self.still = self._world(
            still / "checkout", self._tree(still / "outside", "outside", still / "outside")
        )
        self.quiet = command_environment(quiet_cache, MOLT_BUILD_CACHE="off")
        self.environment = command_environment(self.cache)
        if mutant is not None:
            self.environment["PYTHONPATH"] = _mutated(folder / "mutant", mutant)
        made = {
            "c": c_scene,
            "packed": lambda: packed_scene(folder / "wheels"),
            "cython": cython_scene,
        }
        self.scenes = {name: made[name]() for name in names}
        self.chosen = {
            name: [kind for kind in scene.kinds if kinds in kind]
            for name, scene in self.scenes.items()
        }
        self.chosen = {name: found for name, found in self.chosen.items() if found}
        self.given: dict[str, Given] = {}
        self.found: dict[str, Found] = defaultdict(Found)

    def _tree(self, root: Path, name: str, outside: Path) -> Tree:
        words = {"OUTSIDE": str(outside), "PACE": str(self.pace)}
        return Tree(name, root, root.parent / "scratch", words)

    def _world(self, project: Path, outside: Tree) -> World:
        place = outside.root
        return World(project, (self._tree(project, "project", place), outside))

    def make(self, number: int) -> bool:
        """One trial; False when nothing changed before the build had ended."""
        chance = random.Random(f"{self.seed}/{number}")
        scene = self._scene(chance)
        kinds = [chance.choice(self.chosen[scene.name])]
        if chance.random() < 0.2:
            kinds += _others(scene, kinds[0], self.chosen[scene.name], chance)[:1]
        edits = _others(scene, kinds[0], scene.edits, chance) if len(kinds) == 1 else []
        self._begin(scene)
        state = scene.base
        if edits and chance.random() < 0.5:  # a store that knows the state before, and a plan
            self._set_pace(QUIET)
            title = self._title(kinds, number, "before")
            self._check(scene, {"before": self.world}, state, title, Found())
            for operation in scene.kinds[edits[0]](state, chance):
                state = self._step(state, operation)
        old = state
        ended, states, count = self._race(scene, state, kinds, chance)
        if not count:
            return False
        found = self.found[kinds[0] if len(kinds) == 1 else "two changes"]
        found.trials += 1
        self._judge_raced(scene, ended, states, kinds, number, found)
        now = states[-1]
        self._set_pace(QUIET)
        title = self._title(kinds, number, "afterwards")
        self.other.bring(now)
        checkouts = {"the next build": self.world, "another checkout": self.other}
        self._check(scene, checkouts, now, title, found)
        self.other.bring(old)
        self.world.bring(old)
        checkouts = {"the next build, as before": self.world, "another, as before": self.other}
        self._check(scene, checkouts, old, title, found)
        return True

    def _scene(self, chance: random.Random) -> Scene:
        names = list(self.chosen)
        weights = [SHARES[name] for name in names]
        return self.scenes[chance.choices(names, weights)[0]]

    def _begin(self, scene: Scene) -> None:
        for world in (self.world, self.other):
            world.bring(scene.base)
            world.forget()
        for path in self.cache.iterdir():
            if path.name != "environments":
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def _set_pace(self, text: str) -> None:
        temporary = self.pace / "pace.new"
        temporary.write_text(text)
        temporary.rename(self.pace / "pace")

    # The race.

    def _race(
        self, scene: Scene, state: State, kinds: list[str], chance: random.Random
    ) -> tuple[Ended, list[State], int]:
        """How the build ended, the states there were meanwhile, and how many steps it met."""
        steps = [step for kind in kinds for step in scene.kinds[kind](state, chance)]
        cut = chance.randint(1, len(steps))
        places = sorted(chance.sample(range(len(scene.places)), 2))
        held = [scene.places[place] for place in places][: 1 if cut == len(steps) else 2]
        if chance.random() < 0.2:
            held = []
        for path in self.pace.glob("go-*"):
            path.unlink()
        (self.pace / "events").write_text("")
        sleeps = [f"{chance.choice([1, 5, 20]) / 1000:g}" for _ in range(4)]
        self._set_pace(" ".join([*sleeps, *held]) + "\n")
        jobs = ("--jobs", chance.choice("12"))
        process = self._start(scene, self.world, self.environment, *jobs)
        states, met = [state], 0
        for number, part in enumerate((steps[:cut], steps[cut:])):
            place = held[number] if number < len(held) else None
            if place is not None:
                self._wait_for(place, process)
            elif not held and number == 0:
                time.sleep(chance.uniform(0.05, scene.build_s))
            for step in part:
                met += process.poll() is None
                states.append(self._step(states[-1], step))
                time.sleep(chance.choice([0.0, 0.0, 0.002, 0.03]))
            if place is not None:
                (self.pace / f"go-{place}").touch()
        return finish(process, LIMIT_S), states, met

    def _wait_for(self, place: str, process: subprocess.Popen[str]) -> None:
        """Until a tool says that it is there, or the build has ended."""
        events = self.pace / "events"
        late = time.monotonic() + LIMIT_S  # then it is hung, which its end will tell
        while process.poll() is None and place not in events.read_text().split():
            if time.monotonic() > late:
                return
            time.sleep(0.002)

    def _step(self, state: State, operation: Operation) -> State:
        self.world.perform(operation)
        return after(state, operation)

    def _judge_raced(
        self,
        scene: Scene,
        ended: Ended,
        states: list[State],
        kinds: list[str],
        number: int,
        found: Found,
    ) -> None:
        allowed = [self._must_give(scene, state) for state in states]
        title = self._title(kinds, number, "the raced build")
        found.endings[f"exit {ended.code}"] += 1
        if not self._is_said(ended, title) or ended.code == EXIT_ENVIRONMENT:
            return
        if ended.code == 1:
            if not any(None in given.values() for given in allowed):
                found.endings["failed on some of two states"] += 1
            return
        if ended.code != 0:
            self.tally.failed += 1
            self.tally.note(f"{title}: exit code {ended.code}; {ended.err[-300:]}")
            return
        for program, results in self._results(scene, self.world, ended).items():
            if all(results != given[program] for given in allowed):
                self._wrong(found, title, "the raced build", f"{program} is of no state")

    # Quiet builds.

    def _check(
        self, scene: Scene, checkouts: Mapping[str, World], state: State, title: str, found: Found
    ) -> None:
        """Build checkouts that are in this state, at once."""
        wanted = self._must_give(scene, state)
        with ThreadPoolExecutor() as pool:
            running = {
                when: pool.submit(self._ran, scene, world, self.environment)
                for when, world in checkouts.items()
            }
        for when, build in running.items():
            ended = build.result()
            if not self._is_said(ended, f"{title}, {when}"):
                continue
            is_failing = None in wanted.values()
            if ended.code not in (0, 1) or (ended.code == 1 and not is_failing):
                self.tally.failed += 1
                what = f"exit code {ended.code}; {ended.err.strip()[-300:]}"
                self.tally.note(f"{title}, {when}: {what}")
                continue
            results = self._results(scene, checkouts[when], ended)
            for program, given in wanted.items():
                if results[program] != given:
                    what = self._which(program, results[program])
                    self._wrong(found, f"{title}, {when}", when, f"{program} {what}")

    def _wrong(self, found: Found, title: str, when: str, what: str) -> None:
        found.wrong[when] += 1
        self.tally.wrong += 1
        self.tally.note(f"{title}: {what}")

    def _which(self, program: str, results: tuple[bytes, ...] | None) -> str:
        if results is None:
            return "failed, where it builds without a cache"
        for given in self.given.values():
            if given.get(program) == results:
                return "is what another state gives"
        return "is what no known state gives"

    def _is_said(self, ended: Ended, title: str) -> bool:
        if ended.code is None:
            self.tally.hung += 1
            self.tally.note(f"{title}: did not end; {ended.err.strip()[-300:]}")
            return False
        if "Traceback" in ended.err + ended.out or (ended.code and not ended.err.strip()):
            self.tally.no_sentence += 1
            self.tally.note(f"{title}: no sentence; {ended.err.strip()[-600:]}")
            return False
        return True

    def _must_give(self, scene: Scene, state: State) -> Given:
        """What a state gives without a cache, where nothing moves."""
        name = name_of(state)
        if name not in self.given:
            self._set_pace(QUIET)
            self.still.bring(state)
            ended = self._ran(scene, self.still, self.quiet)
            if ended.code not in (0, 1):
                raise RuntimeError(f"the reference cannot be built: {ended.err}")
            self.given[name] = self._results(scene, self.still, ended)
            if state == scene.base and None in self.given[name].values():
                raise RuntimeError(f"{scene.name} does not build: {ended.err}")
        return self.given[name]

    def _start(
        self, scene: Scene, world: World, environment: dict[str, str], *more: str
    ) -> subprocess.Popen[str]:
        return start([*_words(scene), *more], str(world.project), environment)

    def _ran(self, scene: Scene, world: World, environment: dict[str, str]) -> Ended:
        return ran(_words(scene), str(world.project), environment, LIMIT_S)

    def _results(self, scene: Scene, world: World, ended: Ended) -> Given:
        actions = ended.report.get("actions", [])
        failed = {row["program"] for row in actions if row["status"] == "failed"}
        out = world.project / ".molt-build/out" / scene.toolchain / "dev/native"
        return {
            program: None
            if program in failed or (not actions and ended.code)
            else tuple(_content(out / program / path) for path in paths)
            for program, paths in scene.outputs.items()
        }

    def _title(self, kinds: list[str], number: int, when: str) -> str:
        return f"trial {number} of seed {self.seed} ({'; '.join(kinds)}): {when}"

    def summary(self) -> list[str]:
        """A line for each kind of change."""
        lines = []
        for kind, found in sorted(self.found.items(), key=lambda row: -row[1].wrong.total()):
            endings = ", ".join(f"{count} {what}" for what, count in found.endings.most_common())
            wrong = ", ".join(f"{count} in {when}" for when, count in found.wrong.most_common())
            lines.append(f"{kind}: {found.trials} ({endings}); wrong: {wrong or 'none'}")
        lines.append(f"{len(self.given)} states were built without a cache")
        return lines


def _words(scene: Scene) -> list[str]:
    """The command that builds the scene's programs."""
    words = ["build", *scene.outputs, "--toolchain", scene.toolchain]
    return [*words, "--json", "--keep-going"]


def _others(scene: Scene, kind: str, names: Sequence[str], chance: random.Random) -> list[str]:
    """Those of the kinds, in random order, that change nothing that this kind changes."""
    own = _paths(scene.kinds[kind](scene.base, random.Random(0)))
    found = []
    for name in chance.sample(list(names), len(names)):
        paths = _paths(scene.kinds[name](scene.base, random.Random(0)))
        pairs = [pair for a in own for b in paths for pair in ((a, b), (b, a))]
        if not any(f"{a}/".startswith(f"{b}/") for a, b in pairs):
            found.append(name)
    return found


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _paths(steps: Sequence[Operation]) -> set[str]:
    return {p for s in steps for p in ((s.old, s.new) if isinstance(s, Move) else (s.path,))}


def _mutated(folder: Path, mutant: str) -> str:
    """A PYTHONPATH under which a function of the product returns nothing.

    Raises `RuntimeError` when the product has no such function.
    """
    module, _, function = mutant.partition(":")
    path = f"{folder}{os.pathsep}{REPOSITORY}"
    look = [sys.executable, "-c", f"import {module}; {module}.{function}"]
    asked = subprocess.run(
        look, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, capture_output=True, text=True
    )
    if asked.returncode:
        raise RuntimeError(f"there is no {mutant}: {asked.stderr.strip()[-300:]}")
    folder.mkdir(parents=True)
    (folder / "sitecustomize.py").write_text(
        f"import {module}\n{module}.{function} = lambda *_, **__: None\n"
    )
    return path
