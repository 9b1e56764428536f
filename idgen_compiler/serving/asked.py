"""What a client asks: the body of a request, read and checked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from idgen_compiler.data.kinds import Kind, Vector
from idgen_compiler.errors import DataError, IdgenError, near_misses
from idgen_compiler.forms.shown import cut
from idgen_compiler.forms.spelling import composed
from idgen_compiler.hinge.backend import Sampler
from idgen_compiler.hinge.question import Question
from idgen_compiler.serving.limits import Limits
from idgen_compiler.serving.values.kinds import kinds_of
from idgen_compiler.serving.values.reading import is_single, read_setting

__all__ = ["MOST_SEED", "EstimateAsked", "SampleAsked", "Unreadable", "parsed"]

MOST_SEED = 2**63 - 1
"""Seeds lie in 0 to this, which every language can hold."""

_LIMIT = "this server gives at most {most:,} {what} for a request; ask for fewer, or several times with seeds"


class Unreadable(IdgenError):
    """The body of a request is no object of JSON."""


def parsed(body: bytes) -> dict[str, Any]:
    """The object in the body of a request.

    Raises Unreadable for what is no JSON (NaN and Infinity are none, nor is a key twice), and for anything else.

    >>> parsed(b'{"n": 10, "n": 20}')
    Traceback (most recent call last):
    idgen_compiler.serving.asked.Unreadable: the body is no JSON that can be read (the key 'n' stands twice); ...
    """
    try:
        found = json.loads(body, parse_constant=_no_constant, object_pairs_hook=_once)
    except RecursionError:
        raise Unreadable("the body is no JSON that can be read (it is too deep); send an object") from None
    except ValueError as error:  # also what is no UTF-8, and numbers of thousands of digits
        raise Unreadable(f"the body is no JSON that can be read ({_safe(str(error))}); send an object") from None
    if not isinstance(found, dict):
        raise Unreadable(f"the body is {cut(found)}, not an object; send one such as {{'n': 10, 'do': {{'X': 1}}}}")
    return found


@dataclass(frozen=True)
class SampleAsked:
    """A call of `sample` or, with a `batch_size`, of `stream`.

    `question` is the call as it was read once (without a seed its own seed means nothing); `outputs` are the columns
    that come, `numbers` how many numbers or pixels a row of them has.
    """

    n: int
    do: Mapping[str, Any]
    given: Mapping[str, Any]
    seed: int | None
    query: str | None
    batch_size: int | None
    question: Question = field(compare=False, repr=False)
    numbers: int = 1
    single: bool = False  #: whether each value is one label, number or text for all samples

    @classmethod
    def read(cls, body: Mapping[str, Any], sampler: Sampler, limits: Limits) -> SampleAsked:
        """What a body asks of a sampler.

        Raises DataError, in the words of `sample` where these are wrong, for fields and values that do not fit, and
        for more than the limits allow.
        """
        _check_fields(body, ("n", "do", "given", "seed", "query", "batch_size"))
        n, query = _as_whole(body.get("n", 1)), _text(body, "query")
        kinds = kinds_of(sampler)
        do, given = _settings(body, "do", kinds), _settings(body, "given", kinds)
        seed, size = _seed(body), _whole(body, "batch_size", 1, limits.rows)
        if size is not None and not hasattr(sampler, "stream"):
            raise DataError("the backend of this sampler draws no pieces of a size; leave batch_size out")
        named = getattr(sampler, "policies", None) or getattr(getattr(sampler, "fitted", None), "named", None)
        question = Question.of(sampler.program, n, do, given, 0 if seed is None else seed, query, named)
        if question.n > limits.rows:
            raise DataError(f"n is {question.n:,}; {_LIMIT.format(most=limits.rows, what='rows')}")
        width = sum(_width(kinds.get(name)) for name in question.sampler.network.outputs)
        if question.n * width > limits.numbers:
            raise DataError(
                f"n is {question.n:,}, of {width:,} numbers or pixels each; "
                f"{_LIMIT.format(most=max(limits.numbers // width, 1), what='of them')}"
            )
        single = all(is_single(value, kinds.get(name)) for name, value in (*do.items(), *given.items()))
        return cls(question.n, do, given, seed, query, size, question, width, single)

    @cached_property
    def structure(self) -> tuple[Any, ...]:
        """What two questions have in common that can be drawn together."""
        return (self.question.sampler.query, self.query, tuple(sorted(self.do)), tuple(sorted(self.given)))

    @cached_property
    def values(self) -> tuple[Any, ...]:
        """What is set and seen: hashable where all values are single, 1 and true being two."""
        return tuple((type(v), v) for mapping in (self.do, self.given) for _, v in sorted(mapping.items()))

    @property
    def call(self) -> dict[str, Any]:
        """The arguments of `sample` but for n and the seed."""
        found: dict[str, Any] = {"do": dict(self.do), "given": dict(self.given)}
        return found if self.query is None else {**found, "query": self.query}


_HOW: dict[str, Callable[[Mapping[str, Any], str], Any]] = {
    "level": lambda body, name: _fraction(body, name),
    "method": lambda body, name: body[name],
    "n": lambda body, name: _whole(body, name, 2, 10**7),
    "folds": lambda body, name: _said(body, name, 2, 100),
    "repeats": lambda body, name: _said(body, name, 2, 10_000),
}
_CONTRAST = ("versus", "kind")


@dataclass(frozen=True)
class EstimateAsked:
    """A call of `estimate`, or of `contrast` where `versus` says what is compared with."""

    what: str | list[str]
    do: Mapping[str, Any]
    given: Mapping[str, Any]
    versus: Mapping[str, Any] | None
    kind: str
    query: str | None
    how: Mapping[str, Any]

    @classmethod
    def read(cls, body: Mapping[str, Any], sampler: Sampler) -> EstimateAsked:
        """What a body asks of a sampler.  Raises DataError for fields and values that do not fit."""
        _check_fields(body, ("what", "do", "given", "seed", "query", *_CONTRAST, *_HOW))
        kinds, what = kinds_of(sampler), body.get("what")
        texts = what if isinstance(what, list) else [what]
        if not texts or len(texts) > 100 or not all(isinstance(text, str) for text in texts):
            raise DataError(
                f"what is {cut(what)}; send what is to be estimated, such as 'E[Y]', 'P(Y=1)', 'q0.5(Y)', or up to 100"
            )
        versus = _settings(body, "versus", kinds) if "versus" in body else None
        kind = body.get("kind", "difference")
        if versus is None and "kind" in body:
            raise DataError(f"kind is {cut(kind)}, which compares with versus; send versus, such as {{'X': 0}}")
        how = {name: read(body, name) for name, read in _HOW.items() if name in body}
        seed = _seed(body)
        do, given = _settings(body, "do", kinds), _settings(body, "given", kinds)
        for role, values in (("do", do), ("given", given), ("versus", versus or {})):
            for name in values:
                if _is_several(body[role][name], kinds.get(name)):
                    raise DataError(f"{role}({name}=...) is a list; an estimate is at one value of each variable")
        return cls(what or "", do, given, versus, kind, _text(body, "query"), {**how, "seed": seed or 0})

    def of(self, sampler: Any, data: Path | None = None) -> Any:
        """The estimates of a sampler that gives some, from the fit's own table, `data` where it does not know where.

        Raises DataError as `estimate` and `contrast` do.
        """
        named: dict[str, Any] = {} if self.query is None else {"query": self.query}
        named |= {"given": dict(self.given), "data": data, **self.how}
        if self.versus is None:
            return sampler.estimate(self.what, do=dict(self.do), **named)
        return sampler.contrast(self.what, do=dict(self.do), versus=dict(self.versus), kind=self.kind, **named)


def _check_fields(body: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for name in body:
        if name not in known:
            raise DataError(f"a request has no field {cut(_safe(name))}{near_misses(name[:80], known)}")


def _settings(body: Mapping[str, Any], role: str, kinds: Mapping[str, Kind]) -> dict[str, Any]:
    if role not in body:
        return {}
    found = body[role]
    if not isinstance(found, Mapping):
        raise DataError(f"{role} is {cut(found)}; send an object from variables to values, such as {{'X': 1}}")
    said = "do" if role == "versus" else role
    read = {
        composed(name): read_setting(said, _safe(name), each, kinds.get(composed(name))) for name, each in found.items()
    }
    if len(read) < len(found):
        raise DataError(f"{role} names a variable twice, with accents composed and not; keep one")
    return read


def _is_several(value: Any, kind: Kind | None) -> bool:
    """Whether a client sent a value for each of several samples."""
    return isinstance(value, list) and not (isinstance(kind, Vector) and not any(isinstance(v, list) for v in value))


def _seed(body: Mapping[str, Any]) -> int | None:
    return _whole(body, "seed", 0, MOST_SEED)


def _whole(body: Mapping[str, Any], name: str, least: int, most: int) -> int | None:
    value = _as_whole(body.get(name))
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise DataError(f"{name} is {cut(value)}; send a whole number from {least} to {most}")
    return value


def _as_whole(value: Any) -> Any:
    """A number without its fraction of zero: JSON knows no difference between 1 and 1.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _said(body: Mapping[str, Any], name: str, least: int, most: int) -> int:
    found = _whole(body, name, least, most)
    if found is None:
        raise DataError(f"{name} is null; send a whole number from {least} to {most}, or leave it out")
    return found


def _fraction(body: Mapping[str, Any], name: str) -> float:
    value = body[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
        raise DataError(f"{name} is {cut(value)}; send a number between 0 and 1, such as 0.95")
    return float(value)


def _text(body: Mapping[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise DataError(f"{name} is {cut(value)}; send a text")
    return value


def _width(kind: Kind | None) -> int:
    """How many numbers or pixels one value has."""
    return 1 if kind is None else sum(int(np.prod(atom.kind.entries)) for atom in kind.atoms("X"))


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is no number of JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {cut(next(n for n in names if names.count(n) > 1))} stands twice")
    return found


def _safe(text: str) -> str:
    """A text that can be sent: halves of letters, which UTF-8 cannot write, are shown as they are coded."""
    return text.encode("utf-8", "backslashreplace").decode()
