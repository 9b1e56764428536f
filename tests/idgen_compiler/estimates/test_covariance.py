"""Standard errors of means: rows, weights, frequencies, clusters, repeats of a bootstrap, and the bands of several."""

from __future__ import annotations

import math

import numpy as np
import pytest

from idgen_compiler import DataError
from idgen_compiler.data.arrays import Array
from idgen_compiler.estimates import Answers, Asking, Estimates
from idgen_compiler.estimates.covariance import at_once, covariance_of, critical_of, p_value_of
from tests.idgen_compiler.estimates.standardized import Standardized, drawn_table


def means(
    columns: Array,
    weights: Array | None = None,
    frequency: bool = False,
    clusters: Array | None = None,
    drawn: Array | None = None,
    draws: Array | None = None,
) -> Answers:
    """The means of columns (rows, k), with their influence."""
    values = np.average(columns, axis=0, weights=weights)
    rows, count = columns.shape
    left = np.zeros((count, count)) if drawn is None else drawn
    sizes, none = np.full(count, float(rows)), np.zeros(count)
    return Answers(
        values, columns - values, weights, frequency, clusters, "closed form", none, sizes, none, left, draws=draws
    )


@pytest.fixture
def columns() -> Array:
    found: Array = np.random.default_rng(0).normal(size=(600, 3)) @ np.array([[1, 0.5, 0], [0, 1, 0], [0, 0.3, 2.0]])
    return found


def test_of_rows(columns: Array) -> None:
    assert covariance_of(means(columns)) == pytest.approx(np.cov(columns, rowvar=False, ddof=0) / 600)


def test_what_is_left_of_drawing_is_added(columns: Array) -> None:
    drawn = np.diag([1.0, 2.0, 3.0])
    assert covariance_of(means(columns, drawn=drawn)) == pytest.approx(covariance_of(means(columns)) + drawn)


def test_clusters_as_statsmodels_has_them(columns: Array) -> None:
    statsmodels = pytest.importorskip("statsmodels.api")
    clusters = np.random.default_rng(1).integers(25, size=600)
    found = covariance_of(means(columns, clusters=clusters))
    for k in range(3):
        fit = statsmodels.OLS(columns[:, k], np.ones(600)).fit(cov_type="cluster", cov_kwds={"groups": clusters})
        assert found[k, k] == pytest.approx(fit.cov_params()[0, 0])


def test_weighted_clusters_as_statsmodels_has_them(columns: Array) -> None:
    statsmodels = pytest.importorskip("statsmodels.api")
    generator = np.random.default_rng(1)
    clusters, weights = generator.integers(25, size=600), generator.uniform(0.5, 4, 600)
    found = covariance_of(means(columns, weights, clusters=clusters))
    fit = statsmodels.WLS(columns[:, 0], np.ones(600), weights=weights).fit(
        cov_type="cluster", cov_kwds={"groups": clusters}
    )
    assert found[0, 0] == pytest.approx(fit.cov_params()[0, 0])


def test_weights_as_a_sandwich_has_them(columns: Array) -> None:
    statsmodels = pytest.importorskip("statsmodels.api")
    weights = np.random.default_rng(1).uniform(0.5, 4, 600)
    fit = statsmodels.WLS(columns[:, 0], np.ones(600), weights=weights).fit(cov_type="HC0")
    assert covariance_of(means(columns, weights))[0, 0] == pytest.approx(fit.cov_params()[0, 0])


@pytest.mark.parametrize("clustered", [False, True])
def test_frequencies_are_rows_seen_so_often(columns: Array, clustered: bool) -> None:
    generator = np.random.default_rng(2)
    often = generator.integers(1, 5, size=600)
    clusters = generator.integers(20, size=600) if clustered else None
    one = covariance_of(means(columns, often.astype(float), True, clusters=clusters))
    again = None if clusters is None else np.repeat(clusters, often)
    assert one == pytest.approx(covariance_of(means(np.repeat(columns, often, axis=0), clusters=again)))


def test_clusters_of_one_row_each_are_rows(columns: Array) -> None:
    found = covariance_of(means(columns, clusters=np.arange(600)))
    assert found == pytest.approx(covariance_of(means(columns)) * 600 / 599)


def test_few_clusters_are_refused(columns: Array) -> None:
    with pytest.raises(DataError, match="9 clusters are too few"):
        covariance_of(means(columns, clusters=np.arange(600) % 9))
    found = Estimates(means(columns, clusters=np.arange(600) % 10), Asking(), ("a", "b", "c"))
    assert (found.high - found.values) / found.se == pytest.approx(critical_of(0.95, 9))
    assert critical_of(0.95, 9) == pytest.approx(2.262, abs=1e-3)


