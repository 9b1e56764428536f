"""Rows that differ, found while batches go by: the same table comes back, whatever the shards."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from idgen_compiler.data.holding.few import narrowest
from idgen_compiler.data.shards import counting
from idgen_compiler.data.shards.counting import Counting

VALUES = {
    "i": (pa.int8(), [0, 1, 5, None]),
    "f": (pa.float64(), [0.0, -0.0, 1.5, float("nan"), None]),
    "s": (pa.string(), ["a", "b", "", None]),
    "b": (pa.bool_(), [True, False]),
}


@st.composite
def shards(draw: st.DrawFn) -> list[pa.RecordBatch]:
    sizes = draw(st.lists(st.integers(0, 12), min_size=1, max_size=4))
    batches = []
    for size in sizes:
        columns = {
            name: pa.array(draw(st.lists(st.sampled_from(values), min_size=size, max_size=size)), kind)
            for name, (kind, values) in VALUES.items()
        }
        batches.append(pa.record_batch(columns))
    return batches


@given(shards())
def test_rows_come_back_in_their_order(batches: list[pa.RecordBatch]) -> None:
    found = Counting(list(VALUES))
    for batch in batches:
        found.add(batch)
    rows = sum(batch.num_rows for batch in batches)
    assert found.rows == rows
    place = found.place(np.zeros(rows, found.dtype))
    for name in VALUES:
        entries = [value for batch in batches for value in batch.column(name).to_pylist()]
        values, codes = found.values(name), found.codes(name)
        again = [values[codes[k]] for k in place]
        assert list(map(repr, map(_plain, again))) == list(map(repr, map(_plain, entries)))
    first = {int(k): row for row, k in reversed(list(enumerate(place)))}
    assert [first[k] for k in range(len(first))] == sorted(first.values())  # numbered as they first occur


def _plain(value: object) -> object:
    return 0.0 if value == 0 and isinstance(value, float) else value


def test_columns_of_many_values_and_too_many_rows_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST_VALUES", 50)
    monkeypatch.setattr(counting, "MOST_DIFFERENT", 100)
    rng = np.random.default_rng(0)
    table = {"few": rng.integers(0, 3, 1000), "many": np.arange(1000), "more": rng.integers(0, 40, 1000)}
    found = Counting(list(table))
    for start in range(0, 1000, 100):
        found.add(pa.record_batch({name: pa.array(own[start : start + 100]) for name, own in table.items()}))
    assert found.names == ["few"]
    place = found.place(np.zeros(1000, found.dtype))
    assert [found.values("few")[found.codes("few")[k]] for k in place] == table["few"].tolist()


def test_a_hundred_columns_are_not_numbered_beyond_64_bits() -> None:
    names = [f"c{k}" for k in range(100)]
    found = Counting(names)
    found.add(pa.record_batch({name: pa.array([0, 1, 0]) for name in names}))
    assert 0 < len(found.names) < 100
    assert found.place(np.zeros(3, found.dtype)).tolist() == [0, 1, 0]


def test_numbers_are_as_narrow_as_they_can_be() -> None:
    assert [narrowest(n) for n in (1, 256, 257, 2**15, 2**15 + 1)] == [np.uint8, np.uint8, np.int16, np.int16, np.int32]
