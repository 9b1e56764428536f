"""What draws a conditional of a law by weighing runs of its network.

Every run is given what is conditioned on, and counts by the densities of the models that would have drawn it; runs are
drawn by these weights, and what follows from them is drawn anew. Runs are made until enough of them count.
Source: likelihood weighting, Shachter and Peot (1990); sampling by importance and resampling, Rubin (1988); the draws
are kept up to date as runs come in, as in Efraimidis and Spirakis (2006), so that no run has to be remembered.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from idgen_compiler.data.part import Form, Part
from idgen_compiler.data.schema import Schema
from idgen_compiler.errors import DataError
from idgen_compiler.graph.names import variable_of
from idgen_compiler.ir.analysis import behind_weights
from idgen_compiler.ir.operations import Apply, Condition, Statement, Weigh
from idgen_compiler.warning import warn_data
from idgen_torch.families import ConditionalModel
from idgen_torch.families.returned import log_density
from idgen_torch.parts import Values
from idgen_torch.running.ancestral import DataSet, Slots, WiredNetwork, by_part
from idgen_torch.running.choices import Runs
from idgen_torch.running.conditions.asked import Asked
from idgen_torch.running.draws import Draws, PolicyKey
from idgen_torch.running.overlap.watch import Watch
from idgen_torch.seeds import stream_for
from idgen_torch.tensors import decode

__all__ = ["Conditioned", "Effective", "effective_runs", "runs_at", "warn_exact", "with_watch"]

FIRST, AT_ONCE = 64, 2**17
"""So many runs are made for each place to begin with, and at most so many for all at once."""

LEAST_EFFECTIVE, MOST_EFFECTIVE = 64, 2**16
"""Runs are made until as many count as there are draws at a place, but so many at least and not more than so many."""

MOST_RUNS, MOST_PLACES = 2**20, 2**24
"""For one place at most so many runs are made, and for all places together."""

TRIED, MOST_TRIED = 200, 2**11
"""At so many rows a fit looks how many of so many runs count."""

EXACT, PROBED = 2.0, 2_000
"""A number all but follows from others where so many rows are likelier than this many nats, as by a normal of a
thirtieth of the number's standard deviation: which runs count then rests on more than rows can teach a model."""

THIN, SHARE = 50, 0.02
"""Where fewer runs count at more than such a share of what is asked, the sampler warns."""


@dataclass(frozen=True, eq=False)
class Effective:
    """How many runs count at each place, of how many.  Shape: (places,) float64 each."""

    effective: Tensor
    runs: Tensor


