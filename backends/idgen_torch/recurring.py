"""Tensors whose rows are few different ones: these, and which of them each row is.

A table of a hundred million rows of categories has few rows that differ. What is worked out for each row by itself is
worked out for those; sums and counts take each as often as it occurs. Whatever else is asked of such a tensor is asked
of all its rows, so that no answer depends on how it is held.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_map

__all__ = ["Places", "Recurring", "beside", "held_bytes", "together", "whole"]

_AT_ONCE = 2**20
"""So many rows are looked up at once."""

_MANY = 2**20
"""From so many rows on those that are picked are held as these tensors are."""

_aten = torch.ops.aten

_EACH = frozenset({
    _aten.add.Tensor, _aten.sub.Tensor, _aten.mul.Tensor, _aten.div.Tensor, _aten.add.Scalar, _aten.sub.Scalar,
    _aten.mul.Scalar, _aten.div.Scalar, _aten.rsub.Scalar, _aten.neg.default, _aten.exp.default, _aten.log.default,
    _aten.abs.default, _aten.pow.Tensor_Scalar, _aten.sqrt.default, _aten.reciprocal.default, _aten.eq.Scalar,
    _aten.eq.Tensor, _aten.ne.Scalar, _aten.ne.Tensor, _aten.lt.Scalar, _aten.lt.Tensor, _aten.le.Scalar,
    _aten.le.Tensor, _aten.gt.Scalar, _aten.gt.Tensor, _aten.ge.Scalar, _aten.ge.Tensor, _aten.where.self,
    _aten.where.ScalarSelf, _aten.where.ScalarOther, _aten.where.Scalar, _aten.clamp.default, _aten.bitwise_and.Tensor,
    _aten.bitwise_or.Tensor, _aten.bitwise_not.default, _aten.logical_and.default, _aten.logical_or.default,
    _aten.logical_not.default, _aten.isnan.default, _aten.isinf.default, _aten.clone.default, _aten._to_copy.default,
    _aten.detach.default, _aten.alias.default, _aten.square.default, _aten.full_like.default,
    _aten.zeros_like.default, _aten.ones_like.default, _aten.floor.default, _aten.remainder.Scalar,
    _aten.lift_fresh.default,
})  # fmt: skip
"""What is worked out for each row by itself."""

_HERE: dict[Any, Callable[..., Any]] = {
    _aten.exp_.default: torch.exp,
    _aten.div_.Tensor: torch.div,
    _aten.mul_.Tensor: torch.mul,
    _aten.add_.Tensor: torch.add,
    _aten.sub_.Tensor: torch.sub,
}
"""The same, put into the place of what was there."""


class Places:
    """Which of few different rows each row is.  Shape of `index`: (rows,) of whole numbers, as narrow as they come."""

    def __init__(self, index: Tensor, few: int) -> None:
        self.index, self.few = index, few
        self._elsewhere: dict[torch.device, Places] = {}
        self._picked: tuple[Any, Places] = (None, self)

    def __len__(self) -> int:
        return len(self.index)

    @cached_property
    def counts(self) -> Tensor:
        """How often each different row occurs.  Shape: (different rows,) int64."""
        return torch.bincount(self.index, minlength=self.few)

    def of(self, values: Tensor) -> Tensor:
        """The values of all rows, from those of the different ones."""
        out = values.new_empty((len(self), *values.shape[1:]))
        for start in range(0, len(self), _AT_ONCE):
            out[start : start + _AT_ONCE] = values[self.index[start : start + _AT_ONCE].long()]
        return out

    def pick(self, index: Tensor) -> Places:
        """Those of some rows; columns that are asked one after the other for the same rows get the same places."""
        known, found = self._picked
        if known is None or known() is not index:
            found = Places(self.index[index], self.few)
            self._picked = weakref.ref(index), found
        return found

    def to(self, device: torch.device) -> Places:
        """The same on another device."""
        if self.index.device == device:
            return self
        if device not in self._elsewhere:
            self._elsewhere[device] = Places(self.index.to(device), self.few)
        return self._elsewhere[device]


class Recurring(Tensor):
    """A tensor of `places` rows; `values` has those that differ.  Shape: values (different rows, ...).

    >>> codes = Recurring(torch.tensor([5, 7]), Places(torch.tensor([0, 1, 1, 0, 1], dtype=torch.uint8), 2))
    >>> codes.shape, int(codes.sum()), (codes + 1)[torch.tensor([0, 4])].tolist(), torch.bincount(codes)[5:].tolist()
    (torch.Size([5]), 31, [6, 8], [2, 0, 3])
    """

    values: Tensor  # type: ignore[assignment]
    places: Places

    @staticmethod
    def __new__(cls, values: Tensor, places: Places) -> Recurring:
        shape = (len(places), *values.shape[1:])
        made: Recurring = Tensor._make_wrapper_subclass(cls, shape, dtype=values.dtype, device=values.device)
        return made

    def __init__(self, values: Tensor, places: Places) -> None:
        self.values, self.places = values, places

    def whole(self) -> Tensor:
        """All rows, as a plain tensor."""
        return self.places.of(self.values)

    def numpy(self, *, force: bool = False) -> Any:
        """All rows, as an array."""
        return self.whole().numpy(force=force)

    def tolist(self) -> Any:
        """All rows, as a list."""
        return self.whole().tolist()

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]
        return f"Recurring({len(self.values)} different of {len(self)} rows, {self.dtype})"

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.whole().__reduce_ex__(protocol)

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Work out a function for the rows that differ where it is one of each row, otherwise for all rows."""
        told = kwargs or {}
        if func in _HERE and isinstance(args[0], Recurring):
            if (found := _each(_HERE[func], args, told)) is not None and found.values.dtype == args[0].dtype:
                args[0].values = found.values
                return args[0]
            raise RuntimeError("rows that recur are not written into by others")
        if func in _EACH and (found := _each(func, args, told)) is not None:
            return found
        if (special := _SPECIAL.get(func)) is not None and (answer := special(*args, **told)) is not None:
            return answer
        return func(*tree_map(_whole, args), **tree_map(_whole, told))


