"""What the page asks and what it is answered: one protocol for the browser, the server and the notebook.

A request is an object with a key `ask`; every other key is an argument of the answer of that name in `ASKS`. What goes
wrong in a drawing or a query is an answer, too: `{"error": {"kind", "message"}}` says what, where and the next step.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

from idgen_compiler.catalog import ENTRIES, find
from idgen_compiler.check.implication import implications
from idgen_compiler.compile import Compilation, explain
from idgen_compiler.errors import GraphError, IdgenError, NotIdentifiable, QueryError
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.identify import identify
from idgen_compiler.ir.cost import COUNTS
from idgen_compiler.ir.operations import Realize
from idgen_compiler.ir.text import conditional_of
from idgen_compiler.query import Query, check_question, observed
from idgen_compiler.studio.adjustment import adjustment_sets
from idgen_compiler.studio.derivation import derivation
from idgen_compiler.studio.drawing import Drawing
from idgen_compiler.studio.reading import read_drawing
from idgen_compiler.studio.wording import on_page
from idgen_compiler.studio.writing import FORMS, write_drawing
from idgen_compiler.verify import verify, witness

__all__ = ["ASKS", "answer", "answer_text", "failed"]

MOST = 14
"""So many binary variables have a joint that is worked out exactly."""

_IMPLIED = 60
"""So many implications are listed; the number of all is said."""

Answer = dict[str, Any]


def answer_text(request: str) -> str:
    """`answer`, from JSON to JSON."""
    try:
        asked = json.loads(request)
    except ValueError as error:
        return json.dumps(failed(GraphError(f"the request is no JSON: {error}")))
    return json.dumps(answer(asked), ensure_ascii=False)


def answer(request: Any, asks: Mapping[str, Callable[..., Answer]] | None = None) -> Answer:
    """The answer to one request; an error of the user's is an answer, with `kind` the part that it is about.

    `asks` are those of a place that can do more than `ASKS`.

    >>> answer({"ask": "read", "text": "X -> Y"})["drawing"]["lines"]
    [{'tail': 'X', 'head': 'Y'}]
    >>> answer({"ask": "read", "text": "X -> X"})["error"]["kind"]
    'graph'
    """
    known = ASKS if asks is None else asks
    try:
        if not isinstance(request, dict) or not isinstance(request.get("ask"), str) or request["ask"] not in known:
            raise GraphError(f"a request is an object with `ask`, one of {', '.join(known)}")
        arguments = {str(key): value for key, value in request.items() if key != "ask"}
        try:
            return known[request["ask"]](**arguments)
        except TypeError as error:
            if error.__traceback__ is not None and error.__traceback__.tb_next is None:
                raise GraphError(f"{request['ask']} was asked with {', '.join(arguments) or 'nothing'}") from None
            raise
    except IdgenError as error:
        return failed(error)


def failed(error: IdgenError) -> Answer:
    """An error of the user's as an answer, in the words of the page."""
    kind = "graph" if isinstance(error, GraphError) else "query" if isinstance(error, QueryError) else "other"
    return {"error": {"kind": kind, "message": on_page(str(error))}}


def hello() -> Answer:
    """The version, and the forms in which a drawing is written."""
    return {"version": version("idgen-compiler"), "forms": list(FORMS)}


def catalog() -> Answer:
    """Every known graph: name, title, query, whether it is identifiable, source, lesson and tags."""
    keys = ("name", "title", "query", "identifiable", "source", "lesson")
    return {"entries": [{key: getattr(e, key) for key in keys} | {"tags": list(e.tags)} for e in ENTRIES]}


def open_entry(name: str) -> Answer:
    """A graph of the catalog as a drawing, with its query."""
    entry = find(name)
    drawn = read_drawing(entry.graph)
    return {"drawing": drawn.plain() | {"query": entry.query}, "title": entry.title, "lesson": entry.lesson}


def read(text: str, format: str = "") -> Answer:
    """A text in any language of graphs as a drawing."""
    if not isinstance(text, str) or not isinstance(format, str):
        raise GraphError("a graph is read from a text")
    return {"drawing": read_drawing(text, format).plain()}


def write(drawing: Any, form: str) -> Answer:
    """A drawing as a text; with a query that has an answer, LaTeX has the formula, too."""
    drawn = Drawing.read(drawing)
    text = write_drawing(drawn, form)
    if form == "latex":
        found = analyse(drawing)
        formula = found.get("estimand", {}).get("latex")
        text += f"\n\\[\n{formula}\n\\]\n" if formula else ""
    return {"text": text}


def expand(drawing: Any) -> Answer:
    """Every bidirected edge as a latent vertex."""
    return {"drawing": Drawing.read(drawing).with_hidden_causes().plain()}


def project(drawing: Any) -> Answer:
    """Latent vertices as the bidirected edges that they make."""
    return {"drawing": Drawing.read(drawing).without_latent().plain()}


