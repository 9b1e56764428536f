"""The null backend: the right shapes, names and refusals, and nothing learned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_null import NullBackend
from tests.strategies import NAPKIN, NESTED

QUERY = idgen.Query.parse("P(Y | do(X))")
COLUMNS: dict[str, Any] = {
    "W1": np.arange(40) % 3,
    "W2": np.linspace(-1, 1, 40),
    "X": np.where(np.arange(40) % 2, "on", "off"),
    "Y": np.zeros((40, 1, 4, 4), np.uint8),
}


@pytest.mark.parametrize("realize", ["auto", "regenerate", "reweight", "weigh"])
def test_answers_have_the_shapes_of_the_data(realize: str, tmp_path: Path) -> None:
    program = idgen.compile(QUERY, NAPKIN, realize=realize)  # type: ignore[arg-type]
    sampler = program.fit(COLUMNS, backend="null", types={"Y": "image"})
    drawn = sampler.sample(5, do={"X": "on"})
    assert drawn["Y"].shape == (5, 1, 4, 4)
    assert drawn["Y"].dtype == np.uint8
    sampler.save(tmp_path / "s")
    again = idgen.load(tmp_path / "s")
    assert again.program == program
    assert np.array_equal(again.sample(5, do={"X": again.read_value("X", "on")})["Y"], drawn["Y"])


def test_what_no_backend_could_be_trained_on_is_refused() -> None:
    program = idgen.compile(QUERY, NAPKIN)
    with pytest.raises(idgen.DataError, match="W2"):
        program.fit({name: values for name, values in COLUMNS.items() if name != "W2"}, backend="null")
    with pytest.raises(idgen.DataError, match=r"column W2 has 1 NaN value\(s\) in 40 rows"):
        program.fit(COLUMNS | {"W2": np.where(np.arange(40) == 3, np.nan, 0.5)}, backend="null")
    sampler = program.fit(COLUMNS | {"Y": np.arange(40.0)}, backend="null")
    with pytest.raises(idgen.DataError, match="is 'up', which the data never show"):
        sampler.sample(5, do={"X": "up"})


def test_every_operation_finds_what_it_uses() -> None:
    """Nested laws are walked in the way that comes first; the others' values are not asked for."""
    program = idgen.compile(QUERY, NESTED)
    rows = {name: np.arange(30) % 2 for name in program.observe.variables}
    for way in ("regenerate", "reweight", "weigh"):
        assert NullBackend().fit(program.realized(way), rows).sample(0, do={"X": 1}).size == 0
    with pytest.raises(idgen.DataError, match="is no saved sampler, but holds"):
        NullBackend().fit(program, rows).save(Path(__file__).parent)


def test_weights_are_checked_as_for_training() -> None:
    program = idgen.compile(QUERY, NAPKIN)
    options: dict[str, Any] = {"backend": "null", "types": {"Y": "image"}}
    sampler = program.fit({**COLUMNS, "w": np.arange(40)}, weights="w", **options)
    assert sampler.sample(3, do={"X": "on"})["Y"].shape == (3, 1, 4, 4)
    for weights, told in (("W2", "a variable of the graph"), (-np.ones(40), "holds -1 in row 0"), ([1], "1 entries")):
        with pytest.raises(idgen.DataError, match=told):
            program.fit(COLUMNS, weights=weights, **options)
