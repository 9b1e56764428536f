"""What the workers of these tests do."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import threading
import time
import warnings
from pathlib import Path

from idgen_compiler.errors import ProgramError
from idgen_compiler.execute.processes import Processes
from idgen_compiler.execute.telling import tell

NAME = "tests.idgen_compiler.execute.work"


def add(*numbers: int) -> int:
    return sum(numbers)


def told(steps: int) -> int:
    for step in range(steps):
        tell({"step": step})
    warnings.warn("look here", UserWarning, stacklevel=1)
    print("noise")
    return os.getpid()


def fails() -> None:
    raise ProgramError("no such thing", operation="%m3")


def dies(folder: str, times: int) -> str:
    """Dies so many times, then does its work."""
    marks = Path(folder)
    before = len(list(marks.iterdir()))
    (marks / f"{before}").touch()
    if before < times:
        os.kill(os.getpid(), signal.SIGKILL)
    return f"{before} before"


def meets(folder: str, name: str, other: str) -> bool:
    """Whether another piece is at work at the same time."""
    (Path(folder) / name).touch()
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if (Path(folder) / other).exists():
            return True
        time.sleep(0.01)
    return False


def alone(folder: str, name: str) -> bool:
    """Whether no other piece is at work at the same time."""
    mark = Path(folder) / name
    mark.touch()
    time.sleep(0.05)
    others = [each for each in Path(folder).iterdir() if each != mark]
    mark.unlink()
    return not others


def seen() -> list[str | None]:
    return [os.environ.get("OMP_NUM_THREADS"), os.environ.get("CUDA_VISIBLE_DEVICES")]


def forever(folder: str) -> None:
    (Path(folder) / str(os.getpid())).touch()
    threading.Event().wait()


def main() -> None:
    with Processes(workers=1) as place:
        place.start()
        place.result(place.submit(importlib.import_module(NAME).forever, sys.argv[1]))


if __name__ == "__main__":
    main()
