"""Learners of a conditional law beside ours: each fits a table and draws, or tells chances, at other inputs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

import idgen_compiler as idgen
from tests.benchmarks.densities.laws import Array, Columns, Law

__all__ = ["PEERS", "Answer", "answers_of_ngboost", "ours"]

Answer = tuple[Array, float, float]
"""Draws (inputs, draws) or chances (inputs, classes); processor seconds of the fit, and of a million samples."""

Peer = Callable[[Law, Columns, Columns, int, int], Answer | None]
"""A law, its table, other inputs, how many draws at each, a seed."""

FEW = 1_000
"""So many rows are few for a Gaussian process."""

NGBOOST = "ngboost==0.6.0"


def ours(law: Law, table: Columns, at: Columns, draws: int, seed: int, **options: Any) -> Answer:
    """The program of P(Y | do(inputs)), which is one model, by the torch backend on a CPU."""
    graph = idgen.ADMG.parse("; ".join(f"{name} -> Y" for name in at))
    program = idgen.compile(idgen.Query.parse(f"P(Y | do({', '.join(at)}))"), graph)
    start = time.process_time()
    types = {name: "categorical" for name, values in table.items() if values.dtype.kind == "i"}
    sampler = program.fit(
        table, backend="torch", types=types, seed=seed, device="cpu", progress=False, check_graph=False, **options
    )
    fitted = time.process_time() - start
    start = time.process_time()
    if law.quantile is not None:
        many = {name: np.repeat(values, draws) for name, values in at.items()}
        drawn = np.asarray(sampler.sample(len(next(iter(many.values()))), do=many, seed=seed)["Y"], float)
        per_sample = (time.process_time() - start) / len(drawn)
        return drawn.reshape(-1, draws), fitted, 1e6 * per_sample
    (model,) = sampler.fitted.models.values()  # type: ignore[attr-defined]
    encoded = {part.name: torch.from_numpy(np.asarray(part.encode(at[part.name]))) for part in model.inputs}
    law_at = model.laws(encoded, len(next(iter(at.values())))).numpy()
    return law_at, fitted, 1e6 * (time.process_time() - start) / len(law_at)


def _design(table: Columns) -> Array:
    return np.column_stack([values for name, values in table.items() if name != "Y"]).astype(float)


def _one_hot(table: Columns) -> Array:
    columns = [np.eye(int(v.max()) + 1)[v] if v.dtype.kind == "i" else v for k, v in table.items() if k != "Y"]
    return np.column_stack(columns).astype(float)


def forest(law: Law, table: Columns, at: Columns, draws: int, seed: int) -> Answer:
    """A quantile regression forest: outcomes by the weights of leaves (Meinshausen 2006); chances of a class."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    kind = RandomForestRegressor if law.quantile is not None else RandomForestClassifier
    start = time.process_time()
    model = kind(100, min_samples_leaf=5, max_features=0.5, random_state=seed)
    model.fit(_design(table), table["Y"])
    if law.quantile is None:
        fitted = time.process_time() - start
        found = model.predict_proba(_design(at))
        return found, fitted, 1e6 * (time.process_time() - start - fitted) / len(found)
    leaves = model.apply(_design(table))
    fitted = time.process_time() - start
    rng = np.random.default_rng(seed)
    drawn = np.empty((len(next(iter(at.values()))), draws))
    for row, own in enumerate(model.apply(_design(at))):
        same = leaves == own
        drawn[row] = rng.choice(table["Y"], draws, p=(same / same.sum(0)).mean(1))
    return drawn, fitted, 1e6 * (time.process_time() - start - fitted) / drawn.size


