"""Why a regeneration stays: which conditional needs it, which rules failed, and the open paths that block them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from idgen_compiler.compile import Compilation
from idgen_compiler.denote import Meaning, meaning_of
from idgen_compiler.estimand.nodes import Conditional, Intervened
from idgen_compiler.ir.analysis import specialized
from idgen_compiler.ir.operations import Reweight, Train
from idgen_compiler.ir.program import Program
from idgen_compiler.report.page import Page
from idgen_compiler.report.report import Report
from idgen_compiler.rewrites.eliminate import why_not_eliminated
from idgen_compiler.rewrites.exchange import why_not_exchanged
from idgen_compiler.rewrites.weights import Weights, weights_of

__all__ = ["Explanation", "Reason", "Weighting", "explain_regenerations", "reasons_of"]


@dataclass(frozen=True)
class Reason:
    """A conditional that needs samples of a law after an intervention, and why no rewrite spared them."""

    data: str  #: the program's data set that realizes the law
    law: Intervened
    conditional: Conditional
    observation: tuple[str, ...]  #: the open path from the regime to the target; empty at a level that does not try
    elimination: tuple[str, ...]  #: the open path from an input to the target in the law's network; likewise
    weights: Weights | None  #: how the law can be had by weighting rows; None where weights cannot

    @property
    def explanation(self) -> Explanation:
        """The reason in words."""
        weights = None if self.weights is None else Weighting(str(self.weights.law), tuple(map(str, self.weights.by)))
        return Explanation(
            data=self.data,
            law=str(self.law),
            conditional=str(self.conditional),
            origin=str(self.law.law),
            regime=self.law.do,
            targets=self.conditional.to,
            seen=tuple(name for name in self.conditional.given if name not in self.law.inputs),
            observation=self.observation,
            elimination=self.elimination,
            weights=weights,
        )

    def __str__(self) -> str:
        return str(self.explanation)


@dataclass(frozen=True, slots=True)
class Weighting:
    """Whose rows are weighted, and by which conditionals; by none where the rows serve as they are."""

    law: str
    by: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"rows of {self.law}, each by policy / {' '.join(self.by)}"
            if self.by
            else f"rows of {self.law} as they are"
        )


@dataclass(frozen=True, slots=True)
class Explanation(Report):
    """A reason in words: laws and conditionals as they are written."""

    data: str
    law: str
    conditional: str
    origin: str  #: the law that was intervened on
    regime: tuple[str, ...]  #: the variables that are set
    targets: tuple[str, ...]
    seen: tuple[str, ...]  #: the variables that are observed to have a value, not set
    observation: tuple[str, ...]
    elimination: tuple[str, ...]
    weights: Weighting | None

    def write(self, page: Page) -> None:
        """Write the paths that block the rewrites, and how weights would do."""
        lines = [f"{self.conditional} needs {self.data}, samples of {self.law}"]
        if self.observation:
            regime = ", ".join(self.regime)
            lines.append(f"  not observed: set or seen, {regime} makes a difference in {self.origin}")
            lines.append(f"    {' '.join(self.observation)}")
        if self.elimination:
            seen, targets = ", ".join(self.seen), ", ".join(self.targets)
            lines.append(f"  not sampled forwards: seeing {seen} tells about {targets} by more than its effects")
            lines.append(f"    {' '.join(self.elimination)}")
        if not self.observation or not self.elimination:
            lines.append("  a rewrite spares it at a higher level of optimization")
        lines.append(f"  by weights: {self.weights or 'not possible, a district is fixed in part'}")
        page.code("\n".join(lines))


def explain_regenerations(compilation: Compilation) -> tuple[Reason, ...]:
    """Each conditional of a law that the program regenerates or reweighs, with the open paths that block rewrites.

    >>> import idgen_compiler as idgen
    >>> napkin = idgen.ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y")
    >>> (reason,) = explain_regenerations(idgen.explain(idgen.Query.parse("P(Y | do(X))"), napkin))
    >>> reason.data, " ".join(reason.observation)
    ('%law0', 'do(W2) -> W2 <- W1 <-> Y')
    >>> print(reason)
    P(Y | X ; do(W2)) needs %law0, samples of P(W1, X, Y ; do(W2))
      not observed: set or seen, W2 makes a difference in P(W1, W2, X, Y)
        do(W2) -> W2 <- W1 <-> Y
      not sampled forwards: seeing X tells about Y by more than its effects
        X <- W1 -> Y
      by weights: rows of P(W1, W2, X, Y), each by policy / P(W2 | W1)
    """
    return reasons_of(compilation.program)


def reasons_of(program: Program) -> tuple[Reason, ...]:
    """The same for a compiled program, which may answer several queries."""
    return tuple(_reasons(program))


def _reasons(program: Program) -> Iterator[Reason]:
    meaning = meaning_of(program)
    ways = {op.result: _weights(op.reweight, meaning) for op in program.laws if op.reweight}
    for model in specialized(program.operations):
        if not isinstance(model, Train) or model.result not in meaning.models:
            continue
        conditional = meaning.models[model.result]
        law = conditional.of
        if isinstance(law, Intervened):
            paths = why_not_exchanged(conditional), why_not_eliminated(conditional)
            yield Reason(model.data, law, conditional, *paths, ways.get(model.data) or weights_of(law))


def _weights(way: Reweight, meaning: Meaning) -> Weights | None:
    """The weights that the program itself states; None where they rest on what denotes nothing."""
    if way.data not in meaning.laws or not meaning.models.keys() >= set(way.by):
        return None
    return Weights(meaning.laws[way.data], tuple(meaning.models[model] for model in way.by))
