"""Three directives: `admg` and `compiled` draw what the compiler itself reads and writes, `rooms` its own packages.

    ```{admg}                         ```{compiled} P(Y | do(X))
    X -> Y; X <-> Y                   X -> M -> Y; X <-> Y
    ```                               ```

Nothing is fetched and no other program is run. `compiled` takes the options `optimize` and `realize` of `compile`;
`rooms` takes the name of a package.
"""

from __future__ import annotations

from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import idgen_compiler as idgen
from extensions.rooms import draw_rooms
from idgen_compiler.graph.drawing.svg import draw_admg
from idgen_compiler.ir.drawing.svg import draw_program

__all__ = ["setup"]


class _Drawing(SphinxDirective):
    has_content = True

    def figure(self, drawing: str) -> list[nodes.Node]:
        return [nodes.raw("", f'<div class="drawing-frame">{drawing}</div>', format="html")]


class AdmgDirective(_Drawing):
    """The graph of the content, drawn."""

    def run(self) -> list[nodes.Node]:
        return self.figure(draw_admg(idgen.ADMG.parse("\n".join(self.content))))


class CompiledDirective(_Drawing):
    """The program of the query that is the argument, on the graph of the content, drawn."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {"optimize": directives.nonnegative_int, "realize": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        query, graph = idgen.Query.parse(self.arguments[0]), idgen.ADMG.parse("\n".join(self.content))
        return self.figure(draw_program(idgen.compile(query, graph, **self.options)))


class RoomsDirective(_Drawing):
    """The rooms of the package that is the argument, drawn."""

    has_content = False
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        return self.figure(draw_rooms(self.arguments[0]))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.add_directive("admg", AdmgDirective)
    app.add_directive("compiled", CompiledDirective)
    app.add_directive("rooms", RoomsDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
