"""Renumbering: plain names in the order of the program."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import ClassVar

from idgen_compiler.ir.operations import Observe, Operation, Sample
from idgen_compiler.passes.base import P, Pass, with_values

__all__ = ["Renumber"]


@dataclass(frozen=True)
class Renumber(Pass):
    """Values are called %obs, %m0, %m1, ..., %law0, ... from top to bottom; nothing else changes.

    Before: %m7q1 = train %obs : X        After: %m0 = train %obs : X
    """

    word: ClassVar[str] = "renumber"

    def apply(self, program: P) -> P:
        """One pass downwards."""
        names: dict[str, str] = {}
        counts: Counter[str] = Counter()
        operations: list[Operation] = []
        for op in program.operations:
            new = with_values(op, names)
            if not isinstance(new, Sample):
                number = "" if isinstance(new, Observe) else counts[new.prefix]
                names[new.result] = f"{new.prefix}{number}"
                counts[new.prefix] += 1
                new = replace(new, result=names[new.result])
            operations.append(new)
        renamed = tuple(operations)
        return program if renamed == program.operations else replace(program, operations=renamed)
