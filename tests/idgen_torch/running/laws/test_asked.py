"""`probability` of the torch backend: summed, averaged or counted, against the exact backend and samples."""

from __future__ import annotations

import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import idgen_compiler as idgen
from idgen_compiler.hinge.probability import Probabilities
from idgen_torch import TorchBackend, TorchSampler
from idgen_torch.running.laws import asked as laws
from tests.idgen_torch import programs
from tests.idgen_torch.programs import BACK_DOOR, FRONT_DOOR, NAPKIN

PLUG_IN = "table{smoothing=0}"


def fit(program: Any, data: Any, **options: Any) -> TorchSampler:
    return TorchBackend().fit(program, data, device="cpu", progress=False, **options)


def compiled(query: str, graph: str, **options: Any) -> Any:
    return idgen.compile(idgen.Query.parse(query), idgen.ADMG.parse(graph), **options)


def front_door_data(rows: int) -> dict[str, np.ndarray]:
    data = programs.back_door_data(rows)
    data["M"] = data.pop("Z")
    return data


def with_number(rows: int = 1500) -> dict[str, Any]:
    """Z a number, X two labels, Y three."""
    g = np.random.default_rng(0)
    z = g.normal(size=rows)
    x = (g.random(rows) < 1 / (1 + np.exp(-z))).astype(int)
    y = np.clip(np.round(x + z + g.normal(size=rows)).astype(int) + 1, 0, 2)
    return {"Z": z, "X": np.array(["no", "yes"])[x], "Y": np.array(["low", "mid", "high"])[y]}


NUMBERS = compiled("P(Y | do(X))", "Z -> X -> Y; Z -> Y")


@pytest.fixture(scope="module")
def numbers() -> TorchSampler:
    return fit(NUMBERS, with_number(), epochs=2, ensemble=2, hidden=(8,))


@pytest.fixture(scope="module")
def front_door() -> TorchSampler:
    family = {op.result: "table" for op in FRONT_DOOR.models}
    return fit(FRONT_DOOR, front_door_data(4_000), family=family)


def shares(sampler: TorchSampler, names: list[str], n: int, **question: Any) -> dict[Any, float]:
    samples = sampler.sample(n, seed=11, **question)
    cells = [samples[name].tolist() for name in names]
    keys = cells[0] if len(names) == 1 else list(zip(*cells, strict=True))
    return {key: count / n for key, count in Counter(keys).items()}


def assert_near_samples(sampler: TorchSampler, law: Probabilities, n: int = 100_000, **question: Any) -> None:
    drawn = shares(sampler, list(law.variables), n, **question)
    for key, share in law.items():
        spread = np.hypot(law.error_of(key), (max(share, 1e-4) / n) ** 0.5)
        assert abs(drawn.get(key, 0.0) - share) < 4.5 * spread, (key, share, drawn.get(key))


@pytest.mark.parametrize("program", [BACK_DOOR, FRONT_DOOR], ids=["back-door", "front-door"])
def test_tables_are_summed_to_what_the_exact_backend_computes(program: Any) -> None:
    backend = pytest.importorskip("idgen_exact").ExactBackend()
    data = front_door_data(3_000) if program is FRONT_DOOR else programs.back_door_data(3_000)
    sampler = fit(program, data, family={op.result: PLUG_IN for op in program.models if op.inputs})
    kernel = backend.fit(program, idgen.Joint.from_samples(data)).kernel()
    law = sampler.probability("Y", do={"X": [0, 1, 1]}, n=0)
    assert (law.method, law.draws, law.rows) == ("exact", 0, 3)
    assert law.table == pytest.approx(np.stack([kernel.at(X=x) for x in (0, 1, 1)]), abs=1e-9)
    assert not law.se.any()
    one = sampler.probability("Y", do={"X": 1})
    assert (one.rows, list(one)) == (None, [0, 1])
    assert one.table == pytest.approx(law.table[1], abs=1e-12)


def test_a_joint_law_sums_to_the_law_of_each() -> None:
    program = compiled("P(Y, M | do(X))", "X -> M -> Y; X <-> Y")
    sampler = fit(program, front_door_data(4_000))
    joint = sampler.probability(["M", "Y"], do={"X": 1})
    turned = sampler.probability(("Y", "M"), do={"X": 1})
    assert joint.method == "exact"
    assert joint.table == pytest.approx(turned.table.T)
    assert joint.table.sum(0) == pytest.approx(sampler.probability("Y", do={"X": 1}).table)
    assert joint[1, 0] == turned[0, 1]
    assert_near_samples(sampler, joint, do={"X": 1})


