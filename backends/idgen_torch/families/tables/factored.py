"""`factored`: discrete targets one after the other, each a count table over only what it depends on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import torch
from torch import Tensor

from idgen_compiler.errors import DataError
from idgen_torch.families.base import (
    ConditionalModel,
    Config,
    FitOptions,
    NoProgress,
    Progress,
    Tensors,
    register,
    row_count,
    setting,
)
from idgen_torch.families.tables.selection import Selection, select
from idgen_torch.families.tables.table import Table
from idgen_torch.parts import Part, Rows

__all__ = ["Factored"]

ROWS_PER_CELL = 2
"""No link takes in another part once fewer rows for each of its cells would be left."""


@register
class Factored(ConditionalModel):
    """q(t_1 | relevant inputs) q(t_2 | relevant inputs and t_1) ..., each factor a count table.

    A variable of several attributes has too many cells for one table, yet each attribute mostly depends on few others.
    What it depends on is found by tests of conditional independence (see `selection`).
    """

    family = "factored"

    def __init__(self, targets: Sequence[Part], inputs: Sequence[Part], links: Sequence[Table]) -> None:
        """`links` are in the order of the targets, one each."""
        super().__init__(targets, inputs)
        self._links = tuple(links)

    @staticmethod
    def selections(
        targets: Sequence[Part],
        inputs: Sequence[Part],
        rows: Rows,
        weights: Tensor | None = None,
        options: FitOptions = FitOptions(),
    ) -> list[Selection]:
        """What each target depends on, among the inputs and the targets before it."""
        most = min(options.max_cells, row_count([*targets, *inputs], rows, weights) // ROWS_PER_CELL)
        return [select(target, [*inputs, *targets[:k]], rows, weights, most) for k, target in enumerate(targets)]

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
        """Select, then count. Raises DataError for real parts."""
        links = [
            Table.fit((target,), found.parts, rows, weights=weights, seed=seed, options=options)
            for target, found in zip(targets, cls.selections(targets, inputs, rows, weights, options), strict=True)
        ]
        return cls(targets, inputs, links)

    def sample(self, given: Rows, n: int, generator: torch.Generator) -> Rows:
        """The targets in turn."""
        drawn: Rows = {}
        for link in self._links:
            drawn |= link.sample({**given, **drawn}, n, generator)
        return drawn

    def log_prob(self, rows: Rows) -> Tensor:
        """Sum of the links' log-probabilities.  Shape: (rows,) float64."""
        return torch.stack([link.log_prob(rows) for link in self._links]).sum(0)

    def state(self) -> tuple[Config, Tensors]:
        """What each target is given, by name, and its table."""
        tensors = {f"{k}.probabilities": link.probabilities for k, link in enumerate(self._links)}
        return {"given": [[part.name for part in link.inputs] for link in self._links]}, tensors

    @classmethod
    def from_state(cls, config: Config, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]) -> Self:
        """The model whose `state` this is."""
        given: list[list[str]] = setting(config, "given", list)
        if len(given) != len(targets):
            raise DataError(f"a saved factored model has {len(given)} links for {len(targets)} targets")
        links, used = [], set()
        for k, target in enumerate(targets):
            known = {part.name: part for part in (*inputs, *targets[:k])}
            unknown = [name for name in given[k] if name not in known]
            if unknown:
                raise DataError(f"a saved link for {target.name} is given {unknown[0]}, not among {', '.join(known)}")
            own = {name.removeprefix(f"{k}."): value for name, value in tensors.items() if name.startswith(f"{k}.")}
            used |= {f"{k}.{name}" for name in own}
            links.append(Table.from_state({}, own, (target,), [known[name] for name in given[k]]))
        if set(tensors) - used:
            raise DataError(f"a saved factored model has unknown tensors {', '.join(sorted(set(tensors) - used))}")
        return cls(targets, inputs, links)

    def to(self, device: str | torch.device) -> Self:
        """The same tables on another device."""
        return type(self)(self.targets, self.inputs, [link.to(device) for link in self._links])
