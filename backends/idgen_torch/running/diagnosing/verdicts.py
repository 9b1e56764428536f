"""From what was measured to what is wrong: thresholds, sentences, and what to do.

Something is told where it is both beyond chance, at `LEVEL` after correction for all tests of the fit, and large enough
to matter: with many rows everything is beyond chance, and with many models something is by chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from idgen_compiler.hinge.diagnostics import (
    Arrow,
    Concern,
    Correction,
    DataDiagnosis,
    GraphTest,
    ModelDiagnosis,
    Propensity,
    Test,
)
from idgen_torch.running.record import FitRecord, ModelReport

__all__ = ["LEVEL", "of_arrows", "of_corrections", "of_data", "of_graph", "of_model", "of_overlap", "of_propensity"]

LEVEL = 0.01
"""The chance that a fit in which all is right is told of by any of its tests (Holm 1979)."""

AUC = (0.56, 0.7)
"""A classifier that is right for 56 of 100 pairs shows laws that are at least .12 apart in total variation, since the
best area is at most (1 + d) / 2 + d (1 - d) / 2 and at least (1 + d) / 2; 70 of 100 can be seen by eye."""

SAVED = (0.04, 0.15)
"""A plain regression that saves 4 % of a model's squared error has found an effect with a partial correlation of .2,
between Cohen's small (.1) and medium (.3)."""

PIT = (0.06, 0.15)
"""Kolmogorov's distance of the transform: how far the probability of some interval below a value is off, at worst."""

DRIFT = (0.08, 0.2)
"""Total variation or Kolmogorov's distance of a marginal, and the difference of two correlations."""

INFORMATION = (0.01, 0.05)
"""Mutual information in nats: 0.005 is that of a correlation of .1, 0.047 of .3."""

BARE = (0.02, 0.1)
"""The share of rows that an arm hardly ever shows: as estimates tell of it (`onestep.weight.BARE`)."""

SMD = (0.1, 0.25)
"""Standardized mean differences above .1 are told of (Austin 2009); above .25 regression does not mend them (Stuart
2010)."""

MOVED = 3.0
"""A correction of more than three standard errors: the plug-in lies outside of any interval around the estimate."""

LONE, STRONG = 0.02, 0.08
"""A column is alone where the p-values of all its edges, corrected by Bonferroni, are above the first and none of the
strengths is above the second."""

Colors = Literal["yellow", "red"]


def _color(size: float, bounds: tuple[float, float]) -> Colors | None:
    return "red" if abs(size) >= bounds[1] else "yellow" if abs(size) >= bounds[0] else None


def _told(test: Test, bounds: tuple[float, float]) -> Colors | None:
    return _color(test.effect, bounds) if test.corrected <= LEVEL else None


def of_model(found: ModelDiagnosis, report: ModelReport, short: str) -> Iterator[Concern]:
    """What is wrong with a model; `short` says how its training was cut short, if it was."""
    where, label = found.operation, found.models
    worse = [(one, color) for one in found.better if (color := _told(one, SAVED))]
    for test, color in worse:
        name = test.name.removeprefix("error of ").partition(" saved by ")[0]
        yield Concern(color, "prediction", where, f"{label} predicts {name} worse than a boosted regression on the same "
                      f"inputs, which saves {test.effect:.0%} of its squared error", _remedy(short), test.effect)  # fmt: skip
    if short:
        yield Concern("yellow", "training", where, f"the training of {label} ended early: {short}", _remedy(short))
    if found.two_sample is not None and (color := _told(found.two_sample.test, AUC)):
        yield Concern(color, "law", where, f"a classifier tells rows from draws of {label} (AUC {found.two_sample.auc:.2f}"
                      ", a half where they are alike)", _remedy(short), found.two_sample.auc - 0.5)  # fmt: skip
    for one in found.transforms:
        if color := _told(one.test, PIT):
            yield Concern(color, "law", where, f"the law of {one.target} is {_shape(one.shares)}: rows do not lie evenly "
                          "in what is drawn for them", _remedy(short), one.test.effect)  # fmt: skip
    if told := report.disagreements:
        more = f" (and {len(told) - 1} more)" if len(told) > 1 else ""
        yield Concern("yellow", "law", where, f"{label} does not give its rows back: {told[0]}{more}", _remedy(short))
    if found.judged == "new rows":
        for score in found.scores:
            worth = score.value - score.baseline if score.name == "log-likelihood" else score.baseline - score.value
            if worth < 0 and -worth > 4 * score.error:
                yield Concern("red", "law", where, f"on new rows {label} knows less of {score.target} than its marginal "
                              f"law does ({score.name} {score.value:.3g}, the marginal {score.baseline:.3g})",
                              "It learned its rows by heart, or the new rows are of another law", -worth)  # fmt: skip


def _remedy(short: str) -> str:
    if short:
        return "Train longer: leave epochs= out, or give more, or effort='best'"
    return "Look at the types of its columns; train longer (effort='best'), or choose another family="


def _shape(shares: Sequence[float]) -> str:
    ends, middle = shares[0] + shares[-1], sum(shares[4:6])
    if ends > 1.4 * middle:
        return "too narrow"
    if middle > 1.4 * ends:
        return "too wide"
    return "shifted"


