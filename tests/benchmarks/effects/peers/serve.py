"""Runs inside another tool's own environment: reads a job, lets the tool answer it, writes one JSON line an answer.

    python serve.py JOB.json OUT.jsonl

A job names the peer (a module beside this file), a method, and by number the questions with their tables (`.npz`).
Everything is imported before the clock starts. Nothing of this project is imported: it is not installed there.
"""

from __future__ import annotations

import importlib
import json
import logging
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["answer", "kept_line"]


def answer(method: Any, columns: dict[str, Any], question: Any) -> dict[str, Any]:
    """The value, the ends of the 95 % interval and the processor seconds; or what the tool said in their place."""
    started = time.process_time()
    try:
        value, low, high = (float(np.ravel(number)[0]) for number in method(columns, question))
    except Exception as error:  # noqa: BLE001 - whatever a peer raises is its answer
        return {"error": f"{type(error).__name__}: {error}"[:400], "seconds": time.process_time() - started}
    return {"value": value, "low": low, "high": high, "seconds": time.process_time() - started}


def kept_line(table: int, method: str, found: dict[str, Any]) -> str:
    """An answer as a line of a file of answers."""
    return json.dumps({"table": table, "method": method, **found}) + "\n"


def main(job_file: str, out_file: str) -> None:
    job = json.loads(Path(job_file).read_text("utf-8"))
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    peer = importlib.import_module(job["peer"])
    with Path(out_file).open("a", encoding="utf-8") as out:
        method = peer.METHODS[job["method"]]
        for k, (question, table) in job["asked"].items():
            with np.load(table) as stored:
                columns = dict(stored)
            np.random.seed(int(k))  # noqa: NPY002 - some peers draw from the global generator alone
            found = answer(method, columns, question)
            out.write(kept_line(int(k), job["method"], found))
            out.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
