"""Saved samplers to damage: small ones of both backends, of every kind of variable."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import idgen_compiler as idgen
from idgen_compiler.verify.models import CausalModel
from tests.fuzz.targets import Folders
from tests.strategies import NAPKIN

__all__ = ["exact_folders", "torch_folders"]

QUERY = idgen.Query("Y", "X")


def exact_folders(scratch: Path) -> Folders:
    """Exact samplers of floats and of Fractions."""
    joint = CausalModel.random(NAPKIN, 0).observational()
    labels = {"Y": [f"level {k}" for k in range(joint.sizes["Y"])]}
    floats = idgen.Joint(joint.variables, joint.table.astype(float), labels)
    program = idgen.compile(QUERY, NAPKIN)
    saved = []
    for k, law in enumerate((joint, floats)):
        program.fit(law, backend="exact").save(scratch / f"exact{k}")
        saved.append(_files(scratch / f"exact{k}"))
    return Folders("saved exact sampler", saved, scratch, {"X": 0})


def torch_folders(scratch: Path) -> Folders:
    """Trained samplers of categories, numbers, vectors and composites, from few rows."""
    import torch

    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    w1, w2 = rng.integers(0, 3, 80), rng.normal(size=80)
    tables = [
        {
            "W1": w1,
            "W2": np.array(["a", "b"])[(w2 > 0).astype(int)],
            "X": rng.integers(0, 2, 80),
            "Y": rng.normal(size=80),
        },
        {"W1": rng.normal(size=(80, 2)), "W2": w1, "X": rng.normal(size=80), "Y.a": w1 > 0, "Y.b": rng.normal(size=80)},
    ]
    saved = []
    for k, (table, how) in enumerate(zip(tables, ("reweight", "regenerate"), strict=True)):
        sampler = idgen.compile(QUERY, NAPKIN, realize=how).fit(
            table, backend="torch", seed=0, device="cpu", epochs=1, ensemble=1, rows_factor=1.0, progress=False
        )
        sampler.save(scratch / f"torch{k}")
        saved.append(_files(scratch / f"torch{k}"))
    return Folders("saved torch sampler", saved, scratch, {"X": 1})


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}
