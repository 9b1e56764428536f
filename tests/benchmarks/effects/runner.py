"""Answers of other tools: each runs in an environment of its own, reached by a subprocess.

IDGEN_PEERS names the folder of the environments, one a tool, made for example by

    python3.11 -m venv PEERS/econml; PEERS/econml/bin/pip install econml==0.17.0

A tool without its environment is left out. One subprocess answers many tables, so that imports do not count.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import idgen_compiler as idgen
from tests.benchmarks.effects.discrete import DiscreteQuestion
from tests.benchmarks.effects.models import Model

__all__ = ["PEERS", "Answer", "Columns", "Peer", "Question", "answers_of", "ask", "environment", "kept"]

SCRIPTS = Path(__file__).parent / "peers"
Columns = Mapping[str, Any]


@dataclass(frozen=True)
class Peer:
    """A tool: the name of its environment, the module of its answers beside serve.py, its methods by model."""

    name: str
    module: str
    methods: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Question:
    """What is asked: E[Y | do(all treatments 1)] - E[Y | do(all 0)] on a graph; `adjust` is the back-door set if any.

    units: "all" for the average effect, "treated" for that of the treated.
    share: an outcome and one of its values, to ask for P(outcome = value | do, given) in the place of the effect.
    """

    directed: tuple[tuple[str, str], ...]
    bidirected: tuple[tuple[str, str], ...]
    treatments: tuple[str, ...]
    adjust: tuple[str, ...] = ()
    units: str = "all"
    share: tuple[str, int] | None = None
    do: Mapping[str, int] = field(default_factory=dict)
    given: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, asked: Model | DiscreteQuestion) -> Question:
        if isinstance(asked, Model):
            graph = idgen.ADMG.parse(asked.graph)
            return cls(graph.directed, graph.bidirected, asked.treatments, asked.adjust)
        graph, share = asked.case.graph, (asked.outcome, asked.value)
        treatments = tuple(sorted(asked.do))
        return cls(graph.directed, graph.bidirected, treatments, share=share, do=asked.do, given=asked.given)


@dataclass(frozen=True)
class Answer:
    """One answer: the estimate, the ends of its 95 % interval (NaN where there is none) and processor seconds.

    `error` is what the tool said in the place of a number.
    """

    method: str
    table: int
    value: float = math.nan
    low: float = math.nan
    high: float = math.nan
    seconds: float = math.nan
    error: str = ""


PEERS = (
    Peer(
        "econml",
        "econml_peer",
        {
            "back-door": (
                "DRLearner",
                "DRLearner, boosting",
                "DRLearner, modifiers",
                "LinearDRLearner, modifiers, boosting",
                "LinearDML",
                "LinearDML, boosting",
                "CausalForestDML, boosting",
            ),
            "two stages": ("DynamicDML, boosting",),
        },
    ),
    Peer(
        "dowhy",
        "dowhy_peer",
        {
            "back-door": ("linear regression", "propensity weighting", "propensity matching", "doubly robust"),
            **dict.fromkeys(("front-door", "front-door, far apart"), ("two-stage regression",)),
            "napkin": ("instrument",),
            "two stages": ("linear regression",),
        },
    ),
    Peer(
        "ananke",
        "ananke_peer",
        {
            "back-door": ("aipw",),
            **dict.fromkeys(("front-door", "front-door, far apart"), ("p-ipw", "apipw")),
            **dict.fromkeys(("napkin", "two stages"), ("anipw",)),
        },
    ),
    Peer(
        "antecedent",
        "antecedent_peer",
        {
            "back-door": ("aipw", "linear adjustment", "DRLearner, auto"),
            "discrete": ("general.id, share",),
            **dict.fromkeys(
                ("front-door", "front-door, far apart", "napkin", "two stages"), ("general.id", "general.id, binned")
            ),
        },
    ),
)
"""The tools with the methods that are asked on each model, refusals among them."""


def environment(peer: Peer) -> Path | None:
    """The Python of a peer's environment; None where there is none."""
    folder = os.environ.get("IDGEN_PEERS")
    found = Path(folder) / peer.name / "bin" / "python" if folder else None
    return found if found is not None and found.exists() else None


def answers_of(text: str) -> Iterator[Answer]:
    """The answers in JSON lines; numbers that are missing or null are NaN. Raises ValueError with the line at fault."""
    for number, line in enumerate(text.splitlines(), 1):
        try:
            found = json.loads(line)
            numbers = {key: found.get(key) for key in ("value", "low", "high", "seconds")}
            yield Answer(
                found["method"],
                int(found["table"]),
                error=found.get("error", ""),
                **{key: math.nan if value is None else float(value) for key, value in numbers.items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"line {number} is no answer: {line[:200]}") from error


def ask(peer: Peer, method: str, asked: Iterable[tuple[Question, Columns]], keep: Path | None = None) -> list[Answer]:
    """What a method of a peer answers to questions on tables, in order; empty without its environment.

    Runs on one core. `keep` is a file to which the answers go as they come; those that it has are not asked again.
    Raises RuntimeError if the peer's process fails.
    """
    python = environment(peer)
    if python is None:
        return []
    with tempfile.TemporaryDirectory() as scratch:
        out = keep if keep is not None else Path(scratch) / "answers.jsonl"
        had = {answer.table for answer in kept(out, method)}
        waiting, count = {}, 0
        for k, (question, columns) in enumerate(asked):
            count = k + 1
            if k not in had:
                file = Path(scratch) / f"{k}.npz"
                np.savez(file, **columns)
                waiting[k] = asdict(question), str(file)
        if waiting:
            job = Path(scratch) / "job.json"
            job.write_text(json.dumps({"peer": peer.module, "method": method, "asked": waiting}), encoding="utf-8")
            _serve(python, job, out)
        return sorted((answer for answer in kept(out, method) if answer.table < count), key=lambda one: one.table)


def kept(file: Path, method: str) -> list[Answer]:
    """The answers of a method that a file has; none where there is no such file.  Raises ValueError as `answers_of`."""
    text = file.read_text("utf-8") if file.is_file() else ""
    return [answer for answer in answers_of(text) if answer.method == method]


def _serve(python: Path, job: Path, out: Path) -> None:
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"), "1")
    done = subprocess.run(
        [python, SCRIPTS / "serve.py", job, out],
        env={**os.environ, **one, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{python.parent.parent.name} failed: {done.stderr.strip()[-500:]}")
