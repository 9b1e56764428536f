"""What a fit finds out about places without rows: what models saw, what their rows lack, and what was said of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from idgen_compiler.adjoint.support import FEW
from idgen_compiler.data.part import Part
from idgen_compiler.data.schema import Schema
from idgen_compiler.ir.analysis import run_by_samplers
from idgen_compiler.ir.operations import Draw, Realize, Train
from idgen_compiler.ir.program import Program
from idgen_compiler.warning import warn_overlap
from idgen_torch.families import ConditionalModel, Task
from idgen_torch.observed import Observed
from idgen_torch.running.ancestral import DataSet
from idgen_torch.running.choices import Overlap
from idgen_torch.running.draws import Draws, unfolded
from idgen_torch.running.learned.ends import missed_ends
from idgen_torch.running.overlap.cells.naming import percent
from idgen_torch.running.overlap.cells.needed import Cells
from idgen_torch.running.overlap.cells.verdict import Verdict, verdict
from idgen_torch.running.overlap.effective import poor_overlap
from idgen_torch.running.overlap.finding import Lookout
from idgen_torch.running.overlap.support import Support
from idgen_torch.running.overlap.telling import joined, missed
from idgen_torch.running.overlap.thin import stretches_of
from idgen_torch.running.overlap.watch import Watch, groups_of
from idgen_torch.running.overlap.weighing import missing_rows
from idgen_torch.running.plan import label_of
from idgen_torch.running.record import Lack, Light
from idgen_torch.seeds import stream_for

__all__ = ["Unseen"]

MOST_DRAWN = 50_000
"""Of a law that is known so many rows are drawn, to see which inputs stand together."""

_NONE = ("which no row shows", "far from every row")
_SEE = "some of what is asked has no rows near, or few"


class Unseen:
    """The supports of a fit's models, and every warning of what no row shows, for the record.

    `thin` is what was said of overlap before.
    """

    def __init__(self, schema: Schema, seed: int, thin: Sequence[str] = ()) -> None:
        self.lookouts: dict[str, Lookout] = {}  #: operation -> which inputs its rows show
        self._schema = schema
        self._seed = seed
        self._missing: dict[str, str] = {}  # law that was reweighted -> which rows it lacks
        self._lacks: dict[str, Lack] = {}  # what was said -> what the record keeps of it
        self.told: set[str] = set()  #: the places without rows that were warned of
        self.keep(*thin)
        self.cells: Cells | None = None  #: what says where answers rest, in the place of lookouts
        self.verdict: Verdict | None = None
        self.tried: dict[str, None] = {}  #: what samplers are given, and was tried at values that rows have

    @property
    def lacks(self) -> tuple[Lack, ...]:
        """What was said, in order."""
        return tuple(self._lacks.values())

    def look_at(self, program: Program, op: Train, inputs: Sequence[Part], data: DataSet) -> None:
        """Keep which inputs of a model stand together in its rows, where a network applies it."""
        ways = [law.regenerate for law in program.laws if law.regenerate]
        networks = [*map(unfolded, ways), *(each.network for each in run_by_samplers(program.operations))]
        networks += [network for model in program.models for network in model.condition]
        groups = groups_of(op, self._schema, networks)
        rows = data.drawn(MOST_DRAWN, stream_for(self._seed, "support", op.result))
        support = None if groups is None else Support.of(inputs, groups, rows.rows, rows.weights)
        if support is not None:
            self.lookouts[op.result] = Lookout(support, stretches_of(support, rows.rows, rows.weights))

    def look_at_ends(self, op: Train, model: ConditionalModel, task: Task) -> tuple[str, ...]:
        """Keep at which ends of numbers that a caller sets the model does not give its rows back, and say it."""
        lookout = self.lookouts.get(op.result)
        if lookout is None:
            return ()
        asked = {column.part: column for column in lookout.support.columns if column.set and column.number}
        found = missed_ends(f"{op.result}: {label_of(op)}", model, task, asked, lookout.stretches)
        self.lookouts[op.result] = replace(lookout, stretches=(*lookout.stretches, *found))
        atoms = {atom.part.name: atom for name in op.inputs for atom in self._schema[name].atoms(name)}
        return tuple(missed(each, asked[each.part], atoms[each.part]) for each in found)

    def note_missing(self, op: Realize, draw: Draw, policy: Draws, by: Train, data: DataSet) -> None:
        """Keep which rows a draw asks for and the data lack."""
        lack = missing_rows(op.result, draw, policy, by, self._schema, data, self._seed)
        self._missing[op.result] = self._missing.get(op.result) or lack or ""

    def _lacking(self, data: str) -> str:
        """What rows a law that was reweighted lacks; empty where none are known of, or it is said otherwise."""
        return self._missing.get(data, "") if self.cells is None else ""

    def keep(self, *texts: str, sampled: bool = False) -> None:
        """Keep what was said of missing overlap for the record."""
        self._lacks.update({text: Lack(text, sampled) for text in texts})

    def watch(self, models: Iterable[Train], sentence: str, *, probing: bool = False) -> Watch:
        """What looks at the inputs of these models, and tells of a share of rows in this sentence.

        With `probing` nobody has asked for the numbers that are set, and what is to be said of these alone is left.
        """
        labels = {model.result: label_of(model) for model in models}
        lookouts = self.lookouts if self.cells is None else {}
        return Watch(self._schema, lookouts, labels, sentence, self.told, details=True, probing=probing)

    def judge(self, weighed: Mapping[str, tuple[Overlap, float]], table: Observed) -> None:
        """Warn of all that samplers of categories can be asked and no row shows, and of laws by weights.

        weighed: law -> how far its rows go, and how many are effective.  Of what few rows show the record says, and
        samplers do where it is asked.
        """
        if self.cells is not None:
            self.verdict = verdict(self.cells)
            self.cells = self.cells.kept()
            for text in self.verdict.red:
                warn_overlap(text)
            self.keep(*self.verdict.red, *self.verdict.yellow, sampled=True)
        for name, (found, effective) in weighed.items():
            if self.verdict is not None and name in self.verdict.weighed:  # why their mean is not one is said
                found = replace(found, mass=1.0)
            if text := poor_overlap(found, effective, table.effective_rows) or self._lacking(name):
                warn_overlap(text)
                self.keep(text)

    @property
    def _settings(self) -> str:
        return f"with {joined(list(self.tried))} as in the rows " if self.tried else ""

    def light(self) -> Light:
        """The traffic light of what was found."""
        found = self.verdict
        if found is None or not found.asked:
            if self._lacks:
                return Light("red" if any(words in text for words in _NONE for text in self._lacks) else "yellow", _SEE)
            return Light("green", f"{self._settings}no place was found that is asked and has no rows near")
        if not found.empty and not found.thin:
            every = f"all that answers need has {FEW} rows or more ({found.asked} settings of do and given)"
            return Light("yellow" if self._lacks else "green", every, 0.0, 0.0, found.asked)
        shares = (
            f"of an answer up to {percent(found.empty)} rests on values that no row shows and up to "
            f"{percent(found.thin)} on values of fewer than {FEW} rows ({found.asked} settings of do and given)"
        )
        color = "red" if found.red else "yellow" if self._lacks else "green"
        return Light(color, shares, found.empty, found.thin, found.asked)
