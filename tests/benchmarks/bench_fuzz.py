"""Fuzzing: damaged texts, JSON, files, tables, pictures and saved samplers against everything that reads them.

An escape is any exception that is no IdgenError, an IdgenError without a message, and a text that is accepted and does
not survive printing and parsing. Damages are of characters, words of the language, JSON values, bits and bytes, from a
fixed seed; checksums are repaired in most damaged samplers, so that what lies behind them is reached. A sampler that
loads also draws. Read is the share of inputs that were accepted; the slowest is the longest time for one input.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from random import Random

from idgen_compiler.errors import IdgenError
from tests.benchmarks.report import Row
from tests.fuzz.folders import exact_folders, image_folders, null_folders, torch_folders
from tests.fuzz.tables import tables
from tests.fuzz.targets import Target, attempt, idx_files, texts

__all__ = ["run"]

SAMPLERS, TABLES = 10_000, 15_000
"""How many damaged samplers of each backend, and tables and pictures of each kind, of a million inputs in all."""


def run(quick: bool) -> list[Row]:
    total, samplers, held = (10_000, 200, 200) if quick else (1_000_000, SAMPLERS, TABLES)
    with tempfile.TemporaryDirectory() as scratch:
        made = (exact_folders, null_folders, torch_folders, image_folders)
        folders: list[Target] = [make(Path(scratch)) for make in made]
        files = tables(Path(scratch))
        parsers: list[Target] = [*texts(), idx_files(Path(scratch))]
        rest = total - samplers * len(folders) - held * len(files)
        each = -(-rest // len(parsers))  # no fewer than the total
        rows = [_row(target, each) for target in parsers]
        rows += [_row(target, held) for target in files] + [_row(target, samplers) for target in folders]
    times = [row["slowest (ms)"] for row in rows]
    whole = {"reader": "all", "inputs": sum(_whole(row["inputs"]) for row in rows)}
    return [
        *rows,
        whole | {"escapes": sum(_whole(row["escapes"]) for row in rows), "slowest (ms)": max(map(_real, times))},
    ]


def _row(target: Target, count: int) -> Row:
    random, escapes, accepted, slowest, start = Random(target.name), 0, 0, 0.0, time.perf_counter()
    for _ in range(count):
        damaged = target.damaged(random)
        begin = time.process_time()
        error = attempt(target, damaged)
        slowest = max(slowest, time.process_time() - begin)
        escapes += error is not None
    for _ in range(min(count, 1000)):  # a sample tells the share
        try:
            target.read(target.damaged(random))
        except IdgenError:
            continue
        accepted += 1
    return {
        "reader": target.name,
        "inputs": count,
        "escapes": escapes,
        "read": f"{accepted / min(count, 1000):.0%}",
        "slowest (ms)": 1000 * slowest,
        "inputs a second": round(count / (time.perf_counter() - start)),
    }


def _whole(value: object) -> int:
    assert isinstance(value, int)
    return value


def _real(value: object) -> float:
    assert isinstance(value, float)
    return value
