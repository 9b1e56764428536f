"""What an adjoint is asked, what it answers, and what it says of questions that make no sense."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from tests.idgen_compiler.adjoint.programs import PROGRAMS, ByHand, napkin

TABLE = np.array([[[0.1, 0.1], [0.2, 0.1]], [[0.1, 0.2], [0.1, 0.1]]])
NAMED = idgen.Joint(("Z", "X", "Y"), TABLE, labels={"X": ("a", "b"), "Y": ("low", "high")})
PLAIN = idgen.Joint(("Z", "X", "Y"), TABLE)
X = {"X": 1}


def back_door(query: str = "P(Y | do(X))", **options: Any) -> idgen.Program:
    return idgen.compile(idgen.Query.parse(query), idgen.ADMG.parse("Z -> X -> Y; Z -> Y"), **options)


ADJOINT = back_door().adjoint()


def test_the_back_door_is_the_efficient_influence_function() -> None:
    """1[X = x] / P(x | z) (y - E[Y | z, x]) + E[Y | z, x] - psi (Robins, Rotnitzky and Zhao 1994)."""
    mean = TABLE[:, 1, 1] / TABLE[:, 1].sum(1)
    z = TABLE.sum((1, 2))
    propensity = TABLE[:, 1].sum(1) / z
    meant = np.zeros_like(TABLE)
    for cell in np.ndindex(2, 2, 2):
        row, x, y = cell
        meant[cell] = (x == 1) / propensity[row] * (y - mean[row]) + mean[row] - z @ mean
    assert abs(ADJOINT.evaluate(PLAIN, X) - meant).max() < 1e-12


def test_axes_are_those_of_the_joint() -> None:
    order = ("Y", "Z", "X")
    other = idgen.Joint(order, TABLE.transpose([("Z", "X", "Y").index(name) for name in order]))
    found = ADJOINT.evaluate(other, X)
    assert abs(found.transpose(1, 2, 0) - ADJOINT.evaluate(PLAIN, X)).max() < 1e-12


def test_variables_that_the_program_does_not_observe_change_nothing() -> None:
    more = idgen.Joint(("Z", "Q", "X", "Y"), np.stack([TABLE * 0.25, TABLE * 0.75], axis=1))
    found = ADJOINT.evaluate(more, X)
    assert found.shape == (2, 2, 2, 2)
    for q in (0, 1):
        assert abs(found[:, q] - ADJOINT.evaluate(PLAIN, X)).max() < 1e-12


@pytest.mark.parametrize(
    "f",
    [
        ("Y", "high"),
        np.array([0, 1]),
        [0.0, 1.0],
        lambda samples: samples["Y"] == "high",
        lambda samples: [float(y == "high") for y in samples["Y"]],
    ],
)
def test_one_function_in_several_words(f: Any) -> None:
    assert (ADJOINT.evaluate(NAMED, {"X": "b"}, f=f) == ADJOINT.evaluate(PLAIN, X)).all()


def test_labels_that_are_numbers_have_a_mean() -> None:
    tens = idgen.Joint(("Z", "X", "Y"), TABLE, labels={"Y": (10, 30)})
    assert abs(ADJOINT.evaluate(tens, X) - 20 * ADJOINT.evaluate(PLAIN, X)).max() < 1e-12
    truths = idgen.Joint(("Z", "X", "Y"), TABLE, labels={"Y": (False, True)})
    assert (ADJOINT.evaluate(truths, X, f="Y") == ADJOINT.evaluate(PLAIN, X)).all()


def test_values_that_the_query_states_are_asked() -> None:
    stated = back_door("P(Y | do(X=1))").adjoint()
    assert (stated.evaluate(PLAIN) == ADJOINT.evaluate(PLAIN, X)).all()


def test_a_policy_of_a_treatment_is_the_mean_of_its_values() -> None:
    law = idgen.Law({0: Fraction(1, 4), 1: Fraction(3, 4)})
    at = [ADJOINT.evaluate(PLAIN, {"X": x}) for x in (0, 1)]
    assert abs(ADJOINT.evaluate(PLAIN, {"X": law}) - (at[0] + 3 * at[1]) / 4).max() < 1e-12
    assert (ADJOINT.evaluate(PLAIN, {"X": idgen.Fixed(1)}) == at[1]).all()
    assert abs(ADJOINT.evaluate(PLAIN, {"X": idgen.Uniform()}) - (at[0] + at[1]) / 2).max() < 1e-12


def test_a_shift_by_nothing_is_the_natural_law() -> None:
    """What is drawn as it was is the mean of Y in the data, whose influence function is y - E[Y]."""
    found = back_door("P(Y | do(X = X + 1))").adjoint().evaluate(PLAIN, {"X": idgen.Shift(0)})
    assert abs(found - (np.arange(2) - TABLE.sum((0, 1))[1])).max() < 1e-12


def test_where_the_law_has_holes_and_the_answer_none() -> None:
    """X = 1 never occurs where Z = 0, which matters for do(X = 1) alone."""
    table = np.array([[[1, 2], [0, 0]], [[3, 1], [2, 4]]], dtype=object)
    holes = idgen.Joint(("Z", "X", "Y"), np.frompyfunc(lambda n: Fraction(n, 13), 1, 1)(table))
    found = ADJOINT.evaluate(holes, {"X": 0})
    assert (holes.table * found).sum() == 0
    with pytest.raises(idgen.DataError, match=r"does not determine P\(Y \| do\(X\)\) there"):
        ADJOINT.evaluate(holes, X)


def test_the_order_of_the_outcomes_is_that_of_their_names() -> None:
    program = idgen.compile(idgen.Query.parse("P(Y, A | do(X))"), idgen.ADMG.parse("X -> Y; X -> A"))
    joint = idgen.Joint(("X", "Y", "A"), np.arange(1, 13).reshape(2, 3, 2) / 78)
    values = np.array([[0, 1, 5], [2, 3, 4]])
    asked = program.adjoint().evaluate(joint, X, f=values)
    told = program.adjoint().evaluate(joint, X, f=lambda samples: values[samples["A"], samples["Y"]])
    assert (asked == told).all()


Ask = Callable[[], Any]

WRONG: dict[str, tuple[str, Ask]] = {
    "a shape": (
        r"f has shape \(3,\); an array over Y has shape \(2,\)",
        lambda: ADJOINT.evaluate(PLAIN, X, f=[1, 2, 3]),
    ),
    "a number": (r"f has shape \(\)", lambda: ADJOINT.evaluate(PLAIN, X, f=3.0)),
    "NaN": ("f holds NaN or infinity", lambda: ADJOINT.evaluate(PLAIN, X, f=[1, np.nan])),
    "complex numbers": ("f holds what is no finite number", lambda: ADJOINT.evaluate(PLAIN, X, f=[1j, 0])),
    "texts": ("f holds what is no finite number", lambda: ADJOINT.evaluate(NAMED, {"X": "a"}, f=lambda s: s["Y"])),
    "lengths": ("f has rows of different lengths", lambda: ADJOINT.evaluate(PLAIN, X, f=[[1], [1, 2]])),
    "a function that raises": (
        "f raises ZeroDivisionError: division by zero; it is called with samples of Y",
        lambda: ADJOINT.evaluate(PLAIN, X, f=lambda samples: 1 / 0),
    ),
    "a function of others": (r"f raises KeyError: .*no samples of 'Z'", lambda: ADJOINT.evaluate(PLAIN, X, f=_of_z)),
    "a function of all": (
        r"f gives an array of shape \(\); give one number for each",
        lambda: ADJOINT.evaluate(PLAIN, X, f=lambda samples: samples["Y"].mean()),
    ),
    "labels without a mean": (
        r"Y has the label 'low', which has no mean; ask for a share, \('Y', 'low'\)",
        lambda: ADJOINT.evaluate(NAMED, {"X": "a"}, f="Y"),
    ),
    "a label": ("Y has no label 'lo'; did you mean low", lambda: ADJOINT.evaluate(NAMED, {"X": "a"}, f=("Y", "lo"))),
    "labels": ("Y has no label", lambda: ADJOINT.evaluate(PLAIN, X, f=("Y", np.array([0, 1])))),
    "a cause": ("f is of 'Z', which is no outcome", lambda: ADJOINT.evaluate(PLAIN, X, f="Z")),
    "a treatment": ("f is of 'X', which is no outcome", lambda: ADJOINT.evaluate(PLAIN, X, f=("X", 1))),
    "which outcome": (
        "has the outcomes Y, Z; say with f of which",
        lambda: back_door("P(Y, Z | do(X))").adjoint().evaluate(PLAIN, X),
    ),
    "a value": (r"do\(X=...\) is 5, which the data never show", lambda: ADJOINT.evaluate(PLAIN, {"X": 5})),
    "a code for a label": ("the labels of X are 'a', 'b'", lambda: ADJOINT.evaluate(NAMED, X, f=("Y", "low"))),
    "no value": ("needs a value of X", lambda: ADJOINT.evaluate(PLAIN)),
    "several values": ("has 2 values for 1 samples", lambda: ADJOINT.evaluate(PLAIN, {"X": [0, 1]})),
    "a condition": ("given names 'Z'", lambda: ADJOINT.evaluate(PLAIN, X, {"Z": 1})),
    "no joint": ("the joint is of type ndarray; give", lambda: ADJOINT.evaluate(TABLE, X)),  # type: ignore[arg-type]
    "a joint that lacks": (
        "the joint lacks the variable Z",
        lambda: ADJOINT.evaluate(idgen.Joint(("X", "Y"), [[0.2, 0.3], [0.1, 0.4]]), X),
    ),
    "a query": (r"answers no query 'P\(Z\)'", lambda: ADJOINT.evaluate(PLAIN, X, query="P(Z)")),
    "a policy's name": ("policies names 'pi'", lambda: ADJOINT.evaluate(PLAIN, X, policies={"pi": idgen.Uniform()})),
    "a law that is lacking": (
        r"pi draws W2 in %law0, .* pass policies=\{'pi': ...\}",
        lambda: PROGRAMS["a law that is regenerated with a policy"].program.adjoint().evaluate(_even(), X),
    ),
    "a shift of what is set": ("needs its natural value", lambda: ADJOINT.evaluate(PLAIN, {"X": idgen.Shift(1)})),
    "a shift too far": (
        "to draw X moves a value that occurs onto no value",
        lambda: back_door("P(Y | do(X = X + 1))").adjoint().evaluate(PLAIN),
    ),
    "a shift too far in a law": (
        "to draw W2 moves a value that occurs onto no value",
        lambda: ByHand(napkin(MOVED)).program.adjoint().evaluate(_even(), X),
    ),
    "a law that is a function": (
        "the law of X is a function",
        lambda: ADJOINT.evaluate(PLAIN, {"X": idgen.Law(lambda inputs, n, generator: np.ones(n))}),
    ),
}


def _of_z(samples: Any) -> Any:
    return samples["Z"]


MOVED = """regenerate do() {
      (W1, W2') ~ rows %obs
      W2 := W2' + 1
      X ~ %m0(W1, W2)
      Y ~ %m1(W1, W2, X)
    }"""


def _even() -> idgen.Joint:
    return idgen.Joint(("W1", "W2", "X", "Y"), np.full((2, 2, 2, 2), 1 / 16))


@pytest.mark.parametrize("what", WRONG)
def test_wrong_questions(what: str) -> None:
    said, ask = WRONG[what]
    with pytest.raises(idgen.DataError, match=said) as told:
        ask()
    assert "\n" not in str(told.value)


def test_weights_that_some_rows_lack() -> None:
    """W2 = 1 never occurs where W1 = 0, so that nothing is known of the law; scaling the weights would hide it."""
    law = np.array([Fraction(k + 1) for k in range(16)], dtype=object).reshape(2, 2, 2, 2)
    law[0, 1] = 0
    joint = idgen.Joint(("W1", "W2", "X", "Y"), law / law.sum())
    for name in ("a law that is reweighted", "a law that is reweighted to one value", "a law that is regenerated"):
        program = PROGRAMS[name].program
        assert not program.fit(joint, backend="exact").kernel().defined.any()  # type: ignore[attr-defined]
        with pytest.raises(idgen.DataError, match="does not determine"):
            program.adjoint().evaluate(joint, X)
    never = ByHand(napkin("reweight %obs do(W2 ~ 0) by %p")).program.adjoint().evaluate(joint, X)
    assert (joint.table * never).sum() == 0


def test_weights_that_no_row_has() -> None:
    never = np.full((2, 2, 2, 2), Fraction(1, 8), dtype=object)
    never[:, 1] = 0
    joint = idgen.Joint(("W1", "W2", "X", "Y"), never)
    with pytest.raises(idgen.DataError, match=r"%law0 has no row with a positive weight"):
        PROGRAMS["a law that is reweighted to one value"].program.adjoint().evaluate(joint, X)
