"""`flow`: conditional densities for real targets of any dimension given any inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log
from typing import Self

import torch
from torch import Tensor

from idgen_compiler.data.part import Form, Part
from idgen_compiler.errors import DataError
from idgen_torch.arithmetic import one_thread
from idgen_torch.drawing import generator_for, integers
from idgen_torch.families.family import ConditionalModel, Family, Run
from idgen_torch.families.numbers.density import Density, density
from idgen_torch.families.numbers.residual import Residual
from idgen_torch.families.numbers.support import Support
from idgen_torch.families.state import Config, Tensors, checked_tensor, setting
from idgen_torch.families.task import Offer, Task, row_count
from idgen_torch.nets.heads import Columns, Features, HeadLayout, HeadNetworks
from idgen_torch.options import choice, real, whole, widths
from idgen_torch.parts import Values, check_forms
from idgen_torch.training.ensemble import EnsembleTraining, Passes, Split, split, train, train_on
from idgen_torch.training.progress import NoProgress, Progress

__all__ = ["Flow", "FlowModel"]


class FlowModel(ConditionalModel):
    """A linear regression, and an ensemble of autoregressive densities for its whitened residual.

    Targets that have ends are modeled on the whole line (see `Support`).
    Each residual coordinate has a spline flow or a mixture of normals whose parameters a perceptron computes from
    the inputs and the coordinates before it. The law is the even mixture of the members' laws. `log_prob` counts a
    target that is an exact linear function of the others as a point mass.
    """

    recipe: Flow

    def __init__(
        self,
        recipe: Flow,
        targets: Sequence[Part],
        inputs: Sequence[Part],
        residual: Residual,
        kind: str,
        networks: HeadNetworks | None,
    ) -> None:
        """`kind` names the density; `networks` is None when no target keeps any randomness."""
        super().__init__(recipe, targets, inputs)
        self._columns = Columns.of(inputs)
        self._support = Support.of(targets)
        self._residual = residual
        self._kind = kind
        self._density: Density = density(kind, recipe.size_of(kind))
        self._networks = networks

    @property
    def networks(self) -> HeadNetworks:
        """The members' networks.  Raises DataError where no target keeps any randomness."""
        if self._networks is None:
            raise DataError(f"{', '.join(part.name for part in self.targets)} has no network to train")
        return self._networks

    def started(self, kind: str, how: EnsembleTraining, generator: torch.Generator) -> FlowModel:
        """The same regression with untrained networks for a density of this kind."""
        model = FlowModel(self.recipe, self.targets, self.inputs, self._residual, kind, None)
        outputs, dims = model._density.outputs, _width(self.targets)
        layout = _layout(self._columns, self._residual, outputs, dims, how.ensemble, how.hidden)
        mask = _mask(self._columns, self._residual, dims)
        device = self._residual.slope.device
        model._networks = HeadNetworks.start(layout, mask, generator, device)
        for head in range(layout.heads):
            model._networks.parameters[f"last{head}_bias"] += model._density.start().to(device)
        return model

    def begun(self, start: FlowModel, how: EnsembleTraining) -> FlowModel | None:
        """The same regression with copies of the networks of a start; None where those are of another shape."""
        if start._networks is None or start._residual.free != self._residual.free:
            return None
        model = self.started(start._kind, how, generator_for(0))
        own, theirs = model.networks.parameters, start._networks.parameters
        if any(theirs[name].shape != value.shape for name, value in own.items()):
            return None
        own.update({name: theirs[name].detach().clone().to(value.device) for name, value in own.items()})
        return model

    def residual_log_prob(self, everything: Features, whitened: Tensor) -> Tensor:
        """Log-density of the residual.  Shape: whitened (members, batch, targets) -> (members, batch)."""
        raw = torch.stack(self.networks(everything), 2)
        return self._density.log_prob(raw, whitened[..., self._residual.free]).sum(-1)

    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        """Each row's targets from a member drawn for that row."""
        device = self._residual.slope.device
        features = self._columns.features(given, n, device)
        drawn = torch.zeros(n, _width(self.targets), dtype=torch.float32, device=device)
        if self._networks is not None:
            chosen = integers(self._networks.layout.members, n, generator, device)
            for member in range(self._networks.layout.members):
                mine = (chosen == member).nonzero().squeeze(1)
                for piece in mine.split(self._networks.layout.rows_drawn(device)):
                    drawn[piece] = self._sample_member(self._networks, member, features[piece], generator)
        free = self._residual.mean(features, self._columns.one_hot_width) + drawn @ self._residual.factor.T
        values = self._support.bound(free)
        return {
            part.name: piece.contiguous()
            for part, piece in zip(self.targets, values.split([part.dim for part in self.targets], 1), strict=True)
        }

    def _sample_member(
        self, networks: HeadNetworks, member: int, features: Features, generator: torch.Generator
    ) -> Tensor:
        """The residual r.  Shape: (rows, targets)."""
        run, device = networks.member(member), features.reals.device
        run.see_codes(features.codes)
        if features.reals.shape[1]:
            run.see_reals(slice(self._columns.one_hot_width, self._columns.width), features.reals)
        drawn = torch.zeros(len(features), _width(self.targets), dtype=torch.float32, device=device)
        for head, target in enumerate(self._residual.free):
            raw = run.head(head).expand(len(features), -1)
            drawn[:, target] = self._density.sample(raw, generator)
            at = self._columns.width + target
            run.see_reals(slice(at, at + 1), drawn[:, target : target + 1])
        return drawn

    def log_prob(self, rows: Values) -> Tensor:
        """Log-density of the targets of each row, in standardized units.  Shape: (rows,) float32."""
        device = self._residual.slope.device
        count = row_count([*self.targets, *self.inputs], rows)
        features = self._columns.features(rows, count, device)
        own = torch.cat([rows[part.name].to(device) for part in self.targets], 1)
        values = self._support.freed(own)
        one_hot = self._columns.one_hot_width
        whitened = self._residual.whitened(features, one_hot, values)
        rebuilt = self._residual.mean(features, one_hot) + whitened @ self._residual.factor.T
        possible = ((rebuilt - values).abs() < 1e-2).all(1)
        total = torch.zeros(count, dtype=torch.float32, device=device)
        if self._networks is not None:
            members = self._networks.layout.members
            everything = Features(features.codes, torch.cat([features.reals, whitened], 1))
            scale = self._residual.factor.diagonal()[self._residual.free].log().sum()
            pieces = []
            for piece in torch.arange(count, device=device).split(self._networks.layout.rows_at_once):
                index = piece.expand(members, -1)
                each = self.residual_log_prob(everything[index], whitened[index])
                pieces.append(each.logsumexp(0) - log(members) - scale)
            total = torch.cat(pieces)
        return torch.where(possible, total + self._support.log_slope(own), -torch.inf)

    def opinions(self, rows: Values) -> Values:
        """The mean of each target over these rows, by each member, all with the same draws."""
        networks, device = self._networks, self._residual.slope.device
        if networks is None or networks.layout.members == 1:
            return {}
        features = self._columns.features(rows, row_count(self.inputs, rows), device)
        linear, told = self._residual.mean(features, self._columns.one_hot_width), []
        for member in range(networks.layout.members):
            drawn = self._sample_member(networks, member, features, generator_for(0))
            told.append(self._support.bound(linear + drawn @ self._residual.factor.T).mean(0))
        pieces = torch.stack(told).split([part.dim for part in self.targets], 1)
        return {part.name: piece for part, piece in zip(self.targets, pieces, strict=True)}

    def state(self) -> tuple[Config, Tensors]:
        """The density that was taken, and all arrays."""
        tensors = {
            "slope": self._residual.slope,
            "intercept": self._residual.intercept,
            "factor": self._residual.factor,
        }
        if self._networks is not None:
            tensors |= {f"network.{name}": value for name, value in self._networks.parameters.items()}
        return {"density": self._kind}, tensors

    @classmethod
    def from_state(
        cls, recipe: Flow, config: Config, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]
    ) -> Self:
        """The model whose `state` this is."""
        dims, columns = _width(targets), Columns.of(inputs)
        shapes: dict[str, tuple[int, ...]] = {
            "slope": (columns.width, dims),
            "intercept": (dims,),
            "factor": (dims, dims),
        }
        kind = setting(config, "density", str)
        checked_tensor(
            {name: value for name, value in tensors.items() if not name.startswith("network.")},
            {name: (shape, torch.float32) for name, shape in shapes.items()},
        )
        residual = Residual(tensors["slope"], tensors["intercept"], tensors["factor"])
        found = {name.removeprefix("network."): value for name, value in tensors.items() if name not in shapes}
        if not residual.free:
            checked_tensor(found, {})
            return cls(recipe, targets, inputs, residual, kind, None)
        outputs = density(kind, recipe.size_of(kind)).outputs
        layout = _layout(columns, residual, outputs, dims, recipe.ensemble, recipe.hidden)
        checked_tensor(found, {name: (shape, torch.float32) for name, shape in layout.shapes().items()})
        networks = HeadNetworks(layout, _mask(columns, residual, dims), found)
        return cls(recipe, targets, inputs, residual, kind, networks)

    def to(self, device: str | torch.device) -> Self:
        """The same model on another device."""
        networks = None if self._networks is None else self._networks.to(device)
        return type(self)(self.recipe, self.targets, self.inputs, self._residual.to(device), self._kind, networks)


