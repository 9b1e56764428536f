"""How much one client may ask of a server, and how long."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import isfinite

from idgen_compiler.errors import IdgenError

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of requests; each has a message that names it where it is reached.

    rows: of one request.  numbers: rows times the numbers and pixels of one.  body: bytes of a request.
    seconds: of work for one request, of waiting for its turn, and of a client that takes nothing.
    queue: requests that are waiting or being answered; more are refused, and told when to come again.
    drain: seconds that a server that is stopped gives to what it has begun.

    Raises IdgenError for a bound that is not positive.
    """

    rows: int = 1_000_000
    numbers: int = 100_000_000
    body: int = 2**23
    seconds: float = 60.0
    queue: int = 512
    drain: float = 30.0

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if not (isfinite(value) and value > 0):
                raise IdgenError(f"the limit {each.name} is {value}; give a positive number")
