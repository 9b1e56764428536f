"""The verifier: each rule with the program that breaks it, and the message it gives."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idgen_compiler.errors import ProgramError
from idgen_compiler.ir import Observe, Program, Regenerate, Sample
from idgen_compiler.ir.json import to_json
from idgen_compiler.ir.text import parse_program
from tests.idgen_compiler.ir.programs import programs

GOOD = """program "p" {
  %obs = observe [W, X, Y]
  %m0 = train %obs : W
  %m1 = train %obs : Y | X, W
  %r = regenerate do(X ~ %obs) {
    W ~ %m0()
    Y ~ %m1(X, W)
  } -> [X, Y]
  %m2 = train %r : Y | X
  sample (X) {
    Y ~ %m2(X)
  } -> [Y]
}"""

#: what is broken -> (a line of GOOD, what stands in its place)
BREAKS = {
    "undefined data": ("%m0 = train %obs : W", "%m0 = train %data : W"),
    "data used before it is defined": ("%m0 = train %obs : W", "%m0 = train %r : W"),
    "a model taken for data": ("%m2 = train %r : Y | X", "%m2 = train %m1 : Y | X"),
    "a variable that the data lack": ("%m2 = train %r : Y | X", "%m2 = train %r : Y | X, W"),
    "a variable both target and input": ("%m2 = train %r : Y | X", "%m2 = train %r : Y | X, Y"),
    "a value defined twice": ("%m2 = train %r : Y | X", "%m1 = train %r : Y | X"),
    "data observed twice": ("%m0 = train %obs : W", "%more = observe [Q]"),
    "an observed variable given twice": ("%obs = observe [W, X, Y]", "%obs = observe [W, X, Y, X]"),
    "a primed observed variable": ("%obs = observe [W, X, Y]", "%obs = observe [W, X, Y, Y']"),
    "an unknown model": ("    Y ~ %m2(X)", "    Y ~ %m3(X)"),
    "data taken for a model": ("    Y ~ %m2(X)", "    Y ~ %r(X)"),
    "inputs in another order": ("    Y ~ %m1(X, W)", "    Y ~ %m1(W, X)"),
    "an input too few": ("    Y ~ %m1(X, W)", "    Y ~ %m1(X)"),
    "another target": ("    W ~ %m0()", "    Q ~ %m0()"),
    "an input that is not filled": ("    Y ~ %m2(X)", "    Y ~ %m2(X')"),
    "a slot filled twice": ("    W ~ %m0()", "    W ~ %m0()\n    W ~ %m0()"),
    "an input filled again": ("    Y ~ %m2(X)", "    X ~ %r\n    Y ~ %m2(X)"),
    "an output that nothing fills": ("  } -> [X, Y]", "  } -> [X, Y, Q]"),
    "a primed output": ("  } -> [Y]", "  } -> [Y']"),
    "an output given twice": ("  } -> [Y]", "  } -> [Y, Y]"),
    "a policy without the variable": ("%m2 = train %r : Y | X", "%m2 = regenerate do(W ~ %r) {} -> [W]"),
    "an unknown policy": ("  %r = regenerate do(X ~ %obs) {", "  %r = regenerate do(X ~ %data) {"),
    "a uniform draw of an unknown variable": ("    Y ~ %m2(X)", "    Q ~ uniform\n    Y ~ %m2(X)"),
    "draws without models": ("%m2 = train %r : Y | X", "%m2 = reweight %obs do(X ~ uniform) -> [Y]"),
    "draws by another's model": ("%m2 = train %r : Y | X", "%m2 = reweight %obs do(X ~ uniform) by %m1 -> [Y]"),
    "reweighting to a variable that is not there": (
        "%m2 = train %r : Y | X",
        "%m2 = reweight %obs do(W ~ uniform) by %m0 -> [Q]",
    ),
    "two samplers of one name": ("  } -> [Y]", "  } -> [Y]\n  sample (X) { Y ~ %m2(X) } -> [Y]"),
    "a primed sampler input": ("  sample (X) {", "  sample (X, X') {"),
    "an output that is given": ("    Y ~ %m2(X)\n  } -> [Y]", "    Y ~ %m2(X)\n  } -> [X, Y]"),
    "no sampler": (GOOD[GOOD.index("  sample") : -2], ""),
}


def _broken(case: str) -> str:
    old, new = BREAKS[case]
    assert GOOD.count(old) == 1
    return GOOD.replace(old, new)


def test_the_program_that_the_cases_break_verifies() -> None:
    Program.parse(GOOD)


def test_a_program_without_data_is_refused() -> None:
    with pytest.raises(ProgramError, match="observes no data"):
        Program.parse('program "P(X)" { sample (X) { } -> [] }')


def test_messages(golden: Callable[[str, str], None]) -> None:
    parts = []
    for case in BREAKS:
        with pytest.raises(ProgramError) as caught:
            Program.parse(_broken(case))
        parts.append(f"## {case}\n{caught.value}")
    golden("ir/verifier_errors.txt", "\n\n".join(parts))


@pytest.mark.parametrize("case", [case for case in BREAKS if case != "no sampler"])
def test_an_error_holds_the_operation(case: str) -> None:
    name, operations = parse_program(_broken(case))
    with pytest.raises(ProgramError) as caught:
        Program.from_json(to_json(name, operations))
    assert caught.value.operation in {"sample", *(op.result for op in operations if not isinstance(op, Sample))}


@pytest.mark.parametrize("name", ["obs", "%", "%a b", "", "%a.b", "%a\n"])
def test_value_names(name: str) -> None:
    program = Program.parse(GOOD)
    first = program.operations[0]
    assert isinstance(first, Observe)
    with pytest.raises(ProgramError, match="no value name"):
        Program("p", (Observe(name, first.variables), *program.operations[1:])).check()


def test_a_regeneration_whose_network_takes_other_inputs() -> None:
    program = Program.parse(GOOD)
    old = program.regenerations[0]
    for do in ((), (*old.do, *old.do)):
        new = Regenerate(old.result, do, old.network)
        with pytest.raises(ProgramError, match=r"the network's inputs are not the slots of do\(\.\.\.\)"):
            Program("p", tuple(new if op is old else op for op in program.operations)).check()


@given(programs(), st.data())
def test_an_operation_that_is_used_cannot_be_left_out(program: Program, data: st.DataObject) -> None:
    values = [op.result for op in program.operations if not isinstance(op, Sample)]
    gone = data.draw(st.sampled_from(values))
    rest = Program(program.name, tuple(op for op in program.operations if getattr(op, "result", "") != gone))
    used = str(rest).replace(",", " ").replace("(", " ").replace(")", " ").split()
    if gone in used:
        with pytest.raises(ProgramError, match="before it is"):
            rest.check()
    else:
        rest.check()
