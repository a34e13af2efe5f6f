"""The project at another revision: a worktree of its own repository, made once and found again.

    .molt-build/revisions/COMMIT/         the worktree, detached at the commit
    .molt-build/revisions/COMMIT.lock     held while it is made or removed

What the user has checked out, the index and the branches are not touched, and no hook is run. A
worktree with a changed file is made anew: what it is named by is what it holds. One that was last
asked for more than a week ago is removed when another is made.
"""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path

from molt_build import STATE_FOLDER
from molt_build.errors import EnvironmentFailed, UsageError
from molt_build.files import real_folder, remove_tree
from molt_build.git_command import run_git, why_git_failed
from molt_build.names import did_you_mean
from molt_build.store.locks import Waiting, locked

FOLDER = Path(STATE_FOLDER) / "revisions"
KEPT_S = 7 * 24 * 3600.0
_TIMEOUT_S = 600.0
_LOG = ("log", "--no-show-signature", "--format=%H %s")


def find_commit(project: Path, revision: str) -> str:
    """The full id of the commit that the project's repository knows as `revision`.

    Raises `UsageError` without a repository or such a revision, `ToolMissing` without git.
    """
    inside = _git(project, "rev-parse", "--is-shallow-repository")
    if inside.returncode != 0:
        said = _said(inside)
        if "not a git repository" not in said:
            raise EnvironmentFailed(f"git cannot read the repository of {project}: {said}")
        raise UsageError(f"{project} is in no git repository, so there is no revision {revision}")
    found = _git(project, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if found.returncode == 0:
        return found.stdout.strip()
    names = _git(project, "for-each-ref", "--format=%(refname:short)").stdout.split()
    hint = "name a commit, a branch or a tag, such as HEAD~1"
    if "true" in inside.stdout:
        hint = "the history of this clone is cut off: git fetch --unshallow"
    raise UsageError(f"there is no revision {revision}", did_you_mean(revision, names) or hint)


@dataclass(frozen=True)
class Commit:
    """A commit, and the first line of its message."""

    id: str
    title: str


def commits_between(project: Path, good: str, bad: str) -> list[Commit]:
    """The commits from one to a later one, both among them, in their order.

    Of a merge the first parent is followed, so it stands for all that it merged; what does not come
    after `good` is left out. Both are full ids. Raises `UsageError` where there is no such way.
    """
    if _git(project, "merge-base", "--is-ancestor", good, bad).returncode != 0:
        turned = _git(project, "merge-base", "--is-ancestor", bad, good).returncode == 0
        hint = "they are the other way round" if turned else "good must come before bad"
        raise UsageError(f"{bad[:12]} does not come after {good[:12]}", hint)
    way = f"{good}..{bad}"
    after = set(_git(project, "rev-list", "--ancestry-path", way).stdout.split())
    line = _git(project, *_LOG, "--first-parent", "--reverse", way).stdout
    first = _git(project, *_LOG, "-1", good).stdout
    found = (Commit(*row.split(" ", 1)) for row in (first + line).splitlines())
    return [one for one in found if one.id == good or one.id in after]


def at_commit(project: Path, commit: str, waiting: Waiting) -> Path:
    """The project's folder in the worktree of a commit.

    Raises `UsageError` where the commit has no such folder, `EnvironmentFailed` where git cannot
    make the worktree.
    """
    folder = real_folder(project, project / FOLDER, mode=0o700)
    tree = folder / commit
    with _locked(tree, waiting.at_most(_TIMEOUT_S)):
        if not _is_whole(tree, commit):
            _remove(project, tree)
            _remove_unused(project, folder, waiting)
            made = _git(project, "worktree", "add", "--force", "--detach", str(tree), commit)
            if made.returncode != 0:
                message = f"git cannot make a worktree of {commit[:12]}: {_said(made)}"
                raise EnvironmentFailed(message, "free or fix it, and measure again")
        os.utime(tree)
    below = _git(project, "rev-parse", "--show-prefix").stdout.strip()
    if not (tree / below).is_dir():
        raise UsageError(f"at {commit[:12]} there is no folder {below.rstrip('/')}")
    return tree / below


def _is_whole(tree: Path, commit: str) -> bool:
    """Whether the worktree is there, at its commit, with no file of the commit changed."""
    if not (tree / ".git").is_file():
        return False
    # Were the link to the repository broken, git would look for one above: the project's own.
    ceiling = {"GIT_CEILING_DIRECTORIES": str(tree.resolve().parent)}
    head = _git(tree, "rev-parse", "--verify", "HEAD", **ceiling)
    status = _git(tree, "status", "--porcelain", "--untracked-files=no", **ceiling)
    is_at_commit = head.returncode == 0 and head.stdout.strip() == commit
    return is_at_commit and status.returncode == 0 and not status.stdout.strip()


def _remove(project: Path, tree: Path) -> None:
    _git(project, "worktree", "remove", "--force", "--force", str(tree))
    remove_tree(tree, root=project, may_fail=True)


def _remove_unused(project: Path, folder: Path, waiting: Waiting) -> None:
    for tree in folder.iterdir():
        if tree.is_dir() and _is_unused(tree):
            # Who holds it, or has just asked for it, keeps it.
            with suppress(EnvironmentFailed), _locked(tree, waiting.at_most(0.0)):
                if _is_unused(tree):
                    _remove(project, tree)


def _is_unused(tree: Path) -> bool:
    with suppress(OSError):
        return time.time() - tree.stat().st_mtime > KEPT_S
    return False


def _locked(tree: Path, waiting: Waiting) -> AbstractContextManager[object]:
    name = f"the worktree of {tree.name[:12]}"
    return locked(tree.with_suffix(".lock"), waiting, kind="revision", name=name)


def _git(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run_git(folder, *words, timeout_s=_TIMEOUT_S, **environment)


def _said(failed: subprocess.CompletedProcess[str]) -> str:
    return why_git_failed(failed.returncode, failed.stderr)
