"""The stages of a compilation in writing: what each rewrite and pass left, and what it saved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import pairwise

from idgen_compiler.compile import Compilation, Stage
from idgen_compiler.ir.cost import Cost
from idgen_compiler.report.page import Page
from idgen_compiler.report.report import Report

__all__ = ["StageReport", "StagesReport", "describe_stages", "saved"]


@dataclass(frozen=True, slots=True)
class StageReport(Report):
    """What one rewrite or pass left: formula and program as they are written, and the program's counts."""

    name: str
    cost: Cost
    program: str
    formula: str | None = None  #: while the estimand is what is rewritten
    before: Cost | None = None  #: the counts of the stage before; None for the first
    changed: bool = True

    def write(self, page: Page) -> None:
        """Write the counts that changed, and what the stage left; one line where it changed nothing."""
        if not self.changed:
            page.code(f"{self.name}: nothing to do")
            return
        counts = _counts(self.cost) if self.before is None else saved(self.before, self.cost) or "the same counts"
        page.code("\n".join(filter(None, (f"{self.name}: {counts}", self.formula, self.program))))


@dataclass(frozen=True, slots=True)
class StagesReport(Report):
    """How a program came about, from the literal one on."""

    stages: tuple[StageReport, ...]

    @classmethod
    def of(cls, compilation: Compilation) -> StagesReport:
        """The stages of a compilation."""
        return cls(tuple(_stages(compilation)))

    def write(self, page: Page) -> None:
        """Write the stages one after the other."""
        for number, stage in enumerate(self.stages):
            if number:
                page.text()
            stage.write(page)


def describe_stages(compilation: Compilation) -> str:
    """Every stage with its cost: the estimand while it is rewritten, and the program, where they changed.

    >>> import idgen_compiler as idgen
    >>> front_door = idgen.ADMG.parse("X -> M -> Y; X <-> Y")
    >>> compilation = idgen.explain(idgen.Query.parse("P(Y | do(X))"), front_door)
    >>> print(describe_stages(compilation).splitlines()[0])
    literal: regenerations 1, reweightings 0, models 4, inputs 4, widest 2, depth 2, evaluations 2, conditions 0
    >>> [stage.name for stage in StagesReport.of(compilation).stages if stage.changed]
    ['literal', 'Eliminate', 'ResampleRows', 'DropDead', 'Renumber']
    """
    return str(StagesReport.of(compilation))


def saved(before: Cost, after: Cost) -> str:
    """What became of each count; empty where nothing changed.

    >>> counts = dict(regenerations=0, reweightings=0, inputs=7, widest=3, depth=1, evaluations=1)
    >>> saved(Cost(models=4, **counts), Cost(models=3, **counts))
    'models 4 -> 3'
    """
    pairs = ((f.name, getattr(before, f.name), getattr(after, f.name)) for f in fields(Cost))
    return ", ".join(f"{name} {old} -> {new}" for name, old, new in pairs if old != new)


def _stages(compilation: Compilation) -> Iterator[StageReport]:
    first, *_ = compilation.stages
    yield StageReport("literal", first.cost, str(first.program), _formula(first))
    for before, after in pairwise(compilation.stages):
        name = f"{after.name} ({compilation.posing})" if after.name == "Pose" else after.name
        same_formula = after.estimand is None or _formula(before) == _formula(after)
        changed = before.program.operations != after.program.operations or not same_formula
        yield StageReport(name, after.cost, str(after.program), _formula(after), before.cost, changed)


def _counts(cost: Cost) -> str:
    return ", ".join(f"{f.name} {getattr(cost, f.name)}" for f in fields(Cost))


def _formula(stage: Stage) -> str | None:
    return str(stage.estimand) if stage.estimand is not None else None
