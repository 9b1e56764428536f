"""What a family is asked for: a conditional law of parts, to be learned from rows; and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from idgen_compiler.data.part import Form, Part
from idgen_compiler.errors import DataError, near_misses
from idgen_torch.arithmetic import effective_rows, total
from idgen_torch.groups import groups_of
from idgen_torch.parts import Values, of_form
from idgen_torch.training.ensemble import Split, split

__all__ = ["Offer", "Task", "row_count", "rows_at"]


@dataclass(frozen=True)
class Offer:
    """How well a family suits a task: the highest rank is taken, and held-out rows decide between equal ones.

    The ranks in use are those of the table in `families.choice`.
    """

    rank: int
    why: str


@dataclass(frozen=True, eq=False)
class Task:
    """q(targets | inputs), to be learned from rows.

    rows: hold every target and input.  weights: (rows,), non-negative; a row of weight 2 counts like two rows.
    likelihood: only families that know the density of what they draw are of use, as reweighting needs it.
    exact: the rows are the cells of a law that is known, each once, and weigh as many rows as they stand for.
    """

    targets: tuple[Part, ...]
    inputs: tuple[Part, ...]
    rows: Values
    weights: Tensor | None = None
    likelihood: bool = False
    exact: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "targets", tuple(self.targets))
        object.__setattr__(self, "inputs", tuple(self.inputs))

    def at(self, index: Tensor) -> Task:
        """The same, of some rows.  Shape: index (some,) int64."""
        rows = {part.name: self.rows[part.name][index.to(self.rows[part.name].device)] for part in self.parts}
        weights = None if self.weights is None else self.weights[index.to(self.weights.device)]
        return replace(self, rows=rows, weights=weights)

    @property
    def parts(self) -> tuple[Part, ...]:
        """Targets, then inputs."""
        return (*self.targets, *self.inputs)

    @property
    def name(self) -> str:
        """The targets, as progress and errors call them."""
        return ", ".join(part.name for part in self.targets)

    @cached_property
    def count(self) -> int:
        """How many rows there are; raises DataError as `row_count` does."""
        return row_count(self.parts, self.rows, self.weights)

    @cached_property
    def groups(self) -> Tensor | None:
        """Which rows are held out together (see `groups_of`).  Shape: (rows,) int64, on the CPU."""
        return None if self.exact else groups_of(self.inputs, self.targets, self.rows)

    def split(self, holdout: float, generator: torch.Generator, most: int = 10_000) -> Split:
        """Rows to learn from, and others to choose by (see `training.ensemble.split`); groups stay together."""
        return split(self.count, holdout, generator, self.weights, most, self.groups)

    @property
    def effective_rows(self) -> float:
        """Kish's number of rows that weigh as much; those that the cells of a known law stand for."""
        count = self.count  # which says what is wrong with weights
        if self.exact and self.weights is not None:
            return float(total(self.weights))
        return float(count) if self.weights is None else effective_rows(self.weights)

    @property
    def target_forms(self) -> frozenset[Form]:
        """What the values of the targets are."""
        return frozenset(part.form for part in self.targets)

    @property
    def targets_are_discrete(self) -> bool:
        """Whether all targets are categories."""
        return self.target_forms <= {Form.CODES}

    @property
    def targets_are_numbers(self) -> bool:
        """Whether all targets are numbers or vectors."""
        return self.target_forms <= {Form.NUMBERS}

    @property
    def targets_are_images(self) -> bool:
        """Whether all targets are images."""
        return self.target_forms <= {Form.PICTURES}

    @property
    def has_masses(self) -> bool:
        """Whether a target has point masses, which no density has."""
        return any(part.masses for part in self.targets)

    def refuse_masses(self, word: str) -> None:
        """Raise DataError for a target with point masses, in the name of a family that draws none."""
        for part in self.targets:
            if part.masses:
                raise DataError(f"{part.name} has point masses, which {word} does not draw; hurdle does")

    @property
    def inputs_are_discrete(self) -> bool:
        """Whether all inputs are categories, as they are where there are none."""
        return all(part.discrete for part in self.inputs)

    @property
    def sees_images(self) -> bool:
        """Whether an input is an image."""
        return bool(of_form(self.inputs, Form.PICTURES))

    @property
    def sees_texts(self) -> bool:
        """Whether an input is a text."""
        return bool(of_form(self.inputs, Form.TEXTS))

    @property
    def numbers(self) -> int:
        """How many numbers the targets have that are no categories, pixels and the letters of texts among them."""
        return sum(part.dim for part in self.targets if not part.discrete)

    def mass(self, device: torch.device | None = None) -> Tensor | None:
        """The weights scaled to mean one.  Shape: (rows,) float32."""
        if self.weights is None:
            return None
        scaled = (self.weights.double() * (self.count / total(self.weights))).float()
        return scaled if device is None else scaled.to(device)

    def values(self, device: torch.device) -> Tensor:
        """The real targets side by side.  Shape: (rows, numbers)."""
        return torch.cat([self.rows[part.name].to(device) for part in self.targets], 1)


def rows_at(parts: Sequence[Part], rows: Values, index: Tensor, device: torch.device) -> Values:
    """Some rows of these parts, wherever they live.  Shape: index (batch,) int64."""
    return {part.name: rows[part.name][index.to(rows[part.name].device)].to(device) for part in parts}


def row_count(parts: Sequence[Part], rows: Mapping[str, Tensor], weights: Tensor | None = None) -> int:
    """How many rows there are; raises DataError unless every part is there, with equally many and at least one."""
    missing = [part.name for part in parts if part.name not in rows]
    if missing:
        raise DataError(f"the rows lack {', '.join(missing)}{near_misses(missing[0], rows)}")
    counts = {part.name: len(rows[part.name]) for part in parts}
    if weights is not None:
        counts["weights"] = len(weights)
    if len(set(counts.values())) != 1:
        raise DataError(f"the parts differ in length: {', '.join(f'{name} has {n}' for name, n in counts.items())}")
    n = next(iter(counts.values()))
    if n == 0:
        raise DataError(f"no rows to learn {', '.join(p.name for p in parts)} from")
    if weights is None:
        return n
    if not bool(((weights >= 0) & weights.isfinite()).all()) or not bool(weights.sum() > 0):
        raise DataError("row weights have to be finite, non-negative and not all zero")
    return n
