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
    Topic,
)
from idgen_torch.running.record import FitRecord, ModelReport

__all__ = [
    "LEVEL",
    "of_arrows",
    "of_columns",
    "of_corrections",
    "of_data",
    "of_graph",
    "of_model",
    "of_overlap",
    "of_propensity",
]

LEVEL = 0.01
"""The chance that a fit in which all is right is told of by any of its tests (Holm 1979)."""

Bounds = tuple[float, float]
"""From where on something is yellow, and red."""

AUC: Bounds = (0.56, 0.7)
"""A classifier with an area of 0.56 proves laws that are .06 apart in total variation or more, one with .7 even .22: of
laws d apart the area is at most 1/2 + d - d^2 / 2 (no better than telling all that can be told)."""

SAVED: Bounds = (0.04, 0.15)
"""The squared error that a plain regression saves is a squared partial correlation: .04 is that of .2, between what
Cohen (1988) calls small (.1) and medium (.3)."""

PIT: Bounds = (0.06, 0.15)
"""Kolmogorov's distance of the transform: how far off the probability of lying below a value is, at the worst place."""

DRIFT: Bounds = (0.08, 0.2)
"""Total variation or Kolmogorov's distance of marginals, and the difference of two rank correlations (Cohen 1988)."""

INFORMATION: Bounds = (0.01, 0.05)
"""Mutual information in nats: of normals with a correlation of .14 and .31."""

BARE: Bounds = (0.02, 0.1)
"""The share of rows that hardly ever have an arm, as estimates tell of it (`estimates.onestep.weight.BARE`)."""

SMD: Bounds = (0.1, 0.25)
"""Standardized mean differences above .1 are told of (Austin 2009); beyond .25 regression does not mend them (Stuart
2010)."""

MOVED = 3.0
"""A correction of more than three standard errors: what models draw lies outside of any interval of the estimate."""

LONE, ENOUGH = 0.02, 400
"""A column is alone where no p-value of its edges is below the first, corrected by Bonferroni, in so many rows, which
would show a correlation of .2 in 19 of 20 tables and more."""

KNOWN = 4.0
"""A score on new rows is worse than that of the marginal law from so many standard errors on."""

LONGER = "Train longer: leave epochs= out, or give more, or effort='best'"
OTHERWISE = "Look at the types of its columns; train longer (effort='best'), or choose another family="
WHERE_ROWS_ARE = "Ask where rows are (other values of do and given), or gather rows there"
OF_FEWER = "Ask of fewer rows, as by given=, or of other values; sampler.diagnostics().propensities has the tables"

Colors = Literal["yellow", "red"]


def _color(size: float, bounds: Bounds) -> Colors | None:
    return "red" if abs(size) >= bounds[1] else "yellow" if abs(size) >= bounds[0] else None


def _told(test: Test, bounds: Bounds) -> Colors | None:
    return _color(test.effect, bounds) if test.corrected <= LEVEL else None


def of_model(found: ModelDiagnosis, report: ModelReport, short: str) -> Iterator[Concern]:
    """What is wrong with a model; `short` says how its training was cut short, if it was."""
    label, remedy = found.models, LONGER if short else OTHERWISE

    def concern(color: Colors, topic: Topic, said: str, size: float = 0.0) -> Concern:
        return Concern(color, topic, found.operation, said, remedy, size)

    for test in found.better:
        if color := _told(test, SAVED):
            name = test.name.removeprefix("error of ").partition(" saved by ")[0]
            worse = f"{label} predicts {name} worse than a boosted regression on the same inputs does"
            yield concern(
                color, "prediction", f"{worse}, which saves {test.effect:.0%} of its squared error", test.effect
            )
    if short:
        yield concern("yellow", "training", f"the training of {label} ended early: {short}")
    two = found.two_sample
    if two is not None and (color := _told(two.test, AUC)):
        said = f"a classifier tells rows from draws of {label} (AUC {two.auc:.2f}, a half where they are alike)"
        yield concern(color, "law", said, two.auc - 0.5)
    for one in found.transforms:
        if color := _told(one.test, PIT):
            uneven = "rows do not lie evenly in what is drawn for them"
            yield concern(color, "law", f"the law of {one.target} is {_shape(one.shares)}: {uneven}", one.test.effect)
    if told := report.disagreements:
        more = f" (and {len(told) - 1} more)" if len(told) > 1 else ""
        yield concern("yellow", "law", f"{label} does not give its rows back: {told[0]}{more}")
    for end in report.ends:
        yield concern("yellow", "law", f"{label} {end}")
    if found.judged == "new rows":
        yield from _by_heart(found)


def _by_heart(found: ModelDiagnosis) -> Iterator[Concern]:
    """Scores on new rows that are worse than those of a law that knows no input."""
    for score in found.scores:
        worth = score.value - score.baseline if score.name == "log-likelihood" else score.baseline - score.value
        if -worth > KNOWN * score.error > 0:
            said = (
                f"on new rows {found.models} knows less of {score.target} than its marginal law does ({score.name} "
                f"{score.value:.3g}, the marginal's {score.baseline:.3g})"
            )
            remedy = (
                "It learned its rows by heart, or the new rows are of another law: fit on more rows, or look at both"
            )
            yield Concern("red", "law", found.operation, said, remedy, -worth)


def _shape(shares: Sequence[float]) -> str:
    """What a histogram of the transform says of a law."""
    ends, middle = shares[0] + shares[-1], sum(shares[4:6])
    return "too narrow" if ends > 1.4 * middle else "too wide" if middle > 1.4 * ends else "shifted"


