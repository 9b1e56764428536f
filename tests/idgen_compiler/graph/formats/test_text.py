"""The text form of graphs: what is printed is read back, and every text is a graph or an error with its place."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from idgen_compiler.errors import GraphError
from idgen_compiler.graph import ADMG
from tests.idgen_compiler.graph.graphs import graphs
from tests.idgen_compiler.transcripts import transcript


@given(graphs())
def test_the_text_form_is_read_back(graph: ADMG) -> None:
    again = ADMG.parse(str(graph))
    assert again == graph
    assert again.order == graph.order
    assert eval(repr(graph), {"ADMG": ADMG}) == graph  # noqa: S307 - a repr that this test has just made


def test_lists_of_related_names() -> None:
    """Each pair has a hidden cause; lists of four and more are written as they are read."""
    graph = ADMG.parse("<-> A, B, C; A, B, C -> X -> Y; A, B, C -> Y")
    assert graph == ADMG.parse("A <-> B <-> C <-> A; A, B, C -> X -> Y; A, B, C -> Y")
    assert str(ADMG.parse("<-> A, B, C")) == "A <-> B\nA <-> C\nB <-> C"
    names = [f"C{k}" for k in range(20)]
    many = ADMG.parse(f"<-> {', '.join(names)}; C3 -> X; X <-> C7")
    assert len(many.bidirected) == 191
    assert str(many).splitlines()[-2:] == [f"<-> {', '.join(names)}", "C7 <-> X"]
    assert ADMG.parse(str(many)) == many
    assert str(ADMG.parse("<-> A, B, C, D; <-> D, E, F, G")) == "<-> A, B, C, D\n<-> D, E, F, G"


def test_text_errors(golden: Callable[[str, str], None]) -> None:
    cases = [
        "X ->", "-> Y", "X Y", "X -> Y; Z, -> Y", "X - Y", "X => Y", "X -> Y\nY -> 2nd", "X <-> Y <-", "X->Y; !",
        "A -> A", "A <-> A", "A -> B; A -> B", "A <-> B; B <-> A", "A -> B; B -> A", "A -> B -> C -> A; B -> D",
        "X' -> Y", "Z -> X, W -> Y", "[X, Y] -> Z", "X [latnt] -> Y", "X [latent=perhaps]", "X [selected]", "X [latent",
        "X o-> Y", "X <-o Y", "X o-o Y", "X -- Y", "X @-> Y", "X -+ Y", "X {Y", "X -> {Y; ",
        "birth-weight -> Y", '"a\\q" -> X',
        "X, M\nM, Y", "X;M\nM;Y", "X;M\nZ;Y", "A; A", '"" -> X', '"X\'" -> Y', '"X -> Y',
        "<-> A", "<-> A, B -> C", "<-> A, A", "A <-> B; <-> A, B, C",
        "Z -> X, X -> Y, Z -> Y", 'Z -> "a, b", W -> Y, {A, B} -> Y', "X <> Y", "X ->> Y", "X <<- Y",
        "X -> Y // a comment", "X -> Y /* a comment */",
    ]  # fmt: skip
    golden("graph/text_errors.txt", transcript(cases, ADMG.parse, GraphError))


@given(st.text(alphabet="XY1 .,;#'-<>\n\té\0", max_size=40) | st.text(max_size=40))
def test_any_text_is_a_graph_or_a_graph_error(text: str) -> None:
    try:
        graph = ADMG.parse(text)
    except GraphError:
        return
    assert ADMG.parse(str(graph)) == graph
