"""The state of a trained model: what JSON holds, what tensors hold, and the checks on both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import torch
from torch import Tensor

from idgen_compiler.errors import DataError

__all__ = ["Config", "Tensors", "checked_tensor", "setting"]

T = TypeVar("T")

Config = dict[str, Any]
"""What JSON can hold: the configuration of a saved model."""

Tensors = dict[str, Tensor]
"""The arrays of a saved model, by name."""


def setting(config: Mapping[str, Any], name: str, kind: type[T]) -> T:
    """An entry of a saved configuration; raises DataError when it is missing or of another type."""
    if name not in config:
        raise DataError(f"a saved model's configuration lacks {name!r}; it has {', '.join(config) or 'nothing'}")
    value = config[name]
    if type(value) is not kind:
        raise DataError(f"a saved model's {name} is {value!r}, expected {kind.__name__}")
    return value


def checked_tensor(tensors: Tensors, expected: Mapping[str, tuple[tuple[int, ...], torch.dtype]]) -> Tensors:
    """The tensors of a saved model, after each name, shape and dtype has been compared; raises DataError."""
    unknown, missing = sorted(set(tensors) - set(expected)), sorted(set(expected) - set(tensors))
    if unknown or missing:
        faults = [f"{word} {', '.join(names)}" for word, names in (("unknown", unknown), ("missing", missing)) if names]
        raise DataError(f"a saved model's tensors do not fit its configuration: {'; '.join(faults)}")
    for name, (shape, dtype) in expected.items():
        found = tensors[name]
        if tuple(found.shape) != shape or found.dtype != dtype:
            raise DataError(f"saved tensor {name} is {found.dtype} {tuple(found.shape)}, expected {dtype} {shape}")
    return tensors
