"""What a kernel regression says of a row: of few rows it learns a bend that a network learns of many.

The mean of a Gaussian process, over bumps with a width of their own in each input. The widths are those that a few
hundred rows are likeliest by; how much noise there is, all rows say that are left out a fold at a time. No row stands
in it: bumps lie at the middles of several rows.
Source: Rasmussen and Williams (2006), sections 2.3, 5.4 and 8.3.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappush, heapreplace
from typing import Self

import numpy as np
import torch
from torch import Tensor

from idgen_compiler.errors import DataError
from idgen_torch.arithmetic import total
from idgen_torch.drawing import some_rows
from idgen_torch.families.numbers.line import FARTHEST, designed
from idgen_torch.families.state import Tensors
from idgen_torch.families.trees.bins import Array, as_array
from idgen_torch.families.trees.boosting import one_threaded
from idgen_torch.nets.heads import Features

__all__ = ["MOST_COLUMNS", "Kernel", "kernels_of"]

MOST_COLUMNS = 40
"""So many numbers and categories of inputs have a width each; of more, few rows do not say them."""
ASKED, BUMPS, MOST_ROWS = 250, 300, 10_000
"""By so many rows the widths are found, there are so many bumps at most, and by so many rows at most their heights."""
TOGETHER = 5
"""A bump lies at the middle of so many rows at least, so that it says nothing of one of them."""
STARTS, TURNS = (1.0, 0.5), 20
"""The likelihood is climbed from widths of so many roots of the number of inputs, so often: from wide bumps on an input
by which a mean bends gently is forgotten, and narrow ones have no rows near. What comes out is held against all rows,
unless it is the same but for such a factor (in logarithms); narrower bumps are to say so much more."""
SAME, HARDLY = 0.1, 1.01
NARROWEST, WIDEST = 0.05, 100.0
"""Of a bump, in deviations of an input."""
NOISES = (0.1, 0.3, 1.0, 3.0, 10.0)
"""So many times the noise that the likelihood says is tried."""
KEPT = 1e-5
"""Bumps that lie so near each other that less than this share is left of one's own say nothing of their own."""
FOLDS = 10
"""What rows are told is learned without so large a part of them. Were it learned without the row alone, whoever knows
what all rows say on average knew the row by what is missing."""
_FAR = 1e4
"""So many widths away there is nothing."""
_BLOCK = 2**19
"""So many bumps are asked at once (a bump for a row is one), which stays in the cache."""


