"""What a user asks the mean, the share or the quantile of, read and checked against the sampler's outcomes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.kinds.times.duration import Duration
from idgen_compiler.data.kinds.times.measured import Measured
from idgen_compiler.errors import DataError, ModelWarning
from idgen_compiler.estimates.answers import Answering
from idgen_compiler.estimates.measures import SHARE, Functional, Measure, over_labels
from idgen_compiler.estimates.questions.events import known_outcome, read_event, share_of
from idgen_compiler.forms.query import written
from idgen_compiler.forms.shown import cut
from idgen_compiler.forms.spelling import NAME, composed, read_spelling, spelled
from idgen_compiler.hinge.question import query_of, sampler_of, stated_values
from idgen_compiler.hinge.samples import Samples
from idgen_compiler.ir.program import Program
from idgen_compiler.query import Query
from idgen_compiler.warning import overheard, quietly, warn_user

__all__ = ["Point", "Quantile", "functional_of", "read", "told_of"]

PROBES = 251
"""Samples by which a question is tried before it is answered; a prime, which no column of values has by accident."""

MOST_CELLS = 10_000
"""Over more combinations of labels nobody looks for the least and the largest value of a function."""

_MEAN = re.compile(rf"E\[\s*({NAME})\s*\]")
_QUANTILE = re.compile(rf"q(\d*\.?\d+(?:[eE]-?\d+)?)\(\s*({NAME})\s*\)")


@dataclass(frozen=True, eq=False)
class Quantile:
    """The q-quantile of an outcome, q between 0 and 1."""

    column: str
    q: float

    @property
    def name(self) -> str:
        """As it is asked for."""
        return f"q{self.q:g}({spelled(self.column)})"


@dataclass(frozen=True, eq=False)
class Point:
    """Where something is asked: values of treatments and conditions of one query of a sampler."""

    do: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    query: str | None = None

    tried: dict[int, Samples] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls, program: Program, do: Any, given: Any, query: Query | str | None = None, *, stated: bool = True
    ) -> Point:
        """The point of a call's arguments; values that the query states hold where they say nothing.

        Without `stated` that is so of conditions alone.

        Raises DataError for what is no mapping, and for a query that the program does not answer.
        """
        values: dict[str, dict[str, Any]] = {}
        for role, held in (("do", do), ("given", given)):
            if held is not None and not isinstance(held, Mapping):
                raise DataError(f"{role} is {held!r:.60}; give a mapping from variables to values, as {{'X': 1}}")
            values[role] = {composed(str(name)): value for name, value in (held or {}).items()}
        asked = query_of(program, sampler_of(program, query))
        for name, value in stated_values(program, query).items():
            role = "do" if name in asked.treatments else "given"
            if name in asked.inputs and not any(name in held for held in values.values()) and (stated or role != "do"):
                values[role][name] = value
        return cls(values["do"], values["given"], None if query is None else str(query))

    def measure(self, functional: Functional) -> Measure:
        """The mean of a functional here."""
        return Measure(functional, self.do, self.given, self.query)

    def probed(self, sampler: Answering, n: int = PROBES, seed: int = 0) -> Samples:
        """Some samples here.  Raises DataError, as `sample` does, for a question that makes no sense."""
        if n not in self.tried:
            with quietly(), overheard() as said:
                if n <= PROBES:
                    self.tried[n] = sampler.tried(n, self.do, self.given, self.query)
                else:
                    self.tried[n] = sampler.sample(n, do=self.do, given=self.given, seed=seed, query=self.query)
            for category, text in said:
                if not issubclass(category, ModelWarning):  # of draws, of which the answer may not be made
                    warn_user(text, category)
        return self.tried[n]

    def told(self, inner: str) -> str:
        """`E[Y | do(X=1), Z=0]` of `Y`."""
        do = ", ".join(f"{spelled(name)}={cut(value, written)}" for name, value in self.do.items())
        given = [f"{spelled(name)}={cut(value, written)}" for name, value in self.given.items()]
        right = ", ".join([f"do({do})"] * bool(do) + given)
        return f"{inner} | {right}" if right else inner


def told_of(asked: Functional | Quantile, point: Point) -> str:
    """What an estimate is of, in the notation of the field.

    >>> told_of(Functional("Y", lambda samples: samples["Y"]), Point({"X": 1}))
    'E[Y | do(X=1)]'
    """
    if isinstance(asked, Quantile):
        return f"q{asked.q:g}({point.told(spelled(asked.column))})"
    inner = re.fullmatch(r"P\((.*)\)", asked.name)
    return f"P({point.told(inner[1])})" if inner else f"E[{point.told(asked.name)}]"


def read(f: Any, sampler: Answering, point: Point) -> Functional | Quantile:
    """What one item of a user's question asks for, at a point.

    Raises DataError for what is no outcome, a column whose mean is none, a label that the outcome does not have, and
    whatever a function does wrong.
    """
    known = sampler_of(sampler.program, point.query).network.outputs
    samples = point.probed(sampler)
    if isinstance(f, Functional):
        asked = f
    elif isinstance(f, tuple) and len(f) == 2 and isinstance(f[0], str):
        asked = share_of({known_outcome(f[0], known): f[1]}, sampler, samples)
    elif isinstance(f, str):
        found = _text(f, known, sampler, samples)
        if isinstance(found, Quantile):
            _check_numbers(found.column, samples[found.column], "quantiles", sampler)
            return found
        asked = found
    elif callable(f):
        name = getattr(f, "__name__", type(f).__name__)
        asked = Functional("f" if name == "<lambda>" else str(name), f)
    else:
        raise DataError(
            f"{cut(f)} cannot be averaged; give an outcome such as {known[0]!r}, a pair ({known[0]!r}, label) for the "
            "share of a label, 'q0.5(Y)' for a quantile, or a function of samples"
        )
    asked.of(samples)
    if asked.ends is not None:
        return asked
    if np.asarray(asked.function(samples)).dtype.kind == "b":
        return replace(asked, ends=SHARE)
    return replace(asked, ends=_ends(asked, sampler, asked.columns or known))


def _ends(asked: Functional, sampler: Answering, names: tuple[str, ...]) -> tuple[float, float] | None:
    """The least and the largest value over all labels of the outcomes; None where these are none, or too many."""
    try:
        labels = {name: sampler.labels_of(name) for name in names}
        if not 1 < prod(map(len, labels.values())) <= MOST_CELLS:
            return None
        found = asked.of(over_labels(labels))
    except DataError:  # no labels, or a function of none but the combinations that are seen
        return None
    low, high = float(found.min()), float(found.max())
    return (low, high) if low < high else None


def functional_of(name: str, values: Array | None = None, sampler: Answering | None = None) -> Functional:
    """The mean of a column.  Raises DataError, with the remedy, where the column's `values` are no numbers."""
    if values is not None:
        _check_numbers(name, values, "mean", sampler)
    return Functional(spelled(name), lambda samples: samples[name], (name,), meaning=("mean", name))


