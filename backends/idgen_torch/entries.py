"""Entries of saved records, each checked for what it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idgen_compiler.errors import DataError

__all__ = ["checked_keys", "entry"]


def checked_keys(where: str, data: Any, keys: set[str]) -> dict[str, Any]:
    """The mapping itself, if it has exactly these keys; raises DataError otherwise."""
    if not isinstance(data, dict):
        raise DataError(f"{where} is {type(data).__name__}, not a mapping; save the sampler again")
    unknown, missing = sorted(map(str, set(data) - keys)), sorted(keys - set(data))
    if unknown or missing:
        parts = [f"unknown {', '.join(unknown)}"] * bool(unknown) + [f"missing {', '.join(missing)}"] * bool(missing)
        raise DataError(f"{where} does not have its keys: {'; '.join(parts)}; save the sampler again")
    return data


def entry(data: Mapping[str, Any], key: str, kind: type) -> Any:
    """data[key], if it is of that type; raises DataError otherwise."""
    value = data.get(key)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise DataError(f"{key} is {value!r:.60} in the saved sampler, not {kind.__name__}; save the sampler again")
    return value
