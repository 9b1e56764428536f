"""Two neighboring models become a joint one where their product is its law."""

from __future__ import annotations

import pytest

from idgen_compiler.graph import ADMG
from idgen_compiler.passes import Fuse
from idgen_compiler.program import Program
from tests.idgen_compiler.passes.programs import same_answer


def _program(graph: str, inputs: str, body: str, outputs: str, **models: str) -> Program:
    lines = "\n".join(f"  %{name} = train %obs : {model}" for name, model in models.items())
    names = ", ".join(ADMG.parse(graph).order)
    sampler = f"  sample ({inputs}) {{\n    {body}\n  }} -> [{outputs}]"
    return Program.parse(f'program "p" {{\n  graph "{graph}"\n  %obs = observe [{names}]\n{lines}\n{sampler}\n}}')


@pytest.mark.parametrize(
    ("graph", "inputs", "body", "models", "joint"),
    [
        ("W -> A -> B; W -> B", "W", "A ~ %a(W)\n    B ~ %b(W, A)", {"a": "A | W", "b": "B | W, A"}, ("A, B", "W")),
        # b without i: B is separated from W by A.
        ("W -> A -> B", "W", "A ~ %a(W)\n    B ~ %b(A)", {"a": "A | W", "b": "B | A"}, ("A, B", "W")),
        # a without j: A is separated from V.
        (
            "A -> B <- V; W -> A",
            "W, V",
            "A ~ %a(W)\n    B ~ %b(A, V)",
            {"a": "A | W", "b": "B | A, V"},
            ("A, B", "W, V"),
        ),
        # b without a: two effects of W that it separates.
        ("A <- W -> B", "W", "A ~ %a(W)\n    B ~ %b(W)", {"a": "A | W", "b": "B | W"}, ("A, B", "W")),
    ],
)
def test_a_product_of_the_chain_rule_is_one_model(
    graph: str, inputs: str, body: str, models: dict[str, str], joint: tuple[str, str]
) -> None:
    before = _program(graph, inputs, body, "A, B", **models)
    after = Fuse((("A", "B"),)).apply(before)
    (model,) = after.models
    assert (", ".join(model.targets), ", ".join(model.inputs)) == joint
    assert same_answer(before, after, graph)


@pytest.mark.parametrize(
    ("graph", "inputs", "body", "models"),
    [
        # B depends on W past A, which its model does not know.
        ("W -> A -> B; W -> B", "W", "A ~ %a(W)\n    B ~ %b(A)", {"a": "A | W", "b": "B | A"}),
        # A depends on V, which comes in with B.
        ("V -> A -> B; V -> B; W -> A", "W, V", "A ~ %a(W)\n    B ~ %b(A, V)", {"a": "A | W", "b": "B | A, V"}),
        # A and B share a hidden cause, and are sampled apart.
        ("W -> A; W -> B; A <-> B", "W", "A ~ %a(W)\n    B ~ %b(W)", {"a": "A | W", "b": "B | W"}),
        # Two instances of W.
        ("W -> A -> B; W -> B", "W", "W' ~ %obs\n    A ~ %a(W)\n    B ~ %b(W', A)", {"a": "A | W", "b": "B | W, A"}),
        # B reads another instance of A than the one beside it.
        ("W -> A -> B", "W", "A' ~ %obs\n    A ~ %a(W)\n    B ~ %b(A')", {"a": "A | W", "b": "B | A"}),
    ],
)
def test_what_is_no_joint_law_stays_apart(graph: str, inputs: str, body: str, models: dict[str, str]) -> None:
    before = _program(graph, inputs, body, "A, B", **models)
    assert Fuse((("A", "B"),)).apply(before) is before


def test_only_what_was_asked_for() -> None:
    graph = "W -> A -> B -> C"
    body = "A ~ %a(W)\n    B ~ %b(A)\n    C ~ %c(B)"
    before = _program(graph, "W", body, "A, B, C", a="A | W", b="B | A", c="C | B")
    assert Fuse(()).apply(before) is before
    after = Fuse((("B", "C"),)).apply(before)
    assert [model.targets for model in after.models] == [("A",), ("B", "C")]
    assert same_answer(before, after, graph)


def test_what_stands_between_must_not_read_the_first() -> None:
    """C needs A and B needs C: A and B cannot be sampled at once."""
    graph = "W -> A -> C -> B; A -> B"
    body = "A ~ %a(W)\n    C ~ %c(A)\n    B ~ %b(A, C)"
    before = _program(graph, "W", body, "A, B", a="A | W", c="C | A", b="B | A, C")
    assert Fuse((("A", "B"),)).apply(before) is before


