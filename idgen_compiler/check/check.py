"""A graph against data: each testable implication with an established test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from idgen_compiler.check.augmented import augmented_test
from idgen_compiler.check.columns import Columns, read_columns
from idgen_compiler.check.contingency import contingency_test
from idgen_compiler.check.covariance import covariance_test
from idgen_compiler.check.functional import weighted_test
from idgen_compiler.check.implication import Implication, implications
from idgen_compiler.check.moments import moment_test
from idgen_compiler.check.report import Finding, GraphCheck
from idgen_compiler.check.verdict import Outcome
from idgen_compiler.data.reading.options import Reading
from idgen_compiler.data.schema import TypeRequest
from idgen_compiler.errors import GraphError, IdgenError
from idgen_compiler.graph.admg import ADMG

__all__ = ["check_columns", "check_graph", "holm"]


def check_graph(
    graph: ADMG,
    data: Any,
    types: Mapping[str, TypeRequest] | None = None,
    *,
    alpha: float = 0.05,
    correction: Literal["holm", "bh"] = "holm",
    seed: int = 0,
    **reading: Any,
) -> GraphCheck:
    """Test on data what a graph implies: an independence, or a functional constraint, for each missing edge.

    `data` is a DataFrame, an Arrow table, a Hugging Face data set, a mapping of arrays, or the path of a CSV or Parquet
    file; `types` says what columns hold ("categorical", "integer", "continuous", Categorical(labels)) where it is not
    what it looks like. Columns are read and typed as in fitting, by the same options: missing="drop", delimiter=";" and
    the others of `data.reading.options.Reading`. Of rows with survey weights a sample of equal weights is tested.
    Corrected p-values are compared with `alpha`: "holm" bounds the chance of any false rejection (Holm 1979), "bh" the
    share of false ones among the rejections (Benjamini and Hochberg 1995). `seed` draws permutations, folds and groups.
    Free texts are tested as up to eight groups that share words; what holds given a text, or weighs by one, is not
    tested.

    Raises GraphError for an empty graph and one with fixed vertices, DataError for data that do not fit, and IdgenError
    for a level outside (0, 1), an unknown correction, a negative seed, and where scipy, scikit-learn or pandas is not
    installed.
    """
    if not 0 < alpha < 1:
        raise IdgenError(f"the level alpha is {alpha}; give a number between 0 and 1, such as 0.05")
    if correction not in ("holm", "bh"):
        raise IdgenError(f"no correction {correction!r}; choose 'holm' or 'bh'")
    if seed < 0:
        raise IdgenError(f"the seed is {seed}; give a whole number from 0")
    if not graph:
        raise GraphError("the graph is empty; it implies nothing")
    how, unknown = Reading.take(reading)
    if unknown:
        raise IdgenError(f"check_graph has no option {', '.join(sorted(unknown))}; leave it out")
    columns = read_columns(data, graph.order, types, how, seed=seed)
    return check_columns(graph, columns, alpha=alpha, correction=correction, seed=seed)


def check_columns(
    graph: ADMG,
    columns: Columns,
    *,
    alpha: float = 0.05,
    correction: Literal["holm", "bh"] = "holm",
    seed: int = 0,
) -> GraphCheck:
    """`check_graph` of columns that are read already, one for each vertex.

    Raises GraphError for a graph with fixed vertices, and IdgenError where scipy or scikit-learn is not installed.
    """
    found = implications(graph)
    try:
        import scipy.stats
        import sklearn  # noqa: F401
    except ImportError:
        raise IdgenError("checking a graph needs scipy and scikit-learn; pip install 'idgen-compiler[check]'") from None
    outcomes = [_test(implication, columns, np.random.default_rng((seed, k))) for k, implication in enumerate(found)]
    tested = [outcome.p_value for outcome in outcomes if outcome.p_value is not None]
    if correction == "holm":
        corrected = iter(holm(tested))
    else:
        corrected = iter(scipy.stats.false_discovery_control(tested).tolist() if tested else [])
    findings = []
    for implication, outcome in zip(found, outcomes, strict=True):
        p_value = None if outcome.p_value is None else next(corrected)
        findings.append(Finding(implication, outcome, p_value, p_value is not None and p_value <= alpha))
    rows = len(columns[graph.order[0]].values)
    return GraphCheck(graph, rows, tuple(findings), alpha, correction)


def _test(implication: Implication, columns: Columns, generator: np.random.Generator) -> Outcome:
    held = implication.variables if implication.functional else implication.given
    texts = [name for name in held if columns[name].partial]
    if texts:
        return Outcome.untested(f"{texts[0]} is free text, which a test cannot hold fixed")
    if implication.functional:
        categories = {columns[name].categorical for name in implication.variables}
        if len(categories) == 1:
            return (weighted_test if categories == {True} else moment_test)(implication, columns, generator)
        return _beside_numbers(implication, columns, generator)
    a, b = columns[implication.a], columns[implication.b]
    given = [columns[name] for name in implication.given]
    if not all(column.categorical for column in (a, b, *given)):
        return covariance_test(a, b, given, generator)
    strata = np.zeros(len(a.values), dtype=np.int64)
    for column in given:  # numbered anew each time, so that no product of sizes grows beyond 64 bits
        strata = np.unique(strata * column.size + column.values, return_inverse=True)[1].reshape(-1)
    return contingency_test(a, b, strata, generator)


def _beside_numbers(implication: Implication, columns: Columns, generator: np.random.Generator) -> Outcome:
    """The test of a functional constraint on categories and numbers, where there is one."""
    for fixing in implication.fixings:
        if not columns[fixing.vertex].categorical:
            return Outcome.untested(f"{fixing.vertex} is a number beside categories; sort it into categories")
    if len(implication.fixings) > 1:
        fixed = ", ".join(fixing.vertex for fixing in implication.fixings)
        return Outcome.untested(f"{fixed} are fixed one after the other beside numbers; sort these into categories")
    return augmented_test(implication, columns, generator)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down: the k-th smallest of n times n - k + 1, never less than the one before (Holm 1979).

    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    corrected, largest = [0.0] * len(p_values), 0.0
    for place, k in enumerate(sorted(range(len(p_values)), key=lambda k: p_values[k])):
        largest = max(largest, min(1.0, p_values[k] * (len(p_values) - place)))
        corrected[k] = largest
    return corrected
