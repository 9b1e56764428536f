"""Whether rows can be weighed at all: what a policy asks for has to stand in some row."""

from __future__ import annotations

from idgen_compiler.data.schema import Schema
from idgen_compiler.graph.names import variable_of
from idgen_compiler.ir.operations import Draw, Train
from idgen_torch.parts import Values
from idgen_torch.running.ancestral import DataSet
from idgen_torch.running.draws import Draws
from idgen_torch.running.overlap.finding import Lookout
from idgen_torch.running.overlap.probe import PROBED
from idgen_torch.running.overlap.support import Support, seen_parts
from idgen_torch.running.overlap.telling import where
from idgen_torch.seeds import stream_for

__all__ = ["missing_rows"]


def missing_rows(
    name: str, draw: Draw, policy: Draws, by: Train, schema: Schema, data: DataSet, seed: int
) -> str | None:
    """What to say where a policy asks for values that no row has beside the inputs of their propensity.

    Weights cannot make up for such rows, nor show that they are missing: a propensity that was learned is never zero.
    """
    inputs, targets = seen_parts(schema.parts(*by.inputs)), seen_parts(schema.parts(variable_of(draw.slot)))
    groups = {part.name: (int(part in targets), False) for part in (*inputs, *targets)}
    support = Support.of((*inputs, *targets), groups, data.rows, data.weights)
    if support is None or not inputs or not targets:
        return None
    device = data.rows[inputs[0].name].device
    index = data.some(PROBED, stream_for(seed, "probe", name))
    drawn = policy.sample({}, PROBED, stream_for(seed, "probe", name, draw.slot, device=device))
    rows: Values = {part.name: data.rows[part.name][index.to(device)].cpu() for part in inputs}
    rows |= {part.name: drawn[part.name].cpu() for part in targets}
    lookout = Lookout(support)
    finding = lookout.look(rows)
    if finding is None:
        return None
    variables = (*by.inputs, variable_of(draw.slot))
    atoms = {atom.part.name: atom for variable in variables for atom in schema[variable].atoms(variable)}
    return (
        f"{name}: {finding.share:.0%} of the values that {draw.slot} is to take lie "
        f"{where(finding, lookout, atoms, rows)}; no weights stand for rows that are not there"
    )
