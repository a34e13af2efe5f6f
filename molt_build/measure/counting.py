"""Counting the instructions that a run executes in user space.

The processor counts them where the kernel lets it (`perf stat -e instructions:u`). On most shared
machines it does not; then the program is run by valgrind's cachegrind, without a model of caches,
which takes some fifty times as long and gives the same number again. Which of the two works is
found out by counting `true`.

What would make a count vary is removed, as far as it can be from outside: addresses are not
randomized, the hash seed, locale and time zone are the same, so is the size of arguments and
environment together, and the program runs in a folder whose path always has the same length, with
what was built and its source under paths of that folder. What is left is the *noise floor*: every
program is counted twice, and the largest relative difference between two counts of the same is said
of each engine.

Processes that a program starts are counted too. What a process executed before it became another
program (`exec`) is not; under valgrind a child that goes on without that (`fork`) counts what its
parent had executed until then once more.

Counts are kept under the digest of all that ran, of the counter and of the machine: what is as it
was is not counted again.
"""

from __future__ import annotations

import base64
import hashlib
import json
import platform
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

from molt_build import processes
from molt_build.codec import OtherShape, from_plain, to_plain
from molt_build.errors import ToolFailed, ToolMissing
from molt_build.files import real_folder, remove_tree
from molt_build.measure.machine import LOCK_WAIT_S, measuring
from molt_build.measure.process import Command, Launcher, Metric, Sample, found_executable
from molt_build.measure.scratch import PADDING, empty
from molt_build.plain_files import read_plain
from molt_build.store.digest import canonical, file_sha256
from molt_build.temporary import write_whole

COUNTS_FOLDER = "counts"  # of the cache
TURNS = 2  # how often each program is counted
HASH_SEED = 0
PLACE_LETTERS = 128  # of the path of the folder that programs run in
WORDS_BYTES = 8192  # of arguments and environment together, where they are fewer
KEPT_OUTPUT_BYTES = 1 << 16
PINNED = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
FOLDERS = ("built", "source")  # links below the place: to what was built, and beside the source

_ATTEMPT_S = 60.0
_SUMMARY = re.compile(r"^summary: (\d+)$", re.M)
_PERF = re.compile(r"^(\d+),[^,]*,instructions:u", re.M)
_LIBRARY = re.compile(r"^\s*(?:\S+ => )?(/\S+) \(0x[0-9a-f]+\)$", re.M)


@dataclass(frozen=True)
class Counter:
    """What counts, and whether addresses stay where they are while it does."""

    name: Literal["perf", "valgrind"]
    version: str
    file: str
    setarch: tuple[str, ...]  # the command that keeps addresses from being randomized; () for none

    @property
    def is_emulated(self) -> bool:
        """Whether programs are run by an emulator: code that they make themselves is a trouble."""
        return self.name == "valgrind"

    @property
    def slowdown(self) -> float:
        """How many times as long as without it a run may take."""
        return 100.0 if self.is_emulated else 2.0

    def argv(self, found: Path) -> tuple[str, ...]:
        """The words before a command; what is counted lies in the folder afterwards."""
        if self.name == "perf":
            words = (self.file, "stat", "-x,", "-e", "instructions:u", "-o", str(found / "perf"))
            return (*self.setarch, *words, "--")
        return (
            *self.setarch,
            self.file,
            "-q",
            "--tool=cachegrind",
            "--cache-sim=no",
            "--trace-children=yes",
            f"--cachegrind-out-file={found}/count.%p",
            f"--log-file={found}/log.%p",
        )

    def count(self, found: Path) -> int | None:
        """The instructions of all processes; None where none were counted."""
        pattern, names = (_PERF, "perf") if self.name == "perf" else (_SUMMARY, "count.*")
        numbers = [
            int(number) for file in found.glob(names) for number in pattern.findall(_end_of(file))
        ]
        return sum(numbers) or None


