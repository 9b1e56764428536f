"""Running a program on data: its operations in order, up to the samplers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from idgen_compiler import ir
from idgen_compiler.data.schema import Schema
from idgen_compiler.execute import execute
from idgen_compiler.hinge.assigned import known_policies
from idgen_compiler.hinge.kernels import unobserved_used
from idgen_compiler.hinge.policies import Policy
from idgen_compiler.hinge.question import query_of
from idgen_compiler.ir.analysis import applied_models, densities_asked, needed_by, run_by_samplers
from idgen_compiler.ir.likeness.digest import digests
from idgen_compiler.ir.operands import Role, leaves, records
from idgen_compiler.ir.operations import (
    Bind,
    Condition,
    Observe,
    Operation,
    Realize,
    Regenerate,
    Reweight,
    Sample,
    Train,
    Weigh,
)
from idgen_compiler.ir.program import Program
from idgen_torch.bound import BoundModel, Brought
from idgen_torch.bound.binding import bound_model
from idgen_torch.families import ConditionalModel, Task
from idgen_torch.observed import Observed
from idgen_torch.running.ancestral import DataSet, WiredNetwork
from idgen_torch.running.assigning import assigning, handed_on
from idgen_torch.running.choices import Choice, Overlap, Runs
from idgen_torch.running.conditions.conditioned import Conditioned, effective_runs, warn_exact, with_watch
from idgen_torch.running.conditions.evidence import evidence
from idgen_torch.running.draws import Draws, PolicyKey, draws_over, policy_of, resample, resampled_parts, unfolded
from idgen_torch.running.files.artefacts import Artefacts, Drawn
from idgen_torch.running.files.keys import Keys
from idgen_torch.running.fitted import FittedProgram
from idgen_torch.running.judging import held_against, judged
from idgen_torch.running.kept import Kept
from idgen_torch.running.laws import AskedLaw, Contracted, contracted
from idgen_torch.running.learned.unused import acting, unused
from idgen_torch.running.overlap.cells.needed import Cells
from idgen_torch.running.overlap.probe import PROBED, PROBED_BY_RUNS, crossed, probed
from idgen_torch.running.overlap.unseen import Unseen
from idgen_torch.running.overlap.watch import Watch
from idgen_torch.running.plan import FitSettings, check_trained, draws_of, label_of, requested_families
from idgen_torch.running.record import DataReport, FitRecord, ModelReport, kernel_reports, versions
from idgen_torch.running.regenerating import Regenerated
from idgen_torch.running.telling import called, kept
from idgen_torch.running.trainer import Trainer
from idgen_torch.running.weights.densities import Densities
from idgen_torch.running.weights.emphasis import Emphasis
from idgen_torch.running.weights.ratios import log_ratio
from idgen_torch.running.weights.reweighting import reweighted
from idgen_torch.training.progress import Progress

__all__ = ["Fitting"]

R = TypeVar("R", ModelReport, DataReport)
_ASKED = "{label} {where}; the answer there is extrapolation"


class Fitting:
    """How operations are realized by training, as far as they are asked for (see `execute`).

    `thin` is what was said of overlap before, `named` are laws of policies.
    """

    def __init__(
        self,
        program: Program,
        schema: Schema,
        observed: Observed,
        settings: FitSettings,
        progress: Progress,
        artefacts: Artefacts | None,
        thin: Sequence[str] = (),
        brought: Mapping[str, Brought] | None = None,
        named: Mapping[str, Policy] | None = None,
    ) -> None:
        self.program = program
        self._schema = schema
        self._brought = dict(brought or {})
        self._named, self._known = dict(named or {}), known_policies(program, named or {})
        assigning(self._known.values(), schema)  # which says what does not fit
        self.settings, self._table = settings, observed
        self._observed = DataSet(observed.rows, observed.count, observed.weights).to(settings.device)
        self._trainer = Trainer(settings, progress, artefacts)
        self._densities = Densities(schema, self._observed, self._trainer)
        self._emphasis = Emphasis(schema, self._trainer, self._densities)
        self._tried: dict[str, Any] = {}  # digest -> what was made to choose between ways
        self._sampling: dict[str, ConditionalModel | BoundModel] = {}
        self._conditions: dict[str, Conditioned] = {}  # those that were tried, too
        self._policies: dict[PolicyKey, Draws] = {}
        self._kept, self._model_reports = Kept(), dict[str, ModelReport]()
        self._data_reports: dict[str, DataReport] = {}
        self._keys = None if artefacts is None else Keys(artefacts, schema, self._observed, self._trainer.laws)
        self._operation = ""
        self._overlap: dict[str, Overlap] = {}
        self._unseen = Unseen(schema, settings.seed, thin)
        self._requested = requested_families(program, settings.families)
        self._weighing = {name for op in program.operations for name in densities_asked(op)}
        self._acting = acting(program)

    def run(self, choices: Sequence[Choice]) -> FittedProgram:
        """The program with laws realized as chosen, once the operations that its samplers need are executed.

        An interruption says what is lost.
        """
        taken = self.program.realized({choice.operation: choice.chosen for choice in choices})
        check_trained(self.program, taken, self.settings.families, choices, self._model_reports)
        self.program = taken
        unseen, table = self._unseen, self._table
        unseen.cells = Cells.of(self.program, self._schema, table, self._named, self._brought)
        made = self._begin(self.program)
        with self._telling():
            execute(self.program, self, known={n: self._tried[d] for n, d in made.items() if d in self._tried})
            for op in self.program.operations:
                if isinstance(op, Condition) and op.result in self._conditions:  # which something asks
                    warn_exact(self._conditions[op.result], self._observed)
        if self._trainer.artefacts is not None:
            self._trainer.artefacts.stale.tell()
        weighed = [op.result for op in self.program.laws if op.result in self._overlap and not op.regenerate]
        unseen.judge({name: (self._overlap[name], self._data_reports[name].effective_rows) for name in weighed}, table)
        return self._fitted(choices)

    def overlap(self, data: str) -> Overlap:
        """How many rows stay effective when a data set is reweighted; what that takes is kept for `run`.

        Raises NoOverlap when no row is left.
        """
        self._found(self.program.realized(Reweight.word), data)
        return self._overlap[data]

    def runs(self, name: str) -> Runs:
        """How many runs of a conditional's network count at rows of the data; what that takes is kept for `run`."""
        found = self._found(self.program.realized({name: Weigh.word}), name)
        return effective_runs(found, self._observed, self.settings.seed, self.settings.device)

    def _found(self, program: Program, name: str) -> Any:
        """A value of a program whose laws have one way each; what it rests on is kept."""
        needed = needed_by(program.operations, [name])
        made = self._begin(program)
        values = {each: self._tried[digest] for each, digest in made.items() if digest in self._tried}
        with self._telling():
            for op in program.operations:
                if not isinstance(op, Sample) and op.result in needed and op.result not in values:
                    values[op.result] = self.realize(op, values)
                    if not isinstance(op, Condition):  # which is made at once, of the policies that are there
                        self._tried[made[op.result]] = values[op.result]
        return values[name]

    def _begin(self, program: Program) -> dict[str, str]:
        """Value -> its digest in a program whose laws have one way each; policies of another program are forgotten."""
        made = digests(program.operations)
        self._policies.clear()
        self._trainer.laws.clear()
        self._trainer.laws.update(made)
        return made

    def realize(self, op: Operation, values: Mapping[str, Any]) -> Any:
        """The value of one operation: a model, a data set, or for a sampler what it needs to draw."""
        self._operation = op.result
        for policy, variables in draws_of(op):
            if (policy, variables) not in self._policies:
                self._policies[policy, variables] = self._policy(policy, variables, values)
        match op:
            case Observe():
                return self._observed
            case Bind():
                fallback = values[op.fallback[0]] if op.fallback else None
                return bound_model(op, self._brought, self._schema, fallback)
            case Train() if op.result in self._brought:
                return bound_model(op, self._brought, self._schema)
            case Train():
                return self._train(op, values[op.data].of((*op.targets, *op.inputs)))
            case Condition():
                return self._condition(op, values)
            case Realize(ways=(Regenerate() as way, *_)):
                return self._regenerate(op, way, values)
            case Realize(ways=(Reweight() as way, *_)):
                return self._reweight(op, way, values)
            case Sample():
                self._sampling.update({name: values[name] for name in leaves(op, Role.MODEL)})
                self._probe(op, values)
        return None

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except KeyboardInterrupt:
            fate = "lost; store=FOLDER keeps them"
            if self._trainer.artefacts is not None:
                fate = f"kept in {self._trainer.artefacts.store.where}; the same fit goes on from there"
            done, models = len(self._model_reports), len(self.program.realized({}).models)
            standing = f"at {self._operation}, {done} of {models} models trained"
            raise KeyboardInterrupt(f"fit interrupted {standing}, {fate}") from None

    # -- models ---------------------------------------------------------------------------------------------------

    def _train(self, op: Train, data: DataSet) -> ConditionalModel:
        targets, inputs = self._schema.parts(*op.targets), self._schema.parts(*op.inputs)
        likelihood = self.settings.tuning.likelihood or op.result in self._weighing
        task = Task(targets, inputs, data.rows, data.weights, likelihood, data.exact)
        recipe = self._requested.get(op.result) or self._trainer.choose(task)
        if recipe.emphasis:
            task = replace(task, weights=self._emphasis.weights(self.program, op, data, recipe.emphasis))
        self._unseen.look_at(self.program, op, task.inputs, data)
        recipe = self._trainer.opened(op.result, recipe, task)
        trained = self._trainer.fit(op.result, label_of(op), recipe, task)
        trained, verdict = judged(op, self._schema, self._trainer, trained, recipe, task)
        if self._keys is not None:
            self._keys.note(op.result, trained.key)
        ends = self._unseen.look_at_ends(op, trained.model, task)
        given_up = unused(op, self._schema, trained.model, task, self._acting)
        self._model_reports[op.result] = replace(held_against(op, trained, task, verdict, given_up), ends=ends)
        self._kept.model(op.result, trained.model, task)
        return trained.model

    def _condition(self, op: Condition, values: Mapping[str, Any]) -> Conditioned:
        """What weighs runs of a law's network, with the models that are there already."""
        models = {name: values[name] for name in leaves(op, Role.MODEL)}
        self._sampling.update(models)
        self._conditions[op.result] = Conditioned(op, self._schema, models, self._policies)
        return self._conditions[op.result]

    # -- data sets ------------------------------------------------------------------------------------------------

    def _policy(self, policy: ir.Policy, variables: tuple[str, ...], values: Mapping[str, Any]) -> Draws:
        """The law of what is drawn together; made while its data set is there."""
        parts = resampled_parts(policy, variables, self._schema)
        data = values[policy.data].of(variables) if isinstance(policy, ir.Column | ir.Shifted) else self._observed
        return draws_over(policy, variables, self._schema, resample(parts, data.rows, data.weights) if parts else None)

    def _regenerate(self, op: Realize, way: Regenerate, values: Mapping[str, Any]) -> DataSet | Contracted:
        count = self.settings.regenerated(self._observed.count)
        network, models = unfolded(way), {name: values[name] for name in leaves(way, Role.MODEL)}
        watch = self._unseen.watch(self.program.models, f"{{share}} of the rows of {op.result} rest on {_ASKED}")
        asked = AskedLaw(network, op.variables, {}, 1, self._schema, models, self._policies, self.settings.device,
                         watch, frozenset(watch.lookouts), op.result)  # fmt: skip
        found = contracted(self.program, op.result, asked, count, self._requested) if self.settings.contracts else None
        wired, stream = self._wired(network, models, watch), self._trainer.stream(op.result)
        made = self._drawn(op, values, Regenerated(wired, asked, watch, count, self.settings.seed, stream, found))
        kept(self._trainer.progress, called(op))
        watch.told.update(made.places)
        self._unseen.keep(*made.said)
        self._data_reports[op.result] = DataReport.of(op.result, count, found is not None, self._model_reports, models)
        self._kept.made(op.result, made.data)
        return made.data

    def _drawn(self, op: Realize, values: Mapping[str, Any], law: Regenerated) -> Drawn:
        """Rows of a law, or the law itself where it is summed; taken from the store, if they are there."""
        draw = partial(law.drawn, self._trainer.progress, called(op))
        if self._keys is None:
            return draw()
        return self._keys.rows(op, values, draw, law.told, law.pieces)

    def _reweight(self, op: Realize, way: Reweight, values: Mapping[str, Any]) -> DataSet:
        data: DataSet = values[way.data]
        found = partial(log_ratio, op, way, values, self._densities)
        log_weights = found() if self._keys is None else self._keys.weights(op, values, self.settings, found)
        models = {model.result: model for model in self.program.models}
        for draw, by in zip(way.do, way.by, strict=True):
            asked = self._policies.get(policy_of(draw)) if not isinstance(draw.policy, ir.ByModel) else None
            if asked is not None:  # what a model decides stands in rows by itself
                self._unseen.note_missing(op, draw, asked, models[by], data)
        kept = [part.name for part in self._schema.parts(*op.variables)]
        result = reweighted(op.result, data, log_weights.to(self.settings.device), kept)
        self._data_reports[op.result] = DataReport(op.result, data.count, result.effective)
        share = min(1.0, result.effective / self._observed.effective_rows)
        self._overlap[op.result] = Overlap(op.result, ", ".join(d.slot for d in way.do), share, result.mass)
        return result.data

    # -- what no row shows ----------------------------------------------------------------------------------------

    def _probe(self, op: Sample, values: Mapping[str, Any]) -> None:
        """Warn of what a sampler will ask its models when its treatments are set to their own values."""
        if self._unseen.cells is not None:  # which say it exactly
            return
        conditions = {name for name, each in values.items() if isinstance(each, Conditioned)}
        network = probed(op, self.program, self._schema, {*self._unseen.lookouts, *conditions}, values, self._known)
        if network is None:
            return
        models = {name: values[name] for name in leaves(network, Role.MODEL)}
        self._unseen.tried |= dict.fromkeys(op.network.inputs)
        often = f"at the values that {', '.join(op.network.inputs)} can take, " if op.network.inputs else ""
        sentence = f"{often}{{share}} of the samples rest on {_ASKED}"
        watch = self._unseen.watch(self.program.models, sentence, probing=True)
        wired = self._wired(network, models, watch)
        seed, query = self.settings.seed, query_of(self.program, op)
        count = PROBED_BY_RUNS if conditions else PROBED
        crossing = crossed(op.network.inputs, query.conditions, self._schema, self._observed, seed)
        inputs = {slot: tuple(values[:count] for values in parts) for slot, parts in crossing.items()}
        for _ in wired.run(inputs, count, seed, f"probe {op.query}"):
            self._unseen.keep(*watch.tell(), sampled=True)

    def _wired(self, network: ir.Network, models: Mapping[str, ConditionalModel], watch: Watch) -> WiredNetwork:
        drawn = (self._known[each] for each in records(network, ir.Assign))
        fills = assigning(drawn, self._schema, handed_on(models))
        return WiredNetwork(
            network, self._schema, with_watch(models, watch), self._policies, self.settings.device, watch, fills
        )

    # -- what is kept ---------------------------------------------------------------------------------------------

    def _fitted(self, choices: Sequence[Choice]) -> FittedProgram:
        operations = self.program.operations
        policies = {key for op in run_by_samplers(operations) for key in draws_of(op)}
        sampling = {name: self._sampling[name] for name in sorted(applied_models(operations))}
        settings = self.settings
        record = FitRecord(
            self._observed.count, settings.rows_factor, settings.seed, str(settings.device), settings.tuning.given,
            versions(),
            models=self._in_order(self._model_reports),
            data=self._in_order(self._data_reports),
            choices=tuple(choices),
            lacks=self._unseen.lacks,
            kernels=kernel_reports(self.program, self._brought),
            weights=self._table.weighed,
            effective_rows=self._table.fewer_rows,
            overlap=self._unseen.light(), told=self._table.told,
            evidence=evidence(self.program, self._conditions, self._observed, self._schema, settings.seed),
        )  # fmt: skip
        held = (*self.program.observe.variables, *unobserved_used(self.program))  # whose kind a sampler has to know
        return FittedProgram(
            self.program,
            Schema({name: self._schema[name] for name in held}),
            {name: model for name, model in sampling.items() if not isinstance(model, BoundModel)},
            {key: policy for key, policy in self._policies.items() if key in policies},
            record,
            {name: found for name, found in self._unseen.lookouts.items() if name in sampling},
            {name: model for name, model in sampling.items() if isinstance(model, BoundModel)},
            self._named, self._table, self._unseen.cells, settings=settings, kept=self._kept,
        )  # fmt: skip

    def _in_order(self, reports: Mapping[str, R]) -> tuple[R, ...]:
        """Reports in the program's order, in whatever order the operations were executed."""
        return tuple(reports[op.result] for op in self.program.operations if op.result in reports)
