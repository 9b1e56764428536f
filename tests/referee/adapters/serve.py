"""Runs in a tool's own environment: reads folders of questions from standard input and lets the tool answer each.

    python serve.py ADAPTER SECONDS

The adapter (a module beside this file, or MODULE:FUNCTION of one) is imported once; each question is then answered in
a forked process, so that imports cost no question its time, a crash costs no other question, and the kernel tells
processor seconds and peak memory (which holds the tool's libraries) of each apart. SECONDS is the limit of processor
seconds a question. One line of JSON a question is written to standard output, {"cpu", "memory", "status"}; the answer
goes to the question's folder.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import logging
import os
import resource
import signal
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["CannotAskError", "RefusedError", "Reply", "read_question"]

WALL, LEAST = 8, 120
"""So many times the limit of processor seconds may pass on a busy machine's clock, and at least so many seconds."""


class RefusedError(Exception):
    """The tool itself says that it does not answer; the message is its own."""


class CannotAskError(Exception):
    """The tool has no words for such a question; the message says which are missing."""


class Reply:
    """What an adapter says, collected as it is said."""

    def __init__(self) -> None:
        self.record: dict[str, Any] = {"verdict": "answered", "words": "", "law": "", "contrast": None, "seconds": {}}
        self.arrays: dict[str, Any] = {}

    @contextlib.contextmanager
    def clock(self, what: str) -> Iterator[None]:
        """Processor seconds of this process and its children, added to "fit", "sample" or "interval"."""
        start = _seconds()
        try:
            yield
        finally:
            seconds = self.record["seconds"]
            seconds[what] = seconds.get(what, 0.0) + _seconds() - start

    def samples(self, k: int, columns: Any) -> None:
        """The samples at ask k, by outcome."""
        self.record["law"] = "samples"
        self.arrays |= {f"{k}.{name}": np.asarray(values) for name, values in columns.items()}

    def chances(self, k: int, law: Any) -> None:
        """The law at ask k over the levels of the outcomes, in the order of the query."""
        self.record["law"] = "chances"
        self.arrays[str(k)] = np.asarray(law, dtype=float)

    def contrast(self, value: Any, low: Any = None, high: Any = None) -> None:
        """The number that is asked, with the ends of its 95 % interval where the tool gives some."""
        ends = (None if end is None else float(np.ravel(end)[0]) for end in (value, low, high))
        self.record["contrast"] = [None if end is None or not np.isfinite(end) else end for end in ends]

    def estimand(self, text: Any) -> None:
        self.record["estimand"] = str(text)[:2000]

    def words(self, text: Any) -> None:
        """What the tool says beside its answer."""
        self.record["words"] = str(text)[:400]

    def ends(self, verdict: str, words: str) -> None:
        self.record |= {"verdict": verdict, "words": words[:400]}

    def write(self, folder: Path) -> None:
        if self.record["law"]:
            np.savez(folder / "answer.npz", **self.arrays)
        (folder / "answer.json").write_text(json.dumps(self.record), encoding="utf-8")


def _seconds() -> float:
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def read_question(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """A case and its columns: categories as int64 codes, others as float64, pictures as uint8."""
    case = json.loads((folder / "case.json").read_text("utf-8"))
    file = folder / "data.csv"
    columns: dict[str, Any] = {}
    with file.open(encoding="utf-8") as lines:
        names = lines.readline().strip().split(",")
        if names != [""]:
            table = np.loadtxt(lines, delimiter=",", ndmin=2)
            columns = {name: table[:, k].copy() for k, name in enumerate(names)}
    columns |= {path.stem: np.load(path) for path in sorted(folder.glob("*.npy"))}
    whole = {name: columns[name].astype(np.int64) for name in case["levels"] if name in columns}
    return case, columns | whole


def answer(method: Any, folder: Path, seconds: int) -> None:
    """Let the tool answer in this process; whatever it raises is its answer."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    reply = Reply()

    def stopped(*_: Any) -> None:
        raise TimeoutError(f"stopped after {seconds} processor seconds")

    signal.signal(signal.SIGXCPU, stopped)
    case, columns = read_question(folder)
    np.random.seed(case["seed"] % 2**32)  # noqa: NPY002 - some tools draw from the global generator alone
    try:
        method(case, columns, reply)
    except RefusedError as error:
        reply.ends("refused", str(error))
    except CannotAskError as error:
        reply.ends("cannot ask", str(error))
    except BaseException as error:  # noqa: BLE001 - whatever a tool raises is its answer
        reply.ends("failed", f"{type(error).__name__}: {error}")
    if reply.record["verdict"] != "answered":
        reply.record |= {"law": "", "contrast": None}
    reply.write(folder)


def served(method: Any, folder: Path, seconds: int) -> dict[str, Any]:
    """One question in a forked process: its processor seconds, its peak memory in MB, how it ended."""
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            said = os.open(folder / "said.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(nowhere, 1)
            os.dup2(said, 2)
            answer(method, folder, seconds)
        os._exit(0)
    end = time.monotonic() + max(WALL * seconds, LEAST)
    while True:
        done, status, usage = os.wait4(child, os.WNOHANG)
        if done:
            break
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
            _, status, usage = os.wait4(child, 0)
            break
        time.sleep(0.005)
    if not (folder / "answer.json").exists():
        told = f"ended by signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else "ended without an answer"
        (folder / "answer.json").write_text(json.dumps({"verdict": "failed", "words": told}), encoding="utf-8")
    return {"cpu": usage.ru_utime + usage.ru_stime, "memory": usage.ru_maxrss / 1024, "status": status}


def main(name: str, seconds: str) -> None:
    """Answer every folder that standard input names, one a line."""
    sys.modules.setdefault("serve", sys.modules["__main__"])
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a tool prints goes where its warnings go
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    try:
        module = importlib.import_module(name.partition(":")[0])
    except BaseException as error:  # noqa: BLE001 - a tool that cannot be imported says so
        out.write(json.dumps({"ready": False, "words": f"{type(error).__name__}: {error}"[:400]}) + "\n")
        out.flush()
        return
    method = getattr(module, name.partition(":")[2] or "answer")
    out.write(json.dumps({"ready": True, "versions": module.versions()}) + "\n")
    out.flush()
    for line in sys.stdin:
        out.write(json.dumps(served(method, Path(line.strip()), int(seconds))) + "\n")
        out.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
