"""A fit whose models are trained by workers, ahead of its own walk, which takes them from the store as they come.

The walk is that of any fit with a store: what it finds there it reads, and what is not there it trains. So the results
are those of a fit in one process, in whatever order the workers are done, and what they warned of is said in the
program's order. Until the workers are up, this process trains.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from idgen_compiler.execute import Workers
from idgen_compiler.ir.analysis import needed_by, specialized
from idgen_compiler.ir.operations import Operation, Realize, Train
from idgen_compiler.ir.program import Program
from idgen_compiler.store.files import Files
from idgen_torch.jobs.elsewhere import working
from idgen_torch.jobs.elsewhere.needs import needs_of, needs_of_shares, shares_of
from idgen_torch.jobs.elsewhere.order import Order
from idgen_torch.running.choices import Choice
from idgen_torch.running.fitted import FittedProgram
from idgen_torch.running.fitting import Fitting
from idgen_torch.running.telling import Channels, kept
from idgen_torch.training.progress import Progress

__all__ = ["Ahead"]


class Ahead(Fitting):
    """See the module.  `open` says where workers run, and where the fit lies that they are sent."""

    _place: Workers

    def open(self, place: Workers, files: Files, name: str, channels: Channels) -> None:
        """Hand out work to a place.  files, name: the folder or store, and the name in it, of the fit that was sent."""
        self._place, self._post, self._name, self._channels = place, files, name, channels
        self._sent: dict[str, str] = {}  # program as JSON -> its file
        self._shared: dict[str, list[Any]] = {}  # digest of a law -> the work that draws pieces of its rows
        self._tasks: dict[str, Any] = {}  # digest of an operation -> the work that makes it
        self._told: dict[Any, _Told] = {}  # work -> who is told of it
        self._order: Order | None = None
        self._wanted: frozenset[str] | None = None

    # -- the walk -------------------------------------------------------------------------------------------------

    def run(self, choices: Sequence[Choice]) -> FittedProgram:
        """See `Fitting`."""
        self._wanted = None
        return super().run(choices)

    def _found(self, program: Program, name: str) -> Any:
        self._wanted = needed_by(program.operations, [name])
        return super()._found(program, name)

    def _begin(self, program: Program) -> dict[str, str]:
        made = super()._begin(program)
        operations = [op for op in specialized(program.operations) if self._wanted is None or op.result in self._wanted]
        files = (self._file(self.program), self._file(program))
        looks = self._unseen.cells is None
        self._files = files
        self._order = Order(self.program, operations, made, self._schema, self._brought, self._requested, looks)
        self._hand_out()
        return made

    def realize(self, op: Operation, values: Mapping[str, Any]) -> Any:
        """The value of one operation, once whoever makes it is done; what nobody has begun is made here."""
        order = self._order
        if order is None:
            return super().realize(op, values)
        if self._made_elsewhere(op, order) and isinstance(op, Train) and not order.is_settled(op):
            # Now it is known how many steps others left for it; what a worker has trained so far is in the store.
            self._finish(self._submit(op, order, self._trainer.spare))
        value = super().realize(op, values)
        order.passed(op, self._key(op, value, order))
        self._hand_out()
        return value

    def _made_elsewhere(self, op: Operation, order: Order) -> bool:
        """Wait for the worker that makes an operation; False where none does."""
        task = self._tasks.get(order.laws.get(op.result, ""))
        if task is None or op.result in order.keys:
            return False
        while not self._place.is_over(task):
            if not self._place.ready and self._place.withdraw(task):  # no worker is up yet, and this process is idle
                for name in order.taken_back(op):
                    for each in (self._tasks.pop(order.laws[name]), *self._shared.pop(order.laws[name], ())):
                        self._place.withdraw(each)
                return False
            self._place.watch(self.hear)
            self._raise(order)
        self._finish(task)
        return True

    def _raise(self, order: Order) -> None:
        """Raise what any worker raised, though others may be at work for long."""
        for name in order.handed:
            task = self._tasks[order.laws[name]]
            if self._place.is_over(task):
                self._place.result(task)

    def _finish(self, task: Any) -> None:
        """Wait until work is over.  Raises what it raised."""
        while not self._place.is_over(task):
            self._place.watch(self.hear)
        self._place.watch(self.hear, 0)
        self._place.result(task)

    # -- what is handed out ---------------------------------------------------------------------------------------

    def _hand_out(self) -> None:
        """Submit every operation that workers can make by now."""
        order = self._order
        if order is None:
            return
        for op in order.ready():
            law = order.laws[op.result]
            if law in self._tried:
                order.passed(op, self._key(op, self._tried[law], order))
                continue
            if law not in self._tasks:
                self._tasks[law] = self._submit(op, order)
            order.handed_out(op)

    def _submit(self, op: Train | Realize, order: Order, spare: Mapping[str, int] | None = None) -> Any:
        needs = needs_of(op, self._schema, self._table, self.settings, order.table, self._requested)
        if spare is not None and not any(spare.values()):
            needs = replace(needs, shared=False)  # there is nothing more to train
        before = [] if spare is not None else [self._tasks[order.laws[name]] for name in order.rests_on(op)]
        known = {"keys": dict(order.keys), "told": sorted(self._unseen.told)}
        what = ([self._post.where, self._name], list(self._files), op.result, order.looks)
        shares = shares_of(op, self._schema, self._table, self.settings)
        shared = [
            self._place.submit(working.make, *what, None, list(share), known, *before, needs=own)
            for share, own in zip(shares, needs_of_shares(needs, shares), strict=True)
        ]
        self._shared[order.laws[op.result]] = shared
        left = None if spare is None else dict(spare)
        return self._place.submit(working.make, *what, left, None, known, *before, *shared, needs=needs)

    def _key(self, op: Operation, value: Any, order: Order) -> str | None:
        law = order.laws.get(op.result, "")
        return None if self._keys is None else working.kept_key(op, value, self._keys.known, law)

    def _file(self, program: Program) -> str:
        """The file of a program that workers read."""
        text = program.to_json(None)
        if text not in self._sent:
            self._sent[text] = f"program{len(self._sent)}.json"
            self._post.write(f"{self._name}/{self._sent[text]}", text.encode())
        return self._sent[text]

    def hear(self, task: Any, event: Mapping[str, Any]) -> None:
        """Hand on what a worker tells."""
        if task not in self._told:
            self._told[task] = _Told(self._channels.open())
        self._told[task].hear(event)


class _Told:
    """Who is told of one piece of work; what died is over before it begins again."""

    def __init__(self, listener: Progress) -> None:
        self._listener, self._open = listener, False

    def hear(self, event: Mapping[str, Any]) -> None:
        """What `working` tells, or that the work begins again."""
        if "start" in event:
            self._open = True
            self._listener.start(event["start"], event["total"])
        elif "advance" in event:
            self._listener.advance(math.nan if event["advance"] is None else event["advance"])
        elif self._open:
            self._open = False
            self._listener.done()


class Pumped:
    """Progress of what this process trains itself, which hears between its steps what workers tell."""

    def __init__(self, listener: Progress, pump: Callable[[], None]) -> None:
        self._listener, self._pump = listener, pump

    def kept(self, name: str) -> None:
        """What is called so was taken from the store, where a worker may have put it."""
        kept(self._listener, name)

    def start(self, name: str, total: int) -> None:
        """See `Progress`."""
        self._pump()
        self._listener.start(name, total)

    def advance(self, loss: float) -> None:
        """See `Progress`."""
        self._pump()
        self._listener.advance(loss)

    def done(self) -> None:
        """See `Progress`."""
        self._pump()
        self._listener.done()
