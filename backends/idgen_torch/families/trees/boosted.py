"""`boosted`: categories by gradient-boosted trees, for many rows and for inputs of many cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from idgen_compiler.data.part import Form, Part
from idgen_compiler.errors import DataError
from idgen_torch.arithmetic import one_thread
from idgen_torch.drawing import categorical, generator_for
from idgen_torch.families.family import ConditionalModel, Family, Run
from idgen_torch.families.state import Config, Tensors, setting
from idgen_torch.families.task import Offer, Task, row_count
from idgen_torch.families.trees.bins import Bins, as_array
from idgen_torch.families.trees.boosting import Boosting, Growth
from idgen_torch.nets.heads import Columns, Features
from idgen_torch.options import real, whole
from idgen_torch.parts import Values, check_forms
from idgen_torch.training.ensemble import Split

__all__ = ["Boosted", "BoostedModel"]

STOPS = (15, 30, 60, 100, 150, 200, 300, 450, 600, 800, 1_000)
"""After so many trees held-out rows are asked whether to go on."""
MOST_CLASSES, ENOUGH_ROWS = 24, 500
"""Of more classes trees take long, and of fewer rows too few can be held out to choose by."""


@dataclass(frozen=True, eq=False)
class Head:
    """The law of one target: trees for the classes that occur, and a little for the others.

    present: (classes that occur,) int64.  prior: (classes,) float32, what is mixed in.  word: None where one class is
    all that occurs.
    """

    word: Boosting | None
    present: Tensor
    prior: Tensor
    little: Tensor

    def law(self, features: Features, count: int) -> Tensor:
        """Shape: -> (rows, classes) float64."""
        own = torch.zeros(count, len(self.prior), dtype=torch.float64, device=self.prior.device)
        if self.word is None:
            own[:, self.present] = 1.0
        else:
            own[:, self.present] = _odds(self.word, features).softmax(1)
        return (1 - self.little.double()) * own + self.little.double() * self.prior.double()

    def to(self, device: str | torch.device) -> Head:
        """The same on another device."""
        word = None if self.word is None else self.word.to(device)
        return Head(word, self.present.to(device), self.prior.to(device), self.little.to(device))


class BoostedModel(ConditionalModel):
    """The targets one after the other, each by trees given the inputs and the targets before it."""

    def __init__(self, recipe: Family, targets: Sequence[Part], inputs: Sequence[Part], heads: Sequence[Head]) -> None:
        super().__init__(recipe, targets, inputs)
        self._heads = tuple(heads)
        self._columns = columns_of(self.targets, self.inputs)

    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        """Each target by its law given those that were drawn."""
        drawn: Values = {}
        for part, head, columns in zip(self.targets, self._heads, self._columns, strict=True):
            features = columns.features({**given, **drawn}, n, head.prior.device)
            drawn[part.name] = categorical(head.law(features, n).log().float(), generator)
        return drawn

    def log_prob(self, rows: Values) -> Tensor:
        """Log-probability of the targets of each row.  Shape: (rows,) float64."""
        count, device = row_count([*self.targets, *self.inputs], rows), self._heads[0].prior.device
        whole = torch.zeros(count, dtype=torch.float64, device=device)
        for part, head, columns in zip(self.targets, self._heads, self._columns, strict=True):
            law = head.law(columns.features(rows, count, device), count)
            whole += law.gather(1, rows[part.name].to(device).unsqueeze(1)).squeeze(1).log()
        return whole

    def state(self) -> tuple[Config, Tensors]:
        """All arrays, each target's under its number, and which targets have trees."""
        tensors: Tensors = {}
        for k, head in enumerate(self._heads):
            tensors |= {f"{k}.present": head.present, f"{k}.prior": head.prior, f"{k}.little": head.little}
            tensors |= {} if head.word is None else head.word.state(f"{k}.trees")
        return {"trees": [head.word is not None for head in self._heads]}, tensors

    @classmethod
    def from_state(
        cls, recipe: Boosted, config: Config, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]
    ) -> Self:
        """The model whose `state` this is."""
        grown, heads = setting(config, "trees", list), []
        if len(grown) != len(targets):
            raise DataError(f"a saved model's trees are {grown!r:.80}, expected one entry for each target")
        for k, (part, columns) in enumerate(zip(targets, columns_of(targets, inputs), strict=True)):
            present, prior, little = (tensors.get(f"{k}.{name}") for name in ("present", "prior", "little"))
            if present is None or prior is None or little is None:
                raise DataError(f"a saved model lacks {k}.present, {k}.prior or {k}.little")
            _check_head(k, part, present, prior, little)
            word = None
            if grown[k]:
                reals = columns.width - columns.one_hot_width
                places = (reals, len(columns.discrete), columns.one_hot_width)
                word = Boosting.from_state(tensors, f"{k}.trees", *places)
            if (1 if word is None else max(2, len(word.base))) != len(present):
                raise DataError(f"a saved model has other trees for {part.name} than classes that occur")
            heads.append(Head(word, present, prior, little))
        model = cls(recipe, targets, inputs, heads)
        if unknown := sorted(set(tensors) - set(model.state()[1])):
            raise DataError(f"a saved model's tensors do not fit its configuration: unknown {', '.join(unknown)}")
        return model

    def to(self, device: str | torch.device) -> Self:
        """The same model on another device."""
        return type(self)(self.recipe, self.targets, self.inputs, [head.to(device) for head in self._heads])


