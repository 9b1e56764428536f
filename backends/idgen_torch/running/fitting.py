"""Running a program on data: its operations in order, up to the samplers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor

from idgen_compiler.errors import DataError
from idgen_compiler.ir.operations import (
    UNIFORM,
    Apply,
    Network,
    Operation,
    Regenerate,
    Reweight,
    Sample,
    Train,
)
from idgen_compiler.ir.program import Program
from idgen_torch.families import ConditionalModel, Diffusion, Family, Resample, Run, Task, Tuning
from idgen_torch.families.tables.resample import ResampleModel
from idgen_torch.images import room_for_images
from idgen_torch.parts import Part, Rows
from idgen_torch.running.ancestral import DataSet, WiredNetwork
from idgen_torch.running.checkpoint import Checkpoint
from idgen_torch.running.plan import (
    Asked,
    asked_for,
    draws_of,
    label_of,
    last_uses,
    needed_by,
    requested_families,
)
from idgen_torch.running.policies import Policy, PolicyKey, Uniform
from idgen_torch.running.progress import OperationProgress
from idgen_torch.running.record import DataReport, ModelReport, Overlap
from idgen_torch.running.reweighting import reweighted, uniform_log_prob, warn_poor_overlap
from idgen_torch.seeds import seed_for
from idgen_torch.training.progress import Progress
from idgen_torch.variables import Schema

__all__ = ["Fitted", "Fitting", "Settings"]

R = TypeVar("R", ModelReport, DataReport)


@dataclass(frozen=True)
class Settings:
    """How to fit.

    `tuning` holds the recipes to choose from; `families` may name one for a model by its operation ("%m3"), its targets
    ("Y", "Y1, Y2") or its label ("Y | X"), or for all ("*").
    `rows_factor` is the number of regenerated rows for each observed one.
    """

    seed: int
    rows_factor: float
    device: torch.device
    tuning: Tuning
    families: Mapping[str, Family]


@dataclass(frozen=True)
class Fitted:
    """What the samplers of a program need, and how it came about."""

    models: dict[str, ConditionalModel]
    policies: dict[PolicyKey, Policy]
    model_reports: tuple[ModelReport, ...]
    data_reports: tuple[DataReport, ...]


class Fitting:
    """One run over the operations of `program`, as far as they are asked for."""

    def __init__(
        self, program: Program, schema: Schema, settings: Settings, progress: Progress, checkpoint: Checkpoint | None
    ) -> None:
        self.program = program
        self._schema = schema
        self._settings = settings
        self._progress = progress
        self._checkpoint = checkpoint
        self._data: dict[str, DataSet] = {}
        self._models: dict[str, ConditionalModel] = {}
        self._policies: dict[PolicyKey, Policy] = {}
        self._model_reports: dict[str, ModelReport] = {}
        self._data_reports: dict[str, DataReport] = {}
        self._emphases: dict[tuple[str, Asked], Tensor] = {}
        self._operation = ""
        self._overlap: dict[str, Overlap] = {}
        self._requested = requested_families(program, settings.families)
        self._densities = {name for op in program.reweightings for name in op.by}
        self._last_use = last_uses(program)

    def run(self, observed: Rows) -> Fitted:
        """Execute every operation; data sets are dropped after their last use, the observed one excepted.

        An interruption says what is lost.
        """
        self._observe(observed)
        with self._telling():
            for number, op in enumerate(self.program.operations):
                self._execute(op)
                self._drop_after(number)
        for op in self.program.reweightings:
            report = self._data_reports[op.result]
            warn_poor_overlap(op, report.effective_rows, report.rows, self._overlap[op.result].mass)
        return self._needed_for_sampling()

    def overlap(self, observed: Rows) -> tuple[Overlap, ...]:
        """How many rows stay effective after each reweighting; executes only what these need, and keeps it for `run`.

        Raises NoOverlap when no row is left.
        """
        self._observe(observed)
        needed = needed_by(self.program, [op.result for op in self.program.reweightings])
        with self._telling():
            for op in self.program.operations:
                if not isinstance(op, Sample) and op.result in needed:
                    self._execute(op)
        return tuple(self._overlap[op.result] for op in self.program.reweightings)

    def _observe(self, observed: Rows) -> None:
        rows = {name: values.to(self._settings.device) for name, values in observed.items()}
        self._data[self.program.observe.result] = DataSet(rows, len(next(iter(rows.values()))))

    def _execute(self, op: Operation) -> None:
        """One operation, unless its value is there already."""
        name = "sample" if isinstance(op, Sample) else op.result
        if name in self._models or (isinstance(op, Regenerate | Reweight) and name in self._data):
            return
        self._operation = name
        for key in draws_of(op):
            if key not in self._policies:
                self._policies[key] = self._policy(*key)
        match op:
            case Train():
                self._models[op.result] = self._train(op)
            case Regenerate():
                self._data[op.result] = self._regenerate(op, self._data[self.program.observe.result].count)
            case Reweight():
                self._data[op.result] = self._reweight(op)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except KeyboardInterrupt:
            fate = "lost; checkpoint=FOLDER keeps them"
            if self._checkpoint is not None:
                fate = f"kept in {self._checkpoint.folder}; the same fit resumes there"
            standing = f"at {self._operation}, {len(self._models)} of {len(self.program.models)} models trained"
            raise KeyboardInterrupt(f"fit interrupted {standing}, {fate}") from None

    # -- models ---------------------------------------------------------------------------------------------------

    def _train(self, op: Train) -> ConditionalModel:
        data = self._data[op.data]
        targets, inputs = self._schema.parts(*op.targets), self._schema.parts(*op.inputs)
        likelihood = self._settings.tuning.likelihood or op.result in self._densities
        task = Task(targets, inputs, data.rows, data.weights, likelihood)
        recipe = self._requested.get(op.result) or self._settings.tuning.choose(task)
        if isinstance(recipe, Diffusion):
            task = replace(task, weights=self._emphasis(op, data, recipe.emphasis))
        model, losses = self._fit(op.result, label_of(op), recipe, task)
        held_out = {fit: -loss for fit, loss in losses.items()} if model.likelihood else {}
        self._model_reports[op.result] = ModelReport(op.result, label_of(op), model.family, data.count, held_out)
        return model

    def _fit(self, operation: str, label: str, recipe: Family, task: Task) -> tuple[ConditionalModel, dict[str, float]]:
        file = operation.removeprefix("%")
        device = self._settings.device
        if self._checkpoint is not None and (kept := self._checkpoint.read(file, task.targets, task.inputs, device)):
            return kept
        progress = OperationProgress(self._progress, f"{operation} : {label}")
        try:
            seed = seed_for(self._settings.seed, operation)
            model = recipe.fit(task, Run(seed, device, progress, self._scratch(file), self._settings.tuning.choose))
        except DataError as error:
            raise DataError(f"{operation} ({label}): {error}") from error
        finally:
            progress.close()
        if self._checkpoint is not None:
            self._checkpoint.write(file, model, progress.losses)
        return model, progress.losses

    def _emphasis(self, op: Train, data: DataSet, power: float) -> Tensor | None:
        """Weights that let a model look more often at inputs that are rare in the data and common in a regeneration.

        They are a function of the model's inputs, so that the conditional law stays what it is; without them a network
        hardly sees the inputs that it will be asked about, and takes what is set for a sign of what it goes with in the
        data. The square root of the ratio (`Diffusion.emphasis`) leaves more effective rows than the whole.
        Source: Shimodaira (2000), "Improving predictive inference under covariate shift", section 6.
        """
        asked = asked_for(self.program, op)
        if asked is None or power == 0 or data.weights is not None:
            return data.weights
        targets, inputs = self._schema.parts(*asked.variables), self._schema.parts(*asked.kept)
        if not all(part.discrete for part in targets):
            return None
        if (op.data, asked) not in self._emphases:
            task = Task(targets, inputs, data.rows, likelihood=True)
            label = f"{', '.join(asked.variables)} | {', '.join(asked.kept)}, for the emphasis"
            by, _ = self._fit(f"{op.result}.emphasis", label, self._settings.tuning.choose(task), task)
            ratio = -by.log_prob(data.rows).double().cpu()
            for draw, variable in zip(asked.drawn, asked.variables, strict=True):
                ratio += self._policy_log_prob(f"{op.result}.{variable}", variable, draw.policy, data)
            weights = (power * (ratio - ratio.max())).exp()
            self._emphases[op.data, asked] = (weights / weights.mean()).float()
        return self._emphases[op.data, asked].to(self._settings.device)

    def _scratch(self, file: str) -> Path | None:
        """Where a long training keeps its state, next to the models that are done."""
        return None if self._checkpoint is None else self._checkpoint.scratch(file)

    # -- data sets ------------------------------------------------------------------------------------------------

    def _policy(self, policy: str, variables: tuple[str, ...]) -> Policy:
        """The law of what is drawn together; made while its data set is there."""
        if policy != UNIFORM:
            return _resample(self._schema.parts(*variables), self._data[policy])
        (variable,) = variables
        kind = self._schema[variable]
        vectors = Uniform.vector_parts(variable, kind)
        observed = self._data[self.program.observe.result]
        return Uniform.over(variable, kind, _resample(vectors, observed) if vectors else None)

    def _regenerate(self, op: Regenerate, observed: int) -> DataSet:
        count = max(1, round(self._settings.rows_factor * observed))
        # The inputs of the network are the draws of do(...): run them as its first statements.
        network = Network((), (*op.do, *op.network.statements), op.network.outputs)
        wired = WiredNetwork(network, self._schema, self._models, self._policies, self._settings.device)
        self._progress.start(f"{op.result} : {', '.join(op.variables)}", math.ceil(count / wired.batch_rows))
        rows: Rows = {}
        start = 0
        for size, slots in wired.run({}, count, self._settings.seed, op.result):
            for slot, values in slots.items():
                for part, value in zip(self._schema.parts(slot), values, strict=True):
                    if part.name not in rows:
                        rows[part.name] = _room(part, count, value)
                    rows[part.name][start : start + size] = value
            start += size
            self._progress.advance(math.nan)
        self._progress.done()
        self._data_reports[op.result] = DataReport(op.result, count, float(count))
        return DataSet(rows, count)

    def _reweight(self, op: Reweight) -> DataSet:
        data = self._data[op.data]
        log_ratio = torch.zeros(data.count, dtype=torch.float64)
        for draw, by in zip(op.do, op.by, strict=True):
            policy = self._policy_log_prob(f"{op.result}.{draw.slot}", draw.slot, draw.policy, data)
            observed = self._models[by].log_prob(data.rows).double().cpu()
            # A row that the policy never takes weighs nothing, however unlikely it was.
            log_ratio += torch.where(policy == -math.inf, policy, policy - observed)
        kept = [part.name for part in self._schema.parts(*op.variables)]
        result = reweighted(op, data, log_ratio.to(self._settings.device), kept)
        self._data_reports[op.result] = DataReport(op.result, data.count, result.effective)
        variables = ", ".join(draw.slot for draw in op.do)
        self._overlap[op.result] = Overlap(op.result, variables, result.effective / data.count, result.mass)
        return result.data

    def _policy_log_prob(self, operation: str, variable: str, policy: str, data: DataSet) -> Tensor:
        """Log of the policy's probability or density of each row.  Shape: (rows,) float64."""
        kind = self._schema[variable]
        if policy == UNIFORM:
            vectors = Uniform.vector_parts(variable, kind)
            observed = self._data[self.program.observe.result]
            density = self._density(operation, vectors, observed) if vectors else None
            return uniform_log_prob(variable, kind, data.rows, density)
        density = self._density(operation, self._schema.parts(variable), self._data[policy])
        return density.log_prob(data.rows).double().cpu()

    def _density(self, operation: str, targets: Sequence[Part], data: DataSet) -> ConditionalModel:
        task = Task(tuple(targets), (), data.rows, data.weights, likelihood=True)
        recipe = self._settings.tuning.choose(task)
        if sum(part.dim for part in targets) == 1:
            # One law of one number: the last biases alone hold it, members and wide layers would only take time.
            recipe = self._settings.tuning.lean(recipe, ensemble=1, hidden=(8,))
        return self._fit(operation, f"policy of {task.name}", recipe, task)[0]

    # -- what is kept ---------------------------------------------------------------------------------------------

    def _drop_after(self, number: int) -> None:
        for name in [name for name, last in self._last_use.items() if last == number]:
            self._data.pop(name, None)

    def _needed_for_sampling(self) -> Fitted:
        samplers = self.program.samplers
        models = {s.model for op in samplers for s in op.network.statements if isinstance(s, Apply)}
        policies = {key for op in samplers for key in draws_of(op)}
        return Fitted(
            {name: model for name, model in self._models.items() if name in models},
            {key: policy for key, policy in self._policies.items() if key in policies},
            self._in_order(self._model_reports),
            self._in_order(self._data_reports),
        )

    def _in_order(self, reports: Mapping[str, R]) -> tuple[R, ...]:
        """Reports in the program's order, in whatever order the operations were executed."""
        names = [op.result for op in self.program.operations if not isinstance(op, Sample)]
        return tuple(reports[name] for name in names if name in reports)


def _room(part: Part, count: int, like: Tensor) -> Tensor:
    """Room for so many values of a part; many images are kept in a file, except on a GPU."""
    if part.shape is not None and like.device.type == "cpu":
        return torch.from_numpy(room_for_images(count, part.shape))
    return like.new_empty((count, *like.shape[1:]))


def _resample(parts: Sequence[Part], data: DataSet) -> ResampleModel:
    return Resample().fit(Task(tuple(parts), (), data.rows, data.weights), Run(device=data.rows[parts[0].name].device))
