"""The part of opt_einsum that exact arithmetic uses: in the browser it goes by its name."""

from __future__ import annotations

from itertools import combinations
from math import prod
from typing import Any, NoReturn

__all__ = ["contract", "contract_path", "get_symbol"]


def get_symbol(number: int) -> str:
    """A letter for each number."""
    return chr(0x100 + number)


def contract_path(equation: str, *given: tuple[int, ...], **_: Any) -> tuple[list[tuple[int, ...]], None]:
    """Which factors to multiply, one pair after the other: the smallest product first, among pairs that share an axis.

    Shapes are given after the equation.

    >>> contract_path("ab,bc,cd->ad", (2, 9), (9, 2), (2, 2))[0]
    [(0, 1), (0, 1)]
    """
    left, kept = equation.split("->")
    terms = [frozenset(term) for term in left.split(",")]
    sizes = {a: n for term, shape in zip(left.split(","), given, strict=True) for a, n in zip(term, shape, strict=True)}
    path: list[tuple[int, ...]] = []
    if len(terms) == 1:
        return [(0,)], None
    while len(terms) > 1:
        best = min(combinations(range(len(terms)), 2), key=lambda pair: _cost(terms, pair, kept, sizes))
        path.append(best)
        product = _left(terms, best, kept)
        terms = [term for k, term in enumerate(terms) if k not in best] + [product]
    return path, None


def _left(terms: list[frozenset[str]], pair: tuple[int, int], kept: str) -> frozenset[str]:
    """The axes of the product of two that are needed later."""
    later = frozenset(kept).union(*(term for k, term in enumerate(terms) if k not in pair))
    return (terms[pair[0]] | terms[pair[1]]) & later


def _cost(
    terms: list[frozenset[str]], pair: tuple[int, int], kept: str, sizes: dict[str, int]
) -> tuple[bool, int, tuple[int, int]]:
    a, b = terms[pair[0]], terms[pair[1]]
    grown = prod(sizes[x] for x in _left(terms, pair, kept)) - prod(sizes[x] for x in a) - prod(sizes[x] for x in b)
    return bool(a) and bool(b) and a.isdisjoint(b), grown, pair


def contract(*_: Any, **__: Any) -> NoReturn:
    """Sums of floats, which are not here."""
    raise NotImplementedError("tables of floats are no part of exact arithmetic, which is all that is here")
