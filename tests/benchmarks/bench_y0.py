"""Cross-check with y0: verdicts and values on 10,000 random queries, the exact truth as arbiter.

7,000 queries on plain random graphs and 3,000 on graphs grown around the napkin, of 3 to 6 vertices, with one or two
outcomes and treatments and, in a third of them, conditions. A value is right when it equals the truth of one random
model with hidden causes, as fractions; a verdict is right when identification by fixing, an independent method, gives
it too. y0 as released stands beside y0 with its three defects repaired (tests/peers/y0_shim.py), and beside ours.
y0 iterates over sets, so that a few of its released answers change with PYTHONHASHSEED.
"""

from __future__ import annotations

from collections import Counter
from itertools import chain, islice

from idgen_compiler.identify.fixing import identifiable
from tests.benchmarks.report import Row
from tests.peers.crosscheck import OUTCOMES, judged_ours, judged_y0
from tests.strategies import any_cases

__all__ = ["run"]


def run(quick: bool) -> list[Row]:
    plain, napkins = (70, 30) if quick else (7000, 3000)
    cases = chain(islice(any_cases(1, "plain"), plain), islice(any_cases(2, "napkin"), napkins))
    found: dict[str, Counter[tuple[str, str]]] = {}
    for k, case in enumerate(cases):
        if identifiable(case.query, case.graph) != case.identifiable:
            raise RuntimeError(f"the two verdicts differ: {case}")
        graphs = "napkin" if case.kind == "napkin" else "plain"
        kind = f"{graphs}, {'IDC' if case.query.conditions else 'ID'}"
        for who, outcome in (
            ("y0 as released", judged_y0(case, k, repaired=False)),
            ("y0 repaired", judged_y0(case, k, repaired=True)),
            ("ours", judged_ours(case, k)),
        ):
            found.setdefault(kind, Counter())[who, outcome] += 1
    return [
        {"queries": kind, "answers of": who, **{outcome: counts[who, outcome] for outcome in OUTCOMES}}
        for kind, counts in sorted(found.items(), reverse=True)
        for who in ("y0 as released", "y0 repaired", "ours")
    ]
