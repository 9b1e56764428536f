"""`classifier`: perceptrons over embeddings, for discrete targets given any inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log
from typing import Self

import torch
from torch import Tensor

from idgen_compiler.data.part import Part
from idgen_torch.arithmetic import one_thread
from idgen_torch.drawing import categorical, generator_for, integers
from idgen_torch.families.family import ConditionalModel, Family, Run
from idgen_torch.families.numbers.lesson import FEW_LEVELS, Lesson, nll
from idgen_torch.families.state import Config, Tensors, above_zero, checked_tensor
from idgen_torch.families.tables.cells import sizes_of
from idgen_torch.families.task import Offer, Task, row_count
from idgen_torch.nets.heads import Columns, Features, HeadLayout, HeadNetworks
from idgen_torch.options import choice, whole, widths
from idgen_torch.parts import Values
from idgen_torch.training.ensemble import EnsembleTraining, Passes, train, train_on

__all__ = ["Classifier", "ClassifierModel"]

EFFORTS: dict[str, tuple[int, tuple[int, ...], Passes]] = {
    "quick": (1, (32, 32), Passes(8, 300, 2_000)),
    "default": (3, (32, 32), Passes(15)),
    "best": (5, (32, 32), Passes(25, 600, 12_000)),
}
"""Members, widths and passes by effort."""
_WIDEST = 2**18
"""Classes times features squared; beyond it a head starts at the shares of its classes."""


class ClassifierModel(ConditionalModel):
    """An ensemble of autoregressive classifiers: the targets one after the other, each given those before it.

    A member starts at a logistic regression, which its network corrects where held-out rows of its own say that it
    should. The first layer sums one embedding for each discrete part and a linear map of the real ones. One temperature
    for each target is fitted on held-out rows; then the logits are shifted so that the mean prediction is the share of
    each class. The law is the even mixture of the members' joint laws.
    """

    recipe: Classifier

    def __init__(
        self,
        recipe: Classifier,
        targets: Sequence[Part],
        inputs: Sequence[Part],
        networks: HeadNetworks,
        temperature: Tensor,
    ) -> None:
        """`temperature` (targets,) divides the logits of each target's head."""
        super().__init__(recipe, targets, inputs)
        self._columns = _columns(targets, inputs)
        self._networks = networks
        self._temperature = temperature

    @property
    def layout(self) -> HeadLayout:
        """The networks' shape."""
        return self._networks.layout

    def copied(self, device: torch.device) -> tuple[HeadNetworks, Tensor]:
        """Networks and temperatures of their own, with the same numbers."""
        own = {name: value.detach().clone().to(device) for name, value in self._networks.parameters.items()}
        networks = HeadNetworks(self._networks.layout, self._networks.mask.to(device), own)
        return networks, self._temperature.clone().to(device)

    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        """Each row's targets from a member drawn for that row."""
        device = self._temperature.device
        columns = Columns.of(self.inputs)
        features = self._features(given, n, columns, device)
        drawn = torch.empty(n, len(self.targets), dtype=torch.long, device=device)
        chosen = integers(self._networks.layout.members, n, generator, device)
        for member in range(self._networks.layout.members):
            mine = (chosen == member).nonzero().squeeze(1)
            for piece in mine.split(self._networks.layout.rows_drawn(device)):
                drawn[piece] = self._sample_member(member, features[piece], len(piece), generator)
        return {part.name: drawn[:, k].contiguous() for k, part in enumerate(self.targets)}

    def _features(self, given: Values, n: int, columns: Columns, device: torch.device) -> Features:
        """The inputs' features, at the places that they have among inputs and targets."""
        codes = torch.empty(n, len(columns.discrete), dtype=torch.long, device=device)
        for k, part in enumerate(columns.discrete):
            codes[:, k] = given[part.name].to(device) + self._columns.place(part).start
        return Features(codes, columns.reals(given, n, device))

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

    def log_prob(self, rows: Values) -> Tensor:
        """Log-probability of the targets of each row.  Shape: (rows,) float32."""
        device = self._temperature.device
        count = row_count([*self.targets, *self.inputs], rows)
        members = self._networks.layout.members
        features = self._columns.features(rows, count, device)
        labels = torch.stack([rows[part.name] for part in self.targets], 1).to(device)
        pieces = []
        for piece in torch.arange(count, device=device).split(self._networks.layout.rows_drawn(device)):
            index = piece.expand(members, -1)
            outputs = self._networks(features[index])
            each = [nll(z / self._temperature[head], labels[index, head]) for head, z in enumerate(outputs)]
            pieces.append((-torch.stack(each).sum(0)).logsumexp(0) - log(members))
        return torch.cat(pieces)

    def laws(self, given: Values, n: int) -> Tensor:
        """The law of all targets together given each row of inputs.  Shape: (n, cells) float64."""
        if len(self.targets) > 1:
            return super().laws(given, n)
        device, members = self._temperature.device, self._networks.layout.members
        target = {self.targets[0].name: torch.zeros(n, dtype=torch.long, device=device)}  # which its head does not see
        features = self._columns.features({**given, **target}, n, device)
        pieces = []
        for piece in torch.arange(n, device=device).split(self._networks.layout.rows_drawn(device)):
            logits = self._networks(features[piece.expand(members, -1)])[0] / self._temperature[0]
            pieces.append(logits.double().softmax(-1).mean(0))
        return torch.cat(pieces)

    def opinions(self, rows: Values) -> Values:
        """The shares of each target's classes over these rows, by each member."""
        members, device = self._networks.layout.members, self._temperature.device
        count = row_count([*self.targets, *self.inputs], rows)
        if members == 1:
            return {}
        features = self._columns.features(rows, count, device)
        shares: dict[str, list[Tensor]] = {part.name: [] for part in self.targets}
        for piece in torch.arange(count, device=device).split(self._networks.layout.rows_at_once):
            put_out = self._networks(features[piece.expand(members, -1)])
            for head, part in enumerate(self.targets):
                shares[part.name].append((put_out[head] / self._temperature[head]).softmax(-1).sum(1) / count)
        return {name: torch.stack(pieces).sum(0) for name, pieces in shares.items()}

    def state(self) -> tuple[Config, Tensors]:
        """The networks' parameters and the temperatures."""
        return {}, {**self._networks.parameters, "temperature": self._temperature}

    @classmethod
    def from_state(
        cls, recipe: Classifier, config: Config, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]
    ) -> Self:
        """The model whose `state` this is."""
        layout = _layout(targets, inputs, recipe.members, recipe.layers)
        shapes = {**layout.shapes(), "temperature": (len(targets),)}
        checked_tensor(tensors, {name: (shape, torch.float32) for name, shape in shapes.items()})
        networks = HeadNetworks(layout, _mask(targets, inputs), {name: tensors[name] for name in layout.shapes()})
        return cls(recipe, targets, inputs, networks, above_zero("temperature", tensors["temperature"]))

    def to(self, device: str | torch.device) -> Self:
        """The same model on another device."""
        return type(self)(
            self.recipe, self.targets, self.inputs, self._networks.to(device), self._temperature.to(device)
        )


