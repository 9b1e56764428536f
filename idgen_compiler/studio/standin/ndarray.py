"""An array of Python's own numbers, in one flat list."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Self

from idgen_compiler.studio.standin.indexing import cells_of, groups, picked, transposed, wide
from idgen_compiler.studio.standin.kinds import cast, dtype, kind_of

__all__ = ["ndarray"]

Axes = int | tuple[int, ...] | None


def _folded(reduce: Callable[[Any], Any], kind: Any = None) -> Callable[..., Any]:
    def method(self: ndarray, axis: Axes = None, keepdims: bool = False) -> Any:
        return self.fold(reduce, axis, keepdims, kind)

    return method


def _binary(function: Callable[[Any, Any], Any], kind: Any = None, swapped: bool = False) -> Callable[..., Any]:
    def method(self: ndarray, other: Any) -> Any:
        if getattr(other, "__array_ufunc__", self) is None:
            return NotImplemented
        return self.paired(other, function, kind, swapped)

    return method


def _quotient(one: Any, other: Any) -> Any:
    if isinstance(one, int) and isinstance(other, int):
        raise NotImplementedError("a quotient of whole numbers would be rounded; divide Fractions")
    return one / other


class ndarray:  # noqa: N801
    """Cells in one list, the last axis fastest.  Indexing copies: an array never shares its cells."""

    __slots__ = ("cells", "dtype", "shape")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, cells: list[Any], shape: tuple[int, ...], kind: dtype) -> None:
        self.cells = cells
        self.shape = shape
        self.dtype = kind

    def __class_getitem__(cls, item: Any) -> type[Self]:
        return cls

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """How many cells there are."""
        return len(self.cells)

    @property
    def flat(self) -> Iterator[Any]:
        """The cells, one after the other."""
        return iter(self.cells)

    def tolist(self) -> Any:
        """The cells in nested lists; the one cell of an array without axes."""
        found: list[Any] = self.cells
        for size in reversed(self.shape[1:]):
            found = [found[k : k + size] for k in range(0, len(found), size)]
        return found if self.shape else found[0]

    def item(self) -> Any:
        """The one cell."""
        (cell,) = self.cells
        return cell

    def copy(self) -> ndarray:
        """The same cells in an array of their own."""
        return ndarray(list(self.cells), self.shape, self.dtype)

    def astype(self, kind: Any) -> ndarray:
        """The cells as another kind."""
        wanted = dtype(kind)
        return ndarray([cast(cell, wanted) for cell in self.cells], self.shape, wanted)

    def each(self, function: Callable[[Any], Any], kind: Any = None) -> ndarray:
        """A function of each cell."""
        cells = [function(cell) for cell in self.cells]
        return ndarray(cells, self.shape, kind_of(kind, cells))

    def ravel(self) -> ndarray:
        """All in one row."""
        return ndarray(list(self.cells), (self.size,), self.dtype)

    def reshape(self, *shape: Any) -> ndarray:
        """The cells in another shape, in which one axis may be -1."""
        sizes = list(shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape)
        if -1 in sizes:
            sizes[sizes.index(-1)] = self.size // (math.prod(size for size in sizes if size != -1) or 1)
        if math.prod(sizes) != self.size:
            raise ValueError(f"{self.size} cells do not fill the shape {sizes}")
        return ndarray(list(self.cells), tuple(sizes), self.dtype)

    def squeeze(self, axis: Axes = None) -> ndarray:
        """Without axes of length one."""
        over = {axis} if isinstance(axis, int) else set(axis if axis is not None else range(self.ndim))
        return self.reshape([n for k, n in enumerate(self.shape) if k not in over or (axis is None and n != 1)])

    def transpose(self, order: Sequence[int]) -> ndarray:
        """The axes in another order."""
        places = transposed(self.shape, tuple(order))
        return ndarray([self.cells[k] for k in places], tuple(self.shape[k] for k in order), self.dtype)

    def fold(self, reduce: Callable[[Any], Any], axis: Axes, keepdims: bool, kind: Any) -> Any:
        """What cells that differ along some axes alone come to together; a single value where no axis is left."""
        over = tuple(range(self.ndim)) if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
        over = tuple(k % self.ndim for k in over)
        cells = [reduce([self.cells[k] for k in places]) for places in groups(self.shape, over)]
        if axis is None and not keepdims:
            return cells[0]
        left = [1 if k in over else n for k, n in enumerate(self.shape) if keepdims or k not in over]
        return ndarray(cells, tuple(left), self.dtype if kind is None else dtype(kind))

    def paired(self, other: Any, function: Callable[[Any, Any], Any], kind: Any, swapped: bool) -> Any:
        """A function of the cells of two arrays, broadcast to each other."""
        if isinstance(other, ndarray):
            theirs, shape = other.cells, other.shape
        elif isinstance(other, list | tuple):
            return NotImplemented
        else:
            theirs, shape = [other], ()
        common = wide(self.shape, shape)
        a, b = cells_of(self.cells, self.shape, common), cells_of(theirs, shape, common)
        cells = list(map(function, b, a) if swapped else map(function, a, b))
        exact = self.dtype.kind == "O" or (isinstance(other, ndarray) and other.dtype.kind == "O")
        return ndarray(cells, common, kind_of(kind or (object if exact else None), cells))

    sum = _folded(sum)
    max = _folded(max)
    min = _folded(min)
    any = _folded(any, bool)
    all = _folded(all, bool)

    __add__, __radd__ = _binary(operator.add), _binary(operator.add, swapped=True)
    __sub__, __rsub__ = _binary(operator.sub), _binary(operator.sub, swapped=True)
    __mul__, __rmul__ = _binary(operator.mul), _binary(operator.mul, swapped=True)
    __truediv__, __rtruediv__ = _binary(_quotient), _binary(_quotient, swapped=True)
    __mod__ = _binary(operator.mod)
    __eq__ = _binary(operator.eq, bool)
    __ne__ = _binary(operator.ne, bool)
    __lt__, __le__ = _binary(operator.lt, bool), _binary(operator.le, bool)
    __gt__, __ge__ = _binary(operator.gt, bool), _binary(operator.ge, bool)
    __and__, __or__ = _binary(operator.and_), _binary(operator.or_)

    def __neg__(self) -> ndarray:
        return self.each(operator.neg, self.dtype)

    def __abs__(self) -> ndarray:
        return self.each(abs, self.dtype)

    def __invert__(self) -> ndarray:
        if self.dtype != bool:
            raise NotImplementedError("~ of anything but truth values")
        return self.each(operator.not_, bool)

    def __bool__(self) -> bool:
        return bool(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __float__(self) -> float:
        return float(self.item())

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return (self[k] for k in range(len(self)))

    def __getitem__(self, index: Any) -> Any:
        places, shape = picked(self.shape, index)
        whole = isinstance(index, tuple) and any(part is None or isinstance(part, slice) for part in index)
        if not shape and not whole:
            return self.cells[places[0]]
        return ndarray([self.cells[k] for k in places], shape, self.dtype)

    def __setitem__(self, index: Any, value: Any) -> None:
        places, shape = picked(self.shape, index)
        if isinstance(value, ndarray):
            cells = cells_of(value.cells, value.shape, shape)
        elif isinstance(value, list | tuple) and len(shape) == 1:
            cells = list(value)
        else:
            cells = [value] * len(places)
        for place, cell in zip(places, cells, strict=True):
            self.cells[place] = cell

    def __repr__(self) -> str:
        return f"array({self.tolist()!r}, dtype={self.dtype!r})"
