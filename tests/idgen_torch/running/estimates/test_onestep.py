"""One-step estimates on small tables of numbers, whose truth is known in closed form."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.errors import DataError, DataWarning, OverlapWarning
from idgen_compiler.estimates import Functional
from idgen_compiler.estimates.measures import Asking
from idgen_torch.running.overlap.elsewhere import policy_elsewhere

BACK_DOOR = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("Z -> X -> Y; Z -> Y"))
FRONT_DOOR = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> M -> Y; X <-> Y"))


def asked(program: idgen.Program, data: dict[str, np.ndarray], **options: Any) -> Any:
    return program.fit(data, train="asked", progress=False, check_graph=False, **options)


def chance(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def confounded(n: int, seed: int) -> dict[str, np.ndarray]:
    """The effect is 1."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=n)
    x = (rng.random(n) < chance(z)).astype(int)
    return {"Z": z, "X": x, "Y": x * (1 + 0.5 * z) + z**2 + rng.normal(size=n)}


def mediated(n: int, seed: int) -> dict[str, np.ndarray]:
    """The effect is .8 * .5."""
    rng = np.random.default_rng(seed)
    u = rng.normal(size=n)
    x = (rng.random(n) < chance(1.5 * u)).astype(int)
    m = 0.8 * x + 0.7 * rng.normal(size=n)
    return {"X": x, "M": m, "Y": 0.5 * m + u + 0.5 * rng.normal(size=n)}


def test_a_back_door_is_augmented_inverse_probability_weighting() -> None:
    sampler = asked(BACK_DOOR, confounded(500, 0))
    found = sampler.ate("Y", "X", 1, 0, folds=2)
    assert not sampler.trained  # no model was needed but regressions
    assert found.method == "one-step"
    assert abs(found.value - 1) < 3.5 * found.se
    assert found.se == pytest.approx(0.13, abs=0.05)
    assert 80 < found.effective_rows < 500
    assert any(note.startswith("Y | Z, X by ") for note in found.notes)
    assert found.sensitivity().what


def test_a_wrong_outcome_model_is_corrected() -> None:
    """The plug-in of a constant regression is confounded; the weights set it right."""
    data = mediated(600, 1)
    found = asked(FRONT_DOOR, data).ate("Y", "X", 1, 0, folds=2)
    confounding = data["Y"][data["X"] == 1].mean() - data["Y"][data["X"] == 0].mean()
    assert confounding > 1
    assert abs(found.value - 0.4) < 3.5 * found.se
    assert found.se < 0.2


def test_equal_seeds_give_equal_numbers() -> None:
    one, other = (asked(BACK_DOOR, confounded(200, 2)).estimate("Y", do={"X": 1}, folds=2) for _ in range(2))
    assert (one.value, one.se) == (other.value, other.se)


def test_copies_of_a_row_share_a_fold() -> None:
    """Otherwise regressions know the outcomes that they are held against, and no copy corrects them."""
    once = confounded(300, 4)
    with pytest.warns(DataWarning, match="only 300 of 900 rows are different"):
        sampler = asked(BACK_DOOR, {name: np.tile(values, 3) for name, values in once.items()})
    of = sampler._answering().learned(sampler.program, Asking(folds=3), None).folds.of
    assert (of[:300] == of[300:600]).all()
    assert (of[:300] == of[600:]).all()
    own = asked(BACK_DOOR, once).ate("Y", "X", 1, 0, folds=3)
    with pytest.warns(DataWarning, match="900 rows are of 300 things: .* say clusters="):
        again = sampler.ate("Y", "X", 1, 0, folds=3)
    honest = sampler.ate("Y", "X", 1, 0, folds=3, clusters=np.tile(np.arange(300), 3))
    assert honest.se == pytest.approx(own.se, rel=0.15)
    assert abs(again.value - own.value) < 0.5 * own.se
    assert again.se == pytest.approx(own.se / np.sqrt(3), rel=0.15)  # which the fit's warning says


