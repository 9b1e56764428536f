"""What a nuisance is learned from: rows of features, some of them numbers and some of them categories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from idgen_compiler.errors import DataError

__all__ = ["Design"]


@dataclass(frozen=True, eq=False)
class Design:
    """Features of rows: `numbers` (rows, a) in any units, `codes` (rows, b), the k-th of them in 0 ... sizes[k] - 1.

    >>> import numpy as np
    >>> design = Design.of({"age": np.array([31.0, 54.0]), "ward": np.array([2, 0])}, sizes={"ward": 3})
    >>> design.numbers.shape, design.codes.shape, design.sizes
    ((2, 1), (2, 1), (3,))

    Raises:
        DataError: a feature is NaN or infinite, a code lies outside of its size, or features differ in length.
    """

    numbers: NDArray[np.float64]
    codes: NDArray[np.int64]
    sizes: tuple[int, ...]
    names: tuple[str, ...] = ()  #: of the columns, numbers first; for messages

    def __post_init__(self) -> None:
        if self.numbers.ndim != 2 or self.codes.ndim != 2 or len(self.numbers) != len(self.codes):
            raise DataError(
                f"numbers {self.numbers.shape} and codes {self.codes.shape} are no (rows, columns) of equal rows"
            )
        if self.codes.shape[1] != len(self.sizes):
            raise DataError(f"{self.codes.shape[1]} columns of codes have {len(self.sizes)} sizes; give one size each")
        if not self.names:
            names = [
                *(f"number {k}" for k in range(self.numbers.shape[1])),
                *(f"code {k}" for k in range(len(self.sizes))),
            ]
            object.__setattr__(self, "names", tuple(names))
        unknown = ~np.isfinite(self.numbers).all(0)
        if unknown.any():
            raise DataError(f"{self.names[int(unknown.argmax())]} holds NaN or infinity; drop or fill these rows first")
        for k, size in enumerate(self.sizes):
            column = self.codes[:, k]
            if len(column) and not (column.min() >= 0 and column.max() < size):
                name = self.names[self.numbers.shape[1] + k]
                raise DataError(
                    f"{name} has codes from {column.min()} to {column.max()}; its size {size} allows 0 to {size - 1}"
                )

    @classmethod
    def of(
        cls, columns: Mapping[str, ArrayLike], sizes: Mapping[str, int] | None = None, rows: int | None = None
    ) -> Design:
        """The design of named columns, each (rows,) or (rows, d): a category where `sizes` names it, numbers otherwise.

        `rows` is needed where there are no columns: then every row is like every other.
        """
        sizes = sizes or {}
        arrays = {name: np.asarray(column) for name, column in columns.items()}
        count = rows if rows is not None else len(next(iter(arrays.values()), ()))
        for name, column in arrays.items():
            if column.ndim not in (1, 2) or len(column) != count:
                raise DataError(f"{name} has shape {column.shape}; a feature has ({count},) or ({count}, d)")
            if column.dtype.kind not in "biuf" or (name in sizes and column.dtype.kind == "f"):
                raise DataError(f"{name} holds {column.dtype}; a feature holds numbers, a category integer codes")
        flat = {name: column.reshape(count, -1) for name, column in arrays.items()}
        numbers = {name: column for name, column in flat.items() if name not in sizes}
        codes = {name: column for name, column in flat.items() if name in sizes}
        return cls(
            np.column_stack([np.empty((count, 0)), *numbers.values()]).astype(np.float64),
            np.column_stack([np.empty((count, 0), np.int64), *codes.values()]).astype(np.int64),
            tuple(sizes[name] for name, column in codes.items() for _ in range(column.shape[1])),
            tuple(name for group in (numbers, codes) for name, column in group.items() for _ in range(column.shape[1])),
        )

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def width(self) -> int:
        """How many columns."""
        return self.numbers.shape[1] + self.codes.shape[1]

    def rows(self, index: NDArray[np.int64] | NDArray[np.bool_] | slice) -> Design:
        """These rows, by position or mask."""
        return Design(self.numbers[index], self.codes[index], self.sizes, self.names)

    def above(self, other: Design) -> Design:
        """These rows and under them those of `other`, which has the same columns."""
        self.require_like(other)
        numbers, codes = np.concatenate([self.numbers, other.numbers]), np.concatenate([self.codes, other.codes])
        return Design(numbers, codes, self.sizes, self.names)

    def require_like(self, other: Design) -> None:
        """Raise where `other` has other columns."""
        if (self.numbers.shape[1], self.sizes) != (other.numbers.shape[1], other.sizes):
            raise DataError(
                f"these rows have {other.numbers.shape[1]} numbers and categories of sizes {other.sizes}; "
                f"the model was trained on {self.numbers.shape[1]} and {self.sizes}"
            )
