"""One model on its rows: scores beside those of the marginal law, calibration, and what tells its draws from rows."""

from __future__ import annotations

import numpy as np
import torch

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.part import Form, Part
from idgen_compiler.hinge.calibration import Reliability
from idgen_compiler.hinge.diagnostics import JudgedOn, ModelDiagnosis, Score, Test, Transform
from idgen_torch.families.returned import log_density
from idgen_torch.running.diagnosing.drawn import Drawn, Kinds
from idgen_torch.running.diagnosing.features import readable
from idgen_torch.running.diagnosing.measures import (
    crps,
    marginal_crps,
    marginal_density,
    paired,
    transformed,
    uniform_test,
)
from idgen_torch.running.diagnosing.regressions import FEWEST, better_regressions, two_sample
from idgen_torch.running.kept import KeptModel
from idgen_torch.running.record import ModelReport

__all__ = ["judged_model"]

BINS = 10


def judged_model(report: ModelReport, kept: KeptModel, kinds: Kinds, judged: JudgedOn) -> ModelDiagnosis:
    """How a model turned out on the rows that are kept."""
    head = (report.operation, report.models, report.family, report.rows)
    if kept.exact:
        why = "counted on the cells of a law that is summed: nothing was learned from draws"
        return ModelDiagnosis(*head, "nothing", unjudged=why)
    if kept.count < FEWEST:
        why = f"{kept.count} rows are too few to judge it"
        return ModelDiagnosis(*head, "nothing", curves=report.curves, unjudged=why)
    if not readable(kept.model.targets):
        why = "pictures and texts are held against rows by their light and their words, see sampler.report()"
        return ModelDiagnosis(*head, "nothing", curves=report.curves, unjudged=why)
    drawn = Drawn(f"{report.operation}: {report.models} [{report.family}]", kept, kinds)
    scores, transforms, reliability = list(_likelihoods(drawn)), [], []
    for part in kept.model.targets:
        if part.form is Form.CODES:
            law = drawn.laws(part)
            seen, made = drawn.codes(part)
            scores.append(_brier(part, seen, made, law, drawn))
            if law is not None:
                reliability.append((part.name, Reliability.of(law, seen)))
        elif part.form is Form.NUMBERS:
            for name, seen, made in drawn.numbers(part):
                scores.append(_score(name, "CRPS", crps(seen, made), marginal_crps(seen), drawn))
                transforms.append(_transform(name, seen, made))
    return ModelDiagnosis(
        *head, judged, kept.count, tuple(scores), tuple(reliability), tuple(transforms), two_sample(drawn),
        tuple(better_regressions(drawn)), report.curves,
    )  # fmt: skip


def _score(name: str, word: str, model: Array, base: Array, drawn: Drawn) -> Score:
    _, error, _ = paired(model, base, drawn.kept.origin.numpy())
    return Score(name, word, float(model.mean()), float(base.mean()), error, len(model))  # type: ignore[arg-type]


def _brier(part: Part, seen: Array, made: Array, law: Array | None, drawn: Drawn) -> Score:
    size = part.size or 1
    hot = np.eye(size)[seen]
    shares = hot.mean(0)
    if law is None:
        k = made.shape[1]
        law = np.stack([(made == code).mean(1) for code in range(size)], 1)
        own = ((hot - law) ** 2).sum(1) - (law * (1 - law)).sum(1) / (k - 1)
    else:
        own = ((hot - law) ** 2).sum(1)
    return _score(part.name, "Brier score", own, ((hot - shares) ** 2).sum(1), drawn)


def _likelihoods(drawn: Drawn) -> list[Score]:
    """The log-likelihood of all targets together beside that of their marginal laws, where both have one."""
    kept, model = drawn.kept, drawn.kept.model
    if not model.likelihood or any(part.masses or part.dim > 1 for part in model.targets):
        return []
    if any(part.form not in (Form.CODES, Form.NUMBERS) for part in model.targets):
        return []
    with torch.no_grad():
        own = log_density(drawn.source, model, kept.rows).double().cpu().numpy()
    base = np.zeros(kept.count)
    for part in model.targets:
        values = kept.rows[part.name].cpu().numpy()
        if part.form is Form.CODES:
            base += np.log(np.bincount(values)[values] / kept.count)
        else:
            base += marginal_density(values.astype(np.float64)[:, 0])
    name = ", ".join(part.name for part in model.targets)
    finite = np.maximum(own, -50.0)  # a row that cannot be, by a model that is wrong, is not to hide all others
    return [_score(name, "log-likelihood", finite, base, drawn)]


def _transform(name: str, seen: Array, made: Array) -> Transform:
    places = transformed(seen, made, np.random.default_rng(0))
    shares = np.histogram(places, BINS, (0, 1))[0] / len(places)
    distance, p = uniform_test(places)
    test = Test(f"PIT of {name} against uniform", distance * float(np.sqrt(len(places))), p, p, distance, len(places))
    return Transform(name, tuple(shares.tolist()), test)
