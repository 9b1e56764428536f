"""The recursion that estimates a mean and its influence function, along the adjoint of a program.

For the network of a sampler or a regenerated law, in the notation of `idgen_compiler.adjoint`:

    E f = mean of f over simulated rows
        + for each model: mean over simulated rows of (E[h | i] - h), and mean over its own rows of w (h - E[h | i])

E[h | i] is a regression learned from the model's own rows. The first correction removes what the simulating model gets
wrong, the second what the regression does; where either the regression or the weight is right, the mean is. A model
whose draws nothing but f looks at is not simulated at all: f gives way to its regression on what the model is given.
Where the own rows are those of a law, a mean over them is the mean of a function in that law, and so on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import torch

from idgen_compiler.adjoint.terms import Term, terms_of
from idgen_compiler.data.arrays import Array
from idgen_compiler.data.schema import Schema
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.graph.names import variable_of
from idgen_compiler.ir.operations import Assign, Draw, Network, Observe, Realize, Train
from idgen_compiler.ir.policies import Shifted
from idgen_compiler.ir.program import Program
from idgen_compiler.ir.text import print_statement
from idgen_torch.estimating import Folds
from idgen_torch.running.draws import moved_rows
from idgen_torch.running.estimates.onestep.averaging import averaged
from idgen_torch.running.estimates.onestep.frames import Frame, Slots, design_of, shown
from idgen_torch.running.estimates.onestep.functions import Composed, Function, Made
from idgen_torch.running.estimates.onestep.governed import Governed, governed
from idgen_torch.running.estimates.onestep.means import Data, Mean
from idgen_torch.running.estimates.onestep.nearby import Nearby
from idgen_torch.running.estimates.onestep.nuisances import Nuisances, Regressed
from idgen_torch.running.estimates.onestep.simulation import Simulated
from idgen_torch.running.estimates.onestep.weight import Weight

__all__ = ["Study"]

MOST_TAUGHT = 20_000
"""So many simulated rows teach E[f | t, i] of a network."""

TAUGHT_FOLDS = 2

FEWEST_REPEATS = 4
"""So many repeats say how much a mean over simulated rows varies."""


@dataclass(eq=False)
class Study:
    """One network at one place: what is set, what policies fill, and where its models' rows are."""

    name: str
    network: Network
    fixed: Slots
    fills: Mapping[str, Any]
    program: Program
    schema: Schema
    data: Callable[[str], Data]
    models: Callable[[str], Any]
    nuisances: Nuisances
    rows: int  #: of the user's table
    repeats: int
    seed: int
    device: torch.device
    near: Sequence[Nearby] = ()
    weights: dict[str, Weight] = field(default_factory=dict)  #: statement -> the weight that was used
    learned: dict[str, str] = field(default_factory=dict)  #: what was learned -> how
    unseen: dict[str, None] = field(default_factory=dict)  #: what comes round and its regressions do not see, in words
    outcome: tuple[Array, float] | None = None
    """Of one outcome regression: the roots of E[(f - E[f | i])^2], (m,), and of E[w^2]; None where there are more."""

    @cached_property
    def simulated(self) -> Simulated:
        """Rows of the network."""
        return Simulated(
            self.network, self.fixed, self.schema, self.models, lambda name: self.data(name).frame,
            self.program.observe.result, self.fills, self.repeats * self.rows, self.seed, self.name, self.device,
        )  # fmt: skip

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """What the statements collect, the last one first."""
        models: dict[str, Train] = {op.result: op for op in self.program.models}
        data = [op for op in self.program.operations if isinstance(op, Observe | Realize)]
        laws: dict[str, ADMG] = {op.result: self.program.law_of(op.result) for op in data}
        return tuple(terms_of(self.network, self.name, models, laws))

    def mean(self, f: Function) -> Mean:
        """The estimated mean of a function of the network's slots."""
        f, left, steps = self._folded(f)
        found = [self._residuals(*step) for step in steps]
        rest = self._bearing(f.reads, left)
        one = len(steps) == 1 and all(term.ratio is None for term in rest)
        self.outcome = self._spread(*steps[0]) if one else None
        if len(rest) == 1 and rest[0].ratio is None and self._exact(f, rest[0]):
            found.append(self._over_rows(rest[0], f))
        elif rest:
            found += self._by_simulation(rest, f)
        else:
            found.append(self._at_once(f))
        return Mean(*(np.sum([getattr(each, part.name) for each in found], axis=0) for part in fields(Mean)))

    def project(self, f: Function) -> Function:
        """f with its regression in the place of what nothing but f looks at."""
        return self._folded(f)[0]

    def _folded(self, f: Function) -> tuple[Function, list[Term], list[tuple[Term, Function, Regressed]]]:
        """What `project` gives, the statements left, and for each that gave way f before and its regression."""
        left, f = list(self.terms), self._settled(f)
        steps = []
        while (term := self._leaf(f, left)) is not None:
            regressed = self._regressed(term, f)
            steps.append((term, f, regressed))
            f, left = self._settled(regressed.function), left[left.index(term) + 1 :]
        return f, left, steps

    # -- which statements -----------------------------------------------------------------------------------------

    def _settled(self, f: Function) -> Function:
        """f, averaged over what stated policies draw, as far as nothing that is drawn later is read."""
        while last := next((s for s in reversed(self.network.statements) if f.reads.intersection(s.slots)), None):
            if not isinstance(last, Assign) or last.slot not in self.fills:
                break
            f = averaged(f, last.slot, self.fills[last.slot], self.schema, self.seed, self.device)
        return f

    def _leaf(self, f: Function, left: list[Term]) -> Term | None:
        """The last statement that fills what f reads, if it is a model and f reads nothing else that is drawn."""
        term = next((term for term in left if f.reads.intersection(term.slots)), None)
        return term if term is not None and term.ratio is not None and self._exact(f, term) else None

    def _exact(self, f: Function, term: Term) -> bool:
        """Whether f reads nothing but a statement's slots and inputs and what is set."""
        return f.reads <= {*term.slots, *term.inputs, *self.fixed}

    def learns(self, slots: frozenset[str]) -> bool:
        """Whether anything but rows of the data decides what is in some slots."""
        bearing = self._bearing(slots, self.terms)
        return any(term.ratio is not None or term.data != self.program.observe.result for term in bearing)

    def _bearing(self, reads: frozenset[str], left: Sequence[Term]) -> list[Term]:
        """The statements that a function of these slots depends on."""
        wanted, found = set(reads), []
        inputs = {slot: s.inputs for s in self.network.statements for slot in s.slots}
        pending = list(wanted)
        while pending:
            for slot in inputs.get(pending.pop(), ()):
                if slot not in wanted:
                    wanted.add(slot)
                    pending.append(slot)
        for term in left:
            if wanted.intersection(term.slots):
                found.append(term)
        return found

    # -- means ----------------------------------------------------------------------------------------------------

    def _at_once(self, f: Function) -> Mean:
        """Nothing is left to chance."""
        one = Frame({slot: tuple(v[:1] for v in parts) for slot, parts in self.fixed.items()}, 1)
        value = f.at(one)[0] if f.reads <= set(self.fixed) else f.at(self.simulated.frame(sorted(f.reads))).mean(0)
        m = len(value)
        return Mean(value, np.zeros(m), np.zeros((self.rows, m)), np.zeros((m, m)))

    def _over_rows(self, term: Term, f: Function) -> Mean:
        """All that is left to chance is rows of one data set."""
        return self.data(term.data).mean(self._of_variables(term, f))

    def _by_simulation(self, rest: list[Term], f: Function) -> list[Mean]:
        """The mean over simulated rows, and what each statement adds."""
        slots = {*f.reads, *(slot for term in rest for slot in (*term.slots, *term.inputs))} - set(self.fixed)
        frame = self.simulated.frame(sorted(slots))
        frame = Frame({**self.fixed, **frame.slots}, frame.count, frame.fold, frame.origin)
        values = f.at(frame)
        total, found = values, list[Mean]()
        for term in rest:
            h = f if self._exact(f, term) else self._taught(term, frame, values)
            if term.ratio is not None:
                regressed = self._regressed(term, h)
                total = total + regressed.function.at(frame) - h.at(frame)
                found.append(self._residuals(term, h, regressed))
            elif not isinstance(term.statement, Draw):
                # A policy counts as given: under the graph the answer does not depend on it.
                over, data = self._over_rows(term, h), self.data(term.data).frame
                plug_in = data.mean(self._of_variables(term, h).at(data))
                found.append(Mean(np.zeros_like(plug_in), over.value - plug_in, over.influence, over.drawn))
        plug_in = values.mean(0)
        nothing = np.zeros((self.rows, len(plug_in)))
        return [Mean(plug_in, total.mean(0) - plug_in, nothing, self._error(total)), *found]

    def _error(self, values: Array) -> Array:
        """The covariance of a mean over simulated rows, given the real ones.  Shape: (rows, m) -> (m, m).

        From the means of the repeats, each over all real rows; of few repeats as if all that varies were drawn.
        """
        if self.repeats < FEWEST_REPEATS:
            return np.atleast_2d(np.cov(values, rowvar=False)) / len(values)
        means = values.reshape(self.repeats, self.rows, -1).mean(1)
        return np.atleast_2d(np.cov(means, rowvar=False)) / self.repeats

    def _taught(self, term: Term, frame: Frame, values: Array) -> Function:
        """E[f | t, i] in the network, learned from simulated rows."""
        count = min(frame.count, MOST_TAUGHT)
        index = np.arange(count) * frame.count // count
        some, y = frame.rows(index), values[index]
        slots = tuple(slot for slot in dict.fromkeys((*term.slots, *term.inputs)) if slot not in self.fixed)
        folds = Folds(some.count, TAUGHT_FOLDS, self.seed)
        fitted = self.nuisances.learning.regression(design_of(self.schema, slots, some), y, folds)

        def at(rows: Frame) -> Array:
            return fitted.mean(design_of(self.schema, slots, rows))

        return Made(frozenset(slots), at)

    def _regressed(self, term: Term, f: Function) -> Regressed:
        """E[f | i] in the rows of the model's own data set."""
        data = self.data(term.data)
        if isinstance(f, Composed) and f.outer.reads <= {*term.inputs, *self.fixed}:
            inner = self._regressed(term, f.inner)
            own = f.of(inner.own, self._inputs(term, data.frame))
            return Regressed(replace(f, inner=inner.function), own, inner.chosen)
        real, y = self._inputs(term, data.frame), data.project(self._of_variables(term, f)).at(data.frame)
        fixed = term.ratio.fixed if term.ratio is not None else ()
        beyond = sorted(f.reads & set(self.fixed) - set(term.inputs) - set(term.slots))
        name = (term.data, term.targets, term.given, f.token, shown(beyond, self.fixed))
        found = self.nuisances.regressed(name, real, term.inputs, fixed, y, data.folds, self.fixed)
        self.learned[f"{', '.join(term.targets)} | {', '.join(term.given)}"] = found.chosen
        self.unseen.update(dict.fromkeys(found.unseen))
        return found

    def _residuals(self, term: Term, h: Function, g: Regressed) -> Mean:
        """The mean over the model's own rows of w (h - E[h | i])."""
        data, weight = self.data(term.data), self._weight(term)

        def residual(frame: Frame) -> Array:
            mine = self._renamed(term, frame)
            if frame is data.frame:
                return np.asarray(weight.own[:, None] * (h.at(mine) - g.own))
            return np.asarray(weight.at(mine)[:, None] * (h.at(mine) - g.function.at(mine)))

        found = data.mean(Made(frozenset((*term.targets, *term.given)), residual))
        return Mean(np.zeros_like(found.plug_in), found.value, weight.widening * found.influence, found.drawn)

    def _spread(self, term: Term, f: Function, g: Regressed) -> tuple[Array, float] | None:
        """How far f lies from its regression, and how large the weights are (Chernozhukov et al. 2022, section 2)."""
        frame = self.data(term.data).frame
        if term.data != self.program.observe.result:
            return None
        left = self._of_variables(term, f).at(frame) - g.own
        return np.sqrt(frame.mean(left**2)), float(np.sqrt(np.average(self._weight(term).own ** 2, weights=frame.mass)))

    def _weight(self, term: Term) -> Weight:
        """w of a statement, learned once."""
        name = str(term.statement)
        if name not in self.weights:
            self.weights[name] = self._learned_weight(term)
        return self.weights[name]

    def _learned_weight(self, term: Term) -> Weight:
        data, ratio = self.data(term.data), term.ratio
        if ratio is None:
            raise TypeError(f"{term.statement} has no weight")
        real, turned = self._inputs(term, data.frame), self._governed(term)
        if turned is not None:
            found = self.nuisances.by_policy(term.data, turned, real, data.folds)
        else:
            asked = partial(self.simulated.frame, ratio.over)
            found = self.nuisances.weight(term.data, ratio, real, asked, self.fixed, data.folds, self.near)
        if found.chosen:
            self.learned[f"the weight at {print_statement(term.statement)}"] = found.chosen
        return found

    def _governed(self, term: Term) -> Governed | None:
        """What a stated policy draws for a statement's model, where the weight is one of its chances."""
        return governed(term, self.network, self.fills, self.schema)

    # -- how often what is asked for asks its models where they have rows --------------------------------------------

    def density(self, term: Term) -> Function:
        """w of a statement as a function of its data set's variables; one where its slots are rows."""
        if term.ratio is None:
            return Made(frozenset(), lambda frame: np.ones((frame.count, 1)))
        weight = self._weight(term) if term in self.terms else self._learned_weight(term)
        own = self.data(term.data).frame
        read = {*term.ratio.fixed, *term.ratio.over} if self._governed(term) is None else set(term.inputs)
        reads = frozenset(name for slot, name in zip(term.inputs, term.given, strict=True) if slot in read)

        def at(frame: Frame) -> Array:
            found = weight.own if frame is own else weight.at(self._inputs(term, frame))
            return np.asarray(found[:, None])

        return Made(reads, at)

    def seen_from(self, term: Term, f: Function) -> Function:
        """E[f | t, i] in the network, of the slots and inputs of a statement, as a function of its data's variables."""
        if not self._exact(f, term):
            frame = self.simulated.frame(sorted({*f.reads, *term.slots, *term.inputs} - set(self.fixed)))
            frame = Frame({**self.fixed, **frame.slots}, frame.count, frame.fold, frame.origin)
            f = self._taught(term, frame, f.at(frame))
        return self._of_variables(term, f)

    # -- names ----------------------------------------------------------------------------------------------------

    def _inputs(self, term: Term, frame: Frame) -> Frame:
        """Rows of a term's data set, with what its model is given under the names of the slots that it is here."""
        return frame.renamed(dict(zip(term.inputs, term.given, strict=True)), self.fixed)

    def _renamed(self, term: Term, frame: Frame) -> Frame:
        """Rows of a term's data set, with variables under the names of the slots that they are here."""
        slots, names = (*term.slots, *term.inputs), (*term.targets, *term.given)
        return frame.renamed(dict(zip(slots, names, strict=True)), self.fixed)

    def _of_variables(self, term: Term, f: Function) -> Function:
        """A function of a statement's slots as one of its data set's variables."""
        names = dict(zip((*term.slots, *term.inputs), (*term.targets, *term.given), strict=True))
        read = {slot: name for slot, name in names.items() if slot in f.reads}

        def at(frame: Frame) -> Array:
            # What f does not read need not be there: a law's own network may have been folded away beneath it.
            mine = frame.renamed(read, self.fixed)
            if isinstance(term.statement, Draw) and isinstance(term.statement.policy, Shifted) and read:
                mine = self._moved(term, mine, term.statement.policy.by)
            return f.at(mine)

        return Made(frozenset(read.values()), at)

    def _moved(self, term: Term, frame: Frame, by: float) -> Frame:
        (slot,) = term.slots
        atoms = self.schema[variable_of(slot)].atoms(variable_of(slot))
        moved = tuple(moved_rows(a, v, by) for a, v in zip(atoms, frame.slots[slot], strict=True))
        return Frame({**frame.slots, slot: moved}, frame.count, frame.fold, frame.origin, frame.weights)
