"""Sampling from kernels that are known as tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from idgen_compiler.asking import checked_seed, query_of, sampler_of, settings
from idgen_compiler.backend import Samples
from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.estimand.tables import Array, KernelTable
from idgen_compiler.ir.operations import Sample
from idgen_compiler.ir.program import Program
from idgen_compiler.query import Query
from idgen_exact.saving import write_sampler

__all__ = ["ExactSampler"]

Labels = Mapping[str, tuple[Any, ...]]
"""Variable -> the label of each of its categories; a variable without labels has the codes 0, 1, 2, ..."""


class ExactSampler:
    """A program run on a discrete law: the exact kernel of every query it answers.

    `kernels` holds a kernel for each `sample` operation, by the name of its query; `labels` the categories' names of
    the variables that have any.
    """

    def __init__(self, program: Program, kernels: Mapping[str, KernelTable], labels: Labels) -> None:
        self.program = program
        self.kernels: dict[str, KernelTable] = dict(kernels)
        self.labels: dict[str, tuple[Any, ...]] = dict(labels)

    def kernel(self, query: Query | str | None = None) -> KernelTable:
        """The kernel of one query: given its treatments and conditions, targets its outcomes, each sorted by name.

        `query` may be left out where the program answers one.  Raises DataError for an unknown or ambiguous one.
        """
        return self._kernel(sampler_of(self.program, query))

    def _kernel(self, op: Sample) -> KernelTable:
        return self.kernels[op.query]

    def sample(
        self,
        n: int,
        do: Mapping[str, Any] | None = None,
        given: Mapping[str, Any] | None = None,
        seed: int | None = None,
        query: Query | str | None = None,
    ) -> Samples:
        """Draw n samples of the outcomes by inverting the cumulative law.

        Each value of `do` and `given` is one value or one per sample: labels where the variable has any, codes
        0, 1, 2, ... otherwise; the samples are likewise.

        Raises DataError for a missing, unknown or misplaced variable, a value that is no category, or a column of
        another length than n.
        """
        if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 0:
            raise DataError(f"the number of samples is a whole number, at least 0, not {n!r}")
        op = sampler_of(self.program, query)
        kernel = self._kernel(op)
        values = self._inputs(op, settings("do", do), settings("given", given))
        generator = np.random.default_rng(None if seed is None else checked_seed(seed) % 2**64)
        split = len(kernel.given)
        sizes, outcomes = kernel.table.shape[:split], kernel.table.shape[split:]
        codes = [self._codes(name, values[name], size, int(n)) for name, size in zip(kernel.given, sizes, strict=True)]
        rows = np.ravel_multi_index(codes, sizes) if codes else np.zeros(n, dtype=np.intp)
        table = kernel.table.reshape(int(np.prod(sizes)), -1).astype(np.float64)
        cells = _draw(table, rows, generator)
        drawn = np.unravel_index(cells, outcomes)
        return Samples({k: self._labelled(k, code) for k, code in zip(kernel.targets, drawn, strict=True)})

    def read_value(self, name: str, text: str) -> Any:
        """The category that a person typed, by its label or code.  Raises DataError for a text that names none.

        A variable that the program does not know keeps its text, for `sample` to say so.
        """
        kernels = [kernel for kernel in self.kernels.values() if name in kernel.given]
        if not kernels:
            return text
        categories = self.labels.get(name, range(kernels[0].table.shape[kernels[0].given.index(name)]))
        for category in categories:
            if str(category) == text.strip():
                return category
        raise DataError(f"{text!r} is no category of {name}; it has {', '.join(map(str, categories))}")

    def save(self, path: str | Path) -> None:
        """Write the program and its kernels into a new folder as JSON.  Raises DataError if the folder holds files."""
        write_sampler(Path(path), self.program, self.kernels, self.labels)

    def _inputs(self, op: Sample, do: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
        kernel, asked = self._kernel(op), query_of(self.program, op)
        for name in (*do, *given):
            if name not in kernel.given:
                raise DataError(f"{name} is no input of the query{near_misses(name, kernel.given)}")
            if name in do and name in given:
                raise DataError(f"{name} has a value in do and in given; give it once")
        missing = [name for name in kernel.given if name not in do and name not in given]
        if missing:
            raise DataError(f"the query needs a value of {', '.join(missing)}; give it in do or given")
        for name in do:
            if name in asked.conditions:
                raise DataError(f"{name} is a condition of {asked}, not a treatment; give it in given")
        for name in given:
            if name in asked.treatments:
                raise DataError(f"{name} is a treatment of {asked}, not a condition; give it in do")
        return do | given

    def _codes(self, name: str, value: Any, size: int, n: int) -> Array:
        """The codes of a variable's values.  Shape: (n,)."""
        column = np.asarray(value, dtype=object)
        if column.ndim > 1 or (column.ndim == 1 and len(column) != n):
            raise DataError(
                f"{name} has values of shape {column.shape}; give one value, or one for each of {n} samples"
            )
        code_of = {label: code for code, label in enumerate(self.labels.get(name, range(size)))}
        codes = [_code(name, label, code_of) for label in column.reshape(-1)]
        return np.broadcast_to(np.asarray(codes, dtype=np.intp), (n,))

    def _labelled(self, name: str, codes: Array) -> Array:
        if name not in self.labels:
            return codes
        labels = self.labels[name]
        alike = len({type(label) for label in labels}) == 1
        return np.asarray(labels, dtype=None if alike else object)[codes]


def _code(name: str, label: Any, code_of: Mapping[Any, int]) -> int:
    try:
        return code_of[label]
    except (KeyError, TypeError):  # TypeError: a value that cannot even be looked up, such as a list
        known = ", ".join(map(repr, code_of))
        raise DataError(f"{label!r} is no category of {name}; it has {known}") from None


def _draw(table: Array, rows: Array, generator: np.random.Generator) -> Array:
    """One cell for each of `rows`, from the law in that row of `table`.

    The cumulative laws stand end to end, row r over the interval (r, r + 1], so that one search serves all rows.
    Shape: table (rows of the kernel, cells), rows (n,) -> (n,).
    """
    cumulative = table.cumsum(axis=1)
    cumulative /= cumulative[:, -1:]
    count, width = table.shape
    ends = (cumulative + np.arange(count)[:, None]).reshape(-1)
    found = np.searchsorted(ends, rows + generator.random(len(rows)), side="right")
    # Rounding may place a draw at its row's very end: it belongs to the row's last cell that has any mass.
    last = rows * width + (width - 1 - np.argmax(table[:, ::-1] > 0, axis=1))[rows]
    cells: Array = np.minimum(found, last) - rows * width
    return cells
