"""What a check of a graph found, as values and as text."""

from __future__ import annotations

from dataclasses import dataclass

from idgen_compiler.check.implication import Implication
from idgen_compiler.check.verdict import Outcome
from idgen_compiler.forms.markup import bullets, joined, table, tag
from idgen_compiler.graph.admg import ADMG

__all__ = ["Finding", "GraphCheck"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One implication and its test; `corrected` is the p-value after correction for the number of tests."""

    implication: Implication
    outcome: Outcome
    corrected: float | None
    rejected: bool

    @property
    def sentence(self) -> str:
        """The implication and what the data say about it, in plain words."""
        if self.outcome.p_value is None:
            return f"{self.implication.sentence}: not tested, since {self.outcome.why}"
        said = "the data contradict this" if self.rejected else "the data do not contradict this"
        return f"{self.implication.sentence}: {said}"


@dataclass(frozen=True)
class GraphCheck:
    """The testable implications of a graph beside what the data say about each.

    `rows` is the number of rows; `correction` is how p-values were corrected ("holm" or "bh") and `alpha` the level.
    What is not rejected is not thereby proven, and graphs with the same implications cannot be told apart.
    """

    graph: ADMG
    rows: int
    findings: tuple[Finding, ...]
    alpha: float
    correction: str

    @property
    def ok(self) -> bool:
        """Whether no implication is rejected."""
        return not self.rejected

    @property
    def rejected(self) -> tuple[Finding, ...]:
        """The implications that the data contradict."""
        return tuple(finding for finding in self.findings if finding.rejected)

    @property
    def untested(self) -> tuple[Finding, ...]:
        """The implications for which the data allow no test."""
        return tuple(finding for finding in self.findings if finding.outcome.p_value is None)

    @property
    def verdict(self) -> str:
        """One sentence about the graph."""
        if not self.findings:
            return "the graph has no testable implications: every law of its variables fits it"
        tested = len(self.findings) - len(self.untested)
        left = f"; {len(self.untested)} could not be tested" if self.untested else ""
        if self.ok:
            return f"the data contradict none of {tested} tested implications at level {self.alpha:g}{left}"
        return (
            f"the data contradict {len(self.rejected)} of {tested} tested implications at level {self.alpha:g}, so an "
            f"edge is missing or points the wrong way{left}"
        )

    @property
    def table(self) -> tuple[tuple[str, ...], ...]:
        """A header and a line for each implication."""
        header = ("implication", "test", "rows", "statistic", "df", "p", "corrected p", "")
        return (header, *map(_line, self.findings))

    def to_markdown(self) -> str:
        """The report as Markdown: a table, then what it means."""
        lines = [f"**{self._title}**", ""]
        if self.findings:
            header, *rows = self.table
            rule = ["---", "---", *["--:"] * 5, "---"]
            cells = [[cell.replace("|", "\\|") for cell in row] for row in (header, rule, *rows)]
            lines += ["| " + " | ".join(row) + " |" for row in cells]
            lines += ["", *(f"- {finding.sentence}" for finding in self.findings), ""]
        return "\n".join([*lines, f"{self.verdict}."])

    def _repr_html_(self) -> str:
        header, *rows = self.table
        shown = table(header, rows, range(2, 7), self._title) if rows else tag("p", self._title)
        return joined([shown, bullets(finding.sentence for finding in self.findings), tag("p", f"{self.verdict}.")])

    def __str__(self) -> str:
        lines = [self._title, ""]
        if self.findings:
            widths = [max(map(len, column)) for column in zip(*self.table, strict=True)]
            for row in self.table:
                cells = [
                    cell.ljust(width) if k in (0, 1, 7) else cell.rjust(width)
                    for k, (cell, width) in enumerate(zip(row, widths, strict=True))
                ]
                lines.append("  " + "  ".join(cells).rstrip())
            lines += ["", *(f"  {finding.sentence}" for finding in self.findings), ""]
        return "\n".join([*lines, self.verdict])

    @property
    def _title(self) -> str:
        count = f"{len(self.findings)} testable implication{'s' * (len(self.findings) != 1)}"
        return f"{count}, {self.rows:,} rows, p-values corrected by {self.correction}"


def _line(finding: Finding) -> tuple[str, ...]:
    outcome = finding.outcome
    name = str(finding.implication)
    if outcome.p_value is None or finding.corrected is None:
        return (name, "not tested", "", "", "", "", "", "")
    freedom = str(outcome.freedom) if outcome.freedom else ""
    numbers = (f"{outcome.rows:,.0f}", f"{outcome.statistic:.2f}", freedom)
    return (name, outcome.test, *numbers, _p(outcome.p_value), _p(finding.corrected), "REJECTED" * finding.rejected)


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else f"{value:.1e}" if value >= 1e-99 else "< 1e-99"
