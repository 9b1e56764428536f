"""Samplers that are served in the tests: exact ones, one of every kind of variable, and one that was trained."""

from __future__ import annotations

import base64
import io
import threading
from pathlib import Path
from typing import Any

import numpy as np

import idgen_compiler as idgen
from idgen_compiler.data.kinds import Text

__all__ = ["EVERY", "Slow", "exact", "every_kind", "picture", "several", "trained"]

EVERY: dict[str, dict[str, Any]] = {
    "P(Y, K | do(X), Z)": {"do": {"X": "high"}, "given": {"Z": 0.5}},
    "P(B, V | do(W))": {"do": {"W": {"a": 1, "b": "r"}}},
    "P(day, wait | do(V))": {"do": {"V": [0.1, 0.2, 0.3]}},
    "P(I | do(X))": {"do": {"X": "low"}},
    "P(W, R | do(day, wait))": {"do": {"day": "2020-01-20", "wait": "30 min"}},
    "P(X | do(R))": {"do": {"R": "a text that nobody wrote"}},
}
"""Query -> what it is asked at; P(R | do(I)), which takes a picture, beside."""


def exact(folder: Path, chance: float = 0.25) -> idgen.Sampler:
    """P(Y | do(X)) of two variables with labels, saved in a folder."""
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    table = np.array([[0.5 * (1 - chance), 0.5 * chance], [0.1, 0.4]])
    labels: Any = {"X": ("no", "yes"), "Y": (0, 1)}
    sampler = program.fit(idgen.Joint(("X", "Y"), table, labels), backend="exact")
    sampler.save(folder)
    return sampler


def several(folder: Path) -> idgen.Sampler:
    """Two queries of one program, one with a condition."""
    queries = [idgen.Query.parse(text) for text in ("P(Y | do(X))", "P(Y | do(X), Z)")]
    program = idgen.compile(queries, idgen.ADMG.parse("Z -> X -> Y; Z -> Y"))
    rng = np.random.default_rng(0)
    table = rng.random((2, 3, 2))
    sampler = program.fit(idgen.Joint(("X", "Y", "Z"), table / table.sum()), backend="exact")
    sampler.save(folder)
    return sampler


def every_kind(folder: Path) -> idgen.Sampler:
    """A sampler with a variable of every kind, which trains nothing and draws the middle of each."""
    rng, n = np.random.default_rng(0), 60
    data = {
        "Z": rng.normal(size=n),
        "X": np.where(rng.random(n) < 0.5, "high", "low"),
        "Y": rng.normal(size=n),
        "K": rng.permutation(n),
        "B": rng.random(n) < 0.5,
        "day": np.datetime64("2020-01-01") + rng.permutation(n).astype("m8[D]"),
        "wait": rng.permutation(n).astype("m8[m]"),
        "V": rng.normal(size=(n, 3)),
        "W.a": np.arange(n) % 3,
        "W.b": np.where(rng.random(n) < 0.5, "r", "g"),
        "I": rng.integers(0, 255, (n, 1, 4, 4)).astype(np.uint8),
        "R": np.array([f"report number {k} says that all is well" for k in range(n)]),
    }
    graph = "Z -> X; Z -> Y; X -> Y; X -> K; W -> B; W -> V; V -> day; V -> wait; X -> I; I -> R; wait -> R; Z -> K"
    queries = ["P(Y, K | do(X), Z)", "P(B, V | do(W))", "P(day, wait | do(V))", "P(I | do(X))", "P(R | do(I))",
               "P(W, R | do(day, wait))", "P(X | do(R))"]  # fmt: skip
    program = idgen.compile([idgen.Query.parse(text) for text in queries], idgen.ADMG.parse(graph))
    types = {"R": Text(), "Y": "continuous", "Z": "continuous", "K": "integer"}
    sampler = program.fit(data, backend="null", composites={"W": ("W.a", "W.b")}, types=types, check_graph=False)
    sampler.save(folder)
    return sampler


def trained(folder: Path) -> idgen.Sampler:
    """Y given X and Z by a small network, which warns of values of Z beyond the data."""
    rng, n = np.random.default_rng(0), 200
    z = rng.normal(size=n)
    x = (rng.random(n) < 1 / (1 + np.exp(-z))).astype(int)
    data = {"Z": z, "X": x, "Y": (rng.random(n) < 0.2 + 0.5 * x).astype(int)}
    program = idgen.compile(idgen.Query.parse("P(Y | do(X), Z)"), idgen.ADMG.parse("Z -> X -> Y; Z -> Y"))
    how: dict[str, Any] = {"epochs": 1, "ensemble": 1, "seed": 0, "family": {"*": "classifier"}, "device": "cpu"}
    sampler = program.fit(data, progress=False, check_graph=False, **how)
    sampler.save(folder)
    return sampler


def picture() -> str:
    """A gray picture of 4 x 4 as a client sends it."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(np.full((4, 4), 200, dtype=np.uint8)).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


class Slow:
    """A sampler that waits for each draw until it is let go, and keeps what it was asked."""

    def __init__(self, sampler: Any) -> None:
        self.program, self.labels, self.kernels = sampler.program, sampler.labels, sampler.kernels
        self._sampler = sampler
        self.go, self.calls = threading.Event(), list[tuple[int, Any]]()

    def sample(self, n: int, **asked: Any) -> idgen.Samples:
        self.calls.append((n, asked))
        self.go.wait(10)
        found: idgen.Samples = self._sampler.sample(n, **asked)
        return found
