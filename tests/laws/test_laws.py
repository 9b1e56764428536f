"""A quick proof of identification, rewriting and lowering, sharp enough to notice almost any change of a line in them.

For each case: the answer equals the truth of a random model with hidden causes, before and after every rewrite and for
every way to lower it; and the golden files say what each rewrite leaves, so that a rewrite that stops working, though
still right, is seen as well. `make mutants` measures how many changed lines these tests notice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
import pytest

from idgen_compiler.errors import NotIdentifiable
from idgen_compiler.estimand.estimand import Estimand
from idgen_compiler.estimand.network import flatten
from idgen_compiler.estimand.nodes import Conditional, Kernel
from idgen_compiler.estimand.tables import Joint, KernelTable
from idgen_compiler.identify.fixing import identifiable
from idgen_compiler.lower import lower
from idgen_compiler.program import Program
from idgen_compiler.rewrites import REWRITES
from idgen_compiler.rewrites.pipeline import LEVELS
from idgen_compiler.rewrites.rewrite import regenerated
from idgen_compiler.verify.models import CausalModel
from tests.laws.cases import IDENTIFIABLE, NOT_IDENTIFIABLE
from tests.strategies import Case
from tests.truth import WAYS

SEQUENCES = LEVELS[2]


@cache
def _model(case: Case) -> tuple[Joint, KernelTable]:
    """P(V) in floating point, and the truth."""
    model = CausalModel.random(case.graph, 7)
    joint, truth = model.observational(), model.truth(case.query)
    law = joint.table.astype(float)
    return Joint(joint.variables, law / law.sum()), KernelTable(truth.given, truth.targets, truth.table.astype(float))


@cache
def _kernels(case: Case) -> tuple[tuple[str, Kernel], ...]:
    """The estimand, and what every rewrite of every sequence makes of it."""
    found = [("identified", case.identification.estimand.kernel)]
    for number, sequence in enumerate(SEQUENCES, start=1):
        kernel = found[0][1]
        for rewrite in sequence:
            kernel = rewrite.apply(kernel)
            found.append((f"{number} {rewrite.name}", kernel))
    return tuple(found)


def _close(found: KernelTable, truth: KernelTable) -> bool:
    assert (found.given, found.targets) == (truth.given, truth.targets)
    return bool(np.allclose(found.table, truth.table, rtol=0, atol=1e-9))


def test_the_lines_of_the_traces(golden: Callable[[str, str], None]) -> None:
    golden("laws/traces.txt", "\n".join(_traced()))


def _traced() -> Iterator[str]:
    for case in IDENTIFIABLE:
        yield str(case)
        yield from (f"  {line}" for line in str(case.identification.trace).splitlines())


def test_hedges(golden: Callable[[str, str], None]) -> None:
    lines = []
    for case in NOT_IDENTIFIABLE:
        assert not identifiable(case.query, case.graph)
        with pytest.raises(NotIdentifiable) as caught:
            case.identification  # noqa: B018
        outer, inner = caught.value.hedge
        lines.append(f"{case}\n  F = {', '.join(sorted(outer))}; F' = {', '.join(sorted(inner))}; {caught.value.step}")
    golden("laws/hedges.txt", "\n".join(lines))


def test_what_each_rewrite_leaves(golden: Callable[[str, str], None]) -> None:
    golden("laws/rewrites.txt", "\n".join(_left()))


def _left() -> Iterator[str]:
    """For each case the network after each rewrite that changes it: draws, conditionals with their slots, laws."""
    for case in IDENTIFIABLE:
        yield str(case)
        before: object = None
        for name, kernel in _kernels(case):
            if kernel is before:
                continue
            before = kernel
            flat = flatten(kernel)
            draws = [f"{slot} ~ any" for slot in flat.free]
            yield f"  {name}: " + ", ".join([*draws, *(_shown(a.kernel, a.target, a.inputs) for a in flat.atoms)])
            for law in regenerated(kernel):
                factors = ", ".join(_shown(a.kernel, a.target, a.inputs) for f in law.factors for a in flatten(f).atoms)
                yield f"      {law} from {law.law}: {factors}"


def _shown(kernel: Conditional, target: str, inputs: tuple[str, ...]) -> str:
    plain = (target, *inputs) == (*kernel.to, *kernel.given)
    return str(kernel) if plain else f"{target}, {', '.join(inputs)} ~ {kernel}"


def test_lowered_programs(golden: Callable[[str, str], None]) -> None:
    lines = []
    for case in IDENTIFIABLE[::4]:
        kernels = _kernels(case)
        programs = (_lowered(case, kernel, how) for kernel in (kernels[0][1], kernels[-1][1]) for how in WAYS)
        lines += [str(case), *dict.fromkeys(map(str, programs))]
    golden("laws/programs.txt", "\n".join(lines))


def test_estimands_equal_the_truth() -> None:
    for case in IDENTIFIABLE:
        joint, truth = _model(case)
        literal = case.identification.estimand
        for name, kernel in {id(kernel): (name, kernel) for name, kernel in _kernels(case)}.values():
            estimand = Estimand(kernel, literal.given, literal.targets)
            assert _close(estimand.evaluate(joint), truth), f"{case}: {name}"


@pytest.mark.parametrize("name", REWRITES)
def test_each_rewrite_alone_keeps_the_truth(name: str) -> None:
    for case in IDENTIFIABLE:
        joint, truth = _model(case)
        literal = case.identification.estimand
        for rewrite in REWRITES[name].variants(literal.kernel):
            estimand = Estimand(rewrite.apply(literal.kernel), literal.given, literal.targets)
            assert _close(estimand.evaluate(joint), truth), f"{case}: {rewrite}"


@pytest.mark.parametrize("ways", WAYS)
def test_lowered_programs_run_to_the_truth(ways: str) -> None:
    for case in IDENTIFIABLE[ways != "regenerate" :: 2]:
        joint, truth = _model(case)
        for name, kernel in (_kernels(case)[0], _kernels(case)[-1]):
            program = _lowered(case, kernel, ways)
            for taken in {"regenerate", "reweight", "weigh"} if ways == "either" else {ways}:
                sampler = program.realized(taken).fit(joint, backend="exact")
                assert _close(sampler.kernel(), truth), f"{case}: {name}"  # type: ignore[attr-defined]


def _lowered(case: Case, kernel: Kernel, ways: str) -> Program:
    literal, query = case.identification.estimand, case.query
    estimand = Estimand(kernel, literal.given, literal.targets)
    operations = lower(estimand, (*query.treatments, *query.conditions), query.outcomes, WAYS[ways])
    return Program(str(query), case.graph, operations)
