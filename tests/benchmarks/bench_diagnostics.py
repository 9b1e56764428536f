"""Diagnostics of 200 fits, half of them spoilt on purpose: which are flagged, and with the right sentence?

Tables of 1,000 to 4,000 rows are drawn from random structural models on a back-door, a front-door, a napkin and a
mediation graph, of categories alone or of numbers and categories, in which every arrow matters and every value meets
every other. 100 are fitted as they are; a fifth of them have laws that bend. 20 each are spoilt in one of five ways:
a column that the program reads is shuffled; networks pass over the rows one to three times only, where that costs 0.05
nats a row or more on fresh rows (four tables are tried); a category is fitted as a number, or a number, rounded to
hundredths of its deviation, as a category; one variable becomes a function of another, so that values never meet; one
arrow of the graph is left out or turned, so that the graph implies something that is not true. A fit counts as flagged
when its light is not green, and as told when the right sentence is there: a column that depends on nothing, by its
name; a training that ended early or a model that does not fit; a type, by the column's name; a lack of overlap; a
contradicted implication. Diagnostics get no fresh rows. In parentheses the 95 % interval of Wilson (1927). Thresholds
were chosen with other seeds. The last row says how many of all arrows that could be left out or turned rows can tell of
at all; no others were drawn. Finished rows are kept in out/diagnostics, so that an interrupted benchmark goes on:
remove them when what is fitted or judged changes.
"""

from __future__ import annotations

import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from statistics import median

import idgen_compiler as idgen
from idgen_compiler.hinge.diagnostics import Diagnostics
from tests.benchmarks.diagnostics.spoils import SPOILS, alterations, halves, said, spoilt
from tests.benchmarks.diagnostics.tables import GRAPHS, Case, drawn
from tests.benchmarks.once import made_once
from tests.benchmarks.report import Row

__all__ = ["run"]

SEED = 50_000
"""Tables of seeds below this were looked at while thresholds were chosen."""

KEPT = Path("out/diagnostics")
COST, TRIES = 0.05, 4
ROWS = (1_000, 2_000, 4_000)


def run(quick: bool = False) -> list[Row]:
    """A row for each way to spoil a fit, one for fits that were left alone, and one for arrows."""
    warnings.simplefilter("ignore")
    each = 1 if quick else 20
    rows = [_kept(quick, "left alone", lambda: _alone(each if quick else 100))]
    for number, spoil in enumerate(SPOILS):
        rows.append(_kept(quick, spoil, lambda spoil=spoil, number=number: _all_spoilt(spoil, number, each)))
    return [*rows, _arrows()]


def _kept(quick: bool, name: str, cases: Callable[[], Iterable[Case]]) -> Row:
    """The row of these cases, from its file where it was made before."""

    def make() -> Row:
        return _row(name, [_judged(case) for case in cases()], "" if name == "left alone" else name)

    return make() if quick else made_once(KEPT / f"{name}.json", make)


def _judged(case: Case) -> tuple[Case, Diagnostics, float]:
    """What is said of a fit, and how many processor seconds the fit took."""
    program = idgen.compile(idgen.Query.parse(case.query), case.graph)
    began = time.process_time()
    sampler = program.fit(case.data, progress=False, seed=0, **case.options)
    return case, sampler.diagnostics(), time.process_time() - began


def _alone(count: int) -> Iterator[Case]:
    for k in range(count):
        yield drawn(_name(k), k // 4 % 2 == 1, ROWS[k % 3], SEED + k, bent=k % 5 == 0)


def _name(k: int) -> str:
    return list(GRAPHS)[k % len(GRAPHS)]


def _all_spoilt(spoil: str, number: int, each: int) -> list[Case]:
    return [case for k in range(each) if (case := _spoilt(spoil, number, k)) is not None]


def _spoilt(spoil: str, number: int, k: int) -> Case | None:
    """A spoilt case; None where too few passes cost nothing in so many tries."""
    seed, numeric = SEED + 1_000 * (1 + number) + k, k // 4 % 2 == 1
    if spoil != "too few passes":
        return spoilt(spoil, _name(k), numeric, ROWS[k % 3], seed)
    for attempt in range(TRIES):
        case = spoilt(spoil, _name(k), True, ROWS[k % 3], seed + 100 * attempt)
        if _cost(case, seed + 100 * attempt) >= COST:
            return case
    return None


def _cost(case: Case, seed: int) -> float:
    """What too few passes cost on fresh rows: nats a row, over all models of the table."""
    rows = len(next(iter(case.data.values())))
    own, fresh = halves(case.name, case.numeric, rows, seed)
    program = idgen.compile(idgen.Query.parse(case.query), case.graph)
    found = []
    for options in (case.options, {}):
        judged = program.fit(own, progress=False, seed=0, **options).diagnostics(fresh)
        scores = [score for model in judged.models if model.judged == "new rows" for score in model.scores]
        found.append(sum(score.value for score in scores if score.name == "log-likelihood"))
    return found[1] - found[0]


def _row(name: str, found: list[tuple[Case, Diagnostics, float]], spoil: str = "") -> Row:
    flagged = sum(not judged.ok for _, judged, _ in found)
    told = [bool(spoil) and said(spoil, case, judged) for case, judged, _ in found]
    if spoil:
        missed = [case for (case, _, _), right in zip(found, told, strict=True) if not right]
        lost = Counter(f"{case.name}, {'numbers' if case.numeric else 'categories'}" for case in missed)
    else:
        lost = Counter(one.topic for _, judged, _ in found for one in judged.concerns[:1])
    return {
        "fit": name,
        "fits": len(found),
        "flagged": _share(flagged, len(found)),
        "told, the right sentence": _share(sum(told), len(found)) if spoil else "",
        "flagged as, or missed on": "; ".join(f"{key} ({count})" for key, count in lost.most_common()),
        "fit, s": median(seconds - judged.seconds for _, judged, seconds in found),
        "diagnostics, s": median(judged.seconds for _, judged, _ in found),
    }


def _arrows() -> Row:
    every = [seen for name in GRAPHS for _, seen in alterations(drawn(name, False, 50, 0))]
    return {"fit": "arrows that rows can tell of", "fits": len(every), "flagged": _share(sum(every), len(every))}


def _share(count: int, total: int) -> str:
    from scipy.stats import binomtest

    interval = binomtest(count, total).proportion_ci(method="wilson")
    return f"{count / total:.0%} ({interval.low:.0%} to {interval.high:.0%})"
