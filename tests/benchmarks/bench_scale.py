"""Large tables of categories: how long a default fit takes, and what it holds beyond the table itself.

P(Y | do(X)) on Z -> X -> Y; Z -> Y, and on the binary napkin W1 -> W2 -> X -> Y with X <-> W1 <-> Y, whose law after
do(W2) is summed. Binary numbers, texts as Python objects, pandas categories of 100 and of 300 levels of Z and Y with X
binary, all of Z, X and Y, and a table of a text, a number and booleans. Processor seconds of one thread (the better of
two fits where these take less than ten, after a small one that loads all libraries), beside one `np.unique` of each
column (of the codes of pandas categories), and the most memory that a fit holds beyond what there was before it, in MB.
"""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import idgen_compiler as idgen
from idgen_compiler.program import Program
from tests.benchmarks.report import Row

__all__ = ["TABLES", "run"]

Array = np.ndarray[Any, Any]

SHORT = 10.0
"""A fit of fewer seconds is repeated, and the better time counts."""

BACK_DOOR, NAPKIN = "Z -> X -> Y; Z -> Y", "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"


def binary(rng: np.random.Generator, n: int) -> dict[str, Array]:
    z = rng.random(n) < 0.4
    x = rng.random(n) < 0.2 + 0.5 * z
    return {"Z": z.astype(int), "X": x.astype(int), "Y": (rng.random(n) < 0.1 + 0.3 * x + 0.4 * z).astype(int)}


def napkin(rng: np.random.Generator, n: int) -> dict[str, Array]:
    a, b = rng.random((2, n)) < 0.5
    w1 = rng.random(n) < 0.2 + 0.3 * a + 0.3 * b
    w2 = rng.random(n) < 0.2 + 0.6 * w1
    x = rng.random(n) < 0.1 + 0.4 * w2 + 0.4 * a
    y = rng.random(n) < 0.1 + 0.4 * x + 0.4 * b
    return {name: values.astype(int) for name, values in {"W1": w1, "W2": w2, "X": x, "Y": y}.items()}


def texts(rng: np.random.Generator, n: int) -> dict[str, Array]:
    labels = np.array(["no", "yes"], dtype=object)
    return {name: labels[values] for name, values in binary(rng, n).items()}


def mixed(rng: np.random.Generator, n: int) -> dict[str, Array]:
    z = rng.integers(0, 4, n)
    x = rng.random(n) < 0.2 + 0.15 * z
    y = (x + z + (rng.random(n) < 0.3)) % 3
    return {"Z": np.array(["a", "b", "c", "d"], dtype=object)[z], "X": x, "Y": y.astype(float)}


def levels(count: int, *, wide: bool = False) -> Callable[[np.random.Generator, int], Any]:
    """Categories of so many levels; of the treatment too where it is `wide`."""

    def make(rng: np.random.Generator, n: int) -> Any:
        import pandas

        z = rng.integers(0, count, n)
        if wide:
            x = np.where(rng.random(n) < 0.5, (7 * z + 3) % count, rng.integers(0, count, n))
        else:
            x = (rng.random(n) < 0.2 + 0.6 * (7 * z % count) / count).astype(int)
        y = np.where(rng.random(n) < 0.5, (3 * z * (not wide) + 5 * x) % count, rng.integers(0, count, n))
        names = [f"L{k:03d}" for k in range(count)]
        return pandas.DataFrame(
            {name: pandas.Categorical.from_codes(codes, names) for name, codes in (("Z", z), ("X", x), ("Y", y))}
        )

    return make


TABLES: dict[str, tuple[str, Callable[[np.random.Generator, int], Any], tuple[int, ...]]] = {
    "binary": (BACK_DOOR, binary, (100_000, 1_000_000, 10_000_000)),
    "binary napkin": (NAPKIN, napkin, (100_000, 1_000_000, 10_000_000)),
    "texts": (BACK_DOOR, texts, (100_000, 1_000_000)),
    "mixed": (BACK_DOOR, mixed, (100_000, 1_000_000)),
    "100 levels of Z and Y": (BACK_DOOR, levels(100), (100_000, 1_000_000)),
    "300 levels of Z and Y": (BACK_DOOR, levels(300), (100_000, 1_000_000)),
    "300 levels of all": (BACK_DOOR, levels(300, wide=True), (100_000, 1_000_000)),
}
"""Name -> graph, table, and numbers of rows."""


def run(quick: bool = False) -> list[Row]:
    """One row for each table and number of rows."""
    found: list[Row] = []
    for name, (graph, make, sizes) in TABLES.items():
        program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse(graph))
        for rows in (2_000,) if quick else sizes:
            data = make(np.random.default_rng(rows), rows)
            small = make(np.random.default_rng(0), 2_000)
            _fitted(program, small)
            unique, (seconds, memory, families) = _unique(data), _fitted(program, data)
            if not quick and seconds < SHORT:
                seconds = min(seconds, _fitted(program, data)[0])
            found.append(
                {
                    "table": name,
                    "rows": f"{rows:,}",
                    "models": families,
                    "fit, CPU s": f"{seconds:.2f}",
                    "np.unique, CPU s": f"{unique:.3f}",
                    "ratio": f"{seconds / unique:.1f}",
                    "beyond the table, MB": f"{memory:.0f}" if memory is not None else "",
                }
            )
    return found


def _fitted(program: Program, data: Any) -> tuple[float, float | None, str]:
    """Processor seconds of a fit, how much memory it held at most, and the families of its models."""
    before = _forget_peak()
    started = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sampler: Any = program.fit(data, backend="torch", seed=0, progress=False, device="cpu")
    seconds = time.process_time() - started
    families = ", ".join(dict.fromkeys(model.family for model in sampler.report().models))
    return seconds, None if before is None else _memory("VmHWM") - before, families


def _unique(data: Any) -> float:
    columns = [data[name] for name in data]
    arrays = [np.asarray(c.cat.codes) if hasattr(c, "cat") else np.asarray(c) for c in columns]
    best = np.inf
    for _ in range(2):
        started = time.process_time()
        for array in arrays:
            np.unique(array)
        best = min(best, time.process_time() - started)
    return float(best)


def _forget_peak() -> float | None:
    """Let the peak begin anew, and say what there is, in MB; None where the system does not tell."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
        return _memory("VmRSS")
    except OSError:
        return None


def _memory(what: str) -> float:
    found = re.search(rf"{what}:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else np.nan
