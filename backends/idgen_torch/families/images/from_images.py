"""`from-images`: categories and numbers given images, alone or with other inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from idgen_compiler.data.part import Form, Part
from idgen_compiler.errors import DataError
from idgen_compiler.hinge.calibration import Calibration
from idgen_torch.arithmetic import total
from idgen_torch.drawing import categorical, generator_for
from idgen_torch.families.family import ConditionalModel, Family, Run
from idgen_torch.families.numbers.density import Density, density
from idgen_torch.families.numbers.logistic import Regression
from idgen_torch.families.numbers.support import Support
from idgen_torch.families.numbers.temperature import fitted_temperature, judged
from idgen_torch.families.numbers.vector_diffusion import is_wide
from idgen_torch.families.state import Config, Tensors, above_zero, checked_tensor, restored
from idgen_torch.families.task import Offer, Task, row_count, rows_at
from idgen_torch.nets.image_heads import ImageHeads, encoded, entries_of
from idgen_torch.options import real, whole
from idgen_torch.parts import Values, check_forms, of_form, rows_at_once
from idgen_torch.training.ensemble import Passes, Split, one_cycle
from idgen_torch.training.progress import Progress

__all__ = ["FromImages", "FromImagesModel"]

PASSES = Passes(8, least_steps=300, most_steps=6_000)
MOST_SHIFTING, FEW_LEVELS, SHIFT_PENALTY = 2**16, 10, 1.0
ROWS_AT_ONCE, PIXELS_AT_ONCE = 2_048, 2**21
"""Without gradients: about 270 bytes a pixel (measured), so half a gigabyte."""


class FromImagesModel(ConditionalModel):
    """A convolutional network with one head for each target number, each given the targets before it.

    A category's head puts out its logits, softened by a temperature fitted on held-out rows and shifted so that the
    mean prediction is the share of each class, also within the levels of inputs of few; a number's head puts out a
    mixture of normals. The weights kept are those of the best held-out pass.
    """

    recipe: FromImages

    def __init__(
        self,
        recipe: FromImages,
        targets: Sequence[Part],
        inputs: Sequence[Part],
        network: ImageHeads,
        temperature: Tensor,
        shifts: Sequence[Tensor],
    ) -> None:
        """`temperature` (heads,) divides logits, and is 1 for numbers; `shifts` (1 + levels, outputs) are added."""
        super().__init__(recipe, targets, inputs)
        self._shifts = tuple(shifts)
        self._network = network.eval().requires_grad_(False)
        self._temperature = temperature
        self._density: Density = density("mixture", recipe.components)

    @property
    def _rows_at_once(self) -> int:
        return rows_at_once(self.inputs, ROWS_AT_ONCE, PIXELS_AT_ONCE)

    def learn(self, task: Task, parts: Split, generator: torch.Generator, progress: Progress) -> None:
        """Train the network and leave it at its best held-out pass.  Raises DataError when the training diverges."""
        network, recipe, rows, mass, learn = self._network, self.recipe, task.rows, task.mass(), parts.train
        batch = min(recipe.batch_size, len(learn))
        steps = max(1, len(learn) // batch)
        epochs = PASSES.number(steps) if recipe.epochs is None else recipe.epochs
        optimizer = torch.optim.AdamW(network.parameters(), lr=recipe.lr, weight_decay=1e-2, fused=True)
        best, kept = float("inf"), {name: value.clone() for name, value in network.state_dict().items()}
        progress.start(task.name, epochs)
        try:
            for epoch in range(epochs):
                order = learn[torch.randperm(len(learn), generator=generator)]
                for step in range(steps):
                    for group in optimizer.param_groups:
                        group["lr"] = recipe.lr * one_cycle((epoch * steps + step) / (epochs * steps))
                    index = order[step * batch : (step + 1) * batch]
                    optimizer.zero_grad()
                    self._loss(rows, mass, index).backward()
                    optimizer.step()
                with torch.no_grad():
                    now = self._mean_loss(rows, mass, parts.held_out)
                if now < best:
                    best, kept = now, {name: value.clone() for name, value in network.state_dict().items()}
                progress.advance(best)
        finally:
            progress.done()
        if best == float("inf"):
            raise DataError(
                f"the training of {task.name} diverged: its held-out loss is no number; train with a lower lr"
            )
        network.load_state_dict(kept)

    def _loss(self, rows: Values, mass: Tensor | None, index: Tensor) -> Tensor:
        """Mean negative log-likelihood of some rows."""
        each = -torch.stack(self._log_probs(self._taken(rows, index))).sum(0)
        if mass is None:
            return each.mean()
        own = mass[index.to(mass.device)].to(each.device)
        return (each * own).sum() / own.sum().clamp(min=1e-6)

    def _mean_loss(self, rows: Values, mass: Tensor | None, held_out: Tensor) -> float:
        pieces = list(held_out.split(self._rows_at_once))
        losses = [float(self._loss(rows, mass, piece)) for piece in pieces]
        sizes = [float(len(p) if mass is None else mass[p.to(mass.device)].sum()) for p in pieces]
        return sum(loss * size for loss, size in zip(losses, sizes, strict=True)) / max(sum(sizes), 1e-6)

    def _taken(self, rows: Values, index: Tensor) -> Values:
        return rows_at((*self.targets, *self.inputs), rows, index, self._network.device)

    def _heads(self, rows: Values) -> Iterator[tuple[Part, int, Tensor]]:
        """Each number to be modeled with what its head puts out, the true targets before it being known."""
        features = self._network.features(rows)
        before: list[Tensor] = []
        for number, (part, entry) in enumerate(entries_of(self.targets)):
            yield part, entry, self._network.head(number, features, before)
            before.append(_seen(part, entry, rows[part.name]))

    def _logits(self, number: int, put_out: Tensor, levels: Tensor) -> Tensor:
        """What a category's head puts out, softened and shifted.  Shape: levels (rows, 1 + levels) -> as put_out."""
        return put_out / self._temperature[number] + levels @ self._shifts[number]

    def _log_probs(self, rows: Values) -> list[Tensor]:
        """Log-probability or log-density of each head.  Shape of each: (rows,)."""
        found, levels = [], _levels(self.inputs, rows)
        for number, (part, entry, put_out) in enumerate(self._heads(rows)):
            if part.discrete:
                logits = self._logits(number, put_out, levels)
                found.append(-cross_entropy(logits, rows[part.name], reduction="none"))
            else:
                own = rows[part.name][:, entry : entry + 1]
                support = Support(((part.low, part.high),))
                found.append(self._density.log_prob(put_out, support.freed(own)[:, 0]) + support.log_slope(own))
        return found

    @torch.no_grad()
    def calibrate(self, task: Task, parts: Split, tell: Callable[[Calibration], None] | None = None) -> None:
        """Fit the temperatures to the held-out rows, and the shifts to all; tell what that changes."""
        chosen = torch.cat([parts.held_out, parts.train])[:MOST_SHIFTING]
        held_out, device = slice(len(parts.held_out)), self._network.device
        put_out, levels = [], []
        for index in chosen.split(self._rows_at_once) if any(part.discrete for part in self.targets) else ():
            taken = self._taken(task.rows, index)
            put_out.append([logits for _, _, logits in self._heads(taken)])
            levels.append(_levels(self.inputs, taken))
        mass = task.mass()
        own = None if mass is None else mass[chosen.to(mass.device)].to(device)
        for number, (part, _) in enumerate(entries_of(self.targets)):
            if part.size is None:
                continue
            logits, design = torch.cat([heads[number] for heads in put_out]), torch.cat(levels)
            labels = task.rows[part.name][chosen.to(task.rows[part.name].device)].to(device)
            weighed = None if own is None else own[held_out]
            self._temperature[number] = fitted_temperature(logits[held_out], labels[held_out], weighed)
            counted = torch.ones_like(logits[:, 0]) if own is None else own * (total(own) / total(own.square())).float()
            regression = Regression(design, labels, counted, part.size)
            start = self._shifts[number].double()
            shift = regression.fit(SHIFT_PENALTY, start, logits / self._temperature[number])
            self._shifts[number].copy_(shift)
            if tell is not None:
                after = self._logits(number, logits, design)[held_out]
                known = labels[held_out]
                tell(judged(part.name, self._temperature[number], logits[held_out], after, known, weighed))

    @torch.no_grad()
    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        """The targets in turn, so many rows at a time."""
        device = self._network.device
        drawn: dict[str, list[Tensor]] = {part.name: [] for part in self.targets}
        at_once = self._rows_at_once
        for start in range(0, max(n, 1), at_once):
            piece = {part.name: given[part.name][start : min(start + at_once, n)].to(device) for part in self.inputs}
            for name, values in self._sample(piece, generator).items():
                drawn[name].append(values)
        return {name: torch.cat(values) for name, values in drawn.items()}

    def _sample(self, given: Values, generator: torch.Generator) -> Values:
        features, levels = self._network.features(given), _levels(self.inputs, given)
        before: list[Tensor] = []
        columns: dict[str, list[Tensor]] = {}
        for number, (part, _) in enumerate(entries_of(self.targets)):
            put_out = self._network.head(number, features, before)
            if part.discrete:
                values = categorical(self._logits(number, put_out, levels), generator)
                before.append(encoded(part, values))
                columns[part.name] = [values]
            else:
                free = self._density.sample(put_out, generator).unsqueeze(1)
                values = Support(((part.low, part.high),)).bound(free)
                before.append(values)
                columns.setdefault(part.name, []).append(values)
        return {p.name: columns[p.name][0] if p.discrete else torch.cat(columns[p.name], 1) for p in self.targets}

    @torch.no_grad()
    def log_prob(self, rows: Values) -> Tensor:
        """Log of the probability times density of the targets, in standardized units.  Shape: (rows,) float32."""
        count = row_count([*self.targets, *self.inputs], rows)
        pieces = torch.arange(count).split(self._rows_at_once)
        return torch.cat([torch.stack(self._log_probs(self._taken(rows, index))).sum(0) for index in pieces])

    @torch.no_grad()
    def laws(self, given: Values, n: int) -> Tensor:
        """As `ConditionalModel.laws`; the images are read once where there is one target."""
        if len(self.targets) > 1:
            return super().laws(given, n)
        found = []
        for index in torch.arange(n).split(self._rows_at_once):
            piece = rows_at(self.inputs, given, index, self._network.device)
            put_out = self._network.head(0, self._network.features(piece), [])
            found.append(self._logits(0, put_out, _levels(self.inputs, piece)).double().softmax(1))
        return torch.cat(found)

    @torch.no_grad()
    def most_likely(self, given: Values) -> Values:
        """The likeliest code of each discrete target, one after the other.  Shape of each: (rows,) int64."""
        found: dict[str, list[Tensor]] = {part.name: [] for part in self.targets if part.discrete}
        for index in torch.arange(row_count(self.inputs, given)).split(self._rows_at_once):
            piece = {p.name: given[p.name][index.to(given[p.name].device)] for p in self.inputs}
            features, levels = self._network.features(piece), _levels(self.inputs, piece)
            before: list[Tensor] = []
            for number, (part, _) in enumerate(entries_of(self.targets)):
                if not part.discrete:
                    raise DataError(f"{part.name} is real and has no likeliest code")
                codes = self._logits(number, self._network.head(number, features, before), levels).argmax(1)
                before.append(encoded(part, codes))
                found[part.name].append(codes)
        return {name: torch.cat(codes) for name, codes in found.items()}

    @torch.no_grad()
    def features(self, given: Values) -> Tensor:
        """What the network makes of the inputs, before its heads.  Shape: (rows, WIDTH)."""
        pieces = torch.arange(row_count(self.inputs, given)).split(self._rows_at_once)
        taken = ({p.name: given[p.name][index.to(given[p.name].device)] for p in self.inputs} for index in pieces)
        return torch.cat([self._network.features(piece) for piece in taken])

    def state(self) -> tuple[Config, Tensors]:
        """The temperatures, the shifts and the weights."""
        tensors = {f"network.{name}": value for name, value in self._network.state_dict().items()}
        shifts = {f"shift{number}": value for number, value in enumerate(self._shifts)}
        return {}, {**tensors, **shifts, "temperature": self._temperature}

    @classmethod
    def from_state(
        cls, recipe: FromImages, config: Config, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]
    ) -> Self:
        """The model whose `state` this is."""
        shifts = _no_shifts(targets, inputs, torch.device("cpu"))
        heads = sum(1 if part.discrete else part.dim for part in targets)
        expected: dict[str, tuple[tuple[int, ...], torch.dtype]] = {"temperature": ((heads,), torch.float32)}
        expected |= {f"shift{number}": (tuple(t.shape), t.dtype) for number, t in enumerate(shifts)}
        found = {k: v for k, v in tensors.items() if not k.startswith("network.")}
        checked_tensor(found, expected)
        weights = {k.removeprefix("network."): v for k, v in tensors.items() if k not in found}
        if len(shifts) > len(weights):
            raise DataError(f"{len(weights)} tensors are too few for {len(shifts)} targets")
        network = restored(lambda: _network(targets, inputs, recipe.components, 0), weights, "network.")
        own = [tensors[f"shift{number}"] for number in range(len(shifts))]
        return cls(recipe, targets, inputs, network, above_zero("temperature", tensors["temperature"]), own)

    def to(self, device: str | torch.device) -> Self:
        """The same model on another device."""
        self._network.to(device)
        shifts = [shift.to(device) for shift in self._shifts]
        return type(self)(self.recipe, self.targets, self.inputs, self._network, self._temperature.to(device), shifts)


