"""Renumbering, and the pipeline with its verifier between passes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from idgen_compiler.errors import ProgramError
from idgen_compiler.passes import Pass, Renumber, Share
from idgen_compiler.passes.pipeline import LEVELS, run
from idgen_compiler.program import Program

TEXT = """
    program "p" {
      graph "W -> X -> Y; W -> Y"
      %data = observe [W, X, Y]
      %w7 = train %data : W
      %y = train %data : Y | W, X
      %w = realize P(X, Y ; do(W)) -> [X, Y] {
        reweight %data do(W ~ %data) by %w7
      }
      %z = realize P(W, Y ; do(X)) -> [X, Y] {
        regenerate do(X ~ %data) {
          W ~ %w7()
          Y ~ %y(W, X)
        }
      }
      %last = train %z : Y | X
      sample (X) {
        Y ~ %last(X)
      } -> [Y]
    }"""


def test_values_are_numbered_by_their_kind() -> None:
    after = Renumber().apply(Program.parse(TEXT)).check()
    assert [op.result for op in after.operations[:-1]] == ["%obs", "%m0", "%m1", "%law0", "%law1", "%m2"]
    assert Renumber().apply(after) == after


def test_names_may_be_in_use_already() -> None:
    """%m1 becomes %m0 while %m0 becomes %m1."""
    text = """
        program "p" {
          graph "X"
          %obs = observe [X]
          %m1 = train %obs : X
          %m0 = train %obs : X
          sample () {
            X ~ %m1()
            X' ~ %m0()
          } -> [X]
        }"""
    after = Renumber().apply(Program.parse(text)).check()
    assert "X ~ %m0()" in str(after)
    assert "X' ~ %m1()" in str(after)


@dataclass(frozen=True)
class _Break(Pass):
    """Drops every model, used or not."""

    def apply(self, program: Program) -> Program:
        return replace(program, operations=tuple(op for op in program.operations if op not in program.models))


def test_a_broken_pass_is_found_at_once() -> None:
    with pytest.raises(ProgramError, match="%w7"):
        run(Program.parse(TEXT), [Renumber(), _Break()][1:])


def test_what_does_not_verify_is_not_begun_with() -> None:
    program = _Break().apply(Program.parse(TEXT))
    with pytest.raises(ProgramError, match="%w7"):
        run(program, [])


def test_every_pass_is_told_of() -> None:
    told: list[str] = []
    run(Program.parse(TEXT), [Share(), Renumber()], lambda name, before, after: told.append(name))
    assert told == ["Share", "Renumber"]


def test_levels() -> None:
    assert LEVELS[0] == ()
    assert all(set(map(type, LEVELS[k])) <= set(map(type, LEVELS[k + 1])) for k in (0, 1))