@dataclass(frozen=True)
class Classifier(EnsembleTraining, Family):
    """Categories given categories and numbers: an ensemble of autoregressive perceptrons over embeddings.

    effort: how many members there are, how wide, and how long they learn; `ensemble`, `hidden` and `epochs` say so in
    its place. The defaults are measured on the discrete Napkin-MNIST attributes; label smoothing did worse.
    """

    word = "classifier"
    model = ClassifierModel
    usual = Passes(15)

    hidden: tuple[int, ...] | None = widths(None)
    ensemble: int | None = whole(None, most=1000)
    patience: int = whole(6)
    effort: str = choice("default", EFFORTS)

    @property
    def members(self) -> int:
        """How many networks there are."""
        return EFFORTS[self.effort][0] if self.ensemble is None else self.ensemble

    @property
    def layers(self) -> tuple[int, ...]:
        """Of their hidden layers."""
        return EFFORTS[self.effort][1] if self.hidden is None else self.hidden

    def epochs_for(self, steps: int) -> int:
        """How often to pass over rows that make this many steps a pass."""
        return EFFORTS[self.effort][2].number(steps) if self.epochs is None else self.epochs

    def offer(self, task: Task) -> Offer | None:
        """For categories given no images."""
        if not task.targets_are_discrete or task.sees_images:
            return None
        if task.inputs_are_discrete:
            return Offer(30, "the cells are many: held-out rows decide")
        return Offer(40, "categories given numbers")

    def trial(self) -> Self:
        """One member: quick, and as good a judge."""
        return type(self)(ensemble=1, patience=2)

    @one_thread()
    def fit(self, task: Task, run: Run = Run()) -> ClassifierModel:
        """Train the members side by side. Raises DataError for a real target."""
        sizes_of(task.targets)
        count = task.count
        generator, device = generator_for(run.seed), run.device
        parts = [task.split(self.holdout, generator) for _ in range(self.members)]
        learn = _stacked([own.train for own in parts])
        layout, mask = _layout(task.targets, task.inputs, self.members, self.layers), _mask(task.targets, task.inputs)
        columns = _columns(task.targets, task.inputs)
        begun = _begun(run.start, layout, device)
        lesson = Lesson(
            HeadNetworks.start(layout, mask, generator, device) if begun is None else begun[0],
            columns.features(task.rows, count, device),
            torch.stack([task.rows[part.name] for part in task.targets], 1).to(device),
            task.mass(device),
            *_seen(layout, mask, columns),
        )
        held_out = _stacked([own.held_out for own in parts])[:, : layout.rows_at_once].to(device)
        if begun is None:
            self._learn(lesson, learn, held_out, generator, run, task.name)
        else:
            self._learn_on(lesson, learn, generator, run, task.name)
        temperatures = lesson.temperatures(held_out) if begun is None else begun[1]
        tell = run.calibrated if parts[0].apart else None
        before = [] if tell is None else lesson.logits(held_out)
        lesson.set_right(torch.cat([parts[0].train, parts[0].held_out]), temperatures)
        if tell is not None:
            lesson.judge(held_out, before, temperatures, [part.name for part in task.targets], tell)
        return ClassifierModel(self, task.targets, task.inputs, lesson.networks, temperatures)

    def _learn(
        self, lesson: Lesson, learn: Tensor, held_out: Tensor, generator: torch.Generator, run: Run, name: str
    ) -> None:
        """Shape: learn, held_out (members, rows) int64."""
        lesson.begin(learn)

        def held_out_loss() -> Tensor:
            with torch.no_grad():
                return lesson.losses(held_out).sum(0)

        parameters = _trained(lesson.networks)
        train(
            parameters, lambda i: lesson.losses(i).sum(), held_out_loss, learn, self, generator, run.progress, name
        )  # fmt: skip

    def _learn_on(self, lesson: Lesson, learn: Tensor, generator: torch.Generator, run: Run, name: str) -> None:
        """Shape: learn (members, rows) int64."""
        lesson.move(learn)
        parameters = _trained(lesson.networks)
        train_on(parameters, lambda i: lesson.losses(i).sum(), learn, self, generator, run.progress, name)


