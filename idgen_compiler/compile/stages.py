"""What a compilation is: the program, and everything that was decided on the way to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from idgen_compiler.compile.posings import Posing
from idgen_compiler.estimand.estimand import Estimand
from idgen_compiler.identify import Identification
from idgen_compiler.ir.cost import Cost
from idgen_compiler.program import Program

__all__ = ["Compilation", "Stage"]


@dataclass(frozen=True, eq=False)
class Stage:
    """What one rewrite or pass left: the program, and its estimand as long as that is what is rewritten."""

    name: str
    made: Program | Callable[[], Program]  #: the program, or how it is lowered once somebody looks
    estimand: Estimand | None = None  #: of which the program is the literal lowering; None after passes

    @cached_property
    def program(self) -> Program:
        """The program at this stage."""
        return self.made if isinstance(self.made, Program) else self.made()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.name, self.program, self.estimand)

    @property
    def cost(self) -> Cost:
        """The cost of the program at this stage."""
        return self.program.cost


@dataclass(frozen=True)
class Compilation:
    """A compiled query with everything that was decided on the way.

    `identification` is the user's query as posed, `posing` the equal one that was compiled, `estimand` its rewritten
    estimand, and `stages` the programs from the literal one of the query as posed to `program`.
    """

    identification: Identification
    posing: Posing
    estimand: Estimand
    program: Program
    stages: tuple[Stage, ...]
    considered: int  #: how many posings and orders of rewrites were compiled to choose from

    @property
    def literal(self) -> Program:
        """The literal program of the query as posed, which everything is measured against."""
        return self.stages[0].program
