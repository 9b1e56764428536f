"""Independences that a graph claims, tested quickly: pair by pair, with small sets of given variables, on few rows.

A check before a fit, where `check_graph` is the thorough one. A dependence counts only where it is both beyond chance
(Bonferroni over all tests) and strong enough to matter, so that neither many tests nor millions of rows raise a false
alarm.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import combinations
from math import exp, log

import numpy as np

from idgen_compiler.check.columns import FEWEST_ROWS, Columns
from idgen_compiler.check.dependence import Margin, dependence, residual_dependence
from idgen_compiler.check.implication import Implication, separator
from idgen_compiler.errors import IdgenError
from idgen_compiler.graph.admg import ADMG

__all__ = ["Contradiction", "contradictions", "independences"]

ALPHA = 1e-3
"""The chance of a false alarm in one check, on data from the graph."""

STRONG, STRONG_GIVEN = 0.05, 0.1
"""The least strength that counts: a correlation or Cramér's V, and one of residuals, which regressions leave some."""

ROWS_GIVEN = 5_000
MOST_GIVEN, MOST_COLUMNS, MOST_TESTS_GIVEN = 3, 60, 20


@dataclass(frozen=True, slots=True)
class Contradiction:
    """An independence of the graph that the rows contradict.

    `strength` is between 0 and 1: an absolute rank correlation, or Cramér's V where one variable is a category or the
    relation is no monotone one (`measure` says which), of residuals where variables are given. `p_value` is before
    correction for the number of tests, `rows` how many were looked at.
    """

    implication: Implication
    measure: str
    strength: float
    p_value: float
    rows: int

    def __str__(self) -> str:
        given = f" given {', '.join(self.implication.given)}" if self.implication.given else ""
        chance = f"p = {self.p_value:.1g}" if self.p_value >= 1e-99 else "p < 1e-99"
        return f"{self.implication.b} and {self.implication.a}{given} ({self.measure} {self.strength:.2f}, {chance})"


def independences(graph: ADMG, among: Collection[str], most_given: int = MOST_GIVEN) -> Iterator[Implication]:
    """The independences of pairs of some variables given at most so many others of them, at most one for each pair.

    >>> [str(found) for found in independences(ADMG.parse("A -> M -> Y; B -> Y"), list("AMYB"))]
    ['B ⊥ A', 'Y ⊥ A | M', 'B ⊥ M']
    """
    allowed = graph.mask_of(among)
    for j, i in combinations(sorted(graph.mask_of([name]).bit_length() - 1 for name in among), 2):
        if (graph.parents_of_bit(i) | graph.siblings_of_bit(i)) >> j & 1:
            continue
        known = separator(graph, 1 << i, 1 << j)
        if known is not None and not known & ~allowed and known.bit_count() <= most_given:
            yield Implication(graph.names(1 << i)[0], graph.names(1 << j)[0], graph.names(known))


def contradictions(
    graph: ADMG, columns: Columns, first: Collection[str] = (), *, alpha: float = ALPHA, seed: int = 0
) -> tuple[Contradiction, ...]:
    """The independences of the graph that the rows contradict, the strongest first.

    All pairs of columns that are independent in the graph are tested, and so many conditional independences, those of
    `first` before others; nothing is tested given a free text. With rows drawn from the graph the chance of finding any
    is below `alpha`.
    Raises IdgenError where scipy is not installed.

    Shape of each column: (rows,). Source of the tests: Pearson's chi-squared and the likelihood ratio of binned values
    (Agresti 2013, section 3.2), Spearman's rank correlation, and for conditional ones Shah and Peters (2020).

    >>> from idgen_compiler.check.columns import CodedColumn
    >>> a = np.arange(1000) % 2
    >>> (found,) = contradictions(ADMG.parse("A; B"), {"A": CodedColumn(a, 2), "B": CodedColumn(1 - a, 2)})
    >>> found.implication.a, found.measure, round(found.strength, 2)
    ('B', "Cramér's V", 1.0)
    """
    _need_scipy()
    names = [name for name in graph.order if name in columns][:MOST_COLUMNS]
    total = len(columns[names[0]].values) if names else 0
    if total < FEWEST_ROWS:
        return ()
    found = [one for one in independences(graph, names) if not any(columns[name].partial for name in one.given)]
    plain = [implication for implication in found if not implication.given]
    conditional = [implication for implication in found if implication.given]
    conditional.sort(key=lambda i: (-len({i.a, i.b}.intersection(first)), len(i.given)))
    conditional = conditional[:MOST_TESTS_GIVEN]
    log_alpha = log(alpha / max(len(plain) + len(conditional), 1))
    margins = {name: Margin.of(columns[name]) for name in names}
    contradicted = [(i, dependence(margins[i.a], margins[i.b])) for i in plain]
    generator = np.random.default_rng(seed)
    few = np.arange(total) if total <= ROWS_GIVEN else np.sort(generator.choice(total, ROWS_GIVEN, replace=False))
    for i in conditional:
        a, b, *given = (columns[name].at(few) for name in (i.a, i.b, *i.given))
        contradicted.append((i, residual_dependence(a, b, given, generator, log_alpha)))
    kept = [
        Contradiction(i, result.measure, result.strength, exp(result.log_p), len(few) if i.given else total)
        for i, result in contradicted
        if result.log_p < log_alpha and result.strength >= (STRONG_GIVEN if i.given else STRONG)
    ]
    return tuple(sorted(kept, key=lambda found: (len(found.implication.given) > 0, -found.strength)))


def _need_scipy() -> None:
    try:
        import scipy.special  # noqa: F401
    except ImportError:
        raise IdgenError("testing independence needs scipy; pip install scipy, or leave it out") from None
