"""Where values come from without a model: policies of free variables, and rows of a data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import torch

from idgen_compiler import ir
from idgen_compiler.data.kinds import Kind
from idgen_compiler.data.kinds.spread import Choices, Interval
from idgen_compiler.graph.names import variable_of
from idgen_torch.families import Resample
from idgen_torch.parts import Part, Rows

__all__ = ["Policy", "PolicyKey", "Uniform", "policy_of"]

PolicyKey = tuple[ir.Policy, tuple[str, ...]]
"""A policy, and the variables that are drawn by it together: several where they are columns of one row."""


def policy_of(statement: ir.Draw | ir.Rows) -> PolicyKey:
    """What a statement without a model draws from."""
    match statement:
        case ir.Draw(slot, policy):
            return policy, (variable_of(slot),)
        case ir.Rows(slots, data):
            return ir.Column(data), tuple(map(variable_of, slots))


class Policy(Protocol):
    """A law that depends on nothing; `Resample` is one."""

    def sample(self, given: Rows, n: int, generator: torch.Generator) -> Rows:
        """n values, by part; `given` is empty."""
        ...


@dataclass(frozen=True)
class Uniform:
    """Every category, or every number of the observed range, evenly; the fields of a composite independently.

    A kind without a spread, such as a vector, has its observed rows drawn instead.
    """

    sizes: Mapping[str, int]  #: discrete part -> categories
    ranges: Mapping[str, tuple[float, float]]  #: real part -> ends, standardised
    vectors: Resample | None

    @classmethod
    def over(cls, name: str, kind: Kind, vectors: Resample | None) -> Uniform:
        """The uniform policy of one variable; `vectors` resamples its vector parts jointly."""
        sizes: dict[str, int] = {}
        ranges: dict[str, tuple[float, float]] = {}
        for atom in kind.atoms(name):
            match atom.kind.spread:
                case Choices(count):
                    sizes[atom.part.name] = count
                case Interval(low, high):
                    ranges[atom.part.name] = (low, high)
        return cls(sizes, ranges, vectors)

    def sample(self, given: Rows, n: int, generator: torch.Generator) -> Rows:
        """n values, by part, on the generator's device."""
        device = generator.device
        drawn: Rows = {}
        for name, size in self.sizes.items():
            drawn[name] = torch.randint(size, (n,), generator=generator, device=device)
        for name, (low, high) in self.ranges.items():
            drawn[name] = low + (high - low) * torch.rand((n, 1), generator=generator, device=device)
        if self.vectors is not None:
            drawn.update(self.vectors.sample({}, n, generator))
        return drawn

    @staticmethod
    def vector_parts(name: str, kind: Kind) -> tuple[Part, ...]:
        """The parts that this policy resamples."""
        return tuple(atom.part for atom in kind.atoms(name) if atom.kind.spread is None)
