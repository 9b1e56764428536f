"""Sets of vertices as Python integers: bit i stands for the i-th vertex."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["bits", "highest", "lowest"]


def bits(mask: int) -> Iterator[int]:
    """The positions of the set bits, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def lowest(mask: int) -> int:
    """The position of the lowest set bit of a non-empty set."""
    return (mask & -mask).bit_length() - 1


def highest(mask: int) -> int:
    """The position of the highest set bit of a non-empty set."""
    return mask.bit_length() - 1