def analyse(drawing: Any) -> Answer:
    """All that is said of a drawing while somebody draws; each part is there as soon as what it needs is.

    `verdict` is "empty", "graph" (what is drawn is no ADMG), "no query", "query" (it cannot be read), "identifiable" or
    "not identifiable".
    """
    drawn = Drawing.read(drawing)
    try:
        graph = drawn.graph()
    except IdgenError as error:
        return {"verdict": "graph"} | failed(error)
    found: Answer = {"graph": _described(drawn, graph), "verdict": "no query" if drawn.points else "empty"}
    try:
        query = drawn.asked()
        if query is None or not drawn.points:
            return found
        observed([query], graph, [p.name for p in drawn.points if p.latent] if _names_latent(query, drawn) else [])
        check_question(query, graph)
    except IdgenError as error:
        return found | {"verdict": "query"} | failed(QueryError(str(error)))
    return found | _asked(query, graph)


def _names_latent(query: Query, drawn: Drawing) -> bool:
    return any(point.latent and point.name in query.variables for point in drawn.points)


def _asked(query: Query, graph: ADMG) -> Answer:
    roles = {"outcomes": query.outcomes, "treatments": query.treatments, "conditions": query.conditions}
    found: Answer = {"query": {"text": str(query)} | {role: list(names) for role, names in roles.items()}}
    try:
        compilation = explain(query, graph)
    except NotIdentifiable as error:
        outer, inner = error.hedge
        hedge = {"outer": list(graph.sorted(outer)), "inner": list(graph.sorted(inner)), "message": str(error)}
        return found | {"verdict": "not identifiable", "hedge": hedge | {"step": error.step}}
    identified = compilation.identification
    estimand = identified.estimand
    return found | {
        "verdict": "identifiable",
        "estimand": {"text": str(estimand), "latex": estimand.latex(), "mathml": estimand.mathml()},
        "derivation": derivation(identified.trace),
        "steps": len(identified.trace.lines),
        "adjustment": [list(names) for names in adjustment_sets(query, graph)],
        "program": _program(compilation),
    }


def _described(drawn: Drawing, graph: ADMG) -> Answer:
    return {
        "text": write_drawing(drawn, "text"),
        "projected": str(graph) if any(point.latent for point in drawn.points) else "",
        "order": list(graph.order),
        "directed": len(graph.directed),
        "bidirected": len(graph.bidirected),
        "districts": [sorted(district) for district in graph.districts],
    }


def implied(drawing: Any) -> Answer:
    """What the graph says about P(V) that data could contradict, one statement for each missing edge that has one."""
    found = implications(Drawing.read(drawing).graph())
    listed = [
        {"text": str(i), "sentence": i.sentence, "functional": i.functional, "a": i.a, "b": i.b, "given": list(i.given)}
        for i in found[:_IMPLIED]
    ]
    return {"count": len(found), "listed": listed}


def _program(compilation: Compilation) -> Answer:
    program, literal = compilation.program, compilation.literal
    laws = {op.result: op for op in program.operations if isinstance(op, Realize)}
    counts = [(words, getattr(literal.cost, name), getattr(program.cost, name)) for name, words in COUNTS.items()]
    return {
        "text": str(program),
        "literal": str(literal),
        "cost": [{"what": w, "literal": a, "compiled": b} for w, a, b in counts if a or b],
        "models": [
            {"name": op.result, "targets": list(op.targets), "inputs": list(op.inputs), "data": op.data,
             "law": conditional_of(op, laws.get(op.data))}
            for op in program.models
        ],
        "observes": list(program.observe.variables),
        "posing": str(compilation.posing) if compilation.posing.why else "",
    }  # fmt: skip


def prove(drawing: Any, model: int = 0, most: int = MOST) -> Answer:
    """The proof of an answer: one random model, exactly; or where there is none, the two models that prove it.

    `model` numbers the random models, one a call, so that a page can stop between two. Models are of the query's
    ancestors, which alone matter to it; of more than `most` none is made, and `large` says how many there are.
    """
    drawn = Drawing.read(drawing)
    graph, query = drawn.graph(), drawn.asked()
    if query is None:
        raise QueryError("there is no query to prove; write one such as P(Y | do(X))")
    check_question(query, graph)
    small = graph.subgraph(graph.ancestors(query.variables))
    try:
        identify(query, graph)
        if len(small) > most:
            told = (
                f"the query has {len(small)} variables with its ancestors, and models of more than {most} take too long"
            )
            return {"large": len(small)} | failed(QueryError(f"{told} here; ask about a part of the graph"))
        row = verify(query, small, models=1, seed=model).rows[0]
    except NotIdentifiable:
        return {"witness": _witnessed(query, graph)}
    ours = {name: {"verdict": c.verdict, "detail": c.detail} for name, c in row.ours.items()}
    return {"model": model, "ok": row.ok, "ours": ours}


def _witnessed(query: Query, graph: ADMG) -> Answer:
    found = witness(query, graph)
    one, other = found.laws
    laws = [{"name": v, "first": one[v], "second": other[v], "same": one[v] == other[v]} for v in one]
    first, second = found.answers
    return {
        "text": str(found),
        "laws": laws,
        "coins": [table.axes[0] for table in found.first.hidden],
        "proves": found.proves,
        "difference": str(found.difference),
        "answers": [str(first.table.tolist()), str(second.table.tolist())] if first.table.size <= 8 else [],
    }


ASKS: Mapping[str, Callable[..., Answer]] = {
    "hello": hello,
    "catalog": catalog,
    "open": open_entry,
    "read": read,
    "write": write,
    "expand": expand,
    "project": project,
    "analyse": analyse,
    "implied": implied,
    "prove": prove,
}
"""Ask -> what answers it."""
