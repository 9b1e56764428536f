"""How one model turned out: its likelihood, calibration, a two-sample test, and how its training went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from idgen_compiler.hinge.calibration import Reliability

__all__ = ["Curve", "JudgedOn", "ModelDiagnosis", "Score", "Test", "Transform", "TwoSample"]

JudgedOn = Literal["new rows", "rows of the fit", "nothing"]
"""Which rows a model is judged on: new ones that were given, or those that it was fitted to, which a model that learned
its rows by heart knows too well."""


@dataclass(frozen=True, slots=True)
class Test:
    """A hypothesis test: `corrected` is its p-value after correction for all tests of the fit (Holm).

    effect: how far apart things are, in the unit that the test's name says.
    """

    name: str
    statistic: float
    p_value: float
    corrected: float
    effect: float
    rows: int

    __test__ = False  # no test of pytest's

    def __str__(self) -> str:
        return f"{self.name} {self.effect:.3g}, p {_p(self.p_value)}, corrected {_p(self.corrected)}, {self.rows} rows"


@dataclass(frozen=True, slots=True)
class Score:
    """A proper score of one target's law on rows, beside that of its marginal law, which knows no input.

    name: "log-likelihood" (nats a row in standardized units, larger is better), "CRPS" (in the target's own unit,
    smaller is better) or "Brier score" (0 to 2, smaller is better).  error: the standard error of value - baseline,
    both being of the same rows.
    """

    target: str
    name: Literal["log-likelihood", "CRPS", "Brier score"]
    value: float
    baseline: float
    error: float
    rows: int

    @property
    def skill(self) -> float | None:
        """1 - value / baseline; None of a log-likelihood, which has no zero."""
        if self.name == "log-likelihood" or self.baseline <= 0:
            return None
        return 1 - self.value / self.baseline

    def __str__(self) -> str:
        unit = "; numbers in standard deviations" if self.name == "log-likelihood" else ""
        return f"{self.name} of {self.target} {self.value:.4g} (its marginal {self.baseline:.4g}{unit})"


@dataclass(frozen=True, slots=True)
class Transform:
    """The probability integral transform of a number: where each row's value lies in the law that is drawn for it.

    shares: of the rows, in bins of equal width from 0 to 1; all alike where the model is right (Gneiting, Balabdaoui
    and Raftery 2007). Values that are drawn with a probability of their own are placed at random within it (Czado,
    Gneiting and Held 2009).
    """

    target: str
    shares: tuple[float, ...]
    test: Test


@dataclass(frozen=True, slots=True)
class TwoSample:
    """How well a classifier tells rows from draws given the same inputs (Lopez-Paz and Oquab 2017).

    auc: out of fold; a half where it cannot tell.  error: that of DeLong, DeLong and Clarke-Pearson (1988).
    """

    classifier: str
    auc: float
    error: float
    test: Test


@dataclass(frozen=True, slots=True)
class Curve:
    """A training: mean loss in nats a row of rows kept back and of rows learned from, after each pass.

    `learned` is empty where a family does not tell it. `held_out` begins after the first pass. planned: how many
    passes there would have been, unless no pass helped any more.  every: how many passes lie between two numbers.
    """

    fit: str
    held_out: tuple[float, ...]
    learned: tuple[float, ...] = ()
    planned: int = 0
    every: int = 1

    @property
    def best(self) -> int:
        """After how many of the numbers kept here the loss was least."""
        return 1 + min(range(len(self.held_out)), key=self.held_out.__getitem__) if self.held_out else 0


@dataclass(frozen=True, slots=True)
class ModelDiagnosis:
    """One model, and how it turned out.

    operation: its name in the program ("%m2").  models: "Y | X, W".  rows: how many it was trained on.
    judged: on which rows, and `judged_rows` on how many of them, a sample where there are more.
    reliability: of each target that is a category, confidence beside accuracy.  transforms: of each that is a number.
    better: of each target, whether a plain regression predicts it better from the same inputs; the effect is the share
        of the model's squared error that it saves.
    curves: of each training.  unjudged: why there is nothing, where there is nothing.
    """

    operation: str
    models: str
    family: str
    rows: int
    judged: JudgedOn
    judged_rows: int = 0
    scores: tuple[Score, ...] = ()
    reliability: tuple[tuple[str, Reliability], ...] = ()
    transforms: tuple[Transform, ...] = ()
    two_sample: TwoSample | None = None
    better: tuple[Test, ...] = ()
    curves: tuple[Curve, ...] = ()
    unjudged: str = ""

    def __str__(self) -> str:
        head = f"{self.operation}: {self.models}  [{self.family}, {self.rows} rows]"
        if self.judged == "nothing":
            return f"{head}  {self.unjudged}"
        told = [str(score) for score in self.scores]
        told += [f"ECE of {target} {found.ece:.3f} (by chance {found.expected_ece:.3f})" for target, found in
                 self.reliability]  # fmt: skip
        told += [f"PIT of {one.target} {one.test.effect:.3f} from uniform" for one in self.transforms]
        if self.two_sample is not None:
            told.append(f"rows told from draws with AUC {self.two_sample.auc:.3f} +- {self.two_sample.error:.3f}")
        told += [
            f"{one.every * len(one.held_out)} of {one.planned} passes over the rows, the best after "
            f"{one.every * one.best}"
            for one in self.curves
            if one.planned > 1
        ]
        return "\n    ".join([f"{head}  judged on {self.judged_rows} {self.judged}", *told])


def _p(value: float) -> str:
    return f"{value:.2g}" if value >= 1e-99 else "< 1e-99"
