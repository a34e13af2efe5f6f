"""Running git, where what is asked for alone decides which repository answers.

A hook sets variables that name its own repository, which may be another: git is run without them.
It says in English why it fails, and starts no hook and no watcher of files.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from molt_build import processes
from molt_build.errors import EnvironmentFailed, ToolFailed, ToolMissing, ToolNotStarted
from molt_build.secrecy import without_secrets

# As `git rev-parse --local-env-vars` lists them, but for those that hold a user's settings.
REPOSITORY_VARIABLES = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)
QUIET_SETTINGS = ("core.hooksPath=/dev/null", "core.fsmonitor=false")


def git_argv(*words: str, settings: tuple[str, ...] = QUIET_SETTINGS) -> list[str]:
    """A command of git under settings of ours, which weigh more than the user's."""
    return ["git", *(part for setting in settings for part in ("-c", setting)), *words]


def git_environment(**own: str) -> dict[str, str]:
    """Our environment and `own`, without what names a repository."""
    inherited = {k: v for k, v in os.environ.items() if k not in REPOSITORY_VARIABLES}
    return {**inherited, "LC_ALL": "C", **own}


def run_git(
    folder: Path, *words: str, timeout_s: float, **environment: str
) -> subprocess.CompletedProcess[str]:
    """What a command of git prints when it is run in a folder, and its exit status.

    Raises `ToolMissing` without git, `EnvironmentFailed` when it takes too long.
    """
    try:
        return processes.run(
            git_argv("-C", str(folder), *words),
            environment=git_environment(**environment),
            timeout_s=timeout_s,
        )
    except ToolNotStarted as failed:
        raise ToolMissing(failed.message, "install git") from failed
    except ToolFailed as failed:
        raise EnvironmentFailed(f"git {words[0]} in {folder} {failed.how}") from failed


def why_git_failed(status: int, stderr: str) -> str:
    """The first line in which git, or the server that it asked, says why; no secret is in it."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    said = [line for line in lines if line.startswith(("fatal:", "error:", "remote:"))]
    why = (said or [*lines, processes.how_it_ended(status)])[0]
    return without_secrets(why.removeprefix("fatal: "))
