"""`chain`: targets of several kinds together: the categories first, then numbers, then images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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
    family,
    register,
    setting,
)
from idgen_torch.families.choose import choose
from idgen_torch.parts import Part, Rows
from idgen_torch.training.state import link_scratch

__all__ = ["Chain"]


@register
class Chain(ConditionalModel):
    """q(a, b | inputs) = q(a | inputs) q(b | inputs, a), each link with its own family.

    Where there are images, b are the images; otherwise a are the categories and b the numbers.
    """

    family = "chain"

    def __init__(
        self, targets: Sequence[Part], inputs: Sequence[Part], first: ConditionalModel, second: ConditionalModel
    ) -> None:
        """`first` models the targets that come first, `second` the others given those and the inputs."""
        super().__init__(targets, inputs)
        self._first, self._second = first, second
        self.likelihood = first.likelihood and second.likelihood

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
        """Fit both links. Raises DataError unless there are targets of two kinds."""
        early, late = _links(targets)
        known = [*inputs, *early]
        links = [
            family(choose(own, given, rows, weights, likelihood=options.likelihood)).fit(
                own,
                given,
                rows,
                weights=weights,
                seed=seed + number,
                options=replace(options, scratch=link_scratch(options.scratch, name)),
                progress=progress,
            )
            for number, (name, own, given) in enumerate((("first", early, inputs), ("second", late, known)))
        ]
        return cls(targets, inputs, *links)

    def sample(self, given: Rows, n: int, generator: torch.Generator) -> Rows:
        """The first targets, then the others given them."""
        drawn = self._first.sample(given, n, generator)
        drawn |= self._second.sample({**given, **drawn}, n, generator)
        return {part.name: drawn[part.name] for part in self.targets}

    def log_prob(self, rows: Rows) -> Tensor:
        """Sum of the links' log-probabilities.  Shape: (rows,)."""
        return self._first.log_prob(rows) + self._second.log_prob(rows)

    def state(self) -> tuple[Config, Tensors]:
        """Both links' states, told apart by the prefixes "first." and "second."."""
        config: Config = {}
        tensors: Tensors = {}
        for name, link in (("first", self._first), ("second", self._second)):
            inner, arrays = link.state()
            config[name] = {"family": link.family, "config": inner}
            tensors |= {f"{name}.{key}": value for key, value in arrays.items()}
        return config, tensors

    @classmethod
    def from_state(cls, config: Config, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]) -> Self:
        """The model whose `state` this is."""
        early, late = _links(targets)
        unknown = sorted(name for name in tensors if not name.startswith(("first.", "second.")))
        if unknown:
            raise DataError(f"a saved chain has tensors of no link: {', '.join(unknown)}")
        links = []
        for name, own, given in (("first", early, tuple(inputs)), ("second", late, (*inputs, *early))):
            arrays = {key.removeprefix(f"{name}."): v for key, v in tensors.items() if key.startswith(f"{name}.")}
            saved = setting(config, name, dict)
            kind = family(setting(saved, "family", str))
            links.append(kind.from_state(setting(saved, "config", dict), arrays, own, given))
        return cls(targets, inputs, *links)

    def to(self, device: str | torch.device) -> Self:
        """The same model on another device."""
        return type(self)(self.targets, self.inputs, self._first.to(device), self._second.to(device))


def _links(targets: Sequence[Part]) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """The targets that come first, and those that come last; raises DataError unless there are both."""
    images = any(part.image for part in targets)
    first = tuple(part for part in targets if (not part.image if images else part.discrete))
    second = tuple(part for part in targets if part not in first)
    if not first or not second:
        names = ", ".join(part.name for part in targets)
        raise DataError(f"chain needs targets of two kinds, such as discrete and real ones, got {names}")
    return first, second
