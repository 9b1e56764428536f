"""A model that bends off where its input has few rows: what it draws there is not the answer, and it says so."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import idgen_compiler as idgen
from idgen_compiler.data.part import Part
from idgen_compiler.errors import ModelWarning
from idgen_torch.families import Task
from idgen_torch.parts import Values
from idgen_torch.running.learned.ends import missed_ends
from idgen_torch.running.learned.stretches import Stretch
from tests.idgen_torch.running.overlap.test_warnings import said

X, Y = Part("X"), Part("Y")


class Line:
    """Y = slope * X + N(0, spread^2), and no further than `capped` on either side."""

    def __init__(self, slope: float, capped: float = float("inf"), spread: float = 1.0) -> None:
        self.targets = (Y,)
        self.slope, self.capped, self.spread = slope, capped, spread

    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        mean = self.slope * given["X"].clamp(-self.capped, self.capped)
        return {"Y": mean + self.spread * torch.randn(n, 1, generator=generator)}


def task(seed: int, n: int = 5_000, weights: Any = None, atom: bool = False) -> Task:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 1, generator=generator)
    x = x.clamp(max=1.0) if atom else x
    y = x + torch.randn(n, 1, generator=generator)
    return Task((Y,), (X,), {"X": x, "Y": y}, weights)


def ends(model: Line, rows: Task) -> tuple[Stretch, ...]:
    return missed_ends("%m0", model, rows, {"X"})


def test_a_right_model_misses_no_end() -> None:
    assert not any(ends(Line(1.0), task(seed)) for seed in range(40))


def test_a_model_that_misses_a_bend_beside_a_gap_says_where() -> None:
    """Two clusters: the inner end of the upper one has few rows, and nobody but them knows what the mean does there."""
    generator = torch.Generator().manual_seed(0)
    x = torch.cat([torch.randn(2_000, 1, generator=generator) - 5, torch.randn(2_000, 1, generator=generator) + 5])
    y = x + (x - 3.5).clamp(max=0).where(x > 0, 0.0) * 3 + torch.randn(4_000, 1, generator=generator)
    gap = Stretch("X", -2.3, 2.3)
    missed = missed_ends("%m0", Line(1.0), Task((Y,), (X,), {"X": x, "Y": y}), {"X"}, [gap])
    (found,) = [one for one in missed if one.way == "below"]
    assert found.low == 2.3
    assert found.high is not None and 3 < found.high < 4  # noqa: PT018
    right = Task((Y,), (X,), {"X": x, "Y": x + torch.randn(4_000, 1, generator=generator)})
    assert missed_ends("%m0", Line(1.0), right, {"X"}, [gap, Stretch("X", 6.5, 9.0)]) == ()


def test_a_model_that_bends_off_misses_both() -> None:
    found = ends(Line(1.0, capped=2.0), task(0, 20_000))
    (low,) = [one for one in found if one.way == "below"]
    (high,) = [one for one in found if one.way == "above"]
    assert (low.low, high.high) == (None, None)
    assert low.high is not None and low.high < -1.9  # noqa: PT018
    assert high.low is not None and high.low > 1.9  # noqa: PT018
    assert high.rows / 2 < high.off <= high.rows
    assert high.holds(torch.tensor([high.low - 0.1, high.low, 9.0])).tolist() == [False, True, True]
    assert low.holds(torch.tensor([low.high + 0.1, low.high, -9.0])).tolist() == [False, True, True]


def test_a_stretch_goes_on_as_far_in_as_rows_are_off() -> None:
    """The outermost rows are too high, those behind too low: each group says so, and all together might not."""
    rows = task(1, 20_000)
    x = rows.rows["X"]
    inner = (x > 2) & (x < 2.6)
    shifted = replace(rows, rows={"X": x, "Y": rows.rows["Y"] + 1.5 * (x >= 2.6) - 1.5 * inner})
    low = [one.low for one in ends(Line(1.0), shifted) if one.low is not None]
    assert min(low) == pytest.approx(2.0, abs=0.1)


def test_draws_that_are_too_wide_or_too_narrow_are_found() -> None:
    assert {one.way for one in ends(Line(1.0, spread=3.0), task(0))} == {"within"}
    assert {one.way for one in ends(Line(1.0, spread=0.3), task(0))} == {"outside"}


def test_rows_without_weight_are_none() -> None:
    rows = task(0, 20_000)
    within = (rows.rows["X"][:, 0].abs() < 2).float()
    weighed = replace(rows, weights=within)
    assert ends(Line(1.0, capped=2.0), rows)
    assert ends(Line(1.0, capped=2.0), weighed) == ()


def test_rows_without_weight_hide_no_end() -> None:
    """Beyond the ends lie rows of weight zero, as many as are looked at: the ends are those of the other rows."""
    rows, more = task(0, 20_000), torch.linspace(9, 10, 2_500)[:, None]
    far = {"X": torch.cat([rows.rows["X"], more, -more]), "Y": torch.cat([rows.rows["Y"], more, -more])}
    weighed = Task((Y,), (X,), far, torch.cat([torch.ones(20_000), torch.zeros(5_000)]))
    assert ends(Line(1.0, capped=2.0), weighed) == ends(Line(1.0, capped=2.0), rows) != ()
    assert ends(Line(1.0, capped=2.0), replace(weighed, weights=torch.zeros(25_000))) == ()


def test_a_value_that_many_rows_share_is_no_end_of_few() -> None:
    assert {one.low for one in ends(Line(0.5), task(0, atom=True))} == {None}


def test_what_is_not_set_is_not_looked_at_and_few_rows_are_not() -> None:
    assert missed_ends("%m0", Line(0.5), task(0), set()) == ()
    assert ends(Line(0.2), task(0, 50)) == ()


@pytest.fixture(scope="module")
def bent() -> Any:
    """A sampler whose network passed over its rows once."""
    rng, n = np.random.default_rng(0), 4_000
    z = rng.normal(size=n)
    x = z + rng.normal(size=n)
    table = {"Z": z, "X": x, "Y": np.maximum(x - 2, 0) ** 2 + rng.normal(size=n)}
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("Z -> X -> Y; Z -> Y"))
    return program.fit(table, family={"Y": "flow{epochs=1, ensemble=1}"}, seed=0, progress=False, device="cpu")


def test_a_sampler_tells_where_it_is_asked_beyond_it(bent: Any, tmp_path: Path) -> None:
    (text,) = said(bent, 500, do={"X": 3.4})
    assert "rest on P(Y | Z, X) at X = 3.4, where its draws of Y are not as the rows: of " in text
    assert " lie above the middle of the draws; the answer there is extrapolation" in text
    assert said(bent, 500, do={"X": 0.5}) == []
    ends = bent.report().models[0].ends
    assert any(f"where {end}; the answer" in text for end in ends)
    for report in (str(bent.report()), bent.report()._repr_html_()):
        assert all(end in report for end in ends)
    bent.save(tmp_path / "s")
    loaded = idgen.load(tmp_path / "s")
    assert said(loaded, 500, do={"X": 3.4}) == [text]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loaded.sample(500, do={"X": 0.5}, seed=0)


@pytest.mark.parametrize("asked", ["Y", "q0.5(Y)"])
def test_a_number_says_what_its_draws_rest_on_once_and_keeps_it(bent: Any, asked: str) -> None:
    """Of draws of a model, where the number is made of them; a one-step number is not."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = bent.estimate(asked, do={"X": 3.4}, method="plug-in", n=2_000)
    told = [str(w.message) for w in caught if "not as the rows" in str(w.message)]
    assert len(told) == 1
    assert told[0] in found.warnings
    assert told[0] in json.loads(found.to_json())["warnings"]
    assert {w.category for w in caught if "not as the rows" in str(w.message)} == {ModelWarning}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = bent.estimate(asked, do={"X": 3.4}, method="one-step")
    assert not any("not as the rows" in str(w.message) for w in caught)
    assert not any("not as the rows" in text for text in found.warnings)


