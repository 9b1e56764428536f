"""Reliability: its measures in closed form, what chance alone shows, and the diagram."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.forms.record import read_record, to_plain
from idgen_compiler.hinge.calibration import BINS, Calibration, Reliability


def two(p: Any) -> np.ndarray:
    return np.stack([1 - np.asarray(p), np.asarray(p)], 1)


def test_measures_by_hand() -> None:
    # .9 says one bin: 3 of 4 right.  .55 says another: 1 of 2 right, once class 0 and once class 1.
    found = Reliability.of(two([0.9, 0.9, 0.9, 0.1, 0.55, 0.45]), np.array([1, 1, 0, 0, 1, 1]))
    assert found.ece == pytest.approx(4 / 6 * 0.15 + 2 / 6 * 0.05)
    assert found.mce == pytest.approx(0.15)
    assert found.brier == pytest.approx(2 * (3 * 0.01 + 0.81 + 0.45**2 + 0.55**2) / 6)
    assert found.log_loss == pytest.approx(-(3 * np.log(0.9) + np.log(0.1) + np.log(0.55) + np.log(0.45)) / 6)
    assert sum(found.weights) == pytest.approx(1)
    assert len(found.weights) == BINS


def test_a_row_of_weight_two_counts_like_two() -> None:
    p, y = np.array([0.8, 0.3, 0.6, 0.95]), np.array([1, 1, 0, 1])
    twice = Reliability.of(two(np.append(p, p[1])), np.append(y, y[1]))
    weighed = Reliability.of(two(p), y, np.array([1.0, 2.0, 1.0, 1.0]))
    assert (weighed.ece, weighed.mce, weighed.brier) == pytest.approx((twice.ece, twice.mce, twice.brier))


@pytest.mark.parametrize("rows", [200, 2_000])
def test_what_chance_shows_is_what_calibrated_data_show(rows: int) -> None:
    g = np.random.default_rng(1)
    found = []
    for _ in range(60):
        p = g.beta(2, 2, size=rows)
        found.append(Reliability.of(two(p), (g.random(rows) < p).astype(int)))
    seen = np.mean([one.ece for one in found])
    assert np.mean([one.expected_ece for one in found]) == pytest.approx(seen, rel=0.1)
    assert np.mean([one.expected_mce for one in found]) == pytest.approx(np.mean([one.mce for one in found]), rel=0.15)
    assert 0.85 < np.mean([one.ece < one.high_ece for one in found]) <= 1
    assert seen > 0.3 / rows**0.5


def test_overconfidence_is_seen_beyond_chance() -> None:
    g = np.random.default_rng(1)
    p = g.beta(2, 2, size=3_000)
    y = (g.random(3_000) < p).astype(int)
    odds = 3 * np.log(p / (1 - p))
    found = Reliability.of(two(1 / (1 + np.exp(-odds))), y)
    assert found.ece > 2 * found.high_ece
    assert found.ece > 0.1
    calm = Reliability.of(two(p), y)
    assert calm.ece < calm.high_ece
    assert calm.log_loss < found.log_loss


@pytest.mark.parametrize(
    ("law", "codes", "mass", "message"),
    [
        ([[0.5, 0.6]], [0], None, "sum to 1"),
        ([[float("nan"), 0.5]], [0], None, "sum to 1"),
        ([[1.5, -0.5]], [0], None, "from 0 to 1"),
        ([[0.5, 0.5]], [2], None, "codes are from 0 to 1"),
        ([[0.5, 0.5]], [0, 1], None, r"\(rows, classes\)"),
        (np.zeros((0, 2)), np.zeros(0, int), None, r"\(rows, classes\)"),
        ([[0.5, 0.5]], [0], [0.0], "not all zero"),
        ([[0.5, 0.5]], [0], [float("nan")], "not all zero"),
    ],
)
def test_what_are_no_probabilities_is_refused(law: Any, codes: Any, mass: Any, message: str) -> None:
    with pytest.raises(idgen.DataError, match=message):
        Reliability.of(np.asarray(law), np.asarray(codes), None if mass is None else np.asarray(mass))


def example() -> Calibration:
    g = np.random.default_rng(0)
    p = g.beta(2, 2, size=500)
    y = (g.random(500) < p).astype(int)
    sharp = p**2 / (p**2 + (1 - p) ** 2)
    return Calibration("%m0", "Y", 1.9, Reliability.of(two(sharp), y), Reliability.of(two(p), y))


def test_it_is_read_back_as_it_was_written() -> None:
    assert read_record(Calibration, to_plain(example()), "it") == example()


def test_the_diagram(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / "new" / "r.png"
    figure = example().plot(path)
    assert path.read_bytes().startswith(b"\x89PNG")
    before, after = figure.axes
    assert f"ECE {example().before.ece:.2%}" in before.get_title("left")
    assert f"ECE {example().after.ece:.2%}" in after.get_title("left")
    heights = {round(bar.get_height(), 9) for bar in after.patches}
    assert {round(a, 9) for w, a in zip(example().after.weights, example().after.accuracy, strict=True) if w} <= heights
    with pytest.raises(idgen.IdgenError, match="cannot save the plot"):
        example().plot(tmp_path / "new" / "r.png" / "in-a-file.png")


def test_without_matplotlib_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(idgen.IdgenError, match="pip install 'idgen-compiler\\[demo\\]'"):
        example().plot()
