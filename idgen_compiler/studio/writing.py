"""A drawing as a text that others read, and as the Python and LaTeX that say the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from idgen_compiler.errors import GraphError, IdgenError, near_misses
from idgen_compiler.graph.formats.braces import quote
from idgen_compiler.graph.formats.dot import print_dot
from idgen_compiler.graph.formats.format import find_format
from idgen_compiler.graph.formats.text import print_text
from idgen_compiler.query import Query
from idgen_compiler.studio.drawing import Drawing

__all__ = ["FORMS", "write_drawing"]


def write_drawing(drawing: Drawing, form: str) -> str:
    """The drawing in one of `FORMS`.

    Raises GraphError for an unknown form, and for what is no graph where the form needs one.

    >>> print(write_drawing(Drawing.read({"points": [{"name": "X"}]}), "text"))
    X
    """
    if form not in FORMS:
        raise GraphError(f"no form {form!r:.40} is written{near_misses(form, FORMS)}")
    return FORMS[form](drawing)


def _dagitty(drawing: Drawing) -> str:
    """As DAGitty writes it, its places and marks with it: what came from there goes back as it was."""
    query = _question(drawing)
    roles = dict.fromkeys(query.treatments, "exposure") | dict.fromkeys(query.outcomes, "outcome") if query else {}
    lines = [f'bb="{drawing.frame}"'] if drawing.frame else []
    for point in drawing.points:
        marks = [
            *([roles[point.name]] if point.name in roles else []),
            *(["latent"] if point.latent else []),
            *point.marks,
        ]
        if point.x is not None and point.y is not None:
            marks.append(f'pos="{point.x:.3f},{point.y:.3f}"')
        lines.append(quote(point.name) + (f" [{','.join(marks)}]" if marks else ""))
    lines += [f"{quote(e.tail)} {'<->' if e.both else '->'} {quote(e.head)}" for e in drawing.lines]
    return "\n".join(["dag {", *lines, "}"]) + "\n"


def _question(drawing: Drawing) -> Query | None:
    try:
        return drawing.asked()
    except IdgenError:
        return None


def _json(drawing: Drawing) -> str:
    return json.dumps(drawing.plain(), indent=2, ensure_ascii=False) + "\n"


def _by(format: str) -> Callable[[Drawing], str]:
    """A format that has no hidden vertices: they are projected out."""

    def write(drawing: Drawing) -> str:
        return str(find_format(format).write(drawing.graph().edge_list()))

    return write


def _python(drawing: Drawing) -> str:
    """A script that asks the same."""
    text, query = print_text(drawing.edges()), _question(drawing)
    quoted = f'"""\n{text}\n"""' if "\n" in text else f'"{text}"'
    if '"' in text and "\n" not in text:
        quoted = f"'{text}'"
    lines = ["import idgen_compiler as idgen", "", f"graph = idgen.ADMG.parse({quoted})"]
    if query is not None:
        lines += [
            f"query = idgen.Query.parse({str(query)!r})",
            "program = idgen.compile(query, graph)",
            "print(program)",
        ]
        lines += ["print(idgen.verify(query, graph, models=5).verdict)", "", "# with a table of these columns:"]
        given = "".join(f", {part}={values}" for part, values in _settings(query).items() if values != "{}")
        lines += ['# sampler = program.fit("rows.csv", seed=0)', f"# print(sampler.sample(10_000{given}, seed=1))"]
    return "\n".join(lines) + "\n"


def _settings(query: Query) -> dict[str, str]:
    values: dict[str, Any] = query.values
    drawn = dict(query.policies)
    do = {name: values.get(name, 1) for name in query.treatments if name not in drawn}
    return {"do": repr(do), "given": repr({name: values.get(name, 0) for name in query.conditions})}


_TIKZ = r"""% \usepackage{tikz} \usetikzlibrary{arrows.meta}
\begin{tikzpicture}[>={Stealth[round]}, every node/.style={inner sep=3pt}]
"""


def _latex(drawing: Drawing) -> str:
    """A drawing by TikZ, bidirected edges dashed and bent, latent vertices in circles."""
    names = {point.name: f"v{k}" for k, point in enumerate(drawing.points)}
    lines = []
    for k, point in enumerate(drawing.points):
        x = (point.x if point.x is not None else k * 2.0 / 0.02 / drawing.unit) * drawing.unit / 65
        y = -(point.y or 0.0) * drawing.unit / 65
        style = "[draw, dashed, circle] " if point.latent else ""
        label = point.name.translate(_TEX)
        lines.append(rf"  \node {style}({names[point.name]}) at ({x:.2f}, {y:.2f}) {{\strut {label}}};")
    for line in drawing.lines:
        how = "<->, dashed, bend left" if line.both else "->"
        lines.append(rf"  \draw[{how}] ({names[line.tail]}) to ({names[line.head]});")
    return _TIKZ + "\n".join(lines) + "\n\\end{tikzpicture}\n"


_TEX = str.maketrans(
    {letter: "\\" + letter for letter in "_{}$&#%"} | {"\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\~{}"}
)

FORMS: dict[str, Callable[[Drawing], str]] = {
    "dagitty": _dagitty,
    "dot": lambda drawing: print_dot(drawing.edges()) + "\n",
    "text": lambda drawing: print_text(drawing.edges()),
    "json": _json,
    "gml": _by("gml"),
    "graphml": _by("graphml"),
    "mermaid": _by("mermaid"),
    "latex": _latex,
    "python": _python,
}
"""Form -> how a drawing is written in it."""
