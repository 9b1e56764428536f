"""One-step estimates of a program's answers on one table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.schema import Schema
from idgen_compiler.errors import DataError
from idgen_compiler.estimates.measures import Functional
from idgen_compiler.hinge.assigned import Assigned, known_policies
from idgen_compiler.hinge.policies import Policy
from idgen_compiler.hinge.question import Question
from idgen_compiler.ir.likeness.digest import digests
from idgen_compiler.ir.operands import records
from idgen_compiler.ir.operations import Assign, Bind, Network, Realize, Regenerate, Reweight, Rows, Train
from idgen_compiler.ir.program import Program
from idgen_torch.estimating import Folds
from idgen_torch.families import Task, Tuning
from idgen_torch.parts import Values
from idgen_torch.running.assigning import assigning, with_drawn
from idgen_torch.running.estimates.found import Found
from idgen_torch.running.estimates.learning import Learning
from idgen_torch.running.estimates.onestep.frames import Frame
from idgen_torch.running.estimates.onestep.functions import Outcome, composed
from idgen_torch.running.estimates.onestep.laws import observed, regenerated, reweighted
from idgen_torch.running.estimates.onestep.means import Data
from idgen_torch.running.estimates.onestep.nearby import nearby, with_nearby
from idgen_torch.running.estimates.onestep.nuisances import Nuisances
from idgen_torch.running.estimates.onestep.study import Study
from idgen_torch.running.estimates.onestep.weight import BARE, Weight
from idgen_torch.running.files.artefacts import Artefacts
from idgen_torch.running.overlap.elsewhere import policy_elsewhere
from idgen_torch.running.plan import FitSettings, label_of
from idgen_torch.running.trainer import Trainer
from idgen_torch.tensors import encode_value
from idgen_torch.training.progress import NoProgress

__all__ = ["OneStep"]

SIMULATED, MOST_REPEATS = 40_000, 8
"""Rows are repeated so often that about so many are simulated, but not more often than this."""

WIDEST = 2
"""More real numbers than this are not drawn apart by weights."""

FEW_ROWS, LARGE_SHARE, TAIL = 50, 0.1, 0.15
"""With fewer effective rows, more weight on one row, or more of the variance, an interval is told of."""

WILD = 20
"""So many deviations of all other rows from their mean, an outcome is a reason of its own."""

ALIKE, SOME = 1e-5, 0.01
"""Outcomes that differ by less than this are one, since models see so many digits; of more rows it is no outlier."""

TAIL_ROWS = 250
"""Of few rows each makes more of the variance."""


@dataclass(eq=False)
class OneStep:
    """What a program answers, debiased and with its influence function.

    Models that only simulate are those of the fit (`known`), and trained where it has none.
    """

    program: Program
    schema: Schema
    rows: Values
    weights: Array | None
    folds: Folds
    named: Mapping[str, Policy]
    known: Mapping[str, Any]
    seed: int
    device: torch.device
    kept: Artefacts | None = None  #: where what is learned is kept
    _data: dict[str, Data] = field(default_factory=dict)
    _models: dict[str, Any] = field(default_factory=dict)
    _laws: list[Study] = field(default_factory=list)

    def __post_init__(self) -> None:
        program = self.program.trained()
        self.program = program.realized(_ways(program, self.schema))
        self._nuisances = Nuisances(self.schema, Learning(self.kept))
        self._count = len(next(iter(self.rows.values())))

    @property
    def repeats(self) -> int:
        """How often the rows are simulated over."""
        return int(np.clip(SIMULATED // self._count, 1, MOST_REPEATS))

    def found(self, question: Question, functionals: Sequence[Functional]) -> Found:
        """The means of some functionals at one place."""
        study = self.study(question)
        f = Outcome(self.schema, tuple(functionals), question.sampler.network.outputs)
        mean = study.mean(composed(f))
        used = [weight for each in (study, *self._laws) for weight in each.weights.values()]
        learned = {what: how for each in (study, *self._laws) for what, how in each.learned.items()}
        unseen = dict.fromkeys(text for each in (study, *self._laws) for text in each.unseen)
        near = tuple(each.told(self.schema) for each in study.near)
        rows = min((w.effective_rows for w in used), default=float(self._count))
        share = max((w.largest_share for w in used), default=1 / self._count)
        bare = max((w.bare for w in used), default=0.0)
        policy = policy_elsewhere(self.program, question.query) if bare > BARE else ""
        every = mean.influence[:, [each.ends is None for each in functionals]]
        return Found(
            mean.value, mean.influence, "one-step", rows, share, mean.correction, mean.drawn,
            warnings=(*_told(rows, share, every, bare, policy, lambda: self._wild(f, every)), *unseen),
            unsure=self._unsure(study, f, bare, _where(used)),
            residual=None if study.outcome is None else study.outcome[0],
            riesz=None if study.outcome is None else np.full(len(functionals), study.outcome[1]),
            notes=(*near, *(f"{what} by {how}" for what, how in learned.items()), *_widened(used)),
        )  # fmt: skip

    def study(self, question: Question, by_rows: Sequence[str] = ()) -> Study:
        """The study of a question's network at its place; the inputs `by_rows` are drawn from the data, not set."""
        encoded = {
            name: encode_value(setting, self.schema[name], value)
            for name, (setting, value) in question.settings.items()
            if name in self.schema.types and name not in by_rows
        }
        network, observed = question.sampler.network, self.program.observe.result
        if by_rows:
            left = tuple(name for name in network.inputs if name not in by_rows)
            network = Network(left, (Rows(tuple(by_rows), observed), *network.statements), network.outputs)
        fixed = {name: encoded[name] for name in network.inputs if name in encoded}
        drawn = [Assigned(name, policy, {}) for name, policy in question.drawn.items()]
        near = nearby(self.schema, fixed, self.data(observed).frame)
        fills = {**assigning((*question.assigned, *drawn), self.schema), **{each.slot: each for each in near}}
        network = with_nearby(with_drawn(network, question.drawn), near)
        fixed = {slot: parts for slot, parts in fixed.items() if slot in network.inputs}
        return replace(self._study(f"sample {question.sampler.query}", network, fixed, fills), near=near)

    @property
    def studied(self) -> tuple[Study, ...]:
        """The studies of the laws that were regenerated so far."""
        return tuple(self._laws)

    def law(self, name: str) -> Study:
        """The study of the network that draws a regenerated law, which was realized."""
        return next(study for study in self._laws if study.name == name)

    def _study(self, name: str, network: Network, fixed: Mapping[str, Any], fills: Any) -> Study:
        return Study(
            name, network, fixed, fills, self.program, self.schema, self.data, self.model, self._nuisances,
            self._count, self.repeats, self.seed, self.device,
        )  # fmt: skip

    def _law(self, name: str, network: Network, fills: Any) -> Study:
        """The study of a law's network, whose weights bear on every answer."""
        self._laws.append(self._study(name, network, {}, fills))
        return self._laws[-1]

    def _unsure(self, study: Study, f: Outcome, bare: float, where: Array | None) -> Array | None:
        """How far the answer may lie from what was found where no row says it, within what was seen.  Shape: (m, 2).

        `where` are the rows at which that is so, where it is known: a group's mean is as unsure as its own rows are,
        and what no model draws is not unsure at all.
        """
        if bare <= BARE:
            return None
        seen = self.data(self.program.observe.result).frame
        if not f.reads <= set(seen.slots):
            return None
        found = []
        for each, values in zip(f.functionals, f.at(seen).T, strict=True):
            if not study.learns(frozenset(each.columns or f.outcomes)):
                found.append(0.0)
                continue
            share, there = bare, np.ones(seen.count, dtype=bool)
            if each.factors is not None and where is not None and len(where) == seen.count:
                there = replace(f, functionals=each.factors[1:]).at(seen)[:, 0] > 0
                share = float(np.average(where & there, weights=seen.mass))
            found.append(share * float(np.ptp(values[there])) if there.any() else 0.0)
        return np.repeat(np.array(found)[:, None], 2, axis=1)

    def _wild(self, f: Outcome, influence: Array) -> str:
        """The outcome of the row that counts most, in words, where it lies far from all others; else nothing."""
        seen = self.data(self.program.observe.result).frame
        if not influence.size or not f.reads <= set(seen.slots) or len(influence) != seen.count:
            return ""
        kept = [k for k, each in enumerate(f.functionals) if each.ends is None]
        row, most = np.unravel_index(np.abs(influence).argmax(), influence.shape)
        values = f.at(seen)[:, kept[most]]
        same = np.isclose(values, values[row], rtol=ALIKE)
        others, more = values[~same], int(same.sum()) - 1
        if more > SOME * len(values) or not len(others) or not abs(values[row] - others.mean()) > WILD * others.std():
            return ""
        told = f"its outcome is {_shown(values[row])}" + (f", as in {more} more," if more else "")
        return f"{told} where all others lie in [{_shown(others.min())}, {_shown(others.max())}]"

    def data(self, name: str) -> Data:
        """A data set of the program, realized once."""
        if name not in self._data:
            self._data[name] = self._realized(name)
        return self._data[name]

    def _realized(self, name: str) -> Data:
        op = self.program.operation(name)
        if not isinstance(op, Realize):
            slots = {n: tuple(self.rows[p.name] for p in self.schema.parts(n)) for n in self.program.observe.variables}
            return observed(Frame(slots, self._count, self.folds.of, np.arange(self._count), self.weights), self.folds)
        laws = known_policies(self.program, self.named)
        match op.ways[0]:
            case Regenerate() as way:
                fills = assigning((laws[each] for each in records(way, Assign)), self.schema)
                network = Network((), (*way.do, *way.network.statements), way.network.outputs)
                return regenerated(op, self._law(name, network, fills), self.folds)
            case Reweight() as way:
                network = Network((), way.do, tuple(draw.slot for draw in way.do))
                models = {model.result: model for model in self.program.models}
                return reweighted(op, way, self.data(way.data), self._law(name, network, {}), models)
        raise DataError(f"{name} is realized in no way that estimates know")

    def model(self, name: str) -> Any:
        """A model that simulates: that of the fit, or one that is trained on the spot."""
        if name in self.known:
            return self.known[name]
        if name not in self._models:
            self._models[name] = self._trained(name)
        return self._models[name]

    def _trained(self, name: str) -> Any:
        op = self.program.operation(name)
        if isinstance(op, Bind) or not isinstance(op, Train):
            raise DataError(f"{name} was brought to the fit; ask with the sampler that has it")
        frame = self.data(op.data).frame
        parts = {n: self.schema.parts(n) for n in (*op.targets, *op.inputs)}
        rows = {part.name: v for n, own in parts.items() for part, v in zip(own, frame.slots[n], strict=True)}
        weights = None if frame.weights is None else torch.from_numpy(frame.weights)
        task = Task(self.schema.parts(*op.targets), self.schema.parts(*op.inputs), rows, weights)
        settings = FitSettings(self.seed, 1.0, self.device, Tuning.read({}), {})
        trainer = Trainer(settings, NoProgress(), self.kept, digests(self.program.operations))
        return trainer.fit(name, label_of(op), trainer.choose(task), task).model