def boosting(law: Law, table: Columns, at: Columns, draws: int, seed: int) -> Answer:
    """Gradient boosting on histograms: the mean, and residuals of rows as they are; chances of a class."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    start = time.process_time()
    if law.quantile is None:
        told = [values.dtype.kind == "i" for name, values in table.items() if name != "Y"]
        model = HistGradientBoostingClassifier(categorical_features=told, random_state=seed)
        found = model.fit(_design(table), table["Y"]).predict_proba
    else:
        found = HistGradientBoostingRegressor(random_state=seed).fit(_design(table), table["Y"]).predict
    fitted = time.process_time() - start
    start, said = time.process_time(), found(_design(at))
    if law.quantile is None:
        return said, fitted, 1e6 * (time.process_time() - start) / len(said)
    left = table["Y"] - found(_design(table))
    drawn = said[:, None] + np.random.default_rng(seed).choice(left, (len(said), draws))
    return drawn, fitted, 1e6 * (time.process_time() - start) / drawn.size


def linear(law: Law, table: Columns, at: Columns, draws: int, seed: int) -> Answer:
    """Least squares and a normal; logistic regression of a class."""
    from sklearn.linear_model import LinearRegression, LogisticRegression

    start = time.process_time()
    if law.quantile is None:
        model = LogisticRegression(max_iter=500).fit(_one_hot(table), table["Y"])
        fitted = time.process_time() - start
        found = model.predict_proba(_one_hot(at))
        return found, fitted, 1e6 * (time.process_time() - start - fitted) / len(found)
    line = LinearRegression().fit(_one_hot(table), table["Y"])
    spread = float((table["Y"] - line.predict(_one_hot(table))).std())
    fitted, start = time.process_time() - start, time.process_time()
    mean = line.predict(_one_hot(at))[:, None]
    drawn = mean + spread * np.random.default_rng(seed).normal(size=(len(mean), draws))
    return drawn, fitted, 1e6 * (time.process_time() - start) / drawn.size


def process(law: Law, table: Columns, at: Columns, draws: int, seed: int) -> Answer | None:
    """A Gaussian process with a width for each input, and normal noise; of few rows, since its time is their cube."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    seen, y = _design(table), table["Y"]
    if law.quantile is None or len(y) > FEW:
        return None
    middle, spread = seen.mean(0), seen.std(0)
    start = time.process_time()
    kernel = ConstantKernel() * RBF(np.ones(seen.shape[1]), (0.01, 1e3)) + WhiteKernel()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = GaussianProcessRegressor(kernel, normalize_y=True).fit((seen - middle) / spread, y)
    fitted, start = time.process_time() - start, time.process_time()
    said, wide = model.predict((_design(at) - middle) / spread, return_std=True)
    drawn = said[:, None] + wide[:, None] * np.random.default_rng(seed).normal(size=(len(said), draws))
    return drawn, fitted, 1e6 * (time.process_time() - start) / drawn.size


PEERS: dict[str, Peer] = {
    "quantile forest": forest,
    "boosting": boosting,
    "least squares, logistic": linear,
    "Gaussian process": process,
}


def answers_of_ngboost(law: Law, table: Columns, at: Columns, draws: int, seed: int) -> Answer | None:
    """NGBoost with a normal, or classes, in an environment of its own; None where IDGEN_PEERS names no folder.

    The environment `ngboost` is made in that folder where it is not there.
    """
    folder = os.environ.get("IDGEN_PEERS")
    if not folder:
        return None
    home = Path(folder) / "ngboost"
    python = home / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", NGBOOST], check=True)
    with tempfile.TemporaryDirectory() as scratch:
        data, out = Path(scratch) / "data.npz", Path(scratch) / "out.npz"
        np.savez(data, X=_design(table), Y=table["Y"], at=_design(at))
        asked = json.dumps({"data": str(data), "out": str(out), "draws": draws, "seed": seed,
                            "classes": law.quantile is None})  # fmt: skip
        script = Path(__file__).with_name("ngboost_peer.py")
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": ""}
        subprocess.run([python, script, asked], check=True, env=environment, capture_output=True)
        found = np.load(out)
        return found["said"], float(found["fit"]), float(found["sample"])
