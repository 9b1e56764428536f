"""What is said about inputs that no row shows: which values of which variables, in the user's own units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from idgen_compiler.data.kinds.kind import PartOf
from idgen_torch.parts import Values
from idgen_torch.running.learned.stretches import Stretch
from idgen_torch.running.overlap.finding import Finding, Lookout
from idgen_torch.running.overlap.support import Column

__all__ = ["functions", "in_stretch", "joined", "missed", "where"]

ROUNDING = 1e-6

SHOWN = 2
"""So many places are named."""

COARSE = 8
"""Stretches of numbers that no place has bins for are told apart by so many bins."""

DETERMINED = 0.98
"""A number of which others explain this part of the variance, as ranks, is all but a function of them."""


def where(finding: Finding, lookout: Lookout, atoms: Mapping[str, PartOf], rows: Values) -> str:
    """The places of a finding, as `at X = 1, Z = 0, which no row shows`; `rows` are those that were looked at."""
    columns = [lookout.support.columns[k] for k in finding.columns]
    if finding.place is None and not finding.near and len(columns) > 1 and any(column.number for column in columns):
        return f"at values of {joined([column.name for column in columns])} that lie far from every row together"
    there = {column.part: rows[column.part][finding.rows] for column in columns}
    if finding.near and len(columns) > 2:
        return _beside(columns, atoms, there)
    shown = _places(finding, columns, atoms, there)
    missing = "no row shows" if finding.none else "hardly any row shows"
    more = " and elsewhere" if len(shown) > SHOWN else ""
    return f"at {' or '.join(shown[:SHOWN])}{more}, which {missing}"


def in_stretch(stretch: Stretch, column: Column, atom: PartOf, values: Tensor) -> str:
    """`at X = 4.27, which hardly any row shows`, or where the model fails; `values` are those that are asked."""
    missing = f"where {missed(stretch, column, atom)}" if stretch.target else "which hardly any row shows"
    return f"at {_value(column, atom, values)}, {missing}"


def missed(stretch: Stretch, column: Column, atom: PartOf) -> str:
    """`its draws of Y are not as the rows: of 50 with X from 3.8 to 5.1 39 lie above the middle of the draws`."""
    ends = torch.tensor([[stretch.first], [stretch.last]], dtype=torch.float64)
    middle = "the middle half" if stretch.way in ("within", "outside") else "the middle"
    return (
        f"its draws of {stretch.target} are not as the rows: of {stretch.rows} with {_value(column, atom, ends)} "
        f"{stretch.off} lie {stretch.way} {middle} of the draws"
    )


def _beside(columns: list[Column], atoms: Mapping[str, PartOf], there: Values) -> str:
    """`at X = 1 or X = 0, with values of A and B near which hardly any row has it`."""
    own = columns[-1]
    levels, counts = there[own.part].unique(return_counts=True)
    often = levels[counts.argsort(descending=True)[:SHOWN]]
    shown = " or ".join(_value(own, atoms[own.part], level[None]) for level in often)
    others = list(dict.fromkeys(column.name for column in columns[:-1]))
    pronoun = "that" if len(often) > 1 else "it"
    return f"at {shown}, with values of {joined(others)} near which hardly any row has {pronoun}"


def functions(lookout: Lookout) -> list[str]:
    """Which inputs are functions of others in these rows, as `X is a function of Z`."""
    columns, found = lookout.support.columns, []
    for place in lookout.places:
        pair = [columns[k] for k in place.columns]
        if len(pair) == 2 and not any(column.number for column in pair):
            there = place.near.reshape(place.widths) > 0
            for axis in (1, 0):
                enough = int(there.any(1 - axis).sum()) > 1
                if enough and bool((there.sum(axis) <= 1).all()):
                    found.append(f"{pair[axis].name} is a function of {pair[1 - axis].name}")
                    break
    if (together := lookout.together) is not None:
        explained = dict(zip(together.columns, together.determined, strict=True))
        k = max(explained, key=lambda k: (explained[k] >= DETERMINED, columns[k].set, k))
        if explained[k] >= DETERMINED:
            others = [columns[j] for j in explained if columns[j].group != columns[k].group]
            found.append(f"{columns[k].name} is all but a function of {joined([column.name for column in others])}")
    return found


def _places(finding: Finding, columns: list[Column], atoms: Mapping[str, PartOf], there: Values) -> list[str]:
    """The places where most of the rows lie, each once: all values but those of the number that varies most are set."""
    steps = finding.place.steps if finding.place is not None else [COARSE if c.number else 1 for c in columns]
    codes = torch.stack([finding.codes[:, k] // s for k, s in zip(finding.columns, steps, strict=True)], 1)
    varied = [len(codes[:, k].unique()) if column.number else 0 for k, column in enumerate(columns)]
    moving = max(range(len(columns)), key=varied.__getitem__)
    fixed = [k for k in range(len(columns)) if k != moving or not columns[k].number]
    _, group, counts = codes[:, fixed or [moving]].unique(dim=0, return_inverse=True, return_counts=True)
    texts = []
    for key in counts.argsort(descending=True)[: SHOWN + 1].tolist():
        inside = (group == key).nonzero()[:, 0]
        for run in _runs(codes[inside, moving]) if columns[moving].number else [torch.arange(len(inside))]:
            at = inside[run]
            texts.append((len(at), ", ".join(_value(c, atoms[c.part], there[c.part][at]) for c in columns)))
    return list(dict.fromkeys(text for _, text in sorted(texts, key=lambda pair: -pair[0])))


def _runs(codes: Tensor) -> list[Tensor]:
    """Rows by stretches of neighboring bins, the one with most rows first."""
    bins = codes.unique()
    ends = [*(bins.diff() > 1).nonzero()[:, 0].tolist(), len(bins) - 1]
    starts = [0, *(end + 1 for end in ends[:-1])]
    runs = [((codes >= bins[a]) & (codes <= bins[b])).nonzero()[:, 0] for a, b in zip(starts, ends, strict=True)]
    return sorted(runs, key=len, reverse=True)


def _value(column: Column, atom: PartOf, values: Tensor) -> str:
    """`X = 1`, or `Z from 0.2 to 3.1`."""
    if not column.number:
        return f"{column.name} = {atom.kind.describe(int(values[0]))}"
    entry = values[:, column.entry]
    zero = torch.zeros_like(values[0])
    kind = atom.kind.unbounded if column.set else atom.kind
    out = kind.empty(4)
    kind.decode_one(torch.stack([values[entry.argmin()], values[entry.argmax()], zero, zero + 1]).numpy(), out)
    low, high, zero_of, one_of = out if out.ndim == 1 else out[:, column.entry]
    if isinstance(low, np.floating):  # what is left of a value after float32 is no digit of it
        low, high = (0.0 if abs(end) < ROUNDING * abs(one_of - zero_of) else end for end in (low, high))
    digits = next((d for d in (3, 6, 10) if _short(low, d) != _short(high, d)), 3)
    first, last = _short(low, digits), _short(high, digits)
    return f"{column.name} = {first}" if first == last else f"{column.name} from {first} to {last}"


def _short(value: Any, digits: int) -> str:
    return f"{float(value):.{digits}g}" if isinstance(value, np.floating | float) else str(value)


def joined(names: Sequence[str]) -> str:
    """`X, Y and Z`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
