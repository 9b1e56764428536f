"""How strong a hidden cause would have to be to move an estimate elsewhere."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from idgen_compiler.errors import DataError
from idgen_compiler.estimates.shown import GREY, INK, new_figure, number

__all__ = ["Sensitivity", "e_value", "robustness_value", "sensitivity_of"]

RATIOS = ("ratio", "odds ratio")
"""Contrasts that have an E-value."""


@dataclass(frozen=True)
class Sensitivity:
    """What a cause of treatment and outcome that the graph does not have could do to an estimate.

    spread: S, so that the bias is at most S C_Y C_D, where C_Y^2 is the share of the outcome's variance that the cause
        explains beyond what the model has, and C_D^2 = r / (1 - r) with r the share of the Riesz representer's
        variance that it adds (Chernozhukov, Cinelli, Newey, Sharma and Syrgkanis 2022, theorem 2). None where the
        estimate is no mean of one outcome regression.
    robustness: the share of both that moves the estimate to `to` (Cinelli and Hazlett 2020, section 4.2), and
        `robustness_interval` the one that moves the nearer end of the interval there, with S taken as it is.
    e_value: of a ratio: the least risk ratio that the cause must have with treatment and with outcome to move the
        estimate to `to` (VanderWeele and Ding 2017), and `e_value_interval` to move the nearer end of the interval.
    """

    what: str
    value: float
    to: float
    spread: float | None = None
    robustness: float | None = None
    robustness_interval: float | None = None
    e_value: float | None = None
    e_value_interval: float | None = None

    def bias(self, outcome: float, treatment: float) -> float:
        """The largest bias that a cause makes which explains these shares, from 0 to below 1, of what is left.

        Raises DataError for shares that are none and for an estimate that has no such bound.
        """
        if self.spread is None:
            raise DataError(f"{self.what} has an E-value alone; the bias is bounded for differences of means")
        for share in (outcome, treatment):
            if not 0 <= share < 1:
                raise DataError(f"a share is {share!r:.40}; give a number from 0 to below 1")
        return self.spread * math.sqrt(outcome * treatment / (1 - treatment))

    def plot(self) -> Any:
        """Contours of the estimate after the largest bias, over both shares, as a figure of matplotlib.

        Raises DataError for an estimate that has no such bound.
        """
        shares = np.linspace(0.0, 0.6, 61)
        self.bias(0.0, 0.0)  # says why not
        treatment, outcome = np.meshgrid(shares, shares)
        bias = float(self.spread or 0) * np.sqrt(outcome * treatment / (1 - treatment))
        moved = self.value - math.copysign(1.0, self.value - self.to) * bias
        figure = new_figure(5.2, 4.6)
        axes = figure.subplots()
        drawn = axes.contour(treatment, outcome, moved, levels=9, colors=GREY, linewidths=0.8)
        axes.clabel(drawn, fontsize=8)
        if moved.min() < self.to < moved.max():
            axes.contour(treatment, outcome, moved, levels=[self.to], colors=INK, linewidths=1.6)
        axes.set_xlabel("share of the treatment's representer that a hidden cause adds", fontsize=9)
        axes.set_ylabel("share of the outcome that it explains", fontsize=9)
        axes.set_title(f"the estimate after the largest bias; black: {number(self.to)}", loc="left", fontsize=10)
        return figure

    def __repr__(self) -> str:
        told = [f"{self.what} = {number(self.value)}, moved to {number(self.to)}"]
        if self.robustness is not None and self.robustness_interval is not None:
            told.append(
                f"by a hidden cause of {100 * self.robustness:.1f} % of what is left of treatment and outcome "
                f"({100 * self.robustness_interval:.1f} % for the interval)"
            )
        if self.e_value is not None and self.e_value_interval is not None:
            told.append(f"E-value {self.e_value:.2f} ({self.e_value_interval:.2f} for the interval)")
        return "\n  ".join(told)


def robustness_value(distance: float, spread: float) -> float:
    """The share r of both with spread * r / sqrt(1 - r) = distance.

    With f = distance / S: r = (sqrt(f^4 + 4 f^2) - f^2) / 2 (Cinelli and Hazlett 2020, equation 18).

    >>> r = robustness_value(0.5, 2.0)
    >>> round(2.0 * r / (1 - r) ** 0.5, 12)
    0.5
    """
    if distance == 0:
        return 0.0
    if spread == 0:
        return 1.0
    square = (distance / spread) ** 2
    return float(2 / (1 + math.sqrt(1 + 4 / square)))


def e_value(ratio: float) -> float:
    """RR + sqrt(RR (RR - 1)) of a risk ratio RR, or of 1 / RR below one (VanderWeele and Ding 2017, table 2).

    >>> round(e_value(3.9), 2), e_value(1.0)
    (7.26, 1.0)
    """
    above = ratio if ratio >= 1 else 1 / ratio
    return above + math.sqrt(above * (above - 1))


def sensitivity_of(
    what: str, found: tuple[float, float, float], kind: str, spread: float | None, to: float | None
) -> Sensitivity:
    """The sensitivity of an estimate: its value and interval, its kind of contrast, and S where there is one."""
    value, low, high = found
    ratio = kind in RATIOS
    target = (1.0 if ratio else 0.0) if to is None else float(to)
    if not math.isfinite(target) or (ratio and target <= 0):
        raise DataError(f"{what} cannot be moved to {to!r:.40}; give a {'positive' if ratio else 'finite'} number")
    if ratio:
        # An odds ratio is about the square of the risk ratio where outcomes are common (VanderWeele 2017).
        power = 0.5 if kind == "odds ratio" else 1.0
        end = max(low, 1e-300) if value > target else high
        crossed = (end - target) * (value - target) <= 0
        return Sensitivity(
            what,
            value,
            target,
            e_value=e_value((value / target) ** power),
            e_value_interval=1.0 if crossed else e_value((end / target) ** power),
        )
    if spread is None:
        raise DataError(
            f"{what} is not the mean of one outcome regression, so that no bound of the bias is known; ask the "
            "difference of a back-door program with real estimation (method='one-step'), or a ratio for its E-value"
        )
    end = low if value > target else high
    nearer = 0.0 if (end - target) * (value - target) <= 0 else abs(end - target)
    return Sensitivity(
        what, value, target, spread, robustness_value(abs(value - target), spread), robustness_value(nearer, spread)
    )
