"""Variables as JSON Schema: what a client may set them to, and what it gets."""

from __future__ import annotations

from typing import Any

import numpy as np

from idgen_compiler.data.kinds import Categorical, Composite, Image, Kind, Text, Vector
from idgen_compiler.data.kinds.numbers.integer import Integer
from idgen_compiler.data.kinds.numbers.levels import Levels
from idgen_compiler.data.kinds.numbers.limits import FARTHEST
from idgen_compiler.data.kinds.numbers.number import Number
from idgen_compiler.data.kinds.times.measured import Measured
from idgen_compiler.hinge.policies import PROBABILITY
from idgen_compiler.serving.values.reading import POLICY

__all__ = ["OBSERVED", "drawn_schema", "set_schema"]

Schema = dict[str, Any]

OBSERVED = "x-observed"
"""The range that a number was observed in: beyond it an answer is extrapolation, which is said."""

_PICTURE: Schema = {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"}


def set_schema(kind: Kind | None, policies: bool = False, each: bool = True) -> Schema:
    """What a variable may be set to: a value, or a list with one for `each` sample, or for `policies` one of these.

    >>> set_schema(Categorical(("low", "high")))["anyOf"][0]
    {'enum': ['low', 'high']}
    """
    one = _value(kind, drawn=False)
    several = [{"type": "array", "items": one, "description": "one for each of n samples"}] if each else []
    found = [one, *several, *(_policies(one, kind) if policies else [])]
    return {"anyOf": found, **_noted(kind)}


def drawn_schema(kind: Kind | None) -> Schema:
    """What a draw of a variable is."""
    return {**_value(kind, drawn=True), **_noted(kind)}


def _value(kind: Kind | None, drawn: bool) -> Schema:
    match kind:
        case Categorical():
            return {"enum": list(kind.labels)}
        case Number():
            return _number(kind, drawn)
        case Levels():
            ends = (kind.levels[0], kind.levels[-1]) if drawn else _reach(kind.levels[0], kind.levels[-1], kind)
            return {"type": "number", **_between(*ends)}
        case Vector():
            return {"type": "array", "items": {"type": "number"}, "minItems": kind.dim, "maxItems": kind.dim}
        case Composite():
            fields = {name: _value(atom, drawn) | _noted(atom) for name, atom in kind.fields}
            return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}
        case Image():
            what = f"{kind.channels} x {kind.height} x {kind.width}"
            return {**_PICTURE, "description": f"a picture of {what} (channels, height, width) in base64"}
        case Text():
            return {"type": "string"}
        case Measured():
            return {"type": ["string", "number"] if drawn else "string"}
    return {}


def _number(kind: Number, drawn: bool) -> Schema:
    """A number: as far as it can be drawn, or set without being refused."""
    whole = isinstance(kind, Integer)
    word = "integer" if whole and (not drawn or kind.layout.kind in "iu") else "number"
    if not drawn:
        return {"type": word, **_between(*_reach(kind.low, kind.high, kind))}
    low, high = kind.support
    if whole and kind.low >= 0:
        low = max(0.0, low or 0.0)
    inside = [mass for mass in kind.masses if (low is not None and mass < low) or (high is not None and mass > high)]
    ends = (None if low is None else min([low, *inside]), None if high is None else max([high, *inside]))
    return {"type": word, **_between(*ends)}


def _reach(low: float, high: float, kind: Number | Levels) -> tuple[float, float]:
    """Beyond what numbers are refused, whatever is warned of before."""
    far = FARTHEST / 2 * kind.deviation
    return float(low) - far, float(high) + far


def _between(low: float | None, high: float | None) -> Schema:
    found = {"minimum": low, "maximum": high}
    return {name: end for name, end in found.items() if end is not None and np.isfinite(end)}


def _noted(kind: Kind | None) -> Schema:
    """What else is known: the kind, and where its values were observed."""
    if kind is None:
        return {}
    found: Schema = {"x-kind": kind.word}
    match kind:
        case Number() | Levels():
            low, high = (np.asarray(end).item() for end in (kind.low, kind.high))
            found |= {OBSERVED: {"minimum": low, "maximum": high}}
            found["description"] = f"observed in [{low:g}, {high:g}]; beyond that an answer is extrapolation"
        case Measured():
            low, high = (kind.said(float(end)) for end in (kind.number.low, kind.number.high))
            found |= {OBSERVED: {"minimum": low, "maximum": high}, "examples": [low]}
            found["description"] = f"observed in [{low}, {high}]; beyond that an answer is extrapolation"
        case Vector():
            found |= {OBSERVED: {"minimum": list(kind.low), "maximum": list(kind.high)}}
        case Categorical():
            found["description"] = "a label"
    return found


def _policies(one: Schema, kind: Kind | None) -> list[Schema]:
    """What draws a treatment, each sample for itself."""
    found = [_policy("uniform")] if kind is None or (len(kind.atoms("X")) == 1 and _spreads(kind)) else []
    if isinstance(kind, Categorical):
        pair = {"type": "array", "prefixItems": [one, {"type": "number", "minimum": 0, "maximum": 1}], "minItems": 2}
        pairs = {"type": "array", "items": {**pair, "maxItems": 2}, "minItems": 1}
        pairs["description"] = "[label, probability] pairs that sum to one"
        column = {"type": "array", "items": {"type": ["string", "number", "boolean"]}}
        table = {"type": "object", "additionalProperties": column, "required": [PROBABILITY]}
        table["description"] = "a table by columns: what the law reads, the treatment, and probability"
        found.append(_policy("law", law={"anyOf": [pairs, table]}))
    if isinstance(kind, Number | Levels):
        found.append(_policy("shift", by={"type": "number"}))
    return found


def _spreads(kind: Kind) -> bool:
    return kind.atoms("X")[0].kind.spread is not None


def _policy(word: str, **more: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {POLICY: {"const": word}, **more},
        "required": [POLICY, *more],
        "additionalProperties": False,
    }
