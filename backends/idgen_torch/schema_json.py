"""A schema as JSON, and back with every field checked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from idgen_compiler.errors import DataError
from idgen_torch.variables import Atom, Categorical, Composite, Continuous, Image, Integer, Schema, VariableType, Vector

__all__ = ["checked_keys", "schema_from_json", "schema_to_json"]


def schema_to_json(schema: Schema) -> dict[str, Any]:
    """Variable -> its type, as JSON values."""
    return {name: _to_json(kind) for name, kind in schema.types.items()}


def _to_json(kind: VariableType) -> dict[str, Any]:
    match kind:
        case Composite(fields):
            return {"type": "composite", "fields": [{"name": name, **_to_json(atom)} for name, atom in fields]}
        case Categorical():
            return {"type": "categorical", "labels": list(kind.labels), "dtype": kind.dtype}
        case Image():
            return {"type": "image", "shape": list(kind.shape)}
        case Vector():
            numbers = {key: list(getattr(kind, key)) for key in _NUMBERS}
            return {"type": "vector", **numbers, "dtype": kind.dtype}
        case _:
            numbers = {key: getattr(kind, key) for key in _NUMBERS}
            return {"type": "integer" if isinstance(kind, Integer) else "continuous", **numbers, "dtype": kind.dtype}


_NUMBERS = ("mean", "scale", "low", "high")


def schema_from_json(data: Any) -> Schema:
    """The schema that `schema_to_json` wrote.  Raises DataError for anything unknown, missing or of the wrong type."""
    if not isinstance(data, dict):
        raise DataError(f"a saved schema is a mapping, not {type(data).__name__}; save the sampler again")
    return Schema({name: _from_json(name, kind) for name, kind in data.items()})


def checked_keys(where: str, data: Any, keys: set[str]) -> dict[str, Any]:
    """The mapping itself, if it has exactly these keys; raises DataError otherwise."""
    if not isinstance(data, dict):
        raise DataError(f"{where} is {type(data).__name__}, not a mapping; save the sampler again")
    unknown, missing = sorted(map(str, set(data) - keys)), sorted(keys - set(data))
    if unknown or missing:
        parts = [f"unknown {', '.join(unknown)}"] * bool(unknown) + [f"missing {', '.join(missing)}"] * bool(missing)
        raise DataError(f"{where} does not have its keys: {'; '.join(parts)}; save the sampler again")
    return data


def _from_json(name: str, data: Any) -> VariableType:
    where = f"the saved type of {name}"
    if not isinstance(data, dict) or data.get("type") != "composite":
        return _atom(where, data)
    fields = checked_keys(where, data, {"type", "fields"})["fields"]
    if not isinstance(fields, list) or not all(isinstance(f, dict) and isinstance(f.get("name"), str) for f in fields):
        raise DataError(f"{where} does not name its fields; save the sampler again")
    return Composite(
        tuple((f["name"], _atom(f"{where}.{f['name']}", {k: v for k, v in f.items() if k != "name"})) for f in fields)
    )


def _atom(where: str, data: Any) -> Atom:
    kind = data.get("type") if isinstance(data, dict) else None
    if kind == "categorical":
        checked_keys(where, data, {"type", "labels", "dtype"})
        labels, dtype = data["labels"], data["dtype"]
        if not isinstance(labels, list) or not isinstance(dtype, str) or not dtype:
            raise DataError(f"{where} lists no labels; save the sampler again")
        return Categorical(tuple(labels), dtype)
    if kind == "image":
        shape = checked_keys(where, data, {"type", "shape"})["shape"]
        if not isinstance(shape, list) or [type(side) for side in shape] != [int, int, int]:
            raise DataError(f"{where} has the shape {shape!r}, not three whole numbers; save the sampler again")
        return Image(*shape)
    if kind not in ("integer", "continuous", "vector"):
        raise DataError(f"{where} is {kind!r}; known types: categorical, composite, continuous, image, integer, vector")
    checked_keys(where, data, {"type", *_NUMBERS, "dtype"})
    if not isinstance(data["dtype"], str):
        raise DataError(f"{where} has dtype {data['dtype']!r}; save the sampler again")
    if kind == "vector":
        numbers = {key: tuple(_numbers(where, key, data[key])) for key in _NUMBERS}
        vector = Vector(**numbers, dtype=data["dtype"])
        _check_order(where, vector.scale, vector.low, vector.high)
        return vector
    mean, scale, low, high = (_numbers(where, key, [data[key]])[0] for key in _NUMBERS)
    _check_order(where, (scale,), (low,), (high,))
    if kind == "integer":
        return Integer(mean, scale, int(low), int(high), data["dtype"])
    return Continuous(mean, scale, low, high, data["dtype"])


def _numbers(where: str, key: str, values: Any) -> list[float]:
    if not isinstance(values, list):
        raise DataError(f"{where} has no numbers as its {key}; save the sampler again")
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise DataError(f"{where} has {value!r} as its {key}; a finite number is needed; save the sampler again")
    return values


def _check_order(where: str, scale: tuple[float, ...], low: tuple[float, ...], high: tuple[float, ...]) -> None:
    if any(s <= 0 for s in scale) or any(a > b for a, b in zip(low, high, strict=True)):
        raise DataError(
            f"{where} has a scale that is not positive or a range that is upside down; save the sampler again"
        )


def entry(data: Mapping[str, Any], key: str, kind: type) -> Any:
    """data[key], if it is of that type; raises DataError otherwise."""
    value = data.get(key)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise DataError(f"{key} is {value!r:.60} in the saved sampler, not {kind.__name__}; save the sampler again")
    return value
