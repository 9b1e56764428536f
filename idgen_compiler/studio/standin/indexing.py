"""Places in flat lists of cells: strides, broadcasting, slices and axes that are summed over."""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import Any

__all__ = ["cells_of", "groups", "picked", "strides", "transposed", "wide"]

Shape = tuple[int, ...]


def strides(shape: Shape) -> Shape:
    """How far apart neighbors along each axis lie.

    >>> strides((2, 3, 4))
    (12, 4, 1)
    """
    found, step = [], 1
    for size in reversed(shape):
        found.append(step)
        step *= size
    return tuple(reversed(found))


def wide(*shapes: Shape) -> Shape:
    """The shape that shapes are broadcast to.  Raises ValueError for shapes that do not go together.

    >>> wide((2, 1), (3,))
    (2, 3)
    """
    ndim = max(map(len, shapes))
    found = [1] * ndim
    for shape in shapes:
        for k, size in enumerate(shape, ndim - len(shape)):
            if size != 1 and found[k] not in (1, size):
                raise ValueError(f"shapes {shapes} do not go together")
            found[k] = size if size != 1 else found[k]
    return tuple(found)


def cells_of(cells: list[Any], shape: Shape, to: Shape) -> list[Any]:
    """The cells of an array that is broadcast to another shape."""
    if shape == to:
        return cells
    return list(map(cells.__getitem__, _places(shape, to)))


@lru_cache(maxsize=4096)
def _places(shape: Shape, to: Shape) -> Shape:
    if wide(shape, to) != to:
        raise ValueError(f"shape {shape} is not broadcast to {to}")
    steps = (0,) * (len(to) - len(shape)) + tuple(
        0 if size == 1 else step for size, step in zip(shape, strides(shape), strict=True)
    )
    return _walk(0, to, steps)


def _walk(start: int, sizes: Shape, steps: Shape) -> Shape:
    places = [start]
    for size, step in zip(sizes, steps, strict=True):
        places = [place + k * step for place in places for k in range(size)]
    return tuple(places)


@lru_cache(maxsize=4096)
def transposed(shape: Shape, order: Shape) -> Shape:
    """Where the cells of a transposed array come from."""
    steps = strides(shape)
    return _walk(0, tuple(shape[k] for k in order), tuple(steps[k] for k in order))


@lru_cache(maxsize=4096)
def groups(shape: Shape, over: Shape) -> tuple[Shape, ...]:
    """The places that are taken together when some axes are summed over, one group for each place that is left."""
    steps, left = strides(shape), [k for k in range(len(shape)) if k not in over]
    inside = _walk(0, tuple(shape[k] for k in over), tuple(steps[k] for k in over))
    starts = _walk(0, tuple(shape[k] for k in left), tuple(steps[k] for k in left))
    return tuple(tuple(start + place for place in inside) for start in starts)


def picked(shape: Shape, index: Any) -> tuple[list[int], Shape]:
    """The places that an index of whole numbers, slices, None and ... means, and the shape of what is there."""
    parts = index if isinstance(index, tuple) else (index,)
    if any(part is Ellipsis for part in parts):
        at = next(k for k, part in enumerate(parts) if part is Ellipsis)
        taken = sum(part is not None for part in parts) - 1
        parts = (*parts[:at], *(slice(None),) * (len(shape) - taken), *parts[at + 1 :])
    axes, ranges, found = iter(zip(shape, strides(shape), strict=True)), list[Any](), list[int]()
    for part in parts:
        if part is None:
            found.append(1)
            continue
        size, step = next(axes)
        if isinstance(part, slice):
            chosen = range(*part.indices(size))
            found.append(len(chosen))
        elif hasattr(part, "__index__"):
            at = part.__index__()
            if not -size <= at < size:
                raise IndexError(f"{at} lies outside an axis of {size}")
            chosen = range(at % size, at % size + 1)
        else:
            raise NotImplementedError("arrays as indices are no part of exact arithmetic, which is all that is here")
        ranges.append([place * step for place in chosen])
    for size, step in axes:
        ranges.append([place * step for place in range(size)])
        found.append(size)
    return [sum(places) for places in product(*ranges)], tuple(found)
