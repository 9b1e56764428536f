"""GraphML, as networkx writes it and as R's causaleffect has it."""

from __future__ import annotations

import pytest
from hypothesis import given

from idgen_compiler.errors import GraphError
from idgen_compiler.graph import ADMG
from tests.idgen_compiler.graph.graphs import graphs

pytest.importorskip("networkx")

HEAD = '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
PLAIN = (
    '<graphml><graph edgedefault="directed"><node id="X"/><node id="Y"/><edge source="X" target="Y"/></graph></graphml>'
)


@given(graphs())
def test_graphml_is_read_back(graph: ADMG) -> None:
    again = ADMG.read(graph.to("graphml"), "graphml")
    assert again == graph
    assert again.order == graph.order


def test_the_convention_of_causaleffect() -> None:
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
{HEAD}
  <key id="v_name" for="node" attr.name="name" attr.type="string"/>
  <key id="e_description" for="edge" attr.name="description" attr.type="string"/>
  <graph id="G" edgedefault="directed">
    <node id="n0"><data key="v_name">X</data></node>
    <node id="n1"><data key="v_name">Z</data></node>
    <node id="n2"><data key="v_name">Y</data></node>
    <edge source="n0" target="n1"><data key="e_description"></data></edge>
    <edge source="n1" target="n2"/>
    <edge source="n0" target="n2"><data key="e_description">U</data></edge>
    <edge source="n2" target="n0"><data key="e_description">U</data></edge>
  </graph>
</graphml>"""
    assert ADMG.read(text) == ADMG.parse("X -> Z -> Y; X <-> Y")


def test_a_namespace_may_be_missing() -> None:
    assert ADMG.read(PLAIN) == ADMG.parse("X -> Y")


BOMB = (
    "<?xml version='1.0'?><!DOCTYPE lolz [<!ENTITY a 'aaaaaaaaaa'>"
    + "".join(f"<!ENTITY {chr(98 + k)} '{f'&{chr(97 + k)};' * 10}'>" for k in range(9))
    + f"]>{HEAD}<graph edgedefault='directed'><node id='&j;'/></graph></graphml>"
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOMB, "declares a document type or entities"),
        ("<?xml version='1.0'?><bif/>", "no GraphML but bif"),
        ("<graphml><graph", "cannot be read"),
        (PLAIN.replace("directed", "undirected"), "undirected"),
        (HEAD + "<graph>" + "<node>" * 20_000, "cannot be read"),
    ],
)
def test_graphml_errors(text: str, message: str) -> None:
    with pytest.raises(GraphError, match=message):
        ADMG.read(text, "graphml")
