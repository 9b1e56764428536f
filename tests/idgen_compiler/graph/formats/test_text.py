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


def test_text_errors(golden: Callable[[str, str], None]) -> None:
    cases = [
        "X ->", "-> Y", "X Y", "X -> Y; Z, -> Y", "X - Y", "X => Y", "X -> Y\nY -> 2nd", "X <-> Y <-", "X->Y; !",
        "A -> A", "A <-> A", "A -> B; A -> B", "A <-> B; B <-> A", "A -> B; B -> A", "A -> B -> C -> A; B -> D",
        "X' -> Y", "Z -> X, W -> Y", "[X, Y] -> Z", "X [latnt] -> Y", "X [latent=perhaps]", "X [selected]", "X [latent",
        "X o-> Y", "X <-o Y", "X o-o Y", "X -- Y", "X @-> Y", "X -+ Y", "X {Y", "X -> {Y; ",
        "birth-weight -> Y", '"a\\q" -> X',
        "X, M\nM, Y", "X;M\nM;Y", "X;M\nZ;Y", "A; A", '"" -> X', '"X\'" -> Y', '"X -> Y',
    ]  # fmt: skip
    golden("graph/text_errors.txt", transcript(cases, ADMG.parse, GraphError))


@given(st.text(alphabet="XY1 .,;#'-<>\n\té\0", max_size=40) | st.text(max_size=40))
def test_any_text_is_a_graph_or_a_graph_error(text: str) -> None:
    try:
        graph = ADMG.parse(text)
    except GraphError:
        return
    assert ADMG.parse(str(graph)) == graph
