"""Policies: estimands and programs of queries with soft interventions against the truth, as equal fractions.

1,000 random identifiable queries on 3 to 8 vertices whose treatments are drawn by policies, in random structural models
with hidden causes and rational tables. The truth is that of the model with random laws in the place of the treatments'
mechanisms; a law that reads the natural value splits the node. The estimand is evaluated as identified and as rewritten
at each level, the program of each level is run with each way to realize a law, read from its text, and read back as an
estimand. A column counts the queries where the answer equals the truth by `==`.
"""

from __future__ import annotations

from collections import Counter
from itertools import islice

from tests.benchmarks.report import Row
from tests.soft import ANSWERS, compared, soft_cases, soft_kinds

__all__ = ["run"]


def run(quick: bool) -> list[Row]:
    equal: Counter[tuple[str, str]] = Counter()
    total: Counter[str] = Counter()
    for k, case in enumerate(islice(soft_cases(seed=0), 40 if quick else 1000)):
        found = compared(case, seed=k)
        for kind in soft_kinds(case):
            total[kind] += 1
            equal.update((kind, answer) for answer in ANSWERS if found[answer])
    return [{"queries": kind, "count": count, **{a: equal[kind, a] for a in ANSWERS}} for kind, count in total.items()]