def _text(text: str, known: tuple[str, ...], sampler: Answering, samples: Samples) -> Functional | Quantile:
    plain = text.strip()
    if composed(text) in known:
        return functional_of(composed(text), samples[text], sampler)
    if found := _MEAN.fullmatch(plain):
        name = known_outcome(read_spelling(found[1]), known)
        return functional_of(name, samples[name], sampler)
    if found := _QUANTILE.fullmatch(plain):
        if not 0 < float(found[1]) < 1:
            raise DataError(f"{plain} asks for the quantile {found[1]}; give a number between 0 and 1")
        return Quantile(known_outcome(read_spelling(found[2]), known), float(found[1]))
    return read_event(plain, known, sampler, samples) or functional_of(known_outcome(text, known), None)


def _check_numbers(name: str, values: Array, what: str, sampler: Answering | None) -> None:
    """Raise DataError, with the remedy, for a column that has no `what`: mean or quantiles."""
    if values.ndim > 1 or values.dtype.names:
        raise DataError(f"{name} holds arrays or several fields; give a function that makes a number of each sample")
    kind = None if sampler is None else sampler.kind_of(name)
    if values.dtype.kind in "mM" or isinstance(kind, Measured):
        remedy = f"ask for a share, as 'P({spelled(name)} <= ...)', or draw samples and sort them"
        if what != "quantiles":
            since = "" if isinstance(kind, Duration) or values.dtype.kind == "m" else " - np.datetime64('2000-01-01')"
            days = f"samples[{name!r}].astype('{'M' if since else 'm'}8[s]'){since}"
            remedy = (
                f"give a function that makes a number of each, as lambda samples: ({days}) / np.timedelta64(1, 'D')"
            )
        raise DataError(f"{name} holds dates or durations, which have no {what} here; {remedy}")
    try:
        Functional(name, lambda samples: samples[name]).of(Samples({name: values}))
    except DataError:
        label = values[:1].tolist()[0] if values.size else "label"
        raise DataError(
            f"{name} holds labels, which have no {what}; ask for a share, as ({name!r}, {label!r:.40}) or "
            f"'P({spelled(name)}={cut(label, written)})', or for all by estimate_law({name!r})"
        ) from None
