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
from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.estimates.answers import Answering
from idgen_compiler.estimates.measures import SHARE, Functional
from idgen_compiler.forms.cursor import Cursor
from idgen_compiler.forms.query import TRUTH
from idgen_compiler.forms.spelling import STRING, WORD, composed, spelled
from idgen_compiler.hinge.samples import Samples
from idgen_compiler.query import Query

__all__ = ["SIGNS", "Group", "condition", "groups_of"]

_COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}
SIGNS = {"≤": "<=", "≥": ">=", "≠": "!="}
_SPELLED = {"==": "=", **SIGNS}


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


class _Condition(Cursor):
    """`NAME OP VALUE {and NAME OP VALUE}`."""

    tokens = re.compile(
        rf"\s*(?:(?P<mark><=|>=|!=|==|[<>=≤≥≠&,])|(?P<number>-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))"
        rf"|(?P<string>{STRING})|(?P<name>{WORD}|`[^`\n]*`)|(?P<label>'[^'\n]*'))"
    )
    language, example, failure = "condition", "age < 30 and sex = 'f'", DataError

    def parts(self) -> list[tuple[str, str, str]]:
        found = [self.part()]
        while self.value in ("and", "&", ","):
            self.advance()
            found.append(self.part())
        if self.kind:
            raise self.missing("'and' or the end")
        return found

    def part(self) -> tuple[str, str, str]:
        name, sign = self.name(), _SPELLED.get(self.value, self.value)
        if sign not in _COMPARED:
            raise self.missing("one of " + ", ".join(_COMPARED))
        self.advance()
        if self.kind == "string":
            return name, sign, self.string("a label")
        value = self.value
        if self.kind not in ("number", "name", "label"):
            raise self.missing("a value")
        self.advance()
        return name, sign, value.strip("'`")


def groups_of(by: Any, sampler: Answering, query: Query) -> list[Group]:
    """The groups that a user asks for.

    "Z" (a group for each label), "age < 30" (and the rest), {"age": [30, 50]} (between edges), {"young": "age < 30"}
    (named conditions), a list of conditions, or of edges of the one condition of the query.

    Raises DataError for what is none of these, with what would be.
    """
    names = sampler.program.graph.order
    if isinstance(by, str):
        if composed(by) in names:
            return _labels(composed(by), sampler)
        return _labels(_vertex(by, sampler), sampler) if re.fullmatch(WORD, by) else _halves(by, sampler)
    if isinstance(by, Mapping):
        found: list[Group] = []
        for name, inner in by.items():
            if isinstance(inner, str):
                found.append(replace(condition(inner, sampler), name=str(name)))
            else:
                found += _between(_vertex(str(name), sampler), inner)
        return found
    if isinstance(by, Sequence) and by and all(isinstance(each, str) for each in by):
        return [condition(each, sampler) for each in by]
    if isinstance(by, Iterable) and len(query.conditions) == 1:
        return _between(query.conditions[0], by)
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
    return [_compared(f"{spelled(name)}={label}", [(name, "=", label)]) for label in labels]


def _halves(text: str, sampler: Answering) -> list[Group]:
    one = condition(text, sampler)
    return [one, Group(f"not ({text})", one.columns, lambda found: ~np.asarray(one.inside(found), bool))]


def condition(text: str, sampler: Answering) -> Group:
    """Who satisfies a condition, such as `age < 30 and sex = 'f'`.

    Raises DataError for a text that is none, a variable that the graph lacks, and a value that cannot be compared so.
    """
    parts: list[tuple[str, str, Any]] = []
    for name, sign, value in _Condition(text).parts():
        vertex = _vertex(name, sampler)
        read_value: Any = sampler.read_value(vertex, value) if sign in ("=", "!=") else _number(value, text)
        parts.append((vertex, sign, read_value))
    return _compared(text.strip(), parts)


def _between(name: str, edges: Any) -> list[Group]:
    values = [edges] if isinstance(edges, Real) else list(edges)
    good = [isinstance(v, Real) and not isinstance(v, bool) and math.isfinite(v) for v in values]
    if not values or not all(good) or any(a >= b for a, b in pairwise(values)):
        raise DataError(f"the edges of {name} are {edges!r:.60}; give numbers that rise, such as [30, 50]")
    word = spelled(name)
    found = [_compared(f"{word} < {values[0]:g}", [(name, "<", values[0])])]
    for a, b in pairwise(values):
        found.append(_compared(f"{a:g} <= {word} < {b:g}", [(name, ">=", a), (name, "<", b)]))
    return [*found, _compared(f"{word} >= {values[-1]:g}", [(name, ">=", values[-1])])]


def _compared(told: str, parts: Sequence[tuple[str, str, Any]]) -> Group:
    def inside(found: Samples) -> Array:
        each = []
        for name, sign, value in parts:
            column = found[name]
            if sign not in ("=", "!=") and column.dtype.kind not in "biuf":
                raise DataError(f"{name} holds no numbers, which {sign} compares; ask for its labels by =")
            each.append(np.broadcast_to(_COMPARED[sign](column, _alike(value, column)), column.shape))
        return np.asarray(np.logical_and.reduce(each))

    return Group(told, tuple(dict.fromkeys(name for name, _, _ in parts)), inside)


def _alike(value: Any, column: Array) -> Any:
    """A typed label of a variable that the sampler does not know, as its column has it."""
    if not isinstance(value, str) or column.dtype.kind not in "biuf":
        return value
    if value.lower() in TRUTH:
        return TRUTH[value.lower()]
    try:
        return float(value)
    except ValueError:
        return value


def _vertex(name: str, sampler: Answering) -> str:
    plain = composed(name)
    if plain not in sampler.program.graph.order:
        raise DataError(f"the graph has no {name!r:.60}, by which groups are asked"
                        f"{near_misses(plain, sampler.program.graph.order)}")  # fmt: skip
    return plain


def _number(text: str, condition: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise DataError(f"{condition!r:.80} compares with {text!r:.40}, which is no number") from None
