"""Random draws by a seed, in the place of numpy's: other numbers of the same laws."""

from __future__ import annotations

from random import Random
from typing import Any

from idgen_compiler.studio.standin.kinds import dtype
from idgen_compiler.studio.standin.ndarray import ndarray

__all__ = ["Generator", "default_rng"]


class Generator:
    """Draws that a seed determines.

    >>> default_rng(3).integers(0, 10) == default_rng(3).integers(0, 10)
    True
    """

    def __init__(self, seed: Any) -> None:
        self._random = Random(repr(seed))

    def random(self) -> float:
        """Evenly between 0 and 1."""
        return self._random.random()

    def integers(self, low: int, high: int) -> int:
        """A whole number from `low` on, below `high`."""
        return self._random.randrange(low, high)

    def choice(self, count: int, size: int, replace: bool) -> ndarray:
        """Whole numbers below `count`, all different."""
        if replace:
            raise NotImplementedError("a choice with replacement")
        return ndarray(self._random.sample(range(count), size), (size,), dtype(int))

    def permutation(self, values: ndarray) -> ndarray:
        """The values in another order."""
        return ndarray(self._random.sample(values.cells, len(values.cells)), values.shape, values.dtype)


def default_rng(seed: Any = None) -> Generator:
    """A generator.  Raises NotImplementedError without a seed: nothing here is left to chance."""
    if seed is None:
        raise NotImplementedError("a generator without a seed")
    return Generator(seed)
