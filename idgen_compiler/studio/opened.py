"""`idgen.studio()`: the page from a script or a notebook."""

from __future__ import annotations

import threading
import webbrowser

from idgen_compiler.forms.record import to_plain
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.query import Query
from idgen_compiler.studio.drawing import Drawing
from idgen_compiler.studio.reading import read_drawing
from idgen_compiler.studio.server import StudioServer

__all__ = ["studio"]


def studio(graph: ADMG | str = "", query: Query | str = "", port: int = 0, browse: bool = True) -> StudioServer:
    """Serve the studio from a thread of this process, on a graph and a query, and open it in a browser.

    `server.url` says where it is, `server.shutdown()` ends it. Raises GraphError for a graph that cannot be read, and
    IdgenError for a port that is taken.

    >>> server = studio("X -> Y", browse=False)
    >>> server.url.startswith("http://127.0.0.1:")
    True
    >>> server.shutdown(); server.server_close()
    """
    drawn = (
        Drawing.of(graph.edge_list())
        if isinstance(graph, ADMG)
        else read_drawing(graph)
        if graph.strip()
        else Drawing()
    )
    state = to_plain(drawn) | ({"query": str(query)} if str(query) else {})
    server = StudioServer(port, state if state else None)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    if browse:
        webbrowser.open(server.url)
    return server
