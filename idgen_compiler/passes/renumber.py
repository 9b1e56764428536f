"""Renumbering: plain names in the order of the program."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import ClassVar

from idgen_compiler.ir.operations import Observe, Operation, Realize, Sample, Train
from idgen_compiler.passes.base import P, Pass, with_values

__all__ = ["Renumber"]

_PREFIX: dict[type, str] = {Train: "%m", Realize: "%law"}


@dataclass(frozen=True)
class Renumber(Pass):
    """Values are called %obs, %m0, %m1, ..., %law0, ... from top to bottom; nothing else changes.

    Before: %m7q1 = train %obs : X        After: %m0 = train %obs : X
    """

    word: ClassVar[str] = "renumber"

    def apply(self, program: P) -> P:
        """One pass downwards."""
        names: dict[str, str] = {}
        counts: Counter[type] = Counter()
        operations: list[Operation] = []
        for op in program.operations:
            new = with_values(op, names)
            if isinstance(new, Observe):
                names[new.result] = "%obs"
                new = replace(new, result="%obs")
            elif not isinstance(new, Sample):
                kind = type(new)
                names[new.result] = f"{_PREFIX[kind]}{counts[kind]}"
                counts[kind] += 1
                new = replace(new, result=names[new.result])
            operations.append(new)
        renamed = tuple(operations)
        return program if renamed == program.operations else replace(program, operations=renamed)
