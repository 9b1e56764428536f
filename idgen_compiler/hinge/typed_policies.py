"""Policies as a person types them: `uniform`, the file of a law's table, `X + 1`."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

from idgen_compiler.errors import DataError, IdgenError
from idgen_compiler.forms.policy import UNIFORM
from idgen_compiler.hinge.policies import PROBABILITY, Law, Policy, Shift
from idgen_compiler.ir.policies import Uniform

__all__ = ["read_law", "read_policy", "read_shift"]

_MOVED = re.compile(r"\s*(?P<name>.*?)\s*(?P<sign>[+-])\s*(?P<by>\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+)\s*")

Read = Callable[[str, str], Any]
"""(variable, text) -> the value that was typed."""


def read_shift(name: str, value: str) -> Shift | None:
    """The shift of `X = X + 1`, whose right side is `value`; None for any other value."""
    moved = _MOVED.fullmatch(value)
    if moved is None or moved["name"].strip('"`') != name:
        return None
    return Shift(float(moved["sign"] + moved["by"]))


def read_policy(option: str, name: str, text: str, read: Read) -> Policy:
    """`uniform`, or the law of a file.  Raises IdgenError for anything else."""
    if text == UNIFORM:
        return Uniform()
    path = Path(text)
    if path.suffix.lower() != ".csv":
        raise IdgenError(f"{option} draws {name} by {text!r}; give {UNIFORM}, or the .csv file of a law's table")
    return read_law(path, read)


def read_law(path: Path, read: Read) -> Law:
    """The law of a CSV file: columns for what is read, one for the treatment, and `probability`, in this order.

    Raises DataError for a file that is missing or holds no such table, naming the line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"the law's table {path} cannot be read ({error}); give a CSV file in UTF-8") from None
    if len(rows) < 2:
        raise DataError(f"the law's table {path} has no rows; give a header line and a row for each cell and label")
    header = [name.strip() for name in rows[0]]
    if PROBABILITY not in header or len(set(header)) < len(header):
        raise DataError(
            f"the law's table {path} has the columns {', '.join(header)}; one is {PROBABILITY!r}, none twice"
        )
    columns: dict[str, list[Any]] = {name: [] for name in header}
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(header):
            raise DataError(f"line {number} of {path} has {len(row)} values for {len(header)} columns")
        for name, text in zip(header, row, strict=True):
            columns[name].append(_probability(path, number, text) if name == PROBABILITY else read(name, text.strip()))
    return Law(columns)


def _probability(path: Path, number: int, text: str) -> float:
    try:
        return float(Fraction(text.strip())) if len(text) < 100 else float("nan")
    except (ValueError, ZeroDivisionError):
        raise DataError(f"line {number} of {path} has the probability {text!r}; give a number such as 0.25") from None
