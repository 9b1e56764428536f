"""A program fitted again, to other weights of its rows: quickly, from the models of another fit, and without a word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from idgen_compiler.data.schema import Schema
from idgen_compiler.hinge.policies import Policy
from idgen_compiler.ir.operations import Sample, Train
from idgen_compiler.ir.program import Program
from idgen_torch.bound import Brought
from idgen_torch.families import ConditionalModel, Task
from idgen_torch.observed import Observed
from idgen_torch.running.ancestral import DataSet
from idgen_torch.running.fitting import Fitting
from idgen_torch.running.plan import FitSettings, label_of
from idgen_torch.training.progress import NoProgress

__all__ = ["Refitting"]


class Refitting(Fitting):
    """How the operations of a program, each law of which has one way, are realized once more.

    `known` models are taken as they are; the others begin from `starts`, and are of the same families, or are trained
    as in any fit. Nothing is held against its rows, and no place is looked for that these do not show: the fit did so.
    `made` has the models that were trained, by operation, those that no sampler applies among them.
    """

    def __init__(
        self,
        program: Program,
        schema: Schema,
        observed: Observed,
        settings: FitSettings,
        brought: Mapping[str, Brought],
        named: Mapping[str, Policy],
        known: Mapping[str, ConditionalModel],
        starts: Mapping[str, ConditionalModel],
    ) -> None:
        self._known_models = dict(known)
        self._starts = dict(starts)
        super().__init__(program, schema, observed, settings, NoProgress(), None, (), brought, named)
        self._trainer.starts.update(starts)

    @property
    def made(self) -> Mapping[str, ConditionalModel]:
        """Operation -> the model that was trained for it, or known."""
        return {**self._known_models, **self._trainer.made}

    def _train(self, op: Train, data: DataSet) -> ConditionalModel:
        if op.result in self._known_models:
            return self._known_models[op.result]
        likelihood = self._settings.tuning.likelihood or op.result in self._weighing
        targets, inputs = self._schema.parts(*op.targets), self._schema.parts(*op.inputs)
        task = Task(targets, inputs, data.rows, data.weights, likelihood)
        start = self._starts.get(op.result)
        recipe = self._requested.get(op.result) if start is None else start.recipe
        recipe = recipe or self._trainer.choose(task)
        if recipe.emphasis:
            task = replace(task, weights=self._emphasis.weights(self.program, op, data, recipe.emphasis))
        return self._trainer.fit(op.result, label_of(op), recipe, task).model

    def _probe(self, op: Sample, values: Mapping[str, Any]) -> None:
        """The fit said what its rows do not show."""