def test_an_even_draw_is_summed() -> None:
    sampler = fit(NAPKIN, programs.napkin_data(4_000), rows_factor=1.0)
    law = sampler.probability("Y", do={"X": 1})
    assert law.method == "exact"
    assert_near_samples(sampler, law, do={"X": 1})


def test_a_classifier_given_numbers_is_averaged(numbers: TorchSampler) -> None:
    law = numbers.probability("Y", do={"X": "yes"}, n=20_000, seed=3)
    assert (law.method, law.draws) == ("averaged", 20_000)
    assert sum(law.values()) == pytest.approx(1)
    assert_near_samples(numbers, law, do={"X": "yes"})
    counted = np.sqrt(law.table * (1 - law.table) / 20_000)
    assert (law.se < counted).all()
    assert (law.se > 0).all()


def test_standard_errors_are_those_of_other_seeds(numbers: TorchSampler) -> None:
    found = [numbers.probability("Y", do={"X": "no"}, n=400, seed=seed) for seed in range(60)]
    spread = np.std([law.table for law in found], axis=0)
    assert spread == pytest.approx(np.mean([law.se for law in found], axis=0), rel=0.35)


def test_equal_seeds_give_equal_laws_and_each_row_the_same_draws(numbers: TorchSampler, tmp_path: Path) -> None:
    law = numbers.probability("Y", do={"X": ["no", "yes", "no"]}, n=500, seed=1)
    assert np.array_equal(law.table[0], law.table[2])
    alone = numbers.probability("Y", do={"X": "yes"}, n=500, seed=1)
    assert np.array_equal(law.table[1], alone.table)
    assert law["low"].tolist() == law.table[:, law.labels[0].index("low")].tolist()
    numbers.save(tmp_path / "s")
    assert np.array_equal(
        idgen.load(tmp_path / "s").probability("Y", do={"X": "yes"}, n=500, seed=1).table, alone.table
    )
    assert not np.array_equal(numbers.probability("Y", do={"X": "yes"}, n=500, seed=2).table, alone.table)


def test_what_the_caller_gives_whole_is_read_off_the_model() -> None:
    sampler = fit(compiled("P(Y | X, Z)", "X -> Y <- Z; X <-> Z"), with_number(400), epochs=1, ensemble=2, hidden=(8,))
    z = np.linspace(-1, 1, 7)
    law = sampler.probability("Y", given={"X": "yes", "Z": z}, n=0)
    assert (law.method, law.table.shape) == ("exact", (7, 3))
    for k in (0, 6):
        one = sampler.probability("Y", given={"X": "yes", "Z": z[k]})
        assert one.table == pytest.approx(law.table[k], abs=1e-6)
    assert_near_samples(sampler, one, given={"X": "yes", "Z": z[6]})


