"""Whether products of inputs say something of what a regression leaves, of which a small network may not learn enough.

A test of one number has the power that a network on few rows has not: the effect of a treatment may be twice as large
at one label as at another, and cost so few nats a row that held-out rows do not show it.
"""

from __future__ import annotations

import torch
from scipy.stats import norm
from torch import Tensor

from idgen_torch.families.numbers.line import FARTHEST

__all__ = ["speaking_products"]

LEVEL = 1e-3
"""So often a product speaks by chance, of all together."""
MOST_COLUMNS, AT_ONCE = 60, 256
"""Of more columns those that the regression uses most are looked at; so many products at once."""
FEWEST = 30.0
"""A product that lives on fewer rows is not asked: a sum of so few is not normal."""


def speaking_products(design: Tensor, slope: Tensor, left: Tensor, mass: Tensor | None) -> float:
    """About how many nats a row the product of two inputs, or a square, gains that says most of the residuals.

    0 where chance says it, by Bonferroni over all products. Each is a score test whose variance takes residuals as
    they are (White 1980), of the part of the product that is not linear in the inputs.
    Shape: design (rows, 1 + columns) with ones first, slope (columns, targets), left (rows, targets), mass (rows,).

    >>> x, z = torch.randn(2, 500, generator=torch.Generator().manual_seed(0)).double()
    >>> noise = torch.randn(500, 1, generator=torch.Generator().manual_seed(1)).double()
    >>> design, slope = torch.stack([torch.ones(500), x, z], 1), torch.ones(2, 1).double()
    >>> bent = noise + (x * z).unsqueeze(1)
    >>> speaking_products(design, slope, noise, None), round(speaking_products(design, slope, bent, None), 2)
    (0.0, 0.06)
    """
    own = torch.ones(len(design), dtype=torch.float64) if mass is None else mass.double() / mass.double().mean()
    columns = design.double()[:, 1:]
    middle = (own.unsqueeze(1) * columns).mean(0)
    spread = (own.unsqueeze(1) * (columns - middle).square()).mean(0).sqrt()
    used = (spread * slope.double().abs().amax(1)).where(spread > 0, -1.0).argsort(descending=True)
    used = used[spread[used] > 0][:MOST_COLUMNS]
    columns = ((columns[:, used] - middle[used]) / spread[used]).clamp(-FARTHEST, FARTHEST)
    basis, _ = torch.linalg.qr(own.sqrt().unsqueeze(1) * torch.cat([torch.ones_like(columns[:, :1]), columns], 1))
    residual = left.double().clamp(-FARTHEST, FARTHEST) * own.sqrt().unsqueeze(1)
    first, second = torch.triu_indices(len(used), len(used))
    best, asked = 0.0, 0
    for some in torch.arange(len(first)).split(AT_ONCE):
        product = own.sqrt().unsqueeze(1) * columns[:, first[some]] * columns[:, second[some]]
        whole = product.square().sum(0)
        product = product - basis @ (basis.T @ product)
        size = product.square()
        # What is all but linear, as the square of a label, leaves rounding errors only.
        there = (size.sum(0) > 1e-6 * whole) & (size.sum(0).square() > FEWEST * size.square().sum(0))
        asked += int(there.sum())
        if bool(there.any()):
            scores = (residual.T @ product[:, there]).abs() / (residual.square().T @ size[:, there]).sqrt().clamp(
                min=1e-300
            )
            best = max(best, float(scores.max()))
    if not asked or best < float(norm.isf(LEVEL / (2 * asked * left.shape[1]))):
        return 0.0
    rows = float(own.sum().square() / own.square().sum())
    return best**2 / (2 * rows)
