"""Builders killed at random moments (SIGKILL), and what the next build makes of it.

A trial edits some programs, starts one to three builders on one or two checkouts that share a
cache, and kills some of them a random time later. Those that were left alone must succeed; then
each checkout is built to the end, and every program is compared byte for byte with its reference.
Compilers that the dead left running go on, as they do in life.
"""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

from tally import Progress, Tally, finish, judge
from trial_project import LIMIT_S, TrialProject, make_project


def run(folder: Path, kills: int, seed: int) -> Tally:
    """So many trials in which at least one builder was still running when it was killed."""
    tally = Tally("kill -9")
    chance = random.Random(seed)
    first = make_project(folder)
    checkouts = [first, first.copy(folder / "checkout-1")]
    progress = Progress(tally, kills)
    killed = 0
    latest_s = 1.5
    while tally.trials < kills:
        if chance.random() < 0.15:
            shutil.rmtree(first.cache / "store", ignore_errors=True)
        if chance.random() < 0.15:
            shutil.rmtree(first.root / ".molt-build", ignore_errors=True)
        killed_now = _kill_some(tally, checkouts, chance, latest_s)
        if not killed_now:  # too late: be quicker
            latest_s *= 0.8
            continue
        latest_s *= 1.06
        killed += killed_now
        for checkout in checkouts:
            ended = checkout.ran("build", "--json")
            judge(tally, ended, f"after kill {tally.trials}", checkout.what_is_wrong)
        progress.step()
    ended = first.ran("cache", "verify", "--json")
    judge(tally, ended, "verify after all kills", lambda: "")
    tally.note(f"{killed} builders killed while they ran; the store was then verified whole")
    return tally


def _kill_some(
    tally: Tally, checkouts: list[TrialProject], chance: random.Random, latest_s: float
) -> int:
    """How many of the builders were running when they were killed."""
    first, second = checkouts
    chosen = chance.choice([[first], [first], [first, second], [first, first], [first, second] * 2])
    for checkout in checkouts:
        checkout.edit(chance)
    processes = [checkout.start("build", "--json") for checkout in chosen]
    time.sleep(chance.uniform(0.05, latest_s))
    doomed = processes if chance.random() < 0.6 else processes[:1]
    running = 0
    for process in doomed:
        running += process.poll() is None
        process.kill()  # the builder only: its compilers are in groups of their own
        process.communicate()
    for checkout, process in zip(chosen, processes, strict=True):
        if process not in doomed:
            ended = finish(process, LIMIT_S)
            judge(tally, ended, f"beside kill {tally.trials}", checkout.what_is_wrong)
    return running
