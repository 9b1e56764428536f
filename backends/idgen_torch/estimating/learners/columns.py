"""Which columns a penalized model is linear in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from idgen_torch.estimating.design import Design
from idgen_torch.estimating.learners.basis import Basis
from idgen_torch.estimating.learners.kernel import KernelBasis, kernel_width
from idgen_torch.estimating.learners.learner import Array
from idgen_torch.estimating.learners.straight import Straightened

__all__ = ["Columns", "Space", "columns_of", "has_columns"]

Space: TypeAlias = Literal["linear", "splines", "kernel"]


class Columns(Protocol):
    """Columns as training rows scale them."""

    def at(self, design: Design) -> Array:
        """(rows, columns) of other rows."""
        ...


def columns_of(space: Space, design: Design, target: Array, weights: Array, most: int) -> tuple[Columns, Array]:
    """The columns, and what they are for these rows; of a kernel at most so many."""
    if space == "linear":
        lines = Basis.of(design, target, weights, smooth=False)
        return lines, lines.at(design)
    straight = Straightened.of(design)
    design = straight.at(design)
    if space == "kernel":
        kernel, columns = KernelBasis.of(design, weights, most)
        return Curved(straight, kernel), columns
    basis = Basis.of(design, target, weights, smooth=True)
    return Curved(straight, basis), basis.at(design)


@dataclass(frozen=True, eq=False)
class Curved:
    """Columns of straightened rows."""

    straight: Straightened
    columns: Columns

    def at(self, design: Design) -> Array:
        return self.columns.at(self.straight.at(design))


def has_columns(space: Space, design: Design) -> bool:
    """Whether there is anything to be linear in; a kernel has to have some rows for its landmarks."""
    if space == "kernel":
        return kernel_width(design) > 0 and len(design) >= 40
    return design.width > 0
