"""The data sets of a program as they are estimated over: the user's rows, regenerated laws, and laws by weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from torch import Tensor

from idgen_compiler.data.arrays import Array
from idgen_compiler.ir.operations import Realize, Reweight, Train
from idgen_torch.estimating import Folds
from idgen_torch.running.estimates.found import NoRegression
from idgen_torch.running.estimates.onestep.frames import Frame, design_of, systematic
from idgen_torch.running.estimates.onestep.functions import Function, Made, said
from idgen_torch.running.estimates.onestep.means import Data, Mean
from idgen_torch.running.estimates.onestep.study import Study
from idgen_torch.seeds import seed_for

__all__ = ["observed", "regenerated", "reweighted"]


def observed(frame: Frame, folds: Folds) -> Data:
    """The user's rows: a mean over them is a mean."""

    def mean(f: Function) -> Mean:
        values = f.at(frame)
        middle = frame.mean(values)
        m = len(middle)
        return Mean(middle, np.zeros(m), values - middle, np.zeros((m, m)))

    return Data(frame, folds, mean)


def regenerated(op: Realize, study: Study, folds: Folds) -> Data:
    """A law that a network draws: a mean in it is a mean of that network."""
    frame = study.simulated.lazy()
    labels = frame.fold if frame.fold is not None else Folds(frame.count, folds.k, study.seed).of
    return Data(replace(frame, fold=labels), Folds.labeled(labels, folds.k), study.mean, study.project)


def reweighted(op: Realize, way: Reweight, base: Data, study: Study, models: dict[str, Train]) -> Data:
    """The rows of another data set, each weighing policy(x) / P(x | i).

    With m(x, i) = E[R | x, i] in these rows, the mean of R in the law is that of m over x drawn from the policy apart
    from i, plus that of W (R - m): right where m or W is.  Source: Robins, Rotnitzky and Zhao (1994), section 3.
    """
    drawn = tuple(draw.slot for draw in way.do)
    inputs = tuple(dict.fromkeys(name for model in way.by for name in models[model].inputs))
    if set(drawn) & set(inputs):
        raise NoRegression(
            f"{op.result} weighs rows by models that read each other's draws; compile with realize='regenerate' for "
            "one-step estimates, or ask with method='bootstrap'"
        )
    real, both = base.frame, (*drawn, *inputs)
    asked = _asked(real, drawn, inputs, study)
    alike = asked
    if asked.weights is not None:  # a classifier takes rows that all count alike
        start = np.random.default_rng(seed_for(study.seed, "estimate", study.name, "by weight"))
        alike = asked.rows(systematic(asked.weights, asked.count, start))
    learning = study.nuisances.learning
    found = learning.ratio(
        design_of(study.schema, both, real), design_of(study.schema, both, alike), base.folds, real.weights,
        asked_folds=alike.fold,
    )  # fmt: skip
    weighed = replace(real, weights=real.mass * found.own)
    study.learned[f"weight of {op.result}"] = found.chosen

    def mean(f: Function) -> Mean:
        y = f.at(weighed)
        m = learning.regression(design_of(study.schema, both, real), y, base.folds, real.weights)
        everywhere = said(m, design_of(study.schema, both, asked), asked)
        plug_in = asked.mean(everywhere)

        def residual(frame: Frame) -> Array:
            if frame is real:
                return np.asarray(found.own[:, None] * (y - m.own))
            design = design_of(study.schema, both, frame)
            return np.asarray(said(found, design, frame)[:, None] * (f.at(frame) - said(m, design, frame)))

        rest = base.mean(Made(f.reads | set(both), residual))
        by_row = _by_origin(everywhere, asked, real.count)

        def given_inputs(frame: Frame) -> Array:
            if frame is real:
                return by_row
            raise NoRegression(f"{op.result} rests on another law by weights; ask with method='bootstrap'")

        over = base.mean(Made(frozenset(inputs), given_inputs))
        error = np.atleast_2d(np.cov(everywhere - by_row[asked.origin], rowvar=False)) / asked.count
        return Mean(plug_in, rest.value, rest.influence + over.influence, error)

    return Data(weighed, base.folds, mean)


def _asked(real: Frame, drawn: tuple[str, ...], inputs: tuple[str, ...], study: Study) -> Frame:
    """Each real row as often as rows are repeated, with the draws of policies in the place of its own values."""
    count = study.repeats * real.count
    index = np.arange(count) % real.count
    frame = study.simulated.frame(drawn)
    slots: dict[str, tuple[Tensor, ...]] = {name: tuple(v[index] for v in real.slots[name]) for name in inputs}
    weights = None if real.weights is None else real.weights[index]
    fold = None if real.fold is None else real.fold[index]
    return Frame({**slots, **frame.slots}, count, fold, index, weights)


def _by_origin(values: Array, asked: Frame, rows: int) -> Array:
    """The mean of what stands for each real row.  Shape: (asked rows, m) -> (rows, m)."""
    origin = np.arange(asked.count) if asked.origin is None else asked.origin
    sums = np.zeros((rows, values.shape[1]))
    np.add.at(sums, origin, values)
    return np.asarray(sums / np.bincount(origin, minlength=rows)[:, None])
