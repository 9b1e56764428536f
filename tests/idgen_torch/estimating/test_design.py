"""Designs and folds hold what they say, and refuse what they cannot hold."""

from __future__ import annotations

import numpy as np
import pytest

from idgen_compiler import DataError
from idgen_torch.estimating import Design, Folds


def test_categories_are_those_with_sizes() -> None:
    design = Design.of({"a": [1.0, 2.0], "b": [[1, 2], [3, 4]], "c": [0, 1]}, sizes={"c": 3})
    assert design.numbers.tolist() == [[1, 1, 2], [2, 3, 4]]
    assert design.codes.tolist() == [[0], [1]]
    assert design.names == ("a", "b", "b", "c")
    assert design.rows(np.array([1])).numbers.tolist() == [[2, 3, 4]]
    assert len(design.above(design.rows(slice(1)))) == 3


def test_a_design_without_columns_has_rows() -> None:
    assert len(Design.of({}, rows=7)) == 7


@pytest.mark.parametrize(
    ("columns", "sizes", "word"),
    [
        ({"age": [1.0, np.nan]}, {}, "age holds NaN"),
        ({"age": [1.0, np.inf]}, {}, "age holds NaN or infinity"),
        ({"ward": [0, 3]}, {"ward": 3}, "ward has codes from 0 to 3"),
        ({"ward": [0.0, 1.0]}, {"ward": 3}, "ward holds float64"),
        ({"name": ["a", "b"]}, {}, "name holds"),
        ({"a": [1.0], "b": [1.0, 2.0]}, {}, "b has shape"),
    ],
)
def test_what_is_no_feature_is_refused(columns: dict[str, list[float]], sizes: dict[str, int], word: str) -> None:
    with pytest.raises(DataError, match=word):
        Design.of(columns, sizes)


def test_folds_are_even_and_repeatable() -> None:
    folds = Folds(23, k=5, seed=1)
    assert sorted(np.bincount(folds.of)) == [4, 4, 5, 5, 5]
    assert np.array_equal(folds.of, Folds(23, k=5, seed=1).of)
    assert not np.array_equal(folds.of, Folds(23, k=5, seed=2).of)


def test_groups_stay_together() -> None:
    groups = np.random.default_rng(0).integers(0, 40, 300)
    folds = Folds(300, k=5, seed=0, groups=groups)
    assert all(len(set(folds.of[groups == group])) == 1 for group in set(groups))
    assert np.bincount(folds.of).min() > 50


def test_strata_are_spread() -> None:
    strata = np.repeat(["rare", "common"], [10, 90])
    folds = Folds(100, k=5, seed=0, strata=strata)
    assert np.bincount(folds.of[strata == "rare"]).tolist() == [2] * 5


def test_groups_of_strata_are_spread() -> None:
    groups = np.arange(120) // 3
    strata = (groups % 4 == 0).astype(int)
    folds = Folds(120, k=5, seed=0, groups=groups, strata=strata)
    assert np.bincount(folds.of[strata == 1]).tolist() == [6] * 5
    assert np.bincount(folds.of).tolist() == [24] * 5


def test_a_large_group_takes_no_fold_away() -> None:
    folds = Folds(100, k=4, seed=0, groups=np.r_[np.zeros(90, int), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    assert set(folds.of) == {0, 1, 2, 3}


def test_too_few_are_refused() -> None:
    with pytest.raises(DataError, match="3 rows make no 5 folds"):
        Folds(3)
    with pytest.raises(DataError, match="2 groups of rows make no 5 folds"):
        Folds(10, groups=[0] * 5 + [1] * 5)
    with pytest.raises(DataError, match="groups have shape"):
        Folds(10, groups=[0] * 5)