def find_counter(launcher: Launcher, scratch: Path) -> Counter:
    """What counts here: by a real attempt; raises `ToolMissing` with what came of each."""
    reasons = []
    command = _setarch(launcher, scratch)
    for name in ("perf", "valgrind"):
        file = shutil.which(name)
        if file is None:
            reasons.append(f"{name} is not there")
            continue
        counter = Counter("perf" if name == "perf" else "valgrind", _version(file), file, command)
        sample, count = _counted(launcher, counter, scratch, Command(("true",), "/"), _ATTEMPT_S)
        if count is not None and sample.failure is None:
            return counter
        why = sample.failure or "this machine has no counters that programs may read"
        reasons.append(f"{name}: {why}")
    message = f"instructions cannot be counted on this machine: {'; '.join(reasons)}"
    raise ToolMissing(message, "apt-get install valgrind")


def _setarch(launcher: Launcher, scratch: Path) -> tuple[str, ...]:
    file = shutil.which("setarch")
    if file is None:
        return ()
    words = (file, platform.machine(), "-R")
    sample = launcher.run(Command((*words, "true"), str(scratch)), timeout_s=_ATTEMPT_S)
    return words if sample.failure is None else ()


def _version(file: str) -> str:
    try:
        return processes.output([file, "--version"], timeout_s=_ATTEMPT_S).strip()
    except ToolFailed:
        return ""


def _end_of(file: Path) -> str:
    """Where the sums stand in a file that may be long."""
    with open(file, "rb") as stream:
        stream.seek(max(0, file.stat().st_size - 4096))
        return stream.read().decode(errors="replace")


@dataclass(frozen=True)
class CountedCommand(Command):
    """A command to be counted.

    `identity` is the digest of all that runs; "" where it is not known: such counts are not kept.
    `links` are folders that have a path below the place while it runs, by their names there.
    """

    identity: str = ""
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class KeptCount:
    """What is kept of a command: its counts in their order, and what it printed."""

    counts: tuple[int, ...]
    exit_status: int
    stdout: str  # base64
    stdout_size: int
    stdout_sha256: str


@dataclass(frozen=True)
class CountingLauncher:
    """As a `Launcher`, but runs are counted and not timed, and what is known is not run."""

    launcher: Launcher
    counter: Counter
    place: Path
    kept: Path | None  # where counts are kept
    machine: str  # what of the machine a count may depend on

    def run(self, command: Command, *, timeout_s: float, cpu: int | None = None) -> Sample:
        """Count the command's run, or take the count that is kept of this turn."""
        assert isinstance(command, CountedCommand)
        file = self._file(command)
        known = _read(file) if file is not None else None
        if known is not None and command.turn < len(known.counts):
            return _sample_of(known, command)
        empty(self.place)
        for name in FOLDERS:
            (self.place / name).unlink(missing_ok=True)
        for name, target in command.links.items():
            (self.place / name).symlink_to(target)
        found = self.place / "found"
        remove_tree(found, may_fail=True)
        found.mkdir(mode=0o700)
        sample, count = _counted(self.launcher, self.counter, found, command, timeout_s, cpu)
        metrics: dict[Metric, float] = {
            "wall_s": sample.metrics["wall_s"]
        }  # what counting took, and no time of it
        said = _said(found)
        if "unhandled instruction" in said:
            why = f"{self.counter.version} does not know an instruction of it"
            return replace(sample, metrics=metrics, unsupported=why)
        if sample.failure is not None:
            words = "\n".join(filter(None, (said, sample.stderr_tail)))
            return replace(sample, metrics=metrics, stderr_tail=words)
        if count is None:
            why = f"{self.counter.name} wrote no count"
            return replace(sample, metrics=metrics, unsupported=why)
        counts = (*(known.counts if known is not None else ()), count)
        if file is not None and len(counts) == command.turn + 1:
            _keep(file, counts, sample)
        return replace(sample, metrics={**metrics, "instructions": count})

    def _file(self, command: CountedCommand) -> Path | None:
        if self.kept is None or not command.identity:
            return None
        parts = [command.identity, self.counter.version, self.counter.setarch, self.machine]
        digest = hashlib.sha256(canonical([*parts, TURNS, HASH_SEED, WORDS_BYTES])).hexdigest()
        return self.kept / digest[:2] / f"{digest}.json"