def test_a_number_keeps_what_is_said_of_where_it_is_asked(bent: Any) -> None:
    """Beyond the outermost row, which is said by the samples that a question is tried with."""
    for method in ("plug-in", "one-step"):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found = bent.estimate("Y", do={"X": 40.0}, method=method, n=2_000)
        texts = [str(w.message) for w in caught]
        assert len(texts) == len(set(texts))
        assert any("X = 40" in text for text in texts)
        assert set(texts) <= set(found.warnings)


@pytest.mark.parametrize("wrong", [{}, [{"part": "X"}], [3]])
def test_ends_that_were_tampered_with_are_refused(bent: Any, tmp_path: Path, wrong: Any) -> None:
    with pytest.raises(idgen.DataError, match=r"save the sampler again|a stretch in the saved support of %m0"):
        changed(bent, tmp_path, {"stretches": wrong})


def test_a_sampler_that_was_saved_before_looks_at_the_rows_that_it_has(bent: Any, tmp_path: Path) -> None:
    before = changed(bent, tmp_path, None)
    assert said(before, 500, do={"X": 3.4}) == []
    (text,) = said(before, 500, do={"X": 4.5})
    assert "at X = 4.5, which hardly any row shows" in text


def changed(sampler: Any, folder: Path, stretches: dict[str, Any] | None) -> Any:
    """A sampler that was saved and came back with other stretches, or without."""
    sampler.save(folder / "s")
    header = folder / "s" / "sampler.json"
    content = json.loads(header.read_text())
    support = content["supports"]["%m0"]
    assert support.pop("stretches")
    content["supports"]["%m0"] = support | (stretches or {})
    header.write_text(json.dumps(content))
    return idgen.load(folder / "s")
