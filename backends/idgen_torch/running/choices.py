"""In which way laws and their conditionals were realized, and what stands behind each."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FEW_ROWS", "WEIGHS", "Choice", "Errors", "Evidence", "LabelRows", "Overlap", "Runs"]

WEIGHS = "weighs runs of its law's network"
_OF_MODELS = {"weigh": WEIGHS, "train": "trained on rows of its law"}
FEW_ROWS, RARE = 100, 0.05
"""The mean of fewer rows has an error of a tenth of a standard deviation; a label of less than this share is rare."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """How far the rows go after one reweighting.

    `effective` is the fraction of effective rows (Kish), and `mass` the mean weight before scaling: one where the
    propensity is right and the rows cover the intervened law.
    """

    operation: str
    variables: str
    effective: float
    mass: float


@dataclass(frozen=True, slots=True)
class Errors:
    """The standard error of a program's answers by each way to realize a law (see `estimates.reference`)."""

    reweight: float
    regenerate: float

    @property
    def ratio(self) -> float:
        """That of reweighting as a multiple of that of regenerating."""
        return self.reweight / self.regenerate

    def __str__(self) -> str:
        return f"se {self.reweight:.3g} by weights, {self.regenerate:.3g} by regeneration"


@dataclass(frozen=True, slots=True)
class Runs:
    """Which share of the runs of a conditional's network count (Kish), where rows of the data ask it.

    places: how many were tried.  typical, least: the share at the median place, and at the lowest tenth.
    """

    places: int
    typical: float
    least: float

    def __str__(self) -> str:
        tenth = f"{self.least:.1%} at the lowest tenth"
        return f"{self.typical:.1%} of the runs count at the median of {self.places} rows, {tenth}"


@dataclass(frozen=True, slots=True)
class LabelRows:
    """A label that a conditional of a law is asked at, of a category `part`: how many rows of the table have it.

    rows: effective ones, where rows have weights.  runs: the share of the runs of the conditional's network that counts
    there, at the median of some rows; None where none were made.
    """

    part: str
    code: int
    label: str
    rows: float
    runs: float | None = None

    def __str__(self) -> str:
        share = "" if self.runs is None else f", where {self.runs:.2%} of the runs count"
        return f"{self.part} = {self.label} rests on {self.rows:.0f} rows{share}"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What stands behind a conditional of a law without data: the runs that are weighed for it, and rows by label.

    rows: how many effective rows there are in all.
    """

    operation: str
    models: str
    rows: float
    runs: Runs | None
    labels: tuple[LabelRows, ...] = ()

    def is_few(self, label: LabelRows) -> bool:
        """Whether a label is rare, and has few rows: in a small table all have."""
        return label.rows < min(FEW_ROWS, RARE * self.rows)


@dataclass(frozen=True, slots=True)
class Choice:
    """In which of two ways a law was realized ("regenerate" or "reweight"), and why.

    Of a model of such a law it says whether runs of the law's network are weighed ("weigh"), or it was trained on rows
    of the law ("train"); then `threshold` is the share of `runs` that have to count for that.

    `overlap` is None where reweighting was not tried. Where all is categories, `errors` are the standard errors of the
    answers by each way, and the smaller one decides; elsewhere, and where they are level, reweighting is taken from the
    fraction `threshold` of effective rows on.
    """

    operation: str
    chosen: str
    reason: str
    overlap: Overlap | None
    threshold: float
    errors: Errors | None = None
    runs: Runs | None = None

    def __str__(self) -> str:
        if self.chosen in _OF_MODELS:
            least = f" (runs are weighed from {self.threshold:.1%} on)" if self.runs else ""
            return f"{self.operation} {_OF_MODELS[self.chosen]}: {self.reason}{least}"
        verb = "reweighted" if self.chosen == "reweight" else "regenerated"
        if self.reason == str(self.errors):
            return f"{self.operation} {verb}: {self.reason}"
        return f"{self.operation} {verb}: {self.reason} (reweighting is taken from {self.threshold:.0%} on)"
