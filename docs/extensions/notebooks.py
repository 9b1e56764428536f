"""Notebooks in the site: `{notebook} name.ipynb` runs its cells, and shows them with what they give.

    ```{notebook} epidemiology.ipynb
    ```

The files hold no outputs: what the page shows is what the cells give when it is built. Cells run in one namespace, as
in a notebook; magic commands are none of ours.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

__all__ = ["Cell", "Output", "read", "run", "setup"]


@dataclass(frozen=True)
class Cell:
    """A cell: "markdown" or "code", and its text."""

    kind: str
    text: str


@dataclass(frozen=True)
class Output:
    """What a cell of code gave: what it printed, and its last value where that is one."""

    printed: str
    value: Any = None


def read(path: Path) -> list[Cell]:
    """The cells of a notebook (nbformat 4)."""
    found = json.loads(path.read_text("utf-8"))
    return [Cell(cell["cell_type"], "".join(cell["source"])) for cell in found["cells"]]


def run(cells: list[Cell]) -> Iterator[tuple[Cell, Output | None]]:
    """Each cell with what it gives, None for text; what is warned of is printed, as notebooks do.

    Files that cells write go to a folder that all of them work in, and that is gone afterwards.
    """
    with tempfile.TemporaryDirectory(prefix="idgen-notebook-") as folder:
        yield from _run(cells, folder)


def _run(cells: list[Cell], folder: str) -> Iterator[tuple[Cell, Output | None]]:
    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in cells:
        if cell.kind != "code":
            yield cell, None
            continue
        tree = ast.parse(cell.text)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        file, value = io.StringIO(), None
        with (
            contextlib.redirect_stdout(file),
            contextlib.chdir(folder),
            warnings.catch_warnings(record=True) as said,
        ):
            warnings.simplefilter("always")
            exec(compile(tree, "<cell>", "exec"), names)
            if isinstance(last, ast.Expr):
                value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)  # noqa: S307 - our own cells
        told = "".join(f"{each.category.__name__}: {each.message}\n" for each in said)
        yield cell, Output(file.getvalue() + told, value)


def shown(value: Any) -> str:
    """A value as a notebook shows it, as HTML; empty where it has none of its own."""
    if hasattr(value, "to_dict") and type(value).__module__.startswith("altair"):
        from idgen_compiler.hinge.charts.pictures import svg_of

        return svg_of(value, "the chart of the cell above")
    draw = getattr(value, "_repr_html_", None)
    return str(draw()) if callable(draw) else ""


class NotebookDirective(SphinxDirective):
    """The notebook that is the argument, beside the page."""

    required_arguments = 1
    option_spec = {"class": directives.class_option}

    def run(self) -> list[nodes.Node]:
        path = Path(self.env.doc2path(self.env.docname)).parent / self.arguments[0]
        self.env.note_dependency(str(path))
        found: list[nodes.Node] = []
        for cell, output in run(read(path)):
            if output is None:
                found += self.parse_text_to_nodes(cell.text, allow_section_headings=True)
                continue
            found.append(nodes.literal_block(cell.text, cell.text, language="python"))
            if output.printed:
                found.append(nodes.literal_block(output.printed, output.printed, language="none"))
            if html := shown(output.value):
                frame = f'<div class="drawing-frame notebook-output">{html}</div>'
                found.append(nodes.raw("", frame, format="html"))
            elif output.value is not None:
                found.append(nodes.literal_block(repr(output.value), repr(output.value), language="none"))
        return found


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("notebook", NotebookDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
