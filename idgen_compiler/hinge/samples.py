"""What a sampler gives: arrays by variable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.forms.spelling import composed
from idgen_compiler.hinge.charts.outline import chart_of_samples, outlined

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Samples"]


class Samples(Mapping[str, np.ndarray]):
    """Samples by variable: each an array with one entry (or one row, for vectors) for every sample.

    A variable that is made of several columns is a structured array, with one field a column.

    >>> samples = Samples({"X": np.array([0, 1, 1]), "Y": np.array(["low", "high", "low"])})
    >>> samples
    Samples(3 of X, Y)
    >>> samples["Y"][samples["X"] == 1].tolist()
    ['high', 'low']
    """

    def __init__(self, columns: Mapping[str, np.ndarray]) -> None:
        self._columns = dict(columns)

    def __getitem__(self, name: str) -> np.ndarray:
        try:
            return self._columns[composed(name)]
        except KeyError:
            raise KeyError(f"no samples of {name!r}{near_misses(name, self._columns)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    @property
    def size(self) -> int:
        """How many samples there are.

        >>> Samples({"Y": np.zeros(5)}).size
        5
        """
        return len(next(iter(self._columns.values()), ()))

    def to_pandas(self) -> pd.DataFrame:
        """A data frame with one column a variable.

        Array-valued variables become columns of arrays; the fields of a structured one become columns `variable.field`.
        """
        import pandas as pd

        flat: dict[str, np.ndarray] = {}
        for name, values in self._columns.items():
            fields = values.dtype.names
            flat |= {f"{name}.{field}": values[field] for field in fields} if fields else {name: values}
        return pd.DataFrame({k: v if v.ndim == 1 else list(v) for k, v in flat.items()})

    def plot(self, *variables: str) -> Any:
        """Charts of the variables, or of some of them, by altair: shares of labels, histograms of numbers, pictures.

        Raises IdgenError where altair is not installed, and DataError where there is nothing to show and for a variable
        that there are no samples of.

        >>> Samples({"X": np.array([0, 1]), "Y": np.array([1, 1])}).plot("Y").to_dict()["encoding"]["x"]["title"]
        'Y'
        """
        return chart_of_samples({"": self.only(*variables)})

    def only(self, *variables: str) -> Samples:
        """The samples of these variables alone; of all, where none is named.

        Raises DataError for a variable that there are no samples of.

        >>> Samples({"X": np.array([0, 1]), "Y": np.array([1, 1])}).only("Y")
        Samples(2 of Y)
        """
        for name in variables:
            if not isinstance(name, str) or composed(name) not in self._columns:
                hint = near_misses(name, self._columns) if isinstance(name, str) else ""
                raise DataError(f"there are no samples of {name!r:.80}{hint}; name variables, or none for all of them")
        return Samples({composed(name): self[name] for name in variables}) if variables else self

    def _repr_html_(self) -> str:
        return outlined(self)

    def __repr__(self) -> str:
        return f"Samples({self.size} of {', '.join(self._columns)})"
