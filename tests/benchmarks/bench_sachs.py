"""Protein signaling: predictions from observational cells against cells that were really intervened on.

Programs for P(outcome | do(protein)) are fitted to the 1,755 cells with a general stimulation only, and sampled with
the protein set in turn to the values measured in the cells that got a reagent, or to the 5 % or 95 % quantile of the
observational cells where the reagent changes the protein's activity and not its amount. KS is the Kolmogorov-Smirnov
distance to the outcome in those cells: of the prediction, of plain conditioning on the same values, and of the
observational cells as they are ("no effect"). TV is the same with every protein cut at the observational terciles.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import ks_2samp

import idgen_compiler as idgen
from tests.benchmarks import sachs
from tests.benchmarks.report import Row

__all__ = ["Comparison", "run"]

REPEATS = 10
"""Samples for each intervened cell."""


@dataclass(frozen=True)
class Comparison:
    """One reagent, the protein that it acts on, an outcome, and how the protein is set."""

    reagent: str
    protein: str
    outcome: str
    graph: str
    setting: str  #: "measured", "low" or "high"

    @property
    def hidden(self) -> bool:
        """Whether the graph has hidden common causes."""
        return "<->" in self.graph


COMPARISONS = (
    Comparison("psitect", "pip2", "pkc", sachs.CONSENSUS, "measured"),
    Comparison("psitect", "pip2", "pka", sachs.CONSENSUS, "measured"),
    Comparison("u0126", "mek", "erk", sachs.CONSENSUS, "measured"),
    Comparison("u0126", "mek", "erk", sachs.CONSENSUS, "low"),
    Comparison("g0076", "pkc", "erk", sachs.WITH_HIDDEN, "measured"),
    Comparison("g0076", "pkc", "akt", sachs.WITH_HIDDEN, "measured"),
    Comparison("g0076", "pkc", "p38", sachs.WITH_HIDDEN, "measured"),
    Comparison("pma", "pkc", "akt", sachs.WITH_HIDDEN, "measured"),
    Comparison("pma", "pkc", "akt", sachs.WITH_HIDDEN, "high"),
    Comparison("pma", "pkc", "p38", sachs.WITH_HIDDEN, "high"),
    Comparison("b2camp", "pka", "akt", sachs.CONSENSUS, "measured"),
    Comparison("b2camp", "pka", "erk", sachs.CONSENSUS, "measured"),
)


def run(quick: bool) -> list[Row]:
    """One row for each comparison; none where the data are not there."""
    folder = sachs.data_folder()
    if folder is None:
        return []
    warnings.simplefilter("ignore", idgen.OverlapWarning)
    return [_row(comparison, folder, quick) for comparison in (COMPARISONS[:2] if quick else COMPARISONS)]


def _row(comparison: Comparison, folder: Path, quick: bool) -> Row:
    before, after = sachs.observational(folder), sachs.intervened(folder, comparison.reagent)
    values = _values(comparison, before, after)
    real = _predictions(comparison, before, values, quick)
    cut_before, cut_after = _cut(before, before), _cut(before, after)
    codes = _cut(before, pd.DataFrame({comparison.protein: values}))[comparison.protein]
    cut = _predictions(comparison, cut_before, codes.to_numpy(), quick)
    y = comparison.outcome
    laws = {name: _shares(drawn) for name, drawn in {**cut, "no effect": cut_before[y].to_numpy()}.items()}
    truth = _shares(cut_after[y].to_numpy())
    low, high = before[comparison.protein].quantile([0.005, 0.995])
    return {
        "query": f"P({y} | do({comparison.protein}))" + (", hidden causes" if comparison.hidden else ""),
        "reagent": comparison.reagent,
        "set to": comparison.setting,
        "beyond the data": f"{np.mean((values < low) | (values > high)):.0%}",
        "mean before": f"{before[y].mean():.2f}",
        "mean after": f"{after[y].mean():.2f}",
        "predicted": f"{real['do'].mean():.2f}",
        "conditioned": f"{real['see'].mean():.2f}",
        **_compared("KS", {name: _ks(drawn, after[y]) for name, drawn in {**real, "no effect": before[y]}.items()}),
        **_compared("TV", {name: float(np.abs(law - truth).sum() / 2) for name, law in laws.items()}),
    }


def _values(comparison: Comparison, before: pd.DataFrame, after: pd.DataFrame) -> NDArray[np.float64]:
    """What the protein is set to, one value for each intervened cell."""
    match comparison.setting:
        case "measured":
            return after[comparison.protein].to_numpy()
        case "low":
            return np.full(len(after), before[comparison.protein].quantile(0.05))
        case _:
            return np.full(len(after), before[comparison.protein].quantile(0.95))


def _predictions(
    comparison: Comparison, rows: pd.DataFrame, values: NDArray[Any], quick: bool
) -> Mapping[str, NDArray[Any]]:
    """Samples of the outcome with the protein set, and with the protein seen, at these values."""
    graph, y, x = idgen.ADMG.parse(comparison.graph), comparison.outcome, comparison.protein
    repeated = np.tile(values, REPEATS)
    options = {"epochs": 2, "ensemble": 1} if quick else {}
    drawn = {}
    for name, query in (("do", f"P({y} | do({x}))"), ("see", f"P({y} | {x})")):
        program = idgen.compile(idgen.Query.parse(query), graph)
        # The cells contradict the consensus; what the consensus predicts is the question here.
        sampler = program.fit(rows, progress=False, device="cpu", check_graph=False, **options)
        role = {"do": {x: repeated}} if name == "do" else {"given": {x: repeated}}
        drawn[name] = sampler.sample(len(repeated), **role, seed=0)[y]
    return drawn


def _cut(reference: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Low, middle and high (0, 1, 2) by the terciles of the reference."""
    return pd.DataFrame(
        {name: np.searchsorted(reference[name].quantile([1 / 3, 2 / 3]), cells[name]).astype(int) for name in cells}
    )


def _shares(codes: NDArray[Any]) -> NDArray[np.float64]:
    return np.bincount(codes, minlength=3) / len(codes)


def _ks(ours: Any, theirs: pd.Series) -> float:
    return float(ks_2samp(ours, theirs).statistic)


def _compared(name: str, found: Mapping[str, float]) -> dict[str, str]:
    """Set, seen and unchanged in one cell."""
    return {f"{name}: do / see / no effect": " / ".join(f"{value:.3f}" for value in found.values())}
