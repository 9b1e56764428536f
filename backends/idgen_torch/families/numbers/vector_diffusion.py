"""`vector-diffusion`: numbers and vectors together, given inputs of any kind, by flow matching."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import torch
from torch import Tensor

from idgen_compiler.errors import DataError
from idgen_torch.drawing import normal
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
    setting,
)
from idgen_torch.families.numbers.residual import Residual
from idgen_torch.nets.heads import Columns
from idgen_torch.nets.processes import FlowMatching
from idgen_torch.nets.vector_denoiser import VectorDenoiser
from idgen_torch.parts import Part, Rows
from idgen_torch.seeds import seed_for
from idgen_torch.training.diffusion import Budget, Plan, RowsByStep, train_denoiser
from idgen_torch.training.state import TrainingFile

__all__ = ["VectorDiffusion"]

STEPS, BATCH, LR, EMA, WIDTHS = 2_000, 128, 2e-3, 0.995, (256, 256, 256)
PASSES = 10
"""Network passes a sample; twice as many came no closer (measured)."""

SAVE_EVERY = 500
ROWS_AT_ONCE = 2_048

_PROCESS = FlowMatching(clean=False, location=0.0, scale=1.0)
_EXACT = 1e-4
"""A direction whose residual standard deviation is below this is a linear function of the plain inputs."""


@register
class VectorDiffusion(ConditionalModel):
    """A linear regression on the inputs that are no images, and a diffusion model of what it leaves.

    All entries are drawn together, so that the cost hardly grows with their number, unlike that of `flow` and
    `from-images`, which draw one after the other. The law has no density here.
    """

    family = "vector-diffusion"
    likelihood = False

    def __init__(
        self, targets: Sequence[Part], inputs: Sequence[Part], residual: Residual, network: VectorDenoiser | None
    ) -> None:
        """`residual.factor` (targets, rank) has orthogonal columns of one length; no network where the rank is 0."""
        super().__init__(targets, inputs)
        self._plain = Columns.of([part for part in inputs if not part.image])
        self._residual, self._network = residual, network

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
        """Regress, then train. Raises DataError for a target that is no number or vector."""
        _width(targets)
        count = row_count([*targets, *inputs], rows, weights)
        device = torch.device(options.device)
        columns = Columns.of([part for part in inputs if not part.image])
        features = columns.features(rows, count, device)
        values = torch.cat([rows[part.name].to(device) for part in targets], 1)
        mass = None if weights is None else (weights.float() * (count / weights.float().sum())).to(device)
        residual = _turned(Residual.fit(features, columns.one_hot_width, values, mass))
        if not residual.factor.shape[1]:
            return cls(targets, inputs, residual, None)
        factor = residual.factor
        left = (values - residual.mean(features, columns.one_hot_width)) @ factor / factor.square().sum(0)
        network = VectorDenoiser.start(left.shape[1], inputs, options.hidden or WIDTHS, seed_for(seed, "weights"))
        batch = min(options.batch_size or BATCH, count)
        steps = STEPS if options.epochs is None else options.epochs * max(1, count // batch)
        plan = Plan(
            Budget(steps, None), batch, options.lr or LR, EMA, 0.0, "no", accumulation=1, compile=False,
            save_every=SAVE_EVERY,
        )  # fmt: skip

        def taken(index: Tensor) -> tuple[Tensor, Rows]:
            return left[index.to(device)], {
                part.name: rows[part.name][index.to(rows[part.name].device)].to(device) for part in inputs
            }

        train_denoiser(
            network,
            _PROCESS,
            taken,
            RowsByStep(count, batch, seed, weights),
            plan,
            seed,
            device,
            progress,
            ", ".join(part.name for part in targets),
            None if options.scratch is None else TrainingFile(Path(options.scratch)),
        )
        return cls(targets, inputs, residual, network)

    @torch.no_grad()
    def sample(self, given: Rows, n: int, generator: torch.Generator) -> Rows:
        """The linear prediction, and a residual that noise becomes, so many rows at a time."""
        device = self._residual.slope.device
        features = self._plain.features(given, n, device)
        values = self._residual.mean(features, self._plain.one_hot_width)
        if self._network is not None:
            pieces = []
            for start in range(0, n, ROWS_AT_ONCE):
                count = min(ROWS_AT_ONCE, n - start)
                piece = {part.name: given[part.name][start : start + count] for part in self.inputs}
                noise = normal((count, *self._network.shape), generator, device)
                pieces.append(_PROCESS.sample(self._network.predictor(piece, count), noise, PASSES))
            if pieces:
                values = values + torch.cat(pieces) @ self._residual.factor.T
        widths = [part.dim for part in self.targets]
        return {p.name: v.contiguous() for p, v in zip(self.targets, values.split(widths, 1), strict=True)}

    def log_prob(self, rows: Rows) -> Tensor:
        """Raises DataError: a diffusion model samples only."""
        names = ", ".join(part.name for part in self.targets)
        raise DataError(f"vector-diffusion knows no density of {names}; choose the family flow or from-images")

    def state(self) -> tuple[Config, Tensors]:
        """The network's shape, the regression, and the averaged weights."""
        residual, network = self._residual, self._network
        config: Config = {"hidden": [], "rank": 0}
        tensors = {"slope": residual.slope, "intercept": residual.intercept, "factor": residual.factor}
        if network is not None:
            config = {"hidden": list(network.widths), "rank": network.shape[0]}
            tensors |= {f"network.{name}": value for name, value in network.state_dict().items()}
        return config, tensors

    @classmethod
    def from_state(cls, config: Config, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]) -> Self:
        """The model whose `state` this is."""
        hidden, rank = setting(config, "hidden", list), setting(config, "rank", int)
        size, width = _width(targets), Columns.of([part for part in inputs if not part.image]).width
        expected = {
            name: (shape, torch.float32)
            for name, shape in (("slope", (width, size)), ("intercept", (size,)), ("factor", (size, rank)))
        }
        network = VectorDenoiser.start(rank, inputs, hidden, 0) if hidden else None
        found = {} if network is None else network.state_dict()
        checked_tensor(tensors, expected | {f"network.{name}": (tuple(t.shape), t.dtype) for name, t in found.items()})
        residual = Residual(tensors["slope"], tensors["intercept"], tensors["factor"])
        if network is not None:
            network.load_state_dict({name: tensors[f"network.{name}"] for name in found})
            network.eval().requires_grad_(False)
        return cls(targets, inputs, residual, network)

    def to(self, device: str | torch.device) -> Self:
        """The same model on another device."""
        network = None if self._network is None else self._network.to(device)
        return type(self)(self.targets, self.inputs, self._residual.to(device), network)


def _turned(residual: Residual) -> Residual:
    """The same regression, with the residual along its principal directions, all at one scale.

    factor: (targets, rank), orthogonal columns of one length, the root mean square of the residual along them. Unlike
    whitening this leaves directions that hardly vary small, so that the network's effort goes where the law is wide.
    """
    directions, spread, _ = torch.linalg.svd(residual.factor.double())
    kept = spread > _EXACT
    scale = spread[kept].square().mean().sqrt() if bool(kept.any()) else 0.0
    return Residual(residual.slope, residual.intercept, (directions[:, kept] * scale).float())


def _width(targets: Sequence[Part]) -> int:
    """The total width of real targets; raises DataError for any other."""
    for part in targets:
        if part.discrete or part.image:
            kind = "discrete" if part.discrete else "an image"
            raise DataError(f"{part.name} is {kind}; vector-diffusion models numbers and vectors only")
    return sum(part.dim for part in targets)
