"""What stands behind the values that a conditional is asked at: rows of the table, and runs of a law's network.

A model knows a label by the rows that have it, be it trained on the table or on rows of a law. Runs can be made until
enough of them count, and yet what they count by is learned from those rows: where these are few, all runs lean on a
model that hardly knows the label.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from idgen_compiler.data.kinds.kind import PartOf
from idgen_compiler.data.schema import Schema
from idgen_compiler.ir.operations import Apply, Condition, Sample, Train, Weigh
from idgen_compiler.ir.program import Program
from idgen_torch.arithmetic import effective_rows
from idgen_torch.running.ancestral import DataSet, Slots
from idgen_torch.running.choices import Evidence, LabelRows
from idgen_torch.running.conditions.conditioned import Conditioned, effective_runs, runs_at
from idgen_torch.running.plan import label_of

__all__ = ["evidence", "few_rows"]

MOST_LABELS, PLACES = 200, 200
"""Labels of a part of not more than so many are looked at one by one, each with other inputs as rows have them; so many
places in all."""

SHARE = 0.02
"""So many of the samples may ask for a label of few rows without a word."""


def evidence(
    program: Program, conditions: Mapping[str, Conditioned], observed: DataSet, schema: Schema, seed: int
) -> tuple[Evidence, ...]:
    """What stands behind each conditional that samplers ask, in program order."""
    asked = {each.model for op in program.samplers for each in op.network.statements if isinstance(each, Apply)}
    found = []
    for op in program.operations:
        if isinstance(op, Condition) and op.result in asked and op.result in conditions:
            found.append(_of_runs(conditions[op.result], observed, schema, seed))
        elif isinstance(op, Train) and op.result in asked:
            parts = _labelled(schema, op.inputs, observed)
            rows = [row for part in parts for row in _rows(part, observed)]
            found.append(Evidence(op.result, label_of(op), observed.effective_rows, None, tuple(rows)))
    return tuple(each for each in found if each.runs is not None or each.labels)


def _of_runs(of: Conditioned, observed: DataSet, schema: Schema, seed: int) -> Evidence:
    weighed = {slot for s in of.before if isinstance(s, Weigh) for slot in s.values}
    parts = _labelled(schema, [slot for slot in of.op.inputs if slot in weighed], observed)
    name = label_of(of.op)
    if not weighed or any(part.name not in observed.rows for part in schema.parts(*of.op.inputs)):
        return Evidence(of.op.result, name, observed.effective_rows, None)
    labels: list[LabelRows] = []
    for part in parts:
        rows = _rows(part, observed)
        shares = _shares(of, part, rows, observed, seed)
        labels += [
            LabelRows(row.part, row.code, row.label, row.rows, share) for row, share in zip(rows, shares, strict=True)
        ]
    runs = effective_runs(of, observed, seed, next(iter(observed.rows.values())).device)
    return Evidence(of.op.result, name, observed.effective_rows, runs, tuple(labels))


def _labelled(schema: Schema, names: Sequence[str], observed: DataSet) -> list[PartOf]:
    """The parts that have few labels each."""
    atoms = [atom for name in names for atom in schema[name].atoms(name)]
    return [a for a in atoms if a.part.name in observed.rows and 0 < (a.part.size or 0) <= MOST_LABELS]


def _rows(atom: PartOf, observed: DataSet) -> list[LabelRows]:
    """How many rows have each label: effective ones, where rows have weights."""
    codes, size = observed.rows[atom.part.name], atom.part.size or 0
    counts: list[float] = [float(n) for n in torch.bincount(codes, minlength=size)]
    if observed.weights is not None:
        weights = observed.weights.to(codes.device)
        counts = [effective_rows(weights[codes == code]) if counts[code] else 0.0 for code in range(size)]
    return [
        LabelRows(atom.part.name, code, atom.kind.describe(code), rows) for code, rows in enumerate(counts)
    ]  # fmt: skip


def _shares(
    of: Conditioned, atom: PartOf, labels: Sequence[LabelRows], observed: DataSet, seed: int
) -> list[float | None]:
    """Which share of the runs counts at each label, at the median of some rows that have it; None without rows."""
    codes = observed.rows[atom.part.name]
    places = [(codes == row.code).nonzero().flatten()[: max(1, PLACES // len(labels))] for row in labels]
    index = torch.cat(places).cpu()
    found = runs_at(of, observed, index, seed, f"{atom.part.name} by label")
    pieces = [None] * len(labels) if found is None else found.split([len(place) for place in places])
    return [None if piece is None or not len(piece) else float(piece.quantile(0.5)) for piece in pieces]


def few_rows(behind: Sequence[Evidence], op: Sample, inputs: Slots, schema: Schema) -> list[str]:
    """What is to be said of labels of few rows that a sampler is asked for."""
    said = []
    for statement in op.network.statements:
        if not isinstance(statement, Apply):
            continue
        for each in (one for one in behind if one.operation == statement.model):
            codes = {
                part.name: values
                for slot in statement.inputs
                if slot in inputs
                for part, values in zip(schema.parts(slot), inputs[slot], strict=True)
            }
            said += [text for label in each.labels if (text := _told(each, label, codes.get(label.part)))]
    return list(dict.fromkeys(said))


def _told(of: Evidence, label: LabelRows, codes: Tensor | None) -> str:
    share = 0.0 if codes is None or not len(codes) else float((codes == label.code).double().mean())
    if not of.is_few(label) or share <= SHARE:
        return ""
    asked = "" if share == 1 else f"; {share:.0%} of the samples ask it"
    return (
        f"P({of.models}) at {label.part} = {label.label} rests on {label.rows:.0f} rows that have it{asked}: a law "
        "that so few rows teach may be far off; an interval of sampler.estimate says how far; a label "
        "that more rows have is known better"
    )
