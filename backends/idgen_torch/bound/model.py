"""A bound kernel as a network applies it: encoded values in, encoded values out, in the user's own units between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.kinds import Kind
from idgen_compiler.data.part import Part
from idgen_compiler.data.returned import encoded_return, returned_columns
from idgen_compiler.errors import DataError, IdgenError
from idgen_compiler.hinge.kernels import kernel_key
from idgen_compiler.ir.operations import Bind, Train
from idgen_compiler.warning import warn_data
from idgen_torch.bound.brought import Brought
from idgen_torch.families.family import ConditionalModel
from idgen_torch.families.returned import draw
from idgen_torch.parts import Values
from idgen_torch.tensors import decoded, held, own_rows

__all__ = ["BoundModel", "ask", "label_of", "pieces"]

ENOUGH, ENOUGH_LABELS = 200, 10_000
"""What is the same for so many rows of different inputs is told of.  A label, or a number that has a mass, may be the
same for more, and wherever an input is: a report that is set may decide a label."""


def label_of(op: Bind | Train, brought: Brought) -> str:
    """What messages call a thing that is brought for an operation."""
    return f"{op.result}: {kernel_key(op)} ({brought.name})"


def ask(label: str, brought: Brought, target: str, inputs: Mapping[str, Array], n: int, generator: torch.Generator,
        fallback: Any = None) -> Any:  # fmt: skip
    """What a kernel answers for n rows of inputs in the user's own units, by the name of its target, not yet checked.

    Raises DataError, in the words of what it raised, with the operation's name.
    """
    try:
        answer = brought(inputs, n, generator, fallback)
    except Exception as error:
        plain = str(error) if isinstance(error, IdgenError) else f"{type(error).__name__}: {error}"
        what = plain if str(error) else type(error).__name__
        if isinstance(error, IdgenError) and what.startswith(label):  # of its fallback, which says it all
            raise
        raise DataError(
            f"{label} raises {' '.join(what.split())[:300]}; it is given {_described(inputs, n)}"
        ) from error
    return returned_columns(label, answer, [target])[target]


def _described(inputs: Mapping[str, Array], n: int) -> str:
    told = [f"{name} ({values.dtype} {tuple(values.shape)})" for name, values in inputs.items()]
    return ", ".join([*told, f"n={n}"])


class BoundModel:
    """A kernel that somebody brought, for one operation of a program.

    `kinds` are those of the target and the inputs. What it draws is checked in every batch; one that draws the same for
    many rows of different inputs is told of once.
    """

    family = "bound"

    def __init__(
        self, op: Bind | Train, brought: Brought, kinds: Mapping[str, Kind], fallback: ConditionalModel | None = None
    ) -> None:
        self.op = op
        self.brought = brought
        self.kinds = kinds
        self.fallback = fallback
        (self.target,) = op.targets
        self.label = label_of(op, brought)
        self._rows = 0
        self._first: Array | None = None
        self._varies = False
        plain = all(part.size is None and not part.masses for part in self.targets)
        self._enough = ENOUGH if plain else ENOUGH_LABELS

    def to(self, device: str | torch.device) -> BoundModel:
        """The same, with the model that it falls back to on a device; what was brought gets a generator of it."""
        if self.fallback is None:
            return self
        return BoundModel(self.op, self.brought, self.kinds, self.fallback.to(device))

    @property
    def targets(self) -> tuple[Part, ...]:
        """What models see of the target."""
        return tuple(atom.part for atom in self.kinds[self.target].atoms(self.target))

    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        """Draw the target for n rows; every input in `given` has n rows, or one that stands for all.

        Raises DataError for what the kernel raises, and for what it returns that is no value of the target.
        """
        inputs = {name: self._decoded(name, given, n) for name in self.op.inputs}
        drawn: dict[str, list[Tensor]] = {part.name: [] for part in self.targets}
        if not n:
            return {part.name: torch.from_numpy(np.empty((0, *part.entries), part.dtype)) for part in self.targets}
        for start, count in pieces(n, self.brought.batch):
            some = {name: own_rows(values[start : start + count]) for name, values in inputs.items()}
            fallback = self._fallback(count, generator)
            answer = ask(self.label, self.brought, self.target, some, count, generator, fallback)
            encoded = encoded_return(self.label, self.target, self.kinds[self.target], answer, count)
            for part, values in zip(self.targets, encoded, strict=True):
                drawn[part.name].append(held(values).to(generator.device))
            self._look(encoded, some)
        return {name: torch.cat(found) if len(found) != 1 else found[0] for name, found in drawn.items()}

    def _fallback(self, n: int, generator: torch.Generator) -> Any:
        """Draws the target by the model that was trained for the conditional; None where none was."""
        if self.fallback is None:
            return None
        model, kind = self.fallback, self.kinds[self.target]

        def answer(inputs: Mapping[str, Array]) -> Array:
            count = self._count(inputs) if self.op.inputs else n
            asked = {name: values.to(generator.device) for name, values in self._encoded(inputs, count).items()}
            drawn = draw(f"{self.label}, its fallback,", model, asked, count, generator)
            return own_rows(decoded(kind, [drawn[part.name] for part in self.targets], count))

        return answer

    def _count(self, inputs: Mapping[str, Array]) -> int:
        """For how many rows the fallback is asked.  Raises DataError where that is not the same of all inputs."""
        who = f"{self.label} asks its fallback"
        if missing := [name for name in self.op.inputs if name not in inputs]:
            raise DataError(f"{who} without {', '.join(missing)}; hand it all of its inputs")
        counts = {name: len(np.atleast_1d(inputs[name])) for name in self.op.inputs}
        if len(set(counts.values())) > 1:
            told = ", ".join(f"{count} of {name}" for name, count in counts.items())
            raise DataError(f"{who} with rows that do not match ({told}); take the same rows of every input")
        return next(iter(counts.values()))

    def _encoded(self, inputs: Mapping[str, Array], count: int) -> Values:
        found: Values = {}
        for name in self.op.inputs:
            parts = [atom.part for atom in self.kinds[name].atoms(name)]
            encoded = encoded_return(f"{self.label}, to its fallback,", name, self.kinds[name], inputs[name], count)
            found.update((part.name, held(values)) for part, values in zip(parts, encoded, strict=True))
        return found

    def _decoded(self, name: str, given: Values, n: int) -> Array:
        kind = self.kinds[name]
        return decoded(kind, [given[atom.part.name] for atom in kind.atoms(name)], n)

    def _look(self, encoded: tuple[Array, ...], inputs: Mapping[str, Array]) -> None:
        """Warn once of answers that are the same whatever the inputs are."""
        if self._varies or not len(encoded[0]):
            return
        flat = np.concatenate([values.reshape(len(values), -1).astype(np.float64) for values in encoded], axis=1)
        self._first = flat[:1] if self._first is None else self._first
        if (flat != self._first).any():
            self._varies = True
            return
        vary = any if self._enough == ENOUGH else all
        if not inputs or vary((values != values[:1]).any() for values in inputs.values()):
            self._rows += len(flat)
        if self._rows >= self._enough:
            self._varies = True
            told = "rows of different inputs; it may not look at them" if inputs else "rows; it may draw nothing"
            warn_data(f"{self.label} returns one and the same {self.target} for {self._rows} {told}")


def pieces(n: int, most: int | None) -> list[tuple[int, int]]:
    """Starts and lengths of pieces of n rows, at most so many in each."""
    size = n if most is None else min(n, most)
    return [(start, min(size, n - start)) for start in range(0, n, size)]
