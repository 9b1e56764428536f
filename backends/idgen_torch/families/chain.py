"""`chain`: targets of several kinds together: categories, numbers, those with point masses, texts, then images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor

from idgen_compiler.data.part import Form, Part
from idgen_compiler.errors import DataError
from idgen_torch.families.family import ConditionalModel, Family, Run, parts_of
from idgen_torch.families.links import drawn_by, learned_link, links_state, read_link
from idgen_torch.families.state import Config, Tensors
from idgen_torch.families.task import Offer, Task
from idgen_torch.parts import Values, of_form

__all__ = ["Chain", "ChainModel"]


_LAST = (Form.PICTURES, Form.TEXTS, Form.NUMBERS)
"""What is drawn last, where it stands beside others."""


class ChainModel(ConditionalModel):
    """q(a, b | inputs) = q(a | inputs) q(b | inputs, a), each link with its own family.

    Where there are images, b are the images, and otherwise the texts; otherwise a are the categories and b the numbers,
    or a are the numbers that have no point masses; and among numbers that have some, and texts, a is the first.
    """

    recipe: Chain

    def __init__(
        self,
        recipe: Chain,
        targets: Sequence[Part],
        inputs: Sequence[Part],
        first: ConditionalModel,
        second: ConditionalModel,
    ) -> None:
        """`first` models the targets that come first, `second` the others given those and the inputs."""
        super().__init__(recipe, targets, inputs)
        self._first, self._second = first, second

    @property
    def links(self) -> tuple[ConditionalModel, ConditionalModel]:
        """The model of the first targets, and that of the others."""
        return self._first, self._second

    @property
    def made_of(self) -> str:
        """The families of both, with what they are made of."""
        return parts_of(self.links)

    @property
    def likelihood(self) -> bool:
        """Whether both links know their density."""
        return self._first.likelihood and self._second.likelihood

    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        """The first targets, then the others given them."""
        drawn = drawn_by(self._first, given, n, generator)
        drawn |= drawn_by(self._second, {**given, **drawn}, n, generator)
        return {part.name: drawn[part.name] for part in self.targets}

    def log_prob(self, rows: Values) -> Tensor:
        """Sum of the links' log-probabilities.  Shape: (rows,)."""
        return self._first.log_prob(rows) + self._second.log_prob(rows)

    def opinions(self, rows: Values) -> Values:
        """Those of both links."""
        return {**self._first.opinions(rows), **self._second.opinions(rows)}

    def state(self) -> tuple[Config, Tensors]:
        """Both links' states, told apart by the prefixes "first." and "second."."""
        return links_state({"first": self._first, "second": self._second})

    @classmethod
    def from_state(
        cls, recipe: Chain, config: Config, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]
    ) -> Self:
        """The model whose `state` this is."""
        early, late = _links(targets)
        unknown = sorted(name for name in tensors if not name.startswith(("first.", "second.")))
        if unknown:
            raise DataError(f"a saved chain has tensors of no link: {', '.join(unknown)}")
        first = read_link("first", config, tensors, early, inputs)
        return cls(recipe, targets, inputs, first, read_link("second", config, tensors, late, (*inputs, *early)))

    def to(self, device: str | torch.device) -> Self:
        """The same model on another device."""
        return type(self)(self.recipe, self.targets, self.inputs, self._first.to(device), self._second.to(device))


@dataclass(frozen=True)
class Chain(Family):
    """Targets of several kinds: categories first, then numbers, then those with point masses, then texts, then images.

    Each is modeled given those before. Each link's family is chosen as if it were alone, and tuned by the same options.
    """

    word = "chain"
    model = ChainModel
    masses = True

    def offer(self, task: Task) -> Offer | None:
        """For images and texts with other targets, for several texts, and for numbers with categories."""
        forms = task.target_forms
        alike = len(forms) < 2 and not ((task.has_masses or forms == {Form.TEXTS}) and len(task.targets) > 1)
        if alike or (task.likelihood and Form.PICTURES in forms):
            return None
        return Offer(65 if task.has_masses else 55, "targets of several kinds")

    def fit(self, task: Task, run: Run = Run()) -> ChainModel:
        """Fit both links. Raises DataError unless there are targets of two kinds."""
        early, late = _links(task.targets)
        begin = run.start.links if isinstance(run.start, ChainModel) else (None, None)
        first = learned_link(replace(task, targets=early), run, 0, "first", begin[0])
        later = replace(task, targets=late, inputs=(*task.inputs, *early))
        second = learned_link(later, run, 1, "second", begin[1])
        return ChainModel(self, task.targets, task.inputs, first, second)


def _links(targets: Sequence[Part]) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """The targets that come first, and those that come last; raises DataError unless there are both."""
    second = next((found for form in _LAST if (found := of_form(targets, form))), ())
    if len(second) == len(targets):
        second = tuple(part for part in targets if part.masses or part.form is Form.TEXTS)
    if len(second) == len(targets):
        second = second[1:]
    first = tuple(part for part in targets if part not in second)
    if not first or not second:
        names = ", ".join(part.name for part in targets)
        raise DataError(f"chain needs targets of two kinds, such as discrete and real ones, got {names}")
    return first, second
