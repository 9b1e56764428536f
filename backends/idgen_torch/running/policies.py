"""Where values come from without a model: policies of free variables, and rows of a data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import torch

from idgen_compiler.graph.names import variable_of
from idgen_compiler.ir import operations as ir
from idgen_torch.families.tables.resample import ResampleModel
from idgen_torch.parts import Part, Rows
from idgen_torch.variables import Atom, Categorical, Composite, Image, VariableType, Vector, parts_of, real_range

__all__ = ["Policy", "PolicyKey", "Uniform", "atoms_of", "policy_of"]

PolicyKey = tuple[str, tuple[str, ...]]
"""A data set or "uniform", and the variables that are drawn from it together."""


def policy_of(statement: ir.Draw | ir.Rows) -> PolicyKey:
    """What a statement without a model draws from."""
    match statement:
        case ir.Draw(slot, policy):
            return policy, (variable_of(slot),)
        case ir.Rows(slots, data):
            return data, tuple(map(variable_of, slots))


class Policy(Protocol):
    """A law that depends on nothing; `ResampleModel` is one."""

    def sample(self, given: Rows, n: int, generator: torch.Generator) -> Rows:
        """n values, by part; `given` is empty."""
        ...


def atoms_of(name: str, kind: VariableType) -> tuple[tuple[Part, Atom], ...]:
    """Each part of a variable with the type behind it."""
    atoms: tuple[Atom, ...] = tuple(atom for _, atom in kind.fields) if isinstance(kind, Composite) else (kind,)
    return tuple(zip(parts_of(name, kind), atoms, strict=True))


@dataclass(frozen=True)
class Uniform:
    """Every category, or every number of the observed range, evenly; the fields of a composite independently.

    A vector or an image has no uniform law worth its name, so that its observed rows are drawn instead.
    """

    sizes: Mapping[str, int]  #: discrete part -> categories
    ranges: Mapping[str, tuple[float, float]]  #: real part -> ends, standardised
    vectors: ResampleModel | None

    @classmethod
    def over(cls, name: str, kind: VariableType, vectors: ResampleModel | None) -> Uniform:
        """The uniform policy of one variable; `vectors` resamples its vector parts jointly."""
        sizes: dict[str, int] = {}
        ranges: dict[str, tuple[float, float]] = {}
        for part, atom in atoms_of(name, kind):
            if isinstance(atom, Categorical):
                sizes[part.name] = len(atom.labels)
            elif not isinstance(atom, Vector | Image):
                ranges[part.name] = real_range(atom)
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
    def vector_parts(name: str, kind: VariableType) -> tuple[Part, ...]:
        """The parts that this policy resamples."""
        return tuple(part for part, atom in atoms_of(name, kind) if isinstance(atom, Vector | Image))