@dataclass(frozen=True, eq=False)
class Conditioned:
    """A `condition` with the models and policies that its network names; it draws as a model does.

    `watch` is told of what models are asked in runs that are drawn, and of places where hardly any run counts.
    """

    op: Condition
    schema: Schema
    models: Mapping[str, Any]
    policies: Mapping[PolicyKey, Draws]
    watch: Watch | None = None

    family = "condition"

    @property
    def targets(self) -> tuple[Part, ...]:
        """What it draws."""
        return self.schema.parts(*self.op.targets)

    @cached_property
    def before(self) -> tuple[Statement, ...]:
        """The statements that weights rest on, and the weights."""
        return behind_weights(self.op.network)

    @cached_property
    def after(self) -> tuple[Statement, ...]:
        """What is drawn once a run was chosen."""
        return tuple(s for s in self.op.network.statements if s not in self.before)

    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        """Draw the targets for n rows; every input in `given` has n rows."""
        inputs = {slot: self._parts(slot, given) for slot in self.op.inputs}
        slots, found = self.chosen(inputs, n, generator)
        wired = self._wired(generator, self.watch)
        for statement in self.after:
            wired.fill(statement, slots, n, generator)
        if self.watch is not None and found is not None:
            self._watched(self.watch, slots, found, inputs, n)
        return by_part(self.schema, slots, self.op.targets)

    def chosen(
        self, inputs: Slots, n: int, generator: torch.Generator, most: int = MOST_RUNS
    ) -> tuple[Slots, tuple[Effective, Asked] | None]:
        """The slots of one run for each of n rows, drawn by weight, and how many runs counted; None of no weights."""
        slots = dict(inputs)
        weighed = [s for s in self.before if isinstance(s, Weigh)]
        if not weighed or not n:
            wired = self._wired(generator, None)
            for statement in [s for s in self.before if s not in weighed]:
                wired.fill(statement, slots, n, generator)
            return slots, None
        asked = Asked.of([tensor for parts in inputs.values() for tensor in parts], n)
        runs = _Runs(self, asked, {slot: [t[asked.first] for t in parts] for slot, parts in inputs.items()}, generator)
        effective = runs.made(most)
        slots.update(runs.kept)
        return slots, (effective, asked)

    def tried(self, data: DataSet, rows: Tensor, generator: torch.Generator) -> tuple[Effective, Asked] | None:
        """How many of a few runs count at some rows of a data set; None of no weights.  Shape: rows (n,) int64."""
        inputs = {
            slot: tuple(
                data.rows[part.name][rows.to(data.rows[part.name].device)].to(generator.device)
                for part in self.schema.parts(slot)
            )
            for slot in self.op.inputs
        }
        with torch.no_grad():
            return self.chosen(inputs, len(rows), generator, MOST_TRIED)[1]

    def log_weight(self, slots: Slots) -> Tensor:
        """The log of the weight of each run, whose slots are filled.  Shape: (runs,) float64."""
        total: Tensor | None = None
        for statement in self.before:
            if isinstance(statement, Weigh):
                found = self._log_density(statement, slots).double()
                total = found if total is None else total + found
        if total is None:
            raise DataError(f"{self.op.result} weighs nothing")  # `chosen` was asked before
        return total

    def _log_density(self, statement: Weigh, slots: Slots) -> Tensor:
        model = self.models[statement.model]
        names = ", ".join(map(variable_of, statement.values))
        if not isinstance(model, ConditionalModel) or not model.likelihood:
            raise DataError(
                f"{self.op.result} weighs {names} by {statement.model} [{model.family}], which has no density; compile "
                "with realize='regenerate', or leave the family to the data"
            )
        rows = by_part(self.schema, slots, statement.inputs)
        return log_density(f"{statement.model}: {names} [{model.family}]", model, rows)

    def _parts(self, slot: str, values: Values) -> tuple[Tensor, ...]:
        return tuple(values[part.name] for part in self.schema.parts(slot))

    def _wired(self, generator: torch.Generator, watch: Watch | None) -> WiredNetwork:
        models = with_watch(self.models, watch)
        return WiredNetwork(self.op.network, self.schema, models, self.policies, generator.device, watch)

    def _watched(self, watch: Watch, slots: Slots, found: tuple[Effective, Asked], inputs: Slots, n: int) -> None:
        """Tell of what models are asked in the runs that were drawn, and of places where hardly any run counts."""
        for statement in self.before:
            if isinstance(statement, Weigh):
                asking = Apply(statement.values, statement.model, statement.given)
            elif isinstance(statement, Apply):
                asking = statement
            else:
                continue
            watch(asking, by_part(self.schema, slots, asking.inputs), n)
        effective, asked = found
        if text := self._thin(effective, asked, inputs):
            watch.say(text)

    def _shown(self, slot: str, values: Sequence[Tensor], row: int) -> str:
        """One value of a variable, as its user has it."""
        kind = self.schema[slot].unbounded
        column = kind.empty(1)
        decode(kind, [each[row : row + 1].cpu() for each in values], column)
        value = column[0].item() if hasattr(column[0], "item") else column[0]
        return f"{value:.4g}" if isinstance(value, float) else str(value)

    def _thin(self, found: Effective, asked: Asked, inputs: Slots) -> str:
        thin = (found.effective < THIN).cpu()
        share = float(asked.counts[thin].sum()) / max(float(asked.counts.sum()), 1.0)
        if share <= SHARE:
            return ""
        worst = int(found.effective.argmin())
        row = int(asked.first[worst])
        weighed = {slot for s in self.before if isinstance(s, Weigh) for slot in s.values}
        named = [f"{slot} = {self._shown(slot, inputs[slot], row)}" for slot in self.op.inputs if slot in weighed]
        runs = int(found.runs[worst])
        return (
            f"{share:.0%} of the samples rest on {self.op.law} at what it hardly ever shows: of {runs:,} runs "
            f"{float(found.effective[worst]):.1f} count at {', '.join(named)}; the answer there is "
            "a guess: ask for what the law shows more often"
        )


