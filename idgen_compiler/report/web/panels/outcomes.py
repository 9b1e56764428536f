"""The panels of outcomes: samples at several settings, and numbers with their intervals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from idgen_compiler.forms.markup import Markup, joined, table, tag
from idgen_compiler.hinge.charts.columns import Pictured, Pictures, Shares, Texts
from idgen_compiler.hinge.charts.numbers import Density
from idgen_compiler.hinge.charts.specs import chart_of
from idgen_compiler.report.web.panels.charts import chart
from idgen_compiler.report.web.panels.lines import curve, intervals
from idgen_compiler.report.web.panels.pieces import notes, section, wide
from idgen_compiler.report.web.values.outcomes import Number, Numbers, Outcome

__all__ = ["outcome"]


def outcome(found: Outcome, key: str) -> Markup:
    """What came out of one sampler."""
    parts = [_shown(each, found) for each in found.shown]
    parts += [_numbers(each) for each in found.numbers]
    said = f"{found.samples:,} samples at each setting (seed {found.seed})" if found.samples else "No samples"
    lead = f"{said}{f', given {found.given}' if found.given else ''}."
    return section(f"{key}outcomes", "What comes out", *parts, notes(found.notes, "To know"), lead=lead)


def _shown(found: Pictured, outcome: Outcome) -> Markup:
    where = f" at {', '.join(outcome.settings)}" if any(outcome.settings) else ""
    if isinstance(found, Texts):
        return _texts(found)
    if isinstance(found, Shares):
        told, numbers = f"The shares of each {found.variable}{where}", _shares(found)
    elif isinstance(found, Density):
        told, numbers = f"{found.variable}{where}: histogram, smooth density, and mean (dashed)", _density(found)
    else:
        told, numbers = f"Samples of {found.variable}{where}", None
    if isinstance(found, Pictures):
        return joined([tag("h3", found.variable), _pictures(found, told), notes(found.notes)])
    return joined(
        [tag("h3", found.variable), chart(lambda: chart_of(found), told, numbers, _room(found)), notes(found.notes)]
    )


def _room(found: Pictured) -> int:
    """For labels that stand at the left."""
    return max(map(len, found.labels), default=0) if isinstance(found, Shares) and len(found.labels) > 4 else 0


def _shares(found: Shares) -> Markup:
    totals = [max(sum(counts), 1) for counts in found.counts]
    rows = [
        [label, *(f"{counts[k] / total:.2%}" for counts, total in zip(found.counts, totals, strict=True))]
        for k, label in enumerate(found.labels)
    ]
    return table([found.variable, *(group or "share" for group in found.groups)], rows, range(1, len(found.groups) + 1))


def _density(found: Density) -> Markup:
    if found.time:
        return Markup("")
    means = ["mean", *(f"{mean:.4g}" for mean in found.means)]
    rows = [means] + [
        [f"{low:.4g} to {high:.4g}", *(f"{shares[k]:.2%}" for shares in found.shares)]
        for k, (low, high) in enumerate(zip(found.edges[:-1], found.edges[1:], strict=True))
    ]
    unit = f"{found.variable} ({found.unit})" if found.unit else found.variable
    return table([unit, *(group or "share" for group in found.groups)], rows, range(1, len(found.groups) + 1))


def _pictures(found: Pictures, told: str) -> Markup:
    """Pictures in a grid of rows, one a setting; these need no chart."""
    wide_px = max(48, min(96, 2 * found.size[0]))
    rows = [
        (
            group or "samples",
            joined(
                tag("img", src=src, alt=f"{found.variable}, sample {k + 1} {group}", width=wide_px, class_="drawn")
                for k, src in enumerate(pictures)
            ),
        )
        for group, pictures in zip(found.groups, found.pictures, strict=True)
    ]
    return tag("figure", wide(table(("", ""), rows), told), tag("figcaption", told), class_="pictures")


def _texts(found: Texts) -> Markup:
    rows = [
        (group or "samples", text) for group, texts in zip(found.groups, found.texts, strict=True) for text in texts
    ]
    shown = wide(table(("setting", found.variable), rows)) if rows else ""
    return joined([tag("h3", found.variable), shown, notes(found.notes)])


def _numbers(found: Numbers) -> Markup:
    rows = [_row(number) for number in found.numbers if number.value is not None]
    level = f"{100 * found.level:g} % intervals"
    bands = ", thin: all at once" if any(each.low != each.band_low for each in found.numbers) else ""
    how = f"{level}{bands}; {found.method}" if found.level else found.method
    told = f"{found.title} ({how})"
    title = "difference" if found.kind == "contrast" else "value"
    if not rows:
        return notes([f"{told}: no number is finite."])
    if found.kind == "curve":
        across, up = found.title.rpartition(" by ")[2], found.numbers[0].what
        picture = chart(lambda: curve(rows, across, up), told, _table(found))
    else:
        room = min(48, max(len(row["label"]) for row in rows))
        picture = chart(lambda: intervals(rows, title, found.kind == "contrast"), told, _table(found), room)
    return joined([tag("h3", found.title), picture, notes(found.notes)])


def _row(number: Number) -> dict[str, Any]:
    held = ("value", "low", "high", "band_low", "band_high", "at", "setting")
    label = number.what if not number.setting or number.low is not None else f"{number.what} at {number.setting}"
    return {"label": label} | {name: getattr(number, name) for name in held}


def _table(found: Numbers) -> Markup:
    header = ["", "value", f"{100 * found.level:g} %", "all at once"] if found.level else ["", "value"]
    return table(header, map(tuple, map(_cells, found.numbers)), range(1, len(header)))


def _cells(number: Number) -> Iterator[str]:
    at = f" at {number.at:.4g}" if number.at is not None and number.low is None else ""
    where = f" at {number.setting}" if number.setting and number.low is None else ""
    yield f"{number.what}{at}{where}"
    yield _told(number.value)
    if number.low is not None:
        yield f"[{_told(number.low)}, {_told(number.high)}]"
        yield f"[{_told(number.band_low)}, {_told(number.band_high)}]"


def _told(value: float | None) -> str:
    return "not finite" if value is None else f"{value:.4g}"
