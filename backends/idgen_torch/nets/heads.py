"""Small perceptrons trained side by side: one for each member of an ensemble and each head.

A *head* models one target given the inputs and the targets before it. All heads of all members share one set of
batched matrix products, because for layers this small the time goes into calls, not arithmetic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag, silu

from idgen_compiler.data.part import Form, Part
from idgen_torch.nets.conditioning import SEEN, UNREAD
from idgen_torch.parts import Values, check_forms, of_form

__all__ = ["Columns", "Features", "HeadNetworks", "HeadLayout", "at_mass"]

_DENSE_WIDTH = 128
"""Up to this many features one-hot rows times a matrix beat summed embeddings (measured)."""

_IN_CACHE = 2**19
"""So many numbers (2 MiB) of a layer are worked on faster than more (measured)."""


@dataclass(frozen=True, slots=True)
class Features:
    """What a network sees of some rows.

    codes: (..., discrete parts) int64, already shifted to each part's place in the one-hot row.
    reals: (..., real width) float32.
    """

    codes: Tensor
    reals: Tensor

    def __getitem__(self, index: Tensor | slice) -> Features:
        return Features(self.codes[index], self.reals[index])

    def __len__(self) -> int:
        return len(self.codes)


@dataclass(frozen=True, slots=True)
class Columns:
    """The places of parts in a feature row: one-hot blocks of the discrete parts, the real ones, then levels."""

    discrete: tuple[Part, ...]
    real: tuple[Part, ...]

    @classmethod
    def of(cls, parts: Sequence[Part]) -> Columns:
        """The places of these parts, in their order.  Raises DataError for images, which are no columns."""
        check_forms(parts, (Form.CODES, Form.NUMBERS), UNREAD)
        return cls.among(parts)

    @classmethod
    def among(cls, parts: Sequence[Part]) -> Columns:
        """The places of those parts that are columns, in their order.  Raises DataError for texts."""
        check_forms(parts, SEEN, UNREAD)
        return cls(of_form(parts, Form.CODES), of_form(parts, Form.NUMBERS))

    @property
    def one_hot_width(self) -> int:
        """Width of all one-hot blocks."""
        return sum(part.size or 0 for part in self.discrete)

    @property
    def width(self) -> int:
        """Width of a feature row."""
        return self.one_hot_width + sum(map(_width, self.real)) + len(self.leveled)

    @property
    def leveled(self) -> tuple[Part, ...]:
        """The discrete parts whose categories lie on a scale, which are seen as numbers, too."""
        return tuple(part for part in self.discrete if part.levels)

    def place(self, part: Part) -> slice:
        """Where the part lies in a feature row."""
        at = 0
        for other in (*self.discrete, *self.real):
            width = _width(other)
            if other.name == part.name:
                return slice(at, at + width)
            at += width
        raise KeyError(part.name)

    def features(self, rows: Values, count: int, device: torch.device) -> Features:
        """The features of `count` rows that hold all these parts."""
        codes = torch.empty(count, len(self.discrete), dtype=torch.long, device=device)
        for k, part in enumerate(self.discrete):
            codes[:, k] = rows[part.name].to(device) + self.place(part).start
        return Features(codes, self.reals(rows, count, device))

    def reals(self, rows: Values, count: int, device: torch.device) -> Tensor:
        """The real features.  Shape: (rows, width).

        Each number, and whether it is at each of its point masses; then where categories lie on a scale.
        """
        pieces = []
        for part in self.real:
            values = rows[part.name].to(device)
            pieces += [values, at_mass(part, values).float()] if part.masses else [values]
        for part in self.leveled:
            levels = torch.tensor(part.levels, dtype=torch.float32, device=device)
            pieces.append(levels[rows[part.name].to(device)].unsqueeze(1))
        return torch.cat(pieces, 1) if pieces else torch.empty(count, 0, dtype=torch.float32, device=device)


def at_mass(part: Part, values: Tensor) -> Tensor:
    """Whether a number is at each of its point masses.  Shape: (rows, 1) -> (rows, masses)."""
    return values == torch.tensor(part.masses, dtype=values.dtype, device=values.device)


def _width(part: Part) -> int:
    return part.size if part.size is not None else part.dim + len(part.masses)


@dataclass(frozen=True, slots=True)
class HeadLayout:
    """The shape of HeadNetworks: `one_hot` of the `width` features are one-hot blocks, the rest real numbers.

    linear: the heads that also see the features directly, by a linear map.
    """

    members: int
    one_hot: int
    width: int
    hidden: tuple[int, ...]
    outputs: tuple[int, ...]  #: numbers that each head puts out
    linear: tuple[int, ...] = ()

    @property
    def heads(self) -> int:
        """How many targets are modeled."""
        return len(self.outputs)

    @property
    def rows_at_once(self) -> int:
        """How many rows all members may see together, so that a layer holds at most 128 MiB."""
        return max(1, 2**25 // (self.members * self.heads * max(self.hidden)))

    def rows_drawn(self, device: torch.device) -> int:
        """How many rows are drawn, or asked about, at once: a layer of them stays in the cache of a processor.

        On a GPU as many as all members may see together. Measured: 4.9 us a sample of a flow in draws of 87,000 rows,
        1.6 us in such of 4,096; a density 8 to 10 us a row against 3.5.
        """
        return self.rows_at_once if device.type == "cuda" else max(2**8, _IN_CACHE // max(*self.hidden, *self.outputs))

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of every parameter; the first axis is the member, the second the head."""
        shapes: dict[str, tuple[int, ...]] = {
            "first": (self.members, self.heads, self.width, self.hidden[0]),
            "first_bias": (self.members, self.heads, self.hidden[0]),
        }
        for k, (below, above) in enumerate(pairwise(self.hidden)):
            shapes[f"hidden{k}"] = (self.members, self.heads, below, above)
            shapes[f"hidden{k}_bias"] = (self.members, self.heads, above)
        for head, outputs in enumerate(self.outputs):
            shapes[f"last{head}"] = (self.members, self.hidden[-1], outputs)
            shapes[f"last{head}_bias"] = (self.members, outputs)
        return shapes | {f"linear{h}": (self.members, self.width, self.outputs[h]) for h in self.linear}


