"""Commands interrupted at random moments: SIGINT, SIGTERM, SIGHUP and SIGQUIT, once or twice.

Half of the signals come in the first 300 ms, while Python starts, imports and reads manifests. A
command must end with exit code 130 and one sentence, or as if nothing had come, when it was done
before; a build leaves no compiler running, and the next one comes to the reference bytes. A signal
that comes before the first line of molt_build is Python's: such trials are counted apart.
"""

from __future__ import annotations

import random
import shutil
import signal
import time
from collections import Counter
from pathlib import Path

from tally import DYING_S, Ended, Progress, Tally, finish, judge, processes_in
from trial_project import LIMIT_S, TrialProject, make_project

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
COMMANDS = (
    ("build", "--jobs", "2"),
    ("build", "p0", "--json"),
    ("check",),
    ("explain", "p1"),
    ("cache", "stats"),
)
EARLY_S = 0.3


def run(folder: Path, interrupts: int, seed: int) -> Tally:
    """So many commands that were still running when a signal was sent."""
    tally = Tally("interrupts")
    chance = random.Random(seed)
    project = make_project(folder)
    progress = Progress(tally, interrupts)
    counts: Counter[str] = Counter()
    while tally.trials < interrupts:
        words = chance.choice(COMMANDS[:1] * 3 + COMMANDS)
        if words[0] == "build" and chance.random() < 0.8:
            project.edit(chance)
        ended, sent, is_ours = _interrupted(project, words, chance)
        if not sent:
            continue
        when = f"{' '.join(words)} after {' and '.join(number.name for number in sent)}"
        counts[_how(tally, ended, when, is_ours=is_ours)] += 1
        left = _left_running(folder)
        if left:
            tally.wrong += 1
            tally.note(f"{when}: left running: {left}")
        lying = [path.name for path in (project.cache / "staging").glob("*")]
        if lying:
            tally.wrong += 1
            tally.note(f"{when}: staging directories lie about: {lying}")
            shutil.rmtree(project.cache / "staging")
        if words[0] == "build":
            after = project.ran("build", "--json")
            judge(tally, after, f"the build after trial {tally.trials}", project.what_is_wrong)
        progress.step()
    told = ", ".join(f"{count} {how}" for how, count in sorted(counts.items()))
    tally.note(told)
    return tally


def _interrupted(
    project: TrialProject, words: tuple[str, ...], chance: random.Random
) -> tuple[Ended, list[signal.Signals], bool]:
    """How it ended, the signals that were sent while it ran, and whether its first line had run."""
    process = project.start(*words)
    early = chance.random() < 0.5
    time.sleep(chance.uniform(0.0, EARLY_S) if early else chance.uniform(EARLY_S, 4 * EARLY_S))
    sent: list[signal.Signals] = []
    is_ours = _catches_sigterm(process.pid)
    for _ in range(chance.choice((1, 1, 2, 3))):
        if sent:
            time.sleep(chance.choice((0.0, 0.001, 0.02)))
        if process.poll() is None:
            sent.append(chance.choice(SIGNALS))
            process.send_signal(sent[-1])
    return finish(process, LIMIT_S), sent, is_ours


def _catches_sigterm(pid: int) -> bool:
    """Whether it has a handler of its own for SIGTERM: Python itself sets none."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True  # it has just ended
    [caught] = [line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")]
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


def _how(tally: Tally, ended: Ended, when: str, *, is_ours: bool) -> str:
    """How the command ended, in words; what must not be is counted and told."""
    if ended.code is None:
        tally.hung += 1
        tally.note(f"{when}: did not end; {ended.err.strip()[-300:]}")
        return "hung"
    if not is_ours and (ended.code < 0 or "Traceback" in ended.err):
        return "before the first line"
    if "Traceback" in ended.err or "Exception ignored" in ended.err:
        tally.no_sentence += 1
        tally.note(f"{when}: status {ended.code}: {ended.err[-1500:]}")
        return "tracebacks"
    if ended.code == 130:
        if ended.err.splitlines().count("interrupted") != 1:
            tally.no_sentence += 1
            tally.note(f"{when}: 130 without the one sentence: {ended.err[-300:]!r}")
        return "interrupted"
    if ended.code != 0:
        tally.failed += 1
        tally.note(f"{when}: status {ended.code}: {ended.err.strip()[-300:]}")
        return "other statuses"
    return "done before"


def _left_running(folder: Path) -> list[str]:
    """The command lines of processes in the folder, once those that were killed are gone."""
    deadline = time.monotonic() + DYING_S
    while True:
        left = processes_in(folder)
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.02)