def test_pieces_of_rows_make_no_difference(front_door: TorchSampler, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [0, 1] * 20
    whole = front_door.probability("Y", do={"X": rows})
    monkeypatch.setattr(laws, "MOST_CELLS", 16)
    assert np.array_equal(front_door.probability("Y", do={"X": rows}).table, whole.table)


def test_what_is_too_wide_to_be_summed_is_averaged(front_door: TorchSampler, monkeypatch: pytest.MonkeyPatch) -> None:
    exact = front_door.probability("Y", do={"X": 1})
    monkeypatch.setattr(laws, "MOST_CELLS", 1)
    monkeypatch.setattr(laws, "MOST_AVERAGED", 4)
    monkeypatch.setattr(laws, "summed", lambda asked: None)
    monkeypatch.setattr(laws, "MOST_CELLS", 4_000)
    law = front_door.probability("Y", do={"X": 1}, seed=0)
    assert law.method == "averaged"
    assert abs(law[1] - exact[1]) < 4.5 * law.error_of(1)
    monkeypatch.setattr(laws, "MOST_AVERAGED", 1)
    law = front_door.probability("Y", do={"X": 1}, seed=0)
    assert law.method == "counted"
    assert law.error_of(1) == pytest.approx((law[1] * law[0] / 9_999) ** 0.5)
    assert abs(law[1] - exact[1]) < 4.5 * law.error_of(1)


def test_a_joint_law_of_what_is_drawn_and_what_is_known() -> None:
    program = compiled("P(Y, V | do(X))", "Z -> X -> Y -> V; Z -> Y")
    data = with_number(800)
    data["V"] = (data["Y"] == "high").astype(int) ^ (np.random.default_rng(1).random(800) < 0.2)
    sampler = fit(program, data, epochs=1, ensemble=1, hidden=(8,))
    law = sampler.probability(["V", "Y"], do={"X": "yes"}, n=4_000, seed=0)
    assert (law.method, law.table.shape) == ("averaged", (2, 3))
    assert_near_samples(sampler, law, do={"X": "yes"})


def test_what_somebody_brought_is_counted() -> None:
    def coin(inputs: Any, n: int, generator: Any) -> np.ndarray:
        return torch.rand(n, generator=generator).numpy() < 0.25 + 0.5 * np.asarray(inputs["X"])

    data = {"X": [0, 1] * 100, "Y": [False, True, True, False] * 50}
    sampler = fit(compiled("P(Y | do(X))", "X -> Y"), data, bind={"Y | X": coin})
    law = sampler.probability("Y", do={"X": 1}, n=2_000, seed=0)
    assert law.method == "counted"
    assert abs(law[True] - 0.75) < 4.5 * law.error_of(True)


def test_a_composite_outcome_has_tuples_for_labels() -> None:
    g = np.random.default_rng(0)
    x = g.integers(2, size=600)
    data = {
        "X": x,
        "Y.digit": (x + g.integers(2, size=600)) % 3,
        "Y.color": np.array(["red", "blue"])[g.integers(2, size=600)],
    }
    sampler = fit(compiled("P(Y | do(X))", "X -> Y"), data)
    law = sampler.probability("Y", do={"X": 1})
    assert set(law) == {(digit, color) for digit in range(3) for color in ("red", "blue")}
    samples = sampler.sample(40_000, do={"X": 1}, seed=0)["Y"]
    assert law[2, "red"] == pytest.approx(((samples["digit"] == 2) & (samples["color"] == "red")).mean(), abs=0.02)


def test_a_law_that_is_summed_warns_where_there_are_no_rows() -> None:
    z = np.array([0, 1] * 300)
    data = {"Z": z, "X": z, "Y": (z + np.random.default_rng(0).integers(2, size=600)) % 2}
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        sampler = fit(compiled("P(Y | do(X))", "Z -> X -> Y; Z -> Y"), data)
    with pytest.warns(idgen.OverlapWarning, match="no row"):
        law = sampler.probability("Y", do={"X": 0})
    assert law.method == "exact"


@pytest.mark.parametrize(
    ("outcome", "question", "message"),
    [
        ("Z", {}, r"'Z' is no outcome of P\(Y \| do\(X\)\)"),
        (["Y", "Y"], {}, "named twice"),
        ([], {}, "no outcome is named"),
        (5, {}, "5 is no outcome"),
        ("Y", {"do": {"X": "maybe"}}, "which the data never show"),
        ("Y", {"do": {"X": ["yes", "maybe"]}}, "'maybe', which the data never show"),
        ("Y", {"do": {}}, "needs a value of X"),
        ("Y", {"n": 0}, "n is 0"),
        ("Y", {"n": -1}, "n is -1"),
    ],
)
def test_a_wrong_question_is_refused(
    numbers: TorchSampler, outcome: Any, question: dict[str, Any], message: str
) -> None:
    with pytest.raises(idgen.DataError, match=message):
        numbers.probability(outcome, **({"do": {"X": "yes"}} | question))


def test_rows_of_different_lengths_are_refused() -> None:
    sampler = fit(compiled("P(Y | X, Z)", "X -> Y <- Z; X <-> Z"), with_number(200), epochs=1, ensemble=1, hidden=(8,))
    with pytest.raises(idgen.DataError, match="2 values for 3"):
        sampler.probability("Y", given={"X": ["yes", "no", "no"], "Z": [0.0, 1.0]})


def test_an_outcome_that_is_a_number_has_no_table() -> None:
    data = with_number(200)
    sampler = fit(compiled("P(Z | X)", "Z -> X"), data, epochs=1)
    with pytest.raises(idgen.DataError, match=r"Z is real, not discrete.*sample\(\).*types=\{'Z': 'categorical'\}"):
        sampler.probability("Z", given={"X": "yes"})
