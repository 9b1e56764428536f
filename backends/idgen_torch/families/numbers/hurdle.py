"""`hurdle`: a number with point masses, such as a cost that is often nought: which mass, if any, then a density."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor

from idgen_compiler.data.part import Form, Part
from idgen_compiler.errors import DataError
from idgen_torch.families.family import ConditionalModel, Family, Run, parts_of
from idgen_torch.families.links import drawn_by, learned_link, links_state, read_link
from idgen_torch.families.state import Config, Tensors
from idgen_torch.families.task import Offer, Task, row_count, rows_at
from idgen_torch.nets.heads import at_mass
from idgen_torch.parts import Values

__all__ = ["Hurdle", "HurdleModel"]


class HurdleModel(ConditionalModel):
    """q(y | inputs): which of the point masses y is, or none; and where none, y given the inputs.

    `log_prob` is the log of a probability at a mass and of a density elsewhere.
    """

    recipe: Hurdle

    def __init__(
        self,
        recipe: Hurdle,
        targets: Sequence[Part],
        inputs: Sequence[Part],
        which: ConditionalModel,
        between: ConditionalModel | None,
    ) -> None:
        """`which` models the code of the mass, `between` the number where it is none; None where it always is one."""
        super().__init__(recipe, targets, inputs)
        self._which, self._between = which, between

    @property
    def links(self) -> tuple[ConditionalModel, ConditionalModel | None]:
        """What models the mass, and the number where it is none."""
        return self._which, self._between

    @property
    def made_of(self) -> str:
        """The families of both, with what they are made of."""
        return parts_of(self.links)

    @property
    def likelihood(self) -> bool:
        """Whether both models know their density."""
        return self._which.likelihood and (self._between is None or self._between.likelihood)

    @property
    def _code(self) -> Part:
        return _code_of(self.targets[0], self._between is not None)

    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        """The mass of each row, then the numbers of those that are at none."""
        code = drawn_by(self._which, given, n, generator)[self._code.name]
        places = torch.tensor([*self.targets[0].masses, 0.0], dtype=torch.float32, device=code.device)
        drawn = places[code].unsqueeze(1)
        rest = (code == len(self.targets[0].masses)).nonzero().squeeze(1)
        if self._between is not None and len(rest):
            own = rows_at(self.inputs, given, rest, code.device)
            drawn[rest] = drawn_by(self._between, own, len(rest), generator)[self.targets[0].name]
        return {self.targets[0].name: drawn}

    def log_prob(self, rows: Values) -> Tensor:
        """Log-probability of the mass, or log-density of a number at none.  Shape: (rows,)."""
        count = row_count([*self.targets, *self.inputs], rows)
        code = _codes(self.targets[0], rows)
        total = self._which.log_prob({**rows, self._code.name: code}).double()
        rest = (code == len(self.targets[0].masses)).nonzero().squeeze(1)
        if self._between is not None and len(rest):
            own = rows_at((*self.targets, *self.inputs), rows, rest, code.device)
            density = torch.zeros(count, dtype=torch.float64, device=total.device)
            density[rest] = self._between.log_prob(own).double()
            total = total + density
        return total

    def opinions(self, rows: Values) -> Values:
        """The mean over these rows by each member; nothing unless both models are ensembles of as many."""
        target = self.targets[0]
        shares = self._which.opinions({**rows, self._code.name: _codes(target, rows)}).get(self._code.name)
        if shares is None:
            return {}
        places = torch.tensor(target.masses, dtype=torch.float32, device=shares.device)
        mean = (shares[:, : len(places)] @ places).unsqueeze(1)
        if self._between is not None:
            between = self._between.opinions(rows).get(target.name)
            if between is None or len(between) != len(shares):
                return {}
            mean = mean + shares[:, -1:] * between
        return {target.name: mean}

    def state(self) -> tuple[Config, Tensors]:
        """Both models' states, told apart by the prefixes "which." and "between."."""
        links = {"which": self._which}
        return links_state(links if self._between is None else links | {"between": self._between})

    @classmethod
    def from_state(
        cls, recipe: Hurdle, config: Config, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]
    ) -> Self:
        """The model whose `state` this is."""
        target = _one_number(targets)
        expected = {"which": _code_of(target, "between" in config), "between": _bare(target)}
        expected = {name: part for name, part in expected.items() if name == "which" or "between" in config}
        unknown = sorted(name for name in tensors if name.split(".")[0] not in expected)
        if unknown or set(config) != set(expected):
            raise DataError(f"a saved hurdle has {', '.join([*config, *unknown])}, and needs {', '.join(expected)}")
        links = {name: read_link(name, config, tensors, (own,), inputs) for name, own in expected.items()}
        return cls(recipe, targets, inputs, links["which"], links.get("between"))

    def to(self, device: str | torch.device) -> Self:
        """The same model on another device."""
        between = None if self._between is None else self._between.to(device)
        return type(self)(self.recipe, self.targets, self.inputs, self._which.to(device), between)


