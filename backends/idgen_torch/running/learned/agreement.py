"""Whether a model's draws agree with the rows that it was learned from, as a whole and within parts of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import torch
from torch import Tensor

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.kinds import Atom
from idgen_compiler.data.kinds.numbers.number import Number
from idgen_compiler.data.kinds.text import texts_of
from idgen_compiler.data.part import Form, Part
from idgen_compiler.data.schema import Schema
from idgen_compiler.forms.shown import cut
from idgen_torch.drawing import generator_for, rows_by_weight, some_rows
from idgen_torch.families import ConditionalModel, Task
from idgen_torch.families.returned import draw
from idgen_torch.families.task import rows_at
from idgen_torch.parts import Values

__all__ = ["Disagreement", "MeansApart", "cycles", "disagreements"]

ROWS, ROWS_OF_IMAGES = 20_000, 1_000
"""So many rows are drawn again and compared; fewer where images are read or texts are written."""

FEWEST, FEW, MOST_GROUPS = 50, 200, 24
"""A comparison needs so many rows, one of a group so many, and no more than so many groups are looked at."""

MOST_BINS, BINNED = 48, 12
"""So many ranges of numbers are looked at in all, and so many inputs that are numbers."""

ERRORS = 5.0
"""A difference is told from so many standard errors of the rows on ..."""
SHARE, RELATIVE, DEVIATIONS, OF_ALL = 0.03, 0.3, 0.1, 0.01
"""... where it is this large, or this large a part of a share, or of a standard deviation, and of that of all rows."""

REPEATED, MOST_REPEATED = 20, 12
"""A value of a number is looked at by itself where so many rows have it; so many such values are."""

_LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)

Kinds = Mapping[str, Atom]
"""The kind behind each part, by the name of the part."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A share of rows that a model does not give back: of those in `group`, where `event` holds.

    >>> print(Disagreement("X = 1", "Y <= 2", 0.5, 0.41, 800))
    of 800 rows with X = 1, 50.0% have Y <= 2, but 41.0% of what the model draws for them
    """

    group: str
    event: str
    rows: float
    model: float
    count: int

    def __str__(self) -> str:
        return f"{self.among}, {self.rows:.1%} have {self.event}, but {self.model:.1%} of what the model draws for them"

    @property
    def among(self) -> str:
        """Of which rows this is said."""
        return f"of {self.count} rows" + (f" with {self.group}" if self.group else "")

    @property
    def errors(self) -> float:
        """How many standard errors the two shares are apart; both are of so many rows."""
        share = min(max((self.rows + self.model) / 2, 1 / self.count), 1 - 1 / self.count)
        return abs(self.rows - self.model) / sqrt(2 * share * (1 - share) / self.count)

    @property
    def matters(self) -> bool:
        """Whether the difference is beyond chance, and large."""
        apart, least = abs(self.rows - self.model), min(self.rows, 1 - self.rows)
        return self.errors > ERRORS and (apart > SHARE or apart > RELATIVE * least)


@dataclass(frozen=True, slots=True)
class MeansApart(Disagreement):
    """A mean that a model does not give back, in the number's own unit; `deviation` is that of the rows.

    `of_all` is that of all rows, of whatever group: where a group has next to one value, hardly anything is far.

    >>> print(MeansApart("X = 1", "Y", 5.0, 90.0, 800, deviation=6.0))
    of 800 rows with X = 1, Y has the mean 5, but 90 in what the model draws for them
    """

    deviation: float = 1.0
    of_all: float = 0.0

    def __str__(self) -> str:
        rows, model = _told_apart(self.rows, self.model)
        means = f"the mean {rows}, but {model} in what the model draws for them"
        return f"{self.among}, {self.event} has {means}"

    @property
    def errors(self) -> float:
        """How many standard errors of the rows' mean the two are apart, both being of so many rows."""
        return abs(self.rows - self.model) / max(self.deviation * sqrt(2 / self.count), 1e-300)

    @property
    def matters(self) -> bool:
        """Whether the difference is beyond chance, and a good part of a standard deviation."""
        least = max(DEVIATIONS * self.deviation, OF_ALL * self.of_all)
        return self.errors > ERRORS and abs(self.rows - self.model) > least


def _told_apart(one: float, other: float) -> tuple[str, str]:
    """Two numbers, with as many digits as tell them apart."""
    digits = next((k for k in range(4, 17) if f"{one:.{k}g}" != f"{other:.{k}g}"), 17)
    return f"{one:.{digits}g}", f"{other:.{digits}g}"


