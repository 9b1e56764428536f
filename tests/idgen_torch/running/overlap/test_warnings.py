"""Fits and samplers say what no row shows: one warning, with variables, values and share, at the user's line."""

from __future__ import annotations

import json
import re
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler import OverlapWarning
from idgen_compiler.compile.options import Realization
from tests.benchmarks.bench_overlap import FAULTY, Asked, clean, faulty, warned
from tests.idgen_torch.programs import QUICKLY


def fit(asked: Asked, realize: Realization = "auto", **options: Any) -> tuple[Any, list[str]]:
    program = idgen.compile(idgen.Query.parse(asked.query), idgen.ADMG.parse(asked.graph), realize=realize)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        sampler = program.fit(asked.data, backend="torch", seed=0, progress=False, device="cpu", **options)
    assert {warning.category for warning in told} <= {OverlapWarning}
    return sampler, [str(warning.message) for warning in told]


def said(sampler: Any, n: int, **settings: Any) -> list[str]:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        sampler.sample(n, seed=1, **settings)
    assert all(warning.filename == __file__ for warning in told)
    return [str(warning.message) for warning in told]


@pytest.mark.parametrize("name", FAULTY)
def test_faulty_data_are_told_of_at_fit(name: str) -> None:
    at_fit, at_sample = warned(faulty(name, 0), QUICKLY)
    assert at_fit
    assert at_sample or "napkin of numbers" in name  # there the sampler asks a model that knows nothing of the lack


def test_good_data_are_quiet() -> None:
    assert sum(any(warned(asked, QUICKLY)) for asked in clean(12)) <= 1


def test_the_message_names_values_share_and_the_function() -> None:
    sampler, told = fit(faulty("X is Z", 0))
    (text,) = told
    assert "do(X = 0): 52% of the answer rests on P(Y | Z, X) at X = 0 where Z = 1, which no row shows; " in text
    assert "do(X = 1): 48% of the answer rests on P(Y | Z, X) at X = 1 where Z = 0, which no row shows; " in text
    assert text.endswith("; X is a function of Z in these rows, so that other data are needed")
    (text,) = said(sampler, 4000, do={"X": 0})
    assert text == (
        "52% of the answer rests on P(Y | Z, X) at X = 0 where Z = 1, which no row shows; nothing in the data says "
        "what happens there, and the answer is extrapolation; X is a function of Z in these rows, so that other data "
        "are needed"
    )


def test_only_what_is_asked_is_told_of() -> None:
    sampler, told = fit(faulty("Z = 1 implies X = 1", 0))
    assert len(told) == 1
    assert said(sampler, 4000, do={"X": 1}) == []
    assert len(said(sampler, 4000, do={"X": 0})) == 1
    assert len(said(sampler, 1, do={"X": [0]})) <= 1


def test_a_given_that_no_row_has_with_that_do() -> None:
    sampler, _ = fit(faulty("given Z = 1, which no row has with X = 0", 0))
    for n in (1, 50):
        (text,) = said(sampler, n, do={"X": 0}, given={"Z": 1})
        assert text.startswith("100% of the answer rests on P(Y | Z, X) at X = 0 where Z = 1, which no row shows")
    assert said(sampler, 50, do={"X": 1}, given={"Z": 1}) == []


def test_numbers_are_named_in_their_own_unit() -> None:
    rng = np.random.default_rng(0)
    z = 1000 + 100 * rng.normal(size=2000)
    data = {"Z": z, "X": (z > 1000).astype(int), "Y": z + rng.normal(size=2000)}
    sampler, _ = fit(Asked("", "P(Y | do(X))", "Z -> X -> Y; Z -> Y", data, ()), **QUICKLY)
    (text,) = said(sampler, 2000, do={"X": 1})
    low, high = (float(word.rstrip(",")) for word in text.split("Z from ")[1].split()[:3:2])
    assert low < 750
    assert 950 < high < 1000


def test_a_copy_in_a_napkin_is_told_once_at_the_regeneration() -> None:
    _, told = fit(faulty("napkin of numbers, W2 is W1", 0), "regenerate", **QUICKLY)
    text = told[0]
    assert "of the rows of %law0 rest on P(X | W1, W2) at " in text
    assert "(W2 is all but a function of W1 in these rows)" in text


def test_weights_do_not_hide_rows_that_are_not_there() -> None:
    """A propensity that learned nothing weighs all rows alike, so that none of them seems to be missing."""
    asked = faulty("napkin of numbers, W2 is W1", 0)
    w1 = (asked.data["W1"] > 0).astype(int)
    data = {**asked.data, "W1": w1, "W2": w1}
    few = replace(asked, data={name: column[:250] for name, column in data.items()})
    _, told = fit(few, "reweight", family={"W2": "table{smoothing=1000000}"}, **QUICKLY)
    (text,) = [one for one in told if "no weights stand" in one]
    assert re.match(
        r"%law0: (4|5)\d% of the values that W2 is to take lie at W1 = (0, W2 = 1|1, W2 = 0) or W1 = ", text
    )
    assert text.endswith("which no row shows; no weights stand for rows that are not there")


