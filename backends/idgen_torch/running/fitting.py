"""Running a program on data: its operations in order, up to the samplers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor

from idgen_compiler import ir
from idgen_compiler.data.images import room_for_images
from idgen_compiler.data.schema import Schema
from idgen_compiler.errors import DataError
from idgen_compiler.execute import execute
from idgen_compiler.ir.analysis import needed_by, uses
from idgen_compiler.ir.operands import Role, leaves
from idgen_compiler.ir.operations import Network, Observe, Operation, Realize, Regenerate, Reweight, Sample, Train
from idgen_compiler.ir.program import Program
from idgen_compiler.ir.text import print_policy
from idgen_torch.families import ConditionalModel, Diffusion, Family, Resample, Run, Task, Tuning
from idgen_torch.families.tables.resample import ResampleModel
from idgen_torch.parts import Part, Rows
from idgen_torch.running.ancestral import DataSet, WiredNetwork
from idgen_torch.running.checkpoint import Checkpoint
from idgen_torch.running.plan import (
    Asked,
    asked_for,
    draws_of,
    label_of,
    requested_families,
)
from idgen_torch.running.policies import (
    Fixed,
    Policy,
    PolicyKey,
    Uniform,
    applied,
    moved_rows,
    policy_over,
    resampled_parts,
)
from idgen_torch.running.progress import OperationProgress
from idgen_torch.running.record import DataReport, ModelReport, Overlap
from idgen_torch.running.reweighting import reweighted, uniform_log_prob, warn_poor_overlap
from idgen_torch.seeds import seed_for
from idgen_torch.training.progress import Progress

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
    """How the operations of `program` are realized by training, as far as they are asked for (see `execute`)."""

    def __init__(
        self,
        program: Program,
        schema: Schema,
        observed: Rows,
        settings: Settings,
        progress: Progress,
        checkpoint: Checkpoint | None,
    ) -> None:
        self.program = program
        self._schema = schema
        self._settings = settings
        self._progress = progress
        self._checkpoint = checkpoint
        rows = {name: values.to(settings.device) for name, values in observed.items()}
        self._observed = DataSet(rows, len(next(iter(rows.values()))))
        self._tried: dict[str, tuple[Operation, Any]] = {}  # what was made to choose between ways, and by what
        self._sampling: dict[str, ConditionalModel] = {}
        self._policies: dict[PolicyKey, Policy] = {}
        self._model_reports: dict[str, ModelReport] = {}
        self._data_reports: dict[str, DataReport] = {}
        self._emphases: dict[tuple[str, Asked], Tensor] = {}
        self._operation = ""
        self._overlap: dict[str, Overlap] = {}
        self._requested = requested_families(program, settings.families)
        weighing = [op.reweight for op in program.laws if op.reweight]
        self._densities = {name for way in weighing for name in leaves(way, Role.MODEL)}

    def run(self, ways: Mapping[str, str]) -> Fitted:
        """Execute the operations that the samplers need when laws are realized in these ways.

        An interruption says what is lost.
        """
        self.program = self.program.realized(ways)
        with self._telling():
            execute(self.program, self, known=self._kept())
        for op in self.program.laws:
            if op.result in self._overlap and not op.regenerate:
                found, report = self._overlap[op.result], self._data_reports[op.result]
                warn_poor_overlap(op.result, found.variables, report.effective_rows, report.rows, found.mass)
        return self._needed_for_sampling()

    def overlap(self, data: str) -> Overlap:
        """How many rows stay effective when a data set is reweighted; what that takes is kept for `run`.

        Raises NoOverlap when no row is left.
        """
        weighed = self.program.realized(Reweight.word)
        needed = needed_by(weighed.operations, [data])
        values = {name: value for name, (_, value) in self._tried.items()}
        with self._telling():
            for op in weighed.operations:
                if not isinstance(op, Sample) and op.result in needed and op.result not in values:
                    values[op.result] = self.realize(op, values)
                    self._tried[op.result] = op, values[op.result]
        return self._overlap[data]

    def _kept(self) -> dict[str, Any]:
        """The values that were made already, as far as they and all that they rest on are made in the chosen ways."""
        kept: dict[str, Any] = {}
        for op in self.program.operations:
            made, value = self._tried.get(op.result, (None, None))
            if made == op and all(name in kept for name in uses(op)):
                kept[op.result] = value
        return kept

    def realize(self, op: Operation, values: Mapping[str, Any]) -> Any:
        """The value of one operation: a model, a data set, or for a sampler what it needs to draw."""
        self._operation = op.result
        for policy, variables in draws_of(op):
            if (policy, variables) not in self._policies:
                self._policies[policy, variables] = self._policy(policy, variables, values)
        match op:
            case Observe():
                return self._observed
            case Train():
                return self._train(op, values[op.data])
            case Realize(ways=(Regenerate() as way, *_)):
                return self._regenerate(op, way, values)
            case Realize(ways=(Reweight() as way, *_)):
                return self._reweight(op, way, values)
            case Sample():
                self._sampling.update({name: values[name] for name in leaves(op, Role.MODEL)})
        return None

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except KeyboardInterrupt:
            fate = "lost; checkpoint=FOLDER keeps them"
            if self._checkpoint is not None:
                fate = f"kept in {self._checkpoint.folder}; the same fit resumes there"
            done, models = len(self._model_reports), len(self.program.realized({}).models)
            standing = f"at {self._operation}, {done} of {models} models trained"
            raise KeyboardInterrupt(f"fit interrupted {standing}, {fate}") from None

    # -- models ---------------------------------------------------------------------------------------------------

    def _train(self, op: Train, data: DataSet) -> ConditionalModel:
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
                known = {self.program.observe.result: self._observed, op.data: data}  # policies draw from these two
                ratio += self._policy_log_prob(f"{op.result}.{variable}", variable, draw.policy, data, known)
            weights = (power * (ratio - ratio.max())).exp()
            self._emphases[op.data, asked] = (weights / weights.mean()).float()
        return self._emphases[op.data, asked].to(self._settings.device)

    def _scratch(self, file: str) -> Path | None:
        """Where a long training keeps its state, next to the models that are done."""
        return None if self._checkpoint is None else self._checkpoint.scratch(file)

    # -- data sets ------------------------------------------------------------------------------------------------

    def _policy(self, policy: ir.Policy, variables: tuple[str, ...], values: Mapping[str, Any]) -> Policy:
        """The law of what is drawn together; made while its data set is there."""
        parts = resampled_parts(policy, variables, self._schema)
        data = values[policy.data] if isinstance(policy, ir.Column | ir.Shifted) else self._observed
        return policy_over(policy, variables, self._schema, _resample(parts, data) if parts else None)

    def _regenerate(self, op: Realize, way: Regenerate, values: Mapping[str, Any]) -> DataSet:
        count = max(1, round(self._settings.rows_factor * self._observed.count))
        # The inputs of the network are the draws of do(...): run them as its first statements.
        network = Network((), (*map(applied, way.do), *way.network.statements), way.network.outputs)
        models = {name: values[name] for name in leaves(way, Role.MODEL)}
        wired = WiredNetwork(network, self._schema, models, self._policies, self._settings.device)
        self._progress.start(f"{op.result} : {', '.join(op.variables)}", math.ceil(count / wired.batch_rows))
        rows: Rows = {}
        start = 0
        for size, slots in wired.run({}, count, self._settings.seed, op.result):
            for slot, columns in slots.items():
                for part, value in zip(self._schema.parts(slot), columns, strict=True):
                    if part.name not in rows:
                        rows[part.name] = _room(part, count, value)
                    rows[part.name][start : start + size] = value
            start += size
            self._progress.advance(math.nan)
        self._progress.done()
        self._data_reports[op.result] = DataReport(op.result, count, float(count))
        return DataSet(rows, count)

    def _reweight(self, op: Realize, way: Reweight, values: Mapping[str, Any]) -> DataSet:
        data: DataSet = values[way.data]
        log_ratio = torch.zeros(data.count, dtype=torch.float64)
        for draw, by in zip(way.do, way.by, strict=True):
            policy = self._policy_log_prob(f"{op.result}.{draw.slot}", draw.slot, draw.policy, data, values)
            observed = values[by].log_prob(data.rows).double().cpu()
            # A row that the policy never takes weighs nothing, however unlikely it was.
            log_ratio += torch.where(policy == -math.inf, policy, policy - observed)
        kept = [part.name for part in self._schema.parts(*op.variables)]
        result = reweighted(op.result, data, log_ratio.to(self._settings.device), kept)
        self._data_reports[op.result] = DataReport(op.result, data.count, result.effective)
        variables = ", ".join(draw.slot for draw in way.do)
        self._overlap[op.result] = Overlap(op.result, variables, result.effective / data.count, result.mass)
        return result.data

    def _policy_log_prob(
        self, operation: str, variable: str, policy: ir.Policy, data: DataSet, values: Mapping[str, Any]
    ) -> Tensor:
        """Log of the policy's probability or density of each row.  Shape: (rows,) float64."""
        kind = self._schema[variable]
        match policy:
            case ir.Uniform():
                vectors = Uniform.vector_parts(variable, kind)
                density = self._density(operation, vectors, self._observed) if vectors else None
                return uniform_log_prob(variable, kind, data.rows, density)
            case ir.Column(source):
                density = self._density(operation, self._schema.parts(variable), values[source])
                return density.log_prob(data.rows).double().cpu()
            case ir.Shifted(source, by):
                density = self._density(operation, self._schema.parts(variable), values[source])
                return self._moved_log_prob(density, variable, by, data)
            case ir.ByModel(model, _):
                likelihood: Tensor = values[model].log_prob(data.rows)
                return likelihood.double().cpu()
            case ir.Fixed(value):
                if not all(part.discrete for part in self._schema.parts(variable)):
                    raise DataError(
                        f"{variable} ~ {print_policy(policy)} weighs no rows: a real number has no second row like it; "
                        "realize the law by regenerate"
                    )
                return Fixed.over(variable, self._schema, value).log_prob(data.rows)

    def _moved_log_prob(self, density: ConditionalModel, variable: str, by: float, data: DataSet) -> Tensor:
        """Log of the density of x - by of each row, for numbers that were moved by `by`.  Shape: (rows,) float64."""
        before, possible = dict(data.rows), torch.ones(data.count, dtype=torch.bool)
        for atom in self._schema[variable].atoms(variable):
            moved = moved_rows(atom, data.rows[atom.part.name], -by)
            if atom.part.discrete:
                possible &= (moved >= 0).cpu()
                moved = moved.clamp(min=0)
            before[atom.part.name] = moved
        return torch.where(possible, density.log_prob(before).double().cpu(), -math.inf)

    def _density(self, operation: str, targets: Sequence[Part], data: DataSet) -> ConditionalModel:
        task = Task(tuple(targets), (), data.rows, data.weights, likelihood=True)
        recipe = self._settings.tuning.choose(task)
        if sum(part.dim for part in targets) == 1:
            # One law of one number: the last biases alone hold it, members and wide layers would only take time.
            recipe = self._settings.tuning.lean(recipe, ensemble=1, hidden=(8,))
        return self._fit(operation, f"policy of {task.name}", recipe, task)[0]

    # -- what is kept ---------------------------------------------------------------------------------------------

    def _needed_for_sampling(self) -> Fitted:
        policies = {key for op in self.program.samplers for key in draws_of(op)}
        return Fitted(
            dict(self._sampling),
            {key: policy for key, policy in self._policies.items() if key in policies},
            self._in_order(self._model_reports),
            self._in_order(self._data_reports),
        )

    def _in_order(self, reports: Mapping[str, R]) -> tuple[R, ...]:
        """Reports in the program's order, in whatever order the operations were executed."""
        names = [op.result for op in self.program.operations]
        return tuple(reports[name] for name in names if name in reports)


def _room(part: Part, count: int, like: Tensor) -> Tensor:
    """Room for so many values of a part; many images are kept in a file, except on a GPU."""
    if part.shape is not None and like.device.type == "cpu":
        return torch.from_numpy(room_for_images(count, part.shape))
    return like.new_empty((count, *like.shape[1:]))


def _resample(parts: Sequence[Part], data: DataSet) -> ResampleModel:
    return Resample().fit(Task(tuple(parts), (), data.rows, data.weights), Run(device=data.rows[parts[0].name].device))
