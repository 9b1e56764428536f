"""A fitted program that holds no rows of its table: laws are fitted in their place, as far as that can be done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch

from idgen_compiler.data.part import Form, Part
from idgen_compiler.data.schema import Schema
from idgen_compiler.errors import DataError
from idgen_compiler.warning import warn_user
from idgen_torch.arithmetic import our_arithmetic
from idgen_torch.families import ConditionalModel, Run, Task, Tuning
from idgen_torch.families.tables.resample import ResampleModel
from idgen_torch.running.draws import Draws, PolicyKey, ShiftedDraws, UniformDraws
from idgen_torch.running.fitted import FittedProgram
from idgen_torch.running.learned.agreement import disagreements
from idgen_torch.running.plan import label_of
from idgen_torch.seeds import seed_for
from idgen_torch.warning import LawWarning

__all__ = ["source_of", "without_rows"]


def source_of(policy: Draws) -> ConditionalModel | None:
    """What a policy draws from: rows, or a law that was fitted to them; None of one that draws from neither."""
    found = policy.source if isinstance(policy, ShiftedDraws | UniformDraws) else policy
    return found if isinstance(found, ConditionalModel) else None


def without_rows(fitted: FittedProgram, device: torch.device) -> FittedProgram:
    """The same with laws in the place of the rows that policies draw, and without the rows that tell what was seen.

    Its samples are others than those of rows, and it warns no more of inputs that no row shows. Warns (LawWarning) of a
    law that does not give its rows back. Raises DataError, naming each, for models that hold rows, and for pictures and
    texts that are drawn as rows.
    """
    if held := [*_held(fitted)]:
        raise DataError(f"a sampler without rows cannot be saved: {'; '.join(held)}")
    tuning = Tuning.read({}) if fitted.settings is None else fitted.settings.tuning
    lawful = replace(tuning, rows=False)
    policies = {
        key: _lawful(key, policy, fitted.schema, lawful, fitted.record.seed, device)
        for key, policy in fitted.policies.items()
    }
    return replace(fitted, policies=policies, lookouts={}, cells=None)


def _held(fitted: FittedProgram) -> Iterator[str]:
    """Why rows cannot be left out, and what to do."""
    labels = {op.result: label_of(op) for op in fitted.program.models}
    falling = {name: model.fallback for name, model in fitted.bound.items() if model.fallback is not None}
    for name, model in {**fitted.models, **falling}.items():
        if rows := model.rows_held:
            target = next(iter(model.targets)).name
            yield (
                f"{name} ({labels.get(name, name)}) [{model.family}] draws from rows of {', '.join(rows)}; fit with "
                f"rows=False, or choose its family, as in family={{{target!r}: 'flow'}}"
            )
    for policy in fitted.policies.values():
        source = source_of(policy)
        if isinstance(source, ResampleModel):
            names = [part.name for part in source.targets if part.form in (Form.PICTURES, Form.TEXTS)]
            if names:
                yield (
                    f"{', '.join(names)}: rows are drawn, and no law of pictures or texts is fitted in their place; "
                    "ask a query that sets them, or compile one that gives them a model"
                )


def _lawful(key: PolicyKey, policy: Draws, schema: Schema, tuning: Tuning, seed: int, device: torch.device) -> Draws:
    source = source_of(policy)
    if not isinstance(source, ResampleModel):
        return policy
    law = _law(source, schema, tuning, seed, device)
    return replace(policy, source=law) if isinstance(policy, ShiftedDraws | UniformDraws) else law


def _law(source: ResampleModel, schema: Schema, tuning: Tuning, seed: int, device: torch.device) -> ConditionalModel:
    """A law of the rows, by the best family that keeps none."""
    task = _task(source)
    recipe, name = tuning.choose(task), ", ".join(part.name for part in source.targets)
    run = Run(seed_for(seed, "law of rows", name), device, choose=tuning.choose)
    with our_arithmetic(gradients=True):
        law: ConditionalModel = recipe.fit(task, run)
    label = f"the law of {name} [{recipe.word}] in the place of its rows"
    for each in disagreements(label, law, task, schema):
        warn_user(str(each), LawWarning)
    return law


def _task(source: ResampleModel) -> Task:
    rows = {part.name: torch.from_numpy(source.values_of(part.name)) for part in source.targets}
    weights = torch.from_numpy(source.shares()).float() * len(next(iter(rows.values())))
    equal = bool((weights == weights[0]).all())
    parts: tuple[Part, ...] = source.targets
    return Task(parts, (), rows, None if equal else weights)
