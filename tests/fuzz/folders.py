"""Saved samplers to damage: small ones of all backends, of every kind of variable."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

import idgen_compiler as idgen
from idgen_compiler.verify.models import CausalModel
from tests.fuzz.targets import Folders
from tests.strategies import NAPKIN

__all__ = ["exact_folders", "image_folders", "null_folders", "torch_folders"]

QUERY = idgen.Query("Y", "X")

DRAWS = idgen.Program.parse("""program "P(Y | do(X))" {
  graph "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"
  %obs = observe [W1, W2, X, Y]
  %m0 = train %obs : W2 | W1
  %law0 = realize P(W1, X, Y ; do(W2)) -> [X, Y] { reweight %obs do(W2 ~ %obs) by %m0 }
  %m1 = train %law0 : Y | X
  %m2 = train %obs : Y, W2 | W1, X
  sample (X) {
    Y ~ %m1(X)
    (X', Y') ~ rows %law0
    X'' ~ uniform
    W2 ~ uniform
    W1 ~ %obs + 0
    (Y'', W2') ~ %m2(W1, X'')
  } -> [Y, W2]
}""")
"""Tables, weighted rows, and every kind of policy."""


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
            table,
            backend="torch",
            seed=0,
            device="cpu",
            epochs=1,
            ensemble=1,
            density="mixture",
            rows_factor=1.0,
            progress=False,
        )  # fmt: skip
        sampler.save(scratch / f"torch{k}")
        saved.append(_files(scratch / f"torch{k}"))
    codes = {"W1": w1, "W2": w1 * rng.integers(0, 2, 80), "X": rng.integers(0, 2, 80), "Y": rng.integers(0, 3, 80)}
    families = {"%m0": "table", "%m1": "table", "%m2": "factored"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # so few rows hardly overlap
        DRAWS.fit(codes, backend="torch", seed=0, device="cpu", progress=False, family=families).save(scratch / "draws")
    return Folders("saved torch sampler", [*saved, _files(scratch / "draws")], scratch, {"X": 1})


def image_folders(scratch: Path) -> Folders:
    """Barely trained samplers of pictures and of pictures given them, by kinds of light and grain, and of others.

    The others are what is read off pictures, wide vectors, and rows by category.
    """
    import torch

    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    x = np.arange(200) % 2
    light, steps = rng.integers(0, 2, (2, 200, 1, 1, 1)) * 80
    noise = rng.integers(0, 1 + steps, (200, 1, 8, 8))
    table = {
        "X": x,
        "W": (40 + light + noise).astype(np.uint8),
        "U": (30 + light - noise // 4 + rng.integers(0, 1 + steps, (200, 1, 8, 8))).astype(np.uint8),
        "V": rng.normal(size=(200, 24)),
        "Y.a": np.array(["a", "b"])[x],
        "Y.b": rng.normal(size=200),
    }
    graph = idgen.ADMG.parse("X -> W -> Y; X -> Y; X -> V; W -> U")
    families = ({"W": "diffusion", "U": "diffusion", "V": "vector-diffusion{hidden=(16, 16)}"}, {"W": "matched"})
    saved = []
    for k, (query, family) in enumerate(zip(("P(W, U, V | do(X))", "P(W, Y | do(X))"), families, strict=True)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # so few steps teach nothing
            sampler = idgen.compile(idgen.Query.parse(query), graph).fit(
                table, backend="torch", seed=0, device="cpu", epochs=1, progress=False, family=family,
                images={"steps": 1, "batch_size": 8, "channels": (8, 8), "sampling_steps": 1, "kinds": 2, "grains": 2},
            )  # fmt: skip
        sampler.save(scratch / f"image{k}")
        saved.append(_files(scratch / f"image{k}"))
    return Folders("saved sampler of pictures", saved, scratch, {"X": 1})


def null_folders(scratch: Path) -> Folders:
    """A sampler of the null backend, which holds a program and kinds alone."""
    rng = np.random.default_rng(0)
    table = {"W1": ["a", "b"] * 20, "W2": rng.normal(size=40), "X": np.arange(40) % 2, "Y": rng.normal(size=(40, 2))}
    idgen.compile(QUERY, NAPKIN).fit(table, backend="null").save(scratch / "null")
    return Folders("saved null sampler", [_files(scratch / "null")], scratch, {"X": 1})


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}
