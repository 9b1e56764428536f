"""Which conditionals of a query can be brought instead of trained, and which have to be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from idgen_compiler.estimand.minimal import minimized
from idgen_compiler.estimand.nodes import Bound, Conditional, Observed
from idgen_compiler.estimand.tree import walk
from idgen_compiler.forms.spelling import spelled, spelled_all
from idgen_compiler.hinge.kernels import written
from idgen_compiler.identify import Identification
from idgen_compiler.report.page import Page
from idgen_compiler.report.report import Report
from idgen_compiler.rewrites.bind import Bind
from idgen_compiler.rewrites.minimize import split

__all__ = ["Bindable", "Bindings"]

Standing = Literal["can be bound", "has to be bound", "bound", "function"]


@dataclass(frozen=True, slots=True)
class Bindable:
    """One conditional of P(V) that the answer needs; `key` is what `bound=` and `bind=` call it."""

    key: str
    standing: Standing
    why: str = ""


@dataclass(frozen=True, slots=True)
class Bindings(Report):
    """The conditionals that the literal answers need, in their order."""

    conditionals: tuple[Bindable, ...]

    @classmethod
    def of(cls, identifications: Sequence[Identification], bind: Bind) -> Bindings:
        """What the answers to identified queries need, where `bind` is what is brought.

        >>> import idgen_compiler as idgen
        >>> found = idgen.identify(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> M -> Y; X <-> Y"))
        >>> [(each.key, each.standing) for each in Bindings.of([found], Bind()).conditionals]
        [('M | X', 'can be bound'), ('X', 'can be bound'), ('Y | X, M', 'can be bound')]
        """
        found = {each.key: each for identified in identifications for each in _needed(identified, bind)}
        return cls(tuple(found.values()))

    def write(self, page: Page) -> None:
        """Write a line for each conditional."""
        page.heading("What can be brought instead of trained")
        page.table(("conditional", "", ""), [(each.key, each.standing, each.why) for each in self.conditionals])


def _needed(identified: Identification, bind: Bind) -> Iterator[Bindable]:
    for node in walk(identified.estimand.kernel):
        if not isinstance(node, Conditional) or not isinstance(node.of, Observed) or isinstance(node.of, Bound):
            continue
        for part in split(node):
            (target,), given = part.to, minimized(part).given
            if target in bind.functions:
                yield Bindable(f"{spelled(target)} = ({spelled_all(bind.inputs[target])})", "function")
            elif target in bind.inputs:
                yield Bindable(written(target, bind.inputs[target]), "bound")
            elif target in bind.unobserved:
                yield Bindable(written(target, given), "has to be bound", f"no table holds {spelled(target)}")
            elif missing := [name for name in given if name in bind.unobserved]:
                yield Bindable(written(target, given), "has to be bound", f"no table holds {spelled_all(missing)}")
            else:
                yield Bindable(written(target, given), "can be bound")
