"""How a flow finds its networks: small ones tell what is worth while, and larger ones follow while rows gain."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import torch
from torch import Tensor

from idgen_compiler.data.kinds.numbers.scale import TAIL
from idgen_torch.arithmetic import total
from idgen_torch.drawing import copied, generator_for
from idgen_torch.families.family import Family, Run
from idgen_torch.families.numbers.flows.lesson import Gain, Learned, Lesson
from idgen_torch.families.numbers.flows.model import FlowModel, Shape
from idgen_torch.families.numbers.flows.others import KERNEL, TREES, Others
from idgen_torch.families.numbers.flows.products import speaking_products
from idgen_torch.families.numbers.line import FARTHEST, designed
from idgen_torch.families.numbers.residual import Residual
from idgen_torch.families.numbers.sights.sight import Seen, Sight
from idgen_torch.families.numbers.support import Support
from idgen_torch.families.task import Task
from idgen_torch.nets.heads import Columns, Features
from idgen_torch.options import choice, real, whole, widths
from idgen_torch.training.ensemble import EnsembleTraining, Passes, Split
from idgen_torch.training.progress import NoProgress

__all__ = ["RUNGS", "FlowOptions", "Rung", "Search"]


@dataclass(frozen=True)
class Rung:
    """An ensemble of networks, and how often it passes over the rows."""

    members: int
    hidden: tuple[int, ...]
    passes: Passes


RUNGS: dict[str, tuple[Rung, ...]] = {
    "quick": (Rung(1, (32, 32), Passes(8, 300, 400)),),
    "default": (Rung(3, (64, 64), Passes(12, 450, 1_100)), Rung(3, (128, 128), Passes(20, 600, 1_500))),
    "best": (Rung(6, (64, 64), Passes(20, 600, 3_000)), Rung(5, (128, 128), Passes(40, 1_000, 6_000))),
}
"""By effort, from small to large: the next one is climbed where the one before gained `ENOUGH` nats a row."""
ENOUGH = 0.05
PILOT_ROWS = 20_000
HELD, MOST_HELD = 500, 0.4
"""A small network learns from so many rows at most, and is held against so many at least, or such a share of few."""
SPLINE_GAIN = 0.005
"""A spline has to be better by this many nats a row, for mixtures train and sample faster and did better where the law
bends."""
SIGHT_GAIN = 0.01
"""What trees say of a row is to be worth so many nats."""
KERNEL_GAIN, KERNEL_ERRORS = 0.002, 1.0
"""A mean nearer to what a kernel says is to be worth so many nats a row, and be so many errors more than nothing. It is
worth more where an intervention asks and hardly a row lies (measured: docs/how-to/family-options.md)."""
BLIND_LOSS, INFLATED, MOST_FOLLOWING, MOST_SEEN = 0.03, 20.0, 3, 200
"""A number whose variance is so inflated (19 parts of 20 follow from the others) is seen where rows lose so much
without it; of so many at a time it is asked, and of so many inputs at most."""
LEAST_GAIN, MOST_GAIN = 0.0005, 0.01
"""A network that gains less than chance, within these bounds of nats a row, is not worth more than a normal."""


@dataclass(frozen=True)
class _Pilot(EnsembleTraining):
    usual = Passes(8, 300, 300)


PILOT, PILOT_WIDTHS = _Pilot(lr=1.2e-2), (32, 32)


@dataclass(frozen=True)
class FlowOptions(EnsembleTraining, Family):
    """The options of a flow (see `Flow`)."""

    usual = Passes(20, most_steps=3_000)

    batch_size: int = whole(512)
    lr: float = real(1.2e-2, "a number above 0", lambda value: value > 0)
    hidden: tuple[int, ...] | None = widths(None)
    ensemble: int | None = whole(None, most=1000)
    density: str = choice("auto", ("auto", "normal", "spline", "mixture"))
    bins: int = whole(8, most=1000)
    components: int = whole(6, most=1000)
    trees: str = choice("auto", ("auto", "yes", "no"))
    kernel: str = choice("auto", ("auto", "yes", "no"))
    effort: str = choice("default", RUNGS)

    def size_of(self, density: str) -> int:
        """How many bins or components the density of this name has."""
        return self.bins if density == "spline" else self.components

    def allows(self, shape: Shape) -> bool:
        """Whether networks of a shape are what is asked for."""
        kinds = self.density in ("auto", shape.kind) and shape.size == self.size_of(shape.kind)
        return kinds and self.hidden in (None, shape.hidden) and self.ensemble in (None, shape.members)

    def passing(self, passes: Passes, rows: int) -> Self:
        """The same options for networks that pass over so many rows so often, where the options do not say."""
        steps = rows // min(self.batch_size, rows)
        return replace(self, epochs=passes.number(steps) if self.epochs is None else self.epochs)


class Search:
    """The rows of a fit, and what is tried on them."""

    def __init__(self, asked: FlowOptions, task: Task, run: Run, straight: Sequence[int] = ()) -> None:
        self._asked, self._task, self._run, self._generator = asked, task, run, generator_for(run.seed)
        self._columns = Columns.of(task.inputs)
        self._features = self._columns.features(task.rows, task.count, run.device)
        self._mass = task.mass(run.device)
        values = task.values(run.device)
        self._parts = task.split(asked.holdout, self._generator)
        self._trial = _trial_of(self._parts, task.groups)
        support = Support.of(task.targets, straight=straight)
        self.far = support.far(values[torch.cat([self._parts.train, self._parts.held_out]).to(run.device)])
        wide = support.straightened(values)
        self._support = support.fitting(wide, self._spreads(wide))
        self._values = self._support.freed(values)
        words, plain = {TREES: asked.trees, KERNEL: asked.kernel}, lambda: self.plain
        self._others = Others(
            words, task, self._features, self._values, self._mass, self._trial, plain, self._generator
        )
        held_out = self._parts.held_out  # the first ones of the trial's
        self._log_slopes = self._support.log_slope(values[self._trial.held_out.to(run.device)])
        self._log_slope = self._mean(self._log_slopes[: len(held_out)], held_out)

    @property
    def rows(self) -> Tensor:
        """The rows to learn from.  Shape: (rows,) int64."""
        return self._parts.train

    def _spreads(self, values: Tensor) -> list[float]:
        """How far each target lies from its regression, in deviations."""
        learn, mass, one_hot = self._parts.train.to(self._run.device), self._mass, self._columns.one_hot_width
        own = None if mass is None else mass[learn]
        factor = Residual.fit(self._features[learn], one_hot, values[learn], own).factor
        return [float(spread) for spread in factor.square().sum(1).sqrt()]

    @cached_property
    def plain(self) -> Lesson:
        """The regression, and what it leaves to learn."""
        return self.lesson()

    def line(self) -> FlowModel:
        """The regression, with what is asked for among its inputs, and a normal."""
        return self.lesson(self._others.forced).model

    @cached_property
    def first(self) -> Learned:
        """What a small network learns of it."""
        return self._pilot(self.plain, "mixture" if self._asked.density == "auto" else self._asked.density)

    def explained(self) -> list[int]:
        """The columns whose tails a small network explains: of most rows there it leaves less than half of a number."""
        there = torch.cat([self._trial.train, self._trial.held_out]).to(self._run.device)
        values, found = self._task.values(self._run.device), []
        for k in self.far:
            index = there[values[there, k].abs() > TAIL]
            if len(index):
                left = self.plain.left(self.first.model, index)[:, k].abs() / values[index, k].abs()
                found += [k] if float(left.median()) < 0.5 else []
        return found

    def gain_over(self, other: Search) -> Gain:
        """Of a small network, of the same rows on another scale."""
        held_out, before, after = self._trial.held_out.to(self._run.device), other.first.told, self.first.told
        mass = None if self._mass is None else self._mass[held_out][: len(after)]
        own, theirs = (each._log_slopes[: len(after)] for each in (self, other))
        return Gain.of(before + theirs, after + own, mass)

    def lesson(self, sees: Collection[str] = ()) -> Lesson:
        """The regression, and what it leaves to learn, with what these others say among the inputs."""
        one_hot, features, seen = self._columns.one_hot_width, self._features, Seen(self._columns)
        generator = copied(self._generator) if KERNEL in sees else self._generator
        if sees:
            told = [self._others.told(word) for word in (TREES, KERNEL) if word in sees]
            sight, rows = Sight.of(told, features.reals.device)
            seen = Seen(self._columns, sight)
            features = Features(features.codes, torch.cat([features.reals, rows], 1))
        learn, mass = self._parts.train.to(self._run.device), self._mass
        residual = Residual.fit(features[learn], one_hot, self._values[learn], None if mass is None else mass[learn])
        model = FlowModel(self._asked, self._task.targets, self._task.inputs, seen, residual, support=self._support)
        whitened = model.whitened(features, self._values)
        return Lesson(model, features, whitened, mass, generator, float(model.log_scale) - self._log_slope)

    def run(self) -> FlowModel:
        """The model that held-out rows gain by."""
        rungs = self._rungs()
        lesson, best = self._piloted(alone=len(rungs) == 1)
        if best is not None and not best.model.trained:
            self._tell(best)
            return best.model
        held_out = self._parts.held_out
        kind = self._asked.density if best is None else best.model.shape.kind
        blind = self._blind(lesson, kind, rungs[0])
        found = self._climb(lesson, kind, rungs[0], blind)
        own = best is not None and not blind and self._asked.epochs is None and self._asked.allows(best.model.shape)
        if best is not None and own and lesson.gain(found, best, held_out).beats(0.0):
            self._tell(best)  # a short training may end on a plateau that the small network got over
            return best.model
        for rung in rungs[1:]:
            if best is not None and not lesson.gain(best, found, held_out).beats(ENOUGH):
                break
            best, found = found, self._climb(lesson, kind, rung, blind)
            if lesson.gain(best, found, held_out).mean < 0:
                return best.model
        return found.model

    def _tell(self, line: Learned) -> None:
        """Say how well a normal predicts held-out rows, as networks say it while they learn."""
        self._run.progress.start(self._task.name, 1)
        self._run.progress.advance(self._mean(-line.told, self._trial.held_out) - self._log_slope)
        self._run.progress.done()

    def _mean(self, each: Tensor, rows: Tensor) -> float:
        """The weighted mean of something of some rows.  Shape: each (rows,), rows (rows,) int64."""
        mass = None if self._mass is None else self._mass[rows.to(each.device)]
        return float(total(each) / len(each) if mass is None else total(each * mass) / total(mass).clamp(min=1e-300))

    def _climb(self, lesson: Lesson, kind: str, rung: Rung, blind: tuple[int, ...]) -> Learned:
        shape = Shape(kind, self._asked.size_of(kind), rung.hidden, rung.members, blind)
        how = self._asked.passing(rung.passes, len(self._parts.train))
        return lesson.learned(shape, how, self._parts, self._run.progress)

    def _rungs(self) -> list[Rung]:
        """Those of the effort, with the widths and members that are asked for."""
        hidden, members = self._asked.hidden, self._asked.ensemble
        own = [replace(one, hidden=hidden or one.hidden, members=members or one.members) for one in self._efforts()]
        return own[-1:] if hidden is not None else own

    def _efforts(self) -> tuple[Rung, ...]:
        return RUNGS[self._asked.effort]

    def _piloted(self, alone: bool) -> tuple[Lesson, Learned | None]:
        """What a small network says of densities, and of others beside it; a normal where it gains nothing.

        None where the options leave nothing to find out.
        """
        free, held_out = self._asked.density == "auto", self._trial.held_out
        if alone and not free and not self._others.able:
            return self.plain, None
        lesson, best = self._beside()
        if free and lesson.misshapen(best.model, held_out) > SPLINE_GAIN:
            other = self._pilot(lesson, "spline")
            best = other if lesson.gain(best, other, held_out).beats(SPLINE_GAIN) else best
        if free:
            line = lesson.as_normal(held_out)
            gain = lesson.gain(line, best, held_out)
            if gain.mean < max(LEAST_GAIN, min(MOST_GAIN, 2 * gain.error)) and self._straight(lesson):
                return lesson, line
        return lesson, best

    def _beside(self) -> tuple[Lesson, Learned]:
        """The regression, with what others say where rows gain by it, and what a small network learns of it."""
        lesson, best, others, held_out = self.plain, self.first, self._others, self._trial.held_out
        if not others.speak(lambda rows: lesson.standardized(best.model, rows)):
            return lesson, best
        grown = TREES in others.able
        if grown:
            other, learned = self._seeing(TREES)
            grown = TREES in others.forced or lesson.gain(best, learned, held_out).beats(SIGHT_GAIN)
            lesson, best = (other, learned) if grown else (lesson, best)
        if KERNEL not in others.forced and not (KERNEL in others.able and self._bends(lesson, best)):
            return lesson, best
        other, learned = self._seeing(*([TREES] if grown else []), KERNEL)
        gain = lesson.gain(best, learned, held_out)
        # A mean that is told with an error of its own blurs humps that are narrower.
        if KERNEL in others.forced or gain.mean > (0 if grown else -gain.error):
            lesson, best = other, learned
        if grown and TREES not in others.forced:  # which may have said no more than a kernel does
            other, learned = self._seeing(KERNEL)
            lesson, best = (other, learned) if lesson.gain(best, learned, held_out).mean > 0 else (lesson, best)
        return lesson, best

    def _seeing(self, *others: str) -> tuple[Lesson, Learned]:
        lesson = self.lesson(others)
        return lesson, self._pilot(lesson, self.first.model.shape.kind)

    def _bends(self, lesson: Lesson, best: Learned) -> bool:
        """Whether a kernel knows more of a mean than a small network, and each number says something of its own."""
        if self._followers:
            return False
        gain = lesson.nearer(best.model, self._others.means(), self._trial.held_out)
        return gain.mean > max(KERNEL_GAIN, KERNEL_ERRORS * gain.error)

    def _straight(self, lesson: Lesson) -> bool:
        """Whether no product of inputs says anything of what the regression leaves."""
        rows = self._parts.train[:PILOT_ROWS].to(self._run.device)
        design, mass = designed(lesson.features[rows], self._columns.one_hot_width), self._mass
        left, own = lesson.whitened[rows][:, lesson.model.free], None if mass is None else mass[rows].cpu()
        return speaking_products(design.cpu(), lesson.model.slope.cpu(), left.cpu(), own) < LEAST_GAIN

    def _blind(self, lesson: Lesson, kind: str, rung: Rung) -> tuple[int, ...]:
        """The places of numbers that all but follow from others, and that rows lose nothing by not seeing.

        Rows hardly show what such a number does apart from the others, so that a network splits between them what one
        does, and is wrong wherever they part, as under an intervention on one of them. The regression sees them all.
        """
        blind: tuple[int, ...] = ()
        alone, held_out = replace(rung, members=1), self._parts.held_out
        best = self._climb(lesson, kind, alone, blind) if self._followers else None
        while best is not None and (near := self._following(blind)):
            others = [self._climb(lesson, kind, alone, (*blind, place)) for place in near]
            least = max(others, key=lambda other: float(other.told.double().mean()))
            if lesson.gain(least, best, held_out).beats(BLIND_LOSS):
                break
            best, blind = least, least.model.shape.blind
        return blind

    @cached_property
    def _followers(self) -> list[int]:
        return self._following(())

    def _following(self, blind: tuple[int, ...]) -> list[int]:
        """The places of numbers that follow from other numbers, the most nearly first, not those that follow exactly.

        By the inflation of variances, the diagonal of the inverse correlation (Belsley et al. 1980).
        """
        own = [place for place in range(self._features.reals.shape[1]) if place not in blind]
        if not 1 < len(own) <= MOST_SEEN:
            return []
        rows = self._parts.train[:PILOT_ROWS].to(self._run.device)
        values = self._features.reals[rows][:, own].double().clamp(-FARTHEST, FARTHEST)
        values = (values - values.mean(0)) / values.std(0).clamp(min=1e-9)
        inflated = torch.linalg.pinv(values.T @ values / len(values), hermitian=True).diagonal()
        order = inflated.argsort(descending=True).tolist()
        return [own[k] for k in order if float(inflated[k]) > INFLATED][:MOST_FOLLOWING]

    def _pilot(self, lesson: Lesson, kind: str) -> Learned:
        """A small network for a density."""
        shape = Shape(kind, self._asked.size_of(kind), PILOT_WIDTHS, 1)
        return lesson.learned(shape, PILOT, self._trial, NoProgress())


def _trial_of(parts: Split, groups: Tensor | None) -> Split:
    """Rows for small networks: more of few are held out, that what they say is more than chance.

    The first held-out rows are those of the parts; groups, whose rows follow each other, stay together.
    """
    count = len(parts.train) + len(parts.held_out)
    more = min(int(MOST_HELD * count), HELD) - len(parts.held_out)
    if more <= 0 or not parts.apart:
        return Split(parts.train[:PILOT_ROWS], parts.held_out)
    if groups is not None:
        ends = groups[parts.train].diff().nonzero().flatten() + 1
        later = ends[ends >= more]
        more = int(later[0]) if len(later) else 0
    return Split(parts.train[more:][:PILOT_ROWS], torch.cat([parts.held_out, parts.train[:more]]))
