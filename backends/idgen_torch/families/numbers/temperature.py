"""Temperatures that soften logits, fitted on held-out rows, and what they do to the reliability there."""

from __future__ import annotations

from math import exp, log

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from idgen_compiler.hinge.calibration import Calibration, Reliability
from idgen_torch.arithmetic import total

__all__ = ["fitted_temperature", "judged"]

TEMPERATURE_SPREAD, _CLOSE = 0.5, 1e-4

MOST_JUDGED = 2**22
"""At most so many probabilities are looked at."""


def fitted_temperature(logits: Tensor, labels: Tensor, mass: Tensor | None, members: int = 1) -> Tensor:
    """The T > 0 that softmax(z / T) has on held-out rows, in [1/4, 4], by the mode of its posterior.

    Log T is normal beforehand with deviation `TEMPERATURE_SPREAD`, so that a handful of rows, which any network may
    happen to predict well, cannot make it certain of everything. The likelihood is log-concave in 1/T, and Brent's
    method over log T finds the minimum. The logits are those of `members` networks on the same rows, one after another.
    Source: Guo et al. (2017), section 4.2.  Shape: logits (rows, classes), labels (rows,), mass (rows,) -> ().
    """
    from scipy.optimize import minimize_scalar

    rows = len(labels) if mass is None else float(total(mass).square() / total(mass.double().square()))
    rows = max(rows / members, 1e-9)

    def loss(log_temperature: float) -> float:
        each = cross_entropy(logits * exp(-log_temperature), labels, reduction="none")
        mean = float(total(each) / len(each) if mass is None else total(each * mass) / total(mass))
        return mean + (log_temperature / TEMPERATURE_SPREAD) ** 2 / (2 * rows)

    found = minimize_scalar(loss, bounds=(-log(4), log(4)), method="bounded", options={"xatol": _CLOSE})
    return torch.tensor(found.x, dtype=torch.float32, device=logits.device).exp()


def judged(
    target: str, temperature: Tensor, before: Tensor, after: Tensor, labels: Tensor, mass: Tensor | None
) -> Calibration:
    """How reliable a classifier is before and after it was calibrated, on rows kept back.

    `before` are its logits as they were trained, `after` those that it draws by. Shape: logits (rows, classes), labels
    (rows,) int64, mass (rows,).
    """
    few = slice(max(1, MOST_JUDGED // before.shape[1]))
    codes, own = labels[few].cpu().numpy(), None if mass is None else mass[few].double().cpu().numpy()
    stages = (Reliability.of(logits[few].double().softmax(1).cpu().numpy(), codes, own) for logits in (before, after))
    return Calibration("", target, float(temperature), *stages)
