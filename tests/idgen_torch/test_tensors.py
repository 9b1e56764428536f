from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.kinds import Categorical, Composite
from idgen_compiler.data.schema import infer_schema
from idgen_compiler.data.sources import read_sources
from idgen_torch.tensors import decode, decoded, encode_sources, own_rows


def round_trip(data: Any, variable: str = "X", **types: Any) -> np.ndarray:
    sources = read_sources(data, [variable])
    schema = infer_schema(sources, types)
    rows = encode_sources(sources, schema, seed=0)
    parts = [rows[part.name] for part in schema.parts(variable)]
    for part, values in zip(schema.parts(variable), parts, strict=True):
        assert values.dtype == (torch.int64 if part.discrete else torch.float32)
        assert values.shape[1:] == (() if part.discrete else (part.dim,))
    out = schema[variable].empty(len(parts[0]))
    decode(schema[variable], parts, out)
    return out


_COLUMNS = st.one_of(
    st.lists(st.text(max_size=3), min_size=1, max_size=30),
    st.lists(st.booleans(), min_size=1, max_size=30),
    st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=60),
    st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=30),
)


@pytest.mark.filterwarnings("ignore::idgen_compiler.errors.DataWarning")
@given(_COLUMNS)
def test_a_column_comes_back_as_it_went_in(values: list[Any]) -> None:
    back = round_trip({"X": values})
    assert len(back) == len(values)
    if isinstance(values[0], float):
        assert back.dtype == np.float64
        assert np.allclose(back, values, rtol=1e-5, atol=1e-5 * (np.ptp(values) + 1e-30))
    elif isinstance(values[0], int) and not isinstance(values[0], bool):
        # Dequantized integers pass through float32: exact while the spread is below 2**23.
        assert np.array_equal(back, values)
    else:
        assert list(back) == values


def test_dtypes_come_back() -> None:
    assert round_trip({"X": np.array([1, 5], dtype=np.int16)}).dtype == np.int16
    assert round_trip({"X": np.arange(60, dtype=np.uint8)}).dtype == np.uint8
    assert list(round_trip({"X": np.arange(196, 256, dtype=np.uint8)}))[-1] == 255
    assert round_trip({"X": np.array([0.25, 5.5], dtype=np.float32)}).dtype == np.float32
    assert round_trip({"X": np.array([True, False])}).dtype == np.bool_
    assert round_trip({"X": pd.Series(["a", "b"])}).dtype == object


def test_a_composite_comes_back_as_a_structured_array() -> None:
    data = {"W.digit": [3, 1], "W.ink": [0.5, 0.75], "W.hue": ["red", "green"], "W.place": [[1.0, 2.0], [3.0, 5.0]]}
    back = round_trip(data, "W")
    assert back.dtype.names == ("digit", "ink", "hue", "place")
    assert list(back["digit"]) == [3, 1]
    assert list(back["hue"]) == ["red", "green"]
    assert np.allclose(back["ink"], [0.5, 0.75])
    assert np.allclose(back["place"], [[1, 2], [3, 5]])


def test_vectors_are_standardised_entry_by_entry() -> None:
    values = np.random.default_rng(0).normal([0, 1000], [1, 50], size=(500, 2))
    sources = read_sources({"X": values}, ["X"])
    schema = infer_schema(sources)
    rows = encode_sources(sources, schema, seed=0)["X"]
    assert torch.allclose(rows.quantile(0.5, 0), torch.zeros(2), atol=1e-5)
    assert torch.allclose(rows.std(0, correction=0), torch.ones(2), atol=0.1)
    assert np.allclose(round_trip({"X": values}), values)


def test_counts_are_never_negative_where_none_was() -> None:
    sources = read_sources({"X": np.arange(50)}, ["X"])
    kind = infer_schema(sources)["X"]
    out = kind.empty(2)
    decode(kind, [torch.tensor([[-50.0], [0.0]])], out)
    assert list(out) == [0, 24]


@pytest.mark.parametrize("seed", [0, 1])
def test_dequantisation_depends_on_the_seed_alone(seed: int) -> None:
    sources = read_sources({"X": np.arange(50), "Y": np.arange(50)}, ["X", "Y"])
    schema = infer_schema(sources)
    once, twice = (encode_sources(sources, schema, seed) for _ in range(2))
    alone = encode_sources({"X": sources["X"]}, schema, seed)
    assert torch.equal(once["X"], twice["X"])
    assert torch.equal(once["X"], alone["X"])
    assert not torch.equal(once["X"], once["Y"])


def test_one_row_that_stands_for_all_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    kind = Categorical(("a", "b"))
    plain = Categorical.decode_one

    def counted(self: Categorical, part: Array, out: Array) -> None:
        read.append(len(part))
        plain(self, part, out)

    monkeypatch.setattr(Categorical, "decode_one", counted)
    one = torch.tensor([1])
    for parts in ([one], [one.expand(4)]):
        found = decoded(kind, parts, 4)
        assert found.tolist() == ["b"] * 4
        with pytest.raises(ValueError, match="read-only"):
            found[0] = "a"
        mine = own_rows(found)
        mine[0] = "a"
        assert mine.tolist() == ["a", "b", "b", "b"]
    assert read == [1, 1]
    both = Composite((("u", kind), ("v", kind)))
    mixed = decoded(both, [one, torch.tensor([0, 1, 0])], 3)
    assert mixed.tolist() == [("b", "a"), ("b", "b"), ("b", "a")]
    assert own_rows(mixed) is mixed
