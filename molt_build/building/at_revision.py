"""A session for the project as it was at a revision, in a worktree of that commit.

Its manifests and sources are those of then; the store is the same as now.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from molt_build.building.opening import open_session
from molt_build.building.session import Session
from molt_build.errors import ManifestError, UsageError
from molt_build.sources.revisions import at_commit, find_commit
from molt_build.watch import Watch


@contextmanager
def session_at(
    session: Session, revision: str, jobs: int, watch: Watch
) -> Iterator[tuple[Session, str]]:
    """The session of then, and the full id of its commit.

    Raises `UsageError` where there is no such revision, or its manifests are not valid now.
    """
    watch.phase(f"checking out {revision}", 1)
    commit = find_commit(session.project, revision)
    folder = at_commit(session.project, commit, session.flights)
    watch.step()
    with ExitStack() as at_end:
        try:
            then = at_end.enter_context(open_session(folder, watch.note, jobs=jobs))
        except ManifestError as error:
            lines = error.message.splitlines()
            more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
            message = f"the manifests at {revision} are not valid now: {lines[0]}{more}"
            raise UsageError(message, error.hint) from None
        yield then, commit