class _Runs:
    """Runs at some places, and for each draw the slots of the one that was drawn so far."""

    def __init__(self, of: Conditioned, asked: Asked, inputs: Mapping[str, Sequence[Tensor]], generator: Any) -> None:
        self.of, self.asked, self.inputs, self.generator = of, asked, inputs, generator
        self.device = generator.device
        self.wired = of._wired(generator, None)
        self.total = torch.full((asked.places,), -math.inf, dtype=torch.float64, device=self.device)
        self.squares = self.total.clone()
        self.runs = torch.zeros(asked.places, dtype=torch.float64, device=self.device)
        self.kept: dict[str, tuple[Tensor, ...]] = {}

    def made(self, most: int) -> Effective:
        """How many runs count, once there are enough, or as many as are made."""
        asked = self.asked
        wanted = asked.counts.to(self.device).clamp(LEAST_EFFECTIVE, MOST_EFFECTIVE)
        most = max(FIRST, min(most, MOST_PLACES // asked.places))
        each = FIRST if asked.places > 1 else max(FIRST, min(asked.most, AT_ONCE, most))
        active = torch.arange(asked.places)
        while len(active):
            for places in active.split(max(1, AT_ONCE // max(each, asked.most if asked.places > 1 else 1))):
                self._more(places, each)
            short = (self.effective < wanted) & (self.runs < most)
            active = short.cpu().nonzero().flatten()
            each = min(2 * each, AT_ONCE)
        return Effective(self.effective, self.runs)

    @property
    def effective(self) -> Tensor:
        """Kish's number of runs at each place: (sum w)^2 / sum w^2."""
        found = (2 * self.total - self.squares).exp()
        return torch.where(self.total == -math.inf, 0.0, found)

    def _more(self, places: Tensor, each: int) -> None:
        """So many more runs at each of these places."""
        count, device = len(places), self.device
        there = places.to(device)
        slots: Slots = {
            slot: tuple(t[places.to(t.device)].to(device).repeat_interleave(each, 0) for t in parts)
            for slot, parts in self.inputs.items()
        }
        for statement in self.of.before:
            if not isinstance(statement, Weigh):
                self.wired.fill(statement, slots, count * each, self.generator)
        log_weight = self.of.log_weight(slots).to(device).reshape(count, each)
        new = log_weight.logsumexp(1)
        total = torch.logaddexp(self.total[there], new)
        first = self.runs[there] == 0
        # Of all runs so far these have such a share of the weight; where none has any, the first ones stand for them.
        share = torch.where(total == -math.inf, first.double(), (new - total).exp())
        even = torch.full_like(log_weight, 1 / each)
        law = torch.where(new[:, None] == -math.inf, even, (log_weight - new[:, None]).exp())
        self._draw(places, share, law, slots)
        self.total[there] = total
        self.squares[there] = torch.logaddexp(self.squares[there], (2 * log_weight).logsumexp(1))
        self.runs[there] += each

    def _draw(self, places: Tensor, share: Tensor, law: Tensor, slots: Slots) -> None:
        """Let new runs take the place of those that were drawn before, as often as their share of the weight says."""
        rows, of = self.asked.rows(places)
        rows, of = rows.to(self.device), of.to(self.device)
        random = torch.rand(2, len(rows), generator=self.generator, dtype=torch.float64, device=self.device)
        taken = random[0] < share[of]
        rows, of = rows[taken], of[taken]
        each = law.shape[1]
        height = law.flatten().cumsum(0)
        point = height[of * each] - law[of, 0] + random[1][taken] * law.sum(1)[of]
        place = torch.searchsorted(height, point, right=True)
        run = torch.minimum(torch.maximum(place, of * each), of * each + each - 1)
        filled = [slot for s in self.of.before for slot in s.slots]
        for slot in filled:
            drawn = tuple(t[run] for t in slots[slot])
            if slot not in self.kept:
                self.kept[slot] = tuple(t.new_empty(self.asked.total, *t.shape[1:]) for t in drawn)
            for kept, values in zip(self.kept[slot], drawn, strict=True):
                kept[rows] = values


def warn_exact(found: Conditioned, observed: DataSet) -> None:
    """Warn (DataWarning) where runs are weighed by a model that is all but exact."""
    for statement in found.op.network.statements:
        model = found.models[statement.model] if isinstance(statement, Weigh) else None
        if isinstance(model, ConditionalModel) and _exactness(model, observed) > EXACT:
            names = ", ".join(part.name for part in model.targets)
            warn_data(
                f"{found.op.result} weighs runs by a model of {names} that is all but exact: which runs count then "
                f"rests on how exactly it knows {names}, and the answer may be far off; condition on what is not, or "
                "round it"
            )


@torch.no_grad()
def _exactness(model: ConditionalModel, observed: DataSet) -> float:
    """How likely the model makes the observed rows, in nats a row, of a number in units of its standard deviation."""
    parts = (*model.targets, *model.inputs)
    (target, *others) = model.targets
    plain = target.form is Form.NUMBERS and target.dim == 1 and not others and not target.masses
    if not plain or not model.likelihood or any(part.name not in observed.rows for part in parts):
        return -math.inf
    index = observed.some(PROBED, stream_for(0, "exactness"))
    rows = {part.name: observed.rows[part.name][index.to(observed.rows[part.name].device)] for part in parts}
    spread = float(rows[target.name].double().std(correction=0))
    return float(log_density(target.name, model, rows).mean()) + math.log(max(spread, 1e-300))


def with_watch(models: Mapping[str, Any], watch: Watch | None) -> dict[str, Any]:
    """The models of a network, of which conditions tell a watch of what theirs are asked."""
    return {
        name: replace(model, watch=watch) if isinstance(model, Conditioned) else model for name, model in models.items()
    }


def effective_runs(found: Conditioned, data: DataSet, seed: int, device: torch.device) -> Runs:
    """Which share of the runs count at some rows of the data, each asked by itself."""
    name = found.op.result
    rows = data.some(TRIED, stream_for(seed, name, "places"))
    weighed = found.tried(data, rows, stream_for(seed, name, "runs", device=device))
    if weighed is None:
        return Runs(TRIED, 1.0, 1.0)
    shares = weighed[0].effective / weighed[0].runs
    return Runs(len(shares), float(shares.quantile(0.5)), float(shares.quantile(0.1)))


def runs_at(found: Conditioned, data: DataSet, rows: Tensor, seed: int, name: str) -> Tensor | None:
    """Which share of the runs counts at some rows of the data; None of no weights.  Shape: (rows,) -> (rows,)."""
    device = next(iter(data.rows.values())).device
    weighed = found.tried(data, rows, stream_for(seed, found.op.result, name, device=device))
    if weighed is None:
        return None
    effective, asked = weighed
    shares = torch.empty(len(rows), dtype=torch.float64)
    index, of = asked.rows(torch.arange(asked.places))
    shares[index] = (effective.effective / effective.runs).cpu()[of]
    return shares
