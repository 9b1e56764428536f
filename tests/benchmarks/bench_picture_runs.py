"""Napkin-MNIST as pictures, run after run: how far colors are off on other seeds and by another hand, and who says so.

The program of `napkin_images` that regenerates, with its options, on both mechanisms, by two renderers: the project's
own (`plain`), and one with other strokes, sizes and places (`scattered`, `idgen_compiler.demo.scattered_digits`), each
with a judge of its own that was trained on separate handwriting. Color TV is that of P(Y | do(X = red 3)) and do(red 5)
(see `napkin_images`); a run is off where it is above .10, and `told` where a model's own check says that pictures do
not depend on its inputs as in the rows. `real` is Y.d=X.d of the real rows, as the judge sees them.
Finished runs are kept in `tests/benchmarks/kept/picture_runs`, with all that the check found, so that an interrupted
benchmark goes on, on another machine too (a run takes half an hour): remove them when what is trained changes;
IDGEN_SEEDS (6) is the number of seeds, IDGEN_STEPS (18,000), IDGEN_ROWS, IDGEN_MNIST and IDGEN_WORKERS are those of
`napkin_images`, and IDGEN_RENDERER names one renderer only.
"""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch

from idgen_torch.running import judging
from idgen_torch.running.learned.dependence import LawsApart, dependences
from tests.benchmarks.bench_napkin_images import MECHANISMS, Settings, Trial
from tests.benchmarks.napkin_judge import RENDERERS
from tests.benchmarks.once import made_once
from tests.benchmarks.report import Row

__all__ = ["run"]

SEEDS, OFF = 6, 0.10
KEPT = Path(__file__).parent / "kept" / "picture_runs"
KIND = "the law of the kind of"
Task = tuple[str, str, int, Settings]


def run(quick: bool) -> list[Row]:
    """A row for each mechanism and renderer, then one for all runs."""
    settings = Settings.quickly() if quick else Settings.from_environment()
    settings.folder.mkdir(parents=True, exist_ok=True)
    seeds = 1 if quick else int(os.environ.get("IDGEN_SEEDS", SEEDS))
    asked = os.environ.get("IDGEN_RENDERER")
    renderers = (asked,) if asked else RENDERERS
    tasks = [(m, r, seed, settings) for seed in range(seeds) for r in renderers for m in MECHANISMS]
    with ProcessPoolExecutor(settings.workers, multiprocessing.get_context("spawn")) as pool:
        found = list(pool.map(_part, tasks))
    groups = [
        [one for one in found if (one["mechanisms"], one["renderer"]) == (m, r)] for m in MECHANISMS for r in renderers
    ]
    return [_row(same[0]["mechanisms"], same[0]["renderer"], same) for same in groups] + [_row("both", "all", found)]


def _part(task: Task) -> dict[str, Any]:
    """One run, from its file where it was made before."""
    mechanisms, renderer, seed, shared = task
    settings = replace(shared, renderer=renderer)
    path = replace(settings, folder=settings.folder if settings.quick else KEPT).part(mechanisms, "run", seed)
    return made_once(path, lambda: _made(mechanisms, renderer, seed, settings))


def _made(mechanisms: str, renderer: str, seed: int, settings: Settings) -> dict[str, Any]:
    """One run."""
    torch.set_num_threads(1)
    trial, checks = Trial(MECHANISMS[mechanisms], seed, settings), list[list[LawsApart]]()
    with patch.object(judging, "dependences", lambda *asked: checks.append(dependences(*asked)) or checks[-1]):
        found = trial.measure("regenerate")
    found |= {"real": trial.measure("truth")["Y.d=X.d"], "checks": [[asdict(one) for one in c] for c in checks]}
    return found | {"mechanisms": mechanisms, "renderer": renderer, "seed": seed}


def _row(mechanisms: str, renderer: str, same: list[dict[str, Any]]) -> Row:
    tv = [one["color TV"] for one in same]
    told = [any(KIND in line for line in one["told"]) for one in same]
    off = [value > OFF for value in tv]
    spread = f" ± {np.std(tv, ddof=1):.3f}" if len(tv) > 1 else ""
    row: dict[str, object] = {
        "mechanisms": mechanisms,
        "renderer": renderer,
        "runs": len(same),
        "color TV": f"{np.mean(tv):.3f}{spread}",
        "worst": f"{max(tv):.3f}",
        "off": sum(off),
        "told": sum(told),
        "off, not told": sum(one and not other for one, other in zip(off, told, strict=True)),
    }
    for name in ("digit TV", "thickness TV", "single", "Y.d=X.d", "real", "judge", "steps", "training s"):
        places = 0 if name in ("steps", "training s") else 3
        row[name] = f"{np.mean([one[name] for one in same]):.{places}f}"
    return row
