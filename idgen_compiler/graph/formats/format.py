"""What a format is, and the registry of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from idgen_compiler.errors import GraphError, near_misses
from idgen_compiler.graph.edges import EdgeList

__all__ = ["FORMATS", "Format", "find_format", "register"]


@dataclass(frozen=True, slots=True)
class Format:
    """A language of graphs, or a library that holds them: how one becomes a list of edges, and back.

    The reader raises GraphError for what it cannot read, the writer for what has no place in the format, and
    IdgenError where a library is not installed.
    """

    name: str
    reader: Callable[[Any], EdgeList] | None = None
    writer: Callable[[EdgeList], Any] | None = None  #: text, DAGitty and DOT mark hidden vertices
    start: str = ""  #: how a text in it starts and in no other format, comments aside: a pattern, in any case
    suffixes: tuple[str, ...] = ()  #: how the names of its files end

    def read(self, source: Any) -> EdgeList:
        """The graph of a text, or of a library's graph.  Raises GraphError for a format that is only written."""
        if self.reader is None:
            known = sorted(name for name, other in FORMATS.items() if other.reader)
            raise GraphError(f"no graph is read from the format {self.name!r}; give one of {', '.join(known)}")
        return self.reader(source)

    def write(self, graph: EdgeList) -> Any:
        """The graph as a text, or as a library's graph.  Raises GraphError for a format that is only read."""
        if self.writer is None:
            known = sorted(name for name, other in FORMATS.items() if other.writer)
            raise GraphError(f"no graph is written in the format {self.name!r}; give one of {', '.join(known)}")
        return self.writer(graph)


FORMATS: dict[str, Format] = {}
"""Name -> format."""


def register(format: Format) -> Format:
    """Make a format known by its name.  Raises GraphError for a name that another has."""
    if format.name in FORMATS:
        raise GraphError(f"a format called {format.name!r} is registered already; give yours another name")
    FORMATS[format.name] = format
    return format


def find_format(name: str) -> Format:
    """The format of a name.  Raises GraphError for an unknown one.

    >>> find_format("dot").suffixes
    ('.dot', '.gv')
    """
    found = FORMATS.get(name)
    if found is None:
        known = ", ".join(sorted(FORMATS))
        raise GraphError(f"unknown format {name!r}{near_misses(name, FORMATS)}; the known ones are {known}")
    return found
