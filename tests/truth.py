"""One case with its truth in a random model: what an optimizer's output is compared with, as equal fractions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from idgen_compiler.estimand import Estimand
from idgen_compiler.estimand.nodes import Kernel
from idgen_compiler.ir import Regenerate, Reweight, Way, Weigh
from idgen_compiler.lower import lower
from idgen_compiler.program import Program
from idgen_compiler.rewrites import Rewrite
from idgen_compiler.verify import CausalModel
from tests.strategies import Case

__all__ = ["WAYS", "Truth", "lowered"]


@dataclass(frozen=True)
class Truth:
    """The truth of a case in the random model of a seed; what was compared before is remembered."""

    case: Case
    seed: int

    @cached_property
    def model(self) -> CausalModel:
        return CausalModel.random(self.case.graph, self.seed)

    @cached_property
    def _parts(self) -> tuple[object, object]:
        return self.model.observational(), self.model.truth(self.case.query)

    @cached_property
    def _known(self) -> dict[object, bool]:
        return {}

    def of_kernel(self, kernel: Kernel) -> bool:
        """Whether a kernel that answers the query has the value of the truth."""
        if kernel not in self._known:
            joint, truth = self._parts
            estimand = replace(self.case.identification.estimand, kernel=kernel)
            self._known[kernel] = estimand.evaluate(joint) == truth  # type: ignore[arg-type]
        return self._known[kernel]

    def of_estimand(self, estimand: Estimand) -> bool:
        """Whether an estimand has the value of the truth."""
        return self.of_kernel(estimand.kernel)

    def of_program(self, program: Program) -> bool:
        """Whether a program verifies and, run exactly, gives the truth."""
        if program not in self._known:
            joint, truth = self._parts
            self._known[program] = program.fit(joint, backend="exact").kernel() == truth  # type: ignore[attr-defined]
        return self._known[program]


WAYS: dict[str, tuple[type[Way | Weigh], ...]] = {
    "regenerate": (Regenerate,),
    "reweight": (Reweight,),
    "weigh": (Weigh, Regenerate),
    "either": (Regenerate, Reweight, Weigh),
}
"""The ways in which laws may be lowered."""


def lowered(case: Case, rewrites: Sequence[Rewrite] = (), ways: str = "regenerate") -> Program:
    """The literal program of a case's estimand after some rewrites."""
    estimand, query = case.identification.estimand, case.query
    for rewrite in rewrites:
        estimand = replace(estimand, kernel=rewrite.apply(estimand.kernel))
    operations = lower(estimand, (*query.treatments, *query.conditions), query.outcomes, WAYS[ways])
    return Program(str(query), case.graph, operations)
