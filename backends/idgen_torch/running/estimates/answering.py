"""The answers of a fitted program to what it is asked the mean of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from idgen_compiler.data.arrays import Array
from idgen_compiler.ir.program import Program
from idgen_torch.running.estimates.counted import CountedProgram

__all__ = ["Answerer"]


@dataclass(eq=False)
class Answerer:
    """What answers for one table: programs on its rows, prepared once."""

    schema: Any
    rows: Any
    weights: Array | None
    frequency: bool
    policies: Any
    _counted: dict[Program, CountedProgram | None] = field(default_factory=dict)

    def counted(self, program: Program) -> CountedProgram | None:
        """The program on frequencies, where it can be had."""
        if program not in self._counted:
            self._counted[program] = CountedProgram.of(
                program, self.schema, self.rows, self.weights, self.frequency, self.policies
            )
        return self._counted[program]
