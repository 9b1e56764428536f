"""What a saved sampler holds of the table that it was fitted to, in words, for whoever hands it on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from idgen_compiler.data.kinds import Categorical
from idgen_compiler.data.schema import Schema
from idgen_torch.families.tables.resample import ResampleModel
from idgen_torch.running.draws import ShiftedDraws
from idgen_torch.running.fitted import FittedProgram
from idgen_torch.running.overlap.cells.margins import Margins

__all__ = ["Holding", "Holdings", "held_by"]


@dataclass(frozen=True, slots=True)
class Holding:
    """Something of the table: "rows", "counts", "labels" or "words", of which variables, and what it is for.

    rows: how many, of rows.
    """

    what: str
    variables: tuple[str, ...]
    why: str
    rows: int = 0

    def __str__(self) -> str:
        count = f"{self.rows:,} " if self.what == "rows" else ""
        return f"{count}{self.what} of {', '.join(self.variables)}, {self.why}"


@dataclass(frozen=True, slots=True)
class Holdings:
    """All that a saved sampler holds of its table; prints as a list."""

    found: tuple[Holding, ...]

    @property
    def rows(self) -> tuple[Holding, ...]:
        """What stands in it as it stood in the table, row by row."""
        return tuple(one for one in self.found if one.what == "rows")

    def __str__(self) -> str:
        if not self.found:
            return "holds nothing of the table but what its models learned"
        return "holds\n" + "\n".join(f"  {one}" for one in self.found)


def held_by(fitted: FittedProgram) -> Holdings:
    """What is written where a fitted program is saved."""
    schema, found = fitted.schema, list[Holding]()
    owners = {atom.part.name: name for name in schema.types for atom in schema[name].atoms(name)}

    def held(parts: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(owners[part] for part in parts if part in owners))

    for name, model in fitted.models.items():
        if rows := model.rows_held:
            found.append(Holding("rows", held(rows), f"which {name} [{model.family}] draws from", max(rows.values())))
        if model.family == "language":
            found.append(Holding("words", held(part.name for part in model.targets), f"of which {name} makes texts"))
    for draws in fitted.policies.values():
        source = draws.source if isinstance(draws, ShiftedDraws) else draws
        if isinstance(source, ResampleModel):
            rows = source.rows_held
            if source.counted:
                found.append(Holding("counts", held(rows), "which samples are drawn from"))
                continue
            found.append(Holding("rows", held(rows), "which samples are drawn from", max(rows.values(), default=0)))
    for name, lookout in fitted.lookouts.items():
        kept = lookout.support.kept
        count = max((len(values) for values in kept.values()), default=0)
        found.append(Holding("rows", held(kept), f"by which {name} knows where it was taught", count))
    if fitted.cells is not None and isinstance(fitted.cells.source, Margins):
        margins = {frozenset(names): names for names in fitted.cells.source.tables if names}
        whole = [names for own, names in margins.items() if not any(own < other for other in margins)]
        found += [Holding("counts", names, "which say where answers rest") for names in whole]
    if labels := tuple(name for name in schema.types if _is_labeled(schema, name)):
        found.append(Holding("labels", labels, "by which values are named"))
    return Holdings(tuple(dict.fromkeys(found)))


def _is_labeled(schema: Schema, name: str) -> bool:
    """Whether a variable has texts for labels."""
    kinds = [atom.kind for atom in schema[name].atoms(name)]
    return any(isinstance(kind, Categorical) and any(isinstance(label, str) for label in kind.labels) for kind in kinds)
