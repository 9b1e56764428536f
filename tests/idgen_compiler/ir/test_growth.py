"""What a new operation costs: declared once, it is walked, renamed, shared, dropped, numbered, drawn and written.

Left to spell are what it looks like (`ir.text`, `ir.grammar`), what has to hold (`ir.verifier`), what it means
(`denote`, the exact backend) and how a backend does it: with its declaration seven files.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pytest

from idgen_compiler.execute import execute
from idgen_compiler.forms.record import to_plain
from idgen_compiler.ir.analysis import last_uses, needed_by, schedule, specialized, uses
from idgen_compiler.ir.cost import cost_of
from idgen_compiler.ir.drawing.dot import print_dot
from idgen_compiler.ir.operands import DataUse, ModelUse, Names, Result
from idgen_compiler.ir.operations import Defines
from idgen_compiler.passes import DropDead, Renumber, Share
from idgen_compiler.program import Program


@dataclass(frozen=True, slots=True)
class Mix:
    """`%mix = mix %a, %b by %m`: rows of two data sets, as a model says."""

    word: ClassVar[str] = "mix"
    prefix: ClassVar[str] = "%mix"
    defines: ClassVar[Defines] = "data"

    result: Result
    data: tuple[DataUse, ...]
    by: ModelUse
    variables: Names


TEXT = """
program "p" {
  graph "W -> X -> Y"
  %obs = observe [W, X, Y]
  %m7 = train %obs : W
  %m8 = train %obs : W
  %m9 = train %obs : Y | X
  sample (X) {
    Y ~ %m9(X)
  } -> [Y]
}
"""


@pytest.fixture
def program() -> Program:
    """Two equal mixtures, of which one is used, and one of another kind that is not."""
    read = Program.parse(TEXT)
    observe, w, again, y, sample = read.operations
    mixes = [Mix(f"%mix{k}", ("%obs", "%obs"), model, ("X", "Y")) for k, model in ((3, "%m7"), (4, "%m8"), (5, "%m9"))]
    on_mix = replace(y, result="%m10", data="%mix4")  # type: ignore[call-arg]
    network = replace(sample.network, statements=(replace(sample.network.statements[0], model="%m10"),))  # type: ignore[union-attr]
    operations: Any = (observe, w, again, y, *mixes, on_mix, replace(sample, network=network))
    return replace(read, operations=operations)


def test_what_is_used_follows_from_the_declaration(program: Program) -> None:
    mix = program.operations[4]
    assert uses(mix) == {"%obs", "%m7"}
    assert needed_by(program.operations, ["%mix4"]) == {"%mix4", "%m8", "%obs"}
    assert last_uses(program.operations)["%m8"] == 5
    assert schedule(program.operations)[2] == ("%mix3", "%mix4", "%mix5")
    assert [op.result for op in specialized(program.operations)] == ["%obs", "%m8", "%mix4", "%m10", "sample"]
    assert cost_of(program.operations).models == 4


def test_passes_do_not_have_to_know_it(program: Program) -> None:
    shared = Share().apply(program)
    assert [op.result for op in shared.operations] == ["%obs", "%m7", "%m9", "%mix3", "%mix5", "%m10", "sample"]
    live = DropDead().apply(shared)
    assert [op.result for op in live.operations] == ["%obs", "%m7", "%mix3", "%m10", "sample"]
    numbered = Renumber().apply(live)
    assert [op.result for op in numbered.operations] == ["%obs", "%m0", "%mix0", "%m1", "sample"]
    assert numbered.operations[2] == Mix("%mix0", ("%obs", "%obs"), "%m0", ("X", "Y"))


def test_it_is_drawn_written_and_walked(program: Program) -> None:
    drawing = print_dot(program.name, program.operations)
    assert '"%obs" -> "%mix3" [style=bold];' in drawing
    assert '"%m7" -> "%mix3" [style=dotted];' in drawing
    assert to_plain(program.operations[4]) == {
        "kind": "mix", "result": "%mix3", "data": ["%obs", "%obs"], "by": "%m7", "variables": ["X", "Y"],
    }  # fmt: skip

    class UsedNames:
        def realize(self, op: Any, values: Any) -> str:
            return f"{op.word}({', '.join(sorted(values))})"

    assert execute(program, UsedNames()) == {"p": "sample(%m10)"}
