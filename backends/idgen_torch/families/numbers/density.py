"""One-dimensional densities whose parameters a network puts out: a spline of a normal, or a mixture of normals."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, pi
from typing import Protocol

import torch
from torch import Tensor
from zuko.transforms import MonotonicRQSTransform

from idgen_compiler.errors import DataError
from idgen_torch.drawing import categorical, normal

__all__ = ["Density", "Mixture", "Spline", "density"]


NEAR, FAR, SEVERAL, LEAST = 3.0, 5.0, 5, 3
"""Beyond so many deviations hardly a normal value lies; so many values beyond the second, if they are more than those
between, begin with one of so many components."""


class Density(Protocol):
    """A family of densities on the real line."""

    @property
    def outputs(self) -> int:
        """How many parameters one density has."""

    def start(self, values: Tensor | None = None) -> Tensor:
        """Those of (nearly) the standard normal, and of what values show far out.  Shape: (rows,) -> (outputs,)."""

    def log_prob(self, raw: Tensor, value: Tensor) -> Tensor:
        """Shape: raw (..., outputs), value (...) -> (...)."""

    def below(self, raw: Tensor, value: Tensor) -> Tensor:
        """The probability of what is smaller.  Shape: raw (..., outputs), value (...) -> (...)."""

    def sample(self, raw: Tensor, generator: torch.Generator) -> Tensor:
        """One draw from each row's density.  Shape: raw (rows, outputs) -> (rows,)."""


@dataclass(frozen=True, slots=True)
class Spline:
    """A standard normal through a monotone rational-quadratic spline on [-5, 5], the identity beyond.

    Source: Durkan et al. (2019), Neural Spline Flows; the transformation is Zuko's.
    """

    bins: int

    @property
    def outputs(self) -> int:
        """Widths, heights and inner slopes."""
        return 3 * self.bins - 1

    def start(self, values: Tensor | None = None) -> Tensor:
        """Zeros: the identity."""
        return torch.zeros(self.outputs, dtype=torch.float32)

    def _transform(self, raw: Tensor) -> MonotonicRQSTransform:
        return MonotonicRQSTransform(*raw.split([self.bins, self.bins, self.bins - 1], dim=-1))

    def log_prob(self, raw: Tensor, value: Tensor) -> Tensor:
        """Change of variables: log N(f(value)) + log |f'(value)|."""
        z, log_slope = self._transform(raw).call_and_ladj(value)
        return log_slope - 0.5 * z.square() - 0.5 * log(2 * pi)

    def below(self, raw: Tensor, value: Tensor) -> Tensor:
        """A normal's probability below f(value)."""
        return torch.special.ndtr(self._transform(raw)(value))

    def sample(self, raw: Tensor, generator: torch.Generator) -> Tensor:
        """The inverse of a standard normal draw."""
        return self._transform(raw)._inverse(normal((len(raw),), generator, raw.device))


@dataclass(frozen=True, slots=True)
class Mixture:
    """A mixture of normals: log weights, means and log scales.  Source: Bishop (1994), mixture density networks."""

    components: int

    @property
    def outputs(self) -> int:
        """Log weights, means and log scales."""
        return 3 * self.components

    def start(self, values: Tensor | None = None) -> Tensor:
        """Means spread over two thirds of the normal's width, so that components can part ways.

        Values that lie apart, far out on a side, have a component of their own: one that has to come from the middle is
        wide on its way, and stays so, with as much on the other side where no value is. A tail that thins out has none,
        which would leave a hump in it.
        """
        spread = torch.linspace(-1.0, 1.0, self.components, dtype=torch.float32)
        mean = spread - spread.mean() if self.components == 1 else spread
        scale = (1 - mean.square().mean()).clamp(min=0.1).sqrt().log().repeat(self.components)
        weight = torch.zeros_like(mean)
        if values is None or self.components < LEAST:
            return torch.cat([weight, mean, scale])
        for place, out in ((0, -values), (-1, values)):
            far = out > FAR
            if int(far.sum()) >= max(SEVERAL, int(((out > NEAR) & ~far).sum()) + 1):
                own = values[far].double()
                mean[place], scale[place] = float(own.mean()), log(max(float(own.std()), 0.1))
                weight[place] = log(self.components * len(own) / len(values))
        return torch.cat([weight, mean, scale])

    def _parts(self, raw: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        weight, mean, log_scale = raw.split(self.components, dim=-1)
        return weight, mean, log_scale.clamp(-7.0, 7.0)

    def log_prob(self, raw: Tensor, value: Tensor) -> Tensor:
        """Log of the weighted sum of the components' densities."""
        weight, mean, log_scale = self._parts(raw)
        z = (value.unsqueeze(-1) - mean) * (-log_scale).exp()
        joint = weight - log_scale - 0.5 * z.square()
        return joint.logsumexp(-1) - weight.logsumexp(-1) - 0.5 * log(2 * pi)

    def below(self, raw: Tensor, value: Tensor) -> Tensor:
        """The weighted sum of the components' probabilities."""
        weight, mean, log_scale = self._parts(raw)
        return (weight.softmax(-1) * torch.special.ndtr((value.unsqueeze(-1) - mean) * (-log_scale).exp())).sum(-1)

    def moments(self, raw: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation.  Shape: (..., outputs) -> (...) each."""
        weight, mean, log_scale = self._parts(raw)
        share = weight.softmax(-1)
        middle = (share * mean).sum(-1)
        square = (share * (mean.square() + (2 * log_scale).exp())).sum(-1)
        return middle, (square - middle.square()).clamp(min=1e-12).sqrt()

    def sample(self, raw: Tensor, generator: torch.Generator) -> Tensor:
        """A component by weight, then its normal."""
        weight, mean, log_scale = self._parts(raw)
        chosen = categorical(weight, generator).unsqueeze(1)
        noise = normal((len(raw),), generator, raw.device)
        return mean.gather(1, chosen).squeeze(1) + log_scale.gather(1, chosen).squeeze(1).exp() * noise


def density(kind: str, size: int) -> Density:
    """The density called "spline" (of `size` bins) or "mixture" (of `size` components); DataError for another name."""
    if kind == "spline":
        return Spline(size)
    if kind == "mixture":
        return Mixture(size)
    raise DataError(f"no density is called {kind!r}; choose spline or mixture")