@dataclass(frozen=True)
class Hurdle(Family):
    """One number with point masses: which of them it is, if any, and a model of it where it is none.

    Both models are chosen as if they were alone, and tuned by the same options; a family that is asked for such a
    number is taken for the second. Source: Cragg (1971), "Some statistical models for limited dependent variables".

    >>> from idgen_torch.drawing import generator_for
    >>> cost = torch.tensor([0.0, 0.0, 0.0, 1.0, 2.0] * 40).unsqueeze(1)
    >>> model = Hurdle().fit(Task((Part("y", masses=(0.0,)),), (), {"y": cost}))
    >>> round(float((model.sample({}, 10_000, generator_for(0))["y"] == 0).float().mean()), 1)
    0.6
    """

    word = "hurdle"
    model = HurdleModel
    masses = True

    def offer(self, task: Task) -> Offer | None:
        """For one number that has point masses."""
        alone = len(task.targets) == 1 and task.has_masses
        return Offer(70, "a number with point masses") if alone else None

    def fit(self, task: Task, run: Run = Run()) -> HurdleModel:
        """Fit both models. Raises DataError unless the only target is a number with point masses."""
        target = _one_number(task.targets)
        _ = task.count
        code = _codes(target, task.rows)
        rest = (code == len(target.masses)).nonzero().squeeze(1)
        which = replace(task, targets=(_code_of(target, len(rest) > 0),), rows={**task.rows, f"{target.name}@": code})
        begin = run.start.links if isinstance(run.start, HurdleModel) else (None, None)
        first, second = learned_link(which, _named(run, target), 0, "which", begin[0]), None
        if len(rest):
            own = {p.name: task.rows[p.name][rest.to(task.rows[p.name].device)] for p in task.parts}
            weights = None if task.weights is None else task.weights[rest.to(task.weights.device)]
            between = replace(task, targets=(_bare(target),), rows=own, weights=weights)
            second = learned_link(between, run, 1, "between", begin[1])
        return HurdleModel(self, task.targets, task.inputs, first, second)


def _one_number(targets: Sequence[Part]) -> Part:
    if len(targets) != 1 or not targets[0].masses or targets[0].form is not Form.NUMBERS:
        names = ", ".join(part.name for part in targets)
        raise DataError(f"hurdle models one number with point masses, got {names}; leave the choice to the fit")
    return targets[0]


def _named(run: Run, target: Part) -> Run:
    """The run, in which a calibration has the name of the number, and not of the code of its point masses."""
    told = run.calibrated
    if told is None:
        return run
    return replace(run, calibrated=lambda found: told(replace(found, target=f"the point masses of {target.name}")))


def _code_of(target: Part, between: bool) -> Part:
    """Which point mass: one code for each, and the last for none where there are other values."""
    return Part(f"{target.name}@", size=len(target.masses) + between)


def _bare(target: Part) -> Part:
    """The number where it is at none of its point masses."""
    return replace(target, masses=(), between=True)


def _codes(target: Part, rows: Values) -> Tensor:
    """Shape: (rows,) int64."""
    here = at_mass(target, rows[target.name])
    return torch.where(here.any(1), here.int().argmax(1), len(target.masses))
