"""The part of numpy that exact arithmetic uses, in Python alone: in the browser it goes by numpy's name.

Arrays hold Python's own integers, Fractions, booleans and floats, so that nothing is ever rounded or wraps around; what
is not here raises `NotImplementedError` when it is called, and never answers. The compiler then runs as it is written,
and `tests/idgen_compiler/studio/test_standin.py` holds each proof beside the one that numpy gives.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import product
from typing import Any

from idgen_compiler.studio.standin import indexing, kinds, randomness
from idgen_compiler.studio.standin.indexing import cells_of, wide
from idgen_compiler.studio.standin.kinds import dtype, kind_of
from idgen_compiler.studio.standin.ndarray import ndarray

random = randomness
nan, inf, newaxis = math.nan, math.inf, None
bool_ = kinds.bool_
int64, intp, uint8, uint32, uint64, integer = (kinds.integer,) * 6
datetime64 = timedelta64 = kinds.Moment
log1p = math.log1p
float64, float32, floating, number, generic = kinds.floating, kinds.floating, kinds.floating, kinds.number, kinds.number
object_ = object


def array(values: Any, dtype: Any = None) -> ndarray:  # noqa: D103
    if isinstance(values, ndarray):
        return values.astype(dtype) if dtype is not None else values.copy()
    shape, flat = _nested(values)
    found = ndarray(flat, shape, kind_of(dtype, flat))
    return found.astype(dtype) if dtype is not None else found


def _nested(values: Any) -> tuple[tuple[int, ...], list[Any]]:
    if isinstance(values, ndarray):
        return values.shape, values.cells
    if not isinstance(values, list | tuple | range):
        return (), [values]
    parts = [_nested(value) for value in values]
    shapes = {shape for shape, _ in parts}
    if len(shapes) > 1:
        raise ValueError("the rows differ in length")
    inner = shapes.pop() if shapes else ()
    return (len(parts), *inner), [cell for _, flat in parts for cell in flat]


def asarray(values: Any, dtype: Any = None) -> ndarray:  # noqa: D103
    plain = isinstance(values, ndarray) and (dtype is None or kind_of(dtype, ()) == values.dtype)
    return values if plain else array(values, dtype)


ascontiguousarray = asarray


def full(shape: Any, value: Any, dtype: Any = None) -> ndarray:
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    return ndarray([value] * math.prod(sizes), sizes, kind_of(dtype, [value]))


def empty(shape: Any, dtype: Any = float) -> ndarray:
    return full(shape, None if dtype is object else 0, dtype)


def zeros(shape: Any, dtype: Any = float) -> ndarray:
    return full(shape, False if dtype is bool else 0, dtype)


def ones(shape: Any, dtype: Any = float) -> ndarray:
    return full(shape, True if dtype is bool else 1, dtype)


def empty_like(values: ndarray) -> ndarray:
    return values.copy()


def arange(*bounds: int) -> ndarray:
    return array(list(range(*bounds)))


def where(condition: Any, one: Any, other: Any) -> ndarray:
    parts = [asarray(part) for part in (condition, one, other)]
    shape = wide(*(part.shape for part in parts))
    chosen, a, b = (cells_of(part.cells, part.shape, shape) for part in parts)
    flat = [x if c else y for c, x, y in zip(chosen, a, b, strict=True)]
    return ndarray(flat, shape, kind_of(None, flat))


def broadcast_to(values: Any, shape: Sequence[int]) -> ndarray:
    source = asarray(values)
    return ndarray(cells_of(source.cells, source.shape, tuple(shape)), tuple(shape), source.dtype)


def concatenate(arrays: Sequence[ndarray], axis: int = 0) -> ndarray:
    moved = [a.transpose([axis, *(k for k in range(a.ndim) if k != axis)]) for a in map(asarray, arrays)]
    shape = (builtins.sum(a.shape[0] for a in moved), *moved[0].shape[1:])
    joined = ndarray([cell for a in moved for cell in a.cells], shape, moved[0].dtype)
    return joined.transpose([*range(1, axis + 1), 0, *range(axis + 1, len(shape))])


def frompyfunc(function: Callable[[Any], Any], inputs: int, outputs: int) -> Callable[[ndarray], ndarray]:
    if (inputs, outputs) != (1, 1):
        raise NotImplementedError("a function of several arrays")
    return lambda values: ndarray([function(cell) for cell in values.cells], values.shape, kinds.dtype(object))


def ndindex(*shape: Any) -> Iterator[tuple[int, ...]]:
    sizes = shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
    return product(*map(range, sizes))


def prod(values: Any) -> Any:
    return math.prod(asarray(values).cells)


def sum(values: Any, axis: Any = None) -> Any:
    return asarray(values).sum(axis=axis)


def max(values: Any, axis: Any = None) -> Any:
    return asarray(values).max(axis=axis)


def any(values: Any, axis: Any = None) -> Any:
    return asarray(values).any(axis=axis)


def all(values: Any, axis: Any = None) -> Any:
    return asarray(values).all(axis=axis)


def abs(values: Any) -> Any:
    return asarray(values).__abs__()


def count_nonzero(values: Any, axis: Any = None) -> Any:
    return (asarray(values) != 0).astype(int).sum(axis=axis)


def isfinite(values: Any) -> ndarray:
    return asarray(values).each(math.isfinite)


def ndim(values: Any) -> int:
    return asarray(values).ndim


def shape(values: Any) -> tuple[int, ...]:
    return asarray(values).shape


def issubdtype(one: Any, other: Any) -> bool:
    return kinds.within(one, other)


def __getattr__(name: str) -> Any:
    """What is not here: a name that modules may mention, and nothing that could be called."""
    if name.startswith("__"):
        raise AttributeError(name)
    return kinds.absent(name)


__all__ = ["array", "asarray", "dtype", "indexing", "ndarray", "partial"]
