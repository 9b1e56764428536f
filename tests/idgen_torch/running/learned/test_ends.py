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
from idgen_torch.families import Task
from idgen_torch.parts import Values
from idgen_torch.running.learned.ends import End, missed_ends
from tests.idgen_torch.running.overlap.test_warnings import said

X, Y = Part("X"), Part("Y")


class Line:
    """Y = slope * X + N(0, 1), and no further than `capped` on either side."""

    def __init__(self, slope: float, capped: float = float("inf")) -> None:
        self.targets = (Y,)
        self.slope, self.capped = slope, capped

    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        mean = self.slope * given["X"].clamp(-self.capped, self.capped)
        return {"Y": mean + torch.randn(n, 1, generator=generator)}


def task(seed: int, n: int = 5_000, weights: Any = None, atom: bool = False) -> Task:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 1, generator=generator)
    x = x.clamp(max=1.0) if atom else x
    y = x + torch.randn(n, 1, generator=generator)
    return Task((Y,), (X,), {"X": x, "Y": y}, weights)


def ends(model: Line, rows: Task) -> tuple[End, ...]:
    return missed_ends("%m0", model, rows, {"X"})


def test_a_right_model_misses_no_end() -> None:
    assert not any(ends(Line(1.0), task(seed)) for seed in range(40))


def test_a_model_that_bends_off_misses_both() -> None:
    low, high = ends(Line(1.0, capped=2.0), task(0, 20_000))
    assert (low.above, low.low, high.above, high.low) == (False, False, True, True)
    assert low.at < -1.9
    assert high.at > 1.9
    assert high.rows / 2 < high.missed <= high.rows
    assert high.beyond(torch.tensor([high.at - 0.1, high.at, 9.0])).tolist() == [False, True, True]
    assert low.beyond(torch.tensor([low.at + 0.1, low.at, -9.0])).tolist() == [False, True, True]


def test_rows_without_weight_are_none() -> None:
    rows = task(0, 20_000)
    within = (rows.rows["X"][:, 0].abs() < 2).float()
    weighed = replace(rows, weights=within)
    assert ends(Line(1.0, capped=2.0), rows)
    assert ends(Line(1.0, capped=2.0), weighed) == ()


def test_a_value_that_many_rows_share_is_no_end_of_few() -> None:
    assert [end.above for end in ends(Line(0.5), task(0, atom=True))] == [False]


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
    (text,) = said(bent, 500, do={"X": 4.0})
    assert "rest on P(Y | Z, X) at X = 4, where it draws Y too low: of the " in text
    assert "lie above the middle of its draws" in text
    assert said(bent, 500, do={"X": 0.5}) == []
    ends = bent.report().models[0].ends
    assert any(f"where it {end}; the answer" in text for end in ends)
    for report in (str(bent.report()), bent.report()._repr_html_()):
        assert all(end in report for end in ends)
    bent.save(tmp_path / "s")
    loaded = idgen.load(tmp_path / "s")
    assert said(loaded, 500, do={"X": 4.0}) == [text]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loaded.sample(500, do={"X": 0.5}, seed=0)


@pytest.mark.parametrize("wrong", [{}, [{"part": "X"}], [3]])
def test_ends_that_were_tampered_with_are_refused(bent: Any, tmp_path: Path, wrong: Any) -> None:
    with pytest.raises(idgen.DataError, match=r"save the sampler again|an end in the saved support of %m0"):
        changed(bent, tmp_path, {"ends": wrong})


def test_a_sampler_that_was_saved_before_knows_of_none(bent: Any, tmp_path: Path) -> None:
    assert said(changed(bent, tmp_path, None), 500, do={"X": 4.0}) == []


def changed(sampler: Any, folder: Path, ends: dict[str, Any] | None) -> Any:
    """A sampler that was saved and came back with other ends, or without."""
    sampler.save(folder / "s")
    header = folder / "s" / "sampler.json"
    content = json.loads(header.read_text())
    support = content["supports"]["%m0"]
    assert support.pop("ends")
    content["supports"]["%m0"] = support | (ends or {})
    header.write_text(json.dumps(content))
    return idgen.load(folder / "s")
