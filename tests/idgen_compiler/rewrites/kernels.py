"""Small kernels in few words, and whether two of them are the same function in random models."""

from __future__ import annotations

from idgen_compiler.estimand.evaluation import evaluate
from idgen_compiler.estimand.nodes import Conditional, Intervened, Kernel, Law, Observed
from idgen_compiler.graph import ADMG
from idgen_compiler.query import Query
from idgen_compiler.rewrites import Rewrite
from idgen_compiler.verify import CausalModel
from tests.strategies import Case

__all__ = ["after", "answer", "equal", "observed", "of", "rewritten"]


def observed(graph: str) -> Observed:
    """P(V) of a graph."""
    return Observed(ADMG.parse(graph))


def of(law: Kernel, text: str) -> Conditional:
    """A conditional of a law: of(law, "Y, Z | X") is P(Y, Z | X)."""
    to, _, given = text.partition("|")
    return Conditional(law, _names(to), _names(given))


def after(law: Law, do: str, *factors: str) -> Intervened:
    """A law after an intervention, its factors conditionals of `law`."""
    return Intervened(law, _names(do), tuple(of(law, factor) for factor in factors))


def answer(query: str, graph: str, *rewrites: Rewrite) -> Kernel:
    """The estimand of a query after some rewrites."""
    return rewritten(Case(ADMG.parse(graph), Query.parse(query)).identification.estimand.kernel, *rewrites)


def rewritten(kernel: Kernel, *rewrites: Rewrite) -> Kernel:
    for rewrite in rewrites:
        kernel = rewrite.apply(kernel)
    return kernel


def equal(a: Kernel, b: Kernel, graph: str, seed: int = 0) -> bool:
    """Whether two kernels with the same targets are one function of their inputs, in a random model of the graph."""
    joint = CausalModel.random(ADMG.parse(graph), seed).observational()
    assert set(a.targets) == set(b.targets)
    keep = (*sorted({*a.inputs, *b.inputs}), *sorted(a.targets))
    left, right = (_over(kernel, joint, keep) for kernel in (a, b))
    return bool((left == right).all())


def _over(kernel: Kernel, joint: object, keep: tuple[str, ...]) -> object:
    """The values with length one along the axes that the kernel does not have."""
    axes = tuple(axis for axis in keep if axis in {*kernel.inputs, *kernel.targets})
    values = evaluate(kernel, joint, axes).values  # type: ignore[arg-type]
    return values[tuple(slice(None) if axis in axes else None for axis in keep)]


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
