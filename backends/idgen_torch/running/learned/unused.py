"""Whether a trained model uses its inputs at all, and of which of them a query asks that."""

from __future__ import annotations

from collections.abc import Collection

import torch

from idgen_compiler.data.part import Form
from idgen_compiler.data.schema import Schema
from idgen_compiler.hinge.question import query_of
from idgen_compiler.ir.operations import Train
from idgen_compiler.ir.program import Program
from idgen_torch.arithmetic import one_thread
from idgen_torch.drawing import generator_for, some_rows
from idgen_torch.families import ConditionalModel, Factored, Task
from idgen_torch.families.task import rows_at

__all__ = ["acting", "unused", "why_unused"]

ROWS = 400
"""At so many rows it is looked whether an input makes a difference."""

_FORMS = {Form.CODES, Form.NUMBERS}


def acting(program: Program) -> frozenset[str]:
    """The variables by which what a query sets can act: its treatments, what those reach, and its conditions.

    >>> import idgen_compiler as idgen
    >>> graph = idgen.ADMG.parse("Z -> X -> M -> Y; Z -> Y; W -> Y")
    >>> sorted(acting(idgen.compile(idgen.Query.parse("P(Y | do(X), W)"), graph)))
    ['M', 'W', 'X', 'Y']
    """
    queries = [query_of(program, op) for op in program.samplers]
    reached = program.graph.descendants({name for query in queries for name in query.treatments})
    return reached | {name for query in queries for name in query.conditions}


@one_thread()
def unused(op: Train, schema: Schema, model: ConditionalModel, task: Task, names: Collection[str]) -> tuple[str, ...]:
    """Those inputs among `names` that make no difference at all to what a model says of its targets.

    A family may give an input up where rows tell no dependence from chance, and trees may never split by it: then an
    effect through it is exactly none, which looks like knowledge. Pictures and texts are not looked at, nor models that
    know no density, nor those of a law that is known.
    """
    asked = {name: schema.parts(name) for name in op.inputs if name in names}
    asked = {name: parts for name, parts in asked.items() if all(part.form in _FORMS for part in parts)}
    if task.exact or not model.likelihood or not asked:
        return ()
    index = some_rows(task.count, ROWS, generator_for(0))
    other = index[torch.randperm(len(index), generator=generator_for(1))]
    device = task.rows[task.parts[0].name].device  # where the model lives
    rows, others = (rows_at(task.parts, task.rows, each, device) for each in (index, other))
    with torch.no_grad():
        said = model.log_prob(rows)
        moved = {name: {part.name: others[part.name] for part in parts} for name, parts in asked.items()}
        return tuple(
            name
            for name, values in moved.items()
            if any(not torch.equal(rows[part], other) for part, other in values.items())
            and torch.equal(model.log_prob({**rows, **values}), said)
        )


def why_unused(model: ConditionalModel, task: Task, them: str = "it") -> str:
    """Why a model gave inputs up, and what an answer then says of their effect."""
    rows, recipe = f"{task.effective_rows:,.0f} rows", model.recipe
    if not isinstance(recipe, Factored):
        return (
            f"it learned no use for {them} from {rows}, so that an answer shows no effect through {them}, be there one "
            "or none"
        )
    if not all(found.complete for found in recipe.selections(task)):
        return (
            f"with the other inputs there are more cells than {rows} fill, so that an answer shows no effect through "
            f"{them}, whatever the rows say of one"
        )
    return (
        f"{rows} tell no dependence from chance for sure (p < .0004 for a trend or one level, .00001 for all levels at "
        f"once, corrected for how many were tried), so that an answer shows no effect through {them}, be there a small "
        "one or none"
    )