def of_data(found: DataDiagnosis) -> Iterator[Concern]:
    """What is wrong with a data set."""
    remedy = "Look at the models that drew it; try realize='reweight', or train them longer"
    made = found.operation
    for one in found.marginals:
        if color := _told(one.test, DRIFT):
            away = f"its law in {made} is {one.test.effect:.2f} away from that of the rows that it should be like"
            yield Concern(color, "drift", made, f"{one.variable} has drifted: {away}", remedy, one.test.effect)
    for two in found.dependences:
        if color := _told(two.test, INFORMATION if two.measure == "mutual information" else DRIFT):
            said = (
                f"{two.one} and {two.other} depend on each other otherwise than they should: {two.measure} "
                f"{two.made:.2f} in {made}, {two.source:.2f} in the rows"
            )
            yield Concern(color, "drift", made, said, remedy, abs(two.test.effect))


def of_graph(tests: Iterable[GraphTest]) -> Iterator[Concern]:
    """The implications of the graph that rows contradict."""
    remedy = "Add an edge that is missing, or turn an arrow that points the wrong way; idgen check-graph has all tests"
    for one in tests:
        if one.rejected and one.test is not None:
            said = f"the graph says that {one.sentence}, and the rows contradict it"
            yield Concern("red", "graph", one.implication, said, remedy, one.test.effect)


def of_arrows(found: Sequence[Arrow]) -> Iterator[Concern]:
    """Columns that depend on none of those that the graph joins them to."""
    edges: dict[str, dict[str, Test]] = {}
    for one in found:
        a, b = one.ends
        edges.setdefault(a, {})[b] = edges.setdefault(b, {})[a] = one.test
    lone = {name for name, own in edges.items() if _alone(list(own.values()))}
    for name in sorted(lone):
        others = sorted(edges[name])
        if len(others) == 1 and others[0] in lone and len(edges[others[0]]) > 1:
            continue  # said of the other one
        rows = edges[name][others[0]].rows
        said = (
            f"{name} depends on none of {', '.join(others)}, to which the graph joins it ({rows} rows would show a "
            f"correlation of {2.6 / rows**0.5:.2f})"
        )
        remedy = (
            f"Look whether rows of {name} were shuffled or joined wrongly; if not, it has no effect that can be seen"
        )
        yield Concern("yellow", "arrow", name, said, remedy)


def _alone(tests: Sequence[Test]) -> bool:
    return min(test.p_value for test in tests) * len(tests) > LONE and tests[0].rows >= ENOUGH


def of_columns(record: FitRecord) -> Iterator[Concern]:
    """What the fit was warned of when it read its columns: values far out, marks for missing, rows that were copied."""
    for text in record.told:
        said, _, remedy = text.rpartition("; ")
        where = text.removeprefix("column ").partition(" holds ")[0] if text.startswith("column ") else ""
        remedy = remedy if said else "look at the column"
        yield Concern("yellow", "value", where, said or text, f"{remedy[:1].upper()}{remedy[1:]}")


def of_overlap(record: FitRecord) -> Iterator[Concern]:
    """What the fit found of places that are asked and have no rows."""
    light = record.overlap
    if light is None or light.color == "green":
        return
    color: Colors = "red" if light.color == "red" else "yellow"
    told = record.lacks[0].text if record.lacks else light.said
    said = f"answers rest on values that hardly any rows show: {told}"
    yield Concern(color, "overlap", "", said, WHERE_ROWS_ARE, light.empty or light.thin or 0.0)


def of_propensity(found: Propensity) -> Iterator[Concern]:
    """Arms that some rows hardly ever have, and covariates that weights leave apart."""
    treatment, bare = found.treatment, set[str]()
    for arm, share in zip(found.arms, found.extreme, strict=True):
        if color := _color(share, BARE):
            bare.add(arm)
            chance = f"with a chance of less than {found.least:g} given {', '.join(found.covariates)}"
            said = f"{share:.0%} of the rows have {treatment} = {arm} {chance}: there the answer is extrapolation"
            yield Concern(color, "overlap", treatment, said, OF_FEWER, share)
    rows = dict(zip(found.arms, found.effective_rows, strict=True))
    remedy = "Rely on answers that adjust by a model of the outcome as well, such as sampler.ate, and look at overlap"
    for one in found.balance:
        # Weights that are right leave differences of chance, with a deviation of one by the root of the rows.
        beyond = abs(one.after) > 3 / max(rows[one.arm], 1.0) ** 0.5 and one.arm not in bare
        if beyond and (color := _color(one.after, SMD)):
            apart = f"a standardized mean difference of {one.after:+.2f} ({one.before:+.2f} before)"
            said = f"weights leave {one.covariate} apart in {treatment} = {one.arm}: {apart}"
            yield Concern("yellow" if abs(one.after) < abs(one.before) else color, "balance", treatment, said, remedy)


def of_corrections(found: Iterable[Correction]) -> Iterator[Concern]:
    """Estimates that their correction moved far."""
    remedy = "Rely on the estimate, not on samples; models that fit better bring both together"
    for one in found:
        if abs(one.errors) > MOVED:
            far = f"{abs(one.errors):.1f} of its standard errors from what the models say by themselves"
            yield Concern("yellow", "correction", one.asked, f"the estimate of {one.asked} lies {far}", remedy,
                          abs(one.errors))  # fmt: skip
