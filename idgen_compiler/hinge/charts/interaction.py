"""What a chart answers to a pointer or a key: zoom along its numbers, and a series that its legend brings out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

__all__ = ["HIGHLIGHT", "ZOOM", "interactive"]

HIGHLIGHT, ZOOM = "highlight", "zoom"
"""The names of the two parameters, by which a page speaks to them."""

_NUMBERS = frozenset({"quantitative", "temporal"})
_PALE = 0.15
"""How opaque what is not brought out is."""

_WHEEL = "wheel![event.ctrlKey || event.metaKey]"
"""The wheel alone scrolls the page."""

Spec = Mapping[str, Any]


def interactive(spec: Spec) -> dict[str, Any]:
    """A specification of Vega-Lite with the parameters that suit it.

    Numbers against numbers are zoomed and moved along x, all views of one chart together; where a legend tells series
    apart, choosing one makes the others pale. What is shown before anybody does anything is the same.

    >>> number = {"field": "a", "type": "quantitative"}
    >>> found = interactive({"mark": "line", "encoding": {"x": number, "y": number}})
    >>> found["params"][0]["name"], found["mark"]["clip"]
    ('zoom', True)
    """
    found = deepcopy(dict(spec))
    views = list(_views(found))
    zoomed = [units for units in views if all(map(_is_numbers, units)) and any("y" in _encoding(u) for u in units)]
    params: list[dict[str, Any]] = []
    if zoomed:
        for units in zoomed:
            for unit in units:
                unit["mark"] = _mark(unit) | {"clip": True}
        select = {"type": "interval", "encodings": ["x"], "zoom": _WHEEL}
        params.append({"name": ZOOM, "select": select, "bind": "scales", "views": [u[0]["name"] for u in zoomed]})
    field = next((field for units in views for unit in units if (field := _told_apart(unit))), None)
    if field is not None and len(views) == 1:  # side by side, each view is a series of its own
        select = {"type": "point", "fields": [field]}
        params.append({"name": HIGHLIGHT, "select": select, "bind": "legend", "views": [views[0][0]["name"]]})
        for unit in views[0]:
            _make_pale(unit)
    return found | ({"params": params} if params else {})


def _views(spec: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """The layers of each view, the first of which gets the view's name."""
    for number, view in enumerate(spec.get("vconcat", [spec])):
        units = view.get("layer", [view])
        units[0]["name"] = f"view_{number}"
        yield units


def _encoding(unit: Spec) -> Mapping[str, Any]:
    found: Mapping[str, Any] = unit.get("encoding", {})
    return found


def _mark(unit: Spec) -> dict[str, Any]:
    mark = unit["mark"]
    return {"type": mark} if isinstance(mark, str) else dict(mark)


def _is_numbers(unit: Spec) -> bool:
    encoding = _encoding(unit)
    return all(encoding[axis].get("type") in _NUMBERS for axis in ("x", "y") if axis in encoding)


def _told_apart(unit: Spec) -> str | None:
    color = _encoding(unit).get("color", {})
    several = len(color.get("scale", {}).get("domain", ())) > 1
    return color["field"] if "field" in color and several and color.get("legend", {}) is not None else None


def _make_pale(unit: dict[str, Any]) -> None:
    if _told_apart(unit) is None:
        return
    full = _mark(unit).get("opacity", 1)
    opacity = {"condition": {"param": HIGHLIGHT, "value": full}, "value": min(full, _PALE)}
    unit["encoding"] = dict(_encoding(unit)) | {"opacity": opacity}
