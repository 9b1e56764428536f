"""Numbers on a support, as numbers on the whole line: what densities are learned of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import softplus

from idgen_compiler.data.kinds.numbers.scale import TAIL, TWICE
from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError
from idgen_torch.families.numbers.line import EXACT
from idgen_torch.families.state import Config, setting

__all__ = ["Support"]

NEAREST = 1e-5
"""Values nearer to an end than this are taken to be so far from it."""

EDGE = 0.05
"""Nearer to an end a density has the value that it has here: rows there are few, and on the whole line, where such
numbers are a long tail, what networks make of it goes anywhere (measured: docs/design-decisions.md)."""

NEAR, CROWD, CROWDED = 0.1, 5, 0.003
"""Rows crowd at an end where so many, and such a share, are nearer to it than this part of the width of their law."""

WIDE = 0.3
"""A law at an end is learned in deviations of all rows, unless its inputs leave it less than this part of one."""

STRAIGHT = 30.0
"""So many widths from the center straight tails are drawn in after all: one absurd row would turn a network."""

_LARGEST = 80.0
"""The logarithm of what float32 holds without fear."""

_WIDE = 60.0
"""Ends so far apart do not feel each other."""


@dataclass(frozen=True, slots=True)
class Support:
    """Maps of columns of numbers onto the whole line, hardly moving what is far from the ends.

    With s(d) = log(exp(d) - 1), the inverse of softplus, a number y above an end a goes to a + s(y - a), one below an
    end b to b - s(b - y), and one between both to the mean of a + s(y - a) and b - s(b - y). In units of u, as if y / u
    were the number, what is farther from an end than a few of them stays where it is, so that a line that rows follow
    within u stays one up to there.

    ends: of each column, None for an open one. units: of each column, 1 where none are said; of 0 a number stays where
    it is, and the way back ends at the ends. straight: the columns whose tails, drawn in beyond `TAIL`, are straight up
    to `STRAIGHT`, and drawn in from there on.

    >>> half = Support(((0.0, None),))
    >>> free = half.freed(torch.tensor([[0.01], [1.0], [8.0]]))
    >>> free.flatten(), half.bound(free).flatten()
    (tensor([-4.6002,  0.5413,  7.9997]), tensor([0.0100, 1.0000, 8.0000]))
    """

    ends: tuple[tuple[float | None, float | None], ...]
    units: tuple[float, ...] = ()
    straight: tuple[int, ...] = ()

    @classmethod
    def of(cls, parts: Iterable[Part], units: Sequence[float] = (), straight: Sequence[int] = ()) -> Support:
        """The support of some parts side by side; entries of vectors have no ends."""
        ends = tuple((part.low, part.high) for part in parts for _ in range(part.dim))
        return cls(ends, tuple(units), tuple(straight))

    @classmethod
    def read(cls, parts: Sequence[Part], config: Config) -> Support:
        """The support of which this is the `config`.  Raises DataError for anything else."""
        units, straight = setting(config, "units", list), setting({"straight": [], **config}, "straight", list)
        found = cls.of(parts)
        if len(units) not in (0, len(found.ends)):
            raise DataError(f"a saved flow has the units {units!r:.80} for {len(found.ends)} numbers")
        if not all(type(unit) in (int, float) and 0 <= unit <= 1 for unit in units):
            raise DataError(f"a saved flow has the units {units!r:.80}, which are no numbers from 0 to 1")
        if not all(type(k) is int and 0 <= k < len(found.ends) for k in straight):
            raise DataError(f"a saved flow draws out the numbers {straight!r:.80}, which are no places of targets")
        return replace(found, units=tuple(float(unit) for unit in units), straight=tuple(straight))

    def config(self) -> Config:
        """What says more than the parts."""
        return {"units": list(self.units)} | ({"straight": list(self.straight)} if self.straight else {})

    def far(self, values: Tensor) -> list[int]:
        """The columns that may be straight: rows lie beyond `TAIL`, and no end does.

        Shape: values (rows, columns).
        """
        least, most = (values.amin(0).tolist(), values.amax(0).tolist()) if len(values) else ([], [])
        return [
            k
            for k, (low, high) in enumerate(zip(least, most, strict=True))
            if max(-low, high) > TAIL and all(end is None or abs(end) <= TAIL for end in self.ends[k])
        ]

    @property
    def bounded(self) -> Sequence[int]:
        """The columns that have an end."""
        return [k for k, ends in enumerate(self.ends) if ends != (None, None)]

    def fitting(self, values: Tensor, spreads: Sequence[float]) -> Support:
        """The same in units that fit rows which lie so far from what their inputs say, in deviations of the column.

        Where rows crowd at an end, that end shapes their law, in units of its width. At others, which are where the
        rows happen to end, it should not be felt. What has no spread follows from the inputs. Shape: (rows, columns).
        """
        units = []
        for k, spread in enumerate(spreads):
            near = [int(((values[:, k] - end).abs() < NEAR * spread).sum()) for end in self.ends[k] if end is not None]
            crowded = max(near, default=0) >= max(CROWD, CROWDED * len(values))
            width = 1.0 if spread > WIDE else spread
            units.append(0.0 if spread < EXACT else width if crowded else NEAR * min(1.0, spread))
        return replace(self, units=tuple(units))

    def straightened(self, values: Tensor) -> Tensor:
        """With straight tails, between the ends.  Shape: (rows, columns) -> (rows, columns)."""
        if not self.straight:
            return values
        found = values.clone()
        for k in self.straight:
            found[:, k] = _straightened(values[:, k])
        return found

    def freed(self, values: Tensor) -> Tensor:
        """On the whole line.  Shape: (rows, columns) -> (rows, columns)."""
        wide = self.straightened(values)
        found = wide.clone() if self.bounded else wide
        for k, unit, low, high in self._each():
            if unit:
                found[:, k] = (unit * _freed(wide[:, k].double() / unit, low, high)).to(values.dtype)
        return found

    def bound(self, free: Tensor) -> Tensor:
        """The way back.  Shape: (rows, columns) -> (rows, columns)."""
        found = free.clone() if self.bounded or self.straight else free
        for k, unit, low, high in self._each():
            within = unit * _bound(free[:, k].double() / unit, low, high) if unit else free[:, k]
            found[:, k] = within.clamp(*self.ends[k]).to(free.dtype)
        for k in self.straight:
            found[:, k] = _bent(found[:, k])
        return found

    def off_edges(self, values: Tensor) -> Tensor:
        """The numbers, where those nearer than `EDGE` units to an end are so far from it.  Shape: (rows, columns)."""
        found = values.clone() if self.bounded else values
        for k, unit, low, high in self._each():
            most = EDGE if low is None or high is None else min(EDGE, (high - low) / 40)
            least, largest = self.ends[k]
            found[:, k] = values[:, k].clamp(
                min=None if least is None else least + unit * most,
                max=None if largest is None else largest - unit * most,
            )
        return found

    def log_slope(self, values: Tensor) -> Tensor:
        """Log of the determinant of the map.  Shape: (rows, columns) -> (rows,)."""
        total, values = torch.zeros(len(values), dtype=values.dtype, device=values.device), self.straightened(values)
        for k in self.straight:
            total += _log_slope_out(values[:, k])
        for k, unit, low, high in self._each():
            if not unit:
                continue
            wide = values[:, k].double() / unit
            slopes = [1 / -torch.expm1(-_distance(wide, end)) for end in (low, high) if end is not None]
            # Where the ends do not feel each other, the slope at the farther one is 1.
            slope = torch.stack(slopes).amax(0) if _are_wide(low, high) else torch.stack(slopes).mean(0)
            total += slope.log().to(values.dtype)
        return total

    def _each(self) -> Iterator[tuple[int, float, float | None, float | None]]:
        """The columns that have an end, each with its unit, and its ends in that unit."""
        for k in self.bounded:
            unit, (low, high) = self.units[k] if self.units else 1.0, self.ends[k]
            if unit:
                low, high = (None if end is None else end / unit for end in (low, high))
            yield k, unit, low, high


def _straightened(values: Tensor) -> Tensor:
    """Numbers as models see them, with tails that are straight up to `STRAIGHT` widths."""
    far = (values.abs() - TAIL).clamp(min=0)
    once = torch.where(far > TWICE, TWICE + (far - TWICE).clamp(max=7).expm1(), far)  # see `Scale`
    own = TAIL + once.clamp(max=_LARGEST).expm1()
    own = torch.where(own > STRAIGHT, STRAIGHT + (own - STRAIGHT).clamp(min=0).log1p(), own)
    return torch.where(far > 0, values.sign() * own, values)


def _bent(values: Tensor) -> Tensor:
    """The way back."""
    _, once, twice = _tails(values)
    seen = TAIL + torch.where(once > TWICE, TWICE + twice, once)
    return torch.where(once > 0, values.sign() * seen, values)


def _log_slope_out(values: Tensor) -> Tensor:
    """Log of the slope of `_straightened`, by what it gives."""
    far, once, twice = _tails(values)
    return once + twice - far


def _tails(values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """How far what `_straightened` gives lies beyond `STRAIGHT`; its tail drawn in once, and again (see `Scale`)."""
    far = (values.abs() - STRAIGHT).clamp(min=0)
    own = torch.where(far > 0, STRAIGHT + far.clamp(max=_LARGEST).expm1(), values.abs())
    once = (own - TAIL).clamp(min=0).log1p()
    return far, once, (once - TWICE).clamp(min=0).log1p()


def _distance(values: Tensor, end: float) -> Tensor:
    return (values - end).abs().clamp(min=NEAREST)


def _freed(values: Tensor, low: float | None, high: float | None) -> Tensor:
    if high is None:
        return values if low is None else low + _log_expm1(_distance(values.clamp(min=low), low))
    down = high - _log_expm1(_distance(values.clamp(max=high), high))
    if low is None:
        return down
    up = _freed(values, low, None)
    return torch.where(values < (low + high) / 2, up, down) if _are_wide(low, high) else (up + down) / 2


def _are_wide(low: float | None, high: float | None) -> bool:
    return low is not None and high is not None and high - low > _WIDE


def _bound(free: Tensor, low: float | None, high: float | None) -> Tensor:
    if high is None:
        return free if low is None else low + softplus(free - low)
    return high - softplus(high - free) if low is None else _between(free, low, high)


def _between(free: Tensor, low: float, high: float) -> Tensor:
    """The y of which free = (low + s(y - low) + high - s(high - y)) / 2.

    With q = exp(y - low), w = exp(high - low) and r = exp(2 free - low - high), q^2 - (1 - r) q - r w = 0.
    """
    if _are_wide(low, high):
        middle = (low + high) / 2
        return torch.where(
            free < middle, low + softplus(free - low).clamp(max=middle - low), high - softplus(high - free)
        )
    log_r = (2 * free - low - high).clamp(-300, 300)
    r, w = log_r.exp(), torch.tensor(high - low, dtype=free.dtype, device=free.device).exp()
    root = ((1 - r).square() + 4 * r * w).sqrt()
    # The positive root, by the formula that does not cancel.
    q = torch.where(r <= 1, (1 - r + root) / 2, 2 * r * w / (r - 1 + root))
    return (low + q.log()).clamp(low, high)


def _log_expm1(distance: Tensor) -> Tensor:
    """log(exp(d) - 1), where d may be large."""
    return distance + torch.log(-torch.expm1(-distance))
