"""`classifier`: perceptrons over embeddings, for discrete targets given any inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import log
from typing import Self

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from idgen_compiler.data.part import Part
from idgen_compiler.hinge.calibration import Calibration
from idgen_torch.arithmetic import one_thread, total
from idgen_torch.drawing import categorical, generator_for, integers
from idgen_torch.families.family import ConditionalModel, Family, Run
from idgen_torch.families.numbers.logistic import Regression
from idgen_torch.families.numbers.temperature import fitted_temperature, judged
from idgen_torch.families.state import Config, Tensors, above_zero, checked_tensor
from idgen_torch.families.tables.cells import sizes_of
from idgen_torch.families.task import Offer, Task, row_count
from idgen_torch.nets.heads import Columns, Features, HeadLayout, HeadNetworks
from idgen_torch.options import whole, widths
from idgen_torch.parts import Values
from idgen_torch.training.ensemble import EnsembleTraining, Passes, split, train

__all__ = ["Classifier", "ClassifierModel"]

_WIDEST = 2**18
"""Classes times features squared; beyond it a head starts at the shares of its classes."""
_MOST_ROWS, _MOST_WORK = 2**16, 2**29
"""A regression is started from so many rows, or from so many that a step takes this many multiplications."""
_FEW_LEVELS, _PENALTY = 10, 1.0
"""Levels of an input of few are set right; the shifts have this precision beforehand, so that empty ones stay."""
_ENOUGH_ROWS, _ENOUGH_OF_EACH, _MOST_LOGITS = 2**18, 20_000, 2**25
"""The shifts rest on all rows, or on so many that a class has so many, as far as memory goes."""


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

    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
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
        for piece in torch.arange(count, device=device).split(self._networks.layout.rows_at_once):
            index = piece.expand(members, -1)
            outputs = self._networks(features[index])
            each = [_nll(z / self._temperature[head], labels[index, head]) for head, z in enumerate(outputs)]
            pieces.append((-torch.stack(each).sum(0)).logsumexp(0) - log(members))
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
        layout = _layout(targets, inputs, recipe.ensemble, recipe.hidden)
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

    The defaults are measured on the discrete Napkin-MNIST attributes; larger networks and label smoothing did worse.
    """

    word = "classifier"
    model = ClassifierModel
    usual = Passes(15)

    hidden: tuple[int, ...] = widths((32, 32))
    ensemble: int = whole(3, most=1000)
    patience: int = whole(6)

    def offer(self, task: Task) -> Offer | None:
        """For categories given no images."""
        if not task.targets_are_discrete or task.sees_images:
            return None
        if task.inputs_are_discrete:
            return Offer(30, "the cells are many: held-out rows decide")
        return Offer(40, "categories given numbers")

    def trial(self) -> Self:
        """One member: quick, and as good a judge."""
        return type(self)(ensemble=1)

    @one_thread()
    def fit(self, task: Task, run: Run = Run()) -> ClassifierModel:
        """Train the members side by side. Raises DataError for a real target."""
        sizes_of(task.targets)
        count = task.count
        generator, device = generator_for(run.seed), run.device
        parts = [split(count, self.holdout, generator, task.weights) for _ in range(self.ensemble)]
        learn = torch.stack([own.train for own in parts])
        layout, mask = _layout(task.targets, task.inputs, self.ensemble, self.hidden), _mask(task.targets, task.inputs)
        columns = _columns(task.targets, task.inputs)
        lesson = _Lesson(
            HeadNetworks.start(layout, mask, generator, device),
            columns.features(task.rows, count, device),
            torch.stack([task.rows[part.name] for part in task.targets], 1).to(device),
            task.mass(device),
            *_seen(layout, mask, columns),
        )
        lesson.begin(learn)
        held_out = torch.stack([own.held_out for own in parts])[:, : layout.rows_at_once].to(device)

        def held_out_loss() -> Tensor:
            with torch.no_grad():
                return lesson.losses(held_out).sum(0)

        train(
            [value for name, value in lesson.networks.parameters.items() if not name.startswith("linear")],
            lambda index: lesson.losses(index).sum(),
            held_out_loss,
            learn,
            self,
            generator,
            run.progress,
            task.name,
        )
        temperatures = lesson.temperatures(held_out)
        tell = run.calibrated if parts[0].apart else None
        before = [] if tell is None else lesson.logits(held_out)
        lesson.set_right(torch.cat([parts[0].train, parts[0].held_out]), temperatures)
        if tell is not None:
            lesson.judge(held_out, before, temperatures, [part.name for part in task.targets], tell)
        return ClassifierModel(self, task.targets, task.inputs, lesson.networks, temperatures)


