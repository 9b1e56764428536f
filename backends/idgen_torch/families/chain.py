"""`chain`: discrete and real targets together, the discrete ones first."""

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
    family,
    register,
    setting,
)
from idgen_torch.families.choose import choose
from idgen_torch.parts import Part, Rows

__all__ = ["Chain"]


@register
class Chain(ConditionalModel):
    """q(discrete, real | inputs) = q(discrete | inputs) q(real | inputs, discrete), each link with its own family."""

    family = "chain"

    def __init__(
        self, targets: Sequence[Part], inputs: Sequence[Part], first: ConditionalModel, second: ConditionalModel
    ) -> None:
        """`first` models the discrete targets, `second` the real ones given those and the inputs."""
        super().__init__(targets, inputs)
        self._first, self._second = first, second

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
        """Fit both links. Raises DataError unless there are discrete and real targets."""
        discrete, real = _links(targets)
        first = family(choose(discrete, inputs, rows)).fit(
            discrete, inputs, rows, weights=weights, seed=seed, options=options, progress=progress
        )
        second = family(choose(real, [*inputs, *discrete], rows)).fit(
            real, [*inputs, *discrete], rows, weights=weights, seed=seed + 1, options=options, progress=progress
        )
        return cls(targets, inputs, first, second)

    def sample(self, given: Rows, n: int, generator: torch.Generator) -> Rows:
        """The discrete targets, then the real ones given them."""
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
        discrete, real = _links(targets)
        unknown = sorted(name for name in tensors if not name.startswith(("first.", "second.")))
        if unknown:
            raise DataError(f"a saved chain has tensors of no link: {', '.join(unknown)}")
        links = []
        for name, own, given in (("first", discrete, tuple(inputs)), ("second", real, (*inputs, *discrete))):
            arrays = {key.removeprefix(f"{name}."): v for key, v in tensors.items() if key.startswith(f"{name}.")}
            saved = setting(config, name, dict)
            kind = family(setting(saved, "family", str))
            links.append(kind.from_state(setting(saved, "config", dict), arrays, own, given))
        return cls(targets, inputs, *links)

    def to(self, device: str | torch.device) -> Self:
        """The same model on another device."""
        return type(self)(self.targets, self.inputs, self._first.to(device), self._second.to(device))


def _links(targets: Sequence[Part]) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """The discrete targets and the real ones; raises DataError unless there are both."""
    discrete = tuple(part for part in targets if part.discrete)
    real = tuple(part for part in targets if not part.discrete)
    if not discrete or not real:
        raise DataError(f"chain needs discrete and real targets, got {', '.join(part.name for part in targets)}")
    return discrete, real
