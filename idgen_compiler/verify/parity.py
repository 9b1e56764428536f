"""Structural models made of bits: each vertex holds a few, each with a law given bits of parents and causes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod

import numpy as np

from idgen_compiler.estimand.tables import Table
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.verify.models import CausalModel

__all__ = ["Bit", "Law", "BitSource", "TableLaw", "Xor", "bit_model"]

HALF = Fraction(1, 2)


@dataclass(frozen=True, order=True)
class BitSource:
    """A bit that another one listens to: one of a vertex, or the one bit of a hidden cause."""

    name: str
    part: str = ""

    def __str__(self) -> str:
        return f"{self.name}.{self.part}" if self.part else self.name


@dataclass(frozen=True)
class Xor:
    """The parity of the sources, flipped with probability `flip`."""

    sources: tuple[BitSource, ...]
    flip: Fraction = Fraction(0)

    def odds(self, bits: Mapping[BitSource, int]) -> Fraction:
        """P(1) given the sources' bits."""
        return 1 - self.flip if sum(bits[s] for s in self.sources) % 2 else self.flip

    def __str__(self) -> str:
        text = " ⊕ ".join(map(str, self.sources))
        if self.flip == HALF or not text:
            return f"1 with probability {self.flip}"
        return f"{text}, flipped with probability {self.flip}" if self.flip else text


@dataclass(frozen=True)
class TableLaw:
    """A bit whose law is read off a table; with `plus`, the parity of that bit and another law's."""

    sources_of_table: tuple[BitSource, ...]
    table: Mapping[tuple[int, ...], Fraction]
    plus: Xor | None = None

    @property
    def sources(self) -> tuple[BitSource, ...]:
        """Everything that the bit listens to."""
        return (*self.sources_of_table, *(self.plus.sources if self.plus else ()))

    def odds(self, bits: Mapping[BitSource, int]) -> Fraction:
        """P(1) given the sources' bits."""
        one = self.table[tuple(bits[s] for s in self.sources_of_table)]
        if self.plus is None:
            return one
        other = self.plus.odds(bits)
        return one * (1 - other) + (1 - one) * other

    def __str__(self) -> str:
        given = ", ".join(map(str, self.sources_of_table))
        rows = ", ".join(f"{''.join(map(str, key)) or '-'}: {odds}" for key, odds in sorted(self.table.items()))
        text = f"1 with a probability by ({given}): {rows}" if given else f"1 with probability {self.table[()]}"
        return f"({self.plus}) ⊕ ({text})" if self.plus else text


Law = Xor | TableLaw


@dataclass(frozen=True)
class Bit:
    """One bit of a vertex; a vertex with one bit has an unnamed part."""

    part: str
    law: Law


def bit_model(graph: ADMG, vertices: Mapping[str, Sequence[Bit]], hidden: Sequence[str]) -> CausalModel:
    """The structural model in which the hidden causes are fair coins and every vertex holds its bits.

    The state of a vertex is the number that its bits make, the first one highest; a vertex without bits has one state.
    """
    parts = {v: tuple(bit.part for bit in vertices.get(v, ())) for v in graph.order} | dict.fromkeys(hidden, ("",))
    sizes = {name: 2 ** len(own) for name, own in parts.items()}
    mechanisms = {}
    for v in graph.order:
        bits = vertices.get(v, ())
        around = tuple(sorted({s.name for bit in bits for s in bit.law.sources}))
        values = np.empty((sizes[v], *(sizes[name] for name in around)), dtype=object)
        for states in _states(around, sizes):
            known = {
                BitSource(name, part): bit
                for name, state in zip(around, states, strict=True)
                for part, bit in zip(parts[name], _bits(state, len(parts[name])), strict=True)
            }
            odds = [bit.law.odds(known) for bit in bits]
            for state in range(sizes[v]):
                own = _bits(state, len(bits))
                values[(state, *states)] = prod(
                    (p if bit else 1 - p for p, bit in zip(odds, own, strict=True)), start=Fraction(1)
                )
        mechanisms[v] = Table((v, *around), values)
    coins = tuple(Table((name,), np.array([HALF, HALF], dtype=object)) for name in hidden)
    return CausalModel(graph, {v: sizes[v] for v in graph.order}, coins, mechanisms)


def _states(names: Sequence[str], sizes: Mapping[str, int]) -> Iterator[tuple[int, ...]]:
    return product(*(range(sizes[name]) for name in names))


def _bits(state: int, count: int) -> tuple[int, ...]:
    return tuple(state >> k & 1 for k in reversed(range(count)))
