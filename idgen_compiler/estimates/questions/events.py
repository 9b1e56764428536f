"""The share of an event, as it is typed or given as labels: `P(Y=1)`, `P(Y > 2 and M = a)`, ("Y", 1)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from idgen_compiler.errors import DataError, QueryError, near_misses
from idgen_compiler.estimates.answers import Answering
from idgen_compiler.estimates.measures import SHARE, Functional
from idgen_compiler.estimates.questions.compared import Comparison, compared, one_point, typed
from idgen_compiler.estimates.questions.conditions import where_all
from idgen_compiler.estimates.questions.grammar import Part, parts_of
from idgen_compiler.forms.query import written
from idgen_compiler.forms.shown import cut
from idgen_compiler.forms.spelling import QUOTED, composed, spelled
from idgen_compiler.hinge.samples import Samples
from idgen_compiler.query import Query

__all__ = ["known_outcome", "read_event", "share_of"]

_EVENT = re.compile(r"(?P<head>Pr?)\s*\((?P<inner>.*)\)", re.IGNORECASE | re.DOTALL)
_HEAD = re.compile(r"(?:P|Pr|p|E)\s*[(\[]")
_SIGN = re.compile(r"[<>≤≥≠]|!=")
_IN_QUOTES = re.compile(rf"{QUOTED}|'[^'\n]*'")


def read_event(text: str, known: tuple[str, ...], sampler: Answering, samples: Samples) -> Functional | None:
    """The share that a text such as `P(Y=1)` or `P(Y > 2)` asks for; None for a text of another form.

    Raises DataError for what is no outcome, no label of it, or cannot be read.
    """
    if not _HEAD.match(text):
        return None
    found, bare = _EVENT.fullmatch(text), _IN_QUOTES.sub("", text)
    if found is None:
        if _SIGN.search(bare):
            raise DataError(
                f"{text!r:.80} is no share of an event; for that of those for whom a condition holds write P(...), as "
                "'P(Y > 2)', and E[Y] for the mean of an outcome"
            )
        return _stated(text, known, sampler, samples)
    if _SIGN.search(bare) and "|" in bare.replace("||", ""):
        raise _in_do(text)
    try:
        parts, told = parts_of(found["inner"])
    except DataError:
        if _SIGN.search(bare) or re.search(r"\b(?:and|or)\b|&|\|\|", bare, re.IGNORECASE):
            raise
        return _stated(text, known, sampler, samples)
    return _of_parts(parts, told, known, sampler, samples)


def _of_parts(
    parts: Sequence[Part], told: str, known: tuple[str, ...], sampler: Answering, samples: Samples
) -> Functional:
    names = [known_outcome(part.name, known) for part in parts]
    if any(part.sign != "=" for part in parts):
        each = [typed(sampler, name, part.sign, part.value, told) for name, part in zip(names, parts, strict=True)]
        group = where_all(f"P({told})", each)
        return Functional(group.name, group.inside, group.columns, SHARE, meaning=("condition", told))
    if twice := [name for name in names if names.count(name) > 1]:
        raise DataError(f"P({told}) asks for {twice[0]} twice; keep one value of it")
    labels = {name: sampler.read_value(name, part.value) for name, part in zip(names, parts, strict=True)}
    return share_of(labels, sampler, samples)


def _stated(text: str, known: tuple[str, ...], sampler: Answering, samples: Samples) -> Functional:
    """What reads as a query, and is none of these: said what is wrong with it."""
    try:
        query = Query.parse(text)
    except QueryError as error:
        raise DataError(f"{text!r:.80} cannot be read as the share of an event, such as 'P(Y=1)': {error}") from None
    if query.treatments or query.conditions:
        raise _in_do(text)
    for name in query.outcomes:
        known_outcome(name, known)
        if name not in query.values:
            raise DataError(f"{text} leaves the value of {name} open; give one, as in P({name}=...)")
    labels = {name: sampler.read_value(name, _plain(value)) for name, value in query.values.items()}
    return share_of(labels, sampler, samples)


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool | np.bool_) else str(value)


def _in_do(text: str) -> DataError:
    return DataError(f"{text} says what is set or seen; say that in do= and given=, and here P(Y=...) alone")


def known_outcome(name: str, known: tuple[str, ...]) -> str:
    """The name of an outcome.  Raises DataError for any other, with what is near."""
    plain = composed(name)
    if plain not in known:
        raise DataError(f"{name!r:.80} is no outcome of the query{near_misses(plain, known)}")
    return plain


def share_of(event: Mapping[str, Any], sampler: Answering, samples: Samples) -> Functional:
    """The share of samples with these labels.  Raises DataError for a label that a variable does not have."""
    each = [compared(sampler.kind_of(name), name, "=", label) for name, label in event.items()]
    for one, label in zip(each, event.values(), strict=True):
        if one.measured is None and not one.inside(samples).any():
            found = sampler.read_value(one.name, _plain(label))
            if found != label:
                raise DataError(f"{one.name} has no label {label!r:.60}; did you mean {found!r:.60}?")
            _check_labeled(one, sampler, samples)
    told = ", ".join(f"{spelled(name)}={cut(label, written)}" for name, label in event.items())
    return Functional(
        f"P({told})",
        where_all(told, each).inside,
        tuple(event),
        ends=SHARE,
        meaning=("share", tuple((name, repr(label)) for name, label in event.items())),
    )


def _check_labeled(one: Comparison, sampler: Answering, samples: Samples) -> None:
    """Raise DataError for one of the numbers that a variable, whose kind nobody says, never hits twice."""
    if samples[one.name].dtype.kind != "f" or sampler.kind_of(one.name) is not None:
        return
    try:
        sampler.labels_of(one.name)
    except DataError:
        raise DataError(one_point(one.name, f"{one.value:.10g}")) from None
