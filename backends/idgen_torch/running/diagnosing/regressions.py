"""A classifier that tells rows from draws, and a plain regression that may beat a model."""

from __future__ import annotations

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.part import Form
from idgen_compiler.hinge.diagnostics import Test, TwoSample
from idgen_torch.estimating.crossed import one_thread
from idgen_torch.running.diagnosing.drawn import Drawn
from idgen_torch.running.diagnosing.features import columns_of, readable
from idgen_torch.running.diagnosing.measures import paired, swapped

__all__ = ["FEWEST", "better_regressions", "two_sample"]

FEWEST, MOST, FOLDS = 200, 1_200, 3
"""A comparison needs so many rows, and takes so many at most."""

TREES, LEAVES, RATE, LEAST_LEAF = 40, 8, 0.1, 10
MOST_CLASSES = 8

PLAIN = "a boosted regression"


def two_sample(drawn: Drawn) -> TwoSample | None:
    """How well boosted trees tell rows from draws given the same inputs; None where nothing can be read, or few rows.

    Source: Lopez-Paz and Oquab (2017), with the area under the ROC curve and a test that swaps the two of a pair.
    """
    kept = drawn.kept
    targets = readable(kept.model.targets)
    if kept.count < FEWEST or not targets:
        return None
    index = np.arange(min(kept.count, MOST))
    made = {part.name: drawn.draws[part.name][:: _draws(drawn)][: len(index)] for part in targets}
    seen = {part.name: kept.rows[part.name][: len(index)] for part in (*targets, *readable(kept.model.inputs))}
    inputs = columns_of(kept.model.inputs, seen, len(index))
    rows, draws = (np.column_stack([columns_of(targets, values, len(index)), inputs]) for values in (seen, made))
    groups = kept.origin.numpy()[: len(index)]
    told = np.empty((2, len(index)))
    with one_thread():
        for held in _folds(groups):
            x = np.concatenate([rows[~held], draws[~held]])
            y = np.repeat([1, 0], (~held).sum())
            own = _classifier().fit(x, y)
            told[:, held] = [own.predict_proba(part[held])[:, 1] for part in (rows, draws)]
    auc, error, p = swapped(told[0], told[1])
    return TwoSample("boosted trees", auc, error, Test("two-sample AUC", (auc - 0.5) / max(error, 1e-12), p, p, auc,
                     len(index)))  # fmt: skip


def better_regressions(drawn: Drawn) -> list[Test]:
    """For each target whether a plain regression on the same inputs predicts it better, out of fold, than the model.

    Of numbers the squared error of means is compared, of categories the Brier score. A model that was trained on these
    rows and is beaten all the same has not learned what is there to learn.
    """
    kept = drawn.kept
    count = min(kept.count, MOST)
    if count < FEWEST or not readable(kept.model.inputs):
        return []
    x = columns_of(kept.model.inputs, kept.rows, kept.count)[:count]
    groups = kept.origin.numpy()[:count]
    found = []
    for part in kept.model.targets:
        if part.form is Form.CODES and part.size is not None and 1 < part.size <= MOST_CLASSES:
            y, made = drawn.codes(part)
            law = drawn.laws(part)
            hot = np.eye(part.size)[y[:count]]
            if law is None:
                k = made.shape[1]
                law = np.eye(part.size)[made[:count]].mean(1)
                own = ((hot - law) ** 2).sum(1) - (law * (1 - law)).sum(1) / (k - 1)
            else:
                own = ((hot - law[:count]) ** 2).sum(1)
            found += _beaten(part.name, own, ((hot - _classes(x, y[:count], part.size, groups)) ** 2).sum(1), groups)
        elif part.form is Form.NUMBERS and part.dim == 1:
            for name, values, draws in drawn.numbers(part):
                values, draws = values[:count], draws[:count]
                scale = float(values.std()) or 1.0
                spread = draws.var(1, ddof=1) / draws.shape[1]
                own = ((values - draws.mean(1)) ** 2 - spread) / scale**2
                other = ((values - _means(x, values, groups)) / scale) ** 2
                found += _beaten(name, own, other, groups)
    return found


def _beaten(name: str, model: Array, plain: Array, groups: Array) -> list[Test]:
    apart, error, p = paired(model, plain, groups)
    saved = apart / max(float(model.mean()), 1e-12)
    return [Test(f"error of {name} saved by {PLAIN}", apart / max(error, 1e-12), p, p, saved, len(model))]


def _folds(groups: Array) -> list[Array]:
    """Masks of held-out rows; what came from one row is in one fold."""
    _, place = np.unique(groups, return_inverse=True)
    order = np.random.default_rng(0).permutation(int(place.max()) + 1)
    fold = order[place.reshape(-1)] % FOLDS
    return [fold == k for k in range(FOLDS)]


def _means(x: Array, y: Array, groups: Array) -> Array:
    from sklearn.ensemble import HistGradientBoostingRegressor

    told = np.empty(len(y))
    with one_thread():
        for held in _folds(groups):
            own = HistGradientBoostingRegressor(
                max_iter=TREES, max_leaf_nodes=LEAVES, learning_rate=RATE, min_samples_leaf=LEAST_LEAF,
                early_stopping=False, random_state=0,
            )  # fmt: skip
            told[held] = own.fit(x[~held], y[~held]).predict(x[held])
    return told


def _classes(x: Array, y: Array, size: int, groups: Array) -> Array:
    told = np.zeros((len(y), size))
    with one_thread():
        for held in _folds(groups):
            if len(np.unique(y[~held])) < 2:
                told[held, y[~held][0]] = 1.0
                continue
            own = _classifier().fit(x[~held], y[~held])
            told[np.ix_(held, own.classes_)] = own.predict_proba(x[held])
    return told


def _classifier():  # type: ignore[no-untyped-def]
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=TREES, max_leaf_nodes=LEAVES, learning_rate=RATE, min_samples_leaf=LEAST_LEAF, early_stopping=False,
        random_state=0,
    )  # fmt: skip


def _draws(drawn: Drawn) -> int:
    first = drawn.kept.model.targets[0].name
    return len(drawn.draws[first]) // drawn.kept.count
