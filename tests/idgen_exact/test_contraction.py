"""Contraction with Fractions: exact, and without a limit on the number of variables."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from random import Random

import numpy as np
import pytest

from idgen_compiler.estimand.tables import Table, contract


def random_table(axes: tuple[str, ...], random: Random) -> Table:
    values = np.empty((2,) * len(axes), dtype=object)
    for place in np.ndindex(values.shape):
        values[place] = Fraction(random.randint(1, 9), random.randint(1, 9))
    return Table(axes, values)


def test_a_chain_of_200_variables_is_a_product_of_matrices() -> None:
    random = Random(0)
    chain = [random_table((f"V{i}", f"V{i + 1}"), random) for i in range(200)]
    sizes = {f"V{i}": 2 for i in range(201)}
    expected = reduce(np.dot, [table.values for table in chain])
    random.shuffle(chain)
    found = contract(chain, ("V200", "V0"), sizes, exact=True)
    np.testing.assert_array_equal(found.values, expected.T)
    assert {type(value) for value in found.values.flat} == {Fraction}

    rounded = [Table(table.axes, table.values.astype(float)) for table in chain]
    near = contract(rounded, ("V200", "V0"), sizes, exact=False)
    np.testing.assert_allclose(near.values.astype(float), found.values.astype(float), rtol=1e-9)


@pytest.mark.parametrize("keep", [(), ("a",), ("c", "a"), ("d", "b", "a", "c")])
def test_a_contraction_is_its_definition(keep: tuple[str, ...]) -> None:
    random = Random(1)
    tables = [random_table(axes, random) for axes in [("a", "b"), ("b",), ("c", "b", "a"), (), ("c", "d"), ("d",)]]
    names = ("a", "b", "c", "d")
    expected = np.full((2,) * len(keep), Fraction(0), dtype=object)
    for states in np.ndindex(2, 2, 2, 2):
        at = dict(zip(names, states, strict=True))
        factors = [table.values[tuple(at[axis] for axis in table.axes)] for table in tables]
        expected[tuple(at[name] for name in keep)] += reduce(lambda a, b: a * b, factors)
    assert (contract(tables, keep, dict.fromkeys(names, 2), exact=True).values == expected).all()


def test_an_axis_that_no_table_has_is_filled_by_repetition() -> None:
    table = contract([random_table(("a",), Random(2))], ("b", "a"), {"a": 2, "b": 3}, exact=True)
    assert table.values.shape == (3, 2)
    assert (table.values == table.values[0]).all()


def test_summing_everything_leaves_a_table_without_axes() -> None:
    total = random_table(("a", "b"), Random(3)).summed(())
    assert total.axes == ()
    assert isinstance(total.values, np.ndarray)
