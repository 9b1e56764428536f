"""Every statement, policy and way to come by a law has its derivative: programs by hand on laws that obey no graph."""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import get_args

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.ir.operands import records
from idgen_compiler.ir.operations import Operation, Statement, Way
from idgen_compiler.ir.policies import Assignment, Policy
from tests.dual import gateaux
from tests.idgen_compiler.adjoint.programs import FIXED, PROGRAMS, ByHand
from tests.influences import random_law

KINDS = {*get_args(Statement), *get_args(Policy), *get_args(Assignment), *get_args(Way), *get_args(Operation)}


def joint_for(case: ByHand, seed: int) -> idgen.Joint:
    """A random law on two categories each, three for Y."""
    names = case.program.observe.variables
    shape = [3 if name == "Y" else 2 for name in names]
    like = np.ones(shape, dtype=object)
    for name, code in case.unseen.items():
        like[(slice(None),) * names.index(name) + (code,)] = 0
    return idgen.Joint(names, random_law(Random(seed), like))


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_by_hand(name: str) -> None:
    case = PROGRAMS[name]
    for seed in range(2):
        joint, program = joint_for(case, seed), case.program
        outcomes = sorted(program.sampler.network.outputs)
        shape = [joint.sizes[y] for y in outcomes]
        f = np.array([Fraction(k * k - 5, 3) for k in range(int(np.prod(shape)))], dtype=object).reshape(shape)
        phi = program.adjoint().evaluate(joint, case.at, f=f, policies=case.policies)
        towards = random_law(Random(seed + 7), joint.table)
        assert (phi * joint.table).sum() == 0
        assert any(phi.flat), "what does not move would equal a derivative of zero"
        assert (phi * towards).sum() == gateaux(program, joint, towards, case.at, f, case.policies)


def test_everything_that_a_program_is_made_of_has_a_case() -> None:
    """A new statement, policy or way has no case until somebody writes one."""
    brought = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"), bound=("Y | X",))
    operations = [op for case in PROGRAMS.values() for op in case.program.operations]
    seen = {type(op) for op in (*operations, *brought.operations)}
    seen |= {kind for kind in KINDS for op in operations if next(iter(records(op, kind)), None) is not None}
    assert seen >= KINDS, f"no program by hand has {', '.join(kind.__name__ for kind in KINDS - seen)}"


@pytest.mark.parametrize("together", [[("M", "Y")], [("X", "M", "Y")]])
@pytest.mark.parametrize("optimize", [False, True])
def test_joint_models(together: list[tuple[str, ...]], optimize: bool) -> None:
    graph = idgen.ADMG.parse("W1 -> W2 -> X -> M -> Y; X <-> W1 <-> Y; W1 <-> M")
    query = idgen.Query.parse("P(Y, M | do(W2))")
    program = idgen.compile(query, graph, optimize=optimize, joint=together, realize="regenerate")
    assert any(len(model.targets) > 1 for model in program.models) or optimize
    joint = idgen.Joint(tuple(graph.order), random_law(Random(3), np.ones((2,) * 5, dtype=object)))
    f = np.array([[Fraction(1), Fraction(-2)], [Fraction(1, 3), Fraction(5)]], dtype=object)
    phi = program.adjoint().evaluate(joint, {"W2": 1}, f=f)
    towards = random_law(Random(4), joint.table)
    assert (phi * towards).sum() == gateaux(program, joint, towards, {"W2": 1}, f)


def by_hand(law: np.ndarray, policy: np.ndarray, f: np.ndarray, x: int) -> np.ndarray:
    """The influence function of the napkin's program with W2 drawn by a policy, rule by rule; axes W1, W2, X, Y."""
    w1 = law.sum((1, 2, 3))
    w12, w12x = law.sum((2, 3)), law.sum(3)
    of_x, of_y = w12x / w12[:, :, None], law / w12x[..., None]
    drawn = w1[:, None, None, None] * policy[None, :, None, None] * of_x[..., None] * of_y
    xy = drawn.sum((0, 1))
    answer = xy[x] / xy[x].sum()
    asked = np.zeros(xy.shape, dtype=law.dtype)
    asked[x] = (f - answer @ f) / xy[x].sum()  # the sampler: Y ~ P(Y | X) of the law
    g = np.broadcast_to(asked, law.shape)
    mean_y = (of_y * g).sum(3)
    mean_x = (of_x * mean_y).sum(2)
    mean_w2 = (policy * mean_x).sum(1)
    found = (drawn.sum(3) / w12x)[..., None] * (g - mean_y[..., None])  # Y ~ P(Y | W1, W2, X)
    found = found + ((w1[:, None] * policy / w12)[..., None] * (mean_y - mean_x[..., None]))[..., None]  # X | W1, W2
    return np.asarray(found + (mean_w2 - (w1 * mean_w2).sum())[:, None, None, None])  # W1


@pytest.mark.parametrize("x", [0, 1])
def test_the_napkin_by_hand(x: int) -> None:
    program = PROGRAMS["a law that is regenerated with a policy"].program
    law = np.random.default_rng(0).dirichlet(np.ones(36)).reshape(3, 2, 2, 3)
    found = program.adjoint().evaluate(
        idgen.Joint(("W1", "W2", "X", "Y"), law),
        do={"X": x},
        f=np.array([0.0, 1.0, 5.0]),
        policies={"pi": idgen.Law({0: 0.4, 1: 0.6})},
    )
    meant = by_hand(law, np.array([0.4, 0.6]), np.array([0.0, 1.0, 5.0]), x)
    assert abs(found - meant).max() < 1e-12
    assert abs((law * found).sum()) < 1e-13


def test_the_napkin_by_hand_in_fractions() -> None:
    program = PROGRAMS["a law that is regenerated with a policy"].program
    law = random_law(Random(0), np.ones((3, 2, 2, 3), dtype=object))
    f = np.array([Fraction(0), Fraction(1), Fraction(5)], dtype=object)
    joint = idgen.Joint(("W1", "W2", "X", "Y"), law)
    found = program.adjoint().evaluate(joint, do={"X": 1}, f=f, policies={"pi": FIXED})
    assert (found == by_hand(law, np.array([Fraction(2, 5), Fraction(3, 5)], dtype=object), f, 1)).all()