class HeadNetworks:
    """`members` x `heads` perceptrons, as batched matrices.

    The activation is SiLU: with ReLU the densities went wrong where overlap is thin (measured: .19 sd against .06
    at the edge of a bent napkin).

    `mask` (heads, width) is 1 where a head may see a feature: the inputs, and the targets before its own. Linear maps
    are further columns of the first layer, and zero where their head may not see.
    """

    def __init__(self, layout: HeadLayout, mask: Tensor, parameters: dict[str, Tensor]) -> None:
        self.layout = layout
        self.mask = mask
        self.parameters = parameters

    @classmethod
    def start(
        cls, layout: HeadLayout, mask: Tensor, generator: torch.Generator, device: str | torch.device
    ) -> HeadNetworks:
        """He-initialized hidden layers, and last layers and linear maps of zeros: it puts out `last_bias` alone."""
        parameters = {}
        for name, shape in layout.shapes().items():
            if name.endswith("_bias") or name.startswith(("last", "linear")):
                parameters[name] = torch.zeros(shape, dtype=torch.float32)
                continue
            # One-hot blocks add one row of weights each, so a part counts as one input and not as its size.
            scale = sqrt(2 / shape[-2]) if name != "first" else 0.5
            parameters[name] = scale * torch.randn(shape, generator=generator, dtype=torch.float32)
        reals = layout.width - layout.one_hot
        if reals:
            parameters["first"][:, :, layout.one_hot :] /= sqrt(reals)
        return cls(layout, mask.to(device), {name: value.to(device) for name, value in parameters.items()})

    def __call__(self, features: Features) -> list[Tensor]:
        """What each head puts out.

        Shape: features (members, batch, ...), or (1, batch, ...) that all members see -> heads x (members, batch,
        outputs).
        """
        p, layout = self.parameters, self.layout
        weight = (p["first"] * self.mask.unsqueeze(-1)).transpose(1, 2).flatten(2)  # (members, width, heads * hidden)
        seen = self._first(features, torch.cat([weight, *(p[f"linear{head}"] for head in layout.linear)], 2))
        below, *straight = seen.split([weight.shape[2], *(layout.outputs[head] for head in layout.linear)], 2)
        below = below.unflatten(-1, (layout.heads, layout.hidden[0])).transpose(1, 2)
        below = silu(below + p["first_bias"].unsqueeze(2))  # (members, heads, batch, hidden)
        for k in range(len(layout.hidden) - 1):
            below = silu(torch.matmul(below, p[f"hidden{k}"]) + p[f"hidden{k}_bias"].unsqueeze(2))
        put_out = [
            torch.baddbmm(p[f"last{head}_bias"].unsqueeze(1), below[:, head], p[f"last{head}"])
            for head in range(layout.heads)
        ]
        for head, more in zip(layout.linear, straight, strict=True):
            put_out[head] = put_out[head] + more
        return put_out

    def _first(self, features: Features, weight: Tensor) -> Tensor:
        """The first layer before its bias.  Shape: -> (members, batch, heads * hidden)."""
        one_hot, width = self.layout.one_hot, self.layout.width
        given, batch, parts = features.codes.shape
        if width <= _DENSE_WIDTH:
            rows = weight.new_zeros(given, batch, width)
            if parts:
                rows.scatter_(2, features.codes, 1.0)
            if width > one_hot:
                rows[..., one_hot:] = features.reals
            return torch.matmul(rows, weight)
        total = torch.matmul(features.reals, weight[:, one_hot:])
        if not parts:
            return total
        members = self.layout.members
        shifted = features.codes + (torch.arange(members, device=weight.device) * one_hot).view(-1, 1, 1)
        table = weight[:, :one_hot].reshape(members * one_hot, -1)
        return total + embedding_bag(shifted.reshape(-1, parts), table, mode="sum").view(members, batch, -1)

    def member(self, index: int) -> HeadPass:
        """The networks of one member, to be run head by head."""
        return HeadPass(self, index)

    def to(self, device: str | torch.device) -> HeadNetworks:
        """The same networks on another device."""
        moved = {name: value.to(device) for name, value in self.parameters.items()}
        return HeadNetworks(self.layout, self.mask.to(device), moved)