@dataclass(frozen=True)
class Flow(EnsembleTraining, Family):
    """Numbers given categories and numbers: a linear regression, and densities of what it leaves.

    density: "spline", "mixture", or "auto" for the better one of both.  bins: of a spline (Durkan et al. 2019).
    components: of a mixture of normals (Bishop 1994).

    The defaults are measured on napkins of 50,000 rows: at the edge of the data, where overlap is thin, wider layers
    halve the error.

    >>> from idgen_torch.families import Task
    >>> x = torch.linspace(-1, 1, 200).unsqueeze(1)
    >>> model = Flow(density="mixture", epochs=1).fit(Task((Part("y"),), (Part("x"),), {"x": x, "y": 2 * x}))
    >>> model.sample({"x": torch.zeros(3, 1)}, 3, generator_for(0))["y"].round(decimals=3).abs()
    tensor([[0.],
            [0.],
            [0.]])
    """

    word = "flow"
    model = FlowModel
    usual = Passes(20, most_steps=3_000)

    batch_size: int = whole(1024)
    lr: float = real(3e-3, "a number above 0", lambda value: value > 0)
    hidden: tuple[int, ...] = widths((128, 128))
    ensemble: int = whole(3, most=1000)
    density: str = choice("auto", ("auto", "spline", "mixture"))
    bins: int = whole(8, most=1000)
    components: int = whole(6, most=1000)

    def offer(self, task: Task) -> Offer | None:
        """For numbers given no images."""
        able = task.targets_are_numbers and not task.has_masses and not task.sees_images
        return Offer(40, "numbers") if able else None

    def size_of(self, density: str) -> int:
        """How many bins or components the density of this name has."""
        return self.bins if density == "spline" else self.components

    @one_thread()
    def fit(self, task: Task, run: Run = Run()) -> FlowModel:
        """Regress, then train the members side by side. Raises DataError for a discrete target."""
        _width(task.targets)
        task.refuse_masses(self.word)
        count, device, generator = task.count, run.device, generator_for(run.seed)
        columns = Columns.of(task.inputs)
        features, mass = columns.features(task.rows, count, device), task.mass(device)
        values = Support.of(task.targets).freed(task.values(device))
        parts = split(count, self.holdout, generator, task.weights)
        learn = parts.train.to(device)
        residual = Residual.fit(
            features[learn], columns.one_hot_width, values[learn], None if mass is None else mass[learn]
        )
        model = FlowModel(self, task.targets, task.inputs, residual, "spline", None)
        if not residual.free:
            return model
        lesson = _Lesson(model, features, residual.whitened(features, columns.one_hot_width, values), mass, generator)
        if isinstance(run.start, FlowModel) and (begun := model.begun(run.start, self)) is not None:
            return lesson.learned_on(begun, self, parts.train, run.progress)
        kind = self.density
        if kind == "auto":
            pilot = Split(parts.train[:PILOT_ROWS], parts.held_out)
            losses = {kind: lesson.learned(kind, PILOT, pilot, NoProgress())[0] for kind in ("mixture", "spline")}
            kind = "spline" if losses["spline"] < losses["mixture"] - PILOT_GAIN else "mixture"
        return lesson.learned(kind, self, parts, run.progress)[1]


