"""Options as fields of frozen dataclasses, each with a rule that settles its value or says what it has to be."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from numbers import Integral, Real
from pathlib import Path
from typing import Any, ClassVar, Self

from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.forms.record import to_plain

__all__ = [
    "Options",
    "Rule",
    "choice",
    "declared",
    "default_of",
    "flag",
    "folder",
    "real",
    "rule_of",
    "whole",
    "widths",
]

_RULE = "rule"


WIDEST = 8192
"""The widest layer that can be asked for."""

DEEPEST = 64
"""The most layers."""


@dataclass(frozen=True)
class Rule:
    """What an option is, in words, and how a value becomes Python's own; `settle` raises ValueError for any other."""

    meaning: str
    settle: Callable[[Any], Any]
    choices: tuple[str, ...] = ()

    def settled(self, subject: str, value: Any) -> Any:
        """The value as JSON can hold it.  Raises DataError, which begins with the subject."""
        try:
            return self.settle(value)
        except ValueError:
            hint = near_misses(value, self.choices) if isinstance(value, str) and self.choices else ""
            hint = hint if "did you mean" in hint else ""  # the meaning has all of them
            raise DataError(f"{subject} is {value!r:.80}; it is {self.meaning}{hint}") from None


@dataclass(frozen=True)
class Options:
    """A frozen dataclass whose fields are options: each has a default, and most have a rule.

    None passes where it is the default.

    >>> @dataclass(frozen=True)
    ... class Nearest(Options):
    ...     called = "nearest"
    ...     k: int = whole(25)
    >>> Nearest(k=0)
    Traceback (most recent call last):
    idgen_compiler.errors.DataError: nearest option k is 0; it is a whole number from 1
    """

    called: ClassVar[str] = ""  #: what messages call these options, if not by another name

    def __post_init__(self) -> None:
        for option in fields(self):
            value = getattr(self, option.name)
            rule = rule_of(option)
            if rule is not None and not (value is None and option.default is None):
                settled = rule.settled(f"{self.subject} option {option.name}".strip(), value)
                object.__setattr__(self, option.name, settled)

    @property
    def subject(self) -> str:
        """What messages call these options."""
        return self.called

    def set_options(self) -> dict[str, Any]:
        """The options that differ from their defaults."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != default_of(f)}

    def plain(self) -> dict[str, Any]:
        """All options, as JSON can hold them."""
        return {f.name: to_plain(getattr(self, f.name)) for f in fields(self)}

    def filled(self, values: Mapping[str, Any]) -> Self:
        """With these values where there is such an option and it has its default; what was set stays."""
        own = set(self.set_options())
        return replace(self, **{f.name: values[f.name] for f in fields(self) if f.name in values and f.name not in own})


def rule_of(option: Field[Any]) -> Rule | None:
    """The rule that an option declares."""
    return option.metadata.get(_RULE)


def default_of(option: Field[Any]) -> Any:
    """An option's default."""
    return option.default_factory() if option.default_factory is not MISSING else option.default


def whole(default: int | None, least: int = 1, most: int | None = None) -> Any:
    """A whole number from `least`, up to `most`."""

    def settle(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < least:
            raise ValueError
        if most is not None and int(value) > most:
            raise ValueError
        return int(value)

    upto = "" if most is None else f" to {most}"
    return _declared(default, Rule(f"a whole number from {least}{upto}", settle))


def real(default: float | None, meaning: str, fits: Callable[[float], bool]) -> Any:
    """A finite number for which `fits` holds, which messages call `meaning`."""

    def settle(value: Any) -> float:
        real = isinstance(value, Real) and not isinstance(value, bool)
        if not real or not math.isfinite(value) or not fits(float(value)):
            raise ValueError
        return float(value)

    return _declared(default, Rule(meaning, settle))


def widths(default: tuple[int, ...] | None, multiple: int = 1) -> Any:
    """One to `DEEPEST` whole numbers up to `WIDEST`, each a multiple."""

    def settle(value: Any) -> tuple[int, ...]:
        numbers = list(value) if isinstance(value, Sequence) and not isinstance(value, str) else []
        right = all(isinstance(v, Integral) and not isinstance(v, bool) and 0 < int(v) <= WIDEST for v in numbers)
        if not 0 < len(numbers) <= DEEPEST or not right or any(v % multiple for v in numbers):
            raise ValueError
        return tuple(map(int, numbers))

    of = f"multiples of {multiple}" if multiple > 1 else f"whole numbers from 1 to {WIDEST}"
    return _declared(default, Rule(f"a tuple of {of}, such as ({8 * multiple}, {8 * multiple})", settle))


def flag(default: bool | None) -> Any:
    """True or False."""

    def settle(value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError
        return value

    return _declared(default, Rule("True or False", settle))


def choice(default: str | None, choices: Iterable[str]) -> Any:
    """One of some names."""
    known = tuple(choices)

    def settle(value: Any) -> str:
        if not isinstance(value, str) or value not in known:
            raise ValueError
        return value

    return _declared(default, Rule(f"one of {', '.join(known)}", settle, known))


def folder(default: str | None) -> Any:
    """A folder's path, kept as a text."""

    def settle(value: Any) -> str:
        if not isinstance(value, str | Path):
            raise ValueError
        return str(value)

    return _declared(default, Rule("a folder", settle))


def declared(default: Any, meaning: str, settle: Callable[[Any], Any]) -> Any:
    """What messages call `meaning`; `settle` gives it as JSON can hold it, and raises ValueError for anything else."""
    return _declared(default, Rule(meaning, settle))


def _declared(default: Any, rule: Rule) -> Any:
    return field(default=default, metadata={_RULE: rule})
