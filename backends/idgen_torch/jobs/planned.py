"""What a fit would do with a store, without doing it: what is there, what is new and how long that may take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from idgen_compiler.data.schema import Schema
from idgen_compiler.execute import execute
from idgen_compiler.ir.operations import Operation, Realize, Sample, Train
from idgen_compiler.store import Artefact
from idgen_torch.running.choices import Choice
from idgen_torch.running.files.artefacts import CHOICE, DATA, MODEL, VERDICT, NotMade
from idgen_torch.running.files.stale import nearest
from idgen_torch.running.fitting import Fitting
from idgen_torch.running.plan import label_of, rows_label

__all__ = ["Planned", "Planning", "Step"]


@dataclass(frozen=True)
class Step:
    """A model to be trained or rows to be drawn: whether it is there; if not, how long that may take, where known.

    why: what differs from one of the same name that is in the store; empty where there is none.
    """

    operation: str
    title: str
    there: bool
    seconds: float | None = None
    why: str = ""

    def __str__(self) -> str:
        if self.there:
            return f"in the store  {self.title}"
        time = "" if self.seconds is None else f"  about {_time(self.seconds)}"
        return f"new           {self.title}{time}{f'  ({self.why})' if self.why else ''}"


@dataclass(frozen=True)
class Planned:
    """What a fit would take from a store, and what it would make; prints as a list."""

    steps: tuple[Step, ...]
    undecided: str = ""  #: why ways are not chosen yet

    @property
    def new(self) -> tuple[Step, ...]:
        """What would be made."""
        return tuple(step for step in self.steps if not step.there)

    @property
    def seconds(self) -> float | None:
        """How long that may take; None where that is not known of some."""
        known = [step.seconds for step in self.new if step.seconds is not None]
        return sum(known) if len(known) == len(self.new) else None

    def __str__(self) -> str:
        lines = [str(step) for step in self.steps]
        known = sum(step.seconds or 0.0 for step in self.new)
        least = "" if self.seconds is not None else "at least "
        time = f", {least}about {_time(known)}" if self.new and known else ""
        end = f"{len(self.new)} new of {len(self.steps)}{time}"
        return "\n".join([*lines, end, *([self.undecided] if self.undecided else [])])


class _Missing:
    """What stands for a value that is not there."""


_MISSING = _Missing()


class Planning(Fitting):
    """How operations would be realized: what the store has is read, what it lacks is noted."""

    _steps: dict[str, Step] | None = None  #: operation -> what becomes of it; None while ways are being chosen

    def plan(self, choices: Sequence[Choice], undecided: str = "") -> Planned:
        """The steps of the program whose laws are realized as chosen; in their first way where nobody chose yet."""
        self._steps = steps = dict[str, Step]()
        taken = self.program.realized({choice.operation: choice.chosen for choice in choices})
        self.program = taken
        self._begin(taken)
        execute(taken, self)
        return Planned(tuple(steps.values()), undecided)

    def realize(self, op: Operation, values: Mapping[str, Any]) -> Any:
        """The value of one operation as the store has it, or what stands for one that is not there."""
        steps = self._steps
        if steps is None:
            return super().realize(op, values)
        if any(value is _MISSING for value in values.values()):
            if not isinstance(op, Sample):
                self._note(steps, op, None)
            return _MISSING
        try:
            value = None if isinstance(op, Sample) else super().realize(op, values)
        except NotMade as missing:
            self._note(steps, op, missing)
            return _MISSING
        if isinstance(op, Train | Realize) and op.result not in self._brought:
            steps[op.result] = Step(op.result, _title(op), True)
        return value

    def _note(self, steps: dict[str, Step], op: Operation, missing: NotMade | None) -> None:
        artefacts = self._trainer.artefacts
        if not isinstance(op, Train | Realize) or artefacts is None or op.result in self._brought:
            return
        title = _title(op)
        if missing is not None and missing.kind == VERDICT:
            steps[op.result] = Step(op.result, f"{title}, to be held against its rows", False)
            return
        alike = _alike(self._records, op, self._schema)
        why = ""
        if missing is not None and isinstance(op, Train):
            named = [artefact for artefact in alike if artefact.title == title]
            why = _differs(*self._beside(missing, named))
        rows = self._observed.count * (
            1 if getattr(op, "data", "") == self.program.observe.result else self.settings.rows_factor
        )
        steps[op.result] = Step(op.result, title, False, _seconds(alike, rows), why)

    @cached_property
    def _records(self) -> tuple[Artefact, ...]:
        """What the store has."""
        artefacts = self._trainer.artefacts
        return () if artefacts is None else tuple(artefacts.store.artefacts())

    def _beside(self, missing: NotMade, models: Sequence[Artefact]) -> tuple[Sequence[Artefact], Mapping[str, Any]]:
        """What a missing thing is held beside: the models of its name, or choices of a family, each with its seed.

        A choice itself has no seed, since rows alone decide; what is trained once it is made has that of the fit.
        """
        if missing.kind != CHOICE:
            return models, missing.depends
        seeds = [artefact.depends.get("seed") for artefact in models]
        chosen = [each for each in self._records if (each.kind, each.title) == (CHOICE, missing.title)]
        seeded = [replace(each, depends={**each.depends, "seed": seed}) for each in chosen for seed in seeds]
        return seeded, {**missing.depends, "seed": self.settings.seed}


def _title(op: Train | Realize) -> str:
    return label_of(op) if isinstance(op, Train) else rows_label(op)


def _alike(records: Sequence[Artefact], op: Train | Realize, schema: Schema) -> list[Artefact]:
    """Those of the same kind that were made of as many parts of the same forms."""
    if isinstance(op, Realize):
        return [a for a in records if a.kind == DATA and a.title == _title(op)]
    shape = (
        sorted(part.form.word for part in schema.parts(*op.targets)),
        sorted(part.form.word for part in schema.parts(*op.inputs)),
    )
    return [a for a in records if a.kind == MODEL and _shape(a) == shape]


def _shape(artefact: Artefact) -> tuple[list[str], list[str]]:
    task = artefact.depends.get("task", {})
    forms = ([_form(part) for part in task.get(side, ())] for side in ("targets", "inputs"))
    targets, inputs = map(sorted, forms)
    return targets, inputs


def _form(part: Mapping[str, Any]) -> str:
    if "length" in part:
        return "a text"
    if "shape" in part:
        return "an image"
    return "discrete" if "size" in part else "real"


def _seconds(alike: Sequence[Artefact], rows: float) -> float | None:
    """What those took, by the row: the median."""
    rates = []
    for artefact in alike:
        count = artefact.depends.get("task", artefact.depends).get("count", artefact.depends.get("rows"))
        if isinstance(count, int) and count > 0:
            rates.append(artefact.seconds / count)
    return sorted(rates)[len(rates) // 2] * rows if rates else None


def _differs(before: Sequence[Artefact], now: Mapping[str, Any]) -> str:
    """In what the nearest artefact of the same name differs from what is asked for; empty where there is none."""
    if not before:
        return ""
    told, made = nearest(before, now)
    return f"the one of {made} is of {', '.join(told) or 'something else'}"


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