@dataclass(frozen=True)
class _Pilot(EnsembleTraining):
    usual = Passes(8)


PILOT = _Pilot(lr=5e-3)
PILOT_ROWS = 20_000
PILOT_GAIN = 0.005
"""A quickly trained member of each density is compared on held-out rows: a spline has to be better by this many nats
a row, for mixtures train and sample faster and did better where the law bends."""


@dataclass(frozen=True, eq=False)
class _Lesson:
    """What networks learn from.  Shape: whitened (rows, targets), mass (rows,)."""

    model: FlowModel  #: without networks yet
    features: Features
    whitened: Tensor
    mass: Tensor | None
    generator: torch.Generator

    def learned(self, kind: str, how: EnsembleTraining, parts: Split, progress: Progress) -> tuple[float, FlowModel]:
        """The members' mean held-out loss, and the model with its networks."""
        model = self.model.started(kind, how, self.generator)
        networks, losses = model.networks, self._losses(model)
        held_out = parts.held_out[: networks.layout.rows_at_once].to(self.whitened.device).expand(how.ensemble, -1)

        def held_out_loss() -> Tensor:
            with torch.no_grad():
                return losses(held_out)

        best = train(
            list(networks.parameters.values()),
            lambda index: losses(index).sum(),
            held_out_loss,
            parts.train,
            how,
            self.generator,
            progress,
            ", ".join(part.name for part in model.targets),
        )
        return float(best.mean()), model

    def learned_on(self, model: FlowModel, how: EnsembleTraining, rows: Tensor, progress: Progress) -> FlowModel:
        """A model whose networks were trained on much the same rows, trained on."""
        losses, name = self._losses(model), ", ".join(part.name for part in model.targets)
        parameters = list(model.networks.parameters.values())
        train_on(parameters, lambda index: losses(index).sum(), rows, how, self.generator, progress, name)
        return model

    def _losses(self, model: FlowModel) -> Callable[[Tensor], Tensor]:
        """Mean negative log-likelihood of each member.  Shape: (members, batch) -> (members,)."""
        everything = Features(self.features.codes, torch.cat([self.features.reals, self.whitened], 1))

        def losses(index: Tensor) -> Tensor:
            per_row, mass = -model.residual_log_prob(everything[index], self.whitened[index]), self.mass
            return per_row.mean(-1) if mass is None else (per_row * mass[index]).sum(-1) / mass[index].sum(-1)

        return losses


def _width(targets: Sequence[Part]) -> int:
    """The total width of real targets; raises DataError for a discrete one."""
    check_forms(targets, (Form.NUMBERS,), "; flow models real targets only, use chain for mixed ones")
    return sum(part.dim for part in targets)


def _layout(
    columns: Columns, residual: Residual, outputs: int, dims: int, members: int, hidden: tuple[int, ...]
) -> HeadLayout:
    """The networks' shape."""
    width = columns.width + dims
    return HeadLayout(members, columns.one_hot_width, width, hidden, (outputs,) * len(residual.free))


def _mask(columns: Columns, residual: Residual, dims: int) -> Tensor:
    """What each head sees: all inputs and the residual coordinates before its own.  Shape: (heads, width)."""
    mask = torch.ones(len(residual.free), columns.width + dims, dtype=torch.float32)
    for head, target in enumerate(residual.free):
        mask[head, columns.width + target :] = 0
    return mask.to(residual.slope.device)
