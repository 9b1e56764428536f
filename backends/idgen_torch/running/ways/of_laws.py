"""In which way each law is realized where there are two: new rows from generators, or the observed rows weighed.

Both have the same law; they differ in what a finite table of data makes of them. Regenerating trains generators and
then a model on their output; reweighting needs only a model of what was fixed, but throws away rows: with weights of
mean one and mean square s, n rows tell as much as n / s. So the propensities, which are cheap, are trained first, to
see that weights can be had. Where all is categories, the standard errors of the answers by both ways are known before
anything else is trained, and the smaller one decides. Elsewhere, where hardly any row counts, and where both are
level, the effective rows do: the standard errors are those of plain frequencies, and smoothed models share strength
between cells of few rows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from idgen_compiler.data.schema import Schema
from idgen_compiler.ir.operands import Role, leaves
from idgen_compiler.ir.operations import Realize, Regenerate, Reweight, Train
from idgen_compiler.ir.program import Program
from idgen_torch.running.choices import Choice, Errors, Overlap
from idgen_torch.running.overlap.effective import FEW_EFFECTIVE, MASS
from idgen_torch.running.ways.of_models import WIDEST, Weighing
from idgen_torch.running.weights.reweighting import NoOverlap

__all__ = ["EFFECTIVE", "choices"]

EFFECTIVE = 0.7
"""From this fraction of effective rows on reweighting is taken where no standard error can be had (measured:
docs/reweighting.md)."""

LEVEL = 1.02
"""Up to this ratio two standard errors are level."""


Error = Callable[[Program], float | None]


def choices(
    program: Program,
    schema: Schema,
    overlap: Callable[[str], Overlap],
    brought: Collection[str] = (),
    error: Error = lambda program: None,
    weighing: Weighing | None = None,
) -> tuple[Choice, ...]:
    """The way of each law, and of each model of one, that samplers need and that has two, in program order, and why.

    `overlap` trains what reweighting a data set takes, and says how far its rows go; it raises NoOverlap. Models that
    are `brought` have no density. `error` is the standard error of a program's answers on the data, None where it is
    not known; `weighing` decides on models, which without it are trained.
    """
    deciding = _Deciding(program, schema, overlap, brought, error)
    for op in reversed(program.operations):  # outer laws first: which inner ones are needed depends on their ways
        if isinstance(op, Realize) and len(op.ways) > 1 and deciding.needs(op):
            deciding.ways[op.result] = Reweight.word if deciding.weighs(op) else Regenerate.word
        elif isinstance(op, Train) and op.condition and weighing is not None and deciding.needs(op):
            choice = weighing.choice(op)
            if choice is not None:
                deciding.made[op.result] = choice
                deciding.ways[op.result] = choice.chosen
    return tuple(deciding.made[op.result] for op in program.operations if getattr(op, "result", "") in deciding.ways)


class _Deciding:
    """What was found out so far about the laws of a program."""

    def __init__(
        self,
        program: Program,
        schema: Schema,
        overlap: Callable[[str], Overlap],
        brought: Collection[str],
        error: Error,
    ) -> None:
        self.error = error
        self.program, self.schema, self.overlap, self.brought = program, schema, overlap, frozenset(brought)
        self.ways: dict[str, str] = {}
        self.made: dict[str, Choice] = {}
        self.laws = {op.result: op for op in program.laws}

    def needs(self, op: Realize | Train) -> bool:
        """Whether the samplers need a value, by the ways that were taken so far."""
        return any(op.result == each.result for each in self.program.realized(self.ways).operations)

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
        if not MASS <= found.mass <= 1 / MASS:
            reason = f"the weights of {found.variables} have mean {found.mass:.2f} and not one"
            return Choice(op.result, Regenerate.word, reason, found, EFFECTIVE)
        errors = self.errors(op) if found.effective >= FEW_EFFECTIVE else None
        if errors is not None and not 1 / LEVEL <= errors.ratio <= LEVEL:
            taken = Reweight.word if errors.ratio < 1 else Regenerate.word
            return Choice(op.result, taken, str(errors), found, EFFECTIVE, errors)
        if found.effective < EFFECTIVE:
            taken, share = Regenerate.word, f"{found.effective:.1%}"
        else:
            taken, share = Reweight.word, f"{found.effective:.0%}"
        reason = f"{share} of the rows stay effective after reweighting {found.variables}"
        if errors is not None:
            reason = f"{errors}, which is level, and {reason}"
        return Choice(op.result, taken, reason, found, EFFECTIVE, errors)

    def errors(self, op: Realize) -> Errors | None:
        """The standard errors of the answers by both ways, with the other laws as they were decided."""
        weighed, regenerated = (
            self.error(self.program.realized({**self.taken, op.result: way}))
            for way in (Reweight.word, Regenerate.word)
        )
        return Errors(weighed, regenerated) if weighed and regenerated else None

    @property
    def taken(self) -> dict[str, str]:
        """What was decided so far, of laws that the samplers need and of those that their weights rest on."""
        return {**{name: choice.chosen for name, choice in self.made.items()}, **self.ways}