@contextmanager
def counting(
    launcher: Launcher, counter: Counter, cache: Path, machine: str, *, is_kept: bool
) -> Iterator[CountingLauncher]:
    """Counting in the user's cache directory, which one command at a time does.

    `machine` is its class. Raises `EnvironmentFailed`.
    """
    folder = real_folder(cache, cache / COUNTS_FOLDER, mode=0o700).resolve()
    with measuring(folder / "lock", timeout_s=LOCK_WAIT_S):
        stem = str(folder / "place")
        place = Path(stem.ljust(PLACE_LETTERS, "_"))
        real_folder(folder, place, mode=0o700)
        try:
            kept = folder / "kept" if is_kept else None
            yield CountingLauncher(launcher, counter, place, kept, _machine(machine))
        finally:
            remove_tree(place, may_fail=True)


def libraries(files: Iterable[str]) -> dict[str, str]:
    """The shared libraries that programs and libraries load when they start: path -> SHA-256."""
    return {path: _digest(path) for file in files for path in _loaded(file)}


def padded(command: CountedCommand) -> CountedCommand:
    """The command with a variable that makes its words as long as those of any other."""
    environment = {**PINNED, **command.environment, "LC_ALL": PINNED["LC_ALL"]}
    words = [*command.argv, *(f"{name}={value}" for name, value in environment.items())]
    used = sum(len(word.encode(errors="surrogateescape")) + 1 for word in words)
    used += len(PADDING) + 2
    wanted = -(-used // WORDS_BYTES) * WORDS_BYTES
    return replace(command, environment={**environment, PADDING: "x" * (wanted - used)})


def _counted(
    launcher: Launcher,
    counter: Counter,
    found: Path,
    command: Command,
    timeout_s: float,
    cpu: int | None = None,
) -> tuple[Sample, int | None]:
    """The run under the counter, and what it counted."""
    file = found_executable(command)
    argv = (*counter.argv(found), file or command.argv[0], *command.argv[1:])
    if isinstance(command, CountedCommand):
        command = padded(command)
    sample = launcher.run(replace(command, argv=argv), timeout_s=timeout_s, cpu=cpu)
    return sample, counter.count(found)


def _said(found: Path) -> str:
    """What valgrind had to say, without who says it."""
    texts = (file.read_text(errors="replace") for file in sorted(found.glob("log.*")))
    lines = (line for text in texts for line in text.splitlines())
    return "\n".join(re.sub(r"^==\d+== ?", "", line) for line in lines)


def _machine(machine_class: str) -> str:
    """The machine's class, and the C library that everything runs on."""
    file = shutil.which("true")
    known = libraries([file] if file is not None else [])
    return canonical([machine_class, platform.release(), known]).decode()


def _loaded(file: str) -> list[str]:
    """What a file loads when it starts; nothing where it is none that does."""
    try:
        with open(file, "rb") as stream:
            if stream.read(4) != b"\x7fELF":
                return []
        said = processes.output(["ldd", file], timeout_s=_ATTEMPT_S)
    except (OSError, ToolFailed, ToolMissing):
        return []
    return _LIBRARY.findall(said)


@lru_cache(maxsize=4096)
def _digest(path: str) -> str:
    return file_sha256(path)


def _read(file: Path) -> KeptCount | None:
    try:
        kept: KeptCount = from_plain(KeptCount, json.loads(read_plain(file)))
        return kept
    except (OSError, ValueError, OtherShape):
        return None


def _keep(file: Path, counts: tuple[int, ...], sample: Sample) -> None:
    """Remember a count; what cannot be written is counted again."""
    if sample.stdout_size > KEPT_OUTPUT_BYTES or sample.exit_status is None:
        return
    kept = KeptCount(
        counts=counts,
        exit_status=sample.exit_status,
        stdout=base64.b64encode(sample.stdout).decode(),
        stdout_size=sample.stdout_size,
        stdout_sha256=sample.stdout_sha256,
    )
    write_whole(file, canonical(to_plain(kept)), file.parent.parent.parent, mode=0o600)


def _sample_of(kept: KeptCount, command: Command) -> Sample:
    return Sample(
        metrics={"wall_s": 0.0, "instructions": kept.counts[command.turn]},
        exit_status=kept.exit_status,
        stdout=base64.b64decode(kept.stdout),
        stdout_size=kept.stdout_size,
        stdout_sha256=kept.stdout_sha256,
        right_status=command.exit_status,
        is_kept=True,
    )
