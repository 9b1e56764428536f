"""Operands are found and replaced through any depth of records and tuples, from the declarations of the fields."""

from __future__ import annotations

import pytest

from idgen_compiler.ir import Apply, ByModel, Column, Draw, Network, Reweight, Rows, Statement, Train
from idgen_compiler.ir.operands import Role, leaves, mapped, records
from idgen_compiler.program import Program
from tests.idgen_compiler.ir.programs import EVERYTHING

PROGRAM = Program.parse(EVERYTHING)
LAW, OTHER = PROGRAM.laws


def test_leaves_stand_in_the_order_of_the_fields() -> None:
    assert list(leaves(OTHER, Role.RESULT)) == ["%law1"]
    assert list(leaves(OTHER, Role.DATA, Role.MODEL)) == ["%obs", "%p0", "%p0"]
    assert list(leaves(OTHER, Role.VARIABLE)) == ["X", "Y", "Z", "W2", "X", "Y", "Z"]
    assert list(leaves(OTHER, Role.SLOT)) == ["W2", "W1"]
    assert list(leaves(OTHER)) == [
        "%law1", "X", "Y", "Z", "W2", "X", "Y", "Z", "%obs", "W2", "%p0", "W1", "%p0",
    ]  # fmt: skip
    assert list(leaves(LAW, Role.MODEL)) == ["%m0", "%m1", "%p0"]
    assert list(leaves(Train("%m", "%obs", ("Y",), ("X",)), Role.MODEL)) == []


def test_records_of_a_class_the_outer_ones_first() -> None:
    (network,) = records(LAW, Network)
    assert [type(record) for record in records(network, object)][:2] == [Network, Apply]
    assert [draw.slot for draw in records(LAW, Draw)] == ["W2", "W2"]
    assert [*records(OTHER, Reweight)] == list(OTHER.ways)
    assert [*records(OTHER, ByModel)] == [ByModel("%p0", ("W1",))]
    first = PROGRAM.samplers[0].network
    assert [*records(first, Rows)] == [Rows(("W1", "W2"), "%obs")]
    assert [*records(first, Statement)] == list(first.statements)  # type: ignore[type-var]
    assert [*records(PROGRAM.models[0], Network)] == []


def test_operands_of_a_role_are_changed_and_no_others() -> None:
    changed = mapped(LAW, {Role.DATA: lambda name: name + "d", Role.MODEL: lambda name: name + "m"})
    assert list(leaves(changed, Role.DATA)) == ["%obsd"] * 3
    assert list(leaves(changed, Role.MODEL)) == ["%m0m", "%m1m", "%p0m"]
    for role in (Role.RESULT, Role.SLOT, Role.VARIABLE):
        assert list(leaves(changed, role)) == list(leaves(LAW, role))
    both = mapped(OTHER, {Role.VARIABLE: str.lower, Role.RESULT: str.upper})
    assert (both.result, both.law.targets, both.law.fixed, both.variables) == (
        "%LAW1", ("x", "y", "z"), ("w2",), ("x", "y", "z"),
    )  # fmt: skip
    assert both.ways is OTHER.ways


@pytest.mark.parametrize("op", PROGRAM.operations, ids=lambda op: op.result)
def test_nothing_changed_is_the_same_object(op: object) -> None:
    assert mapped(op, dict.fromkeys(Role, str)) is op


def test_a_field_of_one_of_several_classes() -> None:
    draw = Draw("X", Column("%obs"))
    assert mapped(draw, {Role.DATA: str.upper}) == Draw("X", Column("%OBS"))
    assert list(leaves(draw)) == ["X", "%obs"]
