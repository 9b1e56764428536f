"""Tables of a user's, read in one way everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idgen_compiler.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["check_aligned", "read_csv"]


def read_csv(path: Path, mark: str) -> pd.DataFrame:
    """The whole table, its columns parted by `mark`.

    Where every row has one field more than the header, the first is a row's name, as R writes them, and is left out.
    All columns are read, whichever are wanted: told to read some only, pandas takes rows of any length.

    Raises DataError for what is no such table, naming the line.
    """
    import pandas as pd

    try:
        table = pd.read_csv(path, sep=mark, low_memory=False)
    except (FileNotFoundError, IsADirectoryError):
        raise DataError(f"there is no file {path}; give the path of a CSV or Parquet file") from None
    except (OSError, ValueError) as error:  # the parser's own errors are among them
        kind = "TSV" if mark == "\t" else "CSV"
        raise DataError(f"{path} cannot be read as {kind}: {error}") from None
    if table.index.nlevels > 1:
        raise DataError(f"the rows of {path} have {table.index.nlevels} fields more than its header; name them all")
    return table.reset_index(drop=True)


def check_aligned(columns: Mapping[Any, Any]) -> None:
    """Raise DataError for columns of pandas with unlike indexes: by place and by name their rows would pair unlike."""
    import pandas as pd

    series = {str(name): column for name, column in columns.items() if isinstance(column, pd.Series)}
    first = next(iter(series), "")
    for name, column in series.items():
        if not column.index.equals(series[first].index):
            raise DataError(
                f"columns {first} and {name} have different pandas indexes; join them in one DataFrame, or give arrays "
                "in the order of the rows"
            )
