"""Whether a run may be concluded from today: how old it is, of which tree, and as it was recorded.

Told apart, each in words of its own: a run that is too old, one of a commit that is no ancestor of
the tree's, one that was made of files with changes, a tree whose files have changed since, a result
that was edited after it was recorded, and one that is gone. None of them is ever green.
"""

from __future__ import annotations

import calendar
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from molt_build.errors import EnvironmentFailed, ToolMissing, UsageError
from molt_build.git_command import run_git
from molt_build.governance.figures import BUILDS
from molt_build.history.runs import Run
from molt_build.manifests.register import REGISTER
from molt_build.results.files import DIGEST_FILE, RESULT_FILE, digest_of
from molt_build.results.gates import Evidence, Head
from molt_build.runs.published import has_published

GIT_TIMEOUT_S = 20.0
_DAY_S = 86400.0


@dataclass
class Tree:
    """The project's tree as it is now; what git says is asked once."""

    project: Path
    now: float  # seconds of the epoch
    own: Collection[str] = ()  # runs that this very command made: of the tree as it is
    is_made_up: bool = False  # runs of canaries are of no commit, and lie nowhere
    _said: dict[tuple[str, ...], str | None] = field(default_factory=dict)

    @property
    def head(self) -> Head:
        """Its commit, and whether files differ from it."""
        commit = self._git("rev-parse", "--verify", "HEAD")
        branch = self._git("rev-parse", "--abbrev-ref", "HEAD")
        # Nothing is measured by the register, which a run of the gates may write.
        others = (".", f":(exclude){REGISTER}")
        status = self._git("status", "--porcelain", "--untracked-files=no", "--", *others)
        return Head(
            commit=commit or None,
            parent=self.parent(commit) if commit else None,
            branch=None if branch in (None, "", "HEAD") else branch,
            is_dirty=None if not commit or status is None else bool(status),
        )

    def parent(self, commit: str) -> str | None:
        """The first parent of a commit, where it has one that is there."""
        return self._git("rev-parse", "--verify", "--quiet", f"{commit}^") or None

    def is_ancestor(self, commit: str) -> bool:
        """Whether the tree's commit is it, or comes from it."""
        return self._git("merge-base", "--is-ancestor", commit, "HEAD") is not None

    def age_days(self, run: Run) -> float:
        """How long ago a run began."""
        began = calendar.timegm(time.strptime(run.started[:19], "%Y-%m-%dT%H:%M:%S"))
        return round(max(self.now - began, 0.0) / _DAY_S, 3)

    def why_stale(self, run: Run, max_age_days: float) -> str:
        """Why a run says nothing of the tree as it is; "" where it does."""
        age = self.age_days(run)
        if age > max_age_days:
            return f"{run.id} is {age:.0f} days old, and may be {max_age_days:g}"
        if run.id == BUILDS or run.id in self.own or self.is_made_up:
            return ""
        if run.git_commit is None:
            return f"{run.id} is of no commit"
        if not self.is_ancestor(run.git_commit):
            return (
                f"{run.id} is of {run.git_commit[:12]}, which is no ancestor of this tree's commit"
            )
        if run.git_is_dirty:
            return f"{run.id} was made of files that differed from their commit"
        if self.head.is_dirty:
            return f"files differ from their commit now, and {run.id} is of {run.git_commit[:12]}"
        return ""

    def why_untrue(self, run: Run) -> str:
        """Why a run's result is not what was recorded; "" where it is, or is a published one."""
        folder = self.project / run.folder
        if run.id == BUILDS or self.is_made_up:
            return ""
        if not (folder / RESULT_FILE).is_file():
            is_there = has_published(self.project, run.id)
            return "" if is_there else f"the result of {run.id} is not there any more"
        try:
            digest_of(folder)
        except UsageError as error:
            return f"{run.id}: {error.message}"
        return ""

    def evidence(self, run: Run) -> Evidence:
        """All that is to know of a run that a gate is judged by."""
        commit = run.git_commit
        behind = self._git("rev-list", "--count", f"{commit}..HEAD") if commit else None
        digest = None
        if (self.project / run.folder / DIGEST_FILE).is_file() and not self.why_untrue(run):
            digest = digest_of(self.project / run.folder)
        return Evidence(
            run=run.id,
            started=run.started,
            age_days=self.age_days(run),
            git_commit=commit,
            git_parent=None if commit is None else self.parent(commit),
            git_is_dirty=run.git_is_dirty,
            commits_behind=int(behind) if behind else None,
            machine_class=run.machine_class,
            digest=digest,
        )

    def _git(self, *words: str) -> str | None:
        """What git says; None where it says no, or there is none."""
        if words not in self._said:
            try:
                done = run_git(self.project, *words, timeout_s=GIT_TIMEOUT_S)
            except (EnvironmentFailed, ToolMissing):
                self._said[words] = None
            else:
                self._said[words] = done.stdout.strip() if done.returncode == 0 else None
        return self._said[words]
