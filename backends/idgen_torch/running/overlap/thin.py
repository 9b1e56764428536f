"""Where hardly any row lies near a number that a caller sets: in gaps, among outliers and at the ends."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, pairwise

import torch
from torch import Tensor

from idgen_torch.arithmetic import rows_that_weigh
from idgen_torch.parts import Values
from idgen_torch.running.learned.stretches import Stretch
from idgen_torch.running.overlap.support import MOST_ROWS, Column, Support

__all__ = ["of_kept", "sparse_pair", "stretches_of", "thin_stretches"]

FEW = 5.0
"""A value is thin near which fewer rows lie: within a bandwidth of it."""

NEAREST, SHARE = 50, 0.1
"""The bandwidth is Silverman's (1986, equation 3.31) of so many nearest rows, or of such a share of all."""

BANDWIDTH = 1.06
NORMAL = 1.349
"""The interquartile range of a normal law of deviation one."""

GAPS, WITHIN, OUTERMOST = 500, 16, 100
"""In so many of the widest gaps, at so many places each, and at so many of the outermost values it is looked."""

HALVINGS = 30
BEYOND = 0.25
"""So many deviations beyond the outermost value; what is set further out is told by the range of the data."""

MOST_ASKED = 400


def stretches_of(support: Support, rows: Values, weights: Tensor | None) -> tuple[Stretch, ...]:
    """Those of all single numbers that a caller sets.  Shape: rows by part, weights (rows,)."""
    numbers = [column for column in support.columns if column.set and column.number]
    single = [column for column in numbers if rows[column.part].shape[1] == 1]
    return tuple(each for column in single for each in thin_stretches(column, rows[column.part][:, 0], weights))


def of_kept(support: Support) -> tuple[Stretch, ...]:
    """Those that the evenly spaced rows show, of all that there were."""
    return stretches_of(support, {part: values[:MOST_ROWS] for part, values in support.kept.items()}, None)


def thin_stretches(column: Column, values: Tensor, weights: Tensor | None) -> list[Stretch]:
    """The stretches of a number in which hardly any row lies near.  Shape: values, weights (rows,).

    >>> from idgen_torch.running.overlap.support import Column
    >>> values = torch.cat([torch.linspace(0, 1, 200), torch.linspace(9, 10, 200)])
    >>> column = Column("X", "X", 0, 0, True, 128, torch.zeros(127))
    >>> [(round(each.low), round(each.high)) for each in thin_stretches(column, values, None) if each.low > 0.5][:1]
    [(1, 9)]
    """
    rows = _Rows.of(values, weights)
    if rows is None:
        return []
    places = rows.places()
    thin = rows.thin(places)
    starts = [0, *(k + 1 for k in (thin[1:] != thin[:-1]).nonzero()[:, 0].tolist()), len(places)]
    found: list[tuple[Tensor, Tensor]] = []
    for first, behind in pairwise(starts):
        if bool(thin[first]):
            low = rows.border(places[first - 1], places[first]) if first else places[0]
            high = rows.border(places[behind], places[behind - 1]) if behind < len(places) else places[-1]
            if found and rows.between(found[-1][1], low) < 2 * FEW:
                low = found.pop()[0]
            found.append((low, high))
    return [Stretch(column.part, float(low), float(high)) for low, high in found]


