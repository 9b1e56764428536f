"""The law of discrete outcomes: one contract for every backend, and the object that holds it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.cli import main
from idgen_compiler.hinge.backend import installed_backends
from idgen_compiler.hinge.probability import Probabilities

JOINT = [[Fraction(1, 4), Fraction(1, 4)], [Fraction(1, 10), Fraction(2, 5)]]


def sampler_of(backend: str, query: str = "P(Y | do(X))") -> Any:
    program = idgen.compile(idgen.Query.parse(query), idgen.ADMG.parse("X -> Y"))
    data: Any = {"X": [0, 1] * 200, "Y": ["a", "b", "b", "b"] * 100}
    if backend == "exact":
        data = idgen.Joint(("X", "Y"), JOINT, labels={"Y": ("a", "b")})
    return program.fit(data, backend=backend)


every_backend = pytest.mark.parametrize("backend", installed_backends())


@every_backend
def test_a_law_has_labels_and_sums_to_one(backend: str) -> None:
    law = sampler_of(backend).probability("Y", do={"X": 1}, seed=0)
    assert isinstance(law, Probabilities)
    assert (law.variables, law.labels, list(law)) == (("Y",), (("a", "b"),), ["a", "b"])
    assert sum(law.values()) == pytest.approx(1)
    assert law.rows is None
    assert law.table.shape == law.se.shape == (2,)
    assert law.method in ("exact", "averaged", "counted")


@every_backend
def test_an_array_gives_a_law_a_row(backend: str) -> None:
    sampler = sampler_of(backend)
    law = sampler.probability("Y", do={"X": np.array([0, 1, 1])}, seed=0)
    assert law.rows == 3
    assert law.table.shape == (3, 2)
    assert law["a"].shape == (3,)
    assert law["a"][2] == pytest.approx(float(sampler.probability("Y", do={"X": 1}, seed=0)["a"]))
    assert list(law.columns()) == ["row", "Y", "probability", "se"]
    assert law.columns()["Y"].tolist() == ["a", "b"] * 3


@every_backend
@pytest.mark.parametrize(
    ("outcome", "do", "message"),
    [("X", {"X": 1}, "'X' is no outcome"), ("Y", {"X": 2}, "never show"), ("Y", {}, "needs a value of X")],
)
def test_wrong_questions_get_the_same_words(backend: str, outcome: str, do: dict[str, Any], message: str) -> None:
    with pytest.raises(idgen.DataError, match=message):
        sampler_of(backend).probability(outcome, do=do)


@every_backend
def test_stated_values_hold(backend: str) -> None:
    sampler = sampler_of(backend, "P(Y | do(X=1))")
    assert np.array_equal(sampler.probability("Y", seed=0).table, sampler.probability("Y", do={"X": 1}, seed=0).table)


def test_the_exact_backend_keeps_fractions() -> None:
    law = sampler_of("exact").probability("Y", do={"X": 1})
    assert (law["a"], law["b"], law.method) == (Fraction(1, 5), Fraction(4, 5), "exact")


def test_the_exact_backend_sums_out_other_outcomes_and_turns_axes() -> None:
    program = idgen.compile(idgen.Query.parse("P(Y, Z | do(X))"), idgen.ADMG.parse("X -> Y; X -> Z; Y <-> Z"))
    joint = np.random.default_rng(0).dirichlet(np.ones(12)).reshape(2, 3, 2)
    sampler = program.fit(idgen.Joint(("X", "Y", "Z"), joint), backend="exact")
    law = sampler.probability(["Z", "Y"], do={"X": 1})
    assert law.table == pytest.approx((joint[1] / joint[1].sum()).T)
    assert sampler.probability("Z", do={"X": 1}).table == pytest.approx(law.table.sum(1))
    assert law[1, 2] == pytest.approx(joint[1, 2, 1] / joint[1].sum())


def test_the_exact_backend_says_where_nothing_is_known() -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    sampler = program.fit(idgen.Joint(("X", "Y"), [[0.5, 0.5], [0.0, 0.0]]), backend="exact")
    with pytest.raises(idgen.DataError, match="does not determine"):
        sampler.probability("Y", do={"X": 1})


def test_an_unknown_label_has_near_misses() -> None:
    law = Probabilities(("Y",), (("low", "high"),), np.array([0.25, 0.75]), np.zeros(2), "exact", 0)
    with pytest.raises(KeyError, match="no label 'hihg'; did you mean high"):
        law["hihg"]
    with pytest.raises(KeyError, match="no label"):
        law[["high"]]


def test_a_law_becomes_a_data_frame() -> None:
    pytest.importorskip("pandas")
    table = np.array([[0.1, 0.2], [0.3, 0.4]])
    frame = Probabilities(("A", "B"), ((0, 1), ("u", "v")), table, table / 10, "counted", 9).to_pandas()
    assert frame.columns.tolist() == ["A", "B", "probability", "se"]
    assert frame.A.tolist() == [0, 0, 1, 1]
    assert frame.loc[2].tolist() == [1, "u", 0.3, 0.03]


def test_the_command_line(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(tmp_path / "s")
    sampler_of("exact").save(folder)
    assert main(["probability", folder, "Y", "--do", "X=1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[:3]] == [
        ["Y", "probability", "se"], ["a", "0.200000", "0.000000"], ["b", "0.800000", "0.000000"],
    ]  # fmt: skip
    assert lines[3] == "exact, given the models"
    out = tmp_path / "law.csv"
    assert main(["probability", folder, "Y", "--do", "X=1", "--out", str(out)]) == 0
    assert out.read_text().splitlines() == ["Y,probability,se", "a,0.2,0.0", "b,0.8,0.0"]
    assert main(["probability", folder, "Q", "--do", "X=1"]) == 2
    assert "is no outcome of P(Y | do(X))" in capsys.readouterr().err
