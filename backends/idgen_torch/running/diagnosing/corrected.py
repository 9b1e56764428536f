"""All tests of a fit, corrected together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from idgen_compiler.check.check import holm
from idgen_compiler.hinge.diagnostics import Test

__all__ = ["corrected", "tests_in"]

T = TypeVar("T")


def tests_in(value: Any) -> Iterator[Test]:
    """The tests that a value holds, in the order of its fields."""
    if isinstance(value, Test):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from tests_in(item)
    elif is_dataclass(value) and not isinstance(value, type):
        for each in fields(value):
            yield from tests_in(getattr(value, each.name))


def corrected(value: T) -> tuple[T, int]:
    """The value with the p-values of all its tests corrected for their number (Holm 1979), and that number.

    >>> one = Test("one", 3.0, 0.01, 0.01, 0.5, 100)
    >>> found, number = corrected((one, Test("two", 0.0, 0.9, 0.9, 0.0, 100)))
    >>> [test.corrected for test in found], number
    ([0.02, 0.9], 2)
    """
    every = list(tests_in(value))
    values = iter(holm([test.p_value for test in every]))

    def visited(part: Any) -> Any:
        if isinstance(part, Test):
            return replace(part, corrected=next(values))
        if isinstance(part, tuple | list):
            return type(part)(visited(item) for item in part)
        if is_dataclass(part) and not isinstance(part, type) and any(True for _ in tests_in(part)):
            return replace(part, **{f.name: visited(getattr(part, f.name)) for f in fields(part) if f.init})
        return part

    found: T = visited(value)
    return found, len(every)