@dataclass(frozen=True, eq=False)
class Kernel:
    """A sum of normal bumps.

    Shape: width (one-hot width + reals,), of the bumps in each feature; at (bumps, one-hot width + reals), in widths;
    height (bumps,); all float32.
    """

    width: Tensor
    at: Tensor
    height: Tensor

    @property
    def outputs(self) -> int:
        """How many numbers it says of a row."""
        return 1

    def __call__(self, features: Features) -> Tensor:
        """Shape: -> (rows, 1) float32."""
        one_hot, found = len(self.width) - features.reals.shape[1], self.height.new_empty(len(features), 1)
        size = max(1, _BLOCK // len(self.at))
        for start in range(0, len(features), size):
            piece = slice(start, start + size)
            seen = designed(features[piece], one_hot)[:, 1:].float() / self.width
            found[piece, 0] = _bumps(seen, self.at) @ self.height
        return found

    def state(self, prefix: str) -> Tensors:
        """All arrays, under a prefix."""
        return {f"{prefix}.{name}": getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def from_state(cls, tensors: Tensors, prefix: str, reals: int, one_hot: int) -> Self:
        """What was saved, over so many numbers and categories.  Raises DataError for what is none."""
        found = {}
        for name in cls.__dataclass_fields__:
            value = tensors.get(f"{prefix}.{name}")
            if value is None or value.dtype != torch.float32:
                raise DataError(f"a saved kernel lacks {prefix}.{name}, or it is not {torch.float32}")
            found[name] = value
        size, bumps = reals + one_hot, len(found["height"]) if found["height"].dim() else 0
        shapes = {"width": (size,), "at": (bumps, size), "height": (bumps,)}
        if not bumps or any(tuple(found[name].shape) != shape for name, shape in shapes.items()):
            raise DataError(f"a saved kernel's tensors {prefix} do not fit each other, or the inputs")
        if not bool((found["width"] > 0).all()):
            raise DataError(f"a saved kernel's widths {prefix}.width are not all above 0")
        return cls(**found)

    def to(self, device: str | torch.device) -> Self:
        """The same on another device."""
        return type(self)(**{name: getattr(self, name).to(device) for name in self.__dataclass_fields__})


def kernels_of(
    features: Features,
    one_hot: int,
    left: Tensor,
    mass: Tensor | None,
    seed: torch.Generator,
    groups: Tensor | None = None,
) -> tuple[tuple[Kernel, ...], Tensor]:
    """A kernel for each number that a regression leaves, and what it says of each row without the row's fold.

    Rows of a group are in one fold.
    Shape: left (rows, targets), of deviation 1; mass (rows,); groups (rows,) int64 -> (rows, targets) float32.
    """
    here = Features(features.codes.cpu(), features.reals.cpu())
    own = torch.ones(len(here), dtype=torch.float64) if mass is None else mass.cpu().double()
    there = (own > 0).nonzero().flatten()
    learn, alone = _learned(there, groups, seed)
    asked = alone[torch.multinomial(own[alone], min(ASKED, len(alone)), generator=seed)]
    folds = _folds(len(learn) if groups is None else int(groups.max()) + 1, seed)
    folds = folds if groups is None else folds[groups[learn]]
    spread = torch.ones(one_hot + here.reals.shape[1], dtype=torch.float64)
    own_spread = here.reals[learn].double().clamp(-FARTHEST, FARTHEST).std(0, correction=0)  # whatever lies far out
    spread[one_hot:] = torch.where(own_spread > 0, own_spread, 1.0)
    seen = (designed(here, one_hot)[:, 1:] / spread).clamp(-_FAR, _FAR)
    kernels, told = list[Kernel](), list[Tensor]()
    for column in left.cpu().double().clamp(-FARTHEST, FARTHEST).T:
        tried = []
        for width, noise in _widths(as_array(seen[asked]), as_array(column[asked])):
            basis = _Basis.around(_middles(seen[alone] / width))
            error, height, said = basis.heights(seen[learn] / width, column[learn], own[learn], noise, folds)
            tried.append((error, Kernel((width * spread).float(), basis.at.float(), height.float()), said))
        least = min(error for error, *_ in tried)
        _, kernel, said = next(one for one in tried if one[0] <= HARDLY * least)
        each = kernel(here)[:, 0]
        each[learn] = said.float()
        kernels.append(kernel)
        told.append(each)
    return tuple(kernels), torch.stack(told, 1)


def _learned(there: Tensor, groups: Tensor | None, seed: torch.Generator) -> tuple[Tensor, Tensor]:
    """The rows that heights are learned from, groups side by side, and one of each, for what each is to say alone."""
    if groups is None:
        learn = there[some_rows(len(there), MOST_ROWS, seed)]
        return learn, learn
    turn = torch.randperm(int(groups.max()) + 1, generator=seed)[groups[there]]
    learn = there[turn.argsort(stable=True)][:MOST_ROWS]
    first = torch.cat([torch.ones(1, dtype=torch.bool), groups[learn].diff() != 0])
    return learn, learn[first]


def _folds(count: int, seed: torch.Generator) -> Tensor:
    """Of rows or groups.  Shape: -> (count,) int64."""
    return torch.randperm(count, generator=seed) % FOLDS


def _bumps(seen: Tensor, at: Tensor) -> Tensor:
    """Normal bumps of width 1.  Shape: seen (rows, features), at (bumps, features) -> (rows, bumps)."""
    seen = seen.clamp(-_FAR, _FAR)
    apart = torch.addmm(at.square().sum(1), seen, at.T, alpha=-2).add_(seen.square().sum(1, keepdim=True))
    return apart.clamp_(min=0).mul_(-0.5).exp_()


def _widths(seen: Array, left: Array) -> Iterator[tuple[Tensor, float]]:
    """Of the bumps in each feature, and the variance of the noise for bumps of variance 1, by which rows are likeliest.

    Each is such that no other nearby is likelier.  Shape: seen (rows, features), left (rows,) -> (features,) float64.
    """
    from scipy.optimize import minimize
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    size = seen.shape[1]
    kernel = ConstantKernel(0.5, (1e-3, 1e2)) * RBF(np.ones(size), (NARROWEST, WIDEST)) + WhiteKernel(0.5, (1e-4, 1e1))
    scale = max(float(left.std()), 1e-9)
    with one_threaded():
        process = GaussianProcessRegressor(kernel, optimizer=None).fit(seen, left / scale)

        def unlikely(at: Array) -> tuple[float, Array]:
            value, slope = process.log_marginal_likelihood(at, eval_gradient=True, clone_kernel=False)
            return -value, -slope

        own, found = process.kernel_, list[Array]()
        narrow = own.theta.copy()  # which what is asked of the process overwrites
        for wide in STARTS:
            start = narrow + np.concatenate([[0], np.full(size, np.log(wide * np.sqrt(size))), [0]])
            how = {"jac": True, "method": "L-BFGS-B", "bounds": own.bounds, "options": {"maxiter": TURNS}}
            best = minimize(unlikely, start, **how).x
            found += [best] if all(np.abs(best - other).max() > SAME for other in found) else []
    for each in map(own.clone_with_theta, found):
        width = torch.from_numpy(np.atleast_1d(each.k1.k2.length_scale).astype(float))
        yield width, float(each.k2.noise_level / each.k1.k1.constant_value)


def _middles(seen: Tensor) -> Tensor:
    """Of groups of near rows, by halves along the feature in which a group is widest, the largest group first.

    Shape: (rows, features) -> (bumps, features).
    """
    groups = [(-len(seen), 0, torch.arange(len(seen)))]
    for number in range(1, 2 * BUMPS - 1, 2):
        group = groups[0][2]
        if len(group) < 2 * TOGETHER:
            break
        rows, half = seen[group], len(group) // 2
        order = group[rows[:, (rows.amax(0) - rows.amin(0)).argmax()].argsort(stable=True)]
        heapreplace(groups, (-half, number, order[:half]))
        heappush(groups, (half - len(group), number + 1, order[half:]))
    return torch.stack([seen[group].mean(0) for *_, group in groups])


@dataclass(frozen=True, eq=False)
class _Basis:
    """What bumps say, each beyond the others.  Shape: at (bumps, features), turned (bumps, basis); float64."""

    at: Tensor
    turned: Tensor

    @classmethod
    def around(cls, at: Tensor) -> Self:
        """For bumps of width 1 around these places."""
        shares, turned = torch.linalg.eigh(_bumps(at, at))
        kept = shares > KEPT
        return cls(at, turned[:, kept] / shares[kept].sqrt())

    def heights(
        self, seen: Tensor, left: Tensor, own: Tensor, noise: float, folds: Tensor
    ) -> tuple[float, Tensor, Tensor]:
        """Of the bumps, and what those say of each row that were learned without its fold, with the error of that.

        The error is in square. The noise is that by which they say most.
        Shape: seen (rows, features), left and own (rows,), own a weight of each row, folds (rows,) int64
        -> (), (bumps,), (rows,).
        """
        root = (own / own.mean()).sqrt()
        basis, target = root.unsqueeze(1) * (_bumps(seen, self.at) @ self.turned), root * left
        parts = [(basis[folds == fold], target[folds == fold]) for fold in range(FOLDS)]
        inner = torch.stack([part.T @ part for part, _ in parts])
        toward = torch.stack([part.T @ own for part, own in parts])
        ridge, tried = torch.eye(basis.shape[1], dtype=basis.dtype), []
        for times in NOISES:
            without = torch.linalg.solve(inner.sum(0) - inner + times * noise * ridge, toward.sum(0) - toward)
            apart = target - (basis * without[folds]).sum(1)
            tried.append((float(total(apart.square())), times * noise, apart))
        error, least, apart = min(tried, key=lambda one: one[0])
        height = torch.linalg.solve(inner.sum(0) + least * ridge, toward.sum(0))
        return error, self.turned @ height, left - apart / root