def _shown(value: float) -> str:
    """The digits of a value that models see.

    >>> _shown(99_998.93), _shown(-4.0938)
    ('99,999', '-4.0938')
    """
    return f"{float(f'{value:.5g}'):,.10g}"


def _ways(program: Program, schema: Schema) -> dict[str, str]:
    """Law -> its way: by weights, which use real rows, where these are of few numbers and do not read each other."""
    found, models = {}, {model.result: model for model in program.models}
    for op in program.laws:
        way = op.reweight
        drawn = {draw.slot for draw in way.do} if way else set()
        read = {name for model in way.by for name in models[model].inputs} if way else set()
        width = sum(part.dim for name in drawn for part in schema.parts(name) if not part.discrete)
        fits = way is not None and not drawn & read and width <= WIDEST
        found[op.result] = Reweight.word if fits else Regenerate.word
    return found


def _widened(weights: Sequence[Weight]) -> Iterator[str]:
    """What to say of rows that would count much, and are too rare to be seen."""
    most = max((weight.widening for weight in weights), default=1.0)
    if most > 1:
        yield (
            f"what is asked for lies far out, where rows are too few to show how they vary: that part of the error "
            f"counts {most:.2f} times"
        )


def _where(weights: Sequence[Weight]) -> Array | None:
    """The rows at which hardly any row has what is set; None where a weight does not say."""
    bare = [weight.where for weight in weights if weight.bare > 0]
    known = [where for where in bare if where is not None]
    if not known or len(known) < len(bare) or len({len(where) for where in known}) > 1:
        return None
    return np.logical_or.reduce(known)


