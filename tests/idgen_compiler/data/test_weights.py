"""How much each row of a table counts: what weights are, and what becomes of the rows."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from idgen_compiler.data.kinds import Categorical
from idgen_compiler.data.reading.options import Reading
from idgen_compiler.data.reading.weights import scaled, standing, thinned
from idgen_compiler.data.schema import infer_schema
from idgen_compiler.data.sources import Source, read_weighed
from idgen_compiler.errors import DataError, DataWarning

COLORS, NUMBERS, WEIGHTS = ["r", "g", "b", "r"], [0.5, 1.5, 2.5, 3.5], [2, 0, 1, 3]
TABLE = {"X": COLORS, "Y": NUMBERS, "w": WEIGHTS}


def _read(data: Any, **how: Any) -> tuple[dict[str, Source], Any]:
    return read_weighed(data, ["X", "Y"], how=Reading(**how))


def _values(sources: dict[str, Source], name: str) -> list[Any]:
    return list(sources[name].columns[""].values)


@pytest.mark.parametrize(
    "made",
    [
        pd.DataFrame,
        pa.table,
        dict,
        lambda table: {name: np.array(column) for name, column in table.items()},
        lambda table: pd.DataFrame(table).set_index(pd.Index([7, 5, 5, 1])),
    ],
)
@pytest.mark.parametrize("said", ["w", " w ", WEIGHTS, np.array(WEIGHTS, dtype=np.float32), pa.array(WEIGHTS)])
def test_survey_weights_have_mean_one_and_rows_of_none_are_gone(made: Callable[[Any], Any], said: Any) -> None:
    sources, weights = _read(made(TABLE), weights=said)
    assert _values(sources, "X") == ["r", "b", "r"]
    assert weights.tolist() == [1.0, 0.5, 1.5]
    assert infer_schema(sources)["X"] == Categorical(("b", "r"), dtype="object"), "of rows of weight 0 no label is kept"


def test_files_are_weighed_by_their_columns(tmp_path: Path) -> None:
    frame = pd.DataFrame(TABLE)
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_parquet(tmp_path / "t.parquet")
    for name in ("t.csv", "t.parquet"):
        sources, weights = _read(tmp_path / name, weights="w")
        assert weights.tolist() == [1.0, 0.5, 1.5]
        sources, weights = _read(tmp_path / name, weights="w", weights_are="frequency")
        assert weights is None
        assert _values(sources, "Y") == [0.5, 0.5, 2.5, 3.5, 3.5, 3.5]


def test_the_scale_of_survey_weights_means_nothing() -> None:
    for factor in (2, 3, 1e-300, 1e300):
        _, weights = _read(TABLE, weights=np.array(WEIGHTS) * factor)
        assert weights.tolist() == pytest.approx([1.0, 0.5, 1.5], rel=1e-14)
    assert scaled(np.full(5, 0.1)) is None, "equal weights are none"
    assert _read(TABLE, weights=[0, 7, 7, 7])[1] is None


def test_frequencies_repeat_rows_pictures_among_them() -> None:
    pictures = np.arange(4, dtype=np.uint8).reshape(4, 1, 1, 1) * np.ones((4, 3, 2, 2), dtype=np.uint8)
    frequencies: dict[str, Any] = {"weights": "w", "weights_are": "frequency"}
    sources, weights = read_weighed({"X": pictures, "w": WEIGHTS}, ["X"], how=Reading(**frequencies))
    assert weights is None
    found = sources["X"].columns[""].pictures
    assert found is not None
    assert found[:, 0, 0, 0].tolist() == [0, 0, 2, 3, 3, 3]
    blank = {"X": ["r", None, None, "g"], "Y": NUMBERS, "w": WEIGHTS}
    with pytest.warns(DataWarning, match="X lacks 1 of 6 values"):
        sources, _ = _read(blank, missing="category", **frequencies)
    assert _values(sources, "X") == ["r", "r", "missing", "g", "g", "g"]


def test_missing_values_and_weights() -> None:
    gaps = {"X": ["r", None, "g", "b"], "Y": [0.5, 1.5, 2.5, np.nan], "w": [1, 0, 2, 0]}
    sources, weights = _read(gaps, weights="w")
    assert _values(sources, "X") == ["r", "g"], "what a row of weight 0 lacks matters to nobody"
    assert weights.tolist() == [2 / 3, 4 / 3]
    gaps["w"] = [1, 0, 2, 1]
    with pytest.raises(DataError, match=r"column Y has 1 NaN .*first in row 3"):
        _read(gaps, weights="w")
    with pytest.warns(DataWarning, match="1 of 3 rows lack a value"):
        sources, weights = _read(gaps, weights="w", missing="drop")
    assert _values(sources, "Y") == [0.5, 2.5]
    assert weights.tolist() == [2 / 3, 4 / 3]


def _with(row: int, value: Any) -> list[Any]:
    return [value if k == row else 1 for k in range(4)]


@pytest.mark.parametrize(
    ("column", "told"),
    [
        (_with(2, -0.5), "holds -0.5 in row 2"),
        (_with(2, np.inf), "holds inf in row 2"),
        (_with(1, np.nan), "lacks 1 of 4 weights, the first in row 1"),
        (_with(1, None), "lacks 1 of 4 weights, the first in row 1"),
        (pd.Series(_with(3, None), dtype="Int64"), "lacks 1 of 4 weights, the first in row 3"),
        (_with(3, "two"), "holds 'two' in row 3 .*of type str"),
        (_with(0, "2"), "holds '2' in row 0"),
        ([True] * 4, "holds True in row 0 .*of type bool"),
        (_with(2, 1j), "holds .* in row 0"),
        (pd.to_datetime(["2020-01-01"] * 4), "holds .* in row 0 .*Timestamp"),
        ([0, 0, 0, 0], "is 0 in every row"),
        (np.ones((4, 2)), r"has shape \(4, 2\)"),
    ],
)
def test_what_weighs_nothing(column: Any, told: str) -> None:
    for weights_are in ("survey", "frequency"):
        with pytest.raises(DataError, match=f"column w, which weighs the rows, {told}"):
            _read({"X": COLORS, "Y": NUMBERS, "w": column}, weights="w", weights_are=weights_are)
        with pytest.raises(DataError, match=f"^weights {told}"):
            _read({"X": COLORS, "Y": NUMBERS}, weights=column, weights_are=weights_are)


def test_other_wrong_weights() -> None:
    with pytest.raises(DataError, match="weights has 3 entries and the table 4 rows"):
        _read(TABLE, weights=[1, 2, 3])
    with pytest.raises(DataError, match="weights names 'wt', which is no column of the table; did you mean w"):
        _read({**TABLE, "weight": WEIGHTS, "w2": WEIGHTS}, weights="wt")
    with pytest.raises(DataError, match="column X is data of the program and cannot weigh its rows"):
        _read(TABLE, weights="X")
    with pytest.raises(DataError, match="column weights is int"):
        _read(TABLE, weights=2)
    with pytest.raises(DataError, match=r"holds 0.5 in row 1 .*whole numbers of equal rows"):
        _read(TABLE, weights=_with(1, 0.5), weights_are="frequency")
    with pytest.raises(DataError, match=r"stands for 4e\+09 rows"):
        _read(TABLE, weights=[1e9] * 4, weights_are="frequency")
    with pytest.raises(DataError, match="lacks 1 of 4 weights"):
        _read(TABLE, weights=_with(0, -9), missing_marks=[-9])
    for frame in (pd.DataFrame(TABLE), {name: pd.Series(column) for name, column in TABLE.items()}):
        with pytest.raises(DataError, match="weights and the table have different pandas indexes"):
            _read(frame, weights=pd.Series(WEIGHTS)[::-1])
    with pytest.raises(DataError, match="weights_are is 'sampling'; choose 'survey' or 'frequency'"):
        Reading(weights="w", weights_are="sampling")
    with pytest.raises(DataError, match="weights_are='frequency' says what no weights are"):
        Reading(weights_are="frequency")


def test_numbers_of_any_type_weigh() -> None:
    for made in ([Decimal(k) for k in WEIGHTS], pd.Series(WEIGHTS, dtype="Int64"), pd.Categorical(WEIGHTS)):
        assert _read(TABLE, weights=made)[1].tolist() == [1.0, 0.5, 1.5]


def test_thinned_rows_follow_the_weighted_law() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=200_000)
    kept = thinned(np.exp(-np.maximum(x, -3)), np.random.default_rng(1))
    # Weights exp(-x) move a normal law by -1.
    assert x[kept].mean() == pytest.approx(-1, abs=4 / np.sqrt(len(kept)) + 0.02)
    assert (np.diff(kept) > 0).all()
    assert standing(np.ones(3), Reading(weights="w")).tolist() == [0, 1, 2]