def test_a_bootstrap_has_the_covariance_and_percentiles_of_its_repeats(columns: Array) -> None:
    draws = np.random.default_rng(3).exponential(size=(500, 3))
    found = Estimates(means(columns, draws=draws), Asking(level=0.9), ("a", "b", "c"))
    assert found.covariance == pytest.approx(np.cov(draws, rowvar=False))
    drawn = np.diag([1.0, 2.0, 3.0])
    assert covariance_of(means(columns, draws=draws, drawn=drawn)) == pytest.approx(found.covariance + drawn)
    assert found.intervals == pytest.approx(np.quantile(draws, [0.05, 0.95], axis=0).T)


def test_values_of_p() -> None:
    assert p_value_of(1.959964, math.inf) == pytest.approx(0.05, abs=1e-6)
    assert p_value_of(-2.262157, 9) == pytest.approx(0.05, abs=1e-6)


def test_bands_of_independent_and_of_equal_numbers() -> None:
    from scipy.stats import norm

    independent = at_once(np.eye(4), 0.95, math.inf, 0)
    assert independent == pytest.approx(norm.ppf((1 + 0.95**0.25) / 2), abs=0.015)
    assert at_once(np.ones((4, 4)), 0.95, math.inf, 0) == pytest.approx(1.96, abs=0.015)
    assert at_once(np.diag([1.0, 0.0]), 0.95, math.inf, 0) == critical_of(0.95, math.inf)
    assert at_once(np.eye(4), 0.95, 11, 0) > independent + 0.2


@pytest.mark.parametrize("survey", [False, True])
def test_intervals_hold_the_truth_as_often_as_they_say(survey: bool) -> None:
    """250 tables of 500 rows, three columns with correlation: each interval, and all at once."""
    generator = np.random.default_rng(7)
    alone, together = np.zeros(3), 0
    for _ in range(250):
        columns = generator.normal(size=(500, 3)) @ np.array([[1, 0.8, 0], [0, 1, 0.5], [0, 0, 1]])
        w = None
        if survey:  # rows are seen as often as their weight is small, which follows the first column
            chance = 1 / (1 + np.exp(columns[:, 0]))
            kept = generator.random(500) < chance
            columns, w = columns[kept], 1 / chance[kept]
        found = Estimates(means(columns, w), Asking(), ("a", "b", "c"))
        inside = (found.low < 0) & (found.high > 0)
        alone += inside
        together += bool(((found.bands[:, 0] < 0) & (found.bands[:, 1] > 0)).all())
    assert (alone / 250 > 0.915).all()
    assert (alone / 250 < 0.98).all()
    assert 0.915 < together / 250 < 0.98


def test_clusters_cover_where_rows_alone_do_not() -> None:
    generator = np.random.default_rng(4)
    covered = {"rows": 0, "clusters": 0}
    for _ in range(300):
        clusters = np.repeat(np.arange(20), 20)
        y = generator.normal(size=20)[clusters] + generator.normal(size=400)
        for name, codes in (("rows", None), ("clusters", clusters)):
            one = Estimates(means(y[:, None], clusters=codes), Asking(), ("Y",)).one(0)
            covered[name] += one.low < 0 < one.high
    assert covered["rows"] / 300 < 0.6
    assert 0.915 < covered["clusters"] / 300 < 0.98


def test_effects_of_a_sampler_cover() -> None:
    """300 tables of 400 rows; the true difference is .22."""
    inside = 0
    for seed in range(300):
        found = Standardized(drawn_table(400, seed)).ate("Y", "X")
        inside += found.low < 0.22 < found.high
    assert 0.91 < inside / 300 < 0.98


def test_a_sampler_hands_on_weights_and_clusters() -> None:
    table = drawn_table(600, 0)
    plain = Standardized(table).ate("Y", "X")
    often = Standardized(table, weights=np.full(600, 3.0), frequency=True).ate("Y", "X")
    assert often.se == pytest.approx(plain.se / np.sqrt(3))
    assert Standardized(table, weights=np.full(600, 3.0)).ate("Y", "X").se == pytest.approx(plain.se)
    assert Standardized(table).ate("Y", "X", clusters=np.arange(600) // 2).se != pytest.approx(plain.se)
    by_name = Standardized({**table, "id": np.arange(600) // 2}).ate("Y", "X", clusters="id")
    assert by_name.se == Standardized(table).ate("Y", "X", clusters=np.arange(600) // 2).se
