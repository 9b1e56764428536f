"""Watching a network as it runs: each model's inputs are looked at, and said once what its rows do not show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from idgen_compiler.data.kinds.kind import PartOf
from idgen_compiler.data.schema import Schema
from idgen_compiler.errors import ModelWarning, OverlapWarning
from idgen_compiler.graph.names import variable_of
from idgen_compiler.ir.operations import Apply, Assign, Network, Rows, Train, Weigh
from idgen_compiler.warning import warn_user
from idgen_torch.drawing import generator_for, some_rows
from idgen_torch.parts import Values
from idgen_torch.running.learned.stretches import Stretch
from idgen_torch.running.overlap.finding import Finding, Lookout
from idgen_torch.running.overlap.support import Groups
from idgen_torch.running.overlap.telling import functions, in_stretch, where

__all__ = ["Watch", "groups_of", "watched"]

T = TypeVar("T")

LOOKED_AT = 4000
"""So many rows are looked at: of the first batch, and where what is set varies from sample to sample, of each."""

FEW_LEVELS, LEAST_ROWS = 8, 400
"""Of a category that is set to one of so many values a fit looks at each by itself, if so many rows have it."""


@dataclass(eq=False)
class Watch:
    """What looks at the inputs of models while a network runs.

    `lookouts` are those of the models that are watched, `labels` how messages call them. `sentence` is what is said,
    with the places for {share}, {label} and {where}; `told` are the places that were named before. With `details` it is
    added which inputs are functions of others. `varies` says that batches are asked different things.
    """

    schema: Schema
    lookouts: Mapping[str, Lookout]
    labels: Mapping[str, str]
    sentence: str
    told: set[str] = field(default_factory=set)
    details: bool = False
    varies: bool = False
    probing: bool = False
    found: list[str] = field(default_factory=list)
    looked: set[Apply] = field(default_factory=set)
    failing: set[tuple[str, Stretch]] = field(default_factory=set)
    of_models: set[str] = field(default_factory=set)  #: what is said of a model's own draws

    def __call__(self, statement: Apply, given: Values, count: int) -> None:
        """Look at what a model is given."""
        lookout = self.lookouts.get(statement.model)
        if lookout is None or not count or (statement in self.looked and not self.varies):
            return
        self.looked.add(statement)
        drawn = some_rows(count, LOOKED_AT, generator_for(0))
        rows = {
            c.part: given[c.part][drawn.to(given[c.part].device)].cpu()
            for c in lookout.support.columns
            if c.part in given
        }
        if any(column.part not in rows for column in lookout.support.columns):
            return
        atoms: dict[str, PartOf] = {
            atom.part.name: atom for slot in statement.inputs for atom in self._atoms(variable_of(slot))
        }
        for share, stretch, column, there in () if self.probing else lookout.at_stretches(rows):
            if (statement.model, stretch) not in self.failing:
                self.failing.add((statement.model, stretch))
                at = in_stretch(stretch, column, atoms[stretch.part], rows[stretch.part][there])
                label = f"P({self.labels[statement.model]})"
                text = self.sentence.format(share=_percent(share), label=label, where=at)
                if stretch.target:
                    self.of_models.add(text)
                self.say(text)
        if (finding := lookout.look(rows, alone=not self.probing)) is not None:
            self._find(statement, lookout, finding, atoms, rows)
        elif self.details:
            for setting, some in _by_level(lookout, atoms, rows):
                if (finding := lookout.look(some, alone=not self.probing)) is not None:
                    self._find(statement, lookout, finding, atoms, some, setting)

    def _find(
        self,
        statement: Apply,
        lookout: Lookout,
        finding: Finding,
        atoms: Mapping[str, PartOf],
        rows: Values,
        setting: str = "",
    ) -> None:
        at = where(finding, lookout, atoms, rows)
        if at in self.told:
            return
        self.told.add(at)
        share, label = f"{setting}{_percent(finding.share)}", f"P({self.labels[statement.model]})"
        text = self.sentence.format(share=share, label=label, where=at)
        also = functions(lookout) if self.details else []
        self.found.append(f"{text} ({'; '.join(also)} in these rows)" if also else text)

    def _atoms(self, variable: str) -> tuple[PartOf, ...]:
        return self.schema[variable].atoms(variable)

    def say(self, text: str) -> None:
        """Add something to tell, unless it was said before."""
        if text not in self.told:
            self.told.add(text)
            self.found.append(text)

    def tell(self) -> list[str]:
        """Warn of what was found since, and return it."""
        found, self.found = self.found, []
        for text in found:
            warn_user(text, ModelWarning if text in self.of_models else OverlapWarning)
        return found


def _by_level(lookout: Lookout, atoms: Mapping[str, PartOf], rows: Values) -> Iterator[tuple[str, Values]]:
    """The rows at each of a few values that a category is set to, with how that is said."""
    for column in lookout.support.columns:
        if column.set and not column.number and column.size <= FEW_LEVELS:
            codes = rows[column.part]
            for level in codes.unique().tolist():
                there = codes == level
                if LEAST_ROWS <= int(there.sum()) < len(there):
                    setting = f"with {column.name} = {atoms[column.part].kind.describe(level)}, "
                    yield setting, {part: values[there] for part, values in rows.items()}


def watched(batches: Iterable[T], watch: Watch) -> Iterator[T]:
    """The same batches; what the watch finds is said before the batch in which it was found is handed on."""
    for batch in batches:
        watch.tell()
        yield batch


def groups_of(op: Train, schema: Schema, networks: Iterable[Network]) -> Groups | None:
    """Which inputs of a model come out of one row of its data where networks ask it, and which a caller sets.

    None where no network asks the model.
    """
    keys: dict[str, list[str]] = {name: [] for name in op.inputs}
    chosen: dict[str, bool] = {}
    for network in networks:
        filled = {slot: k for k, statement in enumerate(network.statements) for slot in statement.slots}
        for statement in network.statements:
            if not isinstance(statement, Apply | Weigh) or statement.model != op.result:
                continue
            given = statement.given if isinstance(statement, Weigh) else statement.inputs
            for name, slot in zip(op.inputs, given, strict=True):
                source = network.statements[filled[slot]] if slot in filled else None
                together = isinstance(source, Rows) and source.data == op.data
                keys[name].append(f"{filled[slot]}" if together else slot)
                chosen[name] = chosen.get(name, False) or source is None or isinstance(source, Assign)
    if not op.inputs or not any(keys.values()):
        return None
    numbers = {key: k for k, key in enumerate(dict.fromkeys(map(tuple, keys.values())))}
    return {part.name: (numbers[tuple(keys[name])], chosen[name]) for name in op.inputs for part in schema.parts(name)}


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.01 else f"{share:.1%}"
