"""Options as what they are meant to be: Python's own numbers, or an error that names the option."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from numbers import Integral, Real
from typing import Any

from idgen_compiler.errors import DataError

__all__ = ["OptionChecks"]


@dataclass(frozen=True)
class OptionChecks:
    """Checks of a frozen dataclass's fields, from its `__post_init__`.

    Every check leaves NumPy's numbers and lists as Python's numbers and tuples, so that options can be written as JSON,
    and lets None pass where it is the default. Each raises DataError naming the option.
    """

    options: Any
    kind: str  #: what the options are called in messages

    def whole(self, *names: str, least: int = 1) -> None:
        """Whole numbers from `least`."""
        for name, value in self._given(names):
            if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < least:
                self._refuse(name, value, f"a whole number from {least}")
            self._settle(name, int(value))

    def number(self, name: str, meaning: str, fits: Callable[[float], bool]) -> None:
        """A finite number for which `fits` holds, which the message calls `meaning`."""
        for _, value in self._given([name]):
            real = isinstance(value, Real) and not isinstance(value, bool)
            if not real or not math.isfinite(value) or not fits(float(value)):
                self._refuse(name, value, meaning)
            self._settle(name, float(value))

    def widths(self, name: str, multiple: int = 1, least: int = 0) -> None:
        """A sequence of whole numbers, each a multiple."""
        for _, value in self._given([name]):
            listed = isinstance(value, Sequence) and not isinstance(value, str)
            numbers = list(value) if listed else []
            right = all(isinstance(v, Integral) and not isinstance(v, bool) and int(v) > 0 for v in numbers)
            if not listed or len(numbers) < least or not right or any(v % multiple for v in numbers):
                of = f"multiples of {multiple}" if multiple > 1 else "whole numbers from 1"
                self._refuse(name, value, f"a tuple of {of}, such as ({8 * multiple}, {8 * multiple})")
            self._settle(name, tuple(map(int, numbers)))

    def flag(self, *names: str) -> None:
        """True or False."""
        for name, value in self._given(names):
            if not isinstance(value, bool):
                self._refuse(name, value, "True or False")

    def choice(self, name: str, choices: Sequence[str]) -> None:
        """One of some names."""
        for _, value in self._given([name]):
            if not isinstance(value, str) or value not in choices:
                self._refuse(name, value, f"one of {', '.join(choices)}")

    def _given(self, names: Sequence[str]) -> list[tuple[str, Any]]:
        defaults = {field.name: field.default for field in fields(self.options)}
        values = ((name, getattr(self.options, name)) for name in names)
        return [(name, value) for name, value in values if value is not None or defaults[name] is not None]

    def _settle(self, name: str, value: Any) -> None:
        object.__setattr__(self.options, name, value)

    def _refuse(self, name: str, value: object, meaning: str) -> None:
        raise DataError(f"{self.kind} {name} is {value!r:.80}; it is {meaning}")
