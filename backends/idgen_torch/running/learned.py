"""How a trained model turned out: held against its rows, and what another seed would say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from idgen_compiler.data.schema import Schema
from idgen_compiler.ir.operations import Train
from idgen_compiler.warning import warn_data
from idgen_torch.arithmetic import one_thread
from idgen_torch.families import ConditionalModel, Task, seed_noise
from idgen_torch.running.agreement import Disagreement, disagreements
from idgen_torch.running.dependence import LawsApart, dependences
from idgen_torch.running.plan import label_of
from idgen_torch.running.record import ModelReport
from idgen_torch.running.trainer import Trained
from idgen_torch.warning import warn_noise

__all__ = ["compared", "held_against"]

MOST_TOLD = 5
"""So many disagreements of a model with its rows are kept, the worst ones."""


@one_thread()
def compared(op: Train, schema: Schema, model: ConditionalModel, task: Task) -> list[Disagreement | LawsApart]:
    """Where the draws of a model differ from its rows by more than their error, the worst first."""
    source = f"{op.result}: {label_of(op)} [{model.family}]"
    apart = [one for one in dependences(source, model, task) if one.matters]
    return [*apart, *disagreements(source, model, task, schema)]


def held_against(
    op: Train,
    trained: Trained,
    task: Task,
    found: Sequence[Disagreement | LawsApart],
) -> ModelReport:
    """How a model turned out; warns where it does not give its rows back, or where another seed would matter."""
    model, label, told = trained.model, label_of(op), tuple(map(str, found[:MOST_TOLD]))
    held_out = {fit: -loss for fit, loss in trained.losses.items()} if model.likelihood else {}
    calibration = tuple(replace(one, operation=op.result) for one in trained.calibration)
    with torch.no_grad(), one_thread():
        noise = seed_noise(model, task.rows, task.weights)
    if told:
        warn_data(f"{op.result} ({label}) does not give its rows back: {told[0]}; sampler.report() has more")
    for effect in noise:
        if effect.drowns:
            more = "so that the answer depends on the seed; ensemble=20 averages over more of them"
            warn_noise(f"{op.result} : {label}: {effect}, {more}")
    rows = round(task.effective_rows) if task.exact else task.count
    return ModelReport(op.result, label, model.family, rows, held_out, told, noise, calibration)
