"""Balance and overlap of the groups that a treatment makes, as tables of the field show them."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Balance", "Histogram", "Propensity"]


@dataclass(frozen=True, slots=True)
class Balance:
    """One covariate in one arm beside all rows.

    before, after: the standardized mean difference without and with weights: the difference of the means in standard
    deviations of all rows (Austin 2009).  ratio_before, ratio_after: of the variances, None where one is zero.
    """

    covariate: str
    arm: str
    before: float
    after: float
    ratio_before: float | None = None
    ratio_after: float | None = None


@dataclass(frozen=True, slots=True)
class Histogram:
    """The propensity of an arm in bins of equal width from 0 to 1: shares of rows of the arm, and of all others."""

    arm: str
    inside: tuple[float, ...]
    outside: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Propensity:
    """P(treatment | covariates), where the program adjusts for covariates, or reweights by such a model.

    operation: the model that adjusts ("%m1" of Y | X, W) or that is weighed by.  source: what says the propensity:
    "the program's model %p0", or "a cross-fitted regression" where the program has none.
    effective_rows: Kish's, of each arm's weights.  extreme: the share of all rows that an arm's propensity gives less
    than `least`, by arm.
    """

    operation: str
    treatment: str
    covariates: tuple[str, ...]
    source: str
    arms: tuple[str, ...]
    rows: tuple[int, ...]
    effective_rows: tuple[float, ...]
    extreme: tuple[float, ...]
    least: float
    histograms: tuple[Histogram, ...] = ()
    balance: tuple[Balance, ...] = ()

    def __str__(self) -> str:
        arms = zip(self.arms, self.rows, self.effective_rows, self.extreme, strict=True)
        told = [
            f"{self.treatment} = {arm}: {rows} rows, {effective:.0f} effective; "
            f"{extreme:.1%} of all rows have it with less than {self.least:g}"
            for arm, rows, effective, extreme in arms
        ]
        worst = max(self.balance, key=lambda one: abs(one.after), default=None)
        if worst is not None:
            told.append(
                f"standardized mean differences: largest after weighting {worst.after:+.3f}, of {worst.covariate} in "
                f"{self.treatment} = {worst.arm} ({worst.before:+.3f} before)"
            )
        return "\n    ".join([f"P({self.treatment} | {', '.join(self.covariates)}), by {self.source}", *told])
