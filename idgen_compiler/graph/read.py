"""A graph from what a person has: a file's path, a text in any language, or the graph of a library."""

from __future__ import annotations

import re
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

from idgen_compiler.errors import GraphError, near_misses
from idgen_compiler.graph.edges import EdgeList
from idgen_compiler.graph.formats.format import FORMATS, Format, find_format
from idgen_compiler.graph.formats.text import TEXT
from idgen_compiler.graph.mixed import MixedGraph

__all__ = ["read_edges", "read_graph", "reject_language"]

G = TypeVar("G", bound=MixedGraph)

_EDGES = r"[\n;{}<]|->|<-|--"
_OPENING = r"(?:strict\s+)?([^\W\d]\w*)(?:\s+(?:\w+|\"[^\"\n]*\"))?\s*\{"
_WORDS = ("digraph", "dag", "graph", "network")
_BEGINNING = 5000  # characters that tell a language
_FREE = (".csv", ".tsv", ".lav", ".lavaan")  # endings of files whose texts may start as those of the text form
_FOREIGN = {
    r"(?:flowchart|graph)\s+(?:LR|RL|TB|TD|BT)\b": "a Mermaid flowchart, which is written and not read",
    r"\{\s*\"": "JSON, of which no form is read",
    r"\[*[01](?:[\s,;\[\]]+[01])+[\s,;\]]*$": "a matrix, which names no variables and leaves open what its rows mean",
    r"sequenceDiagram|@startuml": "a drawing of another kind",
}
_COMMENTS = r"(?s:\s+|//[^\n]*|/\*.*?\*/|\#[^\n]*)*"


def read_graph(kind: type[G], source: Any, format: str = "") -> G:
    """The graph of a text, of the file that a path names, or, where `format` says which, of a library's graph.

    Without a format the language is known by how the text starts; what starts as no other is in the text form. A
    string is a path when a file of that name exists, or when it ends like one.

    Raises GraphError for a missing or unreadable file, and with the place for what cannot be read in it.
    """
    chosen = find_format(format) if format else None
    if isinstance(source, PathLike):
        return _read_file(kind, Path(source), chosen)
    if not isinstance(source, str):
        if chosen is None:
            if isinstance(source, list | tuple) or hasattr(source, "shape"):
                raise GraphError(
                    f"a graph is not read from {type(source).__name__}s; give edges, as ADMG([('X', 'Y')]), and of a "
                    "matrix say what it means by networkx: ADMG.read(networkx.DiGraph(...), 'networkx')"
                )
            raise GraphError(
                f"a graph is read from a text such as 'X -> Y; X <-> Y' or from a file, not from {source!r:.80}; name "
                "the format of a library's graph, as in ADMG.read(graph, 'networkx')"
            )
        return kind.from_edge_list(chosen.read(source))
    if _is_file(source):
        return _read_file(kind, Path(source), chosen)
    suffixes = tuple(suffix for known in FORMATS.values() for suffix in known.suffixes)
    if not re.search(_EDGES, source) and (source.strip().endswith(suffixes) or "/" in source):
        raise GraphError(f"no graph file {source!r}; give an existing file, or a graph such as 'X -> Y; X <-> Y'")
    return _read_text(kind, source, chosen)


def read_edges(text: str, format: str = "") -> EdgeList:
    """The list of edges of a text in any language, its hidden vertices among them; no file is looked for.

    Raises GraphError with the place of what cannot be read.

    >>> sorted(read_edges("dag { U [latent]  U -> X  U -> Y }").hidden)
    ['U']
    """
    return _edges_of(text, find_format(format) if format else None)


def reject_language(text: str) -> None:
    """Raise GraphError for a text that starts as another language than the text form, saying which.

    >>> reject_language("digraph { X -> Y }")
    Traceback (most recent call last):
        ...
    idgen_compiler.errors.GraphError: the text is in the language 'dot', not in the text form; read it with ADMG.read
    """
    begin = _beginning(text)
    _reject_foreign(begin)
    known = _by_start(begin)
    if known is not None:
        raise GraphError(f"the text is in the language {known.name!r}, not in the text form; read it with ADMG.read")


def _is_file(text: str) -> bool:
    try:
        # A pipe such as /dev/stdin is no file of the usual kind; a folder is told apart when it is read.
        path = Path(text)
        return bool(text.strip()) and path.exists() and (not path.is_dir() or "/" in text)
    except (OSError, ValueError):  # too long for a name, or with characters that no name may have
        return False


def _read_file(kind: type[G], path: Path, chosen: Format | None) -> G:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise GraphError(f"cannot read the graph file {str(path)!r}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        packed = path.suffix in (".gz", ".bz2", ".xz", ".zip")
        what = "is compressed; unpack it first" if packed else "is no UTF-8 text"
        raise GraphError(f"the graph file {str(path)!r} {what}") from None
    try:
        return _read_text(kind, text, chosen, path.suffix.lower())
    except GraphError as error:
        raise GraphError(f"in {str(path)!r}: {error}") from None


def _read_text(kind: type[G], text: str, chosen: Format | None, suffix: str = "") -> G:
    return kind.from_edge_list(_edges_of(text, chosen, suffix))


def _edges_of(text: str, chosen: Format | None, suffix: str = "") -> EdgeList:
    chosen = chosen or _format_of(text, suffix)
    found = chosen.read(text)
    if not found.nodes and chosen is TEXT:
        raise GraphError("the graph is empty; write one such as 'X -> Y; X <-> Y'")
    return found


def _format_of(text: str, suffix: str = "") -> Format:
    """The language whose texts start so, or whose files end so and start in no way of their own; else the text form.

    Raises GraphError for the start of a language that is not read.
    """
    begin = _beginning(text)
    known = _by_start(begin)
    if known is not None:
        return known
    word = re.match(_OPENING, begin)
    if word:
        raise GraphError(
            f"no language of graphs begins with {word[1]!r:.40}{near_misses(word[1], _WORDS)}; write X -> {{A, B}} for "
            "a list in the text form"
        )
    _reject_foreign(begin)
    free = (known for known in FORMATS.values() if known.reader and suffix in known.suffixes)
    return next(free, TEXT) if suffix in _FREE else TEXT


def _beginning(text: str) -> str:
    comments = re.match(_COMMENTS, text)
    return text[comments.end() if comments else 0 :][:_BEGINNING]


def _by_start(begin: str) -> Format | None:
    starting = (known for known in FORMATS.values() if known.start and re.match(known.start, begin, re.IGNORECASE))
    return next(starting, None)


def _reject_foreign(begin: str) -> None:
    for start, what in _FOREIGN.items():
        if re.match(start, begin, re.IGNORECASE):
            raise GraphError(f"the graph is {what}; export DOT, DAGitty, GML or GraphML, or write X -> Y; X <-> Y")