@dataclass(frozen=True)
class FromImages(Family):
    """Categories and numbers given images, alone or with other inputs: a convolutional network that reads them.

    epochs: passes over the rows, by the size of the table where it is None.  batch_size: rows a step.  lr: peak
    learning rate.  holdout: fraction of the rows kept back to choose the pass and the temperatures.  components: of the
    mixture of normals that a number gets.
    """

    word = "from-images"
    model = FromImagesModel

    epochs: int | None = whole(None)
    batch_size: int = whole(128)
    lr: float = real(2e-3, "a number above 0", lambda value: value > 0)
    holdout: float = real(0.1, "a fraction strictly between 0 and 1", lambda value: 0 < value < 1)
    components: int = whole(6, most=1000)

    def offer(self, task: Task) -> Offer | None:
        """For all but images given an image; others come first for wide vectors."""
        if not task.sees_images or Form.PICTURES in task.target_forms or task.has_masses:
            return None
        if is_wide(task):
            return Offer(20, "many entries, drawn one after the other")
        return Offer(58, "what a network reads off images")

    def fit(self, task: Task, run: Run = Run()) -> FromImagesModel:
        """Train. Raises DataError for a target that is an image."""
        task.refuse_masses(self.word)
        generator = generator_for(run.seed)
        parts = task.split(self.holdout, generator)
        learned = rows_at(task.targets, task.rows, parts.train, torch.device("cpu"))
        network = _network(task.targets, task.inputs, self.components, run.seed, learned).to(run.device)
        cold = torch.ones(len(network.heads), dtype=torch.float32, device=network.device)
        shifts = _no_shifts(task.targets, task.inputs, network.device)
        model = FromImagesModel(self, task.targets, task.inputs, network, cold, shifts)
        network.requires_grad_(True)
        model.learn(task, parts, generator, run.progress)
        network.eval().requires_grad_(False)
        model.calibrate(task, parts, run.calibrated if parts.apart else None)
        return model


