"""What the values of a fit are called in its store: by what they compute, and by the keys of all that they rest on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor

from idgen_compiler.data.schema import Schema
from idgen_compiler.ir.operands import Role, leaves
from idgen_compiler.ir.operations import Condition, Realize
from idgen_torch.bound import BoundModel
from idgen_torch.recurring import beside
from idgen_torch.running.ancestral import DataSet
from idgen_torch.running.conditions.conditioned import Conditioned
from idgen_torch.running.files.artefacts import DATA, Artefacts, Drawn
from idgen_torch.running.plan import FitSettings, draws_of, rows_label

__all__ = ["Keys"]


@dataclass(frozen=True, eq=False)
class Keys:
    """The keys of models and data sets, by the digest of what they compute (`laws`: operation -> digest)."""

    artefacts: Artefacts
    schema: Schema
    observed: DataSet
    laws: Mapping[str, str]
    known: dict[str, str] = field(default_factory=dict)

    def note(self, operation: str, key: str) -> None:
        """A model was trained, or found."""
        self.known[self.laws[operation]] = key

    def law(self, op: Realize, values: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        """What the rows of a law depend on; the law's key is known afterwards."""
        depends = self._depends(op, values) | more
        self.note(op.result, self.artefacts.key(DATA, depends))
        return depends

    def rows(
        self, op: Realize, values: Mapping[str, Any], draw: Callable[..., Drawn], told: Mapping[str, int], pieces: int
    ) -> Drawn:
        """Rows of a law, drawn if nobody has drawn them; those of `pieces` that others have drawn are read.

        told: what they depend on beside the law. A law that is summed has no pieces, and is not kept: that is quick.
        """
        depends = self.law(op, values, **told)
        if not pieces:
            return draw()
        if pieces == 1:
            return self.artefacts.rows(rows_label(op), depends, self._device, draw)
        read = [{**depends, "piece": number} for number in range(pieces)]
        there = partial(self.artefacts.piece, read, self._device)
        found = self.artefacts.rows(rows_label(op), depends, self._device, partial(draw, there=there))
        self.artefacts.forget_pieces(read)
        return found

    def share(
        self,
        op: Realize,
        values: Mapping[str, Any],
        draw: Callable[[int], Drawn],
        told: Mapping[str, int],
        pieces: int,
        mine: range,
    ) -> None:
        """Draw some of the pieces of a law's rows, for whoever puts them together; not those that are there already."""
        depends = self.law(op, values, **told)
        if self.known[self.laws[op.result]] in self.artefacts.store:
            return
        for number in mine:
            label = f"{rows_label(op)}, piece {number + 1} of {pieces}"
            self.artefacts.rows(label, {**depends, "piece": number}, self._device, partial(draw, number))

    def weights(
        self, op: Realize, values: Mapping[str, Any], settings: FitSettings, make: Callable[[], Tensor]
    ) -> Tensor:
        """The logarithms of the weights that make rows those of a law, worked out if nobody has done so."""
        depends = self.law(op, values) | {"seed": settings.seed, "tuning": settings.tuning.bearing()}
        found = self.artefacts.column(f"weights of {rows_label(op)}", depends, make)
        return beside(found, self.observed.rows.values())

    @property
    def _device(self) -> torch.device:
        return next(iter(self.observed.rows.values())).device

    def _depends(self, op: Realize | Condition, values: Mapping[str, Any]) -> dict[str, Any]:
        models = {self.laws[name]: self._model(name, values[name]) for name in leaves(op, Role.MODEL)}
        data = {self.laws[name]: self.known[self.laws[name]] for name in leaves(op, Role.DATA) if self._is_made(name)}
        types = {name: self.schema.types[name] for name in self._drawn(op)}
        return {
            "law": self.laws[op.result],
            "models": models,
            "data": data,
            "columns": self._columns(op),
            "types": Schema(types).to_json(),
            "policies": self.artefacts.policies,
        }

    def _model(self, name: str, value: Any) -> Any:
        """What tells a model: its key, what was brought, or what a condition rests on."""
        if isinstance(value, BoundModel):
            fallback = [self.known[self.laws[model]] for model in getattr(value.op, "fallback", ())]
            return [value.brought.name, value.brought.digest, *fallback]
        return self._depends(value.op, value.models) if isinstance(value, Conditioned) else self.known[self.laws[name]]

    def _is_made(self, name: str) -> bool:
        return self.laws[name] in self.known

    def _drawn(self, op: Realize | Condition) -> list[str]:
        """The variables that are drawn without a model."""
        return sorted({name for _, variables in draws_of(op) for name in variables})

    def _columns(self, op: Realize | Condition) -> dict[str, str]:
        """The digests of the observed columns that policies draw from, or whose spread they take."""
        digest, rows = self.artefacts.digest, self.observed.rows
        found = {
            part.name: digest(rows[part.name]) for part in self.schema.parts(*self._drawn(op)) if part.name in rows
        }
        if self.observed.weights is not None:
            found[""] = digest(self.observed.weights)
        return found