def test_a_number_set_at_a_point_is_averaged_close_by() -> None:
    rng = np.random.default_rng(3)
    z = rng.normal(size=900)
    x = z + rng.normal(size=900)
    sampler = asked(BACK_DOOR, {"Z": z, "X": x, "Y": 2 * x + z + rng.normal(size=900)})
    found = sampler.estimate("Y", do={"X": 0.5}, folds=2)
    assert abs(found.value - 1) < 3.5 * found.se
    assert any("X is a number that is set at a point: it is averaged over 0." in note for note in found.notes)
    both = sampler.contrast("Y", do={"X": 0.5}, versus={"X": -0.5}, folds=2).notes
    weights = [note.rpartition(", at ")[2] for note in both if note.startswith("the weight at ")]
    assert len(weights) == 1 or weights == ["X = 0.5", "X = -0.5"], "two weights are told apart"
    assert [note.rpartition(", at ")[2] for note in both if "averaged over" in note] == ["X = 0.5", "X = -0.5"]


@pytest.mark.filterwarnings("ignore::idgen_compiler.errors.OverlapWarning")
def test_a_number_set_beyond_all_rows_is_averaged_at_it_and_names_its_place() -> None:
    rng = np.random.default_rng(3)
    z = rng.normal(size=600)
    x = 0.5 * z + rng.normal(size=600)
    sampler = asked(BACK_DOOR, {"Z": z, "X": x, "Y": 2 * x + z + rng.normal(size=600)})
    for point in (float(x.max()) + 0.5, float(x.min()) - 0.5):
        found = sampler.estimate("Y", do={"X": point}, folds=2)
        (note,) = [note for note in found.notes if "averaged over" in note]
        low, high = map(float, re.findall(r"-?\d+\.\d+|-?\d+", note.partition("averaged over ")[2])[:2])
        assert low < high
        assert min(abs(point - low), abs(point - high)) < 1e-2
        assert any(text.startswith("the correction rests on no row") for text in found.warnings)
    several = sampler.dose_response("Y", "X", [0.0, float(x.max()) + 0.5], folds=2)
    bare = [text for text in several.warnings if "rests on no row" in text]
    assert len(bare) == 1
    assert bare[0].startswith(f"at X = {float(x.max()) + 0.5!r:.4}")


@pytest.mark.filterwarnings("ignore::idgen_compiler.errors.OverlapWarning")
def test_nothing_is_silent_where_no_row_has_what_is_asked() -> None:
    """One stratum is always treated: what happens there under do(0) is in no row."""
    rng = np.random.default_rng(4)
    z = rng.integers(3, size=600)
    x = np.where(z == 2, 1, rng.integers(2, size=600))
    sampler = asked(BACK_DOOR, {"Z": z, "X": x, "Y": x + 10 * (z == 2) + rng.normal(size=600)})
    found = sampler.estimate("Y", do={"X": 0}, folds=2)
    assert any(re.match(r"3\d% of the answer rests on values at which hardly any", text) for text in found.warnings)
    assert found.high > 10 / 3  # as it is where those rows are
    assert not sampler.estimate("Y", do={"X": 1}, folds=2).warnings


@pytest.mark.filterwarnings("ignore::idgen_compiler.errors.OverlapWarning")
def test_the_policy_to_ask_instead_has_the_names_of_the_query() -> None:
    rng = np.random.default_rng(4)
    age = rng.integers(3, size=600)
    dose = np.where(age == 2, 1, rng.integers(2, size=600))
    graph = idgen.ADMG.parse("age -> dose -> pain; age -> pain")
    program = idgen.compile(idgen.Query.parse("P(pain | do(dose))"), graph)
    fitted = asked(program, {"age": age, "dose": dose, "pain": dose + 10 * (age == 2) + rng.normal(size=600)})
    (text,) = (t for t in fitted.estimate("pain", do={"dose": 0}, folds=2).warnings if "of the answer rests on" in t)
    assert text.endswith("stays where there are rows, such as do(dose ~ pi(dose | age))")


