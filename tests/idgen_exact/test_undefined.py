"""What P does not determine is not defined: NaN in kernels, refused by samplers, and never a uniform law mixed in."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import idgen_compiler as idgen

BACK_DOOR = "Z -> X -> Y; Z -> Y"
NAPKIN = "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"
FRONT_DOOR = "X -> M -> Y; X <-> Y"
EFFECT = "P(Y | do(X))"

CASES: dict[str, tuple[str, str, tuple[str, ...], Callable[..., int], list[object]]] = {
    "X is Z": (EFFECT, BACK_DOOR, ("Z", "X", "Y"), lambda z, x, y: (x == z) * (1 + y + z), [False, False]),
    "Z = 1 implies X = 1": (EFFECT, BACK_DOOR, ("Z", "X", "Y"), lambda z, x, y: (x >= z) * (1 + y + z), [False, True]),
    "W2 is W1": (EFFECT, NAPKIN, ("W1", "W2", "X", "Y"), lambda a, b, x, y: (a == b) * (1 + x + a * y), [False, False]),
    "M is X": (EFFECT, FRONT_DOOR, ("X", "M", "Y"), lambda x, m, y: (m == x) * (1 + x + 2 * y), [False, False]),
    "given what never occurs with do": (
        "P(Y | do(X), Z)",
        BACK_DOOR,
        ("Z", "X", "Y"),
        lambda z, x, y: (x >= z) * (1 + y + z),
        [[True, False], [True, True]],
    ),
    "W2 never varies": (
        EFFECT,
        NAPKIN,
        ("W1", "W2", "X", "Y"),
        lambda a, b, x, y: (not b) * (1 + x + a * y),
        [True] * 2,
    ),
}


def joint_of(names: tuple[str, ...], weight: Callable[..., int], exact: bool) -> idgen.Joint:
    table = np.empty((2,) * len(names), dtype=object)
    for codes in np.ndindex(*table.shape):
        table[codes] = Fraction(int(weight(*codes)))
    law = table / table.sum()
    return idgen.Joint(names, law if exact else law.astype(float))


@pytest.mark.parametrize("exact", [True, False], ids=["fractions", "floats"])
@pytest.mark.parametrize("case", CASES)
def test_estimand_and_programs_agree_on_what_is_determined(case: str, exact: bool) -> None:
    query, edges, names, weight, defined = CASES[case]
    joint, graph = joint_of(names, weight, exact), idgen.ADMG.parse(edges)
    value = idgen.identify(idgen.Query.parse(query), graph).estimand.evaluate(joint)
    assert value.defined.tolist() == defined
    for program in (
        idgen.compile(idgen.Query.parse(query), graph, optimize=0),
        idgen.compile(idgen.Query.parse(query), graph, realize="regenerate"),
        idgen.compile(idgen.Query.parse(query), graph, realize="reweight"),
    ):
        kernel = program.fit(joint, backend="exact").kernel()
        assert kernel.defined.tolist() == defined
        assert kernel.distance(value) <= (0 if exact else 1e-12)
        assert kernel == value or not exact


def test_the_determined_part_is_the_adjustment() -> None:
    """Z = 1 implies X = 1: do(X = 1) is known, do(X = 0) is not."""
    _, edges, names, weight, _ = CASES["Z = 1 implies X = 1"]
    joint = joint_of(names, weight, True)
    kernel = idgen.compile(idgen.Query.parse(EFFECT), idgen.ADMG.parse(edges)).fit(joint, backend="exact").kernel()
    z = joint.table.sum(axis=(1, 2))
    given = joint.table[:, 1] / joint.table[:, 1].sum(axis=1, keepdims=True)
    assert kernel.at(X=1).tolist() == (z[:, None] * given).sum(axis=0).tolist()


def test_a_sampler_refuses_what_is_not_defined_and_keeps_it_in_a_file(tmp_path: Path) -> None:
    query, edges, names, weight, _ = CASES["given what never occurs with do"]
    for exact in (True, False):
        joint = joint_of(names, weight, exact)
        joint = idgen.Joint(joint.variables, joint.table, {"X": ["no", "yes"]})
        fitted = idgen.compile(idgen.Query.parse(query), idgen.ADMG.parse(edges)).fit(joint, backend="exact")
        fitted.save(tmp_path / str(exact))
        for sampler in (fitted, idgen.load(tmp_path / str(exact))):
            assert set(sampler.sample(50, do={"X": "yes"}, given={"Z": 1}, seed=0)["Y"]) == {0, 1}
            with pytest.raises(
                idgen.DataError, match=r"not determine P\(Y \| do\(X\), Z\) at X = 'no', Z = 1: the answer"
            ):
                sampler.sample(2, do={"X": ["yes", "no"]}, given={"Z": 1}, seed=0)
            assert sampler.kernel() == fitted.kernel()


def test_half_a_law_in_a_file_is_refused(tmp_path: Path) -> None:
    query, edges, names, weight, _ = CASES["given what never occurs with do"]
    fitted = idgen.compile(idgen.Query.parse(query), idgen.ADMG.parse(edges)).fit(
        joint_of(names, weight, True), backend="exact"
    )
    fitted.save(tmp_path / "s")
    file = tmp_path / "s" / "kernels.json"
    file.write_text(file.read_text().replace("null", '"1/2"', 1))
    with pytest.raises(idgen.DataError, match="is no conditional law"):
        idgen.load(tmp_path / "s")