def test_a_loaded_sampler_tells_as_well_and_so_does_a_stream(tmp_path: Path) -> None:
    sampler, _ = fit(faulty("X is Z", 0))
    sampler.save(tmp_path / "s")
    loaded = idgen.load(tmp_path / "s")
    assert said(loaded, 4000, do={"X": 0}) == said(sampler, 4000, do={"X": 0})
    with pytest.warns(OverlapWarning, match="which no row shows"):
        next(iter(loaded.stream(100, do={"X": 0}, seed=0)))  # type: ignore[attr-defined]


def test_a_loaded_sampler_repeats_what_only_the_fit_saw(tmp_path: Path) -> None:
    sampler, told = fit(faulty("napkin of numbers, W2 is W1", 0), "regenerate", **QUICKLY)
    assert said(sampler, 1000, do={"X": 0}) == []
    sampler.save(tmp_path / "s")
    loaded = idgen.load(tmp_path / "s")
    (text,) = said(loaded, 1000, do={"X": 0})
    assert text == f"the fit of this sampler warned: {'; '.join(told)}"
    assert all(f"overlap: {one}" in str(loaded.report()) for one in told)
    loaded.save(tmp_path / "again")
    assert said(idgen.load(tmp_path / "again"), 1000, do={"X": 0}) == [text]


def test_a_treatment_that_never_varies_is_told_again_after_loading(tmp_path: Path) -> None:
    data = {"Z": np.arange(400) % 2, "X": np.ones(400, dtype=int), "Y": np.arange(400) % 3 % 2}
    sampler, _ = fit(Asked("", "P(Y | do(X))", "Z -> X -> Y; Z -> Y", data, ()))
    sampler.save(tmp_path / "s")
    (text,) = said(idgen.load(tmp_path / "s"), 100, do={"X": 1})
    assert "X is 1 in every row" in text


def test_what_no_row_near_shows_names_the_value_and_the_inputs() -> None:
    sampler, _ = fit(faulty("X = 1 where three numbers sum above 0", 0), **QUICKLY)
    (text,) = said(sampler, 2000, do={"X": 1})
    share = int(text.partition("%")[0])
    assert 20 < share < 50
    assert "at X = 1, with values of Z0, Z1 and Z2 near which hardly any row has it; the answer there" in text
    sampler, _ = fit(faulty("X = 1 for a tenth, only where Z < -.5", 0), **QUICKLY)
    assert said(sampler, 2000, do={"X": 0}) == []
    (text,) = said(sampler, 2000, do={"X": 1})
    assert "X = 1, which hardly any row shows" in text


def test_what_every_second_sample_asks_is_looked_at() -> None:
    sampler, _ = fit(faulty("X = 1 for a tenth, only where Z < -.5", 0), **QUICKLY)
    (text,) = said(sampler, 8000, do={"X": np.arange(8000) % 2})
    assert "X = 1" in text


def test_a_fit_looks_at_each_value_that_a_treatment_can_be_set_to() -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(size=2000)
    data = {"Z": z, "X": np.where(z > 0.8, 1, rng.integers(2, size=2000)), "Y": z + rng.normal(size=2000)}
    _, told = fit(Asked("", "P(Y | do(X))", "Z -> X -> Y; Z -> Y", data, ()), **QUICKLY)
    (text,) = told
    assert text.startswith("at the values that X can take, with X = 0, ")
    assert "of the samples rest on P(Y | Z, X) at Z from " in text


def test_numbers_have_a_light_too() -> None:
    sampler, _ = fit(faulty("X = 2 Z", 0), **QUICKLY)
    assert sampler.report().overlap.color == "red"
    assert sampler.report().overlap.empty is None
    good = next(asked for asked in clean(3) if "numbers" in asked.kind)
    assert fit(good, **QUICKLY)[0].report().overlap.color == "green"


def test_rare_values_keep_their_rows_in_a_file(tmp_path: Path) -> None:
    sampler, _ = fit(faulty("X = 1 for one in a hundred of 16,000, never where Z = 1", 0))
    sampler.save(tmp_path / "s")
    told = said(idgen.load(tmp_path / "s"), 2000, do={"X": 1})
    assert told == said(sampler, 2000, do={"X": 1})
    assert "Z = 1" in told[0]


@pytest.mark.parametrize("wrong", [{"rows": 3}, {"rows": "many"}, {"rows": True}])
def test_a_support_that_was_tampered_with_is_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    sampler, _ = fit(faulty("X is Z", 0))
    sampler.save(tmp_path / "s")
    header = tmp_path / "s" / "sampler.json"
    content = json.loads(header.read_text())
    content["supports"]["%m0"] |= wrong
    header.write_text(json.dumps(content))
    with pytest.raises(idgen.DataError, match="save the sampler again"):
        idgen.load(tmp_path / "s")


def test_samples_are_what_they_were_without_the_watch() -> None:
    """What is looked at changes no draw."""
    sampler, _ = fit(faulty("X is Z", 0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        first = sampler.sample(1000, do={"X": 0}, seed=3)["Y"]
        object.__setattr__(sampler.fitted, "lookouts", {})
        assert np.array_equal(first, sampler.sample(1000, do={"X": 0}, seed=3)["Y"])