def test_a_policy_without_an_answer_is_not_named() -> None:
    """None that reads W1 or W2 has one in the napkin."""
    napkin, query = idgen.ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y"), idgen.Query.parse("P(Y | do(X))")
    assert policy_elsewhere(idgen.compile(query, napkin), query) == ""
    shifted = idgen.Query.parse("P(Y | do(X = X + 1))")
    assert policy_elsewhere(idgen.compile(shifted, idgen.ADMG.parse("Z -> X -> Y; Z -> Y")), shifted) == ""


def test_what_was_asked_before_changes_nothing() -> None:
    """Two functions of one name are two functions, and a contrast is the difference of its ends."""
    data = confounded(400, 7)
    fresh = asked(BACK_DOOR, data).estimate(lambda s: s["Y"] ** 2, do={"X": 1}, folds=2)
    sampler = asked(BACK_DOOR, data)
    sampler.estimate(lambda s: s["Y"], do={"X": 1}, folds=2)
    again = sampler.estimate(lambda s: s["Y"] ** 2, do={"X": 1}, folds=2)
    assert (again.value, again.se) == pytest.approx((fresh.value, fresh.se))
    apart = sampler.contrast("Y", {"X": 1}, {"X": 0}, folds=2)
    ends = [asked(BACK_DOOR, data).estimate("Y", do={"X": x}, folds=2).value for x in (1, 0)]
    assert apart.value == pytest.approx(ends[0] - ends[1])


def test_another_table_is_refused() -> None:
    sampler = asked(BACK_DOOR, confounded(200, 8))
    with pytest.raises(DataError, match="differ"):
        sampler.estimate("Y", do={"X": 1}, folds=2, data=confounded(200, 9))


def test_a_policy_is_asked_like_a_value() -> None:
    sampler = asked(BACK_DOOR, confounded(400, 5))
    half, one, zero = (sampler.estimate("Y", do={"X": x}, folds=2) for x in (idgen.Law({0: 0.5, 1: 0.5}), 1, 0))
    assert half.value == pytest.approx((one.value + zero.value) / 2, abs=0.15)


@pytest.mark.parametrize("realize", ["regenerate", "reweight"])
def test_a_napkin_with_a_number_is_estimated_by_either_way(realize: str) -> None:
    rng = np.random.default_rng(6)
    n = 500
    a, b = rng.normal(size=(2, n))
    w1 = 0.7 * a + 0.7 * b + 0.5 * rng.normal(size=n)
    w2 = (rng.random(n) < chance(0.8 * w1)).astype(int)
    x = (rng.random(n) < chance(1.6 * w2 - 0.8 + 0.8 * a)).astype(int)
    data = {"W1": w1, "W2": w2, "X": x, "Y": x + b + 0.5 * rng.normal(size=n)}
    napkin = idgen.ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y")
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), napkin, realize=realize)
    found = asked(program, data).ate("Y", "X", 1, 0, folds=2)
    assert abs(found.value - 1) < 3.5 * found.se
    assert found.se < 0.4


def _some_never_untreated(n: int, seed: int) -> dict[str, np.ndarray]:
    """Z = 2 is always treated; W is a number, so that nothing is in closed form."""
    rng = np.random.default_rng(seed)
    z, w = rng.integers(3, size=n), rng.normal(size=n)
    x = np.where(z == 2, 1, rng.random(n) < 0.4).astype(int)
    return {"Z": z.astype(str), "W": w, "X": x, "Y": w + 0.3 * x + 0.1 * z + 0.5 * rng.normal(size=n)}


def test_a_mean_given_a_number_is_one_of_an_intervened_law() -> None:
    generator = np.random.default_rng(0)
    u, e, f, g = generator.normal(size=(4, 400))
    x = (u + generator.normal(size=400) > 0).astype(int)
    m = x + e
    y = m + u + 0.5 * f
    program = idgen.compile(idgen.Query.parse("P(Y | do(X), Q)"), idgen.ADMG.parse("X -> M -> Y -> Q; X <-> Y"))
    sampler = program.fit({"X": x, "M": m, "Y": y, "Q": (y + g > 0).astype(int)}, seed=0, progress=False)
    found = sampler.ate("Y", "X", 1, 0, given={"Q": 1})
    # Given Q = 1 the outcome is at least about 1 either way, so that less than the whole effect of 1 is left.
    assert found.low < found.value < found.high
    assert 0 < found.value < 1


