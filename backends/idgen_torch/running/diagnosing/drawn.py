"""What a model draws for rows, in forms that scores and tests read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.kinds import Atom
from idgen_compiler.data.part import Form, Part
from idgen_compiler.data.schema import Schema
from idgen_torch.drawing import generator_for
from idgen_torch.families.returned import draw
from idgen_torch.parts import Values
from idgen_torch.running.kept import KeptModel

__all__ = ["Drawn", "Kinds", "in_own_unit", "kinds_of"]

DRAWS, DRAWS_OF_IMAGES = 24, 4
"""So many draws stand for the law of a row; fewer where pictures or texts are read."""

MOST_CLASSES, MOST_ENTRIES = 64, 3

Kinds = Mapping[str, Atom]
"""The kind behind each part, by the name of the part."""


def kinds_of(schema: Schema) -> dict[str, Atom]:
    """The kind behind each part, by the name of the part."""
    return {atom.part.name: atom.kind for name, kind in schema.types.items() for atom in kind.atoms(name)}


def in_own_unit(part: Part, values: torch.Tensor, kinds: Kinds) -> Array:
    """Numbers as the user knows them where these are numbers, otherwise as models see them.

    Shape: (rows, 1) -> (rows,) float64.
    """
    kind = kinds.get(part.name)
    if kind is not None and part.dim == 1 and kind.layout.kind in "iuf":
        return np.asarray(kind.told(values.cpu().numpy()), dtype=np.float64).reshape(-1)
    return values.cpu().numpy().astype(np.float64).reshape(len(values), -1)[:, 0]


@dataclass(frozen=True, eq=False)
class Drawn:
    """Several draws of a model's targets for each of its rows, made once."""

    source: str
    kept: KeptModel
    kinds: Kinds

    @property
    def given(self) -> Values:
        """The inputs of the rows."""
        return {part.name: self.kept.rows[part.name] for part in self.kept.model.inputs}

    @property
    def large(self) -> bool:
        """Whether a draw is costly."""
        model = self.kept.model
        return any(part.form in (Form.PICTURES, Form.TEXTS) for part in (*model.targets, *model.inputs))

    @cached_property
    def draws(self) -> Values:
        """Shape: (rows * draws, ...), a row's own next to each other."""
        k = DRAWS_OF_IMAGES if self.large else DRAWS
        given = {name: values.repeat_interleave(k, 0) for name, values in self.given.items()}
        with torch.no_grad():
            return draw(self.source, self.kept.model, given, k * self.kept.count, generator_for(1))

    def codes(self, part: Part) -> tuple[Array, Array]:
        """Rows and draws of a category.  Shape: (rows,), (rows, draws) int64."""
        seen, made = self.kept.rows[part.name].cpu().numpy(), self.draws[part.name].cpu().numpy()
        return seen, made.reshape(len(seen), -1)

    def numbers(self, part: Part) -> list[tuple[str, Array, Array]]:
        """Rows and draws of each entry of a number, by name.  Shape: (rows,), (rows, draws) float64."""
        seen, made = self.kept.rows[part.name], self.draws[part.name]
        if part.dim == 1:
            own, its = (in_own_unit(part, values, self.kinds) for values in (seen, made))
            return [(part.name, own, its.reshape(len(own), -1))]
        found = []
        for entry in range(min(part.dim, MOST_ENTRIES)):
            own, its = (values[:, entry].double().cpu().numpy() for values in (seen, made))
            found.append((f"{part.name}[{entry}]", own, its.reshape(len(own), -1)))
        return found

    def laws(self, part: Part) -> Array | None:
        """Probabilities of a category given each row's inputs, where the model says them.  Shape: (rows, size)."""
        model = self.kept.model
        if not model.likelihood or len(model.targets) > 1 or part.size is None or part.size > MOST_CLASSES:
            return None
        with torch.no_grad():
            found = model.laws(self.given, self.kept.count).double().cpu().numpy()
        return np.asarray(found / found.sum(1, keepdims=True))
