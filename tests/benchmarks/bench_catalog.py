"""The catalog: verdicts, exact agreement, and what a program costs before and after the optimizer.

Every entry: the verdict against its source, identification by fixing as a second opinion; for identifiable ones the
estimand, the literal and the optimized program and the source's own formula against the truth of random models, by
equality of fractions; for the others two models that agree on P(V) and differ in the query.
"""

from __future__ import annotations

import idgen_compiler as idgen
from idgen_compiler.catalog import ENTRIES, Entry, TextbookFormula
from idgen_compiler.identify.fixing import identifiable
from idgen_compiler.verify import CausalModel, witness
from tests.benchmarks.report import Row

__all__ = ["run"]


def run(quick: bool) -> list[Row]:
    models = 1 if quick else 5
    entries = [e for e in ENTRIES if not quick or len(e.parsed_graph()) < 7]
    yes, no = ([e for e in entries if e.identifiable is verdict] for verdict in (True, False))
    with_formula = [e for e in yes if e.formula]
    literal, optimized = (
        [idgen.compile(e.parsed_query(), e.parsed_graph(), optimize=level) for e in yes] for level in (False, True)
    )
    checks: list[tuple[str, int, int]] = [
        ("verdict of identification by fixing", sum(_second_opinion(e) for e in entries), len(entries)),
        ("estimand = programs = truth", sum(_verified(e, models) for e in yes), len(yes)),
        ("formula of the source = truth", sum(_formula(e, models) for e in with_formula), len(with_formula)),
        ("proof of non-identifiability by two models", sum(_proved(e) for e in no), len(no)),
        ("programs without regeneration, literal", sum(not p.regenerations for p in literal), len(yes)),
        ("programs without regeneration, optimized", sum(not p.regenerations for p in optimized), len(yes)),
    ]
    rows: list[Row] = [{"what": what, "entries": total, "count": good} for what, good, total in checks]
    rows.append({"what": "models to train, literal", "entries": len(yes), "count": sum(p.cost.models for p in literal)})
    after = sum(p.cost.models for p in optimized)
    return [*rows, {"what": "models to train, optimized", "entries": len(yes), "count": after}]


def _second_opinion(entry: Entry) -> bool:
    return identifiable(entry.parsed_query(), entry.parsed_graph()) == entry.identifiable


def _verified(entry: Entry, models: int) -> bool:
    return idgen.verify(entry.parsed_query(), entry.parsed_graph(), models=models).ok


def _formula(entry: Entry, models: int) -> bool:
    query, graph = entry.parsed_query(), entry.parsed_graph()
    formula = TextbookFormula.parse(entry.formula, graph.order)
    drawn = [CausalModel.random(graph, seed) for seed in range(models)]
    return all(formula.evaluate(model.observational(), query) == model.truth(query) for model in drawn)


def _proved(entry: Entry) -> bool:
    return witness(entry.parsed_query(), entry.parsed_graph()).proves
