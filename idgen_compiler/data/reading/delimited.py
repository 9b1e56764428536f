"""Text tables: rows of fields between delimiters."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from idgen_compiler.data.arrays import pandas
from idgen_compiler.data.column import FEW_VALUES
from idgen_compiler.data.reading.bounded import unfolded
from idgen_compiler.data.reading.delimiter import delimiter_of, said_in_first_line
from idgen_compiler.data.reading.encoding import encoding_of
from idgen_compiler.data.reading.files import DELIMITERS, language_of, reading
from idgen_compiler.data.reading.numerals import Written, are_decimal_commas, part_thousands, without_groups
from idgen_compiler.data.reading.options import Reading
from idgen_compiler.errors import DataError, DataWarning
from idgen_compiler.forms.shown import cut, listed
from idgen_compiler.warning import warn_user

__all__ = ["WORDS", "DelimitedFile", "missing_words"]

WORDS = (
    "", "NA", "N/A", "n/a", "#NA", "#N/A", "#N/A N/A", "<NA>", "NaN", "nan", "-NaN", "-nan", "NULL", "null", "None",
    "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN",
)  # fmt: skip
"""What stands for nothing in a text table, unless somebody says that words are labels."""

FEW = 0.1
"""A column of many different numbers is said to be texts for the sake of at most this share of words."""

ALONE = 3
"""A word in so few rows is no label of a column whose others are numbers, however few."""

HALF = 0.5
"""Where the last column is empty in more rows than this, a field too many in the first ones moved all columns."""

_SAMPLE, _PIECE = 2**16, 100_000
_SHOWN = 5


def missing_words(content: Any) -> tuple[str, ...]:
    """The words that stood in a column of a text table for nothing, the most frequent first; "" for none."""
    return tuple(getattr(content, "attrs", {}).get("missing_words", ()))


@dataclass(frozen=True, eq=False)
class DelimitedFile:
    """A text table whose delimiter, encoding and decimal mark are found where they are not said.

    Where every row has one field more than the header, the first is a row's name, as R writes them, and is left out.
    All columns are read, whichever are wanted: told to read some only, pandas takes rows of any length.
    Everything here raises DataError for what is no such table, naming the line.
    """

    path: Path
    how: Reading

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The fields of the header, as they stand there."""
        header = self._parsed(".", header=None, nrows=1, dtype=str, keep_default_na=False)
        return tuple("" if name != name else str(name) for name in header.iloc[0])

    def read(self, wanted: Sequence[int]) -> list[Any]:
        """Some columns, by their places, as Series."""
        decimal = self.how.decimal or "."
        table = self._table(decimal)
        written = self._written(table)
        commas = [k for k in wanted if self.how.decimal is None and self._decimal_comma(k, table.iloc[:, k])]
        if commas:
            decimal, table = ",", self._with_commas(table, commas, wanted)
        elif self.how.decimal is None:
            self._refuse_groups(table, written, wanted)
        columns = {k: table.iloc[:, k] for k in wanted}
        columns |= (meant := self._as_they_are_meant(columns, written, decimal))
        for k in wanted:
            self._warn_of_few_words(k, columns[k])
        missing = [k for k in wanted if columns[k].isna().any()]
        if missing:
            columns |= self._with_nothing(missing, meant, decimal)
        for column in columns.values():
            column.attrs["as_written"] = True
        return [columns[k] for k in wanted]

    # -- how it is written ------------------------------------------------------------------------------------------

    @cached_property
    def _encoding(self) -> str:
        return self.how.encoding or encoding_of(self.path, self.how.size_limit)

    @cached_property
    def _layout(self) -> tuple[str, int]:
        """The delimiter, and how many lines stand before the header."""
        with self._text() as file:
            sample = file.read(_SAMPLE)
            whole = not file.read(1)
        said = said_in_first_line(sample)
        if said is not None:
            return self.how.delimiter or said, 1
        usual = DELIMITERS[language_of(self.path)]
        return self.how.delimiter or delimiter_of(self.path, sample, usual, whole), 0

    @contextmanager
    def _text(self) -> Iterator[io.TextIOWrapper]:
        with reading(self.path), unfolded(self.path, self.how.size_limit) as file:
            yield io.TextIOWrapper(file, encoding=self._encoding, newline="")

    def _parsed(self, decimal: str, **how: Any) -> Any:
        with self._text() as file:
            return self._parser(file, decimal, **how)

    def _parser(self, file: io.TextIOWrapper, decimal: str, **how: Any) -> Any:
        mark, skipped = self._layout
        return pandas().read_csv(
            file,
            sep=r"\s+" if mark == " " else mark,
            decimal=decimal,
            skiprows=skipped,
            skipinitialspace=True,
            **{"low_memory": False} | how,
        )

    def _table(self, decimal: str, **how: Any) -> Any:
        """The whole table; columns as many as names in the header."""
        # the marks of one column alone are found in its values (see `missing`)
        words = [*(() if self.how.missing == "text" else WORDS), "", *map(str, self.how.marks(""))]
        table = self._parsed(decimal, header=0, **{"keep_default_na": False, "na_values": words} | how)
        extra = table.index.nlevels if not isinstance(table.index, pandas().RangeIndex) else 0
        if extra > 1:
            raise DataError(
                f"the rows of {self.path} have {extra} fields more than its header; name them all, or name the "
                "delimiter"
            )
        if extra and len(table.columns) and len(table) and table.iloc[:, -1].isna().all():
            raise DataError(
                f"the rows of {self.path} have one field more than its header, and the last is empty; remove the "
                "delimiter that ends each line, or name the first column"
            )
        if extra and len(table.columns) and table.iloc[:, -1].isna().mean() > HALF:
            raise DataError(
                f"only some rows of {self.path} have one field more than its header, the first of them; remove the "
                "delimiter that is too many"
            )
        return table.reset_index(drop=True)

    # -- how numbers are written ------------------------------------------------------------------------------------

    def _written(self, table: Any) -> dict[int, Written]:
        """How the numbers of each column of numbers are written, read piece by piece as texts."""
        numeric = pandas().api.types.is_numeric_dtype
        found = {k: Written() for k in range(table.shape[1]) if numeric(table.iloc[:, k].dtype)}
        if not found:
            return found
        for piece in self._pieces():
            for k, before in found.items():
                if not before.fraction:
                    found[k] = before.joined(Written.of(piece.iloc[:, k].str.strip().unique().tolist()))
            if all(one.fraction for one in found.values()):
                break
        return found

    def _pieces(self) -> Iterator[Any]:
        """The table's fields as they are written, some rows at a time."""
        how: dict[str, Any] = {"header": 0, "dtype": str, "keep_default_na": False, "na_filter": False}
        with self._text() as file:
            yield from self._parser(file, ".", chunksize=_PIECE, **how)

    def _decimal_comma(self, place: int, column: Any) -> bool:
        """Whether a column of texts holds numbers with a comma for the decimal point.

        Raises DataError where that cannot be told.
        """
        if pandas().api.types.is_numeric_dtype(column.dtype):
            return False
        texts = column.dropna().astype(str)
        if not are_decimal_commas(texts):
            return False
        commas = texts[texts.str.contains(",", regex=False)]
        name, shown = self.names[place].strip(), cut(commas.iloc[0])
        if self._layout[0] == ",":
            raise DataError(
                f"column {name} of {self.path} holds {shown}; say decimal=',' if that is a number, decimal='.' if it "
                "is a text"
            )
        if part_thousands(commas):
            raise DataError(
                f"column {name} of {self.path} holds {shown}, where the comma may part thousands or decimals; say "
                "decimal=',' for decimals, or remove it"
            )
        return True

    def _refuse_groups(self, table: Any, written: Mapping[int, Written], wanted: Sequence[int]) -> None:
        """Raise DataError for 1.793 beside 302, which is 1793 to some, unless other columns show what points are."""
        if any(one.fraction for one in written.values()):
            return
        texts = (table.iloc[:, k].dropna().astype(str) for k in range(table.shape[1]) if k not in written)
        if self._layout[0] != ";" and not any(without_groups(one, commas=False) is not None for one in texts):
            return
        for k in wanted:
            if k in written and written[k].may_part_thousands:
                shown = written[k].group
                beside = f" beside {written[k].whole!r}" if written[k].whole else ""
                raise DataError(
                    f"column {self.names[k].strip()} of {self.path} holds {shown!r}{beside}, where the point may part "
                    f"thousands or decimals; say decimal=',' if it is {shown.replace('.', '')}, decimal='.' if it is "
                    f"{float(shown):.10g}"
                )

    def _with_commas(self, table: Any, commas: Sequence[int], wanted: Sequence[int]) -> Any:
        """The table read anew with decimal commas.  Raises DataError where other columns have points."""
        again = self._table(",")
        numeric = pandas().api.types.is_numeric_dtype
        for k in wanted:
            if numeric(table.iloc[:, k].dtype) and not numeric(again.iloc[:, k].dtype):
                texts = again.iloc[:, k].dropna()
                raise DataError(
                    f"column {self.names[commas[0]].strip()} of {self.path} has decimal commas, and column "
                    f"{self.names[k].strip()} points, as in {cut(texts.iloc[0])}; say which by decimal=',' or '.'"
                )
        return again

    def _as_they_are_meant(
        self, columns: Mapping[int, Any], written: Mapping[int, Written], decimal: str
    ) -> dict[int, Any]:
        """Columns that are no plain numbers: codes with zeros before them, as texts; and numbers with parted thousands.

        Warns (DataWarning) of whole numbers some of which are written like powers of ten, as codes may be.
        """
        pd, found = pandas(), {}
        padded = [k for k in columns if k in written and written[k].are_codes]
        codes = self._table(decimal, dtype={columns[k].name: str for k in padded}) if padded else None
        for k, column in columns.items():
            if codes is not None and k in padded:
                found[k] = codes.iloc[:, k].str.strip()
                found[k].attrs["padded"] = written[k].padded
            elif pd.api.types.is_numeric_dtype(column.dtype):
                self._warn_of_powers(k, written[k] if k in written else Written())
            elif self.how.decimal != ".":
                texts = column.dropna().astype(str)
                numbers = without_groups(texts, commas=self.how.decimal == ",")
                if numbers is not None:
                    found[k] = numbers.convert_dtypes().reindex(column.index) if len(texts) < len(column) else numbers
        return found

    def _warn_of_powers(self, place: int, written: Written) -> None:
        if written.are_mixed:
            warn_user(
                f"column {self.names[place].strip()} of {self.path} holds {written.power!r} beside "
                f"{(written.whole or written.long)!r}, "
                f"which is read as the number {float(written.power):.10g}; codes need another letter, or a table in "
                "memory",
                DataWarning,
            )

    def _warn_of_few_words(self, place: int, column: Any) -> None:
        """Warn where a few words among many numbers make texts of them all."""
        pd = pandas()
        if pd.api.types.is_numeric_dtype(column.dtype) or not len(column):
            return
        texts = column.dropna().astype(str)
        most = FEW * len(texts)
        if pd.to_numeric(texts.iloc[: int(2 * most) + 1], errors="coerce").isna().sum() > most:  # they are texts
            return
        numbers = pd.to_numeric(texts, errors="coerce")
        words = texts[numbers.isna()]
        if not 0 < len(words) <= most or words.nunique() > _SHOWN:
            return
        if numbers.nunique() <= FEW_VALUES and len(words) > ALONE:
            return
        row = int(words.index[0])
        column.attrs["told"] = True
        warn_user(
            f"column {self.names[place].strip()} of {self.path} holds numbers, but {cut(words.iloc[0])} in row {row} "
            f"(counting from 0), and in {len(words)} of {len(column)} rows such words, so that all are texts; if they "
            f"stand for nothing, say missing_marks=[{listed(list(words.unique()))}] and what becomes of missing values",
            DataWarning,
        )

    # -- what is missing --------------------------------------------------------------------------------------------

    def _with_nothing(self, places: Sequence[int], meant: Mapping[int, Any], decimal: str) -> dict[int, Any]:
        """Columns that lack values, in types that can, with the words that stood there."""
        typed = self._table(decimal, dtype_backend="numpy_nullable")
        texts = self._table(decimal, dtype=str, na_values=[], na_filter=False)
        found = {}
        for k in places:
            column = meant[k] if k in meant else typed.iloc[:, k]
            words = texts.iloc[:, k][column.isna().to_numpy(dtype=bool)].astype(str).str.strip().value_counts()
            column.attrs["missing_words"] = tuple(words.index)
            found[k] = column
        return found
