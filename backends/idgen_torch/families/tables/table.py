"""`table`: a smoothed table of counts, for discrete targets given few discrete input cells."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Self

import torch
from torch import Tensor

from idgen_compiler.errors import DataError
from idgen_torch.drawing import AliasTable
from idgen_torch.families.base import (
    ConditionalModel,
    Config,
    FitOptions,
    NoProgress,
    Progress,
    Tensors,
    checked_tensor,
    register,
    row_count,
)
from idgen_torch.families.tables.cells import cell_count, cell_of, codes_of, sizes_of
from idgen_torch.parts import Part, Rows

__all__ = ["Table"]


@register
class Table(ConditionalModel):
    """q(targets | inputs) as one law for each input cell, over the joint cells of the targets.

    A cell borrows `smoothing` prior rows from the same conditional without its weakest input, and so on
    down to the marginal; a cell without rows is thereby its coarser conditional, and one with many rows
    is its observed frequency.
    """

    family = "table"

    def __init__(self, targets: Sequence[Part], inputs: Sequence[Part], probabilities: Tensor) -> None:
        """`probabilities`: shape (input cells, target cells), float64, rows summing to one."""
        super().__init__(targets, inputs)
        self.probabilities = probabilities
        self._device = probabilities.device
        self._alias = AliasTable(probabilities)
        self._codes = codes_of(self.targets, self._device)

    @classmethod
    def fit(
        cls,
        targets: Sequence[Part],
        inputs: Sequence[Part],
        rows: Rows,
        *,
        weights: Tensor | None = None,
        seed: int = 0,
        options: FitOptions = FitOptions(),
        progress: Progress = NoProgress(),
    ) -> Self:
        """Count, then smooth. Raises DataError for real parts, or for more cells than `options.max_cells`."""
        row_count([*targets, *inputs], rows, weights)
        cells = cell_count(inputs) * cell_count(targets)
        if cells > options.max_cells:
            of = ", ".join(part.name for part in targets)
            given = ", ".join(part.name for part in inputs) or "nothing"
            raise DataError(
                f"a table of {of} given {given} has {cells} cells, more than {options.max_cells}; "
                "use the classifier family, or raise max_cells"
            )
        counts = _counts(targets, inputs, rows, weights)
        return cls(targets, inputs, smoothed(counts, options.smoothing).to(options.device))

    def sample(self, given: Rows, n: int, generator: torch.Generator) -> Rows:
        """Draw the joint target cell from each row's law."""
        outcome = self._alias.sample(self._law(given), n, generator)
        if len(self.targets) == 1:
            return {self.targets[0].name: outcome}
        return {part.name: self._codes[k][outcome] for k, part in enumerate(self.targets)}

    def log_prob(self, rows: Rows) -> Tensor:
        """Log-probability of the targets of each row.  Shape: (rows,) float64."""
        law = self._law(rows)
        return self.probabilities[0 if law is None else law, cell_of(self.targets, rows, self._device)].log()

    def _law(self, rows: Rows) -> Tensor | None:
        """The input cell of each row, None where there are no inputs.  Shape: (rows,) int64."""
        return cell_of(self.inputs, rows, self._device) if self.inputs else None

    def state(self) -> tuple[Config, Tensors]:
        """The table."""
        return {}, {"probabilities": self.probabilities}

    @classmethod
    def from_state(cls, config: Config, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]) -> Self:
        """The model whose `state` this is."""
        shape = (cell_count(inputs), cell_count(targets))
        checked_tensor(tensors, {"probabilities": (shape, torch.float64)})
        return cls(targets, inputs, tensors["probabilities"])

    def to(self, device: str | torch.device) -> Self:
        """The same table on another device."""
        return type(self)(self.targets, self.inputs, self.probabilities.to(device))


def smoothed(counts: Tensor, smoothing: float) -> Tensor:
    """Conditional laws from counts, each borrowing `smoothing` rows from a coarser conditional.

    q_k(y | x_1..x_k) = (n(y, x_1..x_k) + a q_{k-1}(y | x_1..x_{k-1})) / (n(x_1..x_k) + a), from the marginal
    (itself with `a` rows spread evenly) up to all inputs; the inputs join in the order of their mutual information with
    the targets, so that the weakest is the first to be given up.
    Source: hierarchical Dirichlet back-off as in MacKay and Peto (1995).
    Shape: counts (size of input 1, ..., size of input k, target cells) -> (input cells, target cells).
    """
    axes = list(range(counts.dim() - 1))
    # A sum over no axis would be one over all.
    strength = [mutual_information(counts.sum(axes[:a] + axes[a + 1 :]) if axes[1:] else counts) for a in axes]
    order = sorted(axes, key=lambda axis: (-strength[axis], axis))
    ordered = counts.permute(*order, counts.dim() - 1)
    outcomes = counts.shape[-1]
    law = torch.full((outcomes,), 1 / outcomes, dtype=counts.dtype)
    prior = max(smoothing, 1e-9)  # an empty cell needs some prior, however little
    for level in range(len(axes) + 1):
        seen = ordered.sum(list(range(level, len(axes)))) if level < len(axes) else ordered
        base = law if level == 0 else law.unsqueeze(-2)
        law = (seen + prior * base) / (seen.sum(-1, keepdim=True) + prior)
    back = [order.index(axis) for axis in axes]
    return law.permute(*back, len(axes)).reshape(-1, outcomes).contiguous()


def mutual_information(pair: Tensor) -> float:
    """Plug-in mutual information of a two-way table of counts, in nats.  Shape: (rows, columns)."""
    p = pair / pair.sum()
    independent = p.sum(0, keepdim=True) * p.sum(1, keepdim=True)
    return float(torch.xlogy(p, p / independent.clamp(min=1e-300)).sum())


def _counts(targets: Sequence[Part], inputs: Sequence[Part], rows: Rows, weights: Tensor | None) -> Tensor:
    """Counts, of effective rows where there are weights.  Shape: (size of input 1, ..., target cells)."""
    sizes, outcomes = sizes_of(inputs), cell_count(targets)
    cell = cell_of([*inputs, *targets], rows, torch.device("cpu"))
    mass = None
    if weights is not None:
        # Kish's effective sample size: uneven weights carry less evidence against the prior rows.
        mass = weights.double().cpu() * (weights.double().sum() / weights.double().square().sum()).cpu()
    counts = torch.bincount(cell, weights=mass, minlength=prod(sizes) * outcomes).double()
    return counts.reshape(*sizes, outcomes)
