"""What a flow's networks learn from, how they are trained, and how they are compared on held-out rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log

import torch
from torch import Tensor

from idgen_torch.arithmetic import effective_rows, total
from idgen_torch.families.numbers.density import Mixture
from idgen_torch.families.numbers.flows.model import FlowModel, Shape
from idgen_torch.families.numbers.line import FARTHEST
from idgen_torch.nets.heads import Features
from idgen_torch.training.ensemble import EnsembleTraining, Split, train, train_on
from idgen_torch.training.progress import Progress, Shifted

__all__ = ["Gain", "Learned", "Lesson"]

BINS = 20


@dataclass(frozen=True, slots=True)
class Gain:
    """By how many nats a held-out row is likelier, and the standard error of that."""

    mean: float
    error: float

    @classmethod
    def of(cls, before: Tensor, after: Tensor, mass: Tensor | None) -> Gain:
        """From log-densities of the same rows.  Shape: (rows,) each."""
        apart = (after - before).double()
        own = torch.ones_like(apart) if mass is None else mass.double()
        whole = total(own).clamp(min=1e-300)
        mean = total(apart * own) / whole
        spread = total(own.square() * (apart - mean).square()).sqrt() / whole
        return cls(float(mean), float(spread))

    def beats(self, least: float) -> bool:
        """Whether it is at least so much, and more than chance."""
        return self.mean > max(least, self.error)


@dataclass(frozen=True, eq=False)
class Learned:
    """A trained model, and the log-density of the residual's held-out rows in the units of the targets.

    Shape: told (rows,).
    """

    model: FlowModel
    told: Tensor


@dataclass(frozen=True, eq=False)
class Lesson:
    """What networks learn from.  Shape: whitened (rows, targets), mass (rows,).

    unit: how many nats a row are to be added to a loss of the residual for one of the targets, standardized.
    """

    model: FlowModel  #: without networks yet
    features: Features
    whitened: Tensor
    mass: Tensor | None
    generator: torch.Generator
    unit: float = 0.0

    def as_normal(self, held_out: Tensor) -> Learned:
        """What there is without a network.  Shape: held_out (rows,) int64."""
        told = self.model.normal_log_prob(self.whitened[self._here(held_out)])
        return Learned(self.model, told - self.model.log_scale)

    def gain(self, before: Learned, after: Learned, held_out: Tensor) -> Gain:
        """Of the rows that both were held against, which are the first of these."""
        count = min(len(before.told), len(after.told))
        mass = None if self.mass is None else self.mass[self._here(held_out)][:count]
        return Gain.of(before.told[:count], after.told[:count], mass)

    def _here(self, rows: Tensor) -> Tensor:
        return rows.to(self.whitened.device)

    def learned(self, shape: Shape, how: EnsembleTraining, parts: Split, progress: Progress) -> Learned:
        """The model with networks of a shape, trained on some rows, and held against others."""
        model = self.model.started(shape, self.generator, self.whitened[self._here(parts.train)])
        networks, losses = model.networks, self._losses(model)
        held_out = self._here(parts.held_out)[: networks.layout.rows_at_once].unsqueeze(0)

        def held_out_loss() -> Tensor:
            with torch.no_grad():
                return losses(held_out)

        parameters, name = list(networks.parameters.values()), ", ".join(part.name for part in model.targets)
        told = Shifted(progress, self.unit)
        train(parameters, lambda i: losses(i).sum(), held_out_loss, parts.train, how, self.generator, told, name)
        return Learned(model, self._told(model, self._here(parts.held_out)))

    def _told(self, model: FlowModel, rows: Tensor) -> Tensor:
        """The log-density of rows, by all members together.  Shape: (rows,)."""
        everything, members, pieces = self._everything, model.networks.layout.members, []
        with torch.no_grad():
            for piece in rows.split(model.networks.layout.rows_at_once):
                index = piece.unsqueeze(0)
                each = model.residual_log_prob(everything[index], self.whitened[index])
                pieces.append(each.logsumexp(0) - log(members))
        return torch.cat(pieces) - model.log_scale

    def standardized(self, model: FlowModel, index: Tensor) -> Tensor:
        """How far rows lie from the mean that a small mixture says, in its standard deviations.

        Of another density it is the residual itself.  Shape: index (rows,) -> (rows, random targets).
        """
        law, own = model.shape.law, self.whitened[index][:, model.free]
        if not isinstance(law, Mixture):
            return own
        mean, spread = law.moments(self._raw(model, index))
        return (own - mean) / spread

    def left(self, model: FlowModel, index: Tensor) -> Tensor:
        """What the mean that a small mixture says leaves of rows, in units of the targets.

        Of another density it is what the regression leaves.  Shape: index (rows,) -> (rows, targets).
        """
        law, left = model.shape.law, self.whitened[index].clone()
        if isinstance(law, Mixture):
            left[:, model.free] -= law.moments(self._raw(model, index))[0]
        return model.in_units(left)

    def nearer(self, model: FlowModel, told: Tensor, held_out: Tensor) -> Gain:
        """About how many nats a held-out row gains where the mean that a small mixture says goes towards other means.

        A score test of one number for each target, which has the power that two trained networks, compared, have not.
        Its error is that of chance: the root of the gain is as many errors from nought as the score. The most of all
        targets; none for another density, which says no mean.
        Shape: told (rows, targets), held_out (rows,) int64.
        """
        law, index = model.shape.law, self._here(held_out)
        if not isinstance(law, Mixture):
            return Gain(0.0, 0.0)
        mean, spread = law.moments(self._raw(model, index))
        left = ((self.whitened[index][:, model.free] - mean) / spread).clamp(-FARTHEST, FARTHEST).double()
        toward = (model.whitened(self.features[index], told[index])[:, model.free] - mean) / spread
        toward = toward.clamp(-FARTHEST, FARTHEST).double()
        mass = torch.ones_like(left) if self.mass is None else self.mass[index].double().unsqueeze(1)
        score, size = (mass * left * toward).sum(0), (mass * toward.square()).sum(0)
        chance = (mass * left * toward).square().sum(0).sqrt()
        gains = (score.square() / (2 * size * mass.sum(0)).clamp(min=1e-300)).where(score > 0, 0.0)
        most = int(gains.argmax())
        return Gain(float(gains[most]), float(gains[most] * chance[most] / score[most].clamp(min=1e-300)))

    def misshapen(self, model: FlowModel, held_out: Tensor) -> float:
        """About how many nats a held-out row would gain if each rank within the model's law came as often as it should.

        That is the divergence of their histogram from evenness, less what chance gives; the largest of the targets.
        """
        index, worst = self._here(held_out), 0.0
        ranks = model.shape.law.below(self._raw(model, index), self.whitened[index][:, model.free])
        mass = torch.ones_like(ranks[:, 0]) if self.mass is None else self.mass[index]
        for column in ranks.T:
            counts = torch.bincount((column * BINS).long().clamp(0, BINS - 1), mass.double(), BINS).double()
            share = counts / counts.sum()
            chance = (BINS - 1) / (2 * effective_rows(mass))
            worst = max(worst, float(torch.xlogy(share, share * BINS).sum()) - chance)
        return worst

    def learned_on(self, model: FlowModel, how: EnsembleTraining, rows: Tensor, progress: Progress) -> FlowModel:
        """A model whose networks were trained on much the same rows, trained on."""
        losses, name = self._losses(model), ", ".join(part.name for part in model.targets)
        parameters = list(model.networks.parameters.values())
        told = Shifted(progress, self.unit)
        train_on(parameters, lambda i: losses(i).sum(), rows, how, self.generator, told, name)
        return model

    @torch.no_grad()
    def _raw(self, model: FlowModel, index: Tensor) -> Tensor:
        """What a model's first network puts out.  Shape: index (rows,) -> (rows, random targets, outputs)."""
        return torch.stack(model.networks(self._everything[index.unsqueeze(0)]), 2)[0]

    @property
    def _everything(self) -> Features:
        return Features(self.features.codes, torch.cat([self.features.reals, self.whitened], 1))

    def _losses(self, model: FlowModel) -> Callable[[Tensor], Tensor]:
        """Mean negative log-likelihood of each member.  Shape: (members or 1, batch) -> (members,)."""
        everything = self._everything

        def losses(index: Tensor) -> Tensor:
            per_row, mass = -model.residual_log_prob(everything[index], self.whitened[index]), self.mass
            return per_row.mean(-1) if mass is None else (per_row * mass[index]).sum(-1) / mass[index].sum(-1)

        return losses
