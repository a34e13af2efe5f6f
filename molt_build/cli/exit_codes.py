"""Exit codes as people read them: in `--help`, in README.md and in docs/exit_codes.md.

A test holds the four together.
"""

from __future__ import annotations

from molt_build.errors import EXIT_CODES

# What ends a command with 1; those that are not here never do.
FAILS_FOR = {
    "build": "an action of a program failed",
    "conformance": "a check failed",
    "bench": "the lane's subject or its reference failed a program, or nothing could be measured",
    "differential": "a divergence that is not declared, or a declaration that is over or gone",
    "reduce": "the program does not diverge, or cannot be run under both",
    "compile_progress": "a KPI of the program's is red, or a cell failed",
    "doctor": "with --strict: something makes the machine noisy",
    "friends": "a source was refused; with --strict: a suite could not be measured",
    "signals": "nothing could be read; with --fail-on-worse: a number is worse than it was",
    "gates": "a gate fails; with --strict: one is stale or unmeasured; with --canary: one is wrong",
    "bisect": "no single commit is found: good and bad are not different, or what is between them "
    "cannot be judged",
    "reproduce": "a program disagrees, or none can be compared",
    "compare": "with --fail-on-slower: a program is really slower, or a signal is worse",
    "report": "with --check: a page is not what its raw results give",
    "cache verify": "a file of the store is damaged, or was",
    "cache audit": "what was executed again gave something else than the store has",
}


def table() -> str:
    """All codes with what they mean, a line each."""
    lines = (f"  {code:>3}  {meaning}" for code, meaning in EXIT_CODES.items())
    return "\n".join(("exit codes:", *lines))


def fails_for(command: str) -> str:
    """What `--help` of a command says of exit code 1; empty where it never ends so."""
    if command not in FAILS_FOR:
        return ""
    return f"Exit code 1: {FAILS_FOR[command]} (all codes: molt-build --help)."
