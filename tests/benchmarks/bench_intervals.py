"""How often 95 % intervals of tables of categories hold the truth, in closed form by the program's adjoint.

500 random identifiable queries (half plain, a quarter through line 7, a quarter around the napkin; conditional ones
among them), each in a random structural model with hidden causes; a random function of the outcomes at random values of
treatments and conditions; 60 tables for each query and size. "With rows": queries whose needed cells all have 20
expected rows. Of these, queries that are covered in less than .93 of their 60 tables are "asked again" on 1,000 others,
which the worst of them and the number "below .9" are of. "Undetermined": tables where part of the answer rests on no
rows; an estimate widens its interval there, and these are not counted. Times are processor milliseconds for an estimate
with its interval, the program's run on the table included.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from typing import Any

import numpy as np

import idgen_compiler as idgen
from idgen_compiler.adjoint.adjoint import filled
from idgen_compiler.adjoint.backward import Forward
from idgen_compiler.adjoint.support import supports
from idgen_compiler.discrete.sources import CountedRows, KnownJoint
from idgen_compiler.errors import DataError
from idgen_compiler.estimand.tables import Joint, Table
from idgen_compiler.estimates.answers import Answers
from idgen_compiler.estimates.estimate import Estimates
from idgen_compiler.estimates.measures import Asking, Functional
from idgen_compiler.estimates.scales import Plain, Share
from idgen_compiler.hinge.question import Question
from idgen_compiler.verify import CausalModel
from idgen_torch.running.estimates.counted import CountedProgram
from tests.benchmarks.report import Row
from tests.strategies import random_cases

__all__ = ["run"]

SIZES = (500, 2_000, 10_000)
ENOUGH = 20
LOW = 0.93
"""Of 60 tables, a query with so few hits is asked again on many."""


@dataclass
class _Case:
    """One query at one place, with its truth."""

    program: idgen.Program
    joint: Joint
    do: Mapping[str, int]
    given: Mapping[str, int]
    f: np.ndarray
    truth: float
    outcomes: tuple[str, ...]
    covered: dict[int, list[bool]] = field(default_factory=dict)

    @property
    def functional(self) -> Functional:
        """f of the outcomes."""
        ends = (float(self.f.min()), float(self.f.max())) if np.ptp(self.f) > 0 else None
        return Functional("f", lambda found: self.f[tuple(found[name] for name in self.outcomes)], self.outcomes, ends)

    @property
    def least(self) -> float:
        """The least probability of a needed cell."""
        forward = Forward(self.program, KnownJoint(self.joint))
        question = Question.of(self.program, 1, self.do, self.given, 0)
        wiring = forward.wiring(question.sampler, filled(question, forward.source))
        forward.mass(wiring, Table(self.outcomes, np.ones(self.f.shape)))
        needed = [each.frequencies[each.asked > 0].min() for each in supports(forward.conditionals)]
        return float(min(needed, default=1.0))


def run(quick: bool) -> list[Row]:
    random, generator = Random(77), np.random.default_rng(77)
    cases = list(_cases(random, 20 if quick else 500))
    repeats, more, rows = 10 if quick else 60, 20 if quick else 1_000, list[Row]()
    for n in SIZES[:1] if quick else SIZES:
        lost, spent = 0, 0.0
        for case in cases:
            found = _repeated(case, n, repeats, generator)
            case.covered[n] = [covered for covered, _ in found if covered is not None]
            lost += sum(covered is None for covered, _ in found)
            spent += sum(seconds for _, seconds in found)
        shares = {id(case): np.mean(case.covered[n]) for case in cases if case.covered[n]}
        enough = [case for case in cases if id(case) in shares and case.least * n >= ENOUGH]
        low = [case for case in enough if shares[id(case)] < LOW]
        again = [np.mean([hit for hit, _ in _repeated(case, n, more, generator) if hit is not None]) for case in low]
        rows.append(
            {
                "n": n,
                "queries": len(shares),
                "coverage": float(np.mean([hit for case in cases for hit in case.covered[n]])),
                "with rows": len(enough),
                "their coverage": float(np.mean([shares[id(case)] for case in enough])) if enough else math.nan,
                "asked again": len(low),
                "the worst query": float(min(again, default=math.nan)),
                "below .9": int(sum(share < 0.9 for share in again)),
                "undetermined": lost / (repeats * len(cases)),
                "ms": 1000 * spent / (repeats * len(cases)),
            }
        )
    return rows


def _repeated(case: _Case, n: int, count: int, generator: np.random.Generator) -> list[tuple[bool | None, float]]:
    return [_estimated(case, n, generator) for _ in range(count)]


def _cases(random: Random, count: int) -> Iterator[_Case]:
    for k, case in enumerate(islice(random_cases(77), count)):
        model = CausalModel.random(case.graph, [77, k])
        exact, query = model.observational(), case.query
        values = exact.table.astype(float)
        joint = Joint(exact.variables, values / values.sum())
        at = {name: random.randrange(joint.sizes[name]) for name in (*query.treatments, *query.conditions)}
        outcomes = tuple(sorted(query.outcomes))
        shape = [joint.sizes[name] for name in outcomes]
        f = np.array([random.random() for _ in range(math.prod(shape))]).reshape(shape)
        truth = float((model.truth(query).at(**at).astype(float) * f).sum())
        do, given = ({name: at[name] for name in names} for names in (query.treatments, query.conditions))
        yield _Case(idgen.compile(query, case.graph), joint, do, given, f, truth, outcomes)


def _estimated(case: _Case, n: int, generator: np.random.Generator) -> tuple[bool | None, float]:
    """Whether the interval of one table holds the truth, None where the table does not determine the answer."""
    joint = case.joint
    cells = np.indices(joint.table.shape).reshape(joint.table.ndim, -1)
    codes = dict(zip(joint.variables, cells, strict=True))
    names: dict[str, Any] = {name: tuple(range(size)) for name, size in joint.sizes.items()}
    counts = generator.multinomial(n, joint.table.ravel()).astype(float)
    start = time.process_time()
    try:
        counted = CountedProgram(case.program, CountedRows(codes, names, counts, frequency=True), {})
        found = counted.found(Question.of(case.program, 1, case.do, case.given, 0), [case.functional])
    except DataError:
        return None, time.process_time() - start
    if found.unsure is not None and found.unsure.any():
        return None, time.process_time() - start
    told = Answers.of(
        found.values, found.influence, found.method, weights=counts, frequency=True, freedom=found.freedom,
        effective_rows=np.array([found.effective_rows]),
    )  # fmt: skip
    scale = Share(case.functional.ends) if case.functional.ends else Plain()
    one = Estimates(told, Asking(), ("f",), scales=(scale,))
    held = bool(one.low[0] <= case.truth <= one.high[0])
    return held, time.process_time() - start