def test_a_group_without_overlap_widens_no_other_group() -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("Z -> X -> Y; Z -> Y; W -> X; W -> Y"))
    fitted = asked(program, _some_never_untreated(2_000, 0))
    with pytest.warns(OverlapWarning, match="of the answer rests on values at which hardly any row"):
        found = fitted.cate("Y", "X", by="Z")
    wide = found.high - found.low
    assert found.values[:2] == pytest.approx([0.3, 0.3], abs=0.1)
    assert wide[:2].max() < 0.25
    assert wide[2] > 3
    with pytest.warns(OverlapWarning):
        seen, unseen = (fitted.estimate("q0.5(Y)", do={"X": x}) for x in (1, 0))
    assert seen.high - seen.low < 0.3
    assert unseen.high - unseen.low > 1


def test_groups_have_the_shares_that_they_have() -> None:
    """What the treatment does not affect is not learned from rows that have what is set."""
    table = _some_never_untreated(1_000, 1)
    program = idgen.compile(
        idgen.Query.parse("P(Y, Z | do(X))"), idgen.ADMG.parse("Z -> X -> Y; Z -> Y; W -> X; W -> Y")
    )
    fitted = asked(program, table)
    group = Functional("Z=2", lambda found: found["Z"] == "2", ("Z",), ends=(0.0, 1.0))
    mean = Functional("Y", lambda found: found["Y"], ("Y",))
    with pytest.warns(OverlapWarning):
        share, product = fitted.estimate([group, mean.times(group, "Y where Z=2")], do={"X": 0})
    assert share.value == pytest.approx((table["Z"] == "2").mean())
    assert share.high - share.low < 0.1
    assert product.high - product.low > 1


def test_an_estimate_that_hangs_by_one_wild_outcome_names_it() -> None:
    data = confounded(500, 0)
    data["Y"][7] = 1e6
    with pytest.warns(DataWarning, match="Y holds 1000000 in 1 of 500 rows"):
        sampler = asked(BACK_DOOR, data)
    with pytest.warns(OverlapWarning, match=r"one row makes \d+% .* its outcome is 1,000,000 where all others"):
        sampler.ate("Y", "X", 1, 0, folds=2)
    data["Y"][[7, 8, 9]] = 99_999.0
    with pytest.warns(DataWarning, match="Y holds 99999 in 3 of 500 rows"):
        sampler = asked(BACK_DOOR, data)
    alike = r"its outcome is 99,999, as in 2 more, where all others lie in \[-[\d.]+, [\d.]+\]"
    with pytest.warns(OverlapWarning, match=rf"one row makes \d+% .* {alike}"):
        sampler.ate("Y", "X", 1, 0, folds=2)


def test_rows_that_are_too_rare_to_be_seen_widen_the_interval() -> None:
    """The mediator of the treated lies where hardly any untreated row does, so that few have the largest weights."""

    def width(apart: float) -> tuple[float, tuple[str, ...]]:
        rng = np.random.default_rng(4)
        x = rng.integers(2, size=1_500)
        m = apart * x + (0.7 + 0.2 * x * (apart > 1)) * rng.normal(size=1_500)
        fitted = asked(FRONT_DOOR, {"X": x, "M": m, "Y": m + rng.normal(size=1_500)})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OverlapWarning)
            found = fitted.ate("Y", "X", 1, 0)
        return found.high - found.low, found.notes

    near, far = width(0.5), width(1.8)
    assert not any("too few to show" in note for note in near[1])
    assert any("what is asked for lies far out, where rows are too few to show" in note for note in far[1])
    assert far[0] > 1.5 * near[0]
