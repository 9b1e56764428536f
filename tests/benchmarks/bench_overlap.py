"""Warnings of missing overlap: how often good data get one, and whether data in which values never meet do.

Good data are drawn from random models in which every law is at least .1 of an even one (categories) or has half its
variance or more for itself (numbers), so that every value meets every other: 200 data sets of 500 to 5,000 rows, of
random graphs with identifiable queries, and of back-doors, front-doors and napkins of categories, numbers and both.
Each is fitted once (`effort="quick"`) and asked at every category, or at five quantiles from .1 to .9. A data set
counts as quiet when neither the fit nor any question warns, be it of draws that are not as the rows; in parentheses the
95 % interval of Wilson (1927). The thresholds were chosen on other draws of such data. Faulty data are ten draws of
each case.

Random queries of categories, half of them with a mechanism that is a function, half with the rows of one pair of values
taken out, are asked where the answer moves by more than .02 in total variation with what is put into cells without
rows; and where each model's inputs hold 50 rows at each of their values together.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np

import idgen_compiler as idgen
from idgen_compiler.estimand.tables import Table
from idgen_compiler.verify import CausalModel
from tests.benchmarks.discrete import rows_of
from tests.benchmarks.overlap_queries import Posed, empty, full
from tests.benchmarks.report import Row
from tests.strategies import random_cases

__all__ = ["FAULTY", "Asked", "clean", "faulty", "run", "warned"]

Columns = dict[str, Any]
Generator = np.random.Generator

EFFECT = "P(Y | do(X))"
BACK_DOOR = "Z -> X -> Y; Z -> Y"
FRONT_DOOR = "X -> M -> Y; X <-> Y"
NAPKIN = "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"
MEASURED: Mapping[str, Any] = {"effort": "quick"}
FRESH = 1
"""The draws that are reported; those of 0 were looked at while thresholds were chosen."""

EVEN = Fraction(3, 10)
"""So much of every law of a good model of categories is even."""


@dataclass(frozen=True)
class Asked:
    """A data set with a query on its graph, and what `sample` is asked."""

    kind: str
    query: str
    graph: str
    data: Columns
    questions: tuple[tuple[Mapping[str, Any], Mapping[str, Any]], ...]


def run(quick: bool) -> list[Row]:
    """Good data by kind, then each faulty case."""
    found: dict[str, list[tuple[bool, bool]]] = {}
    for asked in clean(12 if quick else 200):
        found.setdefault(asked.kind, []).append(warned(asked))
    everything = [pair for pairs in found.values() for pair in pairs]
    rows = [_row(f"good: {kind}", pairs) for kind, pairs in (*found.items(), ("all", everything))]
    for name in FAULTY:
        rows.append(_row(name, [warned(faulty(name, seed)) for seed in range(1 if quick else 10)]))
    for name, posed in (("empty cells", empty(FRESH)), ("cells of 50 rows or more", full(FRESH))):
        queries = [_asked_of(each) for each in islice(posed, 5 if quick else 200)]
        rows.append(_row(f"random queries: {name}", [warned(asked) for asked in queries]))
    return rows


def _asked_of(posed: Posed) -> Asked:
    case = posed.case
    graph = "; ".join(str(case.graph).splitlines())
    return Asked(case.kind, str(case.query), graph, dict(posed.data), ((posed.do, posed.given),))


def warned(asked: Asked, options: Mapping[str, Any] = MEASURED) -> tuple[bool, bool]:
    """Whether the fit, by these options, warned of missing overlap, and whether any question did."""
    program = idgen.compile(idgen.Query.parse(asked.query), idgen.ADMG.parse(asked.graph))
    with warnings.catch_warnings(record=True) as at_fit:
        warnings.simplefilter("always")
        sampler = program.fit(asked.data, backend="torch", seed=0, progress=False, device="cpu", **options)
    with warnings.catch_warnings(record=True) as at_sample:
        warnings.simplefilter("always")
        for k, (do, given) in enumerate(asked.questions):
            sampler.sample(2_000, do=do, given=given, seed=k)
    return _any(at_fit), _any(at_sample)


def _any(caught: list[warnings.WarningMessage]) -> bool:
    return any(issubclass(warning.category, idgen.OverlapWarning) for warning in caught)


def _row(name: str, pairs: list[tuple[bool, bool]]) -> Row:
    fit, sample = (np.mean([pair[k] for pair in pairs]) for k in (0, 1))
    quiet = np.mean([not any(pair) for pair in pairs])
    low, high = _interval(float(quiet), len(pairs))
    return {
        "data": name,
        "data sets": len(pairs),
        "quiet": f"{quiet:.1%} ({low:.1%} to {high:.1%})",
        "warned at fit": f"{fit:.1%}",
        "warned at sample": f"{sample:.1%}",
    }


def _interval(share: float, count: int) -> tuple[float, float]:
    """Wilson's interval of a share, at 95 %."""
    spread = 1.96**2 / count
    center = (share + spread / 2) / (1 + spread)
    half = np.sqrt(spread * (share * (1 - share) + spread / 4)) / (1 + spread)
    return float(max(0, center - half)), float(min(1, center + half))


