"""A graph from what a person types: a file's path, or a text in one of the three languages."""

from __future__ import annotations

import re
from os import PathLike
from pathlib import Path

from idgen_compiler.errors import GraphError
from idgen_compiler.graph.admg import ADMG

__all__ = ["read_graph"]

_SUFFIXES = (".dagitty", ".dot", ".graph", ".gv", ".txt")
_EDGES = re.compile(r"[\n;{}]|->|<-|--")
_COMMENTS = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/|\#[^\n]*)*", re.DOTALL)
_DAGITTY = re.compile(r"(?:dag|pdag|mag|pag|graph)\b[^{;\n]*\{", re.IGNORECASE)
_DOT = re.compile(r"(?:strict\s+(?:di)?graph|digraph)\b[^{;\n]*\{", re.IGNORECASE)


def read_graph(text_or_path: str | PathLike[str]) -> ADMG:
    """The graph of a text or of the file that a path names.

    The language is known by how the text starts: `dag {` is DAGitty, `digraph {` is DOT, all else is the text form
    of `ADMG.parse`. A string is a path when a file of that name exists, or when it ends like one.

    Raises GraphError for a missing or unreadable file, and with the place for what cannot be read in it.
    """
    if not isinstance(text_or_path, str):
        return _read_file(Path(text_or_path))
    if _is_file(text_or_path):
        return _read_file(Path(text_or_path))
    if not _EDGES.search(text_or_path) and (text_or_path.strip().endswith(_SUFFIXES) or "/" in text_or_path):
        raise GraphError(f"no graph file {text_or_path!r}; give an existing file, or a graph such as 'X -> Y; X <-> Y'")
    return _read_text(text_or_path)


def _is_file(text: str) -> bool:
    try:
        # A pipe such as /dev/stdin is no file of the usual kind; a folder is told apart when it is read.
        path = Path(text)
        return bool(text.strip()) and path.exists() and (not path.is_dir() or "/" in text)
    except (OSError, ValueError):  # too long for a name, or with characters that no name may have
        return False


def _read_file(path: Path) -> ADMG:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise GraphError(f"cannot read the graph file {str(path)!r}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise GraphError(f"the graph file {str(path)!r} is no UTF-8 text") from None
    try:
        return _read_text(text)
    except GraphError as error:
        raise GraphError(f"in {str(path)!r}: {error}") from None


def _read_text(text: str) -> ADMG:
    start = _COMMENTS.match(text)
    begin = start.end() if start else 0
    if _DAGITTY.match(text, begin):
        return ADMG.from_dagitty(text)
    if _DOT.match(text, begin):
        return ADMG.from_dot(text)
    graph = ADMG.parse(text)
    if not graph:
        raise GraphError("the graph is empty; write one such as 'X -> Y; X <-> Y'")
    return graph
