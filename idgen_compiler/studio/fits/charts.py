"""What charts of draws show: shares of labels, or of equal steps between the smallest and the largest number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from idgen_compiler.hinge.samples import Samples

__all__ = ["charts_of"]

_LABELS, _STEPS = 24, 20


def charts_of(drawn: Sequence[tuple[str, Samples]]) -> list[dict[str, Any]]:
    """A chart for each outcome that is one number or label a draw, with a series for each setting.

    >>> charts_of([("do(X=1)", Samples({"Y": np.array([0, 1, 1, 1])}))])[0]["series"]
    [{'name': 'do(X=1)', 'shares': [0.25, 0.75]}]
    """
    return [
        chart for name in drawn[0][1] if (chart := _chart(name, [(said, np.asarray(s[name])) for said, s in drawn]))
    ]


def _chart(name: str, columns: Sequence[tuple[str, Any]]) -> dict[str, Any] | None:
    if any(values.ndim != 1 for _, values in columns):
        return None
    every = np.concatenate([values for _, values in columns])
    labels = (
        np.unique(every)
        if every.dtype.kind in "biufU"
        else np.array(sorted(set(every.tolist()), key=str), dtype=object)
    )
    if len(labels) <= _LABELS:
        shares = [[float(np.mean(values == label)) for label in labels] for _, values in columns]
        words = [str(label) for label in labels]
    elif every.dtype.kind in "iuf":
        edges = np.linspace(np.nanquantile(every, 0.002), np.nanquantile(every, 0.998), _STEPS + 1)
        counts = [np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0] for _, values in columns]
        shares = [[float(c) / max(1, int(found.sum())) for c in found] for found in counts]
        words = [f"{middle:.3g}" for middle in (edges[:-1] + edges[1:]) / 2]
    else:
        return None
    series = [{"name": said, "shares": each} for (said, _), each in zip(columns, shares, strict=True)]
    return {"title": name, "labels": words, "series": series}
