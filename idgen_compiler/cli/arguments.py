"""The arguments that several commands share, and how their text is read."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from idgen_compiler.catalog import ENTRIES, find
from idgen_compiler.data.kinds.registry import TypeRequest
from idgen_compiler.data.kinds.texts import split
from idgen_compiler.data.kinds.typed import read_request
from idgen_compiler.errors import GraphError, IdgenError, ProgramError, QueryError
from idgen_compiler.forms.spelling import split_spelled
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.hinge.backend import Sampler
from idgen_compiler.hinge.policies import Policy
from idgen_compiler.hinge.typed_policies import read_policy, read_shift
from idgen_compiler.program import Program
from idgen_compiler.query import Query, observed

__all__ = [
    "GraphText",
    "ImagesRoot",
    "Latent",
    "Level",
    "Missing",
    "QueryText",
    "QueryTexts",
    "Read",
    "Realize",
    "Weights",
    "WeightsAre",
    "assignments",
    "groups",
    "listed_names",
    "modules_from_here",
    "named_classes",
    "plain_value",
    "read_admg",
    "read_named",
    "read_program",
    "read_question",
    "read_questions",
    "read_settings",
    "read_types",
    "reading_options",
]

CATALOG = "catalog:"
_CLASS = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")
_READ = ("delimiter", "decimal", "encoding", "missing_marks", "size_limit", "memory")

QueryText = Annotated[
    str | None,
    typer.Argument(
        metavar="QUERY",
        help='Such as "P(Y | do(X), Z)"; may be left out with a graph of the catalog.',
        show_default=False,
    ),
]
QueryTexts = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="QUERY...",
        help='Such as "P(Y | do(X), Z)"; several make one program; may be left out with a graph of the catalog.',
        show_default=False,
    ),
]
GRAPH_HELP = 'A file, a text such as "X -> Y; X <-> Y" (also DAGitty, DOT, GML, GraphML, BIF, ...), or catalog:NAME.'
GraphText = Annotated[str, typer.Option("--graph", "-g", metavar="FILE|TEXT", help=GRAPH_HELP, show_default=False)]
Latent = Annotated[
    list[str] | None,
    typer.Option("--latent", metavar="U", help="A vertex of the graph that no table holds; repeatable, or U,V."),
]
Level = Annotated[
    int,
    typer.Option(
        "-O",
        min=0,
        max=2,
        metavar="0|1|2",
        help="-O0 lowers ID-GEN literally, -O1 rewrites, -O2 also searches equal ways to pose the query.",
        show_default="2",
    ),
]
Realize = Annotated[
    Literal["auto", "regenerate", "reweight", "weigh"],
    typer.Option(
        "--realize", help="How a law that nobody has data for is realized: sampled anew, or by weighting real rows."
    ),
]

Missing = Annotated[
    Literal["refuse", "drop", "category", "text"],
    typer.Option(
        "--missing",
        help="Refuse or drop rows without a value, make what is missing a category, or take words such as NA as text.",
    ),
]
ImagesRoot = Annotated[
    Path | None,
    typer.Option(
        "--images-root",
        metavar="DIR",
        help="Where the images lie whose files the table names.",
        show_default="the folder of the table",
    ),
]
Read = Annotated[
    list[str] | None,
    typer.Option(
        "--read",
        metavar="NAME=VALUE",
        help="How the table is written: delimiter=';', decimal=',', encoding=latin-1, missing_marks=-9999,unknown, "
        "size_limit=4000000000, memory=2GB; repeatable. Found otherwise.",
    ),
]


Weights = Annotated[
    str | None,
    typer.Option(
        "--weights", metavar="COLUMN", help="The column that says how much each row counts.", show_default="alike"
    ),
]
WeightsAre = Annotated[
    Literal["survey", "frequency"],
    typer.Option(
        "--weights-are",
        help="Weights of a survey, whose scale means nothing, or how many equal rows a row stands for.",
    ),
]


def reading_options(
    missing: str,
    read: Sequence[str] | None,
    images_root: Path | None = None,
    weights: str | None = None,
    weights_are: str = "survey",
) -> dict[str, Any]:
    """The options of `fit` and `check_graph` that say how a table is read.  Raises IdgenError for unknown ones."""
    said: dict[str, Any] = dict(assignments("--read", read or ()))
    unknown = [name for name in said if name not in _READ]
    if unknown:
        raise IdgenError(f"--read has no {unknown[0]!r}; it has {', '.join(_READ)}")
    if "missing_marks" in said:
        said["missing_marks"] = split(said["missing_marks"])
    if "size_limit" in said:
        said["size_limit"] = plain_value(said["size_limit"])
    if missing != "refuse":
        said["missing"] = missing
    if images_root is not None:
        said["images_root"] = images_root
    if weights is not None:
        said["weights"] = weights
    if weights_are != "survey":
        said["weights_are"] = weights_are
    return said


def read_program(file: Path) -> Program:
    """The program of a file, as text or JSON.  Raises ProgramError for what is none, naming the place."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ProgramError(f"{file} is no UTF-8 text; give a program that compile --emit ir or json wrote") from None
    return Program.from_json(text) if text.lstrip().startswith("{") else Program.parse(text)


def read_admg(graph: str, latent: Iterable[str] = ()) -> ADMG:
    """The graph that was typed: of a file, a text or the catalog, without its latent vertices.

    Raises GraphError, and IdgenError for an unknown entry of the catalog.
    """
    if graph.startswith(CATALOG):
        return find(graph.removeprefix(CATALOG)).parsed_graph().without(listed_names("--latent", latent))
    if not graph.strip():
        raise GraphError("--graph is empty; give a file, a text such as 'X -> Y; X <-> Y', or catalog:NAME")
    if any(entry.name == graph for entry in ENTRIES) and not Path(graph).exists():
        raise GraphError(f"{graph} is no graph but an entry of the catalog; write --graph {CATALOG}{graph}")
    return ADMG.read(graph, latent=listed_names("--latent", latent))


