"""An estimand: a kernel that answers a query, as a user holds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from idgen_compiler.estimand.evaluation import Policies, evaluate
from idgen_compiler.estimand.formulation import MOST_PROBABILITIES, FreeVariables
from idgen_compiler.estimand.languages.mathml import to_mathml
from idgen_compiler.estimand.languages.sympy import to_sympy
from idgen_compiler.estimand.languages.y0 import to_y0
from idgen_compiler.estimand.nodes import Intervened, Kernel
from idgen_compiler.estimand.notation import to_latex, to_text
from idgen_compiler.estimand.tables import Joint, KernelTable
from idgen_compiler.estimand.tree import walk

if TYPE_CHECKING:
    import sympy
    from y0.dsl import Expression

__all__ = ["Estimand"]


@dataclass(frozen=True)
class Estimand:
    r"""The answer to P(targets | do(...), ...) as a function of P(V).

    `given` holds the query's treatments and conditions, `targets` its outcomes, each sorted by name; the kernel's own
    inputs are among `given`, and those that it lacks do not matter.

    >>> import idgen_compiler as idgen
    >>> graph = idgen.ADMG.parse("X -> Y; Z -> X; Z -> Y")
    >>> estimand = idgen.identify(idgen.Query.parse("P(Y | do(X))"), graph).estimand
    >>> print(estimand)
    Σ_z P(z) P(y | z, x)
    >>> print(estimand.latex())
    \sum_{z} P(z) \, P(y \mid z, x)
    """

    kernel: Kernel
    given: tuple[str, ...]
    targets: tuple[str, ...]

    def evaluate(self, joint: Joint, policies: Policies | None = None) -> KernelTable:
        """The exact value on a discrete joint; `policies` holds the law of every treatment that a policy draws.

        Shape: one axis for each of `given`, then one for each of `targets`. Fractions in, Fractions out. It is NaN
        where the joint does not determine it, because it rests on a condition that never occurs
        (`KernelTable.defined`).
        Raises DataError when the joint lacks a variable.

        >>> import idgen_compiler as idgen
        >>> query, graph = idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y")
        >>> joint = idgen.Joint(("X", "Y"), [[0.3, 0.1], [0.3, 0.3]])
        >>> idgen.identify(query, graph).estimand.evaluate(joint).table
        array([[0.75, 0.25],
               [0.5 , 0.5 ]])
        """
        table = evaluate(self.kernel, joint, (*self.given, *self.targets), policies)
        return KernelTable.of(table, self.given, self.targets)

    @property
    def laws(self) -> Sequence[Intervened]:
        """The laws after line 7 that the estimand goes through, inner ones first."""
        return [node for node in walk(self.kernel) if isinstance(node, Intervened)]

    @property
    def size(self) -> int:
        """How many nodes there are, each counted once however often it is used."""
        return sum(1 for _ in walk(self.kernel))

    def __str__(self) -> str:
        return to_text(self.kernel, reserved=(*self.given, *self.targets))

    def latex(self) -> str:
        """LaTeX, with named sub-laws where written-out ratios would grow too large."""
        return to_latex(self.kernel, reserved=(*self.given, *self.targets))

    def mathml(self) -> str:
        """MathML, as `latex` has it: what browsers set as mathematics and screen readers read."""
        return to_mathml(self.kernel, reserved=(*self.given, *self.targets))

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def to_sympy(
        self, *, joint: bool = False, free: FreeVariables = "keep", limit: int = MOST_PROBABILITIES
    ) -> sympy.Expr:
        """A SymPy expression; see `estimand.languages.sympy.to_sympy`.

        With `joint`, conditionals are ratios of joint probabilities, so that SymPy cancels what they share; `free` says
        whether variables whose value does not matter stay symbols or are averaged over their observed law.
        Raises IdgenError when SymPy is not installed or the expression would hold more than `limit` probabilities.
        """
        return to_sympy(self.kernel, joint=joint, free=free, limit=limit, reserved=(*self.given, *self.targets))

    def to_y0(self, *, free: FreeVariables = "keep", limit: int = MOST_PROBABILITIES) -> Expression:
        """An expression of y0's DSL; see `estimand.languages.y0.to_y0`, and `to_sympy` here for `free`.

        Raises IdgenError when y0 is not installed or refuses a name, and when the expression would hold more than
        `limit` probabilities or two values of one variable that nesting cannot keep apart.
        """
        return to_y0(self.kernel, free=free, limit=limit)
