"""The grammar that DAGitty and DOT share: every text is a graph or an error with its place."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from idgen_compiler.errors import GraphError
from idgen_compiler.graph import ADMG

WORDS = """X Y "a" "b_c" -> <- <-> -- @-> { } [ ] = ; , : + latent dir=both subgraph edge node graph dag digraph strict
/* */ " <b> 1.5 '"""


@given(
    st.lists(st.sampled_from(WORDS.split()), max_size=25).map(" ".join) | st.text(max_size=30),
    st.sampled_from(["dag {", "digraph {", ""]),
)
@example("{" * 5000, "digraph {")
@example('"' + "\\" * 5000, "dag {")
@example("<" * 5000, "dag {")
@example("/*" * 5000, "dag {")
def test_any_text_is_a_graph_or_a_graph_error(text: str, start: str) -> None:
    for read in (ADMG.from_dagitty, ADMG.from_dot):
        for whole in (start + text, f"{start}{text}}}"):
            try:
                graph = read(whole)
            except GraphError:
                continue
            assert ADMG.from_dot(graph.to_dot()) == graph
