"""Small charts of numbers: with intervals, along a curve, beside a diagonal, in bins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from idgen_compiler.hinge.charts.specs import COLORS, INK, altair

__all__ = ["balance", "bins", "curve", "diagonal", "intervals", "training"]

Row = Mapping[str, Any]
WIDTH, HEIGHT, ROW, SMALL = 520, 240, 26, 220


def intervals(rows: Sequence[Row], title: str, zero: bool) -> Any:
    """A point with its interval for each row (what, setting, value, low, high, band_low, band_high).

    With `zero` a line stands where nothing changes.
    """
    alt = altair()
    settings = list(dict.fromkeys(row["setting"] for row in rows))
    base = alt.Chart(alt.InlineData(values=list(rows)))
    down = alt.Y("label:N", title=None, sort=[row["label"] for row in rows], axis=alt.Axis(grid=False))
    scale = alt.Scale(domain=settings, range=[COLORS[k % len(COLORS)] for k in range(len(settings))])
    color = alt.Color("setting:N", scale=scale, legend=None)
    across = {"title": title, "scale": alt.Scale(zero=False, padding=12), "axis": alt.Axis(tickCount=6)}
    told = ["label:N", "value:Q", "low:Q", "high:Q", "band_low:Q", "band_high:Q"]
    layers = []
    if any(row["band_low"] is not None for row in rows):
        layers.append(base.mark_rule(strokeWidth=1.5, opacity=0.6).encode(
            y=down, x=alt.X("band_low:Q", **across), x2="band_high", color=color))  # fmt: skip
        layers.append(base.mark_rule(strokeWidth=5).encode(
            y=down, x=alt.X("low:Q", **across), x2="high", color=color))  # fmt: skip
    layers.append(base.mark_point(filled=True, size=90, opacity=1).encode(
        y=down, x=alt.X("value:Q", **across), color=alt.value(INK), tooltip=told))  # fmt: skip
    if zero:
        line = alt.Chart(alt.InlineData(values=[{"none": 0}])).mark_rule(strokeDash=[4, 4], color=INK)
        layers.insert(0, line.encode(x="none:Q"))
    return alt.layer(*layers).properties(width=WIDTH, height=max(60, ROW * len(rows)))


def curve(rows: Sequence[Row], across: str, up: str) -> Any:
    """A curve (at, value) with its intervals and its band, where it has any."""
    alt = altair()
    base = alt.Chart(alt.InlineData(values=list(rows)))
    x = alt.X("at:Q", title=across, scale=alt.Scale(zero=False, nice=False), axis=alt.Axis(tickCount=8))
    y = {"title": up, "scale": alt.Scale(zero=False)}
    layers = []
    if all(row["low"] is not None and row["band_low"] is not None for row in rows):
        layers = [
            base.mark_area(opacity=opacity, color=COLORS[0]).encode(x=x, y=alt.Y(f"{name}low:Q", **y), y2=f"{name}high")
            for name, opacity in (("band_", 0.18), ("", 0.32))
        ]
    layers.append(base.mark_line(color=COLORS[0], strokeWidth=2.5).encode(x=x, y=alt.Y("value:Q", **y)))
    points = base.mark_point(filled=True, size=50, color=COLORS[0], opacity=1)
    layers.append(points.encode(x=x, y=alt.Y("value:Q", **y), tooltip=["at:Q", "value:Q", "low:Q", "high:Q"]))
    return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT)


def training(rows: Sequence[Row]) -> Any:
    """Losses (series, step, loss) after each pass."""
    alt = altair()
    series = list(dict.fromkeys(row["series"] for row in rows))
    color = alt.Color("series:N", title=None, scale=alt.Scale(domain=series, range=list(COLORS[: len(series)])))
    chart = alt.Chart(alt.InlineData(values=list(rows))).mark_line(strokeWidth=2)
    y = alt.Y("loss:Q", title="loss (nats a row)", scale=alt.Scale(zero=False))
    return chart.encode(x=alt.X("step:Q", title="passes"), y=y, color=color).properties(width=WIDTH, height=180)


def diagonal(rows: Sequence[Row]) -> Any:
    """Accuracy beside confidence (confidence, accuracy, share): on the line where probabilities are right."""
    alt = altair()
    ends = [{"confidence": 0, "accuracy": 0}, {"confidence": 1, "accuracy": 1}]
    x = alt.X("confidence:Q", title="confidence", scale=alt.Scale(domain=[0, 1]))
    y = alt.Y("accuracy:Q", title="accuracy", scale=alt.Scale(domain=[0, 1]))
    line = alt.Chart(alt.InlineData(values=ends)).mark_line(strokeDash=[4, 4], color=INK).encode(x=x, y=y)
    points = alt.Chart(alt.InlineData(values=list(rows))).mark_point(filled=True, color=COLORS[0], opacity=0.85)
    size = alt.Size("share:Q", legend=None, scale=alt.Scale(range=[15, 400]))
    told = ["confidence:Q", "accuracy:Q", alt.Tooltip("share:Q", format=".1%")]
    return alt.layer(line, points.encode(x=x, y=y, size=size, tooltip=told)).properties(width=SMALL, height=SMALL)


def bins(rows: Sequence[Row], across: str, even: float | None = None) -> Any:
    """Shares in bins (low, high, share, series); a line stands where all bins are alike."""
    alt = altair()
    series = list(dict.fromkeys(row["series"] for row in rows))
    scale = alt.Scale(domain=series, range=list(COLORS[: len(series)]))
    color = alt.Color("series:N", title=None, scale=scale, legend=None if len(series) < 2 else alt.Legend())
    x = alt.X("low:Q", title=across, scale=alt.Scale(domain=[0, 1]))
    y = alt.Y("share:Q", title="share", axis=alt.Axis(format=".2~%", tickCount=4), stack=None)
    bars = alt.Chart(alt.InlineData(values=list(rows))).mark_bar(opacity=0.55, binSpacing=1)
    layers = [bars.encode(x=x, x2="high", y=y, y2=alt.datum(0), color=color)]
    if even is not None:
        line = alt.Chart(alt.InlineData(values=[{"share": even}])).mark_rule(strokeDash=[4, 4], color=INK)
        layers.append(line.encode(y="share:Q"))
    return alt.layer(*layers).properties(width=300, height=150)


def balance(rows: Sequence[Row]) -> Any:
    """Standardized mean differences (covariate, when, difference) before and after weighting."""
    alt = altair()
    scale = alt.Scale(domain=["before", "after"], range=[COLORS[1], COLORS[0]])
    x = alt.X("difference:Q", title="standardized mean difference")
    y = alt.Y("covariate:N", title=None, sort=list(dict.fromkeys(row["covariate"] for row in rows)))
    points = alt.Chart(alt.InlineData(values=list(rows))).mark_point(filled=True, size=80, opacity=1)
    told = ["covariate:N", "when:N", "difference:Q"]
    shown = points.encode(x=x, y=y, color=alt.Color("when:N", title=None, scale=scale), tooltip=told)
    line = alt.Chart(alt.InlineData(values=[{"none": 0}])).mark_rule(color=INK).encode(x="none:Q")
    count = len({row["covariate"] for row in rows})
    return alt.layer(line, shown).properties(width=WIDTH - 60, height=max(60, 22 * count))
