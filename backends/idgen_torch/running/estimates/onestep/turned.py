"""Ratios of densities that Bayes' rule turns into chances of a category."""

from __future__ import annotations

from dataclasses import dataclass

from idgen_compiler.adjoint.chances import Ratio
from idgen_compiler.data.schema import Schema
from idgen_compiler.graph.names import variable_of
from idgen_torch.running.estimates.onestep.frames import Slots

__all__ = ["Turned", "turned_of"]


@dataclass(frozen=True)
class Turned:
    """A ratio P(t | x, g) / P(t | x', g) in one data set, of a category x that the caller sets and x' of the row."""

    targets: tuple[str, ...]
    given: tuple[str, ...]
    asked: str  #: the slot that is set
    own: str  #: that of the row


def turned_of(term: Ratio, schema: Schema, fixed: Slots) -> Turned | None:
    """The ratio as one that Bayes' rule turns into chances of a category; None where it is none."""
    if term.fixed or len(term.numerator) != 1 or len(term.denominator) != 1:
        return None
    (above,), (below,) = term.numerator, term.denominator
    asked, own = set(above.given) - set(below.given), set(below.given) - set(above.given)
    plain = above.data and above.data == below.data and not (above.region or above.policy or below.region)
    if not plain or set(above.targets) != set(below.targets) or len(asked) != 1 or len(own) != 1:
        return None
    (x,), (other,) = asked, own
    parts = schema.parts(variable_of(x))
    if variable_of(x) != variable_of(other) or x not in fixed or len(parts) != 1 or not parts[0].discrete:
        return None
    return Turned(below.targets, tuple(sorted(set(above.given) & set(below.given))), x, other)
