"""Diagnostics as values: read back, sorted, and told."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.errors import DataError
from idgen_compiler.hinge.calibration import Reliability
from idgen_compiler.hinge.diagnostics import (
    Arrow,
    Balance,
    Concern,
    Correction,
    Curve,
    DataDiagnosis,
    Dependence,
    Diagnostics,
    GraphTest,
    Histogram,
    Marginal,
    ModelDiagnosis,
    Propensity,
    Score,
    Test,
    Transform,
    TwoSample,
    by_importance,
    color_of,
)

TEST = Test("a test", 3.0, 1e-5, 1e-3, 0.2, 500)
SHARP = Concern("red", "law", "%m0", "it does not fit", "Train longer", 0.1)
SOFT = Concern("yellow", "overlap", "", "rows are few", "Gather rows", 0.5)


def whole() -> Diagnostics:
    """One of everything."""
    law = Reliability.of(np.array([[0.8, 0.2], [0.1, 0.9]]), np.array([0, 1]))
    scores = (Score("Y", "CRPS", 0.4, 0.8, 0.01, 500), Score("Y", "log-likelihood", -1.0, -1.4, 0.02, 500))
    model = ModelDiagnosis(
        "%m0", "Y | X", "flow", 900, "rows of the fit", 500, scores, (("Y", law),),
        (Transform("Y", (0.5, 0.5), TEST),), TwoSample("trees", 0.52, 0.01, TEST), (TEST,),
        (Curve("Y", (1.5, 1.2, 1.3), (1.6, 1.3, 1.1), 9),),
    )  # fmt: skip
    data = DataDiagnosis("%reg0", "Y under X set", 900, 900.0, False, (Marginal("X", TEST),),
                         (Dependence("X", "Y", "rank correlation", 0.3, 0.1, TEST),), ("Y",))  # fmt: skip
    balance, bars = Balance("W", "1", 0.4, 0.02, 1.1, None), Histogram("0", (0.5, 0.5), (0.4, 0.6))
    arms = (("0", "1"), (400, 500), (300.0, 420.5), (0.0, 0.01))
    table = Propensity("%m0", "X", ("W",), "trees", *arms, 0.005, (bars,), (balance,))
    return Diagnostics(
        900, 850.5, "rows of the fit", "they know their rows", 0.01, 7, (SHARP, SOFT), (model,), (data,),
        "overlap is yellow", ("W = 3",), (table,), (GraphTest("Z ⊥ Y", "Z tells nothing about Y", False, True, TEST),),
        (Arrow(("X", "Y"), False, ("W",), TEST),), (Correction("E[Y]", 0.2, 0.1, -4.0),), ("a note",), 0.5,
    )  # fmt: skip


def test_everything_is_read_back() -> None:
    found = whole()
    assert Diagnostics.from_json(json.loads(json.dumps(found.to_json()))) == found


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"models": 3}, "'models' must be a list"),
        ({"judged": "tea leaves"}, "must be one of"),
        ({"colour": "red"}, "unknown fields: colour"),
        ({"seconds": float("nan")}, "a finite number"),
    ],
)
def test_what_is_no_diagnostics_is_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(DataError, match=said):
        Diagnostics.from_json({**whole().to_json(), **change})


def test_the_worst_comes_first_and_gives_the_color() -> None:
    larger = Concern("yellow", "overlap", "W", "rows are fewer", "Gather rows", 0.9)
    assert by_importance([SOFT, larger, SHARP]) == (SHARP, larger, SOFT)
    assert [color_of(some) for some in ((), (SOFT,), (SOFT, SHARP))] == ["green", "yellow", "red"]


def test_it_tells_what_is_wrong_and_what_to_do_before_anything_else() -> None:
    first, second, *rest = str(whole()).splitlines()
    assert first == "red: do not rely on it"
    assert second == "  red, %m0: it does not fit. Train longer."
    told = "\n".join(rest)
    for part in (
        "they know their rows",
        "AUC 0.520",
        "1 of 1 implications contradicted",
        "300 effective",
        "the best after 2",
    ):
        assert part in told


def test_a_notebook_shows_the_light_and_escapes_what_it_tells() -> None:
    found = replace(whole(), concerns=(replace(SOFT, said="rows of <b>a</b> are few"),))
    shown = found._repr_html_()
    assert "<b>yellow</b>" in shown
    assert "rows of &lt;b&gt;a&lt;/b&gt; are few" in shown


def test_skill_is_the_part_of_the_score_that_is_saved() -> None:
    crps, likelihood = whole().models[0].scores
    assert crps.skill == pytest.approx(0.5)
    assert likelihood.skill is None


def test_the_exact_backend_has_nothing_to_judge_and_the_null_backend_nothing_to_rely_on() -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    exact = program.fit(idgen.Joint(("X", "Y"), [[0.25, 0.25], [0.1, 0.4]]), backend="exact").diagnostics()
    assert exact.ok
    assert "all is exact" in exact.notes[0]
    null = program.fit({"X": [0, 1] * 50, "Y": [0, 0, 1, 1] * 25}, backend="null").diagnostics()
    assert null.color == "red"
    assert "nothing was trained" in null.concerns[0].said


def test_the_exact_backend_names_what_the_joint_does_not_determine() -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    found = program.fit(idgen.Joint(("X", "Y"), [[0.0, 0.0], [0.5, 0.5]]), backend="exact").diagnostics()
    assert "does not determine P(Y | do(X))" in found.lacking[0]
