"""Named sources of data: every backend that is installed takes the data alone, or a mapping by source."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.hinge.backend import find_backend, installed_backends
from idgen_compiler.hinge.source import data_of

PLAIN = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
NAMED = idgen.Program.parse(str(PLAIN).replace("observe [X, Y]", 'observe "trial" [X, Y]'))

TABLE = {"X": np.repeat([0, 1], 40), "Y": np.tile([0, 1], 40)}
OTHER = {"X": np.repeat([0, 1], 40), "Y": np.repeat([0, 1], 40)}


def data_for(backend: str, table: dict[str, np.ndarray]) -> Any:
    return idgen.Joint.from_samples(table) if backend == "exact" else table


def drawn(backend: str, program: idgen.Program, data: Any) -> list[int]:
    sampler = find_backend(backend).fit(program, data)
    found: list[int] = sampler.sample(50, do={"X": 1}, seed=0)["Y"].tolist()
    return found


@pytest.mark.parametrize("backend", installed_backends())
def test_a_source_is_found_by_its_name(backend: str) -> None:
    own, other = data_for(backend, TABLE), data_for(backend, OTHER)
    alone = drawn(backend, PLAIN, own)
    assert drawn(backend, NAMED, own) == alone
    assert drawn(backend, NAMED, {"trial": own, "survey": other}) == alone
    assert (drawn(backend, NAMED, {"trial": other, "survey": own}) == alone) == (backend == "null")


@pytest.mark.parametrize("backend", installed_backends())
def test_a_source_that_is_not_there_gets_one_answer(backend: str) -> None:
    with pytest.raises(idgen.DataError) as told:
        find_backend(backend).fit(NAMED, {"trail": data_for(backend, TABLE)})
    assert str(told.value) == (
        "the data lack 'trial', the source that the program observes; give {'trial': its data}, or its data alone; "
        "did you mean trail?"
    )


def test_tables_are_no_mappings_by_source() -> None:
    assert data_of(NAMED, TABLE) is TABLE
    fields = {"X.a": [0], "X.b": [1], "Y": [0]}
    assert data_of(NAMED, fields) is fields
    assert data_of(PLAIN, {"trial": TABLE}) == {"trial": TABLE}  # a program that names no source is told nothing
    assert data_of(NAMED, "table.csv") == "table.csv"
