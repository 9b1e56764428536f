"""Samples as a whole: one chart of all their variables, and a table that needs no library."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.errors import DataError
from idgen_compiler.forms.markup import Markup, joined, table, tag
from idgen_compiler.hinge.charts.columns import Pictured, Pictures, Shares, pictured
from idgen_compiler.hinge.charts.numbers import Density
from idgen_compiler.hinge.charts.specs import altair, chart_of, themed

__all__ = ["chart_of_samples", "outlined", "shown_of"]

FIRST = 8
"""So many labels of a variable are told in the table."""


def shown_of(samples: Mapping[str, Mapping[str, Array]]) -> Iterator[Pictured]:
    """What is shown of each variable, by the samples of each setting.  Raises DataError where there are no samples."""
    variables = list(dict.fromkeys(name for each in samples.values() for name in each))
    if not variables or any(not len(column) for each in samples.values() for column in each.values()):
        raise DataError("there are no samples to show; draw some, as sample(1000, do={...})")
    for name in variables:
        yield from pictured(name, {group: each[name] for group, each in samples.items()})


def chart_of_samples(samples: Mapping[str, Mapping[str, Array]]) -> Any:
    """The charts of all variables below each other; texts have none.

    Raises DataError where there is nothing to show, IdgenError where altair is not installed.
    """
    alt = altair()
    charts = [chart for found in shown_of(samples) if (chart := chart_of(found)) is not None]
    if not charts:
        raise DataError("the samples are texts alone, which have no chart; read samples['...'] itself")
    return themed(charts[0] if len(charts) == 1 else alt.vconcat(*charts).resolve_scale(color="independent"))


def outlined(samples: Mapping[str, Array]) -> Markup:
    """A line for each variable: its values in short, with small bars; needs no library."""
    size = len(next(iter(samples.values()), ()))
    if not size:
        return tag("p", "no samples")
    rows = [(found.variable, *_told(found)) for found in shown_of({"": samples})]
    return table(("", "", f"{size:,} samples"), rows)


def _told(found: Pictured) -> tuple[Markup, object]:
    if isinstance(found, Shares):
        (counts,), total = found.counts, max(sum(found.counts[0]), 1)
        told = [f"{label} {count / total:.1%}" for label, count in zip(found.labels, counts, strict=True)]
        rest = f" and {len(told) - FIRST} more" if len(told) > FIRST else ""
        return _bars(np.asarray(counts, np.float64)), ", ".join(told[:FIRST]) + rest
    if isinstance(found, Density):
        (mean,), ends = found.means, (found.edges[0], found.edges[-1])
        if found.time:
            days = [np.datetime64(round(value), "ms").astype("M8[D]") for value in (mean, *ends) if value == value]
            said = f"mean {days[0]}, from {days[-2]} to {days[-1]}"
        else:
            said = f"mean {mean:.4g}, from {ends[0]:.4g} to {ends[1]:.4g} {found.unit}".rstrip()
        return _bars(np.asarray(found.shares[0])), "; ".join((said, *found.notes))
    if isinstance(found, Pictures):
        (pictures,) = found.pictures
        shown = (tag("img", src=src, alt=f"{found.variable}, sample {k}", width=48) for k, src in enumerate(pictures))
        return Markup(""), joined(shown, " ")
    return Markup(""), "; ".join((*(text for group in found.texts for text in group), *found.notes))


def _bars(heights: Array) -> Markup:
    """Small bars beside each other, the highest as high as there is room."""
    top, wide = float(heights.max()) or 1.0, 120 / len(heights)
    drawn = "".join(
        f'<rect x="{k * wide:.1f}" y="{28 - 26 * height / top:.1f}" width="{max(wide - 1, 0.5):.1f}" '
        f'height="{26 * height / top:.1f}"/>'
        for k, height in enumerate(heights.tolist())
    )
    return Markup(
        f'<svg width="120" height="28" aria-hidden="true" fill="currentColor" fill-opacity="0.55">{drawn}</svg>'
    )
