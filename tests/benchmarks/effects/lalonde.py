"""Job training: the treated of the National Supported Work experiment with controls from a population survey.

185 treated men of the subset of Dehejia and Wahba (1999) and 15,992 of the Current Population Survey (CPS-1), earnings
of 1978 in dollars. The experiment's own controls say what the effect on the treated is: 1,794 dollars.
Source: LaLonde (1986); Dehejia and Wahba (1999), Journal of the American Statistical Association 94. Tables as in
Cunningham's "Causal inference: the mixtape" (`causaldata`).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from tests.benchmarks.effects.runner import Columns, Question
from tests.real_data import real_data

__all__ = ["COVARIATES", "QUESTION", "columns_of", "data_folder", "experiment", "observational", "overlapping"]

COVARIATES = ("age", "age2", "educ", "educ2", "black", "hisp", "marr", "nodegree", "re74", "re75", "u74", "u75")
"""Age and years of school with their squares, earnings of 1974 and 1975 in thousands, and whether there were none."""

QUESTION = Question(
    directed=(("X", "Y"), *((z, end) for z in COVARIATES for end in ("X", "Y"))),
    bidirected=(),
    treatments=("X",),
    adjust=COVARIATES,
    units="treated",
)


def data_folder() -> Path | None:
    """The folder of the tables (see `real_data`); None where there is none."""
    folder = real_data("lalonde")
    return folder if all((folder / f"{name}_mixtape.csv").is_file() for name in ("nsw", "cps")) else None


def experiment(folder: Path) -> tuple[float, float]:
    """Treated less randomized controls, dollars, and the standard error of it (unequal variances)."""
    nsw = pd.read_csv(folder / "nsw_mixtape.csv")
    arms = [nsw.re78[nsw.treat == value] for value in (1, 0)]
    return float(arms[0].mean() - arms[1].mean()), float(np.sqrt(sum(arm.var() / len(arm) for arm in arms)))


def observational(folder: Path) -> pd.DataFrame:
    """The treated of the experiment and the survey's controls: X, Y (dollars) and `COVARIATES`, all numbers."""
    nsw, cps = (pd.read_csv(folder / f"{name}_mixtape.csv") for name in ("nsw", "cps"))
    rows = pd.concat([nsw[nsw.treat == 1], cps], ignore_index=True)
    return rows.assign(
        X=rows.treat,
        Y=rows.re78,
        age2=rows.age**2 / 100,
        educ2=rows.educ**2 / 10,
        re74=rows.re74 / 1000,
        re75=rows.re75 / 1000,
        u74=rows.re74 == 0,
        u75=rows.re75 == 0,
    )[["X", "Y", *COVARIATES]].astype(np.float64)


def overlapping(rows: pd.DataFrame, least: float = 0.05) -> pd.DataFrame:
    """The rows whose chance of treatment, by a logistic regression on `COVARIATES`, is neither below nor near one.

    Source: Crump, Hotz, Imbens and Mitnik (2009), who cut at a fixed chance on both sides.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=1e4, max_iter=5000))
    chance = model.fit(rows[list(COVARIATES)], rows.X).predict_proba(rows[list(COVARIATES)])[:, 1]
    return rows[(chance > least) & (chance < 1 - least)].reset_index(drop=True)


def columns_of(rows: pd.DataFrame) -> Columns:
    return {str(name): rows[name].to_numpy() for name in rows.columns}