def _stacked(rows: Sequence[Tensor]) -> Tensor:
    """Row numbers of each member, as many as the fewest that one has: where groups stay together, parts differ."""
    return torch.stack([own[: min(map(len, rows))] for own in rows])


def _trained(networks: HeadNetworks) -> list[Tensor]:
    """The parameters that are trained by steps."""
    return [value for name, value in networks.parameters.items() if not name.startswith("linear")]


def _begun(
    start: ConditionalModel | None, layout: HeadLayout, device: torch.device
) -> tuple[HeadNetworks, Tensor] | None:
    """Copies of the networks and of the temperatures of a start; None where there is none of this shape."""
    return start.copied(device) if isinstance(start, ClassifierModel) and start.layout == layout else None


def _layout(targets: Sequence[Part], inputs: Sequence[Part], members: int, hidden: tuple[int, ...]) -> HeadLayout:
    """The networks' shape."""
    columns, sizes = _columns(targets, inputs), sizes_of(targets)
    linear = tuple(head for head, size in enumerate(sizes) if size * (1 + columns.width) ** 2 <= _WIDEST)
    return HeadLayout(members, columns.one_hot_width, columns.width, hidden, sizes, linear)


def _mask(targets: Sequence[Part], inputs: Sequence[Part]) -> Tensor:
    """Which features each head sees: all inputs and the targets before its own.  Shape: (targets, width)."""
    columns = _columns(targets, inputs)
    mask = torch.ones(len(targets), columns.width, dtype=torch.float32)
    for head in range(len(targets)):
        for later in targets[head:]:
            mask[head, columns.place(later)] = 0
    return mask


def _columns(targets: Sequence[Part], inputs: Sequence[Part]) -> Columns:
    """Inputs and targets as features; targets as plain categories, which are seen as they are drawn."""
    return Columns.of([*inputs, *(replace(part, levels=()) for part in targets)])


def _seen(layout: HeadLayout, mask: Tensor, columns: Columns) -> tuple[list[Tensor], list[Tensor]]:
    """The numbers of the features that each head sees, and of those that are levels of parts of few."""
    few = torch.zeros(layout.width, dtype=torch.bool)
    for part in columns.discrete:
        few[columns.place(part)] = (part.size or 0) <= FEW_LEVELS
    return [one.nonzero().flatten() for one in mask], [(few & (one > 0)).nonzero().flatten() for one in mask]
