"""What a saved sampler holds of the table that it was fitted to, in words, for whoever hands it on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch

from idgen_compiler.data.kinds import Categorical
from idgen_compiler.data.kinds.numbers.number import Number
from idgen_compiler.data.part import Form, Part
from idgen_compiler.data.schema import Schema
from idgen_compiler.forms.markup import table, tag
from idgen_torch.families import ConditionalModel
from idgen_torch.families.tables.resample import ResampleModel
from idgen_torch.running.files.rowless import source_of
from idgen_torch.running.fitted import FittedProgram
from idgen_torch.running.overlap.cells.margins import Margins

__all__ = ["Holding", "Holdings", "held_by"]

FEW = 5
"""Counts of fewer rows than this say something of single people, as statistical offices have it."""


@dataclass(frozen=True, slots=True)
class Holding:
    """Something of the table: "rows", "pictures", "counts", "labels", "ends" or "words", of which variables, and why.

    rows: how many, of rows and pictures.  few: of counts, how many are of fewer than `FEW` rows; None where that is not
    known, or it is no count.
    """

    what: str
    variables: tuple[str, ...]
    why: str
    rows: int = 0
    few: int | None = None

    def __str__(self) -> str:
        count = f"{self.rows:,} " if self.what in _BY_ROW else ""
        few = f"; {self.few:,} of them of fewer than {FEW} rows, which may tell of single people" if self.few else ""
        return f"{count}{self.what} of {', '.join(self.variables)}, {self.why}{few}"


_BY_ROW = ("rows", "pictures")


@dataclass(frozen=True, slots=True)
class Holdings:
    """All that a saved sampler holds of its table; prints as a list."""

    found: tuple[Holding, ...]

    @property
    def rows(self) -> tuple[Holding, ...]:
        """What stands in it as it stood in the table, row by row."""
        return tuple(one for one in self.found if one.what in _BY_ROW)

    def __str__(self) -> str:
        if not self.found:
            return "holds nothing of the table but what its models learned"
        return "holds\n" + "\n".join(f"  {one}" for one in self.found)

    def _repr_html_(self) -> str:
        if not self.found:
            return tag("p", self)
        rows = [
            (one.what, f"{one.rows:,}" if one.what in _BY_ROW else "", ", ".join(one.variables), one.why,
             "" if one.few is None else f"{one.few:,}")
            for one in self.found
        ]  # fmt: skip
        header = ("", "how many", "of", "why", f"counts of fewer than {FEW} rows")
        return table(header, rows, (1, 4), "What a saved sampler holds of its table")


def held_by(fitted: FittedProgram) -> Holdings:
    """What is written where a fitted program is saved."""
    found = [*_by_models(fitted), *_by_policies(fitted), *_by_lookouts(fitted), *_by_margins(fitted)]
    schema = fitted.schema
    if labels := tuple(name for name in schema.types if _is_labeled(schema, name)):
        found.append(Holding("labels", labels, "by which values are named"))
    if ends := tuple(name for name in schema.types if _has_ends(schema, name)):
        found.append(Holding("ends", ends, "between which values lie: the least and the largest, or near them"))
    return Holdings(tuple(dict.fromkeys(found)))


def _by_models(fitted: FittedProgram) -> Iterator[Holding]:
    falling = {name: model.fallback for name, model in fitted.bound.items() if model.fallback is not None}
    for name, model in {**fitted.models, **falling}.items():
        if rows := model.rows_held:
            parts = [part for part in (*model.targets, *model.inputs) if part.name in rows]
            yield from _rows(fitted, parts, f"which {name} [{model.family}] draws from", max(rows.values()))
        if model.family == "language":
            yield Holding("words", _names(fitted, model.targets), f"of which {name} makes texts")
        yield from _counts(fitted, model, f"which {name} [{model.family}] draws by")


def _by_policies(fitted: FittedProgram) -> Iterator[Holding]:
    for draws in fitted.policies.values():
        source = source_of(draws)
        if isinstance(source, ResampleModel):
            if source.counted:
                yield Holding("counts", _names(fitted, source.targets), "which samples are drawn from")
                continue
            count = max(source.rows_held.values(), default=0)
            yield from _rows(fitted, source.targets, "which samples are drawn from", count)
        elif source is not None:
            yield from _counts(fitted, source, f"by which [{source.family}] draws them in the place of rows")


def _by_lookouts(fitted: FittedProgram) -> Iterator[Holding]:
    for name, lookout in fitted.lookouts.items():
        kept = lookout.support.kept
        count = max((len(values) for values in kept.values()), default=0)
        yield from _rows(fitted, lookout.support.parts, f"by which {name} knows where it was taught", count)


def _by_margins(fitted: FittedProgram) -> Iterator[Holding]:
    if fitted.cells is None or not isinstance(fitted.cells.source, Margins):
        return
    source = fitted.cells.source
    margins = {frozenset(names): names for names in source.tables if names}
    for names in (names for own, names in margins.items() if not any(own < other for other in margins)):
        rows = source.tables[names].values * (source.rows or 0.0)
        few = None if source.rows is None else int(((rows > 0) & (rows < FEW - 0.5)).sum())
        yield Holding("counts", names, "which say where answers rest", few=few)


def _rows(fitted: FittedProgram, parts: Iterable[Part], why: str, count: int) -> Iterator[Holding]:
    """Rows, those of pictures apart."""
    every = list(parts)
    pictures = [part for part in every if part.form is Form.PICTURES]
    for what, some in (("rows", [part for part in every if part not in pictures]), ("pictures", pictures)):
        if names := _names(fitted, some):
            yield Holding(what, names, why, count)


def _counts(fitted: FittedProgram, model: ConditionalModel, why: str) -> Iterator[Holding]:
    """The shares of cells that a table has, where few rows in one can be told from it."""
    if not model.recipe.counts:
        return
    parts = (*model.targets, *model.inputs)
    yield Holding("counts", _names(fitted, parts), why, few=_few(fitted, parts))


def _few(fitted: FittedProgram, parts: Sequence[Part]) -> int | None:
    """How many cells of the table have a row or some, but fewer than `FEW`; None where the rows are not at hand."""
    rows = None if fitted.observed is None else fitted.observed.rows
    if rows is None or not all(part.name in rows and part.discrete for part in parts):
        return None
    _, counts = torch.stack([rows[part.name].cpu() for part in parts], 1).unique(dim=0, return_counts=True)
    return int((counts < FEW).sum())


def _names(fitted: FittedProgram, parts: Iterable[Part]) -> tuple[str, ...]:
    """The variables of parts."""
    schema = fitted.schema
    owners = {atom.part.name: name for name in schema.types for atom in schema[name].atoms(name)}
    return tuple(dict.fromkeys(owners[part.name] for part in parts if part.name in owners))


def _is_labeled(schema: Schema, name: str) -> bool:
    """Whether a variable has texts for labels."""
    kinds = [atom.kind for atom in schema[name].atoms(name)]
    return any(isinstance(kind, Categorical) and any(isinstance(label, str) for label in kind.labels) for kind in kinds)


def _has_ends(schema: Schema, name: str) -> bool:
    """Whether a variable is a number, or a date or duration, which is one by its calendar."""
    kinds = [atom.kind for atom in schema[name].atoms(name)]
    return any(isinstance(getattr(kind, "number", kind), Number) for kind in kinds)
