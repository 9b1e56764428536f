"""Tables beyond memory: what a fit of a hundred million rows takes, and shard by shard beside in memory.

The table has six columns of categories (a napkin, and two more causes of X and Y), written as Parquet shards of four
million rows; the program is that of P(Y | do(X)), which regenerates a law. Each fit runs in a process of its own on one
thread: seconds are processor seconds of `program.fit(folder)` and of a sample of a million rows from the sampler, the
peak is the process' largest resident set, libraries included. `ratio` is how many rows a second are fitted beside the
same rows read into memory as a whole; "numbers" are a million rows with a number among them, of which a flow or a
classifier learns.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from tests.benchmarks.report import Row

__all__ = ["run"]

SHARD = 4_000_000

_FIT = """
import json, resource, sys, time, warnings
import idgen_compiler as idgen
import idgen_torch
folder, graph, query, memory, options = sys.argv[1:]
program = idgen.compile(idgen.Query.parse(query), idgen.ADMG.parse(graph))
warnings.simplefilter("ignore")
start = time.process_time()
sampler = program.fit(folder, seed=0, progress=False, memory=memory, **json.loads(options))
fitted = time.process_time()
sampler.sample(1_000_000, do={"X": 1}, seed=0)
drawn = time.process_time()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
effect = sampler.ate("Y", "X", 1, 0) if "R" not in graph else None
value = None if effect is None else [effect.value, effect.se]
print(json.dumps([fitted - start, drawn - fitted, peak, value]))
"""

NAPKIN = "W1 -> W2 -> X -> Y; X <-> W1 <-> Y; Z -> S; Z -> X; Z -> Y; S -> X; S -> Y", "P(Y | do(X))"
NUMBERS = {
    "a flow": ("Z -> X -> R; Z -> R; S -> R", "P(R | do(X))", {"family": {"R": "flow"}, "epochs": 2, "ensemble": 1}),
    "a classifier": ("R -> X -> Y; R -> Y; Z -> Y", "P(Y | do(X))", {"family": {"Y": "classifier"}, "epochs": 2}),
}


def run(quick: bool) -> list[Row]:
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for count in (400_000,) if quick else (8_000_000, 100_000_000):
            where = _written(Path(folder, str(count)), count)
            sharded = _fitted(where, *NAPKIN, _little(count))
            whole = _fitted(where, *NAPKIN, "1TB") if count < SHARD * 10 else None
            rows += _rows("6 of categories", count, where, sharded, whole)
        count = 100_000 if quick else 1_000_000
        where = _written(Path(folder, "numbers"), count)
        for name, (graph, query, options) in NUMBERS.items():
            turns = [
                [_fitted(where, graph, query, memory, options) for memory in (_little(count), "1TB")]
                for _ in range(1 if quick else 3)
            ]
            sharded, whole = (min(each) for each in zip(*turns, strict=True))
            rows += _rows(f"numbers, {name}", count, where, sharded, whole)
    return rows


def _rows(name: str, count: int, folder: Path, sharded: list[float], whole: list[float] | None) -> list[Row]:
    size = sum(file.stat().st_size for file in folder.iterdir()) / 2**20
    found: list[Row] = []
    for read, one in (("in memory", whole), ("in shards", sharded)):
        if one is None:
            continue
        fit, sample, peak, effect = one
        found.append({
            "columns": name,
            "rows": count,
            "files, MB": size,
            "read": read,
            "fit, s": fit,
            "rows/s": count / fit,
            "sample of 1,000,000, s": sample,
            "peak memory, MB": peak,
            "ratio": "" if whole is None else whole[0] / fit,
            "effect and error": "" if effect is None else "{:.6f} {:.6f}".format(*effect),
        })  # fmt: skip
    return found


def _fitted(folder: Path, graph: str, query: str, memory: str, options: dict[str, object] | None = None) -> list[float]:
    command = [sys.executable, "-c", _FIT, str(folder), graph, query, memory, json.dumps(options or {})]
    done = subprocess.run(command, stdout=subprocess.PIPE, env=os.environ | {"OMP_NUM_THREADS": "1"}, check=True)
    found: list[float] = json.loads(done.stdout)
    return found


def _little(count: int) -> str:
    """So little memory that tables of so many rows are read in shards, and networks still learn from all of them."""
    return str(100 * count)


def _written(folder: Path, count: int) -> Path:
    folder.mkdir()
    for k, start in enumerate(range(0, count, SHARD)):
        rng, n = np.random.default_rng(k), min(SHARD, count - start)
        a, b, z = (rng.integers(2, size=n, dtype=np.int8) for _ in range(3))
        s = (z + rng.integers(2, size=n, dtype=np.int8)) % 3
        w1 = np.where(rng.random(n, dtype=np.float32) < 0.2, a, b)
        w2 = w1 ^ (rng.random(n, dtype=np.float32) < 0.1).astype(np.int8)
        x = np.where(rng.random(n, dtype=np.float32) < 0.2, a, w2)
        y = (rng.random(n, dtype=np.float32) < 0.3 + 0.5 * b - 0.2 * x).astype(np.int8)
        table = {"W1": w1, "W2": w2, "X": x, "Y": y, "Z": z, "S": pa.array(np.array(["lo", "mid", "hi"])[s])}
        if count <= 1_000_000 and folder.name == "numbers":
            table["R"] = rng.normal(size=n) + x
        parquet.write_table(pa.table(table), folder / f"{k:04}.parquet")
    return folder
