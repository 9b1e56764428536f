"""Tables of text, read in one way everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from idgen_compiler.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_csv"]


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
