"""Which columns a penalized model is linear in."""

from __future__ import annotations

from typing import Literal, Protocol, TypeAlias

from idgen_torch.estimating.design import Design
from idgen_torch.estimating.learners.basis import Basis
from idgen_torch.estimating.learners.kernel import KernelBasis, kernel_width
from idgen_torch.estimating.learners.learner import Array

__all__ = ["Columns", "Space", "columns_of", "has_columns"]

Space: TypeAlias = Literal["linear", "splines", "kernel"]


class Columns(Protocol):
    """Columns as training rows scale them."""

    def at(self, design: Design) -> Array:
        """(rows, columns) of other rows."""
        ...


def columns_of(space: Space, design: Design, target: Array, weights: Array, most: int) -> tuple[Columns, Array]:
    """The columns, and what they are for these rows; of a kernel at most so many."""
    if space == "kernel":
        return KernelBasis.of(design, weights, most)
    basis = Basis.of(design, target, weights, space == "splines")
    return basis, basis.at(design)


def has_columns(space: Space, design: Design) -> bool:
    """Whether there is anything to be linear in; a kernel has to have some rows for its landmarks."""
    if space == "kernel":
        return kernel_width(design) > 0 and len(design) >= 40
    return design.width > 0