@dataclass(frozen=True)
class Boosted(Family):
    """Categories given categories and numbers: trees one after another, each on what those before leave.

    number: of trees for a class, at most: they end where held-out rows gain no more.  depth: of each.  rate: by which
    each is shrunk.  held: the share of the rows that is held out for that.

    >>> x = torch.linspace(-1, 1, 400).unsqueeze(1)
    >>> task = Task((Part("y", size=2),), (Part("x"),), {"x": x, "y": (x[:, 0] > 0.2).long()})
    >>> Boosted(number=60).fit(task).laws({"x": torch.tensor([[0.9]])}, 1).round(decimals=1)
    tensor([[0., 1.]], dtype=torch.float64)
    """

    word = "boosted"
    model = BoostedModel

    number: int = whole(300, most=STOPS[-1])
    depth: int = whole(3, most=10)
    rate: float = real(0.1, "a number above 0, up to 1", lambda value: 0 < value <= 1)
    held: float = real(0.1, "a fraction strictly between 0 and 1", lambda value: 0 < value < 1)

    def offer(self, task: Task) -> Offer | None:
        """For categories given numbers, beside networks where rows can tell which is better; below them otherwise."""
        seen = all(part.form in (Form.NUMBERS, Form.CODES) for part in task.inputs)
        if not (task.targets_are_discrete and seen and task.inputs):
            return None
        few = sum(part.size or 0 for part in task.targets) <= MOST_CLASSES
        if few and not task.inputs_are_discrete and task.effective_rows >= ENOUGH_ROWS:
            return Offer(40, "categories given numbers: held-out rows decide")
        return Offer(20, "categories by trees")

    def trial(self) -> Self:
        """Half as many trees of twice the rate."""
        return type(self)(number=150, rate=0.2)

    @one_thread()
    def fit(self, task: Task, run: Run = Run()) -> BoostedModel:
        """Grow the trees of each target. Raises DataError for targets that are no categories."""
        check_forms(task.targets, (Form.CODES,), "; boosted models categories only")
        count, generator = task.count, generator_for(run.seed)
        mass, parts = task.mass(), task.split(self.held, generator, count)
        heads = [
            self._head(part, columns.features(task.rows, count, torch.device("cpu")), columns, task, mass, parts)
            for part, columns in zip(task.targets, columns_of(task.targets, task.inputs), strict=True)
        ]
        return BoostedModel(self, task.targets, task.inputs, heads).to(run.device)

    def _head(
        self, part: Part, features: Features, columns: Columns, task: Task, mass: Tensor | None, parts: Split
    ) -> Head:
        labels, learn = task.rows[part.name].cpu(), parts.train
        order = torch.cat([parts.held_out, learn]) if parts.apart else learn
        own = torch.ones(len(labels), dtype=torch.float64) if mass is None else mass.cpu().double()
        seen = torch.bincount(labels[order], own[order], part.size or 1) + 0.5
        prior, present = (seen / seen.sum()).float(), labels[order].unique()
        little = torch.tensor(min(0.5, 0.5 * (part.size or 1) / float(seen.sum())), dtype=torch.float32)
        if len(present) < 2 or features.reals.shape[1] + features.codes.shape[1] == 0:
            # Where there is nothing to part by: the one class, or the shares.
            alone = len(present) == 1
            return Head(None, present[:1], prior, little if alone else torch.ones_like(little))
        codes = torch.searchsorted(present, labels)
        grow = _Grower(self, features, columns.one_hot_width, codes, None if mass is None else own)
        number = min(self.number, STOPS[0])
        if parts.apart and len(codes[learn].unique()) == len(present):
            number = grow.stopped(learn, parts.held_out)
        return Head(grow.grown(order, number), present, prior, little)


