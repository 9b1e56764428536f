"""Groups of units as a user asks for them: by labels, edges and conditions."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from numbers import Real
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.kinds.times.measured import Measured
from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.estimates.answers import Answering
from idgen_compiler.estimates.measures import SHARE, Functional
from idgen_compiler.estimates.questions.compared import Comparison, compared, typed
from idgen_compiler.estimates.questions.grammar import parts_of
from idgen_compiler.forms.query import written
from idgen_compiler.forms.spelling import WORD, composed, spelled
from idgen_compiler.hinge.samples import Samples
from idgen_compiler.query import Query

__all__ = ["Checked", "Group", "condition", "groups_of", "where_all"]

Checked = Callable[[str], object]
"""Raises DataError for a variable by which nothing is asked here."""


@dataclass(frozen=True, eq=False)
class Group:
    """Units with certain values: what it is called, what it reads, and who is inside (samples -> array (n,))."""

    name: str
    columns: tuple[str, ...]
    inside: Callable[[Samples], Any]

    @property
    def functional(self) -> Functional:
        """Who is inside, as 0 and 1."""
        return Functional(self.name, self.inside, self.columns, ends=SHARE)


def groups_of(by: Any, sampler: Answering, query: Query, check: Checked) -> list[Group]:
    """The groups that a user asks for, by variables that pass a check.

    "Z" (a group for each label), "age < 30" (and the rest), {"age": [30, 50]} (between edges), {"young": "age < 30"}
    (named conditions), a list of conditions, or of edges of the one condition of the query.

    Raises DataError for what is none of these, with what would be.
    """
    names = sampler.program.graph.order
    if isinstance(by, str):
        if composed(by) in names or re.fullmatch(WORD, by):
            return _labels(_vertex(by, sampler, check), sampler)
        return _halves(by, sampler, check)
    if isinstance(by, Mapping):
        found: list[Group] = []
        for name, inner in by.items():
            if isinstance(inner, str):
                found.append(replace(condition(inner, sampler, check), name=str(name)))
            else:
                found += _between(_vertex(str(name), sampler, check), inner, sampler)
        return found
    if isinstance(by, Sequence) and by and all(isinstance(each, str) for each in by):
        return [condition(each, sampler, check) for each in by]
    if isinstance(by, Iterable) and len(query.conditions) == 1:
        return _between(_vertex(query.conditions[0], sampler, check), by, sampler)
    raise DataError(
        f"by is {by!r:.60}; give a variable ('Z'), a condition ('age < 30'), edges ({{'age': [30, 50]}}), or named "
        "conditions ({'young': 'age < 30'})"
    )


def _labels(name: str, sampler: Answering) -> list[Group]:
    try:
        labels = sampler.labels_of(name)
    except DataError:
        raise DataError(
            f"{name} has no labels, or none that are known to this sampler; give edges, by={{{name!r}: [...]}}, or "
            f"conditions, such as by='{spelled(name)} < 0' or by='{spelled(name)} = label'"
        ) from None
    kind = sampler.kind_of(name)
    return [where_all(f"{spelled(name)}={written(label)}", [compared(kind, name, "=", label)]) for label in labels]


def _halves(text: str, sampler: Answering, check: Checked) -> list[Group]:
    one = condition(text, sampler, check)
    return [one, Group(f"not ({text})", one.columns, lambda found: ~np.asarray(one.inside(found), bool))]


def condition(text: str, sampler: Answering, check: Checked) -> Group:
    """Who satisfies a condition, such as `age < 30 and sex = 'f'`.

    Raises DataError for a text that is none, a variable that the graph lacks or that does not pass a check, and a value
    that cannot be compared so.
    """
    parts, told = parts_of(text)
    named = [(_vertex(part.name, sampler, check), part) for part in parts]
    return where_all(told, [typed(sampler, name, part.sign, part.value, told) for name, part in named])


def where_all(told: str, comparisons: Sequence[Comparison]) -> Group:
    """Who satisfies some comparisons at once."""

    def inside(found: Samples) -> Array:
        return np.asarray(np.logical_and.reduce([each.inside(found) for each in comparisons]))

    return Group(told, tuple(dict.fromkeys(each.name for each in comparisons)), inside)


def _between(name: str, edges: Any, sampler: Answering) -> list[Group]:
    values = [edges] if isinstance(edges, Real) else list(edges)
    good = [isinstance(v, Real) and not isinstance(v, bool) and math.isfinite(v) for v in values]
    if not values or not all(good) or any(a >= b for a, b in pairwise(values)):
        raise DataError(f"the edges of {name} are {edges!r:.60}; give numbers that rise, such as [30, 50]")
    kind, word = sampler.kind_of(name), spelled(name)
    if isinstance(kind, Measured):
        raise DataError(f"{name} holds dates or durations; group it by conditions, as by='{word} < ...'")
    at = [Comparison(name, sign, value) for value in values for sign in ("<", ">=")]
    found = [where_all(f"{word} < {values[0]:g}", at[:1])]
    for k, (a, b) in enumerate(pairwise(values)):
        found.append(where_all(f"{a:g} <= {word} < {b:g}", at[2 * k + 1 : 2 * k + 3]))
    return [*found, where_all(f"{word} >= {values[-1]:g}", at[-1:])]


def _vertex(name: str, sampler: Answering, check: Checked) -> str:
    plain = composed(name)
    if plain not in sampler.program.graph.order:
        raise DataError(f"the graph has no {name!r:.60}, by which groups are asked"
                        f"{near_misses(plain, sampler.program.graph.order)}")  # fmt: skip
    check(plain)
    return plain
