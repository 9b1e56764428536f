"""`observe`: the user's data, where every residual ends."""

from __future__ import annotations

from idgen_compiler.adjoint.rules.residual import Law, Pass
from idgen_compiler.discrete.sources import Source
from idgen_compiler.estimand.tables import Table

__all__ = ["ObservedLaw"]


class ObservedLaw(Law):
    """Rule: what is left on the data, less its mean, is the influence function.

    phi(row) = R(row) - E R, since the derivative of P along delta(row) - P is just that.
    Source: van der Vaart (1998), section 20.1.
    """

    def __init__(self, source: Source) -> None:
        super().__init__(source.exact, source.rows)
        self._source = source

    def _marginal(self, names: tuple[str, ...]) -> Table:
        return self._source.marginal(names)

    def pull(self, way: Pass) -> None:
        """Nothing comes before the data."""
