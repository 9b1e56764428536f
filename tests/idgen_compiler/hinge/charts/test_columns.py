"""What is shown of columns as real tables have them: nothing is lost without a word."""

from __future__ import annotations

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.errors import DataError
from idgen_compiler.hinge.charts.columns import Pictures, Shares, Texts, pictured
from idgen_compiler.hinge.charts.looking import told_settings
from idgen_compiler.hinge.charts.numbers import Density
from idgen_compiler.hinge.charts.outline import chart_of_samples, shown_of
from idgen_compiler.hinge.charts.pictures import svg_of
from idgen_compiler.hinge.charts.specs import chart_of


def density(*groups: np.ndarray) -> Density:
    (found,) = pictured("Y", {str(k): group for k, group in enumerate(groups)})
    assert isinstance(found, Density)
    return found


def shares(values: np.ndarray) -> Shares:
    (found,) = pictured("Y", {"": values})
    assert isinstance(found, Shares)
    return found


def test_counts_are_those_of_each_setting() -> None:
    (found,) = pictured("Y", {"a": np.array(["x", "y", "x"]), "b": np.array(["z", "z"])})
    assert isinstance(found, Shares)
    assert (found.labels, found.counts) == (("x", "y", "z"), ((2, 1, 0), (0, 0, 2)))


def test_many_labels_are_counted_together_and_said() -> None:
    found = shares(np.array([f"label {k}" for k in range(50)] + ["label 0"] * 9))
    assert found.labels[0] == "label 0"
    assert found.labels[-1] == "(others)"
    assert sum(found.counts[0]) == 59
    assert "35 labels" in found.notes[0]


@pytest.mark.parametrize("values", [np.array([1.0, 2.5, np.nan]), np.array(["a", None], dtype=object)])
def test_missing_values_have_a_bar(values: np.ndarray) -> None:
    found = shares(values)
    assert "(missing)" in found.labels
    assert sum(found.counts[0]) == len(values)


def test_numbers_that_read_alike_are_one_label() -> None:
    found = shares(np.array([0.1, 0.1 + 1e-12, 5.0]))
    assert (found.labels, found.counts[0]) == (("0.1", "5"), (2, 1))


def test_shares_of_a_histogram_are_of_all_numbers() -> None:
    rng = np.random.default_rng(0)
    found = density(rng.normal(size=1000), rng.normal(3, 1, size=500))
    assert [sum(group) for group in found.shares] == pytest.approx([1, 1], abs=1e-9)
    step = (found.grid[1] - found.grid[0]) / (found.edges[1] - found.edges[0])
    assert [sum(group) * step for group in found.curve] == pytest.approx([1, 1], abs=0.02)
    assert found.means[1] == pytest.approx(3, abs=0.2)


def test_outliers_are_beyond_the_picture_and_said() -> None:
    found = density(np.concatenate([np.random.default_rng(0).normal(size=1000), [1e9, -1e12]]))
    assert found.edges[-1] < 20
    assert found.notes == ("2 of 1,002 values of Y lie beyond the picture, down to -1e+12 and up to 1e+09",)
    assert sum(found.shares[0]) == pytest.approx(1000 / 1002)


def test_what_is_not_finite_is_left_out_and_said() -> None:
    found = density(np.array([*np.linspace(0, 1, 30), np.nan, np.inf]))
    assert found.notes == ("2 values of Y are missing or not finite and left out",)
    assert len(density(np.full(30, np.nan), np.linspace(0, 1, 30)).means) == 2


def test_a_value_that_is_taken_often_has_no_smooth_curve() -> None:
    found = density(np.concatenate([np.zeros(500), np.random.default_rng(0).exponential(size=500)]))
    assert found.curve == ()


@pytest.mark.parametrize("values", [np.full(40, 7.3), np.array([1e308, -1e308] * 20), np.array([5e-324] * 3)])
def test_odd_numbers_make_a_picture(values: np.ndarray) -> None:
    values = np.concatenate([values, np.linspace(0, 1, 20)])
    assert all(np.isfinite(density(values).edges))


