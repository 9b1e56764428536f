"""In which way each law is realized where there are two: new rows from generators, or the observed rows weighed.

Both have the same law; they differ in what a finite table of data makes of them. Regenerating trains generators and
then a model on their output; reweighting needs only a model of what was fixed, but throws away rows: with weights of
mean one and mean square s, n rows tell as much as n / s. So the propensities, which are cheap, are trained first, and
the weights on the data decide.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from idgen_compiler.data.schema import Schema
from idgen_compiler.ir.operands import Role, leaves
from idgen_compiler.ir.operations import Realize, Regenerate, Reweight
from idgen_compiler.ir.program import Program
from idgen_torch.running.overlap.effective import MASS
from idgen_torch.running.record import Choice, Overlap
from idgen_torch.running.weights.reweighting import NoOverlap

__all__ = ["EFFECTIVE", "WIDEST", "choices"]

EFFECTIVE = 0.7
"""From this fraction of effective rows on reweighting is taken (measured: docs/reweighting.md)."""

WIDEST = 8
"""A density of more real numbers than this is not trusted as a propensity, nor trained to find out."""


def choices(
    program: Program, schema: Schema, overlap: Callable[[str], Overlap], brought: Collection[str] = ()
) -> tuple[Choice, ...]:
    """The way of each law that the samplers need and that has two, in program order, and why.

    `overlap` trains what reweighting a data set takes, and says how far its rows go; it raises NoOverlap. Models that
    are `brought` have no density.
    """
    deciding = _Deciding(program, schema, overlap, brought)
    for op in reversed(program.laws):  # outer laws first: which inner ones are needed depends on their ways
        if len(op.ways) > 1 and any(op.result == law.result for law in program.realized(deciding.ways).laws):
            deciding.ways[op.result] = Reweight.word if deciding.weighs(op) else Regenerate.word
    return tuple(deciding.made[op.result] for op in program.laws if op.result in deciding.ways)


class _Deciding:
    """What was found out so far about the laws of a program."""

    def __init__(
        self, program: Program, schema: Schema, overlap: Callable[[str], Overlap], brought: Collection[str]
    ) -> None:
        self.program, self.schema, self.overlap, self.brought = program, schema, overlap, frozenset(brought)
        self.ways: dict[str, str] = {}
        self.made: dict[str, Choice] = {}
        self.laws = {op.result: op for op in program.laws}

    def weighs(self, op: Realize) -> bool:
        """Whether the rows of a law are to be weighed; what was found out once is kept."""
        if op.result not in self.made:
            self.made[op.result] = self.choice(op)
        return self.made[op.result].chosen == Reweight.word

    def choice(self, op: Realize) -> Choice:
        way = op.reweight
        if way is None:
            return Choice(op.result, Regenerate.word, "its rows cannot be weighed", None, EFFECTIVE)
        source = self.laws.get(way.data)
        if source is not None and not self.weighs(source):
            return Choice(op.result, Regenerate.word, f"{way.data} is not reweighted", None, EFFECTIVE)
        if brought := self.brought.intersection(leaves(way, Role.MODEL)):
            reason = f"what is brought for {min(brought)} has no density to weigh rows by"
            return Choice(op.result, Regenerate.word, reason, None, EFFECTIVE)
        for draw in way.do:
            width = sum(part.dim for part in self.schema.parts(draw.slot) if not part.discrete)
            if width > WIDEST:
                reason = f"{draw.slot} has {width} real numbers, too many for a density to weigh rows by"
                return Choice(op.result, Regenerate.word, reason, None, EFFECTIVE)
        try:
            found = self.overlap(op.result)
        except NoOverlap as error:
            return Choice(op.result, Regenerate.word, str(error), None, EFFECTIVE)
        if found.effective < EFFECTIVE:
            reason = f"{found.effective:.1%} of the rows stay effective after reweighting {found.variables}"
            return Choice(op.result, Regenerate.word, reason, found, EFFECTIVE)
        if not MASS <= found.mass <= 1 / MASS:
            reason = f"the weights of {found.variables} have mean {found.mass:.2f} and not one"
            return Choice(op.result, Regenerate.word, reason, found, EFFECTIVE)
        reason = f"{found.effective:.0%} of the rows stay effective after reweighting {found.variables}"
        return Choice(op.result, Reweight.word, reason, found, EFFECTIVE)