def _network(
    targets: Sequence[Part], inputs: Sequence[Part], components: int, seed: int, rows: Values | None = None
) -> ImageHeads:
    able = (Form.CODES, Form.NUMBERS)
    check_forms(targets, able, "; from-images models categories and numbers, diffusion models images")
    if not of_form(inputs, Form.PICTURES):
        raise DataError("from-images needs an image among the inputs")
    law = density("mixture", components)
    outputs = [part.size if part.size is not None else law.outputs for part, _ in entries_of(targets)]
    network = ImageHeads.start(targets, inputs, outputs, seed)
    with torch.no_grad():
        for (part, entry), head in zip(entries_of(targets), network.heads, strict=True):
            if not part.discrete:
                last = head[-1]  # type: ignore[index]
                last.weight.zero_()
                last.bias.copy_(law.start(None if rows is None else rows[part.name][:, entry]))
    return network


def _levels(inputs: Sequence[Part], given: Values) -> Tensor:
    """One, and one-hot blocks of the inputs of few levels.  Shape: -> (rows, 1 + levels) float32."""
    few = [encoded(part, given[part.name]) for part in inputs if part.size is not None and part.size <= FEW_LEVELS]
    first = next(given[part.name] for part in inputs)
    return torch.cat([torch.ones(len(first), 1, dtype=torch.float32, device=first.device), *few], 1)


def _no_shifts(targets: Sequence[Part], inputs: Sequence[Part], device: torch.device) -> list[Tensor]:
    """Zeros for each head, (1 + levels, outputs); nothing for numbers."""
    levels = sum(part.size for part in inputs if part.size is not None and part.size <= FEW_LEVELS)
    shapes = [(1 + levels, part.size) if part.size is not None else (0, 0) for part, _ in entries_of(targets)]
    return [torch.zeros(shape, dtype=torch.float32, device=device) for shape in shapes]


def _seen(part: Part, entry: int, values: Tensor) -> Tensor:
    """A target as the later heads see it.  Shape: -> (rows, width)."""
    return encoded(part, values) if part.discrete else values[:, entry : entry + 1].float()
