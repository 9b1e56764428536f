"""What `bind=` names where several conditionals have one target."""

from __future__ import annotations

import pytest

import idgen_compiler as idgen
from idgen_compiler.errors import DataError
from idgen_compiler.hinge.kernels import named_kernels

NAPKIN = idgen.compile(
    idgen.Query.parse("P(Y | do(X))"),
    idgen.ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y"),
    realize="regenerate",
)


def test_a_target_alone_is_refused_where_it_has_two_conditionals() -> None:
    with pytest.raises(DataError, match=r"bind names 'Y', and the program has 'Y \| .*name the one that is meant"):
        named_kernels(NAPKIN, {"Y": abs})


def test_a_bound_kernel_is_meant_and_not_the_fallback_beside_it() -> None:
    graph = idgen.ADMG.parse("Z -> X -> Y; Z -> Y")
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), graph, bound=["Y | X, Z"], fallbacks=["Y"])
    for key in ("Y", "Y | X, Z", "P(Y | Z, X)"):
        assert list(named_kernels(program, {key: abs})) == ["%b0"]


def test_what_is_drawn_from_the_rows_can_be_bound() -> None:
    graph = idgen.ADMG.parse("Z -> X -> Y; Z -> Y")
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), graph)
    with pytest.raises(DataError, match=r"no conditional of the program.*compile with bound=\['Z'\]"):
        named_kernels(program, {"Z": abs})
