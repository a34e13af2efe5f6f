"""What tools say when they are asked: `--version`, and the queries of manifests.

An answer is remembered while the file asked, the words and what the tool is told stay the same.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from molt_build import patterns, processes
from molt_build.errors import ToolFailed, ToolMissing
from molt_build.manifests.toolchain import Query
from molt_build.store.digest import StatCache, digest_value

QUESTION_TIMEOUT_S = 60.0
ANSWER_LIMIT_CHARACTERS = 1 << 20
WORDS_LIMIT = 1000  # of an answer that is a list
ASKING_VARIABLES = ("PATH", "HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "CARGO_HOME")


def ask(
    stat_cache: StatCache, argv: Sequence[str], stream: str, asked_of: Sequence[str], toolchain: str
) -> str:
    """What a tool prints to "stdout", "stderr" or "both".

    `asked_of` is the file that answers, as it really is, and by what names it was found.
    """
    # What finds a tool, and what chooses among its versions. Nothing else of the caller's: stages
    # run without it, and an answer must hold for them.
    known = {name: os.environ[name] for name in ASKING_VARIABLES if name in os.environ}
    environment = {**known, "LC_ALL": "C"}
    kind = "answer " + digest_value([argv, stream, *asked_of[1:], environment])
    return stat_cache.fact(kind, asked_of[0], lambda _: _ask(argv, stream, toolchain, environment))


def words_of(query: Query, answer: str, toolchain: str, tool: str) -> list[str]:
    """What a query takes from an answer: one word, or at least one for a list."""
    limit = WORDS_LIMIT + 1 if query.is_list else 1
    if query.pattern is None:
        found = [line.strip() for line in answer.splitlines() if line.strip()][:limit]
    else:
        found = patterns.every(query.pattern, answer, limit)
    if len(found) > WORDS_LIMIT:
        message = f"{toolchain}: {query.name} got too much of an answer from {tool}"
        raise ToolMissing(message, f"a list holds at most {WORDS_LIMIT} words")
    if not found:
        raise ToolMissing(f"{toolchain}: {query.name} got no answer from {tool}")
    return found


def _ask(argv: Sequence[str], stream: str, toolchain: str, environment: Mapping[str, str]) -> str:
    try:
        result = processes.run(
            argv, environment=environment, cwd=Path("/"), timeout_s=QUESTION_TIMEOUT_S
        )
    except ToolFailed as failed:
        raise ToolMissing(f"{toolchain}: {failed.message}") from failed
    if result.returncode != 0:
        message = f"{toolchain}: {argv[0]} answered with exit status {result.returncode}"
        raise ToolMissing(message, (result.stderr or result.stdout).strip()[-300:] or None)
    printed = {"stdout": result.stdout, "stderr": result.stderr}
    answer = printed.get(stream, result.stdout + result.stderr)
    if len(answer) > ANSWER_LIMIT_CHARACTERS:
        message = f"{toolchain}: {argv[0]} answered with {len(answer)} characters"
        raise ToolMissing(message, f"at most {ANSWER_LIMIT_CHARACTERS} of them are taken")
    return answer
