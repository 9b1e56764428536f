"""Equal programs: others that give the same answer, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from idgen_compiler.ir.program import Program

__all__ = ["Alternative", "Alternatives"]


@dataclass(frozen=True)
class Alternative:
    """A program that gives the answer, what it is, and how sure it is on rows.

    form: how it is made, as "-O1, reweighted".
    why: the equalities that lead to it.
    se: a standard error that stands for those of the answer (see `Alternatives`), where rows were measured.
    """

    form: str
    program: Program
    why: str = ""
    se: float | None = None


class Alternatives(tuple[Alternative, ...]):
    """Equal programs, the one that they are compared with first; prints as a table.

    Once there are rows, `se` of each is the root mean square of the standard errors of its answers: the share of each
    cell of the outcomes, wherever rows have the values that are set. The table shows it as a multiple of the least.
    """

    __slots__ = ()

    @classmethod
    def alone(cls, program: Program) -> Alternatives:
        """A program that nothing else is known to be equal to."""
        return cls((Alternative("as it is", program),))

    @property
    def programs(self) -> tuple[Program, ...]:
        """The programs alone."""
        return tuple(each.program for each in self)

    def measured(self, errors: Sequence[float | None]) -> Alternatives:
        """With a standard error for each, None where none could be had."""
        return Alternatives(replace(each, se=se) for each, se in zip(self, errors, strict=True))

    @property
    def best(self) -> Alternative:
        """The one with the least standard error, the first of these; the first of all where none was measured."""
        return min(self, key=lambda each: float("inf") if each.se is None else each.se)

    def __str__(self) -> str:
        least = self.best.se
        head = ["", "form", "models", "inputs", "regenerated", "reweighted", "columns"]
        rows = [[*head, "se / least"] if least is not None else head]
        for k, each in enumerate(self):
            cost = each.program.cost
            counts = (cost.models, cost.inputs, cost.regenerations, cost.reweightings)
            row = [str(k), each.form, *map(str, counts), str(len(each.program.observe.variables))]
            if least is not None:
                row.append("-" if each.se is None else f"{each.se / least if least else 1:.3f}")
            rows.append([*row, each.why])
        widths = [max(len(row[k]) for row in rows if k < len(row)) for k in range(max(map(len, rows)))]
        return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=False)).rstrip() for row in rows)
