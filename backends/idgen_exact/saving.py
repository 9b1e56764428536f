"""Exact samplers as files: the header and one JSON file of tables, read strictly."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from idgen_compiler import ir
from idgen_compiler.data.kinds.labels import check_label
from idgen_compiler.errors import DataError, ProgramError
from idgen_compiler.estimand.tables import Array, KernelTable
from idgen_compiler.forms.record import read_record, to_plain
from idgen_compiler.graph.names import variable_of
from idgen_compiler.hinge.policies import Policy
from idgen_compiler.hinge.saved import read_header, read_json, saving, write_header, write_json
from idgen_compiler.hinge.saved_policies import header_of, of_header
from idgen_compiler.ir.operations import Assign, Sample
from idgen_compiler.program import Program
from idgen_exact.policies import open_axes

__all__ = ["read_sampler", "write_sampler"]

_FRACTION = re.compile(r"-?[0-9]+(/[0-9]+)?")

_MOST_BITS = 2**17
"""The common denominator of a law that is read: 40,000 digits, ten times as many as one number may have."""

TABLES = "kernels.json"
"""The file of kernels: numbers, or Fractions as the strings "1/3"."""


@dataclass(frozen=True, slots=True)
class _Kernel:
    """A kernel as a file holds it: its values in row-major order, null where it is not defined."""

    query: str
    given: tuple[str, ...]
    targets: tuple[str, ...]
    shape: tuple[int, ...]
    exact: bool  #: whether the values are Fractions
    values: tuple[str | float | None, ...]

    @classmethod
    def of(cls, query: str, kernel: KernelTable) -> _Kernel:
        exact = kernel.table.dtype == object
        try:
            values = tuple(None if v != v else str(v) if exact else float(v) for v in kernel.table.flat)
        except ValueError:  # Python writes no number of more digits
            raise DataError(f"{query} has probabilities of too many digits for a file; fit floats") from None
        return cls(query, kernel.given, kernel.targets, kernel.table.shape, bool(exact), values)

    @property
    def table(self) -> KernelTable:
        """The kernel itself.  Raises ValueError or ZeroDivisionError for values that are no numbers or too few."""
        kind = str if self.exact else float  # Fraction(0.1) would be taken, and would be another number
        if not all(value is None or isinstance(value, kind) for value in self.values):
            raise ValueError(f"not all values are {'texts' if self.exact else 'numbers'}")
        if min(self.shape, default=1) < 1:
            raise ValueError(f"the shape {self.shape!r:.80} has an axis without cells")
        numbers: list[Any] = [math.nan if v is None else _fraction(v) if self.exact else v for v in self.values]
        values: Array = np.array(numbers, dtype=object if self.exact else np.float64)
        return KernelTable(self.given, self.targets, values.reshape(self.shape))


@dataclass(frozen=True, slots=True)
class _Tables:
    """What the file of kernels holds."""

    kernels: tuple[_Kernel, ...]
    labels: Mapping[str, tuple[str | int | float | bool, ...]]


def write_sampler(
    path: Path,
    program: ir.Program,
    kernels: Mapping[str, KernelTable],
    labels: Mapping[str, tuple[Any, ...]],
    policies: Mapping[str, Policy],
) -> None:
    """Write a sampler into a folder, whole or not at all; a saved sampler that is there is replaced in one step.

    Raises DataError when anything else is there, or it cannot be written.
    """
    plain = {name: tuple(_plain(name, label) for label in values) for name, values in labels.items()}
    content = _Tables(tuple(_Kernel.of(query, kernel) for query, kernel in kernels.items()), plain)
    with saving(path) as folder:
        write_json(folder / TABLES, to_plain(content))
        write_header(folder, "exact", program, **header_of(policies))


def read_sampler(
    path: Path,
) -> tuple[Program, dict[str, KernelTable], dict[str, tuple[Any, ...]], dict[str, Policy]]:
    """Read what `write_sampler` wrote: program, kernels by query, labels by variable and policies by name.

    Raises DataError when a file is missing or damaged, or the tables are no kernels of the program's queries.
    """
    header = read_header(path)
    try:
        program = Program.parse(header["program"])
    except ProgramError as error:
        raise _damaged(path, f"its program cannot be read: {error}") from None
    found = read_json(path / TABLES)
    try:
        content = read_record(_Tables, found, "it", DataError)
        kernels = {entry.query: entry.table for entry in content.kernels}
    except (DataError, ValueError, ZeroDivisionError, OverflowError) as error:
        raise _damaged(path, f"{TABLES} does not hold kernels ({error})") from None
    labels = dict(content.labels)
    _check(path, program.samplers, kernels, labels)
    return program, kernels, labels, of_header(header, program)


def _check(
    path: Path, samplers: tuple[Sample, ...], kernels: Mapping[str, KernelTable], labels: Mapping[str, tuple[Any, ...]]
) -> None:
    if set(kernels) != {sampler.query for sampler in samplers}:
        raise _damaged(path, f"{TABLES} holds other queries than the program answers")
    sizes: dict[str, int] = {}
    for sampler in samplers:
        kernel = kernels[sampler.query]
        axes = (*kernel.given, *kernel.targets)
        given, targets = open_axes(sampler)
        expected = (*given, *targets)
        if (kernel.given, kernel.targets) != (given, targets) or kernel.table.ndim != len(axes):
            raise _damaged(path, f"a table of {TABLES} has the axes {axes}, not {expected}")
        over = tuple(range(len(kernel.given), len(axes)))
        absent = np.asarray(kernel.table != kernel.table, dtype=bool)  # a law is there as a whole or not at all
        there = np.where(absent, 0, kernel.table)
        rows = there.reshape(int(np.prod(kernel.table.shape[: over[0]])), -1)
        whole = np.fromiter(map(_is_whole, rows), bool) if rows.dtype == object else abs(rows.sum(axis=1) - 1) <= 1e-9
        lacking = absent.reshape(len(rows), -1)
        parted = any(isinstance(s, Assign) for s in sampler.network.statements)  # which is known cell by cell
        missing = lacking.any(axis=1) & (rows.sum(axis=1) <= 1) if parted else lacking.all(axis=1)
        if not np.all(there >= 0) or not np.all(whole & ~lacking.any(axis=1) | missing):
            raise _damaged(path, f"a table of {TABLES} is no conditional law: it must sum to 1 over {kernel.targets}")
        for name, size in zip(map(variable_of, axes), kernel.table.shape, strict=True):
            if sizes.setdefault(name, size) != size:
                raise _damaged(path, f"{name} has {sizes[name]} categories in one table and {size} in another")
    for name, values in labels.items():
        try:
            for value in values:
                check_label(value)
        except DataError as error:
            raise _damaged(path, f"the labels of {name} are none: {error}") from None
        if len(values) != sizes.get(name) or len(set(values)) != len(values):
            raise _damaged(path, f"the labels of {name} do not fit its {sizes.get(name, 0)} categories")


def _fraction(text: str | float) -> Fraction:
    """The number that `str` of a Fraction writes.  Raises ValueError for any other text, such as 1e99999999."""
    if not _FRACTION.fullmatch(str(text)):
        raise ValueError(f"{text!r:.40} is no fraction such as '1/3'")
    try:
        return Fraction(text)
    except ValueError:  # Python's own words ask for its limit to be lifted, which nobody should do for a file
        raise ValueError(f"a fraction of {len(str(text))} characters, more than are read") from None


def _is_whole(row: Array) -> bool:
    """Whether fractions sum to 1, added over one denominator, which stays short where they are a law."""
    common = 1
    for value in row:
        common = math.lcm(common, value.denominator)
        if common.bit_length() > _MOST_BITS:
            return False
    return bool(sum(value.numerator * (common // value.denominator) for value in row) == common)


def _plain(name: str, label: Any) -> str | int | float:
    """A label as JSON can hold it; numpy scalars become Python's."""
    value = label.item() if isinstance(label, np.generic) else label
    if not isinstance(value, str | int | float) or (isinstance(value, float) and not math.isfinite(value)):
        raise DataError(f"{name} has the label {label!r}, which cannot be saved; label with text or finite numbers")
    return value


def _damaged(path: Path, what: str) -> DataError:
    return DataError(f"the sampler in {path} is damaged: {what}; save it again")
