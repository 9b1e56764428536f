"""The lines that an adjoint prints are the derivative: put together by hand they give the influence function."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from idgen_compiler.estimand.tables import Table
from idgen_compiler.ir.operands import records
from idgen_compiler.ir.operations import Assign
from idgen_compiler.ir.policies import Named
from tests.idgen_compiler.adjoint.by_terms import influence
from tests.idgen_compiler.adjoint.test_chances import laws
from tests.influences import SOURCES, compiled

COUNTS = {"random": 16, "napkins inside napkins": 2, "brought kernels": 10, "policies": 10}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("form", ["literal, reweighted", "-O2"])
def test_the_lines_are_the_influence_function(source: str, form: str) -> None:
    compared = 0
    for k, case in enumerate(islice(SOURCES[source](13), COUNTS[source])):
        if getattr(case, "functions", ()):
            continue  # a conditional that is not there everywhere
        program = compiled(case, form)
        found = laws(case, program, k)
        outcomes = tuple(sorted(case.query.outcomes))
        shape = [found.joint.sizes[y] for y in outcomes]
        f = Table(outcomes, np.array([k * k % 7 for k in range(int(np.prod(shape)))], dtype=object).reshape(shape))
        do = {name: found.at[name] for name in case.query.treatments if name in found.at}
        given = {name: found.at[name] for name in case.query.conditions}
        assigned = (each.policy for op in program.operations for each in records(op, Assign))
        used = {policy.name: found.policies[policy.name] for policy in assigned if isinstance(policy, Named)}
        phi = program.adjoint().evaluate(found.joint, do, given, f.values, policies=used)
        assert (phi == influence(found, f)).all(), (case, program)
        compared += bool(phi.any())
    assert compared > 1
