"""AdamW by its functional form: PyTorch's class imports a compiler when it is made (1.7 s of processor time)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.optim.adamw import adamw

__all__ = ["AdamW"]


class AdamW:
    """Steps down a gradient, with the moments of each parameter.

    Source: Loshchilov and Hutter (2019); the defaults are those of `torch.optim.AdamW`.

    >>> weight = torch.ones(2)
    >>> down = AdamW([weight], weight_decay=0.0)
    >>> down.step(weight.square().sum(), lr=0.1)
    >>> weight
    tensor([0.9000, 0.9000], requires_grad=True)
    """

    def __init__(self, parameters: Sequence[Tensor], weight_decay: float) -> None:
        """The parameters are changed in place, and ask for gradients until `rest`."""
        self._parameters, self._decay = list(parameters), weight_decay
        self._first, self._second = ([torch.zeros_like(one) for one in parameters] for _ in range(2))
        self._taken = [torch.zeros((), dtype=torch.float32, device=one.device) for one in parameters]
        for one in self._parameters:
            one.requires_grad_(True)

    def step(self, loss: Tensor, lr: float) -> None:
        """One step down the gradient of a loss that every parameter takes part in."""
        gradients = list(torch.autograd.grad(loss, self._parameters))
        with torch.no_grad():
            adamw(
                self._parameters, gradients, self._first, self._second, [], self._taken, fused=True, amsgrad=False,
                beta1=0.9, beta2=0.999, lr=lr, weight_decay=self._decay, eps=1e-8, maximize=False,
            )  # fmt: skip

    def rest(self) -> None:
        """The parameters ask for no gradients any more."""
        for one in self._parameters:
            one.requires_grad_(False)
