"""The columns that a check reads: categories as codes, numbers as they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from idgen_compiler.errors import DataError, IdgenError, near_misses
from idgen_compiler.user_tables import PARQUET, check_aligned, kind_of, read_csv, reading

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Array", "Column", "Columns", "read_columns"]

Array = np.ndarray[Any, np.dtype[Any]]

KINDS = ("categorical", "integer", "continuous")
FEW_VALUES = 10
SOME_VALUES = 32
ROWS_PER_VALUE = 10


@dataclass(frozen=True, eq=False)
class Column:
    """One variable's values: codes 0 .. size-1 where it is categorical, float64 where `size` is 0."""

    values: Array  #: shape (rows,)
    size: int = 0

    @property
    def categorical(self) -> bool:
        """Whether the values are codes of categories."""
        return self.size > 0


Columns = Mapping[str, Column]


def read_columns(data: Any, names: Iterable[str], types: Mapping[str, str] | None = None) -> dict[str, Column]:
    """The columns of a DataFrame, an Arrow table, a Hugging Face data set, a mapping of arrays, or a file.

    Without a type, strings, booleans and few different whole numbers are categorical, as in fitting; all else is
    continuous. Raises DataError naming the column and the remedy.
    """
    wanted, asked = list(names), dict(types or {})
    frame = _frame(data)
    for name, kind in asked.items():
        if name not in wanted:
            raise DataError(f"types names {name!r}, which is no vertex of the graph{near_misses(name, wanted)}")
        if kind not in KINDS:
            raise DataError(f"types[{name!r}] is {kind!r}; choose {', '.join(KINDS)}")
    labels = [str(label) for label in frame.columns]
    missing = [name for name in wanted if name not in labels]
    if missing:
        hints = "".join(f"\n  {name}{near_misses(name, labels)}" for name in missing)
        raise DataError(
            f"the data lack {len(missing)} column(s) of the graph:{hints}\n"
            "rename the columns to the graph's names, or project what is not measured out of the graph"
        )
    twice = [name for name in wanted if labels.count(name) > 1]
    if twice:
        raise DataError(f"the table has {labels.count(twice[0])} columns called {twice[0]}; keep one")
    if len(frame) == 0:
        raise DataError("the table has no rows; a test needs some hundreds")
    return {name: _column(name, frame.iloc[:, labels.index(name)], asked.get(name)) for name in wanted}


def _frame(data: Any) -> pd.DataFrame:
    try:
        import pandas as pd
    except ImportError:
        raise IdgenError("checking a graph needs pandas; pip install 'idgen-compiler[check]'") from None
    if isinstance(data, pd.DataFrame):
        return data
    if isinstance(data, str | Path):
        return _read_file(Path(data))
    if callable(convert := getattr(data, "to_pandas", None)):
        return pd.DataFrame(convert())
    if isinstance(data, Mapping):
        check_aligned(data)
        try:
            columns = {str(name): pd.Series(values).reset_index(drop=True) for name, values in data.items()}
            return pd.DataFrame(columns)
        except (TypeError, ValueError) as error:
            raise DataError(f"the arrays are no columns of one table: {error}") from None
    raise DataError(
        f"data of type {type(data).__name__} cannot be read; give a DataFrame, an Arrow table, a dict of arrays, or "
        "the path of a CSV or Parquet file"
    )


def _read_file(path: Path) -> pd.DataFrame:
    import pandas as pd

    if kind_of(path) in PARQUET:
        with reading(path):
            return pd.read_parquet(path)
    return read_csv(path)


def _column(name: str, series: pd.Series, kind: str | None) -> Column:
    if missing := int(series.isna().sum()):
        raise DataError(f"column {name} has {missing} missing value(s) in {len(series)} rows; drop or fill them first")
    if kind is None:
        kind = _kind(series)
    if kind == "categorical":
        return _categories(name, series)
    try:
        values = series.to_numpy(dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(f"column {name} does not hold numbers; give types={{{name!r}: 'categorical'}}") from None
    if values.ndim != 1 or not np.isfinite(values).all():
        raise DataError(f"column {name} holds values that are no finite numbers; drop these rows first")
    return Column(values)


def _kind(series: pd.Series) -> str:
    from pandas.api.types import is_bool_dtype, is_float_dtype, is_integer_dtype

    if is_bool_dtype(series.dtype) or not (is_integer_dtype(series.dtype) or is_float_dtype(series.dtype)):
        return "categorical"
    distinct = series.nunique()
    if is_integer_dtype(series.dtype):
        few = distinct <= FEW_VALUES or (distinct <= SOME_VALUES and distinct * ROWS_PER_VALUE <= len(series))
        return "categorical" if few else "continuous"
    whole = distinct <= FEW_VALUES and bool((series == series.round()).all())
    return "categorical" if whole else "continuous"


def _categories(name: str, series: pd.Series) -> Column:
    import pandas as pd

    try:
        codes, found = pd.factorize(series, sort=False)
    except TypeError:
        raise DataError(f"column {name} holds values that are no categories, such as lists; leave it out") from None
    if len(found) > 100 and len(found) > len(series) / 2:
        raise DataError(
            f"column {name} has {len(found)} different values in {len(series)} rows, like an identifier; encode it as "
            "numbers"
        )
    return Column(np.asarray(codes), len(found))