# -- good data --------------------------------------------------------------------------------------------------------


def clean(count: int, stream: int = FRESH) -> Iterator[Asked]:
    """So many good data sets: a third of random graphs, the rest of known ones, of all kinds of variables."""
    graphs = iter(random_cases(seed=5 + stream))
    kinds = [_back_door, _front_door, _napkin]
    for seed in range(count):
        generator = np.random.default_rng([7 + stream, seed])
        rows = int(np.exp(generator.uniform(np.log(500), np.log(5_000))))
        if seed % 3 == 0:
            case = next(c for c in graphs if c.identifiable and len(c.graph.order) <= 6)
            yield _of_categories(str(case.query), "; ".join(str(case.graph).splitlines()), rows, seed + 1000 * stream)
        elif seed % 12 == 1:
            query, graph = list(zip([EFFECT] * 3, (BACK_DOOR, FRONT_DOOR, NAPKIN), strict=True))[seed // 12 % 3]
            yield _of_categories(query, graph, rows, seed + 1000 * stream)
        else:
            yield kinds[seed // 3 % 3](generator, rows)


def _of_categories(query: str, graph: str, rows: int, seed: int) -> Asked:
    model = CausalModel.random(idgen.ADMG.parse(graph), seed)
    even = {
        name: Table(law.axes, law.values * (1 - EVEN) + EVEN / law.values.shape[0])
        for name, law in model.mechanisms.items()
    }
    data = rows_of(replace(model, mechanisms=even).observational(), rows, seed)
    asked = idgen.Query.parse(query)
    names = (*asked.treatments, *asked.conditions)
    cells = list(np.ndindex(*(model.sizes[name] for name in names)))
    np.random.default_rng(seed).shuffle(cells)
    questions = []
    for cell in cells[:5]:
        values = dict(zip(names, map(int, cell), strict=True))
        there = all(value in data[name] for name, value in values.items())
        if there:
            questions.append(
                ({k: values[k] for k in asked.treatments}, {k: values[k] for k in asked.conditions}),
            )
    return Asked("categories", query, graph, data, tuple(questions))


def _quantiles(values: Any) -> tuple[tuple[Mapping[str, Any], Mapping[str, Any]], ...]:
    return tuple(({"X": float(value)}, {}) for value in np.quantile(values, (0.1, 0.25, 0.5, 0.75, 0.9)))


def _bent(generator: Generator, values: Any) -> Any:
    """A random smooth function of a number, of variance one."""
    a, b, c = generator.normal(size=3)
    found = a * values + b * np.sin(2 * values) + c * np.abs(values)
    return (found - found.mean()) / found.std()


def _noisy(generator: Generator, signal: Any) -> Any:
    """At most half of the variance is the signal's."""
    share = generator.uniform(0.05, 0.5)
    scaled = (signal - signal.mean()) / max(signal.std(), 1e-9)
    noise = generator.normal(size=len(signal))
    return np.sqrt(share) * scaled + np.sqrt(1 - share) * noise


def _binary(generator: Generator, signal: Any) -> Any:
    """A category whose chance lies between .15 and .85."""
    return (generator.random(len(signal)) < 0.15 + 0.7 / (1 + np.exp(-1.5 * signal))).astype(int)


def _back_door(generator: Generator, rows: int) -> Asked:
    """One to six covariates, each a number or one of three categories; a treatment that is a number or a category."""
    columns: Columns = {}
    signal, count = np.zeros(rows), int(generator.integers(1, 7))
    for k in range(count):
        if generator.random() < 0.4:
            columns[f"Z{k}"] = generator.choice(3, size=rows, p=generator.dirichlet([5, 5, 5]))
        else:
            columns[f"Z{k}"] = _noisy(generator, signal) if generator.random() < 0.5 else generator.standard_t(6, rows)
        signal = signal + generator.normal() * _bent(generator, columns[f"Z{k}"].astype(float))
    discrete = generator.random() < 0.5
    x = _binary(generator, signal / max(signal.std(), 1e-9)) if discrete else _noisy(generator, signal)
    data = {**columns, "X": x, "Y": _noisy(generator, signal + x)}
    edges = [f"{z} -> X; {z} -> Y" for z in columns]
    edges += [f"{z} <-> {w}" for k, z in enumerate(columns) for w in list(columns)[:k]]
    questions = tuple(({"X": k}, {}) for k in (0, 1)) if discrete else _quantiles(x)
    return Asked("back-door of numbers and categories", EFFECT, "; ".join([*edges, "X -> Y"]), data, questions)


def _front_door(generator: Generator, rows: int) -> Asked:
    u = generator.normal(size=rows)
    discrete = generator.random() < 0.3
    x = _binary(generator, u) if discrete else _noisy(generator, u)
    m = _binary(generator, 2.0 * x - 1) if generator.random() < 0.3 else _noisy(generator, _bent(generator, 1.0 * x))
    data = {"X": x, "M": m, "Y": _noisy(generator, m + u)}
    questions = tuple(({"X": k}, {}) for k in (0, 1)) if discrete else _quantiles(x)
    return Asked("front-door of numbers and categories", EFFECT, FRONT_DOOR, data, questions)


def _napkin(generator: Generator, rows: int) -> Asked:
    a, b = generator.normal(size=(2, rows))
    w1 = _noisy(generator, a + b)
    w2 = _binary(generator, w1) if generator.random() < 0.3 else _noisy(generator, _bent(generator, w1))
    x = _noisy(generator, w2 + a)
    data = {"W1": w1, "W2": w2, "X": x, "Y": _noisy(generator, _bent(generator, x) + b)}
    return Asked("napkin of numbers and categories", EFFECT, NAPKIN, data, _quantiles(x))


# -- faulty data ------------------------------------------------------------------------------------------------------


def faulty(name: str, seed: int) -> Asked:
    """One draw of a faulty case."""
    generator = np.random.default_rng([11, seed])
    return replace(FAULTY[name](generator, 2_000), kind=name)


def _coin(generator: Generator, share: Any, rows: int) -> Any:
    return (generator.random(rows) < share).astype(int)


def _outcome(generator: Generator, *causes: Any) -> Any:
    chance = 0.1 + 0.8 * np.mean([np.clip(cause, 0, 1) for cause in causes], axis=0)
    return _coin(generator, chance, len(chance))


def _x_is_z(generator: Generator, rows: int) -> Asked:
    z = _coin(generator, 0.5, rows)
    return Asked("", EFFECT, BACK_DOOR, {"Z": z, "X": z.copy(), "Y": _outcome(generator, z)}, (({"X": 0}, {}),))


def _z_implies_x(generator: Generator, rows: int) -> Asked:
    z = _coin(generator, 0.3, rows)
    x = np.maximum(z, _coin(generator, 0.5, rows))
    return Asked("", EFFECT, BACK_DOOR, {"Z": z, "X": x, "Y": _outcome(generator, z, x)}, (({"X": 0}, {}),))


def _given_without_do(generator: Generator, rows: int) -> Asked:
    asked = _z_implies_x(generator, rows)
    return replace(asked, query="P(Y | do(X), Z)", questions=(({"X": 0}, {"Z": 1}),))


def _napkin_of_copies(generator: Generator, rows: int) -> Asked:
    w1 = _coin(generator, 0.5, rows)
    x = _coin(generator, 0.2 + 0.5 * w1, rows)
    data = {"W1": w1, "W2": w1.copy(), "X": x, "Y": _outcome(generator, x, w1)}
    return Asked("", EFFECT, NAPKIN, data, (({"X": 0}, {}),))


def _mediator_is_x(generator: Generator, rows: int) -> Asked:
    x = _coin(generator, 0.5, rows)
    return Asked("", EFFECT, FRONT_DOOR, {"X": x, "M": x.copy(), "Y": _outcome(generator, x)}, (({"X": 1}, {}),))


def _twice_z(generator: Generator, rows: int) -> Asked:
    z = generator.normal(size=rows)
    data = {"Z": z, "X": 2 * z, "Y": z + generator.normal(size=rows)}
    return Asked("", EFFECT, BACK_DOOR, data, (({"X": 1.0}, {}),))


def _sum_of_four(generator: Generator, rows: int) -> Asked:
    z = generator.normal(size=(4, rows))
    names = [f"Z{k}" for k in range(4)]
    data = {**dict(zip(names, z, strict=True)), "X": z.sum(0), "Y": z[0] + generator.normal(size=rows)}
    graph = "; ".join([*(f"{name} -> X; {name} -> Y" for name in names), "X -> Y"])
    return Asked("", EFFECT, graph, data, (({"X": 0.5}, {}),))


def _square(generator: Generator, rows: int) -> Asked:
    z = generator.normal(size=rows)
    data = {"Z": z, "X": z**2, "Y": z + generator.normal(size=rows)}
    return Asked("", EFFECT, BACK_DOOR, data, (({"X": 1.0}, {}),))


def _threshold(generator: Generator, rows: int) -> Asked:
    z = generator.normal(size=rows)
    data = {"Z": z, "X": (z > 0).astype(int), "Y": z + generator.normal(size=rows)}
    return Asked("", EFFECT, BACK_DOOR, data, (({"X": 1}, {}),))


def _scales_by_category(generator: Generator, rows: int) -> Asked:
    z = generator.integers(3, size=rows)
    x = 10 * z + generator.normal(size=rows)
    data = {"Z": z, "X": x, "Y": x - z + generator.normal(size=rows)}
    return Asked("", EFFECT, BACK_DOOR, data, (({"X": 10.0}, {}),))


def _napkin_of_equal_numbers(generator: Generator, rows: int) -> Asked:
    w1 = generator.normal(size=rows)
    x = w1 + generator.normal(size=rows)
    data = {"W1": w1, "W2": w1.copy(), "X": x, "Y": x - w1 + generator.normal(size=rows)}
    return Asked("", EFFECT, NAPKIN, data, (({"X": 0.0}, {}),))


def _among(generator: Generator, z: Any, x: Any) -> Asked:
    """A binary X among numbers that cause it and Y, asked at both values."""
    names = [f"Z{k}" for k in range(len(z))]
    y = x * (1 + z[0]) + z.sum(0) / len(z) ** 0.5 + generator.normal(size=len(x))
    edges = [f"{name} -> X; {name} -> Y" for name in names]
    edges += [f"{a} <-> {b}" for k, a in enumerate(names) for b in names[:k]]
    data = {**dict(zip(names, z, strict=True)), "X": x.astype(int), "Y": y}
    return Asked("", EFFECT, "; ".join([*edges, "X -> Y"]), data, (({"X": 0}, {}), ({"X": 1}, {})))


def _sharp(count: int) -> Callable[[Generator, int], Asked]:
    def drawn(generator: Generator, rows: int) -> Asked:
        z = generator.normal(size=(count, rows))
        return _among(generator, z, z.sum(0) > 0)

    return drawn


def _same_sign(generator: Generator, rows: int) -> Asked:
    z = generator.normal(size=(8, rows))
    return _among(generator, z, z[0] * z[1] > 0)


def _rare_below(generator: Generator, rows: int) -> Asked:
    z = generator.normal(size=rows)
    x = ((z < -0.5) & (generator.random(rows) < 0.1 / 0.31)).astype(int)
    data = {"Z": z, "X": x, "Y": x * (1 + z) + z + generator.normal(size=rows)}
    return Asked("", EFFECT, BACK_DOOR, data, (({"X": 1}, {}),))


def _never_treated(generator: Generator, rows: int) -> Asked:
    z = _coin(generator, 0.3, 8 * rows)
    x = _coin(generator, 0.01 / 0.7, 8 * rows) * (1 - z)
    return Asked("", EFFECT, BACK_DOOR, {"Z": z, "X": x, "Y": _outcome(generator, z, x)}, (({"X": 1}, {}),))


def _other_controls(generator: Generator, rows: int) -> Asked:
    """A small trial's treated among a survey's controls."""
    z, x = generator.normal(size=(8, 8 * rows)), np.arange(8 * rows) % 100 == 0
    z[:4] = np.where(x, 0.5 * z[:4] - 1.5, z[:4])
    return replace(_among(generator, z, x), questions=(({"X": 1}, {}),))


def _two_rows(generator: Generator, rows: int) -> Asked:
    data = {"Z": np.array([0, 1]), "X": np.array([0, 1]), "Y": generator.normal(size=2)}
    return Asked("", EFFECT, BACK_DOOR, data, (({"X": 1}, {}),))


FAULTY: dict[str, Callable[[Generator, int], Asked]] = {
    "X is Z": _x_is_z,
    "Z = 1 implies X = 1": _z_implies_x,
    "given Z = 1, which no row has with X = 0": _given_without_do,
    "napkin, W2 is W1": _napkin_of_copies,
    "napkin of numbers, W2 is W1": _napkin_of_equal_numbers,
    "front-door, M is X": _mediator_is_x,
    "X = 2 Z": _twice_z,
    "X is the sum of four numbers": _sum_of_four,
    "X = Z^2": _square,
    "X = 1 where Z > 0": _threshold,
    "X lies elsewhere for each category of Z": _scales_by_category,
    "X = 1 where three numbers sum above 0": _sharp(3),
    "X = 1 where six numbers sum above 0": _sharp(6),
    "X = 1 where twenty numbers sum above 0": _sharp(20),
    "X = 1 where two of eight numbers have the same sign": _same_sign,
    "X = 1 for a tenth, only where Z < -.5": _rare_below,
    "X = 1 for one in a hundred of 16,000, never where Z = 1": _never_treated,
    "X = 1 for a trial's rows, X = 0 for a survey's": _other_controls,
    "two rows": _two_rows,
}
"""Cases in which a part of the answer rests on values that never meet."""
