"""The verifier: each rule with the program that breaks it, and the message it gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import idgen_compiler as idgen
from idgen_compiler.errors import ProgramError
from idgen_compiler.ir import ByModel, Draw, Fixed, Observe, Regenerate, Sample, Shifted
from idgen_compiler.ir.grammar import parse_program
from idgen_compiler.ir.json import to_json
from idgen_compiler.program import Program
from tests.idgen_compiler.ir.programs import programs

GOOD = """program "p" {
  graph "W -> X -> Y; W -> Y"
  %obs = observe [W, X, Y]
  %m0 = train %obs : W
  %p = train %obs : X | W
  %m1 = train %obs : Y | X, W
  %r = realize P(W, Y ; do(X)) -> [X, Y] {
    regenerate do(X ~ %obs) {
      W ~ %m0()
      Y ~ %m1(X, W)
    }
  }
  %m2 = train %r : Y | X
  sample (X) {
    Y ~ %m2(X)
  } -> [Y]
}"""

LAST = "%m2 = train %r : Y | X"
WEIGHED = "%m2 = realize P(Y ; do(X)) -> [Y] { reweight %obs do(X ~ uniform) }"
TWICE = "  %s = realize P(X) -> [X] {\n    reweight %obs do()\n    or reweight %obs do()\n  }\n"

#: what is broken -> (a line of GOOD, what stands in its place)
BREAKS = {
    "undefined data": ("%m0 = train %obs : W", "%m0 = train %data : W"),
    "data used before it is defined": ("%m0 = train %obs : W", "%m0 = train %r : W"),
    "a model taken for data": (LAST, "%m2 = train %m1 : Y | X"),
    "a variable that the data lack": (LAST, "%m2 = train %r : Y | X, W"),
    "a variable both target and input": (LAST, "%m2 = train %r : Y | X, Y"),
    "a value defined twice": (LAST, "%m1 = train %r : Y | X"),
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
    "an output that nothing fills": ("  } -> [Y]", "  } -> [Y, Q]"),
    "a column that nothing fills": ("-> [X, Y] {", "-> [X, W, Y, Q] {"),
    "a law without columns": ("-> [X, Y] {", "-> [] {"),
    "a law of what the graph lacks": ("realize P(W, Y ; do(X))", "realize P(W, Y, Q ; do(X))"),
    "a law that names a variable twice": ("realize P(W, Y ; do(X))", "realize P(W, Y ; do(X, Y))"),
    "a law on a graph that is none": ("realize P(W, Y ; do(X))", 'realize P(W, Y ; do(X)) on "X -"'),
    "a law that does not say what is set": ("realize P(W, Y ; do(X))", "realize P(W, X, Y)"),
    "ways that set by different policies": (
        "    regenerate do(X ~ %obs) {",
        "    reweight %obs do(X ~ uniform) by %p\n    or regenerate do(X ~ %obs) {",
    ),
    "two ways of one kind": ("  " + LAST, f"{TWICE}  {LAST}"),
    "a variable that the graph lacks": ("observe [W, X, Y]", "observe [W, X, Y, V]"),
    "a primed output": ("  } -> [Y]", "  } -> [Y']"),
    "an output given twice": ("  } -> [Y]", "  } -> [Y, Y]"),
    "a policy without the variable": (
        LAST,
        "%m2 = realize P(Y ; do(W)) -> [W] { regenerate do(W ~ %r) {} }",
    ),
    "an unknown policy": ("    regenerate do(X ~ %obs) {", "    regenerate do(X ~ %data) {"),
    "a uniform draw of an unknown variable": ("    Y ~ %m2(X)", "    Q ~ uniform\n    Y ~ %m2(X)"),
    "draws without models": (
        LAST,
        "%m2 = realize P(Y ; do(X)) -> [Y] { reweight %obs do(X ~ uniform) }",
    ),
    "draws by another's model": (
        LAST,
        WEIGHED.replace(" }", " by %m1 }"),
    ),
    "reweighting to a variable that is not there": (
        LAST,
        "%m2 = realize P(Y ; do(W)) -> [Q] { reweight %obs do(W ~ uniform) by %m0 }",
    ),
    "rows of a variable that the data lack": ("    Y ~ %m2(X)", "    (W, Y) ~ rows %r"),
    "one variable twice in a row": ("    Y ~ %m2(X)", "    (Y, Y') ~ rows %r"),
    "a moved draw of a variable that the data lack": ("    Y ~ %m2(X)", "    W ~ %r + 1\n    Y ~ %m2(X)"),
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
        Program.parse('program "P(X)" { graph "X" sample (X) { } -> [] }')


def test_messages(golden: Callable[[str, str], None]) -> None:
    parts = []
    for case in BREAKS:
        with pytest.raises(ProgramError) as caught:
            Program.parse(_broken(case))
        parts.append(f"## {case}\n{caught.value}")
    golden("ir/verifier_errors.txt", "\n\n".join(parts))


@pytest.mark.parametrize("case", [case for case in BREAKS if case != "no sampler"])
def test_an_error_holds_the_operation(case: str) -> None:
    name, graph, operations = parse_program(_broken(case))
    with pytest.raises(ProgramError) as caught:
        Program.from_json(to_json(name, graph, operations))
    assert caught.value.operation in {"sample", *(op.result for op in operations if not isinstance(op, Sample))}


def test_what_is_known_is_weighed_once() -> None:
    graph = idgen.ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y")
    text = str(idgen.compile(idgen.Query.parse("P(Y | do(X))"), graph, realize="weigh"))
    (line,) = [line for line in text.splitlines() if "weigh X" in line]
    with pytest.raises(ProgramError, match="X stands twice among the values that are weighed"):
        Program.parse(text.replace(line, f"{line}\n{line}"))


@pytest.mark.parametrize("name", ["obs", "%", "%a b", "", "%a.b", "%a\n"])
def test_value_names(name: str) -> None:
    program = Program.parse(GOOD)
    first = program.operations[0]
    assert isinstance(first, Observe)
    with pytest.raises(ProgramError, match="no value name"):
        Program("p", program.graph, (Observe(name, first.variables), *program.operations[1:])).check()


def test_a_regeneration_whose_network_takes_other_inputs() -> None:
    program = Program.parse(GOOD)
    old = program.regenerations[0]
    way = old.regenerate
    assert way is not None
    for do in ((), (*way.do, *way.do)):
        new = replace(old, ways=(Regenerate(do, way.network),))
        with pytest.raises(ProgramError, match=r"the network's inputs are not the slots of do\(\.\.\.\)"):
            replace(program, operations=tuple(new if op is old else op for op in program.operations)).check()


def test_a_network_applies_models_and_draws_by_policies() -> None:
    program = Program.parse(GOOD)
    old = program.sampler
    for policy, said in (
        (ByModel("%m2", ("X",)), "%m2 is a policy in a network"),
        (Fixed(float("nan")), "Y is set to no finite number"),
        (Shifted("%obs", float("inf")), "Y is moved by no finite number"),
    ):
        new = replace(old, network=replace(old.network, statements=(Draw("Y", policy),)))
        with pytest.raises(ProgramError, match=said):
            replace(program, operations=(*program.operations[:-1], new)).check()


@given(programs(), st.data())
def test_an_operation_that_is_used_cannot_be_left_out(program: Program, data: st.DataObject) -> None:
    values = [op.result for op in program.operations if not isinstance(op, Sample)]
    gone = data.draw(st.sampled_from(values))
    rest = replace(program, operations=tuple(op for op in program.operations if op.result != gone))
    used = str(rest).replace(",", " ").replace("(", " ").replace(")", " ").split()
    if gone in used:
        with pytest.raises(ProgramError, match="before it is"):
            rest.check()
    else:
        rest.check()
