"""Exact samplers as files: the header and one JSON file of tables, read strictly."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from idgen_compiler import ir
from idgen_compiler.backend import read_header, write_header
from idgen_compiler.errors import DataError, ProgramError
from idgen_compiler.estimand.tables import Array, KernelTable
from idgen_compiler.ir.operations import Sample
from idgen_compiler.program import Program

__all__ = ["read_sampler", "write_sampler"]

TABLES = "kernels.json"
"""The file of kernels: numbers, or Fractions as the strings "1/3"."""


def write_sampler(
    path: Path, program: ir.Program, kernels: Mapping[str, KernelTable], labels: Mapping[str, tuple[Any, ...]]
) -> None:
    """Write a sampler into a new or empty folder."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise DataError(f"{path} exists and is not an empty folder; save into a new one")
    content = {
        "kernels": [{"query": name, **_written(kernel)} for name, kernel in kernels.items()],
        "labels": {name: [_plain(name, label) for label in values] for name, values in labels.items()},
    }
    path.mkdir(parents=True, exist_ok=True)
    (path / TABLES).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    write_header(path, "exact", program)


def read_sampler(path: Path) -> tuple[Program, dict[str, KernelTable], dict[str, tuple[Any, ...]]]:
    """Read what `write_sampler` wrote: program, kernels by query and labels by variable.

    Raises DataError when a file is missing or damaged, or the tables are no kernels of the program's queries.
    """
    header = read_header(path)
    try:
        program = Program.parse(header["program"])
    except ProgramError as error:
        raise _damaged(path, f"its program cannot be read: {error}") from None
    try:
        content = json.loads((path / TABLES).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise _damaged(path, f"{TABLES} cannot be read: {error}") from None
    try:
        kernels = {str(entry["query"]): _kernel(entry) for entry in content["kernels"]}
        labels = {str(name): tuple(values) for name, values in content["labels"].items()}
    except (KeyError, TypeError, AttributeError, ValueError, ZeroDivisionError, OverflowError) as error:
        raise _damaged(path, f"{TABLES} does not hold kernels ({type(error).__name__}: {error})") from None
    _check(path, program.samplers, kernels, labels)
    return program, kernels, labels


def _written(kernel: KernelTable) -> dict[str, Any]:
    exact = kernel.table.dtype == object
    return {
        "given": list(kernel.given),
        "targets": list(kernel.targets),
        "shape": list(kernel.table.shape),
        "exact": bool(exact),
        "values": [str(v) if exact else float(v) for v in kernel.table.flat],
    }


def _kernel(entry: Mapping[str, Any]) -> KernelTable:
    shape = tuple(int(n) for n in entry["shape"])
    if entry["exact"] is True:
        # A string and nothing else: Fraction(0.1) would be taken, and would be another number.
        values: Array = np.array([Fraction(_typed(v, str)) for v in entry["values"]], dtype=object)
    else:
        values = np.array([float(_typed(v, float)) for v in entry["values"]], dtype=np.float64)
    return KernelTable(tuple(entry["given"]), tuple(entry["targets"]), values.reshape(shape))


def _typed(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value


def _check(
    path: Path, samplers: tuple[Sample, ...], kernels: Mapping[str, KernelTable], labels: Mapping[str, tuple[Any, ...]]
) -> None:
    if set(kernels) != {sampler.query for sampler in samplers}:
        raise _damaged(path, f"{TABLES} holds other queries than the program answers")
    sizes: dict[str, int] = {}
    for sampler in samplers:
        kernel = kernels[sampler.query]
        axes = (*kernel.given, *kernel.targets)
        expected = (*sorted(sampler.network.inputs), *sorted(sampler.network.outputs))
        if axes != expected or len(kernel.given) != len(sampler.network.inputs) or kernel.table.ndim != len(axes):
            raise _damaged(path, f"a table of {TABLES} has the axes {axes}, not {expected}")
        over = tuple(range(len(kernel.given), len(axes)))
        totals = np.asarray(kernel.table.sum(axis=over))
        whole = (totals == 1) if kernel.table.dtype == object else (abs(totals - 1) <= 1e-9)
        if not np.all(kernel.table >= 0) or not np.all(whole):  # NaN fails both
            raise _damaged(path, f"a table of {TABLES} is no conditional law: it must sum to 1 over {kernel.targets}")
        for name, size in zip(axes, kernel.table.shape, strict=True):
            if sizes.setdefault(name, size) != size:
                raise _damaged(path, f"{name} has {sizes[name]} categories in one table and {size} in another")
    for name, values in labels.items():
        scalars = all(isinstance(v, str | int | float) and not (isinstance(v, float) and math.isnan(v)) for v in values)
        if len(values) != sizes.get(name) or not scalars or len(set(values)) != len(values):
            raise _damaged(path, f"the labels of {name} do not fit its {sizes.get(name, 0)} categories")


def _plain(name: str, label: Any) -> str | int | float:
    """A label as JSON can hold it; numpy scalars become Python's."""
    value = label.item() if isinstance(label, np.generic) else label
    if not isinstance(value, str | int | float) or (isinstance(value, float) and not math.isfinite(value)):
        raise DataError(f"{name} has the label {label!r}, which cannot be saved; label with text or finite numbers")
    return value


def _damaged(path: Path, what: str) -> DataError:
    return DataError(f"the sampler in {path} is damaged: {what}; save it again")
