"""Kernels of policies: a treatment that is drawn by a stated law, and the law of a world in which it is.

After Correa and Bareinboim (2020), a soft intervention puts a law of one's own in the place of a variable's mechanism,
so that the estimand is a kernel of P(V) times that law, summed.
"""

from __future__ import annotations

from dataclasses import dataclass

from idgen_compiler.estimand.nodes import EstimandError, Kernel, Law, Names
from idgen_compiler.graph.admg import ADMG

__all__ = ["Governed", "Policy"]


@dataclass(frozen=True, eq=False, repr=False)
class Policy(Kernel):
    """The law `name` of a treatment given what the policy reads; with `by`, the one that it reads moved by so much.

    What it reads may be an instance of the treatment itself, X' for X: its natural value.
    """

    name: str
    to: Names  #: the treatment alone
    given: Names
    by: int | float | None = None

    def __post_init__(self) -> None:
        if len(self.to) != 1 or set(self.to) & set(self.given):
            raise EstimandError(f"a policy draws one variable and does not read it: {self.to}, given {self.given}")

    @property
    def of(self) -> Kernel:
        """What it is a conditional of: nothing but itself."""
        return self

    @property
    def targets(self) -> Names:
        """The treatment."""
        return self.to

    @property
    def inputs(self) -> Names:
        """What the policy reads."""
        return self.given

    @property
    def word(self) -> str:
        """What the law is called where it is written: its name, or by how much it moves."""
        return self.name if self.by is None else f"shift{self.by:+}"

    def __str__(self) -> str:
        given = f" | {', '.join(self.given)}" if self.given else ""
        return f"{self.word}({self.to[0]}{given})"


@dataclass(frozen=True, eq=False, repr=False)
class Governed(Law):
    """The law of a world with policies: `body`, a kernel with policies among its factors, Markov to the CADMG `over`.

    In the graph what a policy reads points to what it draws, and nothing else does (Correa and Bareinboim 2020).
    """

    over: ADMG
    body: Kernel

    def __post_init__(self) -> None:
        if set(self.body.targets) != self.over.random or not set(self.body.inputs) <= self.over.fixed:
            raise EstimandError(f"{self.body!r} is no law of {', '.join(self.over.order)}")

    @property
    def graph(self) -> ADMG:
        """The CADMG of the world with policies."""
        return self.over
