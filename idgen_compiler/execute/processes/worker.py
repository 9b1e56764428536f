"""A worker process: does one piece of work after the other, as lines of JSON tell it, until these end.

In:  {"warm": "module"}, then {"piece": 3, "work": "module:function", "arguments": [...]}
Out: {"ready": true}, {"piece": 3, "event": ...}, {"piece": 3, "warning": [...]}, {"piece": 3, "result": ...} or
     {"piece": 3, "error": {...}}
"""

from __future__ import annotations

import importlib
import json
import os
import queue
import signal
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from idgen_compiler.execute.named import function_of, record_of
from idgen_compiler.execute.telling import heard_by

__all__ = ["done", "main"]

Say = Callable[[dict[str, Any]], None]


def main() -> None:
    """Work until standard input ends, as it does when whoever gave the work is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that gave the work, which stops this one
    orders, answers = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # what libraries print is no answer
    turn = threading.Lock()

    def say(answer: dict[str, Any]) -> None:
        with turn, suppress(BrokenPipeError):  # nobody listens any more: the reader below ends this
            answers.write(json.dumps(answer) + "\n")
            answers.flush()

    told: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(orders, told), daemon=True).start()
    first = told.get()
    if first["warm"]:
        importlib.import_module(first["warm"])
    say({"ready": True})
    while True:
        order = told.get()
        done(order, say)


def _read(orders: TextIO, told: queue.SimpleQueue[dict[str, Any]]) -> None:
    with suppress(ValueError, OSError):
        for line in orders:
            told.put(json.loads(line))
    os._exit(0)  # whatever is being made stands in a store, whole or not at all


def done(order: dict[str, Any], say: Say) -> None:
    """Do a piece of work, and say what it tells, warns of, and comes to."""
    piece = order["piece"]
    try:
        with heard_by(lambda event: say({"piece": piece, "event": event})), _warned(piece, say):
            result = function_of(order["work"])(*order["arguments"])
        answer = {"piece": piece, "result": result}
        json.dumps(answer)
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is told where the work came from
        answer = {"piece": piece, "error": record_of(error)}
    say(answer)


@contextmanager
def _warned(piece: int, say: Say) -> Iterator[None]:
    """What is warned of meanwhile is said."""

    def show(message: Warning | str, category: type[Warning], *_: Any) -> None:
        say({"piece": piece, "warning": [f"{category.__module__}:{category.__qualname__}", str(message)]})

    with warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.showwarning = show  # type: ignore[assignment]
        yield
