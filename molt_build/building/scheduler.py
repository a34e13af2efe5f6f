"""What each job of a build does next: begin a program, or go on with one that was postponed.

A program whose next action another build executes at this moment is postponed, and the job begins
another one. So builds that want the same share the work instead of queueing for each action in
turn. A job that met another build so also goes on at another place of the list, drawn by lot: where
that build is, it would meet it again at the next program. A build that meets nobody keeps to the
order of the list.

When all are begun, a job takes the postponed program that may go on soonest and sleeps until then.
"""

from __future__ import annotations

import heapq
import queue
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from molt_build.building.pipeline import Pipeline, Postponing


@dataclass(order=True)
class _Postponed:
    """A program that was begun, and when to look at it again (of `time.monotonic()`, seconds)."""

    due_s: float
    number: int  # of equals, who was postponed first
    pipeline: Pipeline = field(compare=False)
    steps: Postponing = field(compare=False)
    thread: int = field(compare=False)  # that looked at it last


class Scheduler:
    """The programs of one build, for as many jobs as call `work`, each in a thread of its own.

    `pause` sleeps; it returns True when the build is being ended.
    """

    def __init__(self, pipelines: Sequence[Pipeline], pause: Callable[[float], bool]) -> None:
        self._pause = pause
        self._lock = threading.Lock()
        self._fresh = deque(pipelines)
        self._postponed: list[_Postponed] = []
        self._postponements = 0
        self._is_dropped = False
        self._left = len(pipelines)
        self._ended: queue.SimpleQueue[Pipeline | BaseException] = queue.SimpleQueue()

    def work(self) -> None:
        """Go on with programs until none is left to take up; raises nothing."""
        last: _Postponed | None = None
        try:
            while True:
                with self._lock:
                    fresh = self._fresh.popleft() if self._fresh else None
                    again = (
                        heapq.heappop(self._postponed) if not fresh and self._postponed else None
                    )
                if fresh is not None:
                    last = self._go_on(fresh, fresh.run(), None)
                elif again is not None:
                    began_ns = time.monotonic_ns()
                    is_over = self._pause(max(0.0, again.due_s - time.monotonic()))
                    if is_over:
                        again.steps.close()
                    elif again is last and again.thread == threading.get_ident():
                        last = self._go_on(again.pipeline, again.steps, None)
                    else:
                        last = self._go_on(again.pipeline, again.steps, began_ns)
                else:
                    return
        except BaseException as error:  # not a program's failure: whoever waits must hear of it
            self._ended.put(error)

    def as_they_end(self) -> Iterator[Pipeline]:
        """Each program when it has ended; raises what a job met that is no program's failure."""
        while self._left:
            ended = self._ended.get()
            if isinstance(ended, BaseException):
                raise ended
            self._left -= 1
            yield ended

    def drop(self) -> None:
        """Begin no more programs, and go on with none that is postponed."""
        with self._lock:
            self._is_dropped = True
            self._fresh.clear()
            postponed, self._postponed = self._postponed, []
        for one in postponed:
            one.steps.close()

    def _go_on(
        self, pipeline: Pipeline, steps: Postponing, since_ns: int | None
    ) -> _Postponed | None:
        """One stretch of a program: to its end (None), or until it is postponed."""
        try:
            nap_s = steps.send(since_ns)
        except StopIteration:
            self._ended.put(pipeline)
            return None
        with self._lock:
            self._postponements += 1
            due_s, thread = time.monotonic() + nap_s, threading.get_ident()
            postponed = _Postponed(due_s, self._postponements, pipeline, steps, thread)
            if not self._is_dropped:
                heapq.heappush(self._postponed, postponed)
                if self._fresh:
                    self._fresh.rotate(random.randrange(len(self._fresh)))
                return postponed
        steps.close()
        return None