@dataclass(frozen=True, eq=False)
class _Grower:
    recipe: Boosted
    features: Features
    one_hot: int
    codes: Tensor
    mass: Tensor | None

    def grown(self, rows: Tensor, number: int) -> Boosting:
        """So many trees of some rows."""
        features = self.features[rows]
        bins = Bins.of(as_array(features.reals))
        weights = None if self.mass is None else as_array(self.mass[rows])
        growth = Growth(trees=number, depth=self.recipe.depth, rate=self.recipe.rate)
        places = bins.places(as_array(features.reals))
        return growth.of(features, self.one_hot, as_array(self.codes[rows]), weights, bins, places)

    def stopped(self, learn: Tensor, check: Tensor) -> int:
        """How many trees predict held-out rows best."""
        most = self.recipe.number
        word = self.grown(learn, most)
        labels, features = self.codes[check], self.features[check]
        mass = torch.ones(len(check), dtype=torch.float64) if self.mass is None else self.mass[check]
        best = (float("inf"), most)
        for stop in sorted({min(most, one) for one in STOPS}):
            odds = _odds(word.first(stop), features)
            loss = -(odds.log_softmax(1).gather(1, labels.unsqueeze(1)).squeeze(1) * mass).sum()
            best = min(best, (float(loss), stop))
        return best[1]


def _odds(word: Boosting, features: Features) -> Tensor:
    """The log-odds of each class; trees of two say those of the second alone.  Shape: (rows, classes) float64."""
    said = word(features).double()
    return torch.cat([torch.zeros_like(said), said], 1) if said.shape[1] == 1 else said


def columns_of(targets: Sequence[Part], inputs: Sequence[Part]) -> list[Columns]:
    """What each target's trees see: the inputs, and the targets before it."""
    return [Columns.of([*inputs, *targets[:k]]) for k in range(len(targets))]


def _check_head(number: int, part: Part, present: Tensor, prior: Tensor, little: Tensor) -> None:
    """Raise DataError for what is no law of a part's classes."""
    size = part.size or 1
    right = present.dtype == torch.int64 and prior.dtype == little.dtype == torch.float32
    shaped = right and present.dim() == 1 and prior.shape == (size,) and little.shape == ()
    among = shaped and len(present) and int(present.min()) >= 0 and int(present.max()) < size
    law = among and bool((present.diff() > 0).all()) and bool((prior > 0).all()) and 0 < float(little) <= 1
    if not law or abs(float(prior.sum()) - 1) > 1e-4:
        raise DataError(f"saved tensors {number}.present, .prior and .little are no law of {part.name}")