@torch.no_grad()
def disagreements(source: str, model: ConditionalModel, task: Task, schema: Schema) -> list[Disagreement]:
    """Where draws given the rows' own inputs differ from the rows by more than their error, the worst first.

    Compared are means, and shares of categories, of numbers up to quantiles of the rows, and of numbers that many rows
    have, in all rows, within each category of each input, and within ranges of as many rows of each input that is a
    number. Of texts the shares of those that hold a common word are compared. Images are not, nor is the law of
    several targets together. Raises DataError, in the name of the source, for draws that are no values.
    """
    targets = [part for part in task.targets if part.form is not Form.PICTURES]
    effective = int(task.effective_rows)
    if not targets or effective < FEWEST or task.exact:
        return []
    generator = generator_for(0)
    most = ROWS_OF_IMAGES if task.sees_images or Form.TEXTS in task.target_forms else ROWS
    if task.weights is not None:
        # No more rows than are effective, so that the errors of their shares are not taken for smaller than they are.
        index = rows_by_weight(task.count, task.weights, min(most, effective), generator)
    else:
        index = some_rows(task.count, most, generator)
    device = task.rows[targets[0].name].device
    rows = rows_at(task.parts, task.rows, index.to(device), device)
    drawn = draw(source, model, {part.name: rows[part.name] for part in task.inputs}, len(index), generator_for(1))
    kinds = {atom.part.name: atom.kind for name, kind in schema.types.items() for atom in kind.atoms(name)}
    groups = list(_groups(task, rows, kinds))
    events = [event for part in targets for event in _events(part, rows, drawn, kinds)]
    events += [event for part in targets for event in _repeated(part, rows, drawn, kinds)]
    found = [
        Disagreement(group, name, float(seen[mask].double().mean()), float(made[mask].double().mean()), int(mask.sum()))
        for group, mask in groups
        for name, seen, made in events
    ]
    found += [
        MeansApart(group, part.name, *_moments(seen[mask], made[mask]), float(seen.std(correction=0)))
        for part in targets
        if (own := _own_unit(part, rows, drawn, kinds)) is not None
        for seen, made in [own]
        for group, mask in groups
    ]
    return sorted((one for one in found if one.matters), key=lambda one: -one.errors)


def _own_unit(part: Part, rows: Values, drawn: Values, kinds: Kinds) -> tuple[Tensor, Tensor] | None:
    """Rows and draws of a number in its own unit; None for any other part.  Shape of each: (rows,) float64."""
    kind = kinds.get(part.name)
    if part.form is not Form.NUMBERS or part.dim > 1 or kind is None or kind.layout.kind not in "iuf":
        return None
    seen, made = (torch.from_numpy(_decoded(kind, values[part.name]).astype("float64")) for values in (rows, drawn))
    return seen, made


def _moments(seen: Tensor, made: Tensor) -> tuple[float, float, int, float]:
    """Both means, how many rows, and the deviation of those seen."""
    return float(seen.mean()), float(made.mean()), len(seen), float(seen.std(correction=0))


