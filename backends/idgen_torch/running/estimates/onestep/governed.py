"""The weight at a model whose treatment a stated policy draws: pi(x | r) / P(x | r), from the chances of x alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from idgen_compiler.adjoint.terms import Term
from idgen_compiler.data.arrays import Array
from idgen_compiler.data.schema import Schema
from idgen_compiler.discrete.policies import law_of
from idgen_compiler.graph.names import variable_of
from idgen_compiler.hinge.policies import Law
from idgen_compiler.hinge.probability import labels_of
from idgen_compiler.ir.operations import Assign, Network, Rows
from idgen_torch.running.assigning import Assigning
from idgen_torch.running.estimates.onestep.frames import Frame, codes_of

__all__ = ["Governed", "governed", "table_of"]


@dataclass(frozen=True, eq=False)
class Governed:
    """A treatment `slot`, drawn by a table given `reads`, beside `rest`, which come out of rows of the data.

    Where the policy reads the natural treatment x', it is averaged over P(x' | rest): so a row weighs
    sum over x' of pi(x | x', rest) P(x' | rest), over P(x | rest).
    Source: Haneuse and Rotnitzky (2013), section 3; Diaz, Williams, Hoffman and Schenck (2023).
    """

    slot: str
    rest: tuple[str, ...]
    reads: tuple[str, ...]
    natural: str  #: the slot of x' among `reads`, or nothing
    table: Array  #: an axis for the treatment, then one for each of `reads`

    def weight(self, frame: Frame, chances: Array) -> Array:
        """Of rows whose chances of each treatment are known.  Shape: chances (rows, classes) -> (rows,)."""
        rows, own = np.arange(frame.count), codes_of(frame, self.slot)
        codes = {slot: codes_of(frame, slot) for slot in self.reads if slot != self.natural}
        if not self.natural:
            asked = self.table[(own, *(codes[slot] for slot in self.reads))]
        else:
            asked = np.zeros(frame.count)
            for code in range(chances.shape[1]):
                at = tuple(np.full(frame.count, code) if slot == self.natural else codes[slot] for slot in self.reads)
                asked = asked + chances[:, code] * self.table[(own, *at)]
        return np.asarray(asked / chances[rows, own])


def governed(term: Term, network: Network, fills: Mapping[str, Any], schema: Schema) -> Governed | None:
    """What a policy draws for a model, where the weight is one of chances; None where it is not."""
    filled = {slot: s for s in network.statements for slot in s.slots}
    drawn = [slot for slot in term.inputs if isinstance(filled.get(slot), Assign)]
    if len(drawn) != 1 or not isinstance(each := fills.get(drawn[0]), Assigning):
        return None
    (slot,) = drawn
    rest = tuple(other for other in term.inputs if other != slot)
    reads = tuple(each.each.read.values())
    natural = [other for other in reads if other not in rest]
    sources = {id(filled[other]): filled.get(other) for other in (*rest, *natural) if other in filled}
    from_rows = [s for s in sources.values() if isinstance(s, Rows) and s.data == term.data]
    alike = all(variable_of(other) == variable_of(slot) for other in natural)
    if len(from_rows) != len(sources) or len(sources) > 1 or len(natural) > 1 or not alike:
        return None
    table = table_of(each, schema)
    if table is None or any(other not in filled for other in (*rest, *natural)):
        return None
    return Governed(slot, rest, reads, natural[0] if natural else "", table)


def table_of(fill: Assigning, schema: Schema) -> Array | None:
    """The law of a policy over categories: an axis for the treatment, then one for each slot read; None for others."""
    each = fill.each
    names = [variable_of(slot) for slot in (each.slot, *each.read.values())]
    known = not (isinstance(each.policy, Law) and each.policy.function)
    if not known or not all(len(schema.parts(name)) == 1 and schema.parts(name)[0].discrete for name in names):
        return None
    labels = {name: labels_of(schema, (name,))[0] for name in names}
    return law_of(each, labels, False).aligned((each.slot, *each.read.values()))
