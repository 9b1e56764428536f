"""The effect of an infection on a finding through a picture: a diffusion model, a classifier, a hidden cause.

The experiment of the ID-GEN paper's appendix F.6. By default pictures are rendered and the truth is known; with a
folder of COVIDx (`covidx`) the same program runs on X-rays, whose truth nobody knows.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idgen_compiler.compile import compile
from idgen_compiler.data.arrays import Pictures
from idgen_compiler.demo import DemoSettings, chest
from idgen_compiler.demo.chest import GRAPH, QUERY, Patients
from idgen_compiler.demo.covidx import read_patients
from idgen_compiler.demo.napkin_plot import draw_strips
from idgen_compiler.errors import IdgenError
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.hinge.backend import Sampler
from idgen_compiler.hinge.calibration import Calibration, Reliability
from idgen_compiler.identify import identify
from idgen_compiler.query import Query
from idgen_compiler.report.page import Page
from idgen_compiler.verify import verify

__all__ = ["FULL", "QUICK", "Findings", "Size", "findings", "fitted", "run"]

BY_PICTURE, BY_BOTH, OF_PICTURE = "P(N | do(X))", "P(N | C, X)", "P(X | do(C))"
"""What else is asked of the same models: N where a picture is set, N as the classifier sees it, and pictures."""

STRIP, THUMBNAIL = 24, 6


@dataclass(frozen=True)
class Size:
    """How much of everything.

    rows: of data.  fresh: rows that no model learns from.  steps: of the diffusion model's training.  draws: pictures
    that are generated for each answer.  side: of a real picture.  options: others of `fit`.
    """

    rows: int
    fresh: int
    steps: int
    draws: int
    channels: tuple[int, ...]
    sampling_steps: int = 20
    side: int = 24


FULL = Size(20_000, 10_000, 3_000, 4_000, (16, 32))
QUICK = Size(1_000, 500, 4, 40, (8, 16), sampling_steps=2, side=16)
GPU = Size(20_000, 9_000, 20_000, 5_000, (64, 128, 128), side=64)


@dataclass(frozen=True)
class Findings:
    """What came out.

    `answers` has P(N = 1) for C = 0 and C = 1 by each way: "truth" where it is known, "diffusion", "no diffusion" (held
    out pictures of that C in the place of generated ones) and "no latent" (P(N | C)). `errors` are standard errors of
    drawing. `frechet` is the distance of generated from fresh pictures: a line for each C that was set, a column for
    each C of the fresh ones.  `calibration` is on rows kept back from the fit, `fresh` on rows that the fit never saw,
    and `ideal` is that of the true conditional on the same ones.
    """

    answers: Mapping[str, tuple[float, float]]
    errors: tuple[float, float]
    frechet: tuple[tuple[float, float], tuple[float, float]]
    calibration: Calibration
    fresh: Reliability
    ideal: Reliability | None
    generated: tuple[Pictures, Pictures]


def fitted(data: Patients, size: Size, seed: int, device: str = "auto", progress: bool = True) -> Sampler:
    """One program for all questions, whose models they share: a diffusion model of X | C, a classifier of N | C, X."""
    queries = [Query.parse(query) for query in (QUERY, BY_PICTURE, BY_BOTH, OF_PICTURE)]
    program = compile(queries, ADMG.parse(GRAPH))
    images = {"steps": size.steps, "channels": size.channels, "sampling_steps": size.sampling_steps}
    return program.fit(
        data.data,
        backend="torch",
        seed=seed,
        device=device,
        progress=progress,
        # Rows of the same C would do for X | C, and are what "no diffusion" stands for.
        family={"X | C": "diffusion"},
        images=images,
        types={"C": "categorical", "N": "categorical"},
        epochs=1 if size.steps < 100 else None,
    )


def findings(sampler: Sampler, data: Patients, fresh: Patients, size: Size, seed: int, rendered: bool) -> Findings:
    """Ask the sampler, and compare with what is known."""
    answers: dict[str, list[float]] = {name: [] for name in ("diffusion", "no diffusion", "no latent")}
    errors, drawn = [], []
    without = compile(Query.parse(QUERY), ADMG.parse("C -> X -> N"))
    plain = without.fit(data.data, backend="torch", seed=seed, types={"C": "categorical", "N": "categorical"})
    for c in (0, 1):
        law = sampler.probability("N", do={"C": c}, query=QUERY, n=size.draws, seed=seed)
        answers["diffusion"].append(law[1])
        errors.append(law.error_of(1))
        held_out = fresh.pictures[fresh.infected == c]
        answers["no diffusion"].append(
            float(np.mean(sampler.probability("N", do={"X": held_out}, query=BY_PICTURE)[1]))
        )
        answers["no latent"].append(plain.probability("N", do={"C": c})[1])
        drawn.append(sampler.sample(size.draws, do={"C": c}, query=OF_PICTURE, seed=seed)["X"])
    if rendered:
        answers["truth"] = [chest.truth(c)[0] for c in (0, 1)]
    says = sampler.probability("N", given={"C": fresh.infected, "X": fresh.pictures}, query=BY_BOTH)
    ideal = chest.probability(fresh.pictures, fresh.infected) if rendered else None
    real = [fresh.pictures[fresh.infected == c] for c in (0, 1)]
    record: Any = sampler
    return Findings(
        {name: (pair[0], pair[1]) for name, pair in answers.items()},
        (errors[0], errors[1]),
        (
            (_frechet(drawn[0], real[0]), _frechet(drawn[0], real[1])),
            (_frechet(drawn[1], real[0]), _frechet(drawn[1], real[1])),
        ),
        next(found for found in record.report().calibration if found.target == "N"),
        Reliability.of(says.table, fresh.found),
        None if ideal is None else Reliability.of(np.stack([1 - ideal, ideal], 1), fresh.found),
        (drawn[0], drawn[1]),
    )


def run(page: Page, settings: DemoSettings) -> bool:
    """Tell the story; True if the verification found no difference."""
    graph, query = ADMG.parse(GRAPH), Query.parse(QUERY)
    size = QUICK if settings.quick else GPU if settings.device.startswith("cuda") else FULL
    page.title(f"What is {query}, through a picture?", below="chest pictures, C an infection, N a finding")
    page.text(f"Graph: {GRAPH}")
    page.text("A hidden cause, such as the hospital, decides with whom C occurs and whether N is written down.")
    page.heading("1. Trace: the lines of the ID algorithm that identify it")
    page.code(str(identify(query, graph).trace))
    page.heading("2. Verification: random models with hidden causes, exact fractions")
    report = verify(query, graph, models=3 if settings.quick else 10, seed=settings.seed)
    page.text(str(report))

    page.heading("3. Data")
    data, fresh = _patients(page, settings, size)
    page.heading("4. Fit")
    start = time.perf_counter()
    sampler = fitted(data, size, settings.seed, settings.device)
    page.text(f"fitted {len(sampler.program.models)} models in {time.perf_counter() - start:.0f} s")
    if settings.quick:
        page.text(f"pictures are noise still, after {size.steps} steps of {FULL.steps:,}, so that answers are, too")
    record: Any = sampler
    page.code(str(record.report()))
    found = findings(sampler, data, fresh, size, settings.seed, rendered=settings.data is None)

    page.heading("5. Pictures: Fréchet distance of thumbnails, generated beside fresh ones")
    lines = [[f"generated, C = {c}", *(f"{d:.2f}" for d in found.frechet[c])] for c in (0, 1)]
    page.table(("", "fresh, C = 0", "fresh, C = 1"), lines, numbers=(1, 2))
    page.heading("6. Answer: P(N = 1) where C is set")
    lines = [[name, *(f"{value:.3f}" for value in found.answers[name])] for name in _WAYS if name in found.answers]
    page.table(("", "C = 0", "C = 1"), lines, numbers=(1, 2))
    page.text(f"standard errors of {size.draws:,} draws: {found.errors[0]:.4f} and {found.errors[1]:.4f}")
    page.heading("7. Calibration of N | C, X")
    _show_calibration(page, found)

    page.heading("8. Plots")
    _plots(settings.out, found, fresh)
    page.text(f"saved in {settings.out}: covid-pictures.png and covid-reliability.png")
    return report.ok


_WAYS = ("truth", "diffusion", "no diffusion", "no latent")


def _patients(page: Page, settings: DemoSettings, size: Size) -> tuple[Patients, Patients]:
    """Rows to learn from and fresh ones."""
    rows = settings.rows or size.rows
    if settings.data is None:
        page.text(f"{rows:,} rows of rendered pictures, {chest.SIDE} x {chest.SIDE}, and {size.fresh:,} fresh ones")
        return chest.patients(rows, settings.seed), chest.patients(size.fresh, settings.seed + 1_000_003)
    both, labels = read_patients(settings.data, rows + size.fresh, size.side, settings.seed)
    count = len(both.found)
    if count < 20:
        raise IdgenError(f"{settings.data} names {count} pictures, too few to learn from")
    learn = min(rows, 2 * count // 3)
    page.text(
        f"{learn:,} of {len(labels.files):,} X-rays at {size.side} x {size.side}, and {count - learn:,} fresh ones; "
        f"{labels.left_out:,} with one label only are left out"
    )
    parts = (slice(None, learn), slice(learn, None))
    data, fresh = (Patients(both.infected[p], both.pictures[p], both.found[p]) for p in parts)
    if min(np.bincount(some.infected, minlength=2).min() for some in (data, fresh)) < 2:
        raise IdgenError(f"{settings.data} has too few pictures with or without COVID-19; take more with --rows")
    return data, fresh


def _show_calibration(page: Page, found: Findings) -> None:
    stages = [
        ("rows kept back, before", found.calibration.before),
        (f"rows kept back, temperature {found.calibration.temperature:.2f}", found.calibration.after),
        ("fresh rows, after", found.fresh),
        *([("fresh rows, true conditional", found.ideal)] if found.ideal is not None else []),
    ]
    lines = [
        [name, f"{r.rows:,}", *(f"{v:.4f}" for v in (r.ece, r.mce, r.expected_ece, r.brier, r.log_loss))]
        for name, r in stages
    ]
    heads = ("", "rows", "ECE", "MCE", "ECE if calibrated", "Brier", "log loss")
    page.table(heads, lines, numbers=(1, 2, 3, 4, 5, 6))
    page.text("ECE if calibrated: what so many rows show by chance alone, were the probabilities right")


def _plots(folder: Path, found: Findings, fresh: Patients) -> None:
    strips = {}
    for c in (0, 1):
        strips[f"real, C = {c}"] = fresh.pictures[fresh.infected == c][:STRIP]
        strips[f"generated, C = {c}"] = found.generated[c][:STRIP]
    draw_strips(folder / "covid-pictures.png", {name: np.repeat(x, 3, axis=1) for name, x in strips.items()})
    found.calibration.plot(folder / "covid-reliability.png")


def _frechet(some: Pictures, others: Pictures) -> float:
    """Fréchet distance between normal laws of thumbnails of 6 x 6, in gray levels of 0 to 1 times 10.

    |m - m'|^2 + tr(S + S' - 2 (S S')^(1/2)).  Source: Dowson and Landau (1982).
    """
    moments = []
    for pictures in (some, others):
        flat = _thumbnails(pictures)
        moments.append((flat.mean(0), np.cov(flat.T) + 1e-6 * np.eye(flat.shape[1])))
    (m, s), (other_m, other_s) = moments
    values, vectors = np.linalg.eigh(s)
    root = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    middle = np.linalg.eigvalsh(root @ other_s @ root).clip(min=0)
    return float(((m - other_m) ** 2).sum() + np.trace(s + other_s) - 2 * np.sqrt(middle).sum())


def _thumbnails(pictures: Pictures) -> NDArray[np.float64]:
    """Shape: (n, 1, side, side) bytes -> (n, 36)."""
    edges = np.linspace(0, pictures.shape[-1], THUMBNAIL + 1).astype(int)
    x = pictures[:, 0].astype(np.float64) / 25.5
    sums = np.add.reduceat(np.add.reduceat(x, edges[:-1], axis=1), edges[:-1], axis=2)
    wide = np.diff(edges)
    means: NDArray[np.float64] = (sums / np.outer(wide, wide)).reshape(len(x), -1)
    return means
