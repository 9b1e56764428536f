"""What `flow` makes: a linear regression and densities of what it leaves, given inputs and what others say of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, pi
from typing import Any, Self

import torch
from torch import Tensor

from idgen_compiler.data.part import Form, Part
from idgen_compiler.errors import DataError
from idgen_torch.drawing import generator_for, integers, normal
from idgen_torch.families.family import ConditionalModel, Family
from idgen_torch.families.numbers.density import Density, density
from idgen_torch.families.numbers.residual import Residual
from idgen_torch.families.numbers.sights.kernel import Kernel
from idgen_torch.families.numbers.sights.sight import Seen, Sight, Word
from idgen_torch.families.numbers.support import Support
from idgen_torch.families.state import Config, Tensors, checked_tensor, setting
from idgen_torch.families.task import row_count
from idgen_torch.families.trees.boosting import Boosting
from idgen_torch.nets.heads import Columns, Features, HeadLayout, HeadNetworks
from idgen_torch.options import DEEPEST, WIDEST
from idgen_torch.parts import Values, check_forms

__all__ = ["NORMAL", "FlowModel", "Shape", "width_of"]

_MOST = 1000


@dataclass(frozen=True, slots=True)
class Shape:
    """Which density the residual has, of how many bins or components, and its networks: widths and members.

    blind: the numbers among the inputs, by their places, that the networks do not see, but the regression does.
    A residual that is normal whatever the inputs are has no networks.
    """

    kind: str
    size: int = 0
    hidden: tuple[int, ...] = ()
    members: int = 0
    blind: tuple[int, ...] = ()

    @property
    def law(self) -> Density:
        """The density.  Raises DataError for an unknown one."""
        return density(self.kind, self.size)

    def config(self) -> Config:
        """As JSON can hold it."""
        networks = {"hidden": list(self.hidden), "members": self.members, "blind": list(self.blind)}
        return {"density": self.kind, "size": self.size, **networks}

    @classmethod
    def read(cls, config: Config) -> Shape:
        """What `config` wrote.  Raises DataError for anything else."""
        kind, hidden = setting(config, "density", str), setting(config, "hidden", list)
        size, members = setting(config, "size", int), setting(config, "members", int)
        blind = setting(config, "blind", list)
        if kind == NORMAL.kind:
            return NORMAL
        density(kind, 1)
        widths = all(type(width) is int and 0 < width <= WIDEST for width in hidden)
        if not widths or not 0 < len(hidden) <= DEEPEST or not 0 < size <= _MOST or not 0 < members <= _MOST:
            raise DataError(f"a saved flow of {members} members, widths {hidden!r:.80} and {size} pieces cannot be")
        if not all(type(place) is int and place >= 0 for place in blind):
            raise DataError(f"a saved flow does not see the numbers {blind!r:.80}, which are no places of inputs")
        return cls(kind, size, tuple(hidden), members, tuple(blind))


NORMAL = Shape("normal")


class FlowModel(ConditionalModel):
    """A linear regression, and an ensemble of autoregressive densities for its whitened residual.

    Targets that have ends are modeled on the whole line (see `Support`). What trees and kernels say of a row may stand
    among the inputs (see `Seen`). Each residual coordinate has a spline flow or a mixture of normals whose parameters a
    perceptron computes from the inputs and the coordinates before it; or the residual is normal, where nothing gains on
    that. The law is the even mixture of the members' laws. `log_prob` counts a target that is an exact linear function
    of the others as a point mass.
    """

    def __init__(
        self,
        recipe: Family,
        targets: Sequence[Part],
        inputs: Sequence[Part],
        seen: Seen,
        residual: Residual,
        shape: Shape = NORMAL,
        networks: HeadNetworks | None = None,
        support: Support | None = None,
    ) -> None:
        """`networks` is None where the residual is normal, and where no target keeps any randomness.

        support: of the targets, that of their ends alone where none is said.
        """
        super().__init__(recipe, targets, inputs)
        self.shape, self._seen, self._residual, self._networks = shape, seen, residual, networks
        self._support = Support.of(targets) if support is None else support

    @property
    def networks(self) -> HeadNetworks:
        """The members' networks.  Raises DataError where there are none."""
        if self._networks is None:
            raise DataError(f"{', '.join(part.name for part in self.targets)} has no network to train")
        return self._networks

    @property
    def support(self) -> Support:
        """Of the targets."""
        return self._support

    @property
    def told(self) -> tuple[Word, ...]:
        """What trees and kernels say stands among the inputs."""
        return () if self._seen.sight is None else self._seen.sight.words

    @property
    def trained(self) -> bool:
        """Whether there are networks."""
        return self._networks is not None

    @property
    def made_of(self) -> str:
        """What the law is the sum of, and the density around it, as `line + kernel, normal`."""
        if not self.random:
            return "line, which leaves nothing"
        seen, apart = {type(word): None for word in self.told}, self._residual.apart
        line = f"line without {apart} {'row' if apart == 1 else 'rows'} that {'lies' if apart == 1 else 'lie'} apart"
        words = [line if apart else "line", *("trees" if kind is Boosting else "kernel" for kind in seen)]
        if self.trained:
            networks = "network" if self.shape.members == 1 else "networks"
            words.append(f"{self.shape.members} {networks} of {'-'.join(map(str, self.shape.hidden))}")
        return f"{' + '.join(words)}, {self.shape.kind}"

    @property
    def slope(self) -> Tensor:
        """The regression's, of the targets that keep some randomness.  Shape: (feature width, random targets)."""
        return self._residual.slope[:, self.free]

    @property
    def free(self) -> list[int]:
        """The targets that keep some randomness, in order."""
        return self._residual.free

    @property
    def random(self) -> bool:
        """Whether there is such a target."""
        return bool(self.free)

    @property
    def log_scale(self) -> Tensor:
        """What the residual's units add to the log-density of the targets' own.  Shape: ()."""
        return self._residual.factor.diagonal()[self._residual.free].log().sum()

    def whitened(self, features: Features, values: Tensor) -> Tensor:
        """The residual of rows, on the whole line.  Shape: values (rows, targets) -> (rows, targets)."""
        return self._residual.whitened(features, self._seen.one_hot_width, values)

    def in_units(self, whitened: Tensor) -> Tensor:
        """The residual in units of the targets, on the whole line.  Shape: (rows, targets) -> (rows, targets)."""
        return whitened @ self._residual.factor.T

    def started(self, shape: Shape, generator: torch.Generator, whitened: Tensor | None = None) -> FlowModel:
        """The same regression with untrained networks of a shape, for such rows.  Shape: whitened (rows, targets)."""
        layout, device = self._layout(shape), self._residual.slope.device
        networks = HeadNetworks.start(layout, self._mask(shape), generator, device)
        for head, target in enumerate(self.free):
            start = shape.law.start(None if whitened is None else whitened[:, target])
            networks.parameters[f"last{head}_bias"] += start.to(device)
        return self._with(shape, networks)

    def begun(self, start: FlowModel) -> FlowModel | None:
        """The same regression with copies of the networks of a start; None where those would not fit."""
        if start._networks is None or start._residual.free != self._residual.free:
            return None
        model = self.started(start.shape, generator_for(0))
        own, theirs = model.networks.parameters, start._networks.parameters
        if any(theirs[name].shape != value.shape for name, value in own.items()):
            return None
        own.update({name: theirs[name].detach().clone().to(value.device) for name, value in own.items()})
        return model

    def _with(self, shape: Shape, networks: HeadNetworks | None) -> FlowModel:
        own = self._support
        return FlowModel(self.recipe, self.targets, self.inputs, self._seen, self._residual, shape, networks, own)

    def _layout(self, shape: Shape) -> HeadLayout:
        """The networks' shape."""
        outputs = (shape.law.outputs,) * len(self._residual.free)
        width = self._seen.width + width_of(self.targets)
        return HeadLayout(shape.members, self._seen.one_hot_width, width, shape.hidden, outputs)

    def _mask(self, shape: Shape) -> Tensor:
        """What each head sees: inputs and the residual coordinates before its own.  Shape: (heads, width)."""
        width = self._seen.width + width_of(self.targets)
        mask = torch.ones(len(self._residual.free), width, dtype=torch.float32)
        mask[:, [self._seen.one_hot_width + place for place in shape.blind]] = 0
        for head, target in enumerate(self._residual.free):
            mask[head, self._seen.width + target :] = 0
        return mask.to(self._residual.slope.device)

    def residual_log_prob(self, everything: Features, whitened: Tensor) -> Tensor:
        """Log-density of the residual.  Shape: whitened (members or 1, batch, targets) -> (members, batch)."""
        raw = torch.stack(self.networks(everything), 2)
        return self.shape.law.log_prob(raw, whitened[..., self._residual.free].expand(raw.shape[:-1])).sum(-1)

    def normal_log_prob(self, whitened: Tensor) -> Tensor:
        """The same where the residual is normal.  Shape: (rows, targets) -> (rows,)."""
        own = whitened[:, self._residual.free]
        return -0.5 * (own.square() + log(2 * pi)).sum(-1)

    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        """Each row's targets from a member drawn for that row."""
        device, free = self._residual.slope.device, self._residual.free
        features = self._seen.features(given, n, device)
        drawn = torch.zeros(n, width_of(self.targets), dtype=torch.float32, device=device)
        if self._networks is not None:
            chosen = integers(self._networks.layout.members, n, generator, device)
            for member in range(self._networks.layout.members):
                mine = (chosen == member).nonzero().squeeze(1)
                for piece in mine.split(self._networks.layout.rows_drawn(device)):
                    drawn[piece] = self._sample_member(self._networks, member, features[piece], generator)
        elif free:
            drawn[:, free] = normal((n, len(free)), generator, device)
        values = self._support.bound(self._linear(features) + self.in_units(drawn))
        return {
            part.name: piece.contiguous()
            for part, piece in zip(self.targets, values.split([part.dim for part in self.targets], 1), strict=True)
        }

    def _linear(self, features: Features) -> Tensor:
        return self._residual.mean(features, self._seen.one_hot_width)

    def _sample_member(
        self, networks: HeadNetworks, member: int, features: Features, generator: torch.Generator
    ) -> Tensor:
        """The residual r.  Shape: (rows, targets)."""
        run, device, law = networks.member(member), features.reals.device, self.shape.law
        run.see_codes(features.codes)
        if features.reals.shape[1]:
            run.see_reals(slice(self._seen.one_hot_width, self._seen.width), features.reals)
        drawn = torch.zeros(len(features), width_of(self.targets), dtype=torch.float32, device=device)
        for head, target in enumerate(self._residual.free):
            raw = run.head(head).expand(len(features), -1)
            drawn[:, target] = law.sample(raw, generator)
            at = self._seen.width + target
            run.see_reals(slice(at, at + 1), drawn[:, target : target + 1])
        return drawn

    def log_prob(self, rows: Values) -> Tensor:
        """Log-density of the targets of each row, in standardized units.  Shape: (rows,) float32.

        Within a narrow edge of a target's support it is flat (see `Support.off_edges`).
        """
        device, free = self._residual.slope.device, self._residual.free
        count = row_count([*self.targets, *self.inputs], rows)
        features = self._seen.features(rows, count, device)
        own = self._support.off_edges(torch.cat([rows[part.name].to(device) for part in self.targets], 1))
        values = self._support.freed(own)
        whitened = self._residual.whitened(features, self._seen.one_hot_width, values)
        rebuilt = self._linear(features) + self.in_units(whitened)
        possible = ((rebuilt - values).abs() < 1e-2).all(1)
        if self._networks is not None:
            total = self._ensemble_log_prob(self._networks, features, whitened) - self.log_scale
        else:
            total = self.normal_log_prob(whitened) - self.log_scale if free else torch.zeros_like(whitened[:, 0])
        return torch.where(possible, total + self._support.log_slope(own), -torch.inf)

    def _ensemble_log_prob(self, networks: HeadNetworks, features: Features, whitened: Tensor) -> Tensor:
        members, pieces = networks.layout.members, []
        everything = Features(features.codes, torch.cat([features.reals, whitened], 1))
        for piece in torch.arange(len(whitened), device=whitened.device).split(
            networks.layout.rows_drawn(whitened.device)
        ):
            index = piece.unsqueeze(0)
            each = self.residual_log_prob(everything[index], whitened[index])
            pieces.append(each.logsumexp(0) - log(members))
        return torch.cat(pieces) if pieces else torch.zeros(0, dtype=torch.float32, device=whitened.device)

    def opinions(self, rows: Values) -> Values:
        """The mean of each target over these rows, by each member, all with the same draws."""
        networks, device = self._networks, self._residual.slope.device
        if networks is None or networks.layout.members == 1:
            return {}
        features = self._seen.features(rows, row_count(self.inputs, rows), device)
        linear, told = self._linear(features), []
        for member in range(networks.layout.members):
            drawn = self._sample_member(networks, member, features, generator_for(0))
            told.append(self._support.bound(linear + self.in_units(drawn)).mean(0))
        pieces = torch.stack(told).split([part.dim for part in self.targets], 1)
        return {part.name: piece for part, piece in zip(self.targets, pieces, strict=True)}

    def state(self) -> tuple[Config, Tensors]:
        """The density that was taken and its networks' shape, how many sums of trees are seen, and all arrays."""
        tensors = {
            "slope": self._residual.slope,
            "intercept": self._residual.intercept,
            "factor": self._residual.factor,
        }
        sight = self._seen.sight
        if self._networks is not None:
            tensors |= {f"network.{name}": value for name, value in self._networks.parameters.items()}
        if sight is not None:
            tensors |= sight.state()
        trees, kernels = (0 if sight is None else sight.count(kind) for kind in (Boosting, Kernel))
        seen = {"trees": trees} | ({"kernels": kernels} if kernels else {})
        return {**self.shape.config(), **seen, **self._support.config()}, tensors

    @classmethod
    def from_state(
        cls, recipe: Any, config: Config, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]
    ) -> Self:
        """The model whose `state` this is."""
        dims, columns = width_of(targets), Columns.of(inputs)
        trees, kernels = setting(config, "trees", int), setting({"kernels": 0, **config}, "kernels", int)
        told = {name: value for name, value in tensors.items() if name.startswith("sight.")}
        sight = Sight.from_state(told, trees, kernels, columns) if trees or kernels or told else None
        seen, shape = Seen(columns, sight), Shape.read(config)
        shapes: dict[str, tuple[int, ...]] = {"slope": (seen.width, dims), "intercept": (dims,), "factor": (dims, dims)}
        others = [name for name in tensors if not name.startswith(("network.", "sight."))]
        checked_tensor({n: tensors[n] for n in others}, {n: (size, torch.float32) for n, size in shapes.items()})
        residual = Residual(tensors["slope"], tensors["intercept"], tensors["factor"])
        support = Support.read(targets, config)
        model = cls(recipe, targets, inputs, seen, residual, shape, support=support)
        found = {name: value for name, value in tensors.items() if name.startswith("network.")}
        if not residual.free or shape == NORMAL:
            checked_tensor(found, {})
            return model
        if not recipe.allows(shape):
            raise DataError(f"a saved flow has other networks than its options say, {shape}")
        if max(shape.blind, default=0) >= max(1, columns.width - columns.one_hot_width):
            raise DataError(f"a saved flow does not see the numbers {shape.blind}, and has fewer inputs")
        layout = model._layout(shape)
        checked_tensor(found, {f"network.{n}": (size, torch.float32) for n, size in layout.shapes().items()})
        own = {name.removeprefix("network."): value for name, value in found.items()}
        networks = HeadNetworks(layout, model._mask(shape), own)
        return cls(recipe, targets, inputs, seen, residual, shape, networks, support)

    def to(self, device: str | torch.device) -> Self:
        """The same model on another device."""
        networks = None if self._networks is None else self._networks.to(device)
        seen, residual, own = self._seen.to(device), self._residual.to(device), self._support
        return type(self)(self.recipe, self.targets, self.inputs, seen, residual, self.shape, networks, own)


def width_of(targets: Sequence[Part]) -> int:
    """The total width of real targets; raises DataError for a discrete one."""
    check_forms(targets, (Form.NUMBERS,), "; flow models real targets only, use chain for mixed ones")
    return sum(part.dim for part in targets)
