"""Two programs are alike where nothing but order and names of values tells them apart."""

from __future__ import annotations

import pytest

import idgen_compiler as idgen
from idgen_compiler.verify.likeness import alike


def _program(graph: str, query: str = "P(Y | do(X))", **options: bool) -> idgen.Program:
    return idgen.compile(idgen.Query.parse(query), idgen.ADMG.parse(graph), **options)


NAPKIN = "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (_program("A, B -> X -> Y; A, B -> Y"), _program("B, A -> X -> Y; A, B -> Y"), True),
        (_program("A, B -> X -> Y; A, B -> Y"), _program("A, B -> X -> Y; A, B -> Y; A <-> B"), True),
        (_program("A, B -> X -> Y; A, B -> Y"), _program("A -> X -> Y; A, B -> Y"), False),
        (_program("A, B -> X -> Y; A, B -> Y"), _program("A, B -> X -> Y; A, B -> Y", optimize=False), False),
        (_program(NAPKIN), _program("Y; " + NAPKIN), True),
        (_program(NAPKIN), _program("X <-> Y; X -> M -> Y"), False),
        (_program("X -> M -> Y; X <-> Y"), _program("X -> Y"), False),
        (_program("X -> Y", "P(Y | do(X))"), _program("X -> Y", "P(X | do(Y))"), False),
    ],
)
def test_alike(one: idgen.Program, other: idgen.Program, same: bool) -> None:
    assert alike(one, other) is alike(other, one) is same
    renamed = idgen.Program.parse(str(one).replace("%m0", "%model").replace("%law0", "%after"))
    assert alike(one, renamed)


def test_which_slot_feeds_which_input_counts() -> None:
    text = """
        program "p" {
          graph "A -> Y; B -> Y"
          %obs = observe [A, B, Y]
          %m0 = train %obs : Y | A, B
          sample (A, B) {
            Y ~ %m0(A, B)
          } -> [Y]
        }"""
    turned = text.replace("Y | A, B", "Y | B, A")
    assert alike(idgen.Program.parse(text), idgen.Program.parse(turned.replace("%m0(A, B)", "%m0(B, A)")))
    mixed = text.replace("sample (A, B) {", "sample (A) {\n            B ~ rows %obs\n            A' ~ rows %obs")
    one = idgen.Program.parse(mixed.replace("%m0(A, B)", "%m0(A', B)"))
    assert not alike(one, idgen.Program.parse(mixed))