@dataclass(frozen=True, eq=False)
class _Lesson:
    """Networks and what they learn from.  Shape: labels (rows, heads) int64, mass (rows,).

    seen: the features that each head sees.  small: those of them that are levels of inputs of few.
    """

    networks: HeadNetworks
    features: Features
    labels: Tensor
    mass: Tensor | None
    seen: list[Tensor]
    small: list[Tensor]

    def begin(self, rows: Tensor) -> None:
        """Let each head put out what a logistic regression on its rows does, or where that is wide the classes' shares.

        Shape: rows (members, number) int64.
        """
        layout, parameters = self.networks.layout, self.networks.parameters
        for head, size in enumerate(layout.outputs):
            if head not in layout.linear:
                seen = torch.bincount(self.labels[:, head], weights=self.mass, minlength=size) + 0.5
                parameters[f"last{head}_bias"] += (seen / seen.sum()).log().float()
                continue
            columns = self.seen[head]
            few = min(_MOST_ROWS, _MOST_WORK // (size * (1 + len(columns)) ** 2))
            penalty, slope = self.regression(head, rows[0, :few], columns).chosen()
            for member, own in enumerate(rows):
                if member:  # all with one penalty, each from where the one before ended
                    slope = self.regression(head, own[:few], columns).fit(penalty, slope)
                parameters[f"last{head}_bias"][member] += slope[0].float()
                parameters[f"linear{head}"][member, columns] = slope[1:].float()

    def set_right(self, rows: Tensor, temperatures: Tensor) -> None:
        """Let each member's mean prediction be the share, of all rows and within the levels of inputs of few."""
        layout, parameters = self.networks.layout, self.networks.parameters
        counts = torch.cat([labels.bincount() for labels in self.labels.T])
        rarest = int(counts[counts > 0].min())
        enough = max(_ENOUGH_ROWS, len(rows) * _ENOUGH_OF_EACH // rarest)
        most = max(1, _MOST_LOGITS // (layout.members * sum(layout.outputs)))
        rows = rows[: min(enough, most)].to(self.labels.device)
        with torch.no_grad():
            pieces = [
                self.networks(self.features[piece.expand(layout.members, -1)])
                for piece in rows.split(layout.rows_at_once)
            ]
        for head in range(layout.heads):
            logits = torch.cat([piece[head] for piece in pieces], 1) / temperatures[head]
            columns = self.small[head] if head in layout.linear else self.small[head][:0]
            regression = self.regression(head, rows, columns)
            for member, own in enumerate(logits):
                start = torch.zeros(1 + len(columns), layout.outputs[head], dtype=torch.float64, device=own.device)
                slope = (regression.fit(_PENALTY, start, own) * temperatures[head]).float()
                parameters[f"last{head}_bias"][member] += slope[0]
                if len(columns):
                    parameters[f"linear{head}"][member, columns] += slope[1:]

    def regression(self, head: int, rows: Tensor, columns: Tensor) -> Regression:
        """Of a head's labels on some columns of the features.  Shape: rows, columns (number,) int64."""
        rows = rows.to(self.labels.device)
        layout, features, columns = self.networks.layout, self.features[rows], columns.to(rows.device)
        place = torch.full((layout.width,), 1 + len(columns), device=rows.device, dtype=torch.long)
        place[columns] = 1 + torch.arange(len(columns), device=rows.device)
        design = torch.zeros(len(rows), 2 + len(columns), dtype=torch.float32, device=rows.device)
        design[:, 0] = 1
        design.scatter_(1, place[features.codes], 1.0)
        design[:, place[layout.one_hot :]] = features.reals
        mass = torch.ones_like(design[:, 0]) if self.mass is None else self.mass[rows]
        mass = mass * (total(mass) / total(mass.square())).float()
        return Regression(design[:, :-1], self.labels[rows, head], mass, layout.outputs[head])

    def losses(self, index: Tensor) -> Tensor:
        """Mean negative log-likelihood of each head and member.  Shape: (members, batch) -> (heads, members)."""
        each = [_nll(z, self.labels[index, head]) for head, z in enumerate(self.networks(self.features[index]))]
        per_row, mass = torch.stack(each), self.mass
        return per_row.mean(-1) if mass is None else (per_row * mass[index]).sum(-1) / mass[index].sum(-1)

    def logits(self, held_out: Tensor) -> list[Tensor]:
        """What each head puts out.  Shape: held_out (members, rows) -> (members, rows, classes) each."""
        with torch.no_grad():
            return list(self.networks(self.features[held_out]))

    def judge(
        self,
        held_out: Tensor,
        before: Sequence[Tensor],
        temperatures: Tensor,
        names: Sequence[str],
        tell: Callable[[Calibration], None],
    ) -> None:
        """Tell how reliable each head is on these rows, `before` being its logits as they were trained."""
        mass = None if self.mass is None else self.mass[held_out].flatten()
        for head, (name, after) in enumerate(zip(names, self.logits(held_out), strict=True)):
            temperature, labels = temperatures[head], self.labels[held_out, head].flatten()
            stages = before[head].flatten(0, 1), after.flatten(0, 1) / temperature
            tell(judged(name, temperature, *stages, labels, mass))

    def temperatures(self, held_out: Tensor) -> Tensor:
        """One for each head, fitted to these rows.  Shape: held_out (members, rows) -> (heads,)."""
        outputs = self.logits(held_out)
        mass = None if self.mass is None else self.mass[held_out].flatten()
        return torch.stack(
            [
                fitted_temperature(z.flatten(0, 1), self.labels[held_out, head].flatten(), mass, len(held_out))
                for head, z in enumerate(outputs)
            ]
        )


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
        few[columns.place(part)] = (part.size or 0) <= _FEW_LEVELS
    return [one.nonzero().flatten() for one in mask], [(few & (one > 0)).nonzero().flatten() for one in mask]


def _nll(logits: Tensor, labels: Tensor) -> Tensor:
    """Negative log-likelihood of each row.  Shape: (members, rows, classes), (members, rows) -> (members, rows)."""
    flat = cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none")
    return flat.view(labels.shape)
