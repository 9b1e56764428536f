"""What a worker of Ray does with a piece of work: JSON in, JSON out, and what it tells goes to the board."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from idgen_compiler.errors import PlaceError
from idgen_compiler.execute.processes.worker import done

__all__ = ["answered", "do", "ray_module", "worked"]


def do(board: Any, number: int, work: str, *arguments: str) -> str:
    """A piece of work, in a worker of Ray; JSON in, JSON out."""
    given, failed = answered(arguments)
    return json.dumps(worked(board, number, work, given)) if failed is None else failed


def answered(arguments: Sequence[str]) -> tuple[list[Any], str | None]:
    """The arguments of a piece of work, those that other work answered among them; or the answer of what failed."""
    given = []
    for text in arguments:
        each = json.loads(text)
        if isinstance(each, dict) and "error" in each:  # what it rests on failed
            return [], text
        given.append(each["result"] if isinstance(each, dict) and "result" in each else each)
    return given, None


def worked(board: Any, number: int, work: str, arguments: Sequence[Any]) -> dict[str, Any]:
    """What a piece of work came to: its result or its error. Without a board nobody is told of it."""
    ray = ray_module()
    answers: list[dict[str, Any]] = []
    if board is not None:
        ray.get(board.begin.remote(number))

    def say(said: dict[str, Any]) -> None:
        if "event" not in said and "warning" not in said:
            answers.append(said)
        elif board is not None:
            board.tell.remote(number, json.dumps(said))

    done({"piece": number, "work": work, "arguments": list(arguments)}, say)
    if board is not None:
        ray.get(board.begin.remote(-1))  # by now all that was told has arrived
    return {name: value for name, value in answers[-1].items() if name != "piece"}


def ray_module() -> Any:
    """Ray.  Raises PlaceError where it is not installed."""
    try:
        import ray
        import ray.util.scheduling_strategies
    except ImportError:
        raise PlaceError("place='ray' needs Ray; install it with: pip install 'idgen-compiler[ray]'") from None
    return ray