def test_times_and_durations() -> None:
    days = np.datetime64("2020-01-01") + np.arange(60).astype("m8[D]")
    found = density(days)
    assert found.time
    assert np.datetime64(round(found.edges[0]), "ms").astype("M8[D]") == days[0]
    spans = density(np.arange(60).astype("m8[h]") + np.timedelta64(30, "h"))
    assert (spans.unit, round(spans.edges[-1])) == ("days", 4)
    absent = density(np.append(days, np.datetime64("NaT")))
    assert "1 values" in absent.notes[0]


def test_composites_vectors_pictures_and_texts() -> None:
    composite = np.zeros(3, dtype=[("color", "U4"), ("size", "i8")])
    assert [found.variable for found in pictured("X", {"": composite})] == ["X.color", "X.size"]
    vector = pictured("V", {"": np.zeros((5, 9))})
    assert len(vector) == 7
    assert vector[-1].notes == ("3 more components of V are not shown",)
    (images,) = pictured("I", {"": np.zeros((20, 3, 4, 6), dtype=np.uint8)})
    assert isinstance(images, Pictures)
    assert (len(images.pictures[0]), images.size) == (8, (6, 4))
    (texts,) = pictured("T", {"": np.array([f"{k} " + "word " * 60 for k in range(20)], dtype=object)})
    assert isinstance(texts, Texts)
    assert max(map(len, texts.texts[0])) <= 160


def test_charts_are_vega_lite_and_pictures_of_them_say_their_values() -> None:
    (found,) = pictured("Y", {"do(X=0)": np.array(["<a>", "b"]), "do(X=1)": np.array(["b", "b"])})
    chart = chart_of(found)
    assert "vega-lite" in chart.to_dict()["$schema"]
    drawn = svg_of(chart, 'the shares of "Y"')
    assert 'role="img" aria-label="the shares of &quot;Y&quot;"' in drawn
    assert "<title>Y: &lt;a&gt;; share: 50%; setting: do(X=0); samples: 1</title>" in drawn
    assert "var(--series-1, #0072b2)" in drawn
    assert "<a>" not in drawn


def test_samples_without_rows_have_nothing_to_show() -> None:
    empty = idgen.Samples({"Y": np.zeros(0)})
    with pytest.raises(DataError, match="no samples to show"):
        empty.plot()
    assert "no samples" in empty._repr_html_()
    with pytest.raises(DataError, match="texts alone"):
        chart_of_samples({"": {"T": np.array([f"{k} " + "word " * 60 for k in range(20)], dtype=object)}})
    with pytest.raises(DataError, match="no samples"):
        list(shown_of({}))


def test_settings_that_read_alike_are_told_apart() -> None:
    assert told_settings([{"X": 1}, {"X": 1}, {}]) == ["do(X=1)", "do(X=1) (2)", ""]


def test_a_sampler_plots_settings_beside_each_other() -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    sampler = program.fit(idgen.Joint(("X", "Y"), [[0.5, 0.0], [0.1, 0.4]]), backend="exact")
    spec = sampler.plot(do=[{"X": 0}, {"X": 1}], n=100).to_dict()  # type: ignore[attr-defined]
    (rows,) = spec["datasets"].values()
    assert {(row["setting"], row["label"]): row["share"] for row in rows}["do(X=0)", "0"] == 1.0
    with pytest.raises(DataError, match="one dict"):
        sampler.plot(do=[1])  # type: ignore[attr-defined]
    (named,) = sampler.plot("Y", do=[{"X": 0}, {"X": 1}], n=100).to_dict()["datasets"].values()  # type: ignore[attr-defined]
    assert named == rows
    for wrong, match in (("W", "no samples of 'W'"), ({"X": 0}, "no variable's name")):
        with pytest.raises(DataError, match=match):
            sampler.plot(wrong, do={"X": 0}, n=10)  # type: ignore[attr-defined]


def test_charts_of_some_variables_and_of_one_that_there_is_none_of() -> None:
    samples = idgen.Samples({"X": np.array([0, 1]), "Y": np.array([0.5, 1.5]), "Z": np.array(["a", "b"])})
    assert len(samples.plot().to_dict()["vconcat"]) == 3
    assert samples.plot("Z").to_dict()["encoding"]["x"]["title"] == "Z"
    for wrong in ("Q", "y", 3, ["X"]):
        with pytest.raises(DataError, match=r"there are no samples of .*name variables, or none for all"):
            samples.plot(wrong)  # type: ignore[arg-type]
