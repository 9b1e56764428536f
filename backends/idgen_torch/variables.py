"""What kinds of variables there are: the types behind a schema, as plain values.

A type knows how its values look to the user (labels, units, number format) and the few statistics that the
translation into parts needs (mean, scale, observed range). It translates nothing itself: see `coding`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from idgen_compiler.errors import DataError, near_misses
from idgen_torch.parts import Part

__all__ = [
    "Atom",
    "Categorical",
    "Composite",
    "Continuous",
    "Image",
    "Integer",
    "Label",
    "Schema",
    "VariableType",
    "Vector",
    "parts_of",
    "real_range",
]

Label = str | bool | int | float


def _check_dtype(dtype: str, kinds: str) -> None:
    try:
        fits = np.dtype(dtype).kind in kinds
    except (TypeError, ValueError, SyntaxError):  # NumPy reads some texts as lists of fields
        fits = False
    if not fits:
        raise DataError(f"{dtype!r} is no NumPy dtype for values of this type; one of kind {' '.join(kinds)} is needed")


@dataclass(frozen=True, slots=True)
class Categorical:
    """One of finitely many labels.

    `dtype` is the NumPy dtype in which labels are handed back; found from the data when it is empty.
    """

    labels: tuple[Label, ...]
    dtype: str = ""

    def __post_init__(self) -> None:
        if not self.labels:
            raise DataError("a categorical variable needs at least one label")
        for label in self.labels:
            if not isinstance(label, Label):
                raise DataError(f"{label!r} cannot be a label; labels are strings, whole numbers, floats or booleans")
        if len(set(self.labels)) < len(self.labels):
            raise DataError(f"a label is listed twice among {', '.join(map(repr, self.labels))}")
        if self.dtype:
            _check_dtype(self.dtype, "biufO")


@dataclass(frozen=True, slots=True)
class Continuous:
    """A real number. `mean`, `scale` (its sd, 1 for a constant), `low` and `high` (observed) are in its own unit."""

    mean: float
    scale: float
    low: float
    high: float
    dtype: str = "float64"

    def __post_init__(self) -> None:
        _check_dtype(self.dtype, "f")


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number with many values: the real number x + U(-1/2, 1/2) inside, rounded on the way out.

    Source: uniform dequantisation as in Theis et al. (2016), section 3.1. Where no observed value is negative,
    none is handed back.
    """

    mean: float
    scale: float
    low: int
    high: int
    dtype: str = "int64"

    def __post_init__(self) -> None:
        _check_dtype(self.dtype, "iuf")


@dataclass(frozen=True, slots=True)
class Vector:
    """A fixed number of reals that belong together; each entry has its own mean, scale and observed range."""

    mean: tuple[float, ...]
    scale: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    dtype: str = "float64"

    def __post_init__(self) -> None:
        _check_dtype(self.dtype, "f")
        if not self.mean or len({len(self.mean), len(self.scale), len(self.low), len(self.high)}) > 1:
            raise DataError("a vector needs a mean, a scale, a low and a high for each of its entries")

    @property
    def dim(self) -> int:
        """How many entries a value has."""
        return len(self.mean)


@dataclass(frozen=True, slots=True)
class Image:
    """A picture of bytes; values are arrays (channels, height, width)."""

    channels: int
    height: int
    width: int

    def __post_init__(self) -> None:
        if self.channels not in (1, 3, 4) or self.height < 1 or self.width < 1:
            raise DataError(f"an image has 1, 3 or 4 channels and at least one pixel, not {self.shape}")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height, width."""
        return self.channels, self.height, self.width

    @property
    def dtype(self) -> str:
        """Of the values that are handed back."""
        return "uint8"


Atom = Categorical | Integer | Continuous | Vector | Image
"""A variable that is one column."""


@dataclass(frozen=True, slots=True)
class Composite:
    """One variable of the graph that is several columns of the data, such as digit, colour and thickness."""

    fields: tuple[tuple[str, Atom], ...]

    def __post_init__(self) -> None:
        names = [name for name, _ in self.fields]
        # NumPy gives a field without a name another one.
        if not names or not all(names) or len(set(names)) < len(names):
            raise DataError(f"a composite needs fields of different, non-empty names, not {names}")


VariableType = Atom | Composite


def parts_of(name: str, kind: VariableType) -> tuple[Part, ...]:
    """What conditional models see of a variable: one part, or one for each field of a composite."""
    match kind:
        case Composite(fields):
            return tuple(part for field, atom in fields for part in parts_of(f"{name}.{field}", atom))
        case Categorical(labels):
            return (Part(name, size=len(labels)),)
        case Vector():
            return (Part(name, dim=kind.dim),)
        case Image():
            return (Part(name, dim=kind.channels * kind.height * kind.width, shape=kind.shape),)
        case _:
            return (Part(name),)


def real_range(kind: Integer | Continuous) -> tuple[float, float]:
    """The ends of the observed range, standardised; a whole number is a cell of width one around it."""
    half = 0.5 if isinstance(kind, Integer) else 0.0
    return (kind.low - half - kind.mean) / kind.scale, (kind.high + half - kind.mean) / kind.scale


@dataclass(frozen=True)
class Schema:
    """The type of every variable, by name."""

    types: Mapping[str, VariableType]

    def __post_init__(self) -> None:
        owner: dict[str, str] = {}
        for name, kind in self.types.items():
            for part in parts_of(name, kind):
                if part.name in owner:
                    raise DataError(
                        f"{part.name} names both a variable and a field of {owner[part.name]}; rename one of them"
                    )
                owner[part.name] = name

    def __getitem__(self, name: str) -> VariableType:
        if name not in self.types:
            raise DataError(f"the data have no variable {name!r}{near_misses(name, self.types)}")
        return self.types[name]

    def parts(self, *names: str) -> tuple[Part, ...]:
        """The parts of some variables, in their order."""
        return tuple(part for name in names for part in parts_of(name, self[name]))
