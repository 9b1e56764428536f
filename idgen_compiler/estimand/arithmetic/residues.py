"""Rational numbers modulo several primes: equality of huge fractions at the cost of machine words.

Two different fractions with the difference n / d agree modulo a prime that divides n. Of n below 2^B there are at most
B / 48 primes from 2^48 upwards, and some 8.3e12 primes lie between there and 2^49; so of primes drawn at random from
these, `COUNT` divide n all at once with a probability below (B / 4e14)^COUNT: 4e-27 for numbers of a hundred million
bits. A denominator that a prime divides is noticed.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from random import Random
from typing import Any

import numpy as np

from idgen_compiler.estimand.arithmetic.whole import in_whole

__all__ = ["COUNT", "Primes", "Residues", "Unlucky", "as_residues", "drawn_primes"]

COUNT = 4
"""So many primes are used."""

_LOW, _HIGH = 2**48, 2**49
_WITNESSES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)
"""Bases of Miller-Rabin tests that no composite below 2^64 passes all of (Sorenson and Webster 2015)."""

_ADDED = 2**13
"""So many residues are added without a carry out of 63 bits."""

Primes = np.ndarray[Any, np.dtype[np.int64]]


class Unlucky(ArithmeticError):
    """A denominator is zero modulo a prime: other primes, or fractions, have to be taken."""


def drawn_primes(seed: object) -> Primes:
    """Different random primes between 2^48 and 2^49, by a seed.  Shape: one axis, COUNT long.

    >>> [int(p) for p in drawn_primes(0)] == [int(p) for p in drawn_primes(0)]
    True
    """
    random, found = Random(str(seed)), dict[int, None]()
    while len(found) < COUNT:
        candidate = random.randrange(_LOW + 1, _HIGH, 2)
        if _is_prime(candidate):
            found[candidate] = None
    return np.array(list(found), dtype=np.int64)


def _is_prime(n: int) -> bool:
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in _WITNESSES:
        x = pow(base, odd, n)
        if x in (1, n - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


class Residues:
    """An array of rational numbers, each by its residues; it stands where an array of Fractions does.

    `parts` has the shape of the array behind one axis for the primes. What tables need is here: sums, products,
    quotients, equality (of all residues) and other orders of the axes.
    """

    __slots__ = ("parts", "primes")
    __array_ufunc__ = None  # an array on the left leaves the operation to this class
    __hash__ = None  # type: ignore[assignment]  # mutable as arrays are
    dtype = np.dtype(object)  #: as of Fractions: exact

    def __init__(self, parts: np.ndarray[Any, np.dtype[np.int64]], primes: Primes) -> None:
        self.parts = parts
        self.primes = primes

    @classmethod
    def of(cls, values: Any, primes: Primes) -> Residues:
        """The residues of Fractions or whole numbers.  Shape: that of `values`."""
        if isinstance(values, Residues):
            return values
        array = np.asarray(values, dtype=object)
        whole = in_whole([array])
        if whole is None:
            return cls(np.array([_residues(array, prime) for prime in primes.tolist()]), primes)
        (counts,), denominator = whole
        parts = np.array([np.asarray(counts % prime, dtype=np.int64) for prime in primes.tolist()])
        below = np.array([_inverse_of(denominator, prime) for prime in primes.tolist()], dtype=np.int64)
        return cls(_multiplied(parts, _column(below, parts.ndim), primes), primes)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array of numbers."""
        return tuple(self.parts.shape[1:])

    @property
    def ndim(self) -> int:
        """The number of axes of the array of numbers."""
        return self.parts.ndim - 1

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return int(np.prod(self.shape))

    def transpose(self, order: Sequence[int]) -> Residues:
        """The array with its axes in another order."""
        return Residues(self.parts.transpose([0, *(k + 1 for k in order)]), self.primes)

    def reshape(self, shape: tuple[int, ...]) -> Residues:
        """The array in another shape."""
        return Residues(self.parts.reshape(len(self.primes), *shape), self.primes)

    def squeeze(self, over: tuple[int, ...]) -> Residues:
        """The array without some axes of length one."""
        return Residues(self.parts.squeeze(tuple(k + 1 for k in over)), self.primes)

    def repeated(self, sizes: Sequence[int]) -> Residues:
        """The array broadcast to some sizes."""
        return Residues(np.broadcast_to(self.parts, (len(self.primes), *sizes)), self.primes)

    def __getitem__(self, index: tuple[slice | None, ...]) -> Residues:
        return Residues(self.parts[(slice(None), *index)], self.primes)

    def sum(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Residues:
        """The sums over some axes, all by default."""
        over = range(self.ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
        return Residues(_summed(self.parts, [k + 1 for k in over], self.primes, keepdims), self.primes)

    def __mul__(self, other: Any) -> Residues:
        return Residues(_multiplied(*self._with(other), self.primes), self.primes)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Residues:
        below = Residues.of(other, self.primes)
        return self * Residues(_inverse(below.parts, self.primes), self.primes)

    def __rtruediv__(self, other: Any) -> Residues:
        return Residues.of(other, self.primes) / self

    def __eq__(self, other: object) -> Any:
        one, another = self._with(other)
        return np.asarray((one == another).all(axis=0))

    def __ne__(self, other: object) -> Any:
        return ~(self == other)

    def _with(self, other: Any) -> tuple[Any, Any]:
        """The parts of both, with axes of length one behind that of the primes, as broadcasting adds them in front."""
        both = self.parts, Residues.of(other, self.primes).parts
        ndim = max(parts.ndim for parts in both)
        one, another = (p.reshape(len(p), *(1 for _ in range(ndim - p.ndim)), *p.shape[1:]) for p in both)
        return one, another


def as_residues(values: Any, primes: Primes) -> Any:
    """The residues of an array of Fractions, for where such an array is wanted."""
    return Residues.of(values, primes)


def _column(primes: Primes, ndim: int) -> Any:
    return primes.reshape(-1, *(1 for _ in range(ndim - 1)))


def _multiplied(a: Any, b: Any, primes: Primes) -> Any:
    """a b modulo the primes: the quotient in floating point is right up to one, and the rest wraps to what it is."""
    p = _column(primes, max(a.ndim, b.ndim))
    quotient = (a.astype(np.float64) * b.astype(np.float64) / p).astype(np.int64)
    rest = a * b - quotient * p
    rest += p * (rest < 0)
    rest -= p * (rest >= p)
    return rest


def _summed(parts: Any, over: Sequence[int], primes: Primes, keepdims: bool) -> Any:
    """Sums over axes of the parts, few enough terms at a time."""
    if np.prod([parts.shape[k] for k in over]) <= _ADDED:
        total = parts.sum(axis=tuple(over), keepdims=True)
    else:
        total = parts
        for axis in over:
            total = total.sum(axis=axis, keepdims=True) % _column(primes, total.ndim)
    total = total % _column(primes, total.ndim)
    return total if keepdims else total.squeeze(axis=tuple(over))


def _inverse(parts: Any, primes: Primes) -> Any:
    """1 / a modulo the primes, all by one inverse a prime: products in pairs up to one, and back.  Raises Unlucky."""
    flat = parts.reshape(len(primes), -1)
    if (flat == 0).any():
        raise Unlucky("a denominator is zero modulo a prime")
    levels = [flat]
    while levels[-1].shape[1] > 1:
        below = levels[-1]
        if below.shape[1] % 2:
            below = levels[-1] = np.concatenate([below, np.ones((len(primes), 1), dtype=np.int64)], axis=1)
        levels.append(_multiplied(below[:, ::2], below[:, 1::2], primes))
    found = np.array([[pow(int(v), -1, int(p))] for (v,), p in zip(levels.pop(), primes, strict=True)], dtype=np.int64)
    for below in reversed(levels):
        found, both = found[:, : below.shape[1] // 2], np.empty_like(below)  # without what made the level above even
        both[:, ::2] = _multiplied(found, below[:, 1::2], primes)
        both[:, 1::2] = _multiplied(found, below[:, ::2], primes)
        found = both
    return found[:, : flat.shape[1]].reshape(parts.shape)


def _residues(array: Any, prime: int) -> Any:
    found = [value.numerator * _inverse_of(value.denominator, prime) % prime for value in array.flat]
    return np.array(found, dtype=np.int64).reshape(array.shape)


@lru_cache(maxsize=4096)
def _inverse_of(value: int, prime: int) -> int:
    if value % prime == 0:
        raise Unlucky("a denominator is zero modulo a prime")
    return pow(value, -1, prime)