def _groups(task: Task, rows: Values, kinds: Kinds) -> Iterator[tuple[str, Tensor]]:
    """All rows, then those of each common category of each input, then those of each range of numbers."""
    count = len(rows[task.targets[0].name])
    yield "", torch.ones(count, dtype=torch.bool)
    if count < FEW:
        return
    left = MOST_GROUPS
    for part in task.inputs:
        if part.size is not None:
            sizes = torch.bincount(rows[part.name].cpu(), minlength=part.size)
            for code in sizes.argsort(descending=True)[:left].tolist():
                if sizes[code] >= FEW:
                    left -= 1
                    yield f"{part.name} = {_described(part, code, kinds)}", rows[part.name].cpu() == code
    numbers = [part for part in task.inputs if part.form is Form.NUMBERS and part.dim == 1][:BINNED]
    for part in numbers:
        values = rows[part.name].cpu()[:, 0]
        steps = min(MOST_GROUPS, MOST_BINS // len(numbers), count // FEW)
        ends = torch.quantile(values.double(), torch.linspace(0, 1, steps + 1, dtype=torch.float64)).unique()
        bins = torch.bucketize(values.double(), ends[1:-1]) if len(ends) > 2 else values[:0]
        for k in bins.unique().tolist():
            mask = bins == k
            if FEWEST <= int(mask.sum()) < count:
                low, high = (_described(part, end, kinds) for end in (values[mask].min(), values[mask].max()))
                yield f"{part.name} from {low} to {high}", mask
        yield from cycles(part, rows, kinds)


def cycles(part: Part, rows: Values, kinds: Kinds) -> Iterator[tuple[str, Tensor]]:
    """Rows by what comes round in a number, as the weekdays of a date."""
    kind = kinds.get(part.name)
    for name, places, at in () if kind is None else kind.cycles(rows[part.name].cpu().numpy()):
        remedy = f"(dates are numbers to a model; give their {name} a column and a vertex of its own)"
        counts = np.bincount(at, minlength=len(places))
        for place in np.flatnonzero((counts >= FEWEST) & (counts < len(at))):
            yield f"{part.name} {places[place]} {remedy}", torch.from_numpy(at == place)


def _events(part: Part, rows: Values, drawn: Values, kinds: Kinds) -> Iterator[tuple[str, Tensor, Tensor]]:
    """What happens in rows and in draws: each category, or each number up to a quantile of the rows."""
    seen, made = rows[part.name].cpu(), drawn[part.name].cpu()
    if part.size is not None:
        for code in torch.bincount(seen, minlength=part.size).argsort(descending=True)[:MOST_GROUPS].tolist():
            yield f"{part.name} = {_described(part, code, kinds)}", seen == code, made == code
        return
    if part.form is Form.TEXTS:
        yield from _words(part, seen, made)
        return
    for entry in range(min(part.dim, MOST_GROUPS)):
        mine, its = seen[:, entry], made[:, entry]
        name = part.name if part.dim == 1 else f"entry {entry} of {part.name}"
        for level in torch.quantile(mine.double(), torch.tensor(_LEVELS, dtype=torch.float64)).unique():
            end = mine[(mine - level).abs().argmin()]
            yield f"{name} <= {_described(part, end, kinds)}", mine <= end, its <= end


def _words(part: Part, seen: Tensor, made: Tensor) -> Iterator[tuple[str, Tensor, Tensor]]:
    """Which rows and draws hold each of the commonest words."""
    rows, draws = ([set(text.split()) for text in texts_of(values.numpy())] for values in (seen, made))
    often = Counter(word for words in rows for word in words)
    for word in sorted(often, key=lambda word: (-often[word], word))[:MOST_GROUPS]:
        event = f"the word {cut(word)} in {part.name}"
        there, made_there = (
            torch.tensor([word in words for words in texts], dtype=torch.bool) for texts in (rows, draws)
        )
        yield event, there, made_there


def _repeated(part: Part, rows: Values, drawn: Values, kinds: Kinds) -> Iterator[tuple[str, Tensor, Tensor]]:
    """Whether a number is one of those that many rows have, as each of the commonest, and as any of them."""
    kind = kinds.get(part.name)
    if part.size is not None or part.dim > 1 or kind is None:
        return
    seen, made = (_decoded(kind, values[part.name]) for values in (rows, drawn))
    values, counts = np.unique(seen, return_counts=True)
    common = values[counts >= REPEATED]
    if not len(common):
        return
    for value in values[np.argsort(-counts, kind="stable")][: min(len(common), MOST_REPEATED)]:
        yield f"{part.name} = {_shown(value)}", torch.from_numpy(seen == value), torch.from_numpy(made == value)
    told = f"{part.name} among the {len(common)} values that {REPEATED} rows or more have"
    if isinstance(kind, Number):
        told += f" (types={{{part.name!r}: 'levels'}} draws values of rows alone)"
    yield told, torch.from_numpy(np.isin(seen, common)), torch.from_numpy(np.isin(made, common))


def _decoded(kind: Atom, values: Tensor) -> Array:
    """Numbers as the user knows them.  Shape: (rows, 1) -> (rows,)."""
    return kind.told(values.cpu().numpy())


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float | np.floating) else str(value)


def _described(part: Part, value: Tensor | int, kinds: Kinds) -> str:
    """A value in the user's own words; a code of the models' own by its number."""
    kind = kinds.get(part.name)
    if kind is not None and part.size is not None:
        return str(kind.describe(value))
    if kind is not None and part.dim == 1:
        return _shown(_decoded(kind, torch.as_tensor(value).reshape(1, 1))[0])
    return f"{float(value):.3g} in units of its spread" if part.size is None else f"code {value}"
