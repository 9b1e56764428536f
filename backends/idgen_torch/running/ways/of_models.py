"""Whether a conditional of a law is had by weighing runs of its network, or by a model that is trained on its rows.

Weighing trains nothing on what models drew: its error is that of the models which rows were fitted to, and no rows are
made for it. A draw costs as many runs as are needed for one that counts, so that it pays where a fair share of them do,
and where many draws are asked at one place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from idgen_compiler.data.part import Form
from idgen_compiler.data.schema import Schema
from idgen_compiler.graph.names import variable_of
from idgen_compiler.ir.analysis import behind_weights
from idgen_compiler.ir.operands import Role, leaves, records
from idgen_compiler.ir.operations import Apply, Network, Sample, Train, Weigh
from idgen_compiler.ir.policies import ByModel
from idgen_compiler.ir.program import Program
from idgen_torch.parts import of_form
from idgen_torch.running.choices import Choice, Runs

__all__ = ["WIDEST", "Weighing"]

SHARE = 0.002
"""Runs are weighed where at nine of ten places such a share of them count: one that does takes 500 at most."""

WIDEST = 8
"""A density of more real numbers than this is not trusted to weigh by, nor trained to find out."""


@dataclass(frozen=True)
class Weighing:
    """What decides. `runs` trains what the network of a conditional takes and says how many of its runs count."""

    program: Program
    schema: Schema
    runs: Callable[[str], Runs]
    brought: Collection[str] = ()
    requested: Collection[str] = ()  #: models whose family is asked for
    densities: bool = False  #: whether the density of every model is asked for

    def choice(self, op: Train) -> Choice | None:
        """By which way a model is had that has two, and why; None where all is categories: rows are as good there."""
        slots = (slot for network in op.condition for slot in _slots(network))
        if all(part.discrete for slot in slots for part in self.schema.parts(variable_of(slot))):
            return None
        reason = self.why_trained(op)
        if reason:
            return Choice(op.result, Train.word, reason, None, SHARE)
        found = self.runs(op.result)
        taken = Weigh.word if found.least >= SHARE else Train.word
        return Choice(op.result, taken, str(found), None, SHARE, runs=found)

    def why_trained(self, op: Train) -> str:
        """Why runs cannot be weighed, or not with profit, whatever the data say; empty where they might."""
        (network,) = op.condition
        weighed = [s for s in network.statements if isinstance(s, Weigh)]
        if self.densities or op.result in self.requested:
            return "its density or its family is asked for"
        if not _asked_of_one_place(self.program, op.result):
            return "it is asked at another place for every draw"
        if brought := {op.result, *(s.model for s in weighed)}.intersection(self.brought):
            return f"what is brought for {min(brought)} has no density to weigh runs by"
        behind = [slot for s in behind_weights(network) for slot in (*s.slots, *s.inputs)]
        rests_on = [part for slot in behind for part in self.schema.parts(variable_of(slot))]
        for form, called in ((Form.PICTURES, "pictures"), (Form.TEXTS, "texts")):
            if of_form(rests_on, form):
                return f"weights would rest on {called}"
        for statement in weighed:
            width = sum(p.dim for slot in statement.values for p in self.schema.parts(slot) if not p.discrete)
            if width > WIDEST:
                return f"{', '.join(statement.values)} has {width} real numbers, too many for a density to weigh by"
        if not set(network.inputs) <= set(self.program.observe.variables):
            return "it is asked for what no table holds"
        return ""


def _slots(network: Network) -> list[str]:
    return [*network.inputs, *(slot for s in network.statements for slot in s.slots)]


def _asked_of_one_place(program: Program, name: str) -> bool:
    """Whether samplers alone apply a model, to what their callers set."""
    for op in program.operations:
        if name not in leaves(op, Role.MODEL):
            continue
        if not isinstance(op, Sample) or any(p.model == name for p in records(op, ByModel)):
            return False
        for each in records(op, Apply):
            if each.model == name and not set(each.inputs) <= set(op.network.inputs):
                return False
    return True
