"""What a verification found, as values and as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from idgen_compiler.forms.markup import joined, table, tag
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.query import Query
from idgen_compiler.verify.peer import PeerAnswer

__all__ = ["Comparison", "VerificationReport", "VerificationRow", "Verdict"]

Verdict = Literal["agrees", "differs", "absent", "error"]
VERDICTS: tuple[Verdict, ...] = ("agrees", "differs", "absent", "error")


@dataclass(frozen=True, slots=True)
class Comparison:
    """How one answer stands to the truth of one model.

    `difference` is the largest total variation over the given values, exactly zero where the answer agrees and None
    where there is nothing to compare; `detail` says why.
    """

    verdict: Verdict
    difference: Fraction | None = None
    detail: str = ""

    @classmethod
    def of(cls, difference: Fraction) -> Comparison:
        """Agreement at a difference of exactly zero."""
        return cls("differs" if difference else "agrees", difference)


@dataclass(frozen=True, slots=True)
class VerificationRow:
    """One random model: our answers by name (estimand, programs), and y0's."""

    model: int
    ours: Mapping[str, Comparison]
    y0: Comparison

    @property
    def ok(self) -> bool:
        """Whether all of ours equal the truth; y0's answer does not count."""
        return all(comparison.verdict == "agrees" for comparison in self.ours.values())


@dataclass(frozen=True)
class VerificationReport:
    """Our answers to a query, y0's, and the truth of random structural models, side by side.

    Every comparison is one of equal rational numbers, so that there is no tolerance: modulo four random 49-bit primes,
    in which different ones agree with a chance below 10^-26, and in fractions for what differs there. `str()` and
    `to_markdown()` give a table for people.
    """

    query: Query
    graph: ADMG
    seed: int
    rows: tuple[VerificationRow, ...]
    y0: PeerAnswer

    @property
    def ok(self) -> bool:
        """Whether the estimand and every program equal the truth in every model. What y0 says does not count."""
        return all(row.ok for row in self.rows)

    @property
    def verdict(self) -> str:
        """One sentence about our answers."""
        count = len(self.rows)
        for row in self.rows:
            for name, found in row.ours.items():
                if found.verdict != "agrees":
                    what = found.detail or f"differs from the truth by {_number(found.difference)}"
                    return f"NOT verified: in model {row.model} the {name} {what}"
        answers = ", ".join(self.rows[0].ours) if self.rows else ""
        exactly = "as exact fractions modulo four random primes"
        return f"verified: {answers} equal the truth in {count} of {count} models, {exactly}"

    @property
    def y0_verdict(self) -> str:
        """One sentence about y0's answer."""
        name = self._y0_name
        if self.y0.expression is None:
            return self.y0.failure
        failed = next((row.y0.detail for row in self.rows if row.y0.verdict == "error"), "")
        if failed:
            return f"{name} answers {self.y0}, which has no value: {failed}"
        wrong = [row for row in self.rows if row.y0.verdict == "differs"]
        if wrong:
            return (
                f"{name} answers {self.y0}, which differs from the truth in {len(wrong)} of {len(self.rows)} models; "
                "the error is y0's"
            )
        return f"{name} answers {self.y0}, which equals the truth in every model"

    def to_markdown(self) -> str:
        """The report as Markdown: a table with a line for each answer, then what it means."""
        header, *lines = self._table()
        rule = ["---", *["--:"] * (len(header) - 1)]
        drawn = ["| " + " | ".join(cells) + " |" for cells in (header, rule, *lines)]
        return "\n".join([f"**{self._title}**", "", *drawn, "", self.verdict + ".", "", self.y0_verdict + "."])

    def _repr_html_(self) -> str:
        header, *lines = self._table()
        shown = table(header, lines, range(1, len(header)), self._title)
        return joined([shown, tag("p", f"{self.verdict}."), tag("p", f"{self.y0_verdict}.")])

    def __str__(self) -> str:
        cells = self._table()
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [
            "  ".join(
                cell.ljust(w) if k == 0 else cell.rjust(w) for k, (cell, w) in enumerate(zip(line, widths, strict=True))
            )
            for line in cells
        ]
        return "\n".join([self._title, "", *(f"  {line}" for line in lines), "", self.verdict, self.y0_verdict])

    @property
    def _title(self) -> str:
        return f"{self.query} in {len(self.rows)} random models with hidden causes (seed {self.seed})"

    @property
    def _y0_name(self) -> str:
        return f"y0 {self.y0.version}".strip()

    @property
    def table(self) -> tuple[tuple[str, ...], ...]:
        """A header and a line for each answer."""
        return tuple(map(tuple, self._table()))

    def _table(self) -> list[list[str]]:
        answers: dict[str, list[Comparison]] = {}
        for row in self.rows:
            for name, found in (*row.ours.items(), (self._y0_name, row.y0)):
                answers.setdefault(name, []).append(found)
        lines = [["", *VERDICTS, "largest difference"]]
        lines += [[name, *_counts(found), _largest(found)] for name, found in answers.items()]
        return lines


def _counts(found: Sequence[Comparison]) -> list[str]:
    verdicts = [comparison.verdict for comparison in found]
    return [str(verdicts.count(verdict)) for verdict in VERDICTS]


def _largest(found: Sequence[Comparison]) -> str:
    differences = [c.difference for c in found if c.difference is not None]
    return _number(max(differences)) if differences else ""


def _number(value: Fraction | None) -> str:
    """0 for exact equality, else a rounded decimal that never reads as 0."""
    return "0" if not value else f"{float(value):.3g}"
