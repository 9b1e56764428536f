"""`from-images`: categories and numbers given images, alone or with other inputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil
from typing import Self

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from idgen_compiler.errors import DataError
from idgen_torch.drawing import categorical, generator_for
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
from idgen_torch.families.numbers.classifier import fitted_temperature
from idgen_torch.families.numbers.density import Density, density
from idgen_torch.nets.image_heads import ImageHeads, encoded, entries_of
from idgen_torch.parts import Part, Rows, rows_at_once
from idgen_torch.training.ensemble import one_cycle, split

__all__ = ["FromImages"]

EPOCHS, LEAST_STEPS, MOST_STEPS, BATCH, LR = 8, 300, 6_000, 128, 2e-3
ROWS_AT_ONCE, PIXELS_AT_ONCE = 2_048, 2**21
"""Without gradients: about 270 bytes a pixel (measured), so half a gigabyte."""


@register
class FromImages(ConditionalModel):
    """A convolutional network with one head for each target number, each given the targets before it.

    A category's head puts out its logits, softened by a temperature fitted on held-out rows; a number's head puts out a
    mixture of normals. The weights kept are those of the best held-out pass.
    """

    family = "from-images"

    def __init__(
        self, targets: Sequence[Part], inputs: Sequence[Part], network: ImageHeads, temperature: Tensor, components: int
    ) -> None:
        """`temperature` (heads,) divides logits, and is 1 for numbers; `components` of each mixture."""
        super().__init__(targets, inputs)
        self._network = network.eval().requires_grad_(False)
        self._temperature = temperature
        self._components = components
        self._density: Density = density("mixture", components)

    @property
    def _rows_at_once(self) -> int:
        return rows_at_once(self.inputs, ROWS_AT_ONCE, PIXELS_AT_ONCE)

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
        """Train. Raises DataError for a target that is an image."""
        count = row_count([*targets, *inputs], rows, weights)
        network = _network(targets, inputs, options.components, seed).to(options.device)
        model = cls(targets, inputs, network, torch.ones(len(network.heads), device=network.device), options.components)
        mass = None if weights is None else weights.float() * (count / weights.float().sum())
        generator = generator_for(seed)
        parts = split(count, options.holdout, generator, weights)
        network.requires_grad_(True)
        model._train(rows, mass, parts.train, parts.held_out, options, generator, progress)
        network.eval().requires_grad_(False)
        model._calibrate(rows, mass, parts.held_out)
        return model

    def _train(
        self,
        rows: Rows,
        mass: Tensor | None,
        learn: Tensor,
        held_out: Tensor,
        options: FitOptions,
        generator: torch.Generator,
        progress: Progress,
    ) -> None:
        network = self._network
        batch = min(options.batch_size or BATCH, len(learn))
        steps = max(1, len(learn) // batch)
        epochs = options.epochs or max(2, min(max(EPOCHS, ceil(LEAST_STEPS / steps)), MOST_STEPS // steps))
        lr = options.lr or LR
        optimiser = torch.optim.AdamW(network.parameters(), lr=lr, weight_decay=1e-2, fused=True)
        best, kept = float("inf"), {name: value.clone() for name, value in network.state_dict().items()}
        progress.start(", ".join(part.name for part in self.targets), epochs)
        try:
            for epoch in range(epochs):
                order = learn[torch.randperm(len(learn), generator=generator)]
                for step in range(steps):
                    for group in optimiser.param_groups:
                        group["lr"] = lr * one_cycle((epoch * steps + step) / (epochs * steps))
                    index = order[step * batch : (step + 1) * batch]
                    optimiser.zero_grad()
                    self._loss(rows, mass, index).backward()
                    optimiser.step()
                with torch.no_grad():
                    now = self._mean_loss(rows, mass, held_out)
                if now < best:
                    best, kept = now, {name: value.clone() for name, value in network.state_dict().items()}
                progress.advance(best)
        finally:
            progress.done()
        if best == float("inf"):
            names = ", ".join(part.name for part in self.targets)
            raise DataError(f"the training of {names} diverged: its held-out loss is no number; train with a lower lr")
        network.load_state_dict(kept)

    def _loss(self, rows: Rows, mass: Tensor | None, index: Tensor) -> Tensor:
        """Mean negative log-likelihood of some rows."""
        each = -torch.stack(self._log_probs(self._taken(rows, index))).sum(0)
        if mass is None:
            return each.mean()
        own = mass[index.to(mass.device)].to(each.device)
        return (each * own).sum() / own.sum().clamp(min=1e-6)

    def _mean_loss(self, rows: Rows, mass: Tensor | None, held_out: Tensor) -> float:
        pieces = list(held_out.split(self._rows_at_once))
        losses = [float(self._loss(rows, mass, piece)) for piece in pieces]
        sizes = [float(len(p) if mass is None else mass[p.to(mass.device)].sum()) for p in pieces]
        return sum(loss * size for loss, size in zip(losses, sizes, strict=True)) / max(sum(sizes), 1e-6)

    def _taken(self, rows: Rows, index: Tensor) -> Rows:
        device = self._network.device
        return {p.name: rows[p.name][index.to(rows[p.name].device)].to(device) for p in (*self.targets, *self.inputs)}

    def _heads(self, rows: Rows) -> Iterator[tuple[Part, int, Tensor]]:
        """Each number to be modelled with what its head puts out, the true targets before it being known."""
        features = self._network.features(rows)
        before: list[Tensor] = []
        for number, (part, entry) in enumerate(entries_of(self.targets)):
            yield part, entry, self._network.head(number, features, before)
            before.append(_seen(part, entry, rows[part.name]))

    def _log_probs(self, rows: Rows) -> list[Tensor]:
        """Log-probability or log-density of each head.  Shape of each: (rows,)."""
        found = []
        for number, (part, entry, put_out) in enumerate(self._heads(rows)):
            if part.discrete:
                found.append(-cross_entropy(put_out / self._temperature[number], rows[part.name], reduction="none"))
            else:
                found.append(self._density.log_prob(put_out, rows[part.name][:, entry]))
        return found

    @torch.no_grad()
    def _calibrate(self, rows: Rows, mass: Tensor | None, held_out: Tensor) -> None:
        put_out = [
            [logits for _, _, logits in self._heads(self._taken(rows, index))]
            for index in held_out.split(self._rows_at_once)
        ]
        own = None if mass is None else mass[held_out.to(mass.device)].to(self._network.device)
        for number, (part, _) in enumerate(entries_of(self.targets)):
            if part.discrete:
                logits = torch.cat([heads[number] for heads in put_out])
                labels = rows[part.name][held_out.to(rows[part.name].device)].to(logits.device)
                self._temperature[number] = fitted_temperature(logits, labels, own)

    @torch.no_grad()
    def sample(self, given: Rows, n: int, generator: torch.Generator) -> Rows:
        """The targets in turn, so many rows at a time."""
        device = self._network.device
        drawn: dict[str, list[Tensor]] = {part.name: [] for part in self.targets}
        at_once = self._rows_at_once
        for start in range(0, max(n, 1), at_once):
            piece = {part.name: given[part.name][start : min(start + at_once, n)].to(device) for part in self.inputs}
            for name, values in self._sample(piece, generator).items():
                drawn[name].append(values)
        return {name: torch.cat(values) for name, values in drawn.items()}

    def _sample(self, given: Rows, generator: torch.Generator) -> Rows:
        features = self._network.features(given)
        before: list[Tensor] = []
        columns: dict[str, list[Tensor]] = {}
        for number, (part, _) in enumerate(entries_of(self.targets)):
            put_out = self._network.head(number, features, before)
            if part.discrete:
                values = categorical(put_out / self._temperature[number], generator)
                before.append(encoded(part, values))
                columns[part.name] = [values]
            else:
                values = self._density.sample(put_out, generator).unsqueeze(1)
                before.append(values)
                columns.setdefault(part.name, []).append(values)
        return {p.name: columns[p.name][0] if p.discrete else torch.cat(columns[p.name], 1) for p in self.targets}

    @torch.no_grad()
    def log_prob(self, rows: Rows) -> Tensor:
        """Log of the probability times density of the targets, in standardised units.  Shape: (rows,) float32."""
        count = row_count([*self.targets, *self.inputs], rows)
        pieces = torch.arange(count).split(self._rows_at_once)
        return torch.cat([torch.stack(self._log_probs(self._taken(rows, index))).sum(0) for index in pieces])

    @torch.no_grad()
    def most_likely(self, given: Rows) -> Rows:
        """The likeliest code of each discrete target, one after the other.  Shape of each: (rows,) int64."""
        found: dict[str, list[Tensor]] = {part.name: [] for part in self.targets if part.discrete}
        for index in torch.arange(row_count(self.inputs, given)).split(self._rows_at_once):
            piece = {p.name: given[p.name][index.to(given[p.name].device)] for p in self.inputs}
            features = self._network.features(piece)
            before: list[Tensor] = []
            for number, (part, _) in enumerate(entries_of(self.targets)):
                if not part.discrete:
                    raise DataError(f"{part.name} is real and has no likeliest code")
                codes = self._network.head(number, features, before).argmax(1)
                before.append(encoded(part, codes))
                found[part.name].append(codes)
        return {name: torch.cat(codes) for name, codes in found.items()}

    @torch.no_grad()
    def features(self, given: Rows) -> Tensor:
        """What the network makes of the inputs, before its heads.  Shape: (rows, WIDTH)."""
        pieces = torch.arange(row_count(self.inputs, given)).split(self._rows_at_once)
        taken = ({p.name: given[p.name][index.to(given[p.name].device)] for p in self.inputs} for index in pieces)
        return torch.cat([self._network.features(piece) for piece in taken])

    def state(self) -> tuple[Config, Tensors]:
        """The mixtures' size, the temperatures and the weights."""
        tensors = {f"network.{name}": value for name, value in self._network.state_dict().items()}
        return {"components": self._components}, {**tensors, "temperature": self._temperature}

    @classmethod
    def from_state(cls, config: Config, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]) -> Self:
        """The model whose `state` this is."""
        components = setting(config, "components", int)
        network = _network(targets, inputs, components, 0)
        expected = {f"network.{name}": (tuple(t.shape), t.dtype) for name, t in network.state_dict().items()}
        expected["temperature"] = ((len(network.heads),), torch.float32)
        checked_tensor(tensors, expected)
        network.load_state_dict({k.removeprefix("network."): v for k, v in tensors.items() if k != "temperature"})
        return cls(targets, inputs, network, tensors["temperature"], components)

    def to(self, device: str | torch.device) -> Self:
        """The same model on another device."""
        self._network.to(device)
        return type(self)(self.targets, self.inputs, self._network, self._temperature.to(device), self._components)


def _network(targets: Sequence[Part], inputs: Sequence[Part], components: int, seed: int) -> ImageHeads:
    for part in targets:
        if part.image:
            raise DataError(
                f"{part.name} is an image; from-images models categories and numbers, diffusion models images"
            )
    if not any(part.image for part in inputs):
        raise DataError("from-images needs an image among the inputs")
    law = density("mixture", components)
    outputs = [part.size if part.size is not None else law.outputs for part, _ in entries_of(targets)]
    network = ImageHeads.start(targets, inputs, outputs, seed)
    with torch.no_grad():
        for (part, _), head in zip(entries_of(targets), network.heads, strict=True):
            if not part.discrete:
                last = head[-1]  # type: ignore[index]
                last.weight.zero_()
                last.bias.copy_(law.start())
    return network


def _seen(part: Part, entry: int, values: Tensor) -> Tensor:
    """A target as the later heads see it.  Shape: -> (rows, width)."""
    return encoded(part, values) if part.discrete else values[:, entry : entry + 1].float()
