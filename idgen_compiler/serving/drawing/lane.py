"""The lane of a sampler: one thread that draws for all clients in turn, a piece each.

A client whose answer is long gets its next piece after everybody else has had one, and only when it has taken the last
one, so that a slow client holds up nobody and at most one piece of each answer is in memory. What can be drawn
together is (see `together`). There is room for so many answers; who comes when there is none is told to come again.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from idgen_compiler.errors import IdgenError
from idgen_compiler.serving.drawing.job import Chunk, Job
from idgen_compiler.serving.drawing.together import MOST_ROWS, joins
from idgen_compiler.serving.limits import Limits

__all__ = ["Busy", "Lane", "Late", "Seen"]

_LOOK = 0.5
"""Every so many seconds answers that nobody takes are looked for."""

_MOST_RETRY = 60


class Busy(IdgenError):
    """There is no room; `retry_after` says in how many seconds there may be."""

    def __init__(self, waiting: int, retry_after: int) -> None:
        super().__init__(f"{waiting} requests are being answered, as many as there is room for; come again later")
        self.retry_after = retry_after


class Late(IdgenError):
    """A request took longer than the limit allows."""


@dataclass(frozen=True)
class Seen:
    """What a lane tells of one turn: how many requests were answered by one draw, and its seconds."""

    requests: int
    seconds: float


class Lane:
    """Draws for many; made and closed in any thread, jobs are submitted from event loops."""

    def __init__(self, limits: Limits, seen: Callable[[Seen], None] = lambda seen: None) -> None:
        self.limits = limits
        self._seen = seen
        self._ready: deque[Job] = deque()
        self._jobs: set[Job] = set()
        self._changed = threading.Condition()
        self._closed = False
        self._pace = 0.01  # seconds that an answer takes, averaged
        self._thread = threading.Thread(target=self._run, name="idgen-lane", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many requests are waiting or being answered."""
        return len(self._jobs)

    @property
    def alive(self) -> bool:
        """Whether there is anybody to draw."""
        return self._thread.is_alive() and not self._closed

    def submit(self, job: Job) -> None:
        """Put a job in the lane.  Raises Busy where there is no room."""
        with self._changed:
            if self._closed or len(self._jobs) >= self.limits.queue:
                raise Busy(len(self._jobs), self._retry_after())
            job.wanted = self._put
            self._jobs.add(job)
            self._ready.append(job)
            self._changed.notify()

    def _retry_after(self) -> int:
        return min(max(math.ceil(self._pace * len(self._jobs)), 1), _MOST_RETRY)

    def leave(self, job: Job) -> None:
        """Nobody takes the job's answer any more: it is stopped after the piece that is being drawn."""
        with self._changed:
            job.gone = True
            self._jobs.discard(job)
            if job in self._ready:
                self._ready.remove(job)
                job.drop()
            elif job.idle_since is not None:  # the lane is not at it
                job.drop()

    def close(self) -> None:
        """Stop the thread; what waits is told."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(timeout=self.limits.drain)

    def _put(self, job: Job) -> None:
        with self._changed:
            job.idle_since = None
            if not job.gone:
                self._ready.append(job)
                self._changed.notify()

    # -- the thread -------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            jobs = self._next()
            if jobs is None:
                return
            start = time.monotonic()
            try:
                self._turn(jobs)
            except Exception as error:  # noqa: BLE001 - a fault of one turn is none of the next
                for job in jobs:
                    self._end(job, error)
            seconds = time.monotonic() - start
            self._pace += 0.1 * (seconds / len(jobs) - self._pace)
            self._seen(Seen(len(jobs), seconds))

    def _next(self) -> Sequence[Job] | None:
        """The job whose turn it is, with those that are drawn with it; None at the end."""
        with self._changed:
            while not self._closed:
                self._sweep()
                if self._ready:
                    return self._joined(self._ready.popleft())
                self._changed.wait(_LOOK)
            for job in list(self._jobs):
                job.deliver(Busy(0, 1))
            self._jobs.clear()
            return None

    def _joined(self, first: Job) -> Sequence[Job]:
        if first.begun or not joins(first.asked):
            return [first]
        found, rows, rest = [first], first.asked.n, deque[Job]()
        for job in self._ready:
            alike = not job.begun and job.sampler is first.sampler and joins(job.asked)
            if alike and job.asked.structure == first.asked.structure and rows + job.asked.n <= MOST_ROWS:
                found.append(job)
                rows += job.asked.n
            else:
                rest.append(job)
        self._ready = rest
        return found

    def _turn(self, jobs: Sequence[Job]) -> None:
        """One draw: the next piece of one job, or the whole of several."""
        start = time.monotonic()
        late = [job for job in jobs if not job.begun and start - job.asked_at > self.limits.seconds]
        for job in late:
            self._end(job, Late(f"it waited for its turn longer than {self.limits.seconds:g} s; come again later"))
        jobs = [job for job in jobs if job not in late]
        if len(jobs) == 1:
            self._step(jobs[0], jobs[0].advance)
        elif jobs:
            found = jobs[0].together.draw([job.asked for job in jobs])
            for job, drawn in zip(jobs, found, strict=True):
                self._step(job, partial(job.finished, drawn))

    def _step(self, job: Job, made: Callable[[], Chunk]) -> None:
        """Deliver what is made for a job."""
        start = time.monotonic()
        try:
            chunk = made()
        except Exception as error:  # noqa: BLE001 - a client is told; the lane goes on
            self._end(job, error)
            return
        job.worked += time.monotonic() - start
        if chunk.last:
            self._end(job, chunk)
        elif job.worked > self.limits.seconds:
            self._end(job, Late(f"it took longer than {self.limits.seconds:g} s; ask for fewer rows at a time"))
        else:
            job.deliver(chunk)
        if job.gone:
            job.drop()

    def _end(self, job: Job, found: Chunk | Exception) -> None:
        with self._changed:
            self._jobs.discard(job)
        job.deliver(found)
        job.drop()

    def _sweep(self) -> None:
        """Let go of answers that nobody has taken for long."""
        now = time.monotonic()
        for job in [job for job in self._jobs if job.idle_since is not None]:
            if job.idle_since is not None and now - job.idle_since > self.limits.seconds:
                job.gone = True
                self._jobs.discard(job)
                job.drop()
                if job.task is not None and not job.loop.is_closed():  # which waits for its client
                    job.loop.call_soon_threadsafe(job.task.cancel)
