"""What every kernel family offers: fit from rows, sample given rows, and come back from a file.

A *conditional model* is a trained kernel q(targets | inputs) over parts. A family is a class of them; it
registers under a name that saved files use, so that a user's own class can be loaded again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self, TypeVar

import torch
from torch import Tensor

from idgen_compiler.errors import DataError, near_misses
from idgen_torch.options import FitOptions, NoProgress, Progress
from idgen_torch.parts import Part, Rows

__all__ = [
    "Config",
    "ConditionalModel",
    "FitOptions",
    "NoProgress",
    "Progress",
    "Tensors",
    "checked_tensor",
    "families",
    "family",
    "register",
    "row_count",
    "setting",
]

Config = dict[str, Any]
"""What JSON can hold: the configuration of a saved model."""

Tensors = dict[str, Tensor]
"""The arrays of a saved model, by name."""


class ConditionalModel(ABC):
    """A trained kernel q(targets | inputs)."""

    family: ClassVar[str]  #: the name in the registry and in saved files
    likelihood: bool = True  #: whether `log_prob` is defined, and losses are negative log-likelihoods

    def __init__(self, targets: Sequence[Part], inputs: Sequence[Part]) -> None:
        self.targets = tuple(targets)
        self.inputs = tuple(inputs)

    @classmethod
    @abstractmethod
    def fit(
        cls,
        targets: Sequence[Part],
        inputs: Sequence[Part],
        rows: Rows,
        *,
        weights: Tensor | None = None,
        seed: int = 0,
        options: FitOptions = FitOptions(),
        progress: Progress = NoProgress(),
    ) -> Self:
        """Train on `rows`, which hold every target and input; equal seeds give equal models on a CPU.

        `weights` (rows,) are non-negative; a row of weight 2 counts like two rows.
        Raises DataError for parts that the family cannot model, and for an empty table.
        """

    @abstractmethod
    def sample(self, given: Rows, n: int, generator: torch.Generator) -> Rows:
        """Draw the targets for n rows; every input in `given` has n rows. Holds a few floats per row and target."""

    @abstractmethod
    def log_prob(self, rows: Rows) -> Tensor:
        """Log of the probability (discrete) or density (real, standardised units) of each row.  Shape: (rows,)."""

    @abstractmethod
    def state(self) -> tuple[Config, Tensors]:
        """The configuration and the arrays that `from_state` needs."""

    @classmethod
    @abstractmethod
    def from_state(cls, config: Config, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]) -> Self:
        """The model whose `state` this is. Raises DataError when anything is missing, unknown or misshapen."""

    @abstractmethod
    def to(self, device: str | torch.device) -> Self:
        """The same model on another device."""


F = TypeVar("F", bound=type[ConditionalModel])
T = TypeVar("T")

_FAMILIES: dict[str, type[ConditionalModel]] = {}


def register(family_class: F) -> F:
    """Make a family known under its `family` name (usable as a decorator). Raises DataError for a name in use."""
    name = family_class.family
    if _FAMILIES.get(name, family_class) is not family_class:
        raise DataError(f"a kernel family called {name!r} is registered already; give yours another name")
    _FAMILIES[name] = family_class
    return family_class


def family(name: str) -> type[ConditionalModel]:
    """The family registered under `name`. Raises DataError for an unknown one."""
    if name not in _FAMILIES:
        raise DataError(f"no kernel family is called {name!r}{near_misses(name, _FAMILIES)}")
    return _FAMILIES[name]


def families() -> tuple[str, ...]:
    """The names of all registered families, sorted."""
    return tuple(sorted(_FAMILIES))


def row_count(parts: Sequence[Part], rows: Mapping[str, Tensor], weights: Tensor | None = None) -> int:
    """How many rows there are; raises DataError unless every part is there, with equally many and at least one."""
    missing = [part.name for part in parts if part.name not in rows]
    if missing:
        raise DataError(f"the rows lack {', '.join(missing)}{near_misses(missing[0], rows)}")
    counts = {part.name: len(rows[part.name]) for part in parts}
    if weights is not None:
        counts["weights"] = len(weights)
    if len(set(counts.values())) != 1:
        raise DataError(f"the parts differ in length: {', '.join(f'{name} has {n}' for name, n in counts.items())}")
    n = next(iter(counts.values()))
    if n == 0:
        raise DataError(f"no rows to learn {', '.join(p.name for p in parts)} from")
    if weights is None:
        return n
    if not bool(((weights >= 0) & weights.isfinite()).all()) or not bool(weights.sum() > 0):
        raise DataError("row weights have to be finite, non-negative and not all zero")
    return n


def setting(config: Mapping[str, Any], name: str, kind: type[T]) -> T:
    """An entry of a saved configuration; raises DataError when it is missing or of another type."""
    if name not in config:
        raise DataError(f"a saved model's configuration lacks {name!r}; it has {', '.join(config) or 'nothing'}")
    value = config[name]
    if type(value) is not kind:
        raise DataError(f"a saved model's {name} is {value!r}, expected {kind.__name__}")
    return value


def checked_tensor(tensors: Tensors, expected: Mapping[str, tuple[tuple[int, ...], torch.dtype]]) -> Tensors:
    """The tensors of a saved model, after each name, shape and dtype has been compared; raises DataError."""
    unknown, missing = sorted(set(tensors) - set(expected)), sorted(set(expected) - set(tensors))
    if unknown or missing:
        faults = [f"{word} {', '.join(names)}" for word, names in (("unknown", unknown), ("missing", missing)) if names]
        raise DataError(f"a saved model's tensors do not fit its configuration: {'; '.join(faults)}")
    for name, (shape, dtype) in expected.items():
        found = tensors[name]
        if tuple(found.shape) != shape or found.dtype != dtype:
            raise DataError(f"saved tensor {name} is {found.dtype} {tuple(found.shape)}, expected {dtype} {shape}")
    return tensors
