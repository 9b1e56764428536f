"""What a program says of itself."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given

import idgen_compiler as idgen
from idgen_compiler.errors import ProgramError
from idgen_compiler.ir import Fixed, Sample
from idgen_compiler.ir.analysis import uses
from idgen_compiler.ir.likeness.digest import digests
from idgen_compiler.ir.operands import Role, mapped
from idgen_compiler.program import Program
from tests.idgen_compiler.ir.programs import EVERYTHING, programs
from tests.strategies import NAPKIN

PROGRAM = Program.parse(EVERYTHING)


def test_operations_by_kind_and_by_name() -> None:
    assert [m.result for m in PROGRAM.models] == ["%m0", "%p0", "%m1", "%m2", "%m3", "%m4"]
    assert [r.result for r in PROGRAM.laws] == ["%law0", "%law1"]
    assert [r.result for r in PROGRAM.regenerations] == ["%law0"]
    assert [r.result for r in PROGRAM.reweightings] == ["%law0", "%law1"]
    assert PROGRAM.operation("%m2") is PROGRAM.models[3]
    assert PROGRAM.observe.result == "%obs"
    with pytest.raises(ProgramError, match="defines no %m9"):
        PROGRAM.operation("%m9")
    with pytest.raises(ProgramError, match="has 2 samplers"):
        _ = PROGRAM.sampler


def test_stages_hold_what_can_train_at_once() -> None:
    assert PROGRAM.schedule == (("%obs",), ("%m0", "%p0", "%m1", "%m2"), ("%law0", "%law1"), ("%m3", "%m4"))
    napkin = idgen.compile(idgen.Query.parse("P(Y | do(X))"), NAPKIN)
    assert [len(stage) for stage in napkin.schedule] == [1, 3, 1, 1]


@given(programs())
def test_a_stage_needs_only_earlier_ones(program: Program) -> None:
    before: set[str] = set()
    for stage in program.schedule:
        assert stage
        for value in stage:
            assert uses(program.operation(value)) <= before
        before.update(stage)
    assert before == {op.result for op in program.operations if not isinstance(op, Sample)}


# -- one way for each law ---------------------------------------------------------------------------------------------

OFFERED = idgen.compile(idgen.Query.parse("P(Y | do(X))"), NAPKIN)


def test_a_realized_program_has_one_way_for_each_law_and_what_it_needs() -> None:
    words = {
        way: [w.word for law in OFFERED.realized(way).laws for w in law.ways] for way in ("regenerate", "reweight")
    }
    assert words == {"regenerate": ["regenerate"], "reweight": ["reweight"]}
    assert OFFERED.realized({"%law0": "reweight"}) == OFFERED.realized("reweight")
    assert OFFERED.realized({}) == OFFERED.realized("regenerate")
    assert OFFERED.realized("reweight").realized("regenerate") == OFFERED.realized("reweight")


@pytest.mark.parametrize(
    ("ways", "message"),
    [
        ("nonsense", "no law is realized by 'nonsense'; the ways are regenerate, reweight"),
        ({"%law0": "x"}, "no law is realized by 'x'"),
        ({"%law9": "reweight"}, "the program realizes no %law9; did you mean %law0?"),
        ({"%obs": "reweight"}, "the program realizes no %obs"),
        (None, "no law is realized by None"),
        (5, "no law is realized by 5"),
    ],
)
def test_unknown_ways_and_laws(ways: Any, message: str) -> None:
    with pytest.raises(ProgramError, match=re.escape(message)):
        OFFERED.realized(ways)


# -- what is the same -------------------------------------------------------------------------------------------------


def test_fixed_values_are_the_same_by_kind_and_value() -> None:
    values = [1, 1.0, True, "1"]
    assert [[Fixed(a) == Fixed(b) for b in values] for a in values] == [[a is b for b in values] for a in values]
    assert len({Fixed(value) for value in values}) == len(values)
    assert Fixed(1) != 1


@given(program=programs())
def test_a_digest_knows_what_a_value_rests_on_and_no_names(program: Program) -> None:
    again = dict.fromkeys((Role.RESULT, Role.DATA, Role.MODEL), "{}_again".format)
    renamed = digests([mapped(op, again) for op in program.operations])
    assert renamed == {f"{name}_again": found for name, found in digests(program.operations).items()}


def test_a_digest_changes_with_anything_below() -> None:
    moved = Program.parse(str(OFFERED).replace("do(W2 ~ %obs)", "do(W2 ~ uniform)"))
    before, after = digests(OFFERED.operations), digests(moved.operations)
    assert {name for name in before if before[name] != after[name]} == {"%law0", "%m3"}
