"""`flow`: conditional densities for real targets of any dimension given any inputs."""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import Self

import torch
from torch import Tensor

from idgen_compiler.errors import DataError
from idgen_torch.drawing import generator_for, integers
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
from idgen_torch.families.numbers.density import Density, density
from idgen_torch.families.numbers.residual import Residual
from idgen_torch.nets.heads import Columns, Features, HeadNetworks, Layout
from idgen_torch.parts import Part, Rows
from idgen_torch.training.ensemble import Recipe, Split, split, train

__all__ = ["Flow"]

RECIPE = Recipe(
    epochs=20, batch_size=1024, lr=3e-3, weight_decay=1e-2, hidden=(128, 128), ensemble=3, patience=8, most_steps=3000
)
"""Measured on napkins of 50,000 rows: at the edge of the data, where overlap is thin, wider layers halve the error."""

PILOT = Recipe(epochs=8, batch_size=512, lr=5e-3, weight_decay=1e-2, hidden=(64, 64), ensemble=1, patience=8)
PILOT_ROWS = 20_000
PILOT_GAIN = 0.005
"""A quickly trained member of each density is compared on held-out rows: a spline has to be better by this many nats
a row, for mixtures train and sample faster and did better where the law bends."""


@register
class Flow(ConditionalModel):
    """A linear regression, and an ensemble of autoregressive densities for its whitened residual.

    Each residual coordinate has a spline flow or a mixture of normals whose parameters a perceptron computes from
    the inputs and the coordinates before it. The law is the even mixture of the members' laws. `log_prob` counts a
    target that is an exact linear function of the others as a point mass.
    """

    family = "flow"

    def __init__(
        self,
        targets: Sequence[Part],
        inputs: Sequence[Part],
        residual: Residual,
        kind: str,
        size: int,
        networks: HeadNetworks | None,
    ) -> None:
        """`kind` and `size` name the density; `networks` is None when no target keeps any randomness."""
        super().__init__(targets, inputs)
        self._columns = Columns.of(inputs)
        self._residual = residual
        self._kind, self._size = kind, size
        self._density: Density = density(kind, size)
        self._networks = networks

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
        """Regress, then train the members side by side. Raises DataError for a discrete target."""
        dims = _width(targets)
        count = row_count([*targets, *inputs], rows, weights)
        device = torch.device(options.device)
        columns = Columns.of(inputs)
        features = columns.features(rows, count, device)
        values = torch.cat([rows[part.name].to(device) for part in targets], 1)
        mass = None if weights is None else (weights.float() * (count / weights.float().sum())).to(device)
        generator = generator_for(seed)
        parts = split(count, options.holdout, generator, weights)
        learn = parts.train.to(device)
        residual = Residual.fit(
            features[learn], columns.one_hot_width, values[learn], None if mass is None else mass[learn]
        )
        whitened = residual.whitened(features, columns.one_hot_width, values)
        name = ", ".join(part.name for part in targets)
        model = cls(targets, inputs, residual, "spline", options.bins, None)
        if not residual.free:
            return model
        recipe = RECIPE.with_options(options)

        def trained(kind: str, how: Recipe, chosen: Split, watched: Progress) -> tuple[float, Self]:
            size = options.bins if kind == "spline" else options.components
            model = cls(targets, inputs, residual, kind, size, None)
            layout, mask = _layout(columns, residual, model._density.outputs, dims, how.ensemble, how.hidden)
            model._networks = HeadNetworks.start(layout, mask, generator, device)
            for head in range(layout.heads):
                model._networks.parameters[f"last{head}_bias"] += model._density.start().to(device)
            return model._train(features, whitened, mass, chosen, how, generator, watched, name), model

        kind = options.density
        if kind == "auto":
            pilot = Split(parts.train[:PILOT_ROWS], parts.held_out)
            losses = {kind: trained(kind, PILOT, pilot, NoProgress())[0] for kind in ("mixture", "spline")}
            kind = "spline" if losses["spline"] < losses["mixture"] - PILOT_GAIN else "mixture"
        return trained(kind, recipe, parts, progress)[1]

    def _train(
        self,
        features: Features,
        whitened: Tensor,
        mass: Tensor | None,
        parts: Split,
        recipe: Recipe,
        generator: torch.Generator,
        progress: Progress,
        name: str,
    ) -> float:
        """Train the networks; returns the members' mean held-out loss."""
        networks = self._networks
        if networks is None:
            raise DataError(f"{name} has no network to train")
        everything = Features(features.codes, torch.cat([features.reals, whitened], 1))

        def losses(index: Tensor) -> Tensor:
            """Mean negative log-likelihood of each member.  Shape: (members, batch) -> (members,)."""
            per_row = -self._log_prob(networks, everything[index], whitened[index])
            return per_row.mean(-1) if mass is None else (per_row * mass[index]).sum(-1) / mass[index].sum(-1)

        held_out = parts.held_out[: networks.layout.rows_at_once].to(whitened.device).expand(recipe.ensemble, -1)

        def held_out_loss() -> Tensor:
            with torch.no_grad():
                return losses(held_out)

        parameters = list(networks.parameters.values())
        best = train(
            parameters, lambda index: losses(index).sum(), held_out_loss, parts.train, recipe, generator, progress, name
        )
        return float(best.mean())

    def _log_prob(self, networks: HeadNetworks, everything: Features, whitened: Tensor) -> Tensor:
        """Log-density of the residual.  Shape: whitened (members, batch, targets) -> (members, batch)."""
        raw = torch.stack(networks(everything), 2)
        return self._density.log_prob(raw, whitened[..., self._residual.free]).sum(-1)

    def sample(self, given: Rows, n: int, generator: torch.Generator) -> Rows:
        """Each row's targets from a member drawn for that row."""
        device = self._residual.slope.device
        features = self._columns.features(given, n, device)
        drawn = torch.zeros(n, _width(self.targets), device=device)
        if self._networks is not None:
            chosen = integers(self._networks.layout.members, n, generator, device)
            for member in range(self._networks.layout.members):
                mine = (chosen == member).nonzero().squeeze(1)
                for piece in mine.split(self._networks.layout.rows_at_once):
                    drawn[piece] = self._sample_member(self._networks, member, features[piece], generator)
        values = self._residual.mean(features, self._columns.one_hot_width) + drawn @ self._residual.factor.T
        return {
            part.name: piece.contiguous()
            for part, piece in zip(self.targets, values.split([part.dim for part in self.targets], 1), strict=True)
        }

    def _sample_member(
        self, networks: HeadNetworks, member: int, features: Features, generator: torch.Generator
    ) -> Tensor:
        """The residual r.  Shape: (rows, targets)."""
        run = networks.member(member)
        run.see_codes(features.codes)
        if features.reals.shape[1]:
            run.see_reals(slice(self._columns.one_hot_width, self._columns.width), features.reals)
        drawn = torch.zeros(len(features), _width(self.targets), device=features.reals.device)
        for head, target in enumerate(self._residual.free):
            raw = run.head(head).expand(len(features), -1)
            drawn[:, target] = self._density.sample(raw, generator)
            at = self._columns.width + target
            run.see_reals(slice(at, at + 1), drawn[:, target : target + 1])
        return drawn

    def log_prob(self, rows: Rows) -> Tensor:
        """Log-density of the targets of each row, in standardised units.  Shape: (rows,) float32."""
        device = self._residual.slope.device
        count = row_count([*self.targets, *self.inputs], rows)
        features = self._columns.features(rows, count, device)
        values = torch.cat([rows[part.name].to(device) for part in self.targets], 1)
        one_hot = self._columns.one_hot_width
        whitened = self._residual.whitened(features, one_hot, values)
        rebuilt = self._residual.mean(features, one_hot) + whitened @ self._residual.factor.T
        possible = ((rebuilt - values).abs() < 1e-2).all(1)
        total = torch.zeros(count, device=device)
        if self._networks is not None:
            members = self._networks.layout.members
            everything = Features(features.codes, torch.cat([features.reals, whitened], 1))
            scale = self._residual.factor.diagonal()[self._residual.free].log().sum()
            pieces = []
            for piece in torch.arange(count, device=device).split(self._networks.layout.rows_at_once):
                index = piece.expand(members, -1)
                each = self._log_prob(self._networks, everything[index], whitened[index])
                pieces.append(each.logsumexp(0) - log(members) - scale)
            total = torch.cat(pieces)
        return torch.where(possible, total, -torch.inf)

    def state(self) -> tuple[Config, Tensors]:
        """The density, the networks' shape, and all arrays."""
        config: Config = {"density": self._kind, "size": self._size, "ensemble": 0, "hidden": []}
        tensors = {
            "slope": self._residual.slope,
            "intercept": self._residual.intercept,
            "factor": self._residual.factor,
        }
        if self._networks is not None:
            layout = self._networks.layout
            config |= {"ensemble": layout.members, "hidden": list(layout.hidden)}
            tensors |= {f"network.{name}": value for name, value in self._networks.parameters.items()}
        return config, tensors

    @classmethod
    def from_state(cls, config: Config, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]) -> Self:
        """The model whose `state` this is."""
        dims, columns = _width(targets), Columns.of(inputs)
        shapes: dict[str, tuple[int, ...]] = {
            "slope": (columns.width, dims),
            "intercept": (dims,),
            "factor": (dims, dims),
        }
        kind, size = setting(config, "density", str), setting(config, "size", int)
        members = setting(config, "ensemble", int)
        checked_tensor(
            {name: value for name, value in tensors.items() if not name.startswith("network.")},
            {name: (shape, torch.float32) for name, shape in shapes.items()},
        )
        residual = Residual(tensors["slope"], tensors["intercept"], tensors["factor"])
        found = {name.removeprefix("network."): value for name, value in tensors.items() if name not in shapes}
        if not residual.free:
            checked_tensor(found, {})
            return cls(targets, inputs, residual, kind, size, None)
        outputs = density(kind, size).outputs
        layout, mask = _layout(columns, residual, outputs, dims, members, tuple(setting(config, "hidden", list)))
        checked_tensor(found, {name: (shape, torch.float32) for name, shape in layout.shapes().items()})
        return cls(targets, inputs, residual, kind, size, HeadNetworks(layout, mask, found))

    def to(self, device: str | torch.device) -> Self:
        """The same model on another device."""
        networks = None if self._networks is None else self._networks.to(device)
        return type(self)(self.targets, self.inputs, self._residual.to(device), self._kind, self._size, networks)


def _width(targets: Sequence[Part]) -> int:
    """The total width of real targets; raises DataError for a discrete one."""
    for part in targets:
        if part.discrete or part.image:
            kind = "discrete" if part.discrete else "an image"
            raise DataError(f"{part.name} is {kind}; flow models real targets only, use chain for mixed ones")
    return sum(part.dim for part in targets)


def _layout(
    columns: Columns, residual: Residual, outputs: int, dims: int, members: int, hidden: tuple[int, ...]
) -> tuple[Layout, Tensor]:
    """The networks' shape, and what each head sees: all inputs and the residual coordinates before its own."""
    free = residual.free
    width = columns.width + dims
    layout = Layout(members, columns.one_hot_width, width, hidden, (outputs,) * len(free))
    mask = torch.ones(len(free), width)
    for head, target in enumerate(free):
        mask[head, columns.width + target :] = 0
    return layout, mask.to(residual.slope.device)
