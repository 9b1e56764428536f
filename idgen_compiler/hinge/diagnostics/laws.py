"""Data sets beside their source, the graph beside the rows, and estimates beside their plug-in."""

from __future__ import annotations

from dataclasses import dataclass

from idgen_compiler.hinge.diagnostics.models import Test

__all__ = ["Arrow", "Correction", "DataDiagnosis", "Dependence", "GraphTest", "Marginal"]


@dataclass(frozen=True, slots=True)
class Marginal:
    """One variable of a data set whose law should be that of its source.

    The effect of `test` is the Kolmogorov distance of numbers, the total variation of categories (0 to 1).
    """

    variable: str
    test: Test


@dataclass(frozen=True, slots=True)
class Dependence:
    """How strongly two variables depend on each other in the source and in the data set, where both should be alike.

    measure: "rank correlation" or "mutual information" (nats, of binned values).  The effect of `test` is the
    difference.
    """

    one: str
    other: str
    measure: str
    source: float
    made: float
    test: Test


@dataclass(frozen=True, slots=True)
class DataDiagnosis:
    """One data set that a program regenerates or reweights.

    effective_rows: Kish's number of rows that would weigh as much if all weighed alike.  exact: it was summed as cells,
    so that nothing drifts.  marginals, dependences: of variables whose law the intervention leaves alone, beside the
    source.  moved: variables that it moves, on purpose.
    """

    operation: str
    law: str
    rows: int
    effective_rows: float
    exact: bool = False
    marginals: tuple[Marginal, ...] = ()
    dependences: tuple[Dependence, ...] = ()
    moved: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.exact:
            return f"{self.operation}: {self.law}  summed exactly, nothing drifts"
        head = f"{self.operation}: {self.law}  {self.rows} rows, {self.effective_rows:.0f} effective"
        tests = [*(one.test for one in self.marginals), *(one.test for one in self.dependences)]
        if not tests:
            return f"{head}, nothing to compare with the source"
        worst = min(tests, key=lambda one: one.corrected)
        return f"{head}, {len(tests)} comparisons with the source, the farthest: {worst}"


@dataclass(frozen=True, slots=True)
class GraphTest:
    """An independence, or a functional (Verma) constraint, that the graph implies, and what rows say about it.

    test: None where rows allow none, and `why` says why.
    """

    implication: str
    sentence: str
    functional: bool
    rejected: bool
    test: Test | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Arrow:
    """An edge of the graph, and how strongly its ends depend on each other in the rows.

    ends: tail and head of an arrow, or both ends of a bidirected edge.  given: what is held fixed beside.  The effect
    of `test` is a correlation, of residuals where something is given. An edge need not show: rows may be few, or the
    effect may be none.
    """

    ends: tuple[str, str]
    bidirected: bool
    given: tuple[str, ...]
    test: Test

    def __str__(self) -> str:
        return f" {'<->' if self.bidirected else '->'} ".join(self.ends)


@dataclass(frozen=True, slots=True)
class Correction:
    """How far a one-step correction moved an estimate from its plug-in, in standard errors of the estimate."""

    asked: str
    value: float
    error: float
    errors: float

    def __str__(self) -> str:
        return f"{self.asked} = {self.value:.4g} +- {self.error:.3g}, moved {self.errors:+.2f} of its errors"
