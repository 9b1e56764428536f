"""Damaging inputs: texts, bytes and JSON values, a little at a time, by a seeded source of randomness."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from random import Random
from typing import Any

__all__ = ["mutated_bytes", "mutated_json", "mutated_text"]

AWKWARD = (
    "", " ", "\n", "\t", "\r\n", "\0", "\\", '"', "'", "#", ";", ",", "é", "⊥", "Σ", "x̂", "\u202e", "\ufeff", "\ud800",
    "\U0001f600", "0", "-1", "1e309", "nan", "9" * 400, "(" * 200, "[" * 200, "{" * 200, "/*", "*/", "//", "--", "->",
    "<->", "__class__", "%s", "{0}", "../../etc", "A" * 2000,
)  # fmt: skip
"""Pieces that parsers stumble over."""

VALUES = (
    None, True, False, 0, -1, 1, 2**31, 2**63, 10**30, 0.5, -0.0, 1e308, float("nan"), float("inf"), "", "x", "%m0",
    "../x", "\0", "1/0", "1/3", [], {}, [[]], [None], ["X"], [1, 2], {"x": 1}, {"": None}, "uniform", "categorical",
    "1e99999999", "\ud800", "9" * 5000, 10**400, -(10**400), 2**40, 10**9, 1e38, 1e-320,
)  # fmt: skip
"""What a JSON value may be instead of the one that belongs there."""


def mutated_text(random: Random, text: str, tokens: Sequence[str], others: Sequence[str]) -> str:
    """One to six small damages; `tokens` are words of the language, `others` texts to take pieces from."""
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 6))):
        start = random.randint(0, len(text))
        stop = min(len(text), start + random.choice((0, 1, 1, 2, 5, 20)))
        piece = text[start:stop]
        match random.randrange(9):
            case 0:
                piece = ""
            case 1:
                piece = random.choice(tokens)
            case 2:
                piece = random.choice(AWKWARD)
            case 3:
                piece = piece * random.choice((2, 2, 3, 50))
            case 4:
                other = random.choice(others)
                begin = random.randint(0, len(other))
                piece = other[begin : begin + random.choice((1, 3, 10, 40))]
            case 5:
                piece = chr(
                    random.choice((random.randrange(128), random.randrange(0x3000), random.randrange(0x110000)))
                )
            case 6:
                return text[:start]
            case 7:
                piece = " " + random.choice(tokens) + " " + piece
            case _:
                piece = piece[::-1]
        text = text[:start] + piece + text[stop:]
    return text


def mutated_bytes(random: Random, data: bytes) -> bytes:
    """Flipped bits, changed, removed and doubled bytes, or the end cut off."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 5))):
        place = random.randrange(len(changed)) if changed else 0
        match random.randrange(5):
            case 0 if changed:
                changed[place] ^= 1 << random.randrange(8)
            case 1 if changed:
                changed[place] = random.randrange(256)
            case 2:
                del changed[place : place + random.choice((1, 4, 100))]
            case 3:
                changed[place:place] = random.randbytes(random.choice((1, 8, 64)))
            case _:
                del changed[random.randint(0, len(changed)) :]
    return bytes(changed)


def mutated_json(random: Random, value: Any) -> Any:
    """The value with one to three of its parts replaced, removed, moved or doubled."""
    root = [copy.deepcopy(value)]
    for _ in range(random.choice((1, 1, 2, 3))):
        holder, key = random.choice(list(_places(root)))
        match random.randrange(6):
            case 0 | 1:
                holder[key] = copy.deepcopy(random.choice(VALUES))
            case 2 if holder is not root:
                del holder[key]
            case 3:
                other, place = random.choice(list(_places(root)))
                holder[key] = copy.deepcopy(other[place])
            case 4 if isinstance(holder, list):
                holder.insert(key, copy.deepcopy(holder[key]))
            case 5 if isinstance(holder, dict):
                holder[random.choice(("x", "", "kind", str(key) + "'"))] = holder.pop(key)
            case _:
                kept = holder[key]
                holder[key] = kept + 1 if isinstance(kept, int | float) else str(kept)[:-1]
        if not root:
            root = [None]
    return root[0]


def _places(value: Any) -> Any:
    """Every (container, key) of a JSON value."""
    items = list(enumerate(value)) if isinstance(value, list) else list(value.items())
    for key, inner in items:
        yield value, key
        if isinstance(inner, list | dict):
            yield from _places(inner)
