"""Estimates as people see them: lines, tables, HTML and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any, Protocol

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.errors import IdgenError

__all__ = ["Shown", "card", "line", "new_figure", "number", "picture", "table"]

INK, GREY, BAR = "#222222", "#9a9a9a", "#4c78a8"


class Shown(Protocol):
    """What is shown of an estimate."""

    @property
    def what(self) -> str:
        """Of what it is."""
        ...

    @property
    def value(self) -> float:
        """The number."""
        ...

    @property
    def low(self) -> float:
        """The interval's lower end."""
        ...

    @property
    def high(self) -> float:
        """Its upper end."""
        ...

    @property
    def level(self) -> float:
        """The interval's level."""
        ...

    @property
    def method(self) -> str:
        """How it was had."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to know."""
        ...


def number(value: float) -> str:
    """A number with four digits that count.

    >>> number(0.123456), number(1234.56), number(0.0)
    ('0.1235', '1,235', '0')
    """
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e9 else f"{value:.4g}"


def _interval(each: Shown) -> str:
    return f"[{number(each.low)}, {number(each.high)}]"


def line(each: Shown) -> str:
    """An estimate in a line, and one for each warning."""
    told = f"{each.what} = {number(each.value)} {_interval(each)} ({100 * each.level:g} %, {each.method})"
    return "\n".join([told, *(f"  warning: {warning}" for warning in each.warnings)])


def table(found: Sequence[Shown], bands: Array, warnings: Sequence[str]) -> str:
    """Estimates, a line each; where there are several, with the intervals that hold all at once."""
    if not found:
        return "no estimates"
    rows = [("", "value", f"{100 * found[0].level:g} %", "all at once")]
    for each, (low, high) in zip(found, bands, strict=True):
        rows.append((each.what, number(each.value), _interval(each), f"[{number(low)}, {number(high)}]"))
    kept = 3 if len(found) == 1 else 4
    widths = [max(len(row[k]) for row in rows) for k in range(kept)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip() for row in rows]
    return "\n".join([*lines, f"({found[0].method})", *(f"  warning: {warning}" for warning in warnings)])


def card(found: Sequence[Shown], warnings: Sequence[str], notes: Sequence[str]) -> str:
    """Estimates as a table of HTML, in which every text is escaped."""
    head = f"<tr><th></th><th>value</th><th>{100 * found[0].level:g}&nbsp;%</th></tr>" if found else ""
    body = "".join(
        f"<tr><td>{escape(each.what)}</td><td>{escape(number(each.value))}</td><td>{escape(_interval(each))}</td></tr>"
        for each in found
    )
    told = "".join(f"<li><b>warning:</b> {escape(text)}</li>" for text in warnings)
    told += "".join(f"<li>{escape(text)}</li>" for text in notes)
    method = f"<caption>{escape(found[0].method)}</caption>" if found else ""
    return f"<table>{method}{head}{body}</table>" + (f"<ul>{told}</ul>" if told else "")


def new_figure(width: float, height: float) -> Any:
    """An empty figure that no window owns.  Raises IdgenError where matplotlib is missing."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise IdgenError("a picture needs matplotlib; pip install 'idgen-compiler[demo]'") from None
    figure = Figure(figsize=(width, height), dpi=120, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def picture(
    names: Sequence[Any], what: Sequence[str], values: Array, intervals: Array, bands: Array, level: float
) -> Any:
    """A curve over a grid of numbers; otherwise a line for each name, from top to bottom."""
    numbers = len(names) > 2 and all(isinstance(name, int | float | np.number) for name in names)
    title = f"{100 * level:g} % intervals" + ("; pale: all at once" if len(names) > 1 else "")
    if numbers:
        figure = new_figure(6.4, 4.0)
        axes = figure.subplots()
        axes.fill_between(names, *bands.T, color=BAR, alpha=0.15, linewidth=0)
        axes.fill_between(names, *intervals.T, color=BAR, alpha=0.3, linewidth=0)
        axes.plot(names, values, color=BAR)
    else:
        figure = new_figure(6.4, 1.2 + 0.35 * len(names))
        axes = figure.subplots()
        places = np.arange(len(names))
        axes.hlines(places, *bands.T, color=BAR, alpha=0.35, linewidth=1)
        axes.hlines(places, *intervals.T, color=BAR, linewidth=3)
        axes.plot(values, places, "o", color=INK)
        axes.set_yticks(places, [str(name) for name in names])
        axes.invert_yaxis()
    axes.set_title(title, loc="left", fontsize=10, color=GREY)
    return figure
