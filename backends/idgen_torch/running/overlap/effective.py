"""How far the rows go after a reweighting: few that are effective, and weights that cover no law."""

from __future__ import annotations

from idgen_torch.running.choices import FEW_ROWS, Overlap

__all__ = ["MASS", "poor_overlap"]

FEW_EFFECTIVE, MANY_LOST = 0.02, 0.25
"""Below this fraction of effective rows a reweighting warns, and below the second where fewer than `FEW_ROWS` are."""

MASS = 0.9
"""The mean weight, one for a true propensity, has to lie between this and its inverse: below, a part of the intervened
law has no rows at all; above, the propensity is wrong where it is small."""


def poor_overlap(found: Overlap, effective: float, count: float) -> str | None:
    """What to say when few of `count` rows stay effective, or when the weights' mean shows that they cover no law."""
    name, variables, mass = found.operation, found.variables, found.mass
    if effective < max(FEW_EFFECTIVE * count, min(FEW_ROWS, MANY_LOST * count)):
        return (
            f"{name}: after reweighting {variables} only {effective:.0f} of {count:.0f} "
            "rows are effective (poor overlap), so that what is learned there rests on few rows; "
            "compile with realize='regenerate' to share strength instead"
        )
    if not MASS <= mass <= 1 / MASS:
        return (
            f"{name}: the weights of {variables} have mean {mass:.2f} and not one, so that "
            "a part of the intervened law has no rows, or its propensities are wrong; the answer there is not to be "
            "trusted, and realize='regenerate' would extrapolate"
        )
    return None