class HeadPass:
    """One member run over some rows head by head, while the targets before each head are being drawn."""

    def __init__(self, networks: HeadNetworks, member: int) -> None:
        self.layout = networks.layout
        self._p = {name: value[member] for name, value in networks.parameters.items()}
        first = (self._p["first"] * networks.mask.unsqueeze(-1)).transpose(0, 1).flatten(1)
        straight = [self._p[f"linear{head}"] for head in self.layout.linear]
        self._weight = torch.cat([first, *straight], 1)
        start = self._p["first_bias"].flatten()
        self._sum = torch.cat([start, *(start.new_zeros(one.shape[1]) for one in straight)])

    def see_codes(self, codes: Tensor) -> None:
        """Add one-hot features.  Shape: codes (rows, parts) int64, shifted as in Features."""
        if codes.shape[1]:
            self._sum = self._sum + embedding_bag(codes, self._weight, mode="sum")

    def see_reals(self, place: slice, values: Tensor) -> None:
        """Add real features at their place.  Shape: values (rows, width of the place)."""
        self._sum = self._sum + values @ self._weight[place]

    def head(self, head: int) -> Tensor:
        """What the head puts out for what has been seen.  Shape: (rows, outputs), or (1, outputs) if nothing was."""
        width, seen = self.layout.hidden[0], self._sum.view(-1, self._weight.shape[1])
        below = silu(seen[:, head * width : (head + 1) * width])
        for k in range(len(self.layout.hidden) - 1):
            below = silu(torch.addmm(self._p[f"hidden{k}_bias"][head], below, self._p[f"hidden{k}"][head]))
        put_out = torch.addmm(self._p[f"last{head}_bias"], below, self._p[f"last{head}"])
        if head not in self.layout.linear:
            return put_out
        before = sum(self.layout.outputs[other] for other in self.layout.linear if other < head)
        at = self.layout.heads * width + before
        return put_out + seen[:, at : at + self.layout.outputs[head]]
