"""Which operation each thing that is brought is for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from idgen_compiler.data.schema import Schema
from idgen_compiler.errors import DataError
from idgen_compiler.hinge.kernels import kernel_key, named_kernels
from idgen_compiler.ir.operands import Role, leaves, records
from idgen_compiler.ir.operations import Bind, Realize, Train, Weigh
from idgen_compiler.ir.program import Program
from idgen_compiler.warning import warn_data
from idgen_torch.bound.brought import Brought, as_brought
from idgen_torch.bound.model import BoundModel
from idgen_torch.families.family import ConditionalModel

__all__ = ["bound_model", "brought_for"]


def brought_for(
    program: Program, bind: Mapping[str, Any] | None, needed: Collection[str] | None = None
) -> dict[str, Brought]:
    """Operation -> what is brought for it (see `hinge.kernels.named_kernels` for what `bind` may name).

    Raises DataError for a name of nothing, of two, or given twice, for what cannot be called or asks for a fallback
    that nobody learns, for a `train` whose density weighs rows, and for a bound kernel for which nothing is brought;
    warns (DataWarning) of a fallback that is learned and not asked for.
    """
    found = {}
    able = {op.result: op for op in program.operations if isinstance(op, Bind | Train)}
    weighing = {name: f"the rows of {law.result}" for law in program.laws for name in _weighing(law)}
    weighing |= {each.model: f"the runs of {op.result}" for op in program.conditions for each in records(op, Weigh)}
    for result, (key, thing) in named_kernels(program, bind, needed).items():
        op, brought = able[result], as_brought(key, thing)
        learned = isinstance(op, Bind) and bool(op.fallback)
        if brought.needs_fallback and not learned:
            raise DataError(
                f"bind[{key!r}] asks for a fallback, and the program learns none for {op.targets[0]}; compile with "
                f"fallbacks=[{op.targets[0]!r}], or give its argument fallback a default"
            )
        if learned and not brought.wants_fallback:
            warn_data(
                f"the program learns a fallback for {key!r}, and {brought.name} never asks for it; give it an argument "
                f"fallback, or compile without fallbacks=[{op.targets[0]!r}]"
            )
        if result in weighing:
            raise DataError(
                f"bind names {key!r}, whose density weighs {weighing[result]}, and what is brought only "
                f"draws; leave it out, or compile with bound=[{kernel_key(op)!r}] and realize='regenerate'"
            )
        found[result] = brought
    return found


def _weighing(law: Realize) -> Iterator[str]:
    """The models whose densities weigh rows, where a law can be had in that way alone."""
    if law.reweight and not law.regenerate:
        yield from leaves(law.reweight, Role.MODEL)


def bound_model(
    op: Bind | Train, brought: Mapping[str, Brought], schema: Schema, fallback: ConditionalModel | None = None
) -> BoundModel:
    """What samples an operation for which something is brought."""
    return BoundModel(op, brought[op.result], {name: schema[name] for name in (*op.targets, *op.inputs)}, fallback)
