"""What a fit finds out about places without rows: what models saw, what their rows lack, and what was said of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from idgen_compiler.data.part import Part
from idgen_compiler.data.schema import Schema
from idgen_compiler.ir.operations import Draw, Realize, Train
from idgen_compiler.ir.program import Program
from idgen_torch.running.ancestral import DataSet
from idgen_torch.running.draws import Draws, unfolded
from idgen_torch.running.overlap.finding import Lookout
from idgen_torch.running.overlap.support import Support
from idgen_torch.running.overlap.watch import Watch, groups_of
from idgen_torch.running.overlap.weighing import missing_rows
from idgen_torch.running.plan import label_of
from idgen_torch.running.record import Lack

__all__ = ["Unseen"]


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
        self._told: set[str] = set()  # the places without rows that were warned of
        self.keep(*thin)

    @property
    def lacks(self) -> tuple[Lack, ...]:
        """What was said, in order."""
        return tuple(self._lacks.values())

    def look_at(self, program: Program, op: Train, inputs: Sequence[Part], data: DataSet) -> None:
        """Keep which inputs of a model stand together in its rows, where a network applies it."""
        ways = [law.regenerate for law in program.laws if law.regenerate]
        networks = [*map(unfolded, ways), *(sampler.network for sampler in program.samplers)]
        groups = groups_of(op, self._schema, networks)
        support = None if groups is None else Support.of(inputs, groups, data.rows, data.weights)
        if support is not None:
            self.lookouts[op.result] = Lookout(support)

    def note_missing(self, op: Realize, draw: Draw, policy: Draws, by: Train, data: DataSet) -> None:
        """Keep which rows a draw asks for and the data lack."""
        lack = missing_rows(op.result, draw, policy, by, self._schema, data, self._seed)
        self._missing[op.result] = self._missing.get(op.result) or lack or ""

    def missing(self, data: str) -> str:
        """What rows a law that was reweighted lacks; empty where none are known of."""
        return self._missing.get(data, "")

    def keep(self, *texts: str, sampled: bool = False) -> None:
        """Keep what was said of missing overlap for the record."""
        self._lacks.update({text: Lack(text, sampled) for text in texts})

    def watch(self, models: Iterable[Train], sentence: str) -> Watch:
        """What looks at the inputs of these models, and tells of a share of rows in this sentence."""
        labels = {model.result: label_of(model) for model in models}
        return Watch(self._schema, self.lookouts, labels, sentence, self._told, details=True)
