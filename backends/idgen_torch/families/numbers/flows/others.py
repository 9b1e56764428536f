"""Who may stand beside the networks of a flow: trees, which know steps, and kernels, which know bends from few rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from idgen_compiler.warning import warn_data
from idgen_torch.drawing import copied
from idgen_torch.families.numbers.flows.lesson import Lesson
from idgen_torch.families.numbers.flows.model import width_of
from idgen_torch.families.numbers.line import FARTHEST, near_others
from idgen_torch.families.numbers.sights.kernel import MOST_COLUMNS, Kernel, kernels_of
from idgen_torch.families.numbers.sights.sight import Told, Word
from idgen_torch.families.numbers.sights.trees import told_by_trees
from idgen_torch.families.task import Task
from idgen_torch.families.trees.bins import Array, Bins, as_array
from idgen_torch.families.trees.boosting import Boosting, Growth
from idgen_torch.nets.heads import Columns, Features
from idgen_torch.training.ensemble import Split

__all__ = ["KERNEL", "TREES", "Others", "who_speaks"]

TREES, KERNEL = "trees", "kernel"
KINDS: dict[str, type[Word]] = {TREES: Boosting, KERNEL: Kernel}
LEAST_ROWS, MOST_TARGETS, MOST_INPUTS, PROBED_ROWS, LEFT = 100, 4, 200, 4_000, 0.01
"""Others learn from so many rows at least, and of so many targets and inputs at most; of more rows some are asked
before, whether trees explain so large a share of what a small network leaves."""
MANY_ROWS = 30_000
"""Of more rows networks learn bends themselves."""


def who_speaks(words: tuple[Word, ...]) -> frozenset[str]:
    """Whose words these are."""
    return frozenset(who for who, kind in KINDS.items() if any(isinstance(word, kind) for word in words))


@dataclass(frozen=True, eq=False)
class Others:
    """Trees and kernels for the rows of a fit.

    asked: "auto", "yes" or "no" for each.  values: (rows, targets), those that are modeled.  parts: the rows that a
    small network learns from, and that it is held against.  plain: the regression alone.
    """

    asked: dict[str, str]
    task: Task
    features: Features
    values: Tensor
    mass: Tensor | None
    parts: Split
    plain: Callable[[], Lesson]
    generator: torch.Generator
    _told: dict[str, Told] = field(default_factory=dict)

    @cached_property
    def _columns(self) -> Columns:
        return Columns.of(self.task.inputs)

    @cached_property
    def forced(self) -> frozenset[str]:
        """Who is asked for, and able to."""
        return frozenset(who for who in self.able if self.asked[who] == "yes")

    @cached_property
    def able(self) -> frozenset[str]:
        """Who could say something, where nobody forbids it; warns of who is asked for and could not."""
        if not self.task.inputs:
            return frozenset()
        few = self.task.effective_rows < LEAST_ROWS or width_of(self.task.targets) > MOST_TARGETS
        unasked = dict.fromkeys(KINDS, not few) | {KERNEL: not few and self.task.count <= MANY_ROWS}
        hindered = self._hindered()
        for who, why in hindered.items():
            if self.asked[who] == "yes":
                warn_data(f"{who}='yes' changes nothing for {self.task.name}: {why}")
        wanted = (who for who in KINDS if self.asked[who] == "yes" or (self.asked[who] == "auto" and unasked[who]))
        return frozenset(who for who in wanted if who not in hindered)

    def _hindered(self) -> dict[str, str]:
        """What keeps some of them from saying anything."""
        reals, codes, width = self.features.reals.shape[1], self.features.codes.shape[1], self._columns.width
        found = dict[str, str]()
        if reals + codes > MOST_INPUTS:
            found[TREES] = f"{reals + codes} numbers and categories are its inputs, and trees see {MOST_INPUTS} at most"
        if not reals:
            found[KERNEL] = "no input is a number"
        elif width > MOST_COLUMNS:
            found[KERNEL] = f"{width} numbers and labels are its inputs, and a kernel sees {MOST_COLUMNS} at most"
        return found

    def speak(self, left: Callable[[Tensor], Tensor]) -> bool:
        """Whether one of them is asked for, or there is something left for them to say.

        left: row numbers -> what a small network leaves of each target, (rows, targets).
        """
        return bool(self.able) and (bool(self.forced) or self._leaves_something(left))

    def told(self, who: str) -> Told:
        """What one of them says, which is found out once."""
        if who not in self._told:
            self._told[who] = self._trees() if who == TREES else self._kernels()
        return self._told[who]

    def means(self) -> Tensor:
        """What a kernel says of the targets.  Shape: (rows, targets)."""
        plain = self.plain()
        left = plain.whitened.clone()
        left[:, plain.model.free] -= self.told(KERNEL).rows.to(left)
        return self.values - plain.model.in_units(left)

    def _trees(self) -> Told:
        one_hot, groups = self._columns.one_hot_width, self.task.groups
        return told_by_trees(self.features, one_hot, self.values, self.mass, self.generator, groups)

    def _kernels(self) -> Told:
        # What is tried and not taken leaves the numbers that all else is drawn by as they are.
        plain, seed = self.plain(), copied(self.generator)
        left = plain.whitened[:, plain.model.free]
        one_hot, groups = self._columns.one_hot_width, self.task.groups
        mass, trust = self.mass, near_others(left, self.features, self.mass)
        if trust is not None:
            mass = trust if mass is None else trust * mass.double()
        return Told(*kernels_of(self.features, one_hot, left, mass, seed, groups))

    def _leaves_something(self, left: Callable[[Tensor], Tensor]) -> bool:
        """Whether trees explain held-out rows' residuals beyond a small network, in mean or in spread.

        Few rows say so by the whole comparison alone.
        """
        rows = self.parts.train[:PROBED_ROWS]
        if len(self.parts.train) <= PROBED_ROWS:
            return True
        index = torch.cat([rows, self.parts.held_out[:PROBED_ROWS]])
        features = Features(self.features.codes[index].cpu(), self.features.reals[index].cpu())
        weights = None if self.mass is None else as_array(self.mass[index].double())
        for column in left(index.to(self.values.device)).cpu().T:
            column = column.clamp(-FARTHEST, FARTHEST).double()
            for target in (column, (column.abs() + 0.1).log()):
                if _explained(features, self._columns.one_hot_width, target, weights, len(rows)) > LEFT:
                    return True
        return False


def _explained(features: Features, one_hot: int, target: Tensor, weights: Array | None, learn: int) -> float:
    """The share of the variance of later rows that trees of the first ones explain."""
    first = Features(features.codes[:learn], features.reals[:learn])
    bins = Bins.of(as_array(first.reals))
    mass = None if weights is None else weights[:learn]
    grown = Growth(trees=30).of(
        first, one_hot, as_array(target[:learn]), mass, bins, bins.places(as_array(first.reals))
    )
    said = grown(Features(features.codes[learn:], features.reals[learn:]))[:, 0].double().numpy()
    truth, own = target[learn:].numpy(), None if weights is None else weights[learn:]
    middle = np.average(truth, weights=own)
    left, whole = (np.average((truth - other) ** 2, weights=own) for other in (said, middle))
    return 1 - float(left) / max(float(whole), 1e-300)
