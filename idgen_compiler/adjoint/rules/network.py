"""Networks: statements that fill slots, each a factor of the network's kernel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from idgen_compiler.adjoint.rules.residual import Law, Pass
from idgen_compiler.errors import DataError
from idgen_compiler.estimand.tables import ROUNDING, Table, contract
from idgen_compiler.graph.names import variable_of

__all__ = ["Factor", "NetworkLaw", "Wiring"]


@dataclass(frozen=True, eq=False)
class Factor:
    """What one statement draws, as a table over its slots and those that it reads; `back` takes its derivative."""

    slots: tuple[str, ...]
    inputs: tuple[str, ...]
    table: Table
    back: Callable[[Table, Pass], None] | None  #: None for what does not depend on the data


class Wiring:
    """The factors of a network; each of its slots is filled by one of them."""

    def __init__(self, factors: Sequence[Factor], exact: bool) -> None:
        self._factors = tuple(factors)
        self._exact = exact
        self._sizes = {a: n for f in factors for a, n in zip(f.table.axes, f.table.values.shape, strict=True)}

    def law(self, keep: Sequence[str]) -> Table:
        """The law of some slots."""
        return contract([each.table for each in self._bearing(keep)], keep, self._sizes, self._exact)

    def check_whole(self, moved: Iterable[str]) -> None:
        """Raise DataError for a slot whose policy moves some of its law onto no label."""
        for slot in moved:
            if abs(self.law([slot]).values.sum() - 1) > ROUNDING:
                raise DataError(
                    f"to draw {variable_of(slot)} moves a value that occurs onto no value of the variable; move by less"
                )

    def pull(self, f: Table, way: Pass) -> None:
        """Rule: the derivative of E[f] by one factor is the product of all others with f, summed over the rest.

        At the slots t of a model and the inputs i that it is given this is N(i) E[f | t, i]. What draws slots that f
        does not look at, and that nothing reads on the way to it, has none.
        """
        factors = self._bearing(f.axes)
        for each in factors:
            if each.back is None:
                continue
            others = [_determined(other.table) for other in factors if other is not each]
            axes = each.table.axes
            each.back(contract([*others, f], axes, self._sizes, self._exact), way)

    def _bearing(self, slots: Iterable[str]) -> list[Factor]:
        """The factors that some slots depend on, in order."""
        wanted, found = set(slots), list[Factor]()
        for factor in reversed(self._factors):
            if wanted.intersection(factor.slots):
                wanted.update(factor.inputs)
                found.append(factor)
        return found[::-1]


def _determined(table: Table) -> Table:
    return table if table.known is None else Table(table.axes, table.values)


class NetworkLaw(Law):
    """`regenerate`: the law of the outputs of a network whose inputs are drawn from policies.

    Rule: E[R] under this law is itself the answer of a network, with f := R, the residual collected from all its users.
    """

    def __init__(self, wiring: Wiring, exact: bool) -> None:
        super().__init__(exact)
        self._wiring = wiring

    def _marginal(self, names: tuple[str, ...]) -> Table:
        return self._wiring.law(names)

    def pull(self, way: Pass) -> None:
        """The rule, term by term."""
        for term in self.residual.taken():
            self._wiring.pull(term, way)
