"""What parts the fields of a text table."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path

from idgen_compiler.errors import DataError

__all__ = ["delimiter_of", "said_in_first_line"]

CANDIDATES = (",", ";", "\t", "|")
_NAMES = {"\t": "tabs", ",": "commas", ";": "semicolons", "|": "bars"}
_SAID = re.compile(r'\s*"?sep=(.)"?\s*$')


def said_in_first_line(sample: str) -> str | None:
    """The delimiter that a first line such as `sep=;` names, as Excel reads and writes it."""
    found = _SAID.match(sample.partition("\n")[0].rstrip("\r"))
    return found[1] if found else None


def delimiter_of(path: Path, sample: str, usual: str, whole: bool) -> str:
    r"""The one that parts the header into several fields and every row into as many, or into one more (a row's name).

    The `usual` one is taken where none does: then there is one column, or the table's reader tells the line that is
    wrong. Raises DataError where several do, and where rows have several fields below a header of one.
    `sample` is the beginning of the text, or the `whole` of it.

    >>> delimiter_of(Path("t.csv"), "X;Y\n1,5;2,5\n", ",", whole=True)
    ';'
    """
    rows = {mark: _rows(sample, mark, whole) for mark in dict.fromkeys((usual, *CANDIDATES))}
    fitting = [mark for mark, found in rows.items() if _fits(found)]
    if len(fitting) > 1:
        named = " or by ".join(_NAMES[mark] for mark in fitting)
        raise DataError(f"the fields of {path} may be parted by {named}; name the delimiter")
    if fitting:
        return fitting[0]
    lengths = [len(row) for row in rows[usual]]
    if len(lengths) > 1 and lengths[0] == 1 and max(lengths) > 1:
        raise DataError(
            f"{path} has one name in its header and up to {max(lengths)} fields in a row; name its delimiter, such as "
            "delimiter=';', or its columns"
        )
    return usual


def _rows(sample: str, mark: str, whole: bool) -> list[list[str]]:
    """The rows of the sample, without the last, which may not be whole."""
    try:
        found = [row for row in csv.reader(sample.splitlines(), delimiter=mark, skipinitialspace=True) if row]
    except csv.Error:
        return []
    return found if whole or len(found) < 2 else found[:-1]


def _fits(rows: Sequence[Sequence[str]]) -> bool:
    if not rows or len(rows[0]) < 2:
        return False
    lengths = {len(row) for row in rows[1:]}
    return lengths <= {len(rows[0])} or lengths == {len(rows[0]) + 1}
