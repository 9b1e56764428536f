"""What influence functions need to know besides: regressions and weights, each learned once for one set of rows."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch

from idgen_compiler.adjoint.chances import Chance, Ratio
from idgen_compiler.data.arrays import Array
from idgen_compiler.data.schema import Schema
from idgen_compiler.graph.names import variable_of
from idgen_torch.estimating import Fitted, Folds
from idgen_torch.running.estimates.cycles import left_in
from idgen_torch.running.estimates.learning import Learning
from idgen_torch.running.estimates.onestep.frames import Frame, Slots, design_of, equal_to, shown
from idgen_torch.running.estimates.onestep.functions import Function, Learned, said
from idgen_torch.running.estimates.onestep.governed import Governed
from idgen_torch.running.estimates.onestep.nearby import Nearby
from idgen_torch.running.estimates.onestep.turned import Turned, turned_of
from idgen_torch.running.estimates.onestep.weight import Weight, bare_share, least_chance, telling

__all__ = ["Nuisances", "Regressed"]

MOST_ASKED = 20_000
"""So many simulated rows stand for the asked law beside the real ones."""

UNCALIBRATED = 0.1
"""The mean of a ratio that a classifier finds lies so near one where all that is asked has rows near."""

FEWEST = 100
"""With fewer rows that have what is set, a regression is learned from all rows alone."""


@dataclass(frozen=True, eq=False)
class Regressed:
    """A regression as a function, and its predictions for its own rows, each by a model that did not see it."""

    function: Function
    own: Array  #: (rows, m)
    chosen: str
    unseen: tuple[str, ...] = ()  #: what comes round in its inputs and it does not see, in words


@dataclass(eq=False)
class Nuisances:
    """Learned on demand, and remembered by what they are."""

    schema: Schema
    learning: Learning = field(default_factory=Learning)
    known: dict[Hashable, Fitted] = field(default_factory=dict)
    unseen: dict[Hashable, tuple[str, ...]] = field(default_factory=dict)  #: what comes round and each did not see

    def learned(self, key: Hashable, learn: Callable[[], Fitted]) -> Fitted:
        """What was learned under a key."""
        if key not in self.known:
            self.known[key] = learn()
        return self.known[key]

    def regressed(
        self, key: Hashable, real: Frame, slots: Sequence[str], fixed: Sequence[str], y: Array, folds: Folds, at: Slots
    ) -> Regressed:
        """E[y | slots]: learned from all rows, or from those that have the `fixed` slots at what is set.

        The one with the smaller held-out loss at these is taken.  Shape: y (rows, m).
        """
        whole = self.learned(
            (key, "all"), lambda: self.learning.regression(design_of(self.schema, slots, real), y, folds, real.weights)
        )
        if key not in self.unseen:
            rows = {slot: real.slots[slot] for slot in slots}
            self.unseen[key] = tuple(left_in(self.schema, rows, y, whole.own, real.mass))
        there = equal_to(self.schema, fixed, real, at)
        rest = tuple(slot for slot in slots if slot not in fixed)
        if not fixed or not FEWEST <= there.sum() < real.count:
            return Regressed(Learned(self.schema, tuple(slots), whole), whole.own, whole.chosen, self.unseen[key])
        some = real.rows(there)
        parted = self.learned(
            (key, "some", shown(fixed, at)),
            lambda: self.learning.regression(
                design_of(self.schema, rest, some), y[there], folds.at(there), some.weights
            ),
        )
        losses = [(np.square(own - y[there]) * some.mass[:, None]).sum() for own in (whole.own[there], parted.own)]
        if losses[0] <= losses[1]:
            return Regressed(Learned(self.schema, tuple(slots), whole), whole.own, whole.chosen, self.unseen[key])
        own = whole.own.copy()
        own[there] = parted.own
        return Regressed(Learned(self.schema, rest, parted), own, parted.chosen, self.unseen[key])

    def weight(
        self,
        key: Hashable,
        term: Ratio,
        real: Frame,
        asked: Callable[[], Frame],
        fixed: Slots,
        folds: Folds,
        near: Sequence[Nearby] = (),
    ) -> Weight:
        """w(i) at real rows, whose columns have the names of the slots that they are to the network.

        Where all that is left in the ratio is the chances of what the caller sets, it is one over these; otherwise a
        classifier tells the asked rows from the real ones that have what is set.
        """
        if not term.numerator and all(set(c.targets) <= set(term.fixed) for c in term.denominator):
            return self._by_chances(key, term, real, fixed, folds)
        if (turned := turned_of(term, self.schema, fixed)) is not None:
            return self._by_bayes(key, turned, real, fixed, folds)
        return self._by_ratio(term, real, asked(), fixed, folds, near)

    def _by_chances(self, key: Hashable, term: Ratio, real: Frame, fixed: Slots, folds: Folds) -> Weight:
        own, chosen, parts = self._indicator(term.fixed, real, fixed), list[str](), list[Callable[[Frame], Array]]()
        bare = np.zeros(real.count, dtype=bool)
        product, history = np.ones(real.count), -1
        asked = np.ones(real.count)
        for chance in term.denominator:
            there = equal_to(self.schema, chance.targets, real, fixed)
            if not chance.given:
                share = max(float(np.average(there, weights=real.mass)), 1 / real.count)
                p = np.full(real.count, share)
                parts.append(_everywhere(share))
            else:
                fitted = self._propensity(key, chance, real, there, folds, fixed)
                p = fitted.own[:, 1]
                chosen.append(fitted.chosen)
                bare |= p < least_chance(real.count)
                parts.append(self._chance(chance, fitted))
            own, product = own / p, product * p
            if len(chance.given) > history:  # given all the rest is set, what is set last has the chance p
                history = len(chance.given)
                asked = p * self._indicator([s for s in term.fixed if s not in chance.targets], real, fixed)

        def at(frame: Frame) -> Array:
            values = self._indicator(term.fixed, frame, fixed)
            for part in parts:
                values = values / part(frame)
            return values

        lost = float(np.average(bare, weights=real.mass))
        mean = float(np.average(telling(bare, lost) * asked / product**2, weights=real.mass))
        return Weight.of(own, at, real.mass, chosen, lost, bare, mean)

    def _chance(self, chance: Chance, fitted: Fitted) -> Callable[[Frame], Array]:
        """P(what is set | given) of rows."""
        return lambda frame: np.asarray(said(fitted, design_of(self.schema, chance.given, frame), frame)[:, 1])

    def _propensity(
        self, key: Hashable, chance: Chance, real: Frame, there: Array, folds: Folds, fixed: Slots
    ) -> Fitted:
        def learn() -> Fitted:
            design = design_of(self.schema, chance.given, real)
            return self.learning.propensity(design, there, folds, real.weights)

        return self.learned((key, "chance", chance, shown(chance.targets, fixed)), learn)

    def by_policy(self, key: Hashable, turned: Governed, real: Frame, folds: Folds) -> Weight:
        """w(i) where a stated policy draws the treatment, from the chances of each treatment in the real rows."""
        size = self.schema.parts(variable_of(turned.slot))[0].size or 1
        own = real.slots[turned.slot][0].cpu().numpy()
        if turned.rest:
            fitted = self._classes((key, "treatment", turned.slot, turned.rest), turned.rest, real, own, size, folds)
            chosen = fitted.chosen
        shares = np.bincount(own, real.mass, size) / real.count

        def chances(frame: Frame) -> Array:
            if not turned.rest:
                return np.broadcast_to(shares, (frame.count, size))
            if frame is real:
                return fitted.own
            return said(fitted, design_of(self.schema, turned.rest, frame), frame)

        def at(frame: Frame) -> Array:
            return turned.weight(frame, chances(frame))

        asked, mean = chances(real), 0.0
        bare = 0.0
        for code in range(size):
            there = replace(
                real, slots={**real.slots, turned.slot: (torch.full((real.count,), code, dtype=torch.int64),)}
            )
            each = turned.weight(there, asked)
            wanted = each * asked[:, code]
            rare = asked[:, code] < least_chance(real.count)
            lost = float(np.average(wanted * rare, weights=real.mass))
            mean += float(np.average(wanted * each * telling(rare, lost), weights=real.mass))
            bare += lost
        return Weight.of(at(real), at, real.mass, [chosen] if turned.rest else [], bare, asked=mean)

    def _by_bayes(self, key: Hashable, turned: Turned, real: Frame, fixed: Slots, folds: Folds) -> Weight:
        """P(t | x, g) / P(t | x', g) from the chances of x: P(x | t, g) P(x' | g) / (P(x' | t, g) P(x | g))."""
        size = self.schema.parts(variable_of(turned.own))[0].size or 1
        own = real.slots[turned.own][0].cpu().numpy()
        after = self._classes((key, "after", turned), (*turned.targets, *turned.given), real, own, size, folds)
        before = self._classes((key, "before", turned), turned.given, real, own, size, folds) if turned.given else None
        shares = np.bincount(own, real.mass, size) / real.count
        asked = int(fixed[turned.asked][0][0])

        def weight(frame: Frame, likely: Array, prior: Array) -> Array:
            code, rows = frame.slots[turned.own][0].cpu().numpy(), np.arange(frame.count)
            return np.asarray(likely[:, asked] * prior[rows, code] / (likely[rows, code] * prior[:, asked]))

        def at(frame: Frame) -> Array:
            seen = said(after, design_of(self.schema, (*turned.targets, *turned.given), frame), frame)
            if before is None:
                return weight(frame, seen, np.broadcast_to(shares, (frame.count, size)))
            return weight(frame, seen, said(before, design_of(self.schema, turned.given, frame), frame))

        prior = np.broadcast_to(shares, (real.count, size)) if before is None else before.own
        mine = own == asked
        bare, mean = 0.0, None
        if mine.any():  # rows that have what is set, as if each had every value in turn
            there, mass = after.own[mine], real.mass[mine]
            bare = sum(shares[code] * bare_share(there[:, code], mass) for code in range(size))
            first = prior[mine]
            known = telling(there < least_chance(real.count), float(bare))
            turn = (known * first**2 / there).sum(axis=1) * there[:, asked] / first[:, asked]
            mean = float(np.average(turn, weights=mass / first[:, asked]))
        return Weight.of(weight(real, after.own, prior), at, real.mass, [after.chosen], float(bare), asked=mean)

    def _classes(
        self, key: Hashable, slots: Sequence[str], real: Frame, label: Array, size: int, folds: Folds
    ) -> Fitted:
        return self.learned(
            key,
            lambda: self.learning.propensity(
                design_of(self.schema, slots, real), label, folds, real.weights, classes=size
            ),
        )

    def _by_ratio(
        self, term: Ratio, real: Frame, asked: Frame, fixed: Slots, folds: Folds, near: Sequence[Nearby]
    ) -> Weight:
        close = [each for each in near if each.slot in term.over]
        there = self._inside(term.fixed, close, real, fixed)
        share = max(float(np.average(there, weights=real.mass)), 1 / real.count)
        kept = real.rows(there)
        if kept.count < 2 * folds.k:
            return Weight.of(np.zeros(real.count), lambda frame: np.zeros(frame.count), real.mass, [])
        some = asked if asked.count <= MOST_ASKED else asked.rows(np.arange(MOST_ASKED) * asked.count // MOST_ASKED)
        wanted = design_of(self.schema, term.over, some)
        found = self.learning.ratio(
            design_of(self.schema, term.over, kept), wanted, folds.at(there), kept.weights, asked_folds=some.fold
        )
        own = np.zeros(real.count)
        own[there] = found.own / share

        def at(frame: Frame) -> Array:
            inside = self._inside(term.fixed, close, frame, fixed)
            return inside * said(found, design_of(self.schema, term.over, frame), frame) / share

        lost = max(0.0, 1 - 1 / found.factor)
        mean = float(said(found, wanted, some).mean()) / share
        return Weight.of(own, at, real.mass, [found.chosen], lost if lost > UNCALIBRATED else 0.0, asked=mean)

    def _inside(self, slots: Sequence[str], near: Sequence[Nearby], frame: Frame, fixed: Slots) -> Array:
        """Which rows have what is set, or lie near by.  Shape: (rows,) bool."""
        there = equal_to(self.schema, slots, frame, fixed)
        for each in near:
            there &= each.holds(frame)
        return there

    def _indicator(self, slots: Sequence[str], frame: Frame, fixed: Slots) -> Array:
        return equal_to(self.schema, slots, frame, fixed).astype(np.float64)


def _everywhere(value: float) -> Callable[[Frame], Array]:
    return lambda frame: np.full(frame.count, value)
