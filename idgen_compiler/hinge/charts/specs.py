"""Charts of values, as Vega-Lite by altair."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from idgen_compiler.errors import IdgenError
from idgen_compiler.hinge.charts.columns import Pictured, Pictures, Shares
from idgen_compiler.hinge.charts.numbers import Density

__all__ = ["COLORS", "GRID", "INK", "altair", "chart_of", "themed"]

COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#7f7f7f")
"""One for each setting, in an order that people tell apart who see colors otherwise (Okabe and Ito 2008)."""

INK, GRID = "#707a86", "#9aa5b1"
"""Of words and lines: greys that can be read on white and on black."""
WIDTH, HEIGHT, ROW = 560, 220, 22
SYMBOL = {"symbolType": "square", "symbolOpacity": 1}


def altair() -> Any:
    """The library altair.  Raises IdgenError where it is not installed."""
    try:
        return import_module("altair")
    except ImportError:
        raise IdgenError("charts need altair; pip install 'idgen-compiler[report]'") from None


def themed(chart: Any) -> Any:
    """A chart in our type and colors, which can be read on a light and on a dark page."""
    font = "Arial, Liberation Sans, Helvetica, sans-serif"  # of the widths that the pictures are laid out by
    axis: dict[str, Any] = {
        "labelColor": INK,
        "titleColor": INK,
        "gridColor": GRID,
        "domainColor": INK,
        "tickColor": INK,
    }
    axis |= {
        "labelOverlap": "greedy",
        "gridOpacity": 0.4,
        "labelSeparation": 8,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelLimit": 240,
    }
    words: dict[str, Any] = {
        "labelColor": INK,
        "titleColor": INK,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "labelLimit": 300,
    }
    return chart.configure(
        background="transparent",
        font=font,
        axis=axis,
        legend={**words, "titleFontWeight": "normal", "orient": "top", "columnPadding": 24, **SYMBOL},
        header={**words, "titleFontWeight": "normal"},
        view={"stroke": "transparent"},
        title={"color": INK},
    )


def chart_of(found: Pictured) -> Any:
    """The chart of one variable; None for pictures and texts, which are shown as they are.

    Raises IdgenError where altair is not installed.
    """
    if isinstance(found, Shares):
        return _bars(found)
    if isinstance(found, Density):
        return _density(found)
    return _grid(found) if isinstance(found, Pictures) else None


def _color(alt: Any, groups: Sequence[str]) -> Any:
    scale = alt.Scale(domain=list(groups), range=[COLORS[k % len(COLORS)] for k in range(len(groups))])
    return alt.Color("setting:N", scale=scale, title=None, legend=None if len(groups) < 2 else alt.Legend())


def _inline(alt: Any, rows: list[dict[str, Any]]) -> Any:
    return alt.Chart(alt.InlineData(values=rows))


def _bars(found: Shares) -> Any:
    alt = altair()
    rows = [
        {"label": label, "setting": group, "samples": count, "share": count / max(sum(counts), 1)}
        for group, counts in zip(found.groups, found.counts, strict=True)
        for label, count in zip(found.labels, counts, strict=True)
    ]
    share = {"title": "share", "axis": alt.Axis(format=".2~%", tickCount=5)}
    label = {"title": found.variable, "sort": list(found.labels)}
    told = [alt.Tooltip("label:N", title=found.variable), "setting:N", "samples:Q"]
    told.append(alt.Tooltip("share:Q", format=".2%"))
    shared = {"color": _color(alt, found.groups), "tooltip": told}
    chart = _inline(alt, rows).mark_bar()
    offset = {"sort": list(found.groups)}
    if sum(map(len, found.labels)) <= 60 and len(found.labels) <= 12:
        across = alt.X("label:N", axis=alt.Axis(labelAngle=0), scale=alt.Scale(paddingInner=0.25), **label)
        beside = alt.XOffset("setting:N", **offset)
        chart = chart.encode(x=across, y=alt.Y("share:Q", **share), xOffset=beside, **shared)
        return chart.properties(width=min(WIDTH, 70 + 40 * len(rows)), height=HEIGHT)
    down = alt.Y("label:N", scale=alt.Scale(paddingInner=0.25), **(label | {"title": None}))
    chart = chart.encode(y=down, x=alt.X("share:Q", **share), yOffset=alt.YOffset("setting:N", **offset), **shared)
    title = alt.Title(found.variable, anchor="start", fontWeight="normal", fontSize=12)
    return chart.properties(width=WIDTH, height=max(HEIGHT, ROW * len(rows)), title=title)


def _density(found: Density) -> Any:
    alt = altair()
    title = f"{found.variable} ({found.unit})" if found.unit else found.variable
    kind = "T" if found.time else "Q"
    across = {"title": title, "scale": alt.Scale(domain=[found.edges[0], found.edges[-1]], nice=False)}
    color, bins = _color(alt, found.groups), list(zip(found.edges[:-1], found.edges[1:], strict=True))
    rows = [
        {"from": low, "to": high, "setting": group, "share": share}
        for group, shares in zip(found.groups, found.shares, strict=True)
        for (low, high), share in zip(bins, shares, strict=True)
        if share
    ]
    tall = max(90, HEIGHT // len(found.groups)) if len(found.groups) > 1 else HEIGHT
    share = alt.Y("share:Q", title="share", axis=alt.Axis(format=".2~%", tickCount=4), scale=alt.Scale(zero=True))
    told = [alt.Tooltip(f"from:{kind}"), alt.Tooltip(f"to:{kind}"), "setting:N", alt.Tooltip("share:Q", format=".2%")]
    bars = _inline(alt, rows).mark_bar(opacity=0.45, binSpacing=0)
    x = alt.X(f"from:{kind}", **across)
    layers = [bars.encode(x=x, x2="to", y=share, y2=alt.datum(0), color=color, tooltip=told)]
    if found.curve:
        points = [
            {"at": at, "setting": group, "share": height}
            for group, curve in zip(found.groups, found.curve, strict=True)
            for at, height in zip(found.grid, curve, strict=True)
        ]
        line = _inline(alt, points).mark_line(strokeWidth=2, clip=True)
        layers.append(line.encode(x=alt.X(f"at:{kind}", **across), y=share, color=color))
    means = zip(found.groups, found.means, strict=True)
    seen = [{"mean": mean, "setting": group} for group, mean in means if found.edges[0] <= mean <= found.edges[-1]]
    rule = _inline(alt, seen)
    layers.append(
        rule.mark_rule(strokeDash=[4, 3], strokeWidth=1.5).encode(
            x=alt.X(f"mean:{kind}", **across), color=color, tooltip=[alt.Tooltip(f"mean:{kind}"), "setting:N"]
        )
    )
    if len(found.groups) == 1:
        return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT)
    each = [
        alt.layer(*(_only(alt, layer, group) for layer in layers)).properties(width=WIDTH, height=tall)
        for group in found.groups
    ]
    return alt.vconcat(*each, spacing=8).resolve_scale(x="shared", y="shared", color="shared")


def _only(alt: Any, layer: Any, group: str) -> Any:
    rows = [row for row in layer.data.values if row["setting"] == group]
    return layer.properties(data=alt.InlineData(values=rows))


def _grid(found: Pictures) -> Any:
    """Pictures in rows, one a setting."""
    alt = altair()
    rows = [
        {"setting": group, "number": k, "picture": picture}
        for group, pictures in zip(found.groups, found.pictures, strict=True)
        for k, picture in enumerate(pictures)
    ]
    wide = max(48, min(96, 2 * found.size[0]))
    tall = round(wide * found.size[1] / found.size[0])
    count = max(map(len, found.pictures), default=0)
    across = alt.X("number:O", axis=None)
    down = alt.Y("setting:N", sort=list(found.groups), title=None, axis=alt.Axis(domain=False, ticks=False))
    chart = _inline(alt, rows).mark_image(width=wide, height=tall, smooth=False)
    shown = chart.encode(x=across, y=down, url="picture:N")
    return shown.properties(width=(wide + 6) * count, height=(tall + 6) * len(found.groups))
