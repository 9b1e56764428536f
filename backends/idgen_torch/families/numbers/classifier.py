"""`classifier`: perceptrons over embeddings, for discrete targets given any inputs."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log
from typing import Self

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from idgen_torch.drawing import categorical, generator_for, integers
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
from idgen_torch.families.tables.cells import sizes_of
from idgen_torch.nets.heads import Columns, Features, HeadNetworks, Layout
from idgen_torch.parts import Part, Rows
from idgen_torch.training.ensemble import Recipe, split, train

__all__ = ["Classifier"]

RECIPE = Recipe(epochs=15, batch_size=512, lr=4e-3, weight_decay=1e-2, hidden=(32, 32), ensemble=3, patience=6)
"""Measured on the discrete Napkin-MNIST attributes; larger networks and label smoothing did worse."""

TEMPERATURE_SPREAD = 0.5


@register
class Classifier(ConditionalModel):
    """An ensemble of autoregressive classifiers: the targets one after the other, each given those before it.

    The first layer sums one embedding for each discrete part and a linear map of the real ones. The law is
    the even mixture of the members' joint laws. One temperature for each target is fitted on held-out rows.
    """

    family = "classifier"

    def __init__(
        self, targets: Sequence[Part], inputs: Sequence[Part], networks: HeadNetworks, temperature: Tensor
    ) -> None:
        """`temperature` (targets,) divides the logits of each target's head."""
        super().__init__(targets, inputs)
        self._columns = Columns.of([*inputs, *targets])
        self._networks = networks
        self._temperature = temperature

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
        """Train the members side by side. Raises DataError for a real target."""
        sizes = sizes_of(targets)
        count = row_count([*targets, *inputs], rows, weights)
        recipe = RECIPE.with_options(options)
        generator = generator_for(seed)
        device = torch.device(options.device)
        parts = split(count, options.holdout, generator, weights)

        layout, mask = _layout(targets, inputs, recipe.ensemble, recipe.hidden)
        networks = HeadNetworks.start(layout, mask, generator, device)
        features = Columns.of([*inputs, *targets]).features(rows, count, device)
        labels = torch.stack([rows[part.name] for part in targets], 1).to(device)
        mass = None if weights is None else (weights.float() * (count / weights.float().sum())).to(device)
        for head, size in enumerate(sizes):
            seen = torch.bincount(labels[:, head], weights=mass, minlength=size) + 0.5
            networks.parameters[f"last{head}_bias"] += (seen / seen.sum()).log().float()

        def losses(index: Tensor) -> Tensor:
            """Mean negative log-likelihood of each head and member.  Shape: (members, batch) -> (heads, members)."""
            each = [_nll(logits, labels[index, head]) for head, logits in enumerate(networks(features[index]))]
            per_row = torch.stack(each)
            return per_row.mean(-1) if mass is None else (per_row * mass[index]).sum(-1) / mass[index].sum(-1)

        held_out = parts.held_out[: layout.rows_at_once].to(device).expand(recipe.ensemble, -1)

        def held_out_loss() -> Tensor:
            with torch.no_grad():
                return losses(held_out).sum(0)

        train(
            list(networks.parameters.values()),
            lambda index: losses(index).sum(),
            held_out_loss,
            parts.train,
            recipe,
            generator,
            progress,
            ", ".join(part.name for part in targets),
        )
        with torch.no_grad():
            outputs = networks(features[held_out])
        temperature = torch.stack(
            [
                fitted_temperature(
                    logits.flatten(0, 1),
                    labels[held_out, head].flatten(),
                    None if mass is None else mass[held_out].flatten(),
                    recipe.ensemble,
                )
                for head, logits in enumerate(outputs)
            ]
        )
        return cls(targets, inputs, networks, temperature)

    def sample(self, given: Rows, n: int, generator: torch.Generator) -> Rows:
        """Each row's targets from a member drawn for that row."""
        device = self._temperature.device
        columns = Columns.of(self.inputs)
        features = self._features(given, n, columns, device)
        drawn = torch.empty(n, len(self.targets), dtype=torch.long, device=device)
        chosen = integers(self._networks.layout.members, n, generator, device)
        for member in range(self._networks.layout.members):
            mine = (chosen == member).nonzero().squeeze(1)
            for piece in mine.split(self._networks.layout.rows_at_once):
                drawn[piece] = self._sample_member(member, features[piece], len(piece), generator)
        return {part.name: drawn[:, k].contiguous() for k, part in enumerate(self.targets)}

    def _features(self, given: Rows, n: int, columns: Columns, device: torch.device) -> Features:
        """The inputs' features, at the places that they have among inputs and targets."""
        codes = torch.empty(n, len(columns.discrete), dtype=torch.long, device=device)
        for k, part in enumerate(columns.discrete):
            codes[:, k] = given[part.name].to(device) + self._columns.place(part).start
        reals = [given[part.name].to(device) for part in columns.real]
        return Features(codes, torch.cat(reals, 1) if reals else torch.empty(n, 0, device=device))

    def _sample_member(self, member: int, features: Features, n: int, generator: torch.Generator) -> Tensor:
        """Shape: (rows, targets) int64."""
        run = self._networks.member(member)
        run.see_codes(features.codes)
        if features.reals.shape[1]:
            run.see_reals(slice(self._columns.one_hot_width, self._columns.width), features.reals)
        drawn = []
        for head, part in enumerate(self.targets):
            logits = run.head(head) / self._temperature[head]
            codes = categorical(logits.expand(n, -1), generator)
            run.see_codes((codes + self._columns.place(part).start).unsqueeze(1))
            drawn.append(codes)
        return torch.stack(drawn, 1)

    def log_prob(self, rows: Rows) -> Tensor:
        """Log-probability of the targets of each row.  Shape: (rows,) float32."""
        device = self._temperature.device
        count = row_count([*self.targets, *self.inputs], rows)
        members = self._networks.layout.members
        features = self._columns.features(rows, count, device)
        labels = torch.stack([rows[part.name] for part in self.targets], 1).to(device)
        pieces = []
        for piece in torch.arange(count, device=device).split(self._networks.layout.rows_at_once):
            index = piece.expand(members, -1)
            outputs = self._networks(features[index])
            each = [_nll(z / self._temperature[head], labels[index, head]) for head, z in enumerate(outputs)]
            pieces.append((-torch.stack(each).sum(0)).logsumexp(0) - log(members))
        return torch.cat(pieces)

    def state(self) -> tuple[Config, Tensors]:
        """The networks' shape, their parameters and the temperatures."""
        layout = self._networks.layout
        config: Config = {"ensemble": layout.members, "hidden": list(layout.hidden)}
        return config, {**self._networks.parameters, "temperature": self._temperature}

    @classmethod
    def from_state(cls, config: Config, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]) -> Self:
        """The model whose `state` this is."""
        hidden = tuple(setting(config, "hidden", list))
        layout, mask = _layout(targets, inputs, setting(config, "ensemble", int), hidden)
        shapes = {**layout.shapes(), "temperature": (len(targets),)}
        checked_tensor(tensors, {name: (shape, torch.float32) for name, shape in shapes.items()})
        parameters = {name: tensors[name] for name in layout.shapes()}
        return cls(targets, inputs, HeadNetworks(layout, mask, parameters), tensors["temperature"])

    def to(self, device: str | torch.device) -> Self:
        """The same model on another device."""
        return type(self)(self.targets, self.inputs, self._networks.to(device), self._temperature.to(device))