def together(tensors: Sequence[Tensor]) -> Places | None:
    """The places that some tensors have in common; None where one has others, or none."""
    first = tensors[0] if tensors else None
    if not isinstance(first, Recurring):
        return None
    alike = all(isinstance(each, Recurring) and each.places is first.places for each in tensors)
    return first.places if alike else None


def held_bytes(tensors: Iterable[Tensor]) -> int:
    """How many bytes tensors take together; places that they have in common are counted once."""
    places: dict[int, int] = {}
    own = 0
    for values in tensors:
        if isinstance(values, Recurring):
            places[id(values.places)] = values.places.index.nbytes
        own += values.values.nbytes if isinstance(values, Recurring) else values.nbytes
    return own + sum(places.values())


def beside(values: Tensor, others: Iterable[Tensor]) -> Tensor:
    """The same rows with the places of others, if these are the same ones, and otherwise as a plain tensor."""
    if not isinstance(values, Recurring):
        return values
    for other in others:
        if isinstance(other, Recurring) and torch.equal(other.places.index.cpu(), values.places.index):
            return Recurring(values.values.to(other.device), other.places)
    return values.whole()


def whole(values: Tensor) -> Tensor:
    """A plain tensor of its own, with the same rows."""
    return values.whole() if isinstance(values, Recurring) else values.clone()


def _whole(value: Any) -> Any:
    return value.whole() if isinstance(value, Recurring) else value


def _each(func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Recurring | None:
    """A function of each row by itself; None where not all that it takes are numbers or rows of the same places."""
    places: Places | None = None
    width = 0
    for value in (*args, *kwargs.values()):
        if isinstance(value, Recurring):
            if places is not None and value.places is not places:
                return None
            places, width = value.places, max(width, value.dim())
        elif isinstance(value, Tensor) and value.dim() > 0:
            return None
    if places is None or (width > 1 and any(isinstance(v, Recurring) and v.dim() != width for v in args)):
        return None

    def few(value: Any) -> Any:
        return value.values if isinstance(value, Recurring) else value

    found = func(*map(few, args), **{name: few(value) for name, value in kwargs.items()})
    return Recurring(found, places.to(found.device))


def _index(own: Tensor, indices: Sequence[Tensor | None]) -> Tensor | None:
    known = [index for index in indices if index is not None]
    if not isinstance(own, Recurring):
        places = together(known)
        if places is None or len(known) != len(indices) or len(known) != own.dim() or known[0].dtype == torch.bool:
            return None
        few = [index.values for index in known if isinstance(index, Recurring)]
        return Recurring(own[tuple(few)], places)
    if len(indices) != 1 or not known or known[0].dim() != 1:
        return None
    index = _whole(known[0])
    if (int(index.sum()) if index.dtype == torch.bool else len(index)) >= _MANY:
        return Recurring(own.values, own.places.pick(index))
    return own.values[own.places.index[index].long()]


def _slice(own: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Tensor | None:
    if not isinstance(own, Recurring) or dim != 0:
        return None
    place = own.places.index[slice(start, None if end is None or end > len(own) else end, step)]
    return Recurring(own.values, own.places if len(place) == len(own) else Places(place, own.places.few))


def _select(own: Tensor, dim: int, index: int) -> Tensor | None:
    return own.values[int(own.places.index[index])] if isinstance(own, Recurring) and dim == 0 else None


def _sum(own: Tensor, *, dtype: torch.dtype | None = None) -> Tensor | None:
    if not isinstance(own, Recurring):
        return None
    values = own.values.long() if not own.dtype.is_floating_point else own.values
    counts = own.places.counts.to(values.dtype).reshape(-1, *(1 for _ in values.shape[1:]))
    return torch.sum(values * counts, dtype=dtype)


def _mean(own: Tensor, *, dtype: torch.dtype | None = None) -> Tensor | None:
    found = _sum(own, dtype=dtype)
    return None if found is None else found / own.numel()


def _over(func: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor | None]:
    """A function of the set of values alone."""

    def found(own: Tensor) -> Tensor | None:
        if not isinstance(own, Recurring):
            return None
        return func(own.values[own.places.counts > 0])

    return found


def _bincount(own: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor | None:
    if not isinstance(own, Recurring) or (weights is not None and together([own, weights]) is None):
        return None
    counts, most = own.places.counts, max(minlength, int(own.values.max()) + 1 if len(own) else 0)
    if weights is None:
        return counts.new_zeros(most).index_add_(0, own.values.long(), counts)
    mass = weights.values.double() * counts if isinstance(weights, Recurring) else weights
    return torch.bincount(own.values, weights=mass, minlength=most)


def _split(own: Tensor, size: int, dim: int = 0) -> list[Tensor] | None:
    if not isinstance(own, Recurring) or dim != 0:
        return None
    return [Recurring(own.values, Places(piece, own.places.few)) for piece in own.places.index.split(size)]


_SPECIAL: dict[Any, Callable[..., Any]] = {
    _aten.index.Tensor: _index,
    _aten.slice.Tensor: _slice,
    _aten.select.int: _select,
    _aten.sum.default: _sum,
    _aten.mean.default: _mean,
    _aten.max.default: _over(torch.max),
    _aten.min.default: _over(torch.min),
    _aten.all.default: _over(torch.all),
    _aten.any.default: _over(torch.any),
    _aten.bincount.default: _bincount,
    _aten.split.Tensor: _split,
}
