"""The protein signaling data of Sachs et al. (2005): where they lie, which cells are which, and two graphs.

Source: Sachs, Perez, Pe'er, Lauffenburger and Nolan, "Causal protein-signaling networks derived from multiparameter
single-cell data", Science 308 (2005). Read from a table of cells with one column a protein (log units) and one
indicator column for each reagent, as in the `example-causal-datasets` collection (CC0).
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tests.real_data import real_data

__all__ = ["CONSENSUS", "WITH_HIDDEN", "data_folder", "intervened", "observational"]

FILE = "sachs.2005.continuous.discrete.experimental.mixed.maximum.2.txt"
PROTEINS = ("raf", "mek", "plc", "pip2", "pip3", "erk", "akt", "pka", "pkc", "p38", "jnk")

CONSENSUS = """
pip3 -> plc; pip3 -> pip2; pip3 -> akt; plc -> pip2; plc -> pkc; pip2 -> pkc
pkc -> pka; pkc -> raf; pkc -> mek; pkc -> jnk; pkc -> p38
pka -> raf; pka -> mek; pka -> erk; pka -> akt; pka -> jnk; pka -> p38
raf -> mek; mek -> erk; erk -> akt
"""
"""The 20 edges of the consensus network, all causes observed."""

WITH_HIDDEN = CONSENSUS + "pkc <-> erk; pkc <-> akt; p38 <-> jnk"
"""The same with three hidden common causes: stimulation differs from cell to cell and reaches PKC and the ends of two
cascades (ERK, AKT) also by ways that are not measured (Ras, PI3K), and p38 and JNK share kinases above them."""


def data_folder() -> Path | None:
    """The folder of the tables (see `real_data`); None where there is none."""
    folder = real_data("sachs")
    return folder if (folder / FILE).is_file() else None


def observational(folder: Path) -> pd.DataFrame:
    """The 1,755 cells with a general stimulation only (anti-CD3/CD28, with ICAM-2 or without), log units."""
    cells = _cells(folder)
    specific = cells[["aktinhib", "g0076", "psitect", "u0126", "ly", "pma", "b2camp"]].sum(axis=1)
    return cells.loc[specific == 0, list(PROTEINS)].reset_index(drop=True)


def intervened(folder: Path, reagent: str) -> pd.DataFrame:
    """The cells that got a reagent, log units."""
    cells = _cells(folder)
    return cells.loc[cells[reagent] == 1, list(PROTEINS)].reset_index(drop=True)


def _cells(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / FILE, sep="\t")