def _layout(
    targets: Sequence[Part], inputs: Sequence[Part], members: int, hidden: tuple[int, ...]
) -> tuple[Layout, Tensor]:
    """The networks' shape, and which features each head sees: all inputs and the targets before its own."""
    columns = Columns.of([*inputs, *targets])
    layout = Layout(members, columns.one_hot_width, columns.width, hidden, sizes_of(targets))
    mask = torch.ones(len(targets), columns.width)
    for head in range(len(targets)):
        for later in targets[head:]:
            mask[head, columns.place(later)] = 0
    return layout, mask


def _nll(logits: Tensor, labels: Tensor) -> Tensor:
    """Negative log-likelihood of each row.  Shape: (members, rows, classes), (members, rows) -> (members, rows)."""
    flat = cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none")
    return flat.view(labels.shape)


def fitted_temperature(logits: Tensor, labels: Tensor, mass: Tensor | None, members: int = 1) -> Tensor:
    """The T > 0 that softmax(z / T) has on held-out rows, in [1/4, 4], by the mode of its posterior.

    Log T is normal beforehand with deviation `TEMPERATURE_SPREAD`, so that a handful of rows, which any network may
    happen to predict well, cannot make it certain of everything. The likelihood is log-concave in 1/T, and a ternary
    search over log T finds the minimum. The logits are those of `members` networks on the same rows, one after another.
    Source: Guo et al. (2017), section 4.2.  Shape: logits (rows, classes), labels (rows,), mass (rows,) -> ().
    """
    rows = len(labels) if mass is None else float(mass.double().sum().square() / mass.double().square().sum())
    rows = max(rows / members, 1e-9)

    def loss(log_temperature: float) -> float:
        each = cross_entropy(logits * exp(-log_temperature), labels, reduction="none")
        mean = float(each.mean() if mass is None else (each * mass).sum() / mass.sum())
        return mean + (log_temperature / TEMPERATURE_SPREAD) ** 2 / (2 * rows)

    low, high = -log(4), log(4)
    for _ in range(25):
        left, right = low + (high - low) / 3, high - (high - low) / 3
        if loss(left) <= loss(right):
            high = right
        else:
            low = left
    return torch.tensor((low + high) / 2, device=logits.device).exp()
