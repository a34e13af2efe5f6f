"""The long trials, and a table of what they found.

    python tests/stress/run.py --kills 500 --corruptions 500 --builders 16 --programs 45
    python tests/stress/run.py --only kills --kills 50 --seed 7
    python tests/stress/run.py --only races --seed 7 --first 118 --races 1
    python tests/stress/run.py --only races --races 100 --mutant
    python tests/stress/run.py --gates 300 --output trials.json
    python tests/stress/run.py --aa

Exit status 1 when an output was wrong, a build hung or failed, or an error was no sentence.
"""

from __future__ import annotations

import argparse
import secrets
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import compiler_trials
import concurrency_trials
import corruption_trials
import gate_trials
import include_trials
import interrupt_trials
import kill_trials
import mutate_manifests
import race_trials
import resume_trials
from tally import Tally, table

# Each trial, and the options that say how much of it.
COUNTS = {
    "manifests": ("--mutations",),
    "kills": ("--kills",),
    "interrupts": ("--interrupts",),
    "resumes": ("--resumes",),
    "corruptions": ("--corruptions",),
    "prune": ("--rounds",),
    "builders": ("--builders", "--programs"),
    "races": ("--races",),
    "includes": ("--includes",),
    "compiler": ("--edits",),
    "gates": ("--gates",),
}
TRIALS = tuple(COUNTS)
SOLE = ("gates",)  # that take an hour: only where they are asked for


def main(words: list[str] | None = None) -> int:
    """Run the trials that were asked for."""
    words = list(sys.argv[1:] if words is None else words)
    if "--aa" in words:
        import aa_trial

        words.remove("--aa")
        sys.argv[1:] = words
        return aa_trial.main()
    arguments = _arguments(words)
    seed = secrets.randbelow(10**6) if arguments.seed is None else arguments.seed
    print(f"seed {seed}", flush=True)
    # Ignored where a shell or `nohup` started this in the background; so would all it starts be.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    tallies: list[Tally] = []
    manifests_code = 0
    with tempfile.TemporaryDirectory(prefix="molt-build-stress-", dir=arguments.folder) as name:
        folder = Path(name)
        environments = arguments.environments
        trials: dict[str, Callable[[Path], Tally | list[Tally]]] = {
            "kills": lambda at: kill_trials.run(at, arguments.kills, seed),
            "interrupts": lambda at: interrupt_trials.run(at, arguments.interrupts, seed),
            "resumes": lambda at: resume_trials.run(at, arguments.resumes, seed),
            "corruptions": lambda at: corruption_trials.run(at, arguments.corruptions, seed),
            "prune": lambda at: concurrency_trials.run_prune(at, arguments.rounds, seed),
            "builders": lambda at: concurrency_trials.run(
                at, arguments.builders, arguments.programs, environments
            ),
            "races": lambda at: race_trials.run(
                at,
                arguments.races,
                seed,
                environments,
                mutant=arguments.mutant,
                first=arguments.first,
                kinds=arguments.kinds,
            ),
            "includes": lambda at: include_trials.run(
                at, arguments.includes, seed, first=arguments.first
            ),
            "compiler": lambda at: compiler_trials.run(at, arguments.edits, seed),
            "gates": lambda at: gate_trials.run(
                at,
                arguments.gates,
                seed,
                ways=arguments.by or gate_trials.WAYS,
                budget_s=arguments.budget,
                output=arguments.output,
            ),
        }
        for trial in arguments.only or [one for one in TRIALS if one not in SOLE]:
            print(f"== {trial}", flush=True)
            if trial == "manifests":
                count = ["--count", str(arguments.mutations), "--seed", str(seed)]
                manifests_code = mutate_manifests.main(count)
                continue
            made = trials[trial](folder / trial)
            tallies += made if isinstance(made, list) else [made]
    print()
    for tally in tallies:
        for note in tally.notes:
            print(f"{tally.name}: {note}")
    if tallies:
        print()
        print(table(tallies))
    if manifests_code:
        print("mutated manifests: a promise was not kept")
    print(f"seed {seed}")
    return 1 if manifests_code or not all(tally.is_good for tally in tallies) else 0


def _arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Long trials of the build: kills, damage, many builders, pruning.",
        epilog="With --aa, measures an interpreter against itself instead (aa_trial.py).",
    )
    parser.add_argument("--kills", type=int, default=500, metavar="N")
    parser.add_argument("--interrupts", type=int, default=200, metavar="N", help="by signals")
    parser.add_argument("--resumes", type=int, default=40, metavar="N", help="of each kind")
    parser.add_argument("--corruptions", type=int, default=500, metavar="N", help="damaged files")
    parser.add_argument("--builders", type=int, default=16, metavar="N", help="at once")
    parser.add_argument("--programs", type=int, default=45, metavar="N", help="that each builds")
    parser.add_argument("--rounds", type=int, default=20, metavar="N", help="beside a pruner")
    parser.add_argument("--mutations", type=int, default=2000, metavar="N", help="of manifests")
    parser.add_argument(
        "--races", type=int, nargs="?", const=1000, default=1000, metavar="N", help="builds"
    )
    parser.add_argument(
        "--includes",
        type=int,
        nargs="?",
        const=500,
        default=500,
        metavar="N",
        help="trees of headers",
    )
    parser.add_argument("--edits", type=int, default=300, metavar="N", help="of a compiler")
    parser.add_argument(
        "--gates",
        type=int,
        nargs="?",
        const=300,
        default=300,
        metavar="N",
        help="verdicts each way",
    )
    parser.add_argument(
        "--by", action="append", choices=gate_trials.WAYS, help="judge only so (default: both)"
    )
    parser.add_argument(
        "--budget", type=float, default=30, metavar="S", help="of blocks before reruns, a round"
    )
    parser.add_argument("--output", type=Path, help="keep a row of each verdict there, as JSON")
    parser.add_argument(
        "--first", type=int, default=0, metavar="N", help="begin with this race, or batch of trees"
    )
    parser.add_argument(
        "--kinds", default="", metavar="TEXT", help="only races of changes whose name has this text"
    )
    parser.add_argument(
        "--mutant",
        nargs="?",
        const=race_trials.SECOND_LOOK,
        metavar="MODULE:FUNCTION",
        help="race the product with this function returning nothing; its second look unless said",
    )
    parser.add_argument("--seed", type=int, help="default: a new one, which is printed")
    parser.add_argument(
        "--only",
        action="append",
        choices=TRIALS,
        help="may be given several times; unless said, the trials whose counts are named, or all",
    )
    parser.add_argument("--folder", type=Path, help="where the trials' files lie (a real disk)")
    parser.add_argument(
        "--environments", type=Path, help="toolchain environments to use instead of installing"
    )
    arguments = parser.parse_args(words)
    if arguments.only is None:
        named = {word.partition("=")[0] for word in words}
        arguments.only = [trial for trial, counts in COUNTS.items() if named & set(counts)]
    return arguments


if __name__ == "__main__":
    sys.exit(main())
