"""Why a regeneration stays: which conditional needs it, which rules failed, and the open paths that block them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from idgen_compiler.compile import Compilation
from idgen_compiler.estimand.nodes import Conditional, Intervened
from idgen_compiler.ir.program import Program
from idgen_compiler.rewrites.eliminate import why_not_eliminated
from idgen_compiler.rewrites.observe import why_not_observed
from idgen_compiler.rewrites.weights import Weights, weights_of

__all__ = ["Reason", "explain_regenerations", "reasons_of"]


@dataclass(frozen=True)
class Reason:
    """A conditional that needs samples of a law after an intervention, and why no rewrite spared them."""

    data: str  #: the program's data set that realises the law
    law: Intervened
    conditional: Conditional
    observation: tuple[str, ...]  #: the open path from the regime to the target; empty at a level that does not try
    elimination: tuple[str, ...]  #: the open path from an input to the target in the law's network; likewise
    weights: Weights | None  #: how the law can be had by weighting rows; None where weights cannot

    def __str__(self) -> str:
        target = ", ".join(self.conditional.to)
        seen = ", ".join(n for n in self.conditional.given if n not in self.law.inputs)
        regime, origin = ", ".join(self.law.do), str(self.law.law)
        lines = [f"{self.conditional} needs {self.data}, samples of {self.law}"]
        if self.observation:
            lines.append(f"  not observed: set or seen, {regime} makes a difference in {origin}")
            lines.append(f"    {' '.join(self.observation)}")
        if self.elimination:
            lines.append(f"  not sampled forwards: seeing {seen} tells about {target} by more than its effects")
            lines.append(f"    {' '.join(self.elimination)}")
        if not self.observation or not self.elimination:
            lines.append("  a rewrite spares it at a higher level of optimisation")
        lines.append(f"  by weights: {self._weighed()}")
        return "\n".join(lines)

    def _weighed(self) -> str:
        if self.weights is None:
            return "not possible, a district is fixed in part"
        by = " ".join(map(str, self.weights.by))
        return f"rows of {self.weights.law}, each by policy / {by}" if by else f"rows of {self.weights.law} as they are"


def explain_regenerations(compilation: Compilation) -> tuple[Reason, ...]:
    """Each conditional of a law that the program regenerates or reweighs, with the open paths that block rewrites."""
    return reasons_of(compilation.program)


def reasons_of(program: Program) -> tuple[Reason, ...]:
    """The same for a compiled program, which may answer several queries."""
    return tuple(_reasons(program))


def _reasons(program: Program) -> Iterator[Reason]:
    realised: dict[str, object] = {op.result: op.computes for op in program.regenerations}
    realised |= {op.result: op.computes for op in program.reweightings}
    for model in program.models:
        law, conditional = realised.get(model.data), model.computes
        if isinstance(law, Intervened) and isinstance(conditional, Conditional):
            paths = why_not_observed(conditional), why_not_eliminated(conditional)
            yield Reason(model.data, law, conditional, *paths, weights_of(law))
