"""Which models a request for a family means: an operation, targets, a model as reports print it, or all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

__all__ = ["ALL", "Addressed", "requested"]

ALL = "*"
"""The request for every model that no other request means."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Addressed:
    """A model of a program, by its operation and by what it models."""

    operation: str
    targets: Sequence[str]
    inputs: Sequence[str]

    @property
    def names(self) -> tuple[str, ...]:
        """What it is called: the most particular name first, inputs and targets in any order.

        >>> Addressed("%m3", ("Y",), ("X", "Z")).names
        ('%m3', 'm3', 'Y | X, Z', 'Y', '*')
        """
        targets, inputs = ", ".join(self.targets), ", ".join(self.inputs)
        label = (f"{targets} | {inputs}",) if inputs else ()
        return (self.operation, self.operation.removeprefix("%"), *label, targets, ALL)


def requested(model: Addressed, requests: Mapping[str, T]) -> T | None:
    """What is asked for of a model, by the most particular request that means it; None where there is none."""
    by_name = {_plain(key): value for key, value in requests.items()}
    return next((by_name[name] for name in map(_plain, model.names) if name in by_name), None)


def _plain(key: str) -> str:
    """A request with its names in order."""
    return " | ".join(_ordered(side.split(",")) for side in key.split("|"))


def _ordered(names: Iterable[str]) -> str:
    return ", ".join(sorted(name.strip() for name in names))
