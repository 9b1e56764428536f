"""The state of a trained model: what JSON holds, what tensors hold, and the checks on both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from idgen_compiler.errors import DataError

__all__ = ["Config", "Tensors", "above_zero", "check_finite", "checked_tensor", "restored", "setting", "under"]

LARGEST = 1e30
"""No training leaves a weight of this size, and products of two are no longer float32."""

T = TypeVar("T")
N = TypeVar("N", bound=nn.Module)

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


def under(tensors: Tensors, prefix: str) -> Tensors:
    """The tensors whose names begin so, by the rest of their names."""
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def above_zero(name: str, values: Tensor) -> Tensor:
    """The values of a saved model, all of which are positive; raises DataError otherwise."""
    if not bool((values > 0).all()):  # NaN fails
        raise DataError(f"saved tensor {name} holds {float(values.min()):g}, which is not positive")
    return values


def check_finite(tensors: Tensors) -> None:
    """Raise DataError for a tensor that holds NaN, infinity, or float32 numbers of a size that overflows."""
    for name, values in tensors.items():
        if not values.is_floating_point() or not values.numel():
            continue
        most = inf if values.dtype == torch.float64 else LARGEST
        low, high = map(float, (values if values.dtype.itemsize > 2 else values.float()).aminmax())  # NaN for NaN
        if not (-most < low and high < most):
            raise DataError(f"tensor {name} holds {low if not -most < low else high:g}, which no training leaves")


def restored(build: Callable[[], N], weights: Tensors, prefix: str = "") -> N:
    """A network with these weights, ready to be asked; nothing is allocated before every shape has been compared.

    `prefix` stands before the weights' names in messages. Raises DataError where they do not fit.
    """
    with torch.device("meta"):
        network = build()
    expected = {f"{prefix}{name}": (tuple(t.shape), t.dtype) for name, t in network.state_dict().items()}
    checked_tensor({f"{prefix}{name}": value for name, value in weights.items()}, expected)
    network.load_state_dict(weights, assign=True)
    network.eval().requires_grad_(False)
    return network