def test_what_stands_between_keeps_what_it_reads() -> None:
    """C reads A before B is sampled; together with B, A would come too late."""
    graph = "W -> A -> C; W -> B"
    body = "A ~ %a(W)\n    C ~ %c(A)\n    B ~ %b(W)"
    before = _program(graph, "W", body, "A, B, C", a="A | W", c="C | A", b="B | W")
    assert Fuse((("A", "B"),)).apply(before) is before


def test_several_stand_between() -> None:
    graph = "W -> A; W -> B; W -> C -> D"
    body = "A ~ %a(W)\n    C ~ %c(W)\n    D ~ %d(C)\n    B ~ %b(W)"
    before = _program(graph, "W", body, "A, B, C, D", a="A | W", b="B | W", c="C | W", d="D | C")
    after = Fuse((("A", "B"),)).apply(before).check()
    assert [s.slots for s in after.sampler.network.statements] == [("C",), ("D",), ("A", "B")]
    assert same_answer(before, after, graph)


def test_whole_groups_and_parts_of_them() -> None:
    graph = "W -> A -> B -> C"
    body = "A ~ %a(W)\n    B ~ %b(A)\n    C ~ %c(B)"
    before = _program(graph, "W", body, "A, B, C", a="A | W", b="B | A", c="C | B")
    once = Fuse((("A", "B", "C"),)).apply(before).check()
    twice = Fuse((("A", "B", "C"),)).apply(once).check()
    assert [[model.targets for model in p.models] for p in (once, twice)] == [
        [("C",), ("A", "B")], [("A", "B", "C")],
    ]  # fmt: skip
    assert same_answer(before, twice, graph)


def test_a_joint_model_of_primed_slots() -> None:
    """Which instance stands for which variable is each statement's own."""
    graph = "W -> A -> B; W -> B"
    body = "A' ~ %a(W)\n    B ~ %b(W, A')\n    A ~ %obs"
    before = _program(graph, "W", body, "A, B", a="A | W", b="B | W, A")
    after = Fuse((("A", "B"),)).apply(before).check()
    assert [s.slots for s in after.sampler.network.statements] == [("A'", "B"), ("A",)]
    assert same_answer(before, after, graph)
    other = _program(graph, "W", body.replace("%b(W, A')", "%b(W, A'')").replace("A' ~", "A'' ~ %obs\n    A' ~"),
                     "A, B", a="A | W", b="B | W, A")  # fmt: skip
    assert Fuse((("A", "B"),)).apply(other) is other


def test_the_variants_are_pairs_of_neighbors() -> None:
    program = _program("A -> B -> C", "A", "B ~ %b(A)", "B", b="B | A")
    assert list(Fuse().variants(program)) == [Fuse((("A", "B"), ("B", "C")))]


def test_a_second_instance_of_the_other_is_no_part_of_a_joint_law() -> None:
    graph = "B -> A"
    body = "B' ~ %obs\n    A ~ %a(B')\n    B ~ %b(A)"
    before = _program(graph, "", body, "A, B", a="A | B", b="B | A")
    assert Fuse((("A", "B"),)).apply(before) is before


def test_different_data_sets_stay_apart() -> None:
    text = """
        program "p" {
          graph "W -> A -> B; W -> B"
          %obs = observe [W, A, B]
          %m0 = train %obs : A | W
          %law0 = realize P(A ; do(W)) -> [W, A] {
            regenerate do(W ~ %obs) {
              A ~ %m0(W)
            }
          }
          %m1 = train %law0 : A | W
          %m2 = train %obs : B | W, A
          sample (W) {
            A ~ %m1(W)
            B ~ %m2(W, A)
          } -> [A, B]
        }"""
    before = Program.parse(text)
    assert Fuse((("A", "B"),)).apply(before) is before


def test_a_model_that_is_used_elsewhere_stays() -> None:
    graph = "W -> A -> B; W -> B"
    body = "A ~ %a(W)\n    B ~ %b(W, A)\n    A' ~ %a(W)"
    after = Fuse((("A", "B"),)).apply(_program(graph, "W", body, "A, B", a="A | W", b="B | W, A"))
    assert [model.targets for model in after.models] == [("A",), ("A", "B")]


def test_only_neighbours_are_put_together() -> None:
    """Another sample of the group's variables stands between."""
    graph = "W -> A -> B; W -> B"
    body = "A' ~ %a(W)\n    (A, B) ~ %j(W)\n    B' ~ %b(W, A')"
    before = _program(graph, "W", body, "A, B", a="A | W", j="A, B | W", b="B | W, A")
    assert Fuse((("A", "B"),)).apply(before) is before
