"""Weights that let a model look more often at inputs that are rare in the data and common where it is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any

from torch import Tensor

from idgen_compiler.data.schema import Schema
from idgen_compiler.ir.operations import Train
from idgen_compiler.ir.program import Program
from idgen_torch.arithmetic import total
from idgen_torch.families import Task
from idgen_torch.families.returned import log_density
from idgen_torch.running.ancestral import DataSet
from idgen_torch.running.files.artefacts import Artefacts
from idgen_torch.running.plan import Asked, asked_for
from idgen_torch.running.trainer import Trainer
from idgen_torch.running.weights.densities import Densities

__all__ = ["Emphasis"]


@dataclass(frozen=True, eq=False)
class Emphasis:
    """The weights of a fit, for models of families that want them (`Family.emphasis`).

    They are a function of the model's inputs, so that the conditional law stays what it is; without them a network
    hardly sees the inputs that it will be asked about, and takes what is set for a sign of what it goes with in the
    data. The square root of the ratio leaves more effective rows than the whole.
    Source: Shimodaira (2000), "Improving predictive inference under covariate shift", section 6.
    """

    schema: Schema
    trainer: Trainer
    densities: Densities
    known: dict[tuple[str, Asked], Tensor] = field(default_factory=dict)  #: by the data set and what is asked

    def weights(self, program: Program, op: Train, data: DataSet, power: float) -> Tensor | None:
        """How much each row counts: the ratio of the law that is asked to that of the data, to a power.

        Shape: (rows,) of mean one; None for equal weights, where no one regeneration uses the model, or where what is
        drawn for it is no category. Rows of a reweighted law keep their weights; survey weights are multiplied.
        """
        asked = asked_for(program, op)
        reweighted = data.weights is not None and op.data != program.observe.result
        if asked is None or power == 0 or reweighted:
            return data.weights
        targets, inputs = self.schema.parts(*asked.variables), self.schema.parts(*asked.kept)
        if not all(part.discrete for part in targets):
            return data.weights
        if (op.data, asked) not in self.known:
            task = Task(targets, inputs, data.rows, data.weights, likelihood=True)
            kept, made = self.trainer.artefacts, partial(self._learned, program, op, data, asked, task, power)
            if kept is not None:
                depends = self._depends(kept, op, asked, task, power)
                made = partial(kept.column, f"weights for {task.name}", depends, made)
            self.known[op.data, asked] = made()
        return self.known[op.data, asked].to(self.trainer.settings.device)

    def _depends(self, kept: Artefacts, op: Train, asked: Asked, task: Task, power: float) -> dict[str, Any]:
        """What determines the weights."""
        settings = self.trainer.settings
        return {
            "task": kept.task(task),
            "policies": [
                [variable, repr(draw.policy)] for draw, variable in zip(asked.drawn, asked.variables, strict=True)
            ],
            "drawn from": {part.name: kept.digest(self.densities.observed.rows[part.name]) for part in task.targets},
            "laws": kept.policies,
            "power": power,
            "seed": settings.seed,
            "tuning": settings.tuning.bearing(),
            "stream": self.trainer.stream(op.result),
        }

    def _learned(self, program: Program, op: Train, data: DataSet, asked: Asked, task: Task, power: float) -> Tensor:
        label = f"{', '.join(asked.variables)} | {', '.join(asked.kept)}, for the emphasis"
        by = self.trainer.fit(f"{op.result}.emphasis", label, self.trainer.choose(task), task).model
        ratio = -log_density(f"{op.result}.emphasis: {label}", by, data.rows).double().cpu()
        for draw, variable in zip(asked.drawn, asked.variables, strict=True):
            # Policies draw from these two.
            values = {program.observe.result: self.densities.observed, op.data: data}
            ratio += self.densities.log_prob(f"{op.result}.{variable}", variable, draw.policy, data, values)
        weights = (power * (ratio - ratio.max())).exp()
        if data.weights is not None:
            weights = weights * data.weights.double().cpu()
        return (weights * (len(weights) / total(weights))).float()
