"""How a trained model turned out: held against its rows, and what another seed would say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Self

import torch

from idgen_compiler.data.schema import Schema
from idgen_compiler.forms.record import to_plain
from idgen_compiler.ir.operations import Train
from idgen_compiler.warning import warn_data
from idgen_torch.arithmetic import one_thread
from idgen_torch.families import ConditionalModel, Family, Task, seed_noise
from idgen_torch.families.saved import recipe_record
from idgen_torch.running.files.artefacts import BETTER, FINISHED, TRIED, Trained, Verdict
from idgen_torch.running.learned.agreement import Disagreement, disagreements
from idgen_torch.running.learned.dependence import LawsApart, dependences, in_words
from idgen_torch.running.learned.unused import why_unused
from idgen_torch.running.plan import label_of
from idgen_torch.running.record import ModelReport
from idgen_torch.running.trainer import Trainer
from idgen_torch.warning import warn_noise

__all__ = ["held_against", "judged"]

MOST_TOLD = 5
"""So many disagreements of a model with its rows are kept, the worst ones."""


@dataclass(frozen=True, slots=True)
class Look:
    """Where the draws of a model differ from its rows by more than their error, the worst first.

    doubtful: whether pictures differ beyond chance at all, be it by too little to be told.  far: by how many errors, of
    pictures as the mean of all that is compared, since what is worst is so by chance too.
    """

    told: tuple[Disagreement | LawsApart, ...]
    doubtful: bool
    far: float

    @classmethod
    @one_thread()
    def at(cls, op: Train, schema: Schema, model: ConditionalModel, task: Task) -> Self:
        """A look at a model and its rows."""
        source = f"{op.result}: {label_of(op)} [{model.family}]"
        apart = dependences(source, model, task)
        others = disagreements(source, model, task, schema)
        far = fmean(one.errors for one in apart) if apart else max((one.errors for one in others), default=0.0)
        told: list[Disagreement | LawsApart] = [*(one for one in apart if one.matters), *others]
        return cls(tuple(told), any(one.doubtful for one in apart), far)


def judged(
    op: Train, schema: Schema, trainer: Trainer, trained: Trained, recipe: Family, task: Task
) -> tuple[Trained, Verdict]:
    """The model, or one that was trained longer where that gives its rows back better, and how it turned out.

    A model that is told may go on by all steps that models kept back, one of which chance does not say it by its own.
    """
    if trainer.ahead and recipe.longer(1) is not None:
        return trained, Verdict()  # in its turn it is known how many steps it may go on for
    label, name = label_of(op), f"{op.result}.again"
    more = trainer.patient(name, recipe, trained)
    rest = trainer.onward(name, recipe, trained, trainer.spare.get(op.result, 0))
    longer: list[Trained] = []

    def again(way: tuple[Trainer, Family] | None) -> Trained:
        # A training may end on a plateau, from which a sharp bend is not seen yet.
        if not longer and way is not None:
            longer.append(way[0].fit(name, label, way[1], task))
        return longer[0]

    def judge() -> Verdict:
        first = Look.at(op, schema, trained.model, task)
        way = more if first.told else rest if first.doubtful else None
        if way is None:
            return _verdict(first.told, "", trained.model, task)
        then = Look.at(op, schema, again(way).model, task)
        if not then.told or then.far < first.far:
            return _verdict(then.told, BETTER if first.told else FINISHED, again(way).model, task)
        return _verdict(first.told, TRIED, trained.model, task)

    kept = trainer.artefacts
    if kept is None:
        verdict = judge()
    else:
        types = {name: to_plain(schema[name]) for name in (*op.targets, *op.inputs)}
        depends = {"model": trained.key, "types": types, "again": more and recipe_record(more[1])}
        verdict = kept.verdict(f"how {label} turned out", depends, judge)
    if verdict.again == FINISHED or (verdict.again == TRIED and not verdict.disagreements):
        trainer.spare.pop(op.result, None)
    elif verdict.again:
        trainer.spare.clear()
    way = {BETTER: more, FINISHED: rest}.get(verdict.again)
    return (trained if way is None else again(way)), verdict


@one_thread()
def _verdict(found: Sequence[Disagreement | LawsApart], again: str, model: ConditionalModel, task: Task) -> Verdict:
    with torch.no_grad():
        noise = seed_noise(model, task.rows, task.weights)
    told = in_words([one for one in found if isinstance(one, LawsApart)])
    told += [str(one) for one in found if not isinstance(one, LawsApart)]
    return Verdict(again, tuple(told[:MOST_TOLD]), noise)


def held_against(op: Train, trained: Trained, task: Task, verdict: Verdict, unused: Sequence[str]) -> ModelReport:
    """How a model turned out; warns where it does not give its rows back, or where another seed would matter.

    And of inputs that a query acts by and that it does not use.
    """
    model, label, told = trained.model, label_of(op), verdict.disagreements
    held_out = {fit: -loss for fit, loss in trained.losses.items()} if model.likelihood else {}
    calibration = tuple(replace(one, operation=op.result) for one in trained.calibration)
    if told:
        warn_data(f"{op.result} ({label}) does not give its rows back: {told[0]}; sampler.report() has more")
    if unused:
        warn_data(f"{op.result} ({label}) {_no_effect(unused, model, task)}")
    for effect in verdict.noise:
        if effect.drowns:
            more = "so that the answer depends on the seed; ensemble=20 averages over more of them"
            warn_noise(f"{op.result} : {label}: {effect}, {more}")
    rows = round(task.effective_rows) if task.exact else task.count
    curves, given_up = trained.curves, tuple(unused)
    return ModelReport(
        op.result,
        label,
        model.family,
        rows,
        held_out,
        told,
        verdict.noise,
        calibration,
        curves,
        given_up,
        made_of=model.made_of,
    )


def _no_effect(unused: Sequence[str], model: ConditionalModel, task: Task) -> str:
    """What it means that a model uses none of these inputs."""
    names, them = " and ".join(unused), "them" if unused[1:] else "it"
    return (
        f"does not use {names}: {why_unused(model, task, them)}; sampler.ate(...) has an interval for it, and another "
        "family, as by family={...}, may use it"
    )
