"""`vector-diffusion`: numbers and vectors together, given inputs of any kind, by flow matching."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Self

import torch
from torch import Tensor

from idgen_compiler.data.part import Form, Part
from idgen_compiler.errors import DataError
from idgen_torch.drawing import normal
from idgen_torch.families.family import ConditionalModel, Family, Run
from idgen_torch.families.numbers.line import EXACT
from idgen_torch.families.numbers.residual import Residual
from idgen_torch.families.state import Config, Tensors, checked_tensor, restored, setting, under
from idgen_torch.families.task import Offer, Task, rows_at
from idgen_torch.nets.heads import Columns
from idgen_torch.nets.processes import FlowMatching
from idgen_torch.nets.vector_denoiser import VectorDenoiser
from idgen_torch.options import real, whole, widths
from idgen_torch.parts import Values, check_forms
from idgen_torch.seeds import seed_for
from idgen_torch.training.diffusion import Budget, DiffusionPlan, Lesson, RowsByStep, train_denoiser
from idgen_torch.training.state import TrainingFile

__all__ = ["VectorDiffusion", "VectorDiffusionModel"]

WIDE, WIDE_FROM_IMAGES = 24, 8
"""From so many entries on vectors are drawn all at once: given plain inputs, and given images (measured)."""

STEPS, EMA = 2_000, 0.995
PASSES = 10
"""Network passes a sample; twice as many came no closer (measured)."""

SAVE_EVERY = 500
ROWS_AT_ONCE = 2_048

_PROCESS = FlowMatching(clean=False, location=0.0, scale=1.0)


class VectorDiffusionModel(ConditionalModel):
    """A linear regression on the inputs that are no images, and a diffusion model of what it leaves.

    All entries are drawn together, so that the cost hardly grows with their number, unlike that of `flow` and
    `from-images`, which draw one after the other. The law has no density here.
    """

    recipe: VectorDiffusion

    def __init__(
        self,
        recipe: VectorDiffusion,
        targets: Sequence[Part],
        inputs: Sequence[Part],
        residual: Residual,
        network: VectorDenoiser | None,
    ) -> None:
        """`residual.factor` (targets, rank) has orthogonal columns of one length; no network where the rank is 0."""
        super().__init__(recipe, targets, inputs)
        self._plain = Columns.among(inputs)
        self._residual, self._network = residual, network

    @torch.no_grad()
    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
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
        sizes = [part.dim for part in self.targets]
        return {p.name: v.contiguous() for p, v in zip(self.targets, values.split(sizes, 1), strict=True)}

    def log_prob(self, rows: Values) -> Tensor:
        """Raises DataError: a diffusion model samples only."""
        names = ", ".join(part.name for part in self.targets)
        raise DataError(f"vector-diffusion knows no density of {names}; choose the family flow or from-images")

    def state(self) -> tuple[Config, Tensors]:
        """The rank of what the regression leaves, the regression, and the averaged weights."""
        residual, network = self._residual, self._network
        tensors = {"slope": residual.slope, "intercept": residual.intercept, "factor": residual.factor}
        if network is not None:
            tensors |= {f"network.{name}": value for name, value in network.state_dict().items()}
        return {"rank": residual.factor.shape[1]}, tensors

    @classmethod
    def from_state(
        cls, recipe: VectorDiffusion, config: Config, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]
    ) -> Self:
        """The model whose `state` this is."""
        rank = setting(config, "rank", int)
        size, width = _width(targets), Columns.among(inputs).width
        expected = {
            name: (shape, torch.float32)
            for name, shape in (("slope", (width, size)), ("intercept", (size,)), ("factor", (size, rank)))
        }
        weights = under(tensors, "network.")
        checked_tensor({name: value for name, value in tensors.items() if not name.startswith("network.")}, expected)
        residual = Residual(tensors["slope"], tensors["intercept"], tensors["factor"])
        if not rank:
            checked_tensor(weights, {})
            return cls(recipe, targets, inputs, residual, None)
        network = restored(lambda: VectorDenoiser.start(rank, inputs, recipe.hidden, 0), weights, "network.")
        return cls(recipe, targets, inputs, residual, network)

    def to(self, device: str | torch.device) -> Self:
        """The same model on another device."""
        network = None if self._network is None else self._network.to(device)
        return type(self)(self.recipe, self.targets, self.inputs, self._residual.to(device), network)


@dataclass(frozen=True)
class VectorDiffusion(Family):
    """Wide vectors given anything: a linear regression, and a diffusion model of what it leaves, drawn all at once.

    epochs: passes over the rows, 2,000 steps where it is None.  batch_size: rows a step.  lr: peak learning rate.
    hidden: width of each residual block.
    """

    word = "vector-diffusion"
    model = VectorDiffusionModel
    likelihood = False

    epochs: int | None = whole(None)
    batch_size: int = whole(128)
    lr: float = real(2e-3, "a number above 0", lambda value: value > 0)
    hidden: tuple[int, ...] = widths((256, 256, 256))

    def offer(self, task: Task) -> Offer | None:
        """For vectors of many entries, where the libraries of diffusion are installed."""
        wide = bool(task.inputs) and task.targets_are_numbers and not task.has_masses and is_wide(task)
        return Offer(60, "many entries, which are drawn together") if wide else None

    def fit(self, task: Task, run: Run = Run()) -> VectorDiffusionModel:
        """Regress, then train. Raises DataError for a target that is no number or vector."""
        _width(task.targets)
        task.refuse_masses(self.word)
        count, device = task.count, run.device
        columns = Columns.among(task.inputs)
        features, values = columns.features(task.rows, count, device), task.values(device)
        residual = _turned(Residual.fit(features, columns.one_hot_width, values, task.mass(device)))
        if not residual.factor.shape[1]:
            return VectorDiffusionModel(self, task.targets, task.inputs, residual, None)
        factor = residual.factor
        left = (values - residual.mean(features, columns.one_hot_width)) @ factor / factor.square().sum(0)
        network = VectorDenoiser.start(left.shape[1], task.inputs, self.hidden, seed_for(run.seed, "weights"))
        batch = min(self.batch_size, count)
        train_denoiser(
            network,
            _PROCESS,
            Lesson(
                lambda index: (left[index.to(device)], rows_at(task.inputs, task.rows, index, device)),
                RowsByStep(count, batch, run.seed, task.weights),
                task.name,
            ),
            DiffusionPlan(
                Budget(STEPS if self.epochs is None else self.epochs * max(1, count // batch), None),
                batch, self.lr, EMA, 0.0, "no", accumulation=1, compile=False, save_every=SAVE_EVERY,
            ),
            run.seed,
            device,
            run.progress,
            None if run.scratch is None else TrainingFile(run.scratch),
        )  # fmt: skip
        return VectorDiffusionModel(self, task.targets, task.inputs, residual, network)


def is_wide(task: Task) -> bool:
    """Whether vectors are drawn all at once, by diffusion, and not one entry after the other.

    Not where a density is wanted, nor where the libraries for it are missing.
    """
    wide = task.numbers >= (WIDE_FROM_IMAGES if task.sees_images else WIDE)
    return wide and not task.likelihood and all(find_spec(name) is not None for name in ("accelerate", "diffusers"))


def _turned(residual: Residual) -> Residual:
    """The same regression, with the residual along its principal directions, all at one scale.

    factor: (targets, rank), orthogonal columns of one length, the root mean square of the residual along them. Unlike
    whitening this leaves directions that hardly vary small, so that the network's effort goes where the law is wide.
    """
    directions, spread, _ = torch.linalg.svd(residual.factor.double())
    kept = spread > EXACT
    scale = spread[kept].square().mean().sqrt() if bool(kept.any()) else 0.0
    return Residual(residual.slope, residual.intercept, (directions[:, kept] * scale).float())


def _width(targets: Sequence[Part]) -> int:
    """The total width of real targets; raises DataError for any other."""
    check_forms(targets, (Form.NUMBERS,), "; vector-diffusion models numbers and vectors only")
    return sum(part.dim for part in targets)