def of_data(found: DataDiagnosis) -> Iterator[Concern]:
    """What is wrong with a data set."""
    remedy = "Look at the models that drew it, above; try realize='reweight', or train them longer"
    for one in found.marginals:
        if color := _told(one.test, DRIFT):
            yield Concern(color, "drift", found.operation, f"{one.variable} has drifted: its law in {found.operation} is "
                          f"{one.test.effect:.2f} away from that of the rows that it should be like", remedy,
                          one.test.effect)  # fmt: skip
    for two in found.dependences:
        bounds = INFORMATION if two.measure == "mutual information" else DRIFT
        if color := _told(two.test, bounds):
            yield Concern(color, "drift", found.operation, f"{two.one} and {two.other} depend on each other otherwise than "
                          f"they should: {two.measure} {two.made:.2f} in {found.operation}, {two.source:.2f} in the rows",
                          remedy, abs(two.test.effect))  # fmt: skip


def of_graph(tests: Iterable[GraphTest]) -> Iterator[Concern]:
    """The implications of the graph that rows contradict."""
    for one in tests:
        if one.rejected and one.test is not None:
            yield Concern("red", "graph", one.implication, f"the graph says that {one.sentence}, and the rows contradict it",
                          "Add an edge that is missing, or turn an arrow that points the wrong way; idgen check-graph has "
                          "all tests", one.test.effect / max(one.test.rows, 1))  # fmt: skip


def of_arrows(found: Sequence[Arrow]) -> Iterator[Concern]:
    """Columns that depend on none of those that the graph joins them to."""
    edges: dict[str, dict[str, Test]] = {}
    for one in found:
        a, _, b = one.edge.partition(" ")[0], None, one.edge.rpartition(" ")[2]
        for name, other in ((a, b), (b, a)):
            edges.setdefault(name, {})[other] = one.test
    lone = {name for name, own in edges.items() if _alone(list(own.values()))}
    for name in sorted(lone):
        others = sorted(edges[name])
        if len(others) == 1 and others[0] in lone and len(edges[others[0]]) > len(others):
            continue  # said of the other one
        strongest = max(test.effect for test in edges[name].values())
        rows = next(iter(edges[name].values())).rows
        yield Concern("yellow", "arrow", name, f"{name} depends on none of {', '.join(others)}, to which the graph joins it "
                      f"({rows} rows would show a correlation of {2.6 / rows**0.5:.2f})", f"Look whether the rows of {name} "
                      "were shuffled or joined wrongly; if not, it has no effect that can be seen", -strongest)  # fmt: skip


def _alone(tests: Sequence[Test]) -> bool:
    return min(test.p_value for test in tests) * len(tests) > LONE and all(test.effect < STRONG for test in tests)


def of_overlap(record: FitRecord) -> Iterator[Concern]:
    """What the fit found of places that are asked and have no rows."""
    light = record.overlap
    texts = [lack.text for lack in record.lacks]
    if light is None or light.color == "green":
        return
    color: Colors = "red" if light.color == "red" else "yellow"
    said = texts[0] if texts else light.said
    yield Concern(color, "overlap", "", f"answers rest on values that hardly any rows show: {said}",
                  "Ask where rows are (other values of do and given), gather rows there, or leave out what is not needed",
                  light.empty or light.thin or 0.0)  # fmt: skip


def of_propensity(found: Propensity) -> Iterator[Concern]:
    """Arms that some rows hardly ever have, and covariates that weights leave apart."""
    for arm, share in zip(found.arms, found.extreme, strict=True):
        if color := _color(share, BARE):
            yield Concern(color, "overlap", found.treatment, f"{share:.0%} of the rows have {found.treatment} = {arm} with a "
                          f"chance of less than {found.least:g} given {', '.join(found.covariates)}: there the answer is "
                          "extrapolation", "Ask of fewer rows, as by given=, or of other values; balance and overlap are in "
                          "sampler.diagnostics().propensities", share)  # fmt: skip
    bare = {arm for arm, share in zip(found.arms, found.extreme, strict=True) if _color(share, BARE)}
    rows = dict(zip(found.arms, found.effective_rows, strict=True))
    for one in found.balance:
        noise = 3 / max(rows.get(one.arm, 1.0), 1.0) ** 0.5
        if one.arm not in bare and abs(one.after) > noise and (color := _color(one.after, SMD)):
            yield Concern("yellow" if abs(one.after) < abs(one.before) else color, "balance", found.treatment,
                          f"weights leave {one.covariate} apart in {found.treatment} = {one.arm}: a standardized mean "
                          f"difference of {one.after:+.2f} ({one.before:+.2f} before)", "Rely on answers that adjust by an "
                          "outcome model as well, such as sampler.ate, and look at overlap", abs(one.after))  # fmt: skip


def of_corrections(found: Iterable[Correction]) -> Iterator[Concern]:
    """Estimates that their correction moved far."""
    for one in found:
        if abs(one.errors) > MOVED:
            yield Concern("yellow", "correction", one.asked, f"the estimate of {one.asked} lies {abs(one.errors):.1f} of its "
                          "standard errors from what the models say by themselves", "Rely on the estimate, not on samples; "
                          "models that fit better bring both together", abs(one.errors))  # fmt: skip
