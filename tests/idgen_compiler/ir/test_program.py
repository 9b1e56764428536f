"""What a program says of itself."""

from __future__ import annotations

import pytest
from hypothesis import given

import idgen_compiler as idgen
from idgen_compiler.errors import ProgramError
from idgen_compiler.ir import Sample
from idgen_compiler.ir.analysis import uses
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
