"""One flight for one key: who waited for an execution that failed shares its failure.

The failure is written beside the lock, under the lock. A waiter takes it only when it is not the
one that lay there before the wait (who comes later tries again, whatever the clocks say), and when
all that it would stage is the same: one lock serves all actions that differ only in what they may
read.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from molt_build.codec import from_plain, to_plain
from molt_build.errors import ActionFailed
from molt_build.plain_files import read_plain
from molt_build.stat_data import Signature, signature
from molt_build.temporary import write_over


@dataclass(frozen=True)
class _Failure:
    inputs: str  # a digest of all that was staged
    message: str
    output: str
    status: str
    was_killed: bool


def share_failure(lock: Path, failure: ActionFailed, inputs: str) -> None:
    """Leave the failure for those who wait for this lock; one that cannot be left is no loss.

    `inputs` is a digest of all that was staged.
    """
    words = (failure.message, failure.output, failure.status)
    shared = _Failure(inputs, *words, failure.was_killed)
    with suppress(OSError):
        write_over(_path(lock), json.dumps(to_plain(shared)))


def last_failure(lock: Path) -> Signature | None:
    """What tells the failure that lies beside the lock from any other; None when there is none."""
    try:
        return signature(_path(lock).lstat())
    except OSError:
        return None


def raise_shared_failure(lock: Path, before: Signature | None, inputs: str) -> None:
    """Raise the failure of the flight that was waited for; return when there was none.

    `before` is what `last_failure` said before the wait, `inputs` a digest of what would be staged.
    """
    if last_failure(lock) in (None, before):
        return
    try:
        failed: _Failure = from_plain(_Failure, json.loads(read_plain(_path(lock))))
    except (OSError, ValueError, RecursionError):
        return
    if failed.inputs == inputs:
        words = (failed.message, failed.output, failed.status)
        raise ActionFailed(*words, was_killed=failed.was_killed)


def _path(lock: Path) -> Path:
    return lock.with_name(lock.name + ".failure")
