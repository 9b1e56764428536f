"""Printed adjoints: one golden file a case, which people read and review."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

import pytest

import idgen_compiler as idgen
from idgen_compiler.cli import main
from tests.idgen_compiler.adjoint.programs import PROGRAMS
from tests.influences import SOURCES, compiled
from tests.strategies import NESTED

NAPKIN = "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"
BACK_DOOR = "Z -> X -> Y; Z -> Y"

PRINTED: dict[str, tuple[str, str, dict[str, Any]]] = {
    "back-door": (BACK_DOOR, "P(Y | do(X))", {}),
    "front-door": ("X -> M -> Y; X <-> Y", "P(Y | do(X))", {}),
    "napkin-regenerate": (NAPKIN, "P(Y | do(X))", {"realize": "regenerate"}),
    "napkin-reweight": (NAPKIN, "P(Y | do(X))", {"realize": "reweight"}),
    "two-treatments": ("X1 -> L -> X2 -> Y; L <-> Y; X1 -> Y", "P(Y | do(X1, X2))", {}),
    "conditional": ("X -> M -> Y; X <-> Y; M -> Q", "P(Y | do(X), Q)", {}),
    "nested-napkin": (str(NESTED), "P(Y | do(X))", {"realize": "reweight"}),
    "policies": ("A -> L -> B -> Y; A -> Y; L <-> Y", "P(Y | do(A ~ uniform, B ~ pi(B | L, A)))", {}),
    "shift": (BACK_DOOR, "P(Y | do(X = X + 1))", {}),
    "brought": ("Z -> X -> M -> Y; Z -> Y; Z -> M", "P(Y | do(X))", {"bound": ("Y | M, Z",)}),
}


@pytest.mark.parametrize("name", PRINTED)
def test_printed_adjoints(name: str, golden: Callable[[str, str], None]) -> None:
    graph, query, options = PRINTED[name]
    program = idgen.compile(idgen.Query.parse(query), idgen.ADMG.parse(graph), **options)
    golden(f"adjoint/{name}.txt", f"{program}\n\n{program.adjoint()}")


def test_printed_adjoints_by_hand(golden: Callable[[str, str], None]) -> None:
    """Ways to draw that no query above asks for."""
    names = [name for name in PROGRAMS if "reweighted" in name or "draw" in name or "part" in name]
    golden("adjoint/by-hand.txt", "\n\n".join(f"# {name}\n{PROGRAMS[name].program.adjoint()}" for name in names))


def test_several_queries_are_printed_one_after_the_other() -> None:
    queries = [idgen.Query.parse("P(Y | do(X))"), idgen.Query.parse("P(Y | do(W2))")]
    text = str(idgen.compile(queries, idgen.ADMG.parse(NAPKIN)).adjoint())
    assert [line for line in text.splitlines() if line.startswith("influence")] == [
        'influence "P(Y | do(X))" {',
        'influence "P(Y | do(W2))" {',
    ]


def test_each_statement_that_matters_is_printed_once() -> None:
    for source in SOURCES:
        for case in islice(SOURCES[source](31), 6):
            program = compiled(case, "literal")
            for region in program.adjoint().regions():
                if region.network is not None:
                    last = {id(term.statement) for term in region.terms}
                    assert len(last) == len(region.terms)
            text = str(program.adjoint())
            assert text.count("R(%obs) - E[R(%obs)]") == 1
            assert "None" not in text


@pytest.mark.parametrize("options", [[], ["-O0"], ["--realize", "reweight"]])
def test_the_command_line_prints_the_same(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "P(Y | do(X))", "--graph", NAPKIN, "--emit", "influence", *options]) == 0
    told: dict[str, Any] = {"optimize": False} if options == ["-O0"] else {}
    told |= {"realize": "reweight"} if "reweight" in options else {}
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse(NAPKIN), **told)
    assert capsys.readouterr().out == f"{program.adjoint()}\n"