class _Rows:
    """The values of a number in order, and how many rows there are up to each."""

    def __init__(self, values: Tensor, mass: Tensor) -> None:
        self.values = values
        self.upto = torch.cat([mass.new_zeros(1), mass.cumsum(0)])
        self.nearest = min(max(NEAREST, int(SHARE * len(values))), len(values))
        self.gaps = values.diff()
        least = float(self.gaps[self.gaps > 0].min())
        # Where numbers come in steps, those beside a step are near.
        self.step = least if least > 1e-6 * float(values[-1] - values[0]) else 0.0
        self.whole = _spread(values)

    @classmethod
    def of(cls, values: Tensor, weights: Tensor | None) -> _Rows | None:
        """None for a number that never varies."""
        own = values.detach().cpu().double()
        mass = torch.ones_like(own) if weights is None else weights.detach().cpu().double()
        there = rows_that_weigh(weights)
        if there is not None:
            own, mass = own[there], mass[there]
        if not bool((mass == mass.round()).all()):  # of frequencies a row counts as so many
            mass = mass / mass.mean()
        own, order = own.sort()
        return None if len(own) < 2 or float(own[0]) == float(own[-1]) else cls(own, mass[order])

    def places(self) -> Tensor:
        """Where a thin stretch would show, ascending: within wide gaps and at the outermost values."""
        values, gaps = self.values, self.gaps
        wide = gaps.topk(min(GAPS, len(gaps))).indices
        wide = wide[gaps[wide] > 0]
        shares = torch.linspace(0, 1, WITHIN, dtype=torch.float64)
        within = (values[wide, None] + gaps[wide, None] * shares).flatten()
        ends = torch.cat([values[:OUTERMOST], values[-OUTERMOST:]])
        beyond = (
            torch.stack([values[0], values[-1]]) + torch.tensor([-1, 1], dtype=torch.float64) * BEYOND * values.std()
        )
        return torch.cat([within, ends, beyond]).unique()

    def bandwidth(self, places: Tensor) -> Tensor:
        """Silverman's of the nearest rows below each place, or of those above it, whichever is wider.

        In a gap neither sees across it.  Shape: (places,) -> (places,).
        """
        at, m, count = torch.searchsorted(self.values, places), self.nearest, len(self.values)
        spreads = []
        for first in ((at - m).clamp(min=0), at.clamp(max=count - m)):
            spreads.append((self.values[first + (3 * m) // 4 - 1] - self.values[first + m // 4]) / NORMAL)
        own = BANDWIDTH * torch.maximum(*spreads) * m**-0.2
        whole = BANDWIDTH * self.whole * count**-0.2  # beside a value that most rows have
        return torch.where(own > 0, own, whole).clamp(min=self.step)

    def between(self, low: Tensor, high: Tensor) -> float:
        """How many rows lie between two places."""
        first, last = (self.upto[torch.searchsorted(self.values, end)] for end in (low, high))
        return float(last - first)

    def thin(self, places: Tensor) -> Tensor:
        """Whether fewer than FEW rows lie within a bandwidth.  Shape: (places,) -> (places,) bool."""
        reach = self.bandwidth(places)
        above = self.upto[torch.searchsorted(self.values, places + reach, right=True)]
        return above - self.upto[torch.searchsorted(self.values, places - reach)] < FEW

    def border(self, firm: Tensor, thin: Tensor) -> Tensor:
        """The thin place next to a firm one, between the two."""
        for _ in range(HALVINGS):
            middle = (firm + thin) / 2
            firm, thin = (firm, middle) if bool(self.thin(middle[None])[0]) else (middle, thin)
        return thin


def _spread(values: Tensor) -> float:
    """A deviation that outliers do not move.  Shape: (rows,), ascending."""
    count = len(values)
    middle = float(values[(3 * count) // 4] - values[count // 4]) / NORMAL
    return middle if middle > 0 else float(values.std())


def sparse_pair(support: Support, rows: Values, index: Tensor) -> tuple[tuple[int, int], Tensor, Tensor] | None:
    """Two inputs that a caller sets together, numbers among them, of which some rows have hardly any row near.

    Near is within Silverman's bandwidth by normal ranks, and of the same category.  None where no pair is sparse; the
    pair, the rows of the `index` that were looked at, and which of them are sparse.  Shape: index (rows,),
    (looked at,) bool.
    """
    chosen = [k for k, column in enumerate(support.columns) if column.set]
    pairs = [p for p in combinations(chosen, 2) if any(support.columns[k].number for k in p)]
    if not pairs or not len(index):
        return None
    asked = torch.stack([_asked(support.columns[k], rows) for k in chosen], 1)
    if len(asked[index].unique(dim=0)) > MOST_ASKED:
        index = index[torch.linspace(0, len(index) - 1, MOST_ASKED, dtype=torch.float64).long()]
    scores = {k: _scores(support, support.columns[k], rows, index) for k in chosen}
    found = [(pair, _sparse(support, pair, scores)) for pair in pairs]
    pair, there = max(found, key=lambda one: int(one[1].sum()))
    return (pair, index, there) if bool(there.any()) else None


def _asked(column: Column, rows: Values) -> Tensor:
    values = rows[column.part]
    return values[:, column.entry].double() if column.number else values.double()


def _scores(support: Support, column: Column, rows: Values, index: Tensor) -> tuple[Tensor, Tensor]:
    """Kept and asked values of an input: codes, or normal ranks among those that are kept."""
    kept, asked = _asked(column, support.kept)[:MOST_ROWS], _asked(column, rows)[index]
    if not column.number:
        return kept, asked
    own = kept.sort().values

    def normal(values: Tensor) -> Tensor:
        below, upto = (torch.searchsorted(own, values.contiguous(), right=right) for right in (False, True))
        return torch.special.ndtri(((below + upto) / 2 + 0.5) / (len(own) + 1))

    return normal(kept), normal(asked)


def _sparse(support: Support, pair: tuple[int, int], scores: Mapping[int, tuple[Tensor, Tensor]]) -> Tensor:
    """Whether fewer than FEW rows lie near, by two inputs.  Shape: (rows asked,) bool."""
    numbers = [k for k in pair if support.columns[k].number]
    asked, place_of = torch.stack([scores[k][1] for k in pair], 1).unique(dim=0, return_inverse=True)
    count = len(scores[pair[0]][0])
    near = torch.ones(len(asked), count, dtype=torch.bool)
    for at, k in enumerate(pair):
        if k not in numbers:
            near &= scores[k][0][None] == asked[:, at, None]
    reach = near.sum(1, keepdim=True).clamp(min=1).double() ** (-1 / (4 + len(numbers)))
    for at, k in enumerate(pair):
        if k in numbers:
            near &= (scores[k][0][None] - asked[:, at, None]).abs() <= reach
    return (near.sum(1) * (support.rows / count) < FEW)[place_of]
