"""A tool's process: questions go in as folders, answers come back with time and memory read from outside."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.referee.case import Answer, Case, Columns, read_answer, write_case
from tests.referee.environments import NotInstallable

__all__ = ["ADAPTERS", "Asked", "Served", "served_by"]

ADAPTERS = Path(__file__).parent / "adapters"

ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS", "NUMBA_NUM_THREADS",
     "POLARS_MAX_THREADS", "LOKY_MAX_CPU_COUNT"), "1"
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """An answer, with the processor seconds and the peak memory (MB) of the process that gave it."""

    answer: Answer
    cpu: float
    memory: float


class Served:
    """A tool that waits for questions."""

    def __init__(self, process: subprocess.Popen[str], scratch: Path, versions: str) -> None:
        self.process, self.scratch, self.versions = process, scratch, versions

    def ask(self, case: Case, columns: Columns) -> Asked:
        """Put one question.  Raises RuntimeError where the tool's process is gone."""
        folder = self.scratch / case.name.replace("/", "_").replace(" ", "-")
        write_case(folder, case, columns)
        assert self.process.stdin is not None
        self.process.stdin.write(f"{folder}\n")
        self.process.stdin.flush()
        told = _line(self.process)
        found = Asked(read_answer(folder, len(case.asks)), told["cpu"], told["memory"])
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
        return found


@contextmanager
def served_by(python: Path, adapter: str, seconds: int, scratch: Path, path: str = "") -> Iterator[Served]:
    """A tool's process for as long as a `with` block lasts; `path` is its PYTHONPATH.

    Raises NotInstallable, with the words of the import, where its adapter cannot be imported.
    """
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": path, "PYTHONWARNINGS": "ignore"}
    environment |= {"MPLBACKEND": "Agg", "TQDM_DISABLE": "1", "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""}
    scratch.mkdir(parents=True, exist_ok=True)
    with (scratch / "said.txt").open("w", encoding="utf-8") as said:
        process = subprocess.Popen(
            [python, ADAPTERS / "serve.py", adapter, str(seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            env=environment,
        )
        try:
            ready = _line(process)
            if not ready["ready"]:
                raise NotInstallable(ready["words"])
            yield Served(process, scratch, ready["versions"])
        finally:
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
            process.wait(timeout=60)


def _line(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"the tool's process is gone (exit code {process.wait(timeout=60)})")
    found: dict[str, Any] = json.loads(line)
    return found
