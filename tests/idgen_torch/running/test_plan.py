"""What is said about a fit before it starts."""

from __future__ import annotations

import pytest

import idgen_compiler as idgen
from idgen_compiler.data.kinds import Categorical, Image
from idgen_compiler.data.schema import Schema
from idgen_torch.running.plan import default_rows_factor

NAPKIN = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y"))


@pytest.mark.parametrize(("picture", "factor"), [("", 10.0), ("X", 1.0), ("W2", 1.0), ("W1", 1.0)])
def test_one_row_is_regenerated_for_each_observed_where_pictures_are_drawn(picture: str, factor: float) -> None:
    # W1 comes out of rows, W2 is set to a value of a row, X is made by a model: models are asked about all of them.
    kinds = {name: Image(1, 8, 8) if name == picture else Categorical((0, 1)) for name in ("W1", "W2", "X", "Y")}
    assert default_rows_factor(NAPKIN, Schema(kinds)) == factor