def read_question(query: str | None, graph: str, latent: Iterable[str] | None = None) -> tuple[Query, ADMG]:
    """The query and the graph that were typed; a graph of the catalog brings a query of its own.

    Raises GraphError, QueryError, and IdgenError for an unknown entry of the catalog.
    """
    asked = query
    if asked is None and graph.startswith(CATALOG):
        asked = find(graph.removeprefix(CATALOG)).query
    if asked is None:
        raise QueryError('no query is given; put one such as "P(Y | do(X))" before --graph')
    parsed, hidden = Query.parse(asked), listed_names("--latent", latent or ())
    return parsed, observed([parsed], read_admg(graph), hidden)


def read_questions(queries: Sequence[str], graph: str, latent: Iterable[str] | None = None) -> tuple[list[Query], ADMG]:
    """The queries and the graph that were typed, as `read_question` reads one."""
    first, admg = read_question(queries[0] if queries else None, graph, latent)
    return [first, *map(Query.parse, queries[1:])], admg


def groups(texts: Iterable[str]) -> list[list[str]]:
    """The groups of variables of arguments like `X,Y`; a name with a comma stands in quotes."""
    return [listed_names("--joint", [text]) for text in texts]


def listed_names(option: str, texts: Iterable[str]) -> list[str]:
    """The names of arguments like `X,Y`, quotes around them left out.  Raises IdgenError for an empty one.

    >>> listed_names("--latent", ["U", 'V,"lung cancer"'])
    ['U', 'V', 'lung cancer']
    """
    found = []
    for text in texts:
        rest, mark = text, ","
        while mark:
            name, mark, rest = split_name(option, rest, ",")
            if not name:
                raise IdgenError(f"{option} {text!r} has an empty name; write {option} X,Y")
            found.append(name)
    return found


def split_name(option: str, text: str, mark: str) -> tuple[str, str, str]:
    """A name that was typed, the mark after it and what follows.  Raises IdgenError for quotes that cannot be read."""
    try:
        return split_spelled(text, mark)
    except ValueError as error:
        raise IdgenError(f"{option} {text!r}: a name in quotes that JSON cannot read ({error})") from None


def named_classes(texts: Iterable[str] | None) -> list[str]:
    """Those of some arguments that are `module:Class`, and no assignment."""
    return [text for text in texts or () if _CLASS.fullmatch(text.strip())]


@contextmanager
def modules_from_here() -> Iterator[None]:
    """Let modules of the working directory be imported, which a person names on the command line."""
    here = os.getcwd()
    sys.path.insert(0, here)
    try:
        yield
    finally:
        if here in sys.path:
            sys.path.remove(here)


def plain_value(text: str) -> Any:
    """An option's value: true or false, a number, several whole numbers such as `64,128`, or the text itself."""
    if text in ("true", "false"):
        return text == "true"
    pieces = text.split(",")
    for kind in (int, float):
        try:
            values = tuple(kind(piece) for piece in pieces if piece.strip() or len(pieces) == 1)
        except ValueError:
            continue
        return values if len(pieces) > 1 else values[0]
    return text


def read_types(texts: Iterable[str] | None) -> dict[str, TypeRequest]:
    """Name -> type of arguments like `Y=integer`, `Y=continuous[0,]{0}` and `Y=image(3,16,16)`."""
    return {name: read_request(name, text) for name, text in assignments("--types", texts or ()).items()}


def assignments(option: str, texts: Iterable[str]) -> dict[str, str]:
    """Name -> value of arguments like `X=1` and `"a b"=1`.  Raises IdgenError for one without a name or given twice."""
    found: dict[str, str] = {}
    for text in texts:
        name, mark, value = split_name(option, text, "=")
        if not mark or not name:
            raise IdgenError(f"{option} {text!r} is no assignment; write {option} NAME=VALUE")
        if name in found:
            raise IdgenError(f"{option} sets {name} twice, to {found[name]!r} and {value!r}; keep one")
        found[name] = value
    return found


def read_settings(texts: Iterable[str], sampler: Sampler) -> dict[str, Any]:
    """Treatment -> value or policy of arguments like `X=1`, `X = X + 1`, `X ~ uniform` and `X ~ table.csv`.

    Raises IdgenError for what is none of these, and DataError for a table that is no law.
    """
    found: dict[str, Any] = {}
    for text in texts:
        name, drawn = _drawn(text)
        if drawn is None:
            ((name, value),) = assignments("--do", [text]).items()
            shift = read_shift(name, value)
            setting: Any = sampler.read_value(name, value) if shift is None else shift
        else:
            setting = read_policy("--do", name, drawn, sampler.read_value)
        if name in found:
            raise IdgenError(f"--do sets {name} twice; keep one")
        found[name] = setting
    return found


def read_named(texts: Iterable[str]) -> dict[str, Policy]:
    """Name -> policy of arguments like `pi=table.csv` and `pi=uniform`; labels that are numbers are read as such."""
    return {
        name: read_policy("--policy", name, value, lambda _, text: plain_value(text) if "," not in text else text)
        for name, value in assignments("--policy", texts).items()
    }


def _drawn(text: str) -> tuple[str, str | None]:
    """The name and what follows `~`; None after it where the argument is an assignment."""
    if "~" not in text:
        return "", None
    name, mark, rest = split_name("--do", text, "~")
    return (name, rest.strip()) if mark and "=" not in name else ("", None)
