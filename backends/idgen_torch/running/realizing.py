"""Which program to fit where there are two: one that regenerates, or one that weighs the observed rows.

Both have the same law; they differ in what a finite table of data makes of them. Regenerating trains generators and
then a model on their output; reweighting needs only a model of what was fixed, but throws away rows: with weights of
mean one and mean square s, n rows tell as much as n / s. So the propensities, which are cheap, are trained first, and
the weights on the data decide.
"""

from __future__ import annotations

from collections.abc import Callable

from idgen_compiler.ir.program import Program
from idgen_torch.parts import Rows
from idgen_torch.running.fitting import Fitting
from idgen_torch.running.record import Realization
from idgen_torch.running.reweighting import MASS, NoOverlap
from idgen_torch.variables import Schema

__all__ = ["EFFECTIVE", "WIDEST", "realized"]

EFFECTIVE = 0.7
"""From this fraction of effective rows on reweighting is taken (measured: docs/reweighting.md)."""

WIDEST = 8
"""A density of more real numbers than this is not trusted as a propensity, nor trained to find out."""


MakeFitting = Callable[[Program], Fitting]
"""How a program is going to be fitted; nothing is trained by making one."""


def realized(program: Program, schema: Schema, rows: Rows, make: MakeFitting) -> tuple[Fitting, Realization | None]:
    """The fitting of the program or of its alternative, and why; None where there was nothing to choose.

    What was trained for the decision is kept in the fitting that is returned, if it is the alternative's.
    """
    alternative = program.alternative
    if alternative is None or not alternative.reweightings:
        return make(program), None
    reason = _unfit(program, alternative, schema)
    if reason:
        return make(program), Realization("regenerate", reason, (), EFFECTIVE)
    weighing = make(alternative)
    try:
        overlap = weighing.overlap(rows)
    except NoOverlap as error:
        return make(program), Realization("regenerate", str(error), (), EFFECTIVE)
    worst = min(overlap, key=lambda found: found.effective)
    off = max(overlap, key=lambda found: max(found.mass, 1 / found.mass))
    if worst.effective < EFFECTIVE:
        reason = f"{worst.effective:.1%} of the rows stay effective after reweighting {worst.variables}"
    elif not MASS <= off.mass <= 1 / MASS:
        reason = f"the weights of {off.variables} have mean {off.mass:.2f} and not one"
    else:
        reason = f"{worst.effective:.0%} of the rows stay effective after reweighting {worst.variables}"
        return weighing, Realization("reweight", reason, overlap, EFFECTIVE)
    return make(program), Realization("regenerate", reason, overlap, EFFECTIVE)


def _unfit(program: Program, alternative: Program, schema: Schema) -> str:
    """Why the alternative is out of the question before anything is trained; empty when it is not."""
    more = sorted(set(alternative.observe.variables) - set(program.observe.variables))
    if more:
        return f"reweighting needs {', '.join(more)} as well"
    for op in alternative.reweightings:
        for draw in op.do:
            width = sum(part.dim for part in schema.parts(draw.slot) if not part.discrete)
            if width > WIDEST:
                return f"{draw.slot} has {width} real numbers, too many for a density to weigh rows by"
    return ""