def _told(
    rows: float, share: float, influence: Array, bare: float, policy: str, wild: Callable[[], str]
) -> Iterator[str]:
    """What to say of weights that lie on few rows, and of numbers that hang by one; `policy` may be asked instead.

    Shape: influence (rows, m). wild: says what is odd of the outcome of the row that counts most.
    """
    if bare > BARE:
        yield (
            f"{bare:.0%} of the answer rests on values at which hardly any row has what is asked for: nothing in the "
            "data says what happens there, and the interval holds what lies within the outcomes that were seen; ask "
            f"for a policy that stays where there are rows{f', such as {policy}' if policy else ''}"
        )
    squares = influence**2
    tail = float((squares.max(axis=0) / np.maximum(squares.sum(axis=0), 1e-300)).max(initial=0.0))
    hangs = tail > max(TAIL, TAIL_ROWS / len(influence))
    if hangs and (odd := wild()):
        yield (
            f"one row makes {tail:.0%} of the variance: {odd}, and the estimate and its interval hang by it; correct "
            "or leave out what is a mistake, and ask for a median or a chance, which one row does not move, if not"
        )
    elif hangs:
        yield (
            f"one row makes {tail:.0%} of the variance, by its outcome or because few rows are like those that are "
            "asked about, and the interval may be too narrow; compare with method='bootstrap', which fits some 200 "
            "times, and ask for a median or a chance, which one row does not move, or for values where there are more "
            "rows"
        )
    if rows < 0.5:
        yield (
            "the correction rests on no row: none is like those that are asked about, and the answer is what models "
            "make of others; ask for a policy that stays where there are rows, or for other values"
        )
    elif rows < FEW_ROWS or share > LARGE_SHARE:
        yield (
            f"the correction rests on {rows:.0f} effective rows, and one row has {share:.0%} of all weight: few "
            "rows are like those that are asked about, and the interval may be too narrow; ask for a policy that stays "
            "where there are rows, or for other values"
        )
