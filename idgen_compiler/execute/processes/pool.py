"""Worker processes of this machine: how many run at once follows from its memory, and what dies is done again."""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

from idgen_compiler.errors import PlaceError
from idgen_compiler.execute.named import error_of, name_of, warning_of
from idgen_compiler.execute.place import Needs, Told
from idgen_compiler.execute.processes.devices import seen_by
from idgen_compiler.execute.processes.piece import Piece, State, due
from idgen_compiler.execute.processes.process import Worker
from idgen_compiler.execute.processes.room import cores_here, memory_left

__all__ = ["Processes"]

SHARE = 0.9
"""Of the memory that is free so much is given to workers."""

MOST_DEATHS = 3
"""So many workers may die of one piece of work."""

AFTER = 0.3
"""Seconds before the first workers are started: what is done sooner needs none."""

_KILLED = -9


class Processes:
    """Worker processes of this machine, each with its own interpreter and, unless told, one thread.

    workers: at most so many; one a core, or one a GPU.  threads: of each.  memory: bytes for all; nine tenths of what
    is free when work begins.  Within `with Processes() as place:` they stay up from one fit to the next.

    >>> from math import gcd
    >>> with Processes(workers=1) as place:
    ...     one = place.submit(gcd, 12, 18)
    ...     place.result(place.submit(gcd, one, 4))
    2
    """

    far = False

    def __init__(
        self,
        workers: int | None = None,
        *,
        threads: int = 1,
        memory: int | None = None,
        devices: Sequence[str] = (),
    ) -> None:
        for name, value in (("workers", workers), ("threads", threads), ("memory", memory)):
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
                raise PlaceError(f"{name} is {value!r:.80}; give a whole number from 1")
        self.workers, self.threads, self.memory, self.devices = workers, threads, memory, tuple(devices)
        self._warm, self._shared, self._depth = "", self.devices, 0
        self._room: int | None = None
        self._crew: list[Worker] = []
        self._pieces: dict[int, Piece] = {}
        self._numbers, self._told = count(), deque[tuple[Piece, Any]]()
        self._changed = threading.Condition(threading.RLock())
        self._soon: threading.Timer | None = None  #: until then nobody is hired
        self._news = False  #: whether something changed since the last look
        self._failures = 0
        self._fails: PlaceError | None = None  #: why no worker comes up

    # -- the crew -------------------------------------------------------------------------------------------------

    @contextmanager
    def opened(self, warm: str, devices: Sequence[str] = ()) -> Iterator[None]:
        """See `Workers`."""
        self._warm = warm
        self._shared = self.devices or tuple(devices)
        with self._kept():
            before = next(self._numbers)
            try:
                yield
            finally:
                self._cancel(lambda piece: piece.number > before)

    def __enter__(self) -> Processes:
        self._keeping = self._kept()
        self._keeping.__enter__()
        return self

    def __exit__(self, *raised: Any) -> None:
        self._keeping.__exit__(*raised)

    @contextmanager
    def _kept(self) -> Iterator[None]:
        """While this lasts workers that have nothing to do stay up."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if not self._depth:
                self._cancel(lambda _: True)
                with self._changed:
                    crew, self._crew = self._crew, []
                    if self._soon is not None:
                        self._soon.cancel()
                    self._soon = None
                for worker in crew:
                    worker.stop(at_once=not worker.ready)
                for worker in crew:
                    worker.gone()

    def start(self, warm: str = "") -> None:
        """Start all workers, and wait until they are up."""
        self._warm = warm or self._warm
        with self._changed:
            while len(self._crew) < self.most and self._fails is None:
                self._hire()
            while self._fails is None and not all(worker.ready for worker in self._crew):
                self._changed.wait()
            if self._fails is not None:
                raise self._fails

    @property
    def most(self) -> int:
        """How many workers there are at most."""
        return self.workers or len(self._shared) or max(1, cores_here() // self.threads)

    @property
    def ready(self) -> bool:
        """See `Workers`."""
        return any(worker.ready for worker in self._crew)

    # -- work -----------------------------------------------------------------------------------------------------

    def submit(self, work: Callable[..., Any], *arguments: Any, needs: Needs = Needs()) -> Piece:
        """See `Workers`.  Raises PlaceError for a function that another process cannot import."""
        if not self._depth:
            raise PlaceError("no workers are up; submit work within `with Processes() as place:`")
        piece = Piece(next(self._numbers), name_of(work), arguments, needs, needs.memory)
        with self._changed:
            self._pieces[piece.number] = piece
            self._fail_dependents()
            if self._crew or self._soon is not None:
                self._dispatch()
            else:
                self._soon = threading.Timer(AFTER, self._begin)
                self._soon.daemon = True
                self._soon.start()
        return piece

    def _begin(self) -> None:
        """Start the first workers, if there is something to do."""
        with self._changed:
            if self._soon is not None:
                self._dispatch(hire=True)
                self._soon = None

    def withdraw(self, reference: Piece) -> bool:
        """See `Workers`."""
        with self._changed:
            if reference.state is State.WAITING:
                reference.state = State.WITHDRAWN
                self._pieces.pop(reference.number, None)
            return reference.state is State.WITHDRAWN

    def is_over(self, reference: Piece) -> bool:
        """See `Workers`."""
        return reference.state is State.OVER

    def result(self, reference: Piece) -> Any:
        """What the work gave.  Raises what it raised, and PlaceError where workers died of it again and again."""
        while not self.is_over(reference):
            self.watch(lambda *_: None)
        if reference.error is not None:
            raise reference.error
        return reference.result

    def watch(self, told: Told, seconds: float | None = None) -> None:
        """See `Workers`.  Raises PlaceError where no worker comes up."""
        end = None if seconds is None else time.monotonic() + seconds
        with self._changed:
            while not self._told and self._fails is None and not self._news:
                left = None if end is None else end - time.monotonic()
                if left is not None and left <= 0:
                    break
                self._changed.wait(left)
            self._news = False
        while self._told:
            piece, event = self._told.popleft()
            if isinstance(event, Warning):
                warnings.warn(event, stacklevel=2)
            else:
                told(piece, event)
        if self._fails is not None:
            raise self._fails

    # -- what follows is called with `_changed` held, or takes it -------------------------------------------------

    def _dispatch(self, hire: bool = False) -> None:
        """Give idle workers what is due, and start workers while there is more to do."""
        pieces = self._pieces.values()
        if not any(piece.state is State.RUNNING for piece in pieces):
            left = memory_left()
            self._room = self.memory or (None if left is None else int(SHARE * left))
        waiting = sum(piece.state is State.WAITING for piece in pieces)
        for worker in self._crew:
            if worker.ready and worker.piece < 0 and (piece := due(pieces, self._room)) is not None:
                piece.state, worker.piece = State.RUNNING, piece.number
                worker.send({"piece": piece.number, "work": piece.work, "arguments": piece.values})
                waiting -= 1
        if not (self._crew or hire) and self._soon is not None:
            return
        idle = sum(worker.piece < 0 for worker in self._crew)
        for _ in range(min(waiting - idle, self._useful() - len(self._crew))):
            self._hire()

    def _useful(self) -> int:
        """How many workers can be at work at once: no more than have room beside each other."""
        needs = [piece.memory for piece in self._pieces.values() if piece.state is State.WAITING and piece.memory]
        if self._room is None or not needs:
            return self.most
        return min(self.most, max(1, self._room // min(needs)))

    def _hire(self) -> None:
        taken = {worker.number for worker in self._crew}
        number = next(n for n in count() if n not in taken)
        device = seen_by(number, self._shared, os.environ.get("CUDA_VISIBLE_DEVICES"))
        self._crew.append(Worker(number, self.threads, self._warm, device, self._heard, self._ended))

    def _heard(self, worker: Worker, said: Mapping[str, Any]) -> None:
        """A worker said something; called from the thread that listens to it."""
        with self._changed:
            piece = self._pieces.get(said.get("piece", -1))
            if "ready" in said:
                worker.ready, self._failures = True, 0
            elif piece is None or piece.state is not State.RUNNING:
                pass
            elif "event" in said:
                self._told.append((piece, said["event"]))
            elif "warning" in said:
                self._told.append((piece, warning_of(*said["warning"])))
            else:
                error = said.get("error")
                piece.end(said.get("result"), error and error_of(error, str(worker)))
            if "event" not in said and "warning" not in said:
                worker.piece = -1 if piece is None or piece.state is State.OVER else worker.piece
                self._fail_dependents()
                self._dispatch()
                self._news = True
            self._changed.notify_all()

    def _fail_dependents(self) -> None:
        """What rests on work that failed fails with it."""
        for piece in self._pieces.values():
            failed = next((each.error for each in piece.rests_on if each.error is not None), None)
            if piece.state is State.WAITING and failed is not None:
                piece.end(error=failed)

    def _ended(self, worker: Worker, code: int) -> None:
        """A worker is no more; called from the thread that listened to it."""
        with self._changed:
            if worker not in self._crew:  # it was stopped
                return
            self._crew.remove(worker)
            piece = self._pieces.get(worker.piece)
            if piece is not None and piece.state is State.RUNNING:
                self._died(piece, code)
            elif not worker.ready:
                self._failures += 1
                if self._failures >= MOST_DEATHS:
                    self._fails = PlaceError(
                        f"worker processes end before they begin ({_reason(code)}); stderr says more; use place='here'"
                    )
            if self._depth:
                self._dispatch()
            self._news = True
            self._changed.notify_all()

    def _died(self, piece: Piece, code: int) -> None:
        """A worker died of a piece of work, which waits again, alone where it was killed for want of memory."""
        piece.deaths += 1
        if piece.deaths >= MOST_DEATHS:
            title = piece.needs.title or piece.work
            piece.end(
                error=PlaceError(
                    f"{title} made its worker process die {piece.deaths} times ({_reason(code)}); give fewer workers "
                    "or smaller batches, or use place='here', which shows where it dies"
                )
            )
            self._fail_dependents()
            return
        piece.state = State.WAITING
        if code == _KILLED:  # as the system does where memory ends
            piece.memory = max(2 * piece.memory, self._room or 0)
        self._told.append((piece, {"again": piece.deaths}))

    def _cancel(self, which: Callable[[Piece], bool]) -> None:
        """Forget work, and stop the workers that are at it."""
        with self._changed:
            gone = {piece.number for piece in self._pieces.values() if which(piece)}
            busy = [worker for worker in self._crew if worker.piece in gone]
            self._crew = [worker for worker in self._crew if worker not in busy]
            self._pieces = {number: piece for number, piece in self._pieces.items() if number not in gone}
            self._told = deque((piece, event) for piece, event in self._told if piece.number not in gone)
            self._changed.notify_all()
        for worker in busy:
            worker.stop(at_once=True)
        for worker in busy:
            worker.gone()


def _reason(code: int) -> str:
    if code == _KILLED:
        return "killed by signal 9, as where memory ends"
    return f"killed by signal {-code}" if code < 0 else f"exit code {code}"
