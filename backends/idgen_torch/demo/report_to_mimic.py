"""The demo `report-to-xray` on MIMIC-CXR: the same program, without a truth to compare with."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from idgen_compiler.data.kinds.encoders import HASH
from idgen_compiler.demo import DemoSettings
from idgen_compiler.demo.napkin_plot import draw_strips
from idgen_compiler.demo.radiology.labeller import ATTRIBUTES, SILENT, said_of
from idgen_compiler.demo.radiology.mimic import Study, read_patients, read_studies
from idgen_compiler.demo.radiology.patients import PROMPTS, Patients
from idgen_compiler.errors import DataError
from idgen_compiler.hinge.backend import Sampler
from idgen_compiler.report.page import Page
from idgen_torch.demo.radiographer import KERNELS, LAWS, QUERY, Training, fitted, named, plain, radiographer, set_to
from idgen_torch.seeds import seed_for

__all__ = ["run_mimic"]

STRIP, TOP = 12, 3
FEWEST = 40
"""Fewer studies to learn from show nothing."""


@dataclass(frozen=True)
class _Size:
    rows: int
    fresh: int
    samples: int
    drawn: int
    side: int
    training: Training
    epochs: int | None = None


FULL = _Size(20_000, 2_000, 20_000, 200, 32, Training(3_000, sampling_steps=20))
QUICK = _Size(1_000, 200, 1_000, 40, 16, Training(4, (8, 16), sampling_steps=2), epochs=1)
GPU = _Size(100_000, 5_000, 20_000, 500, 64, Training(40_000, (64, 128, 128), sampling_steps=50))


def run_mimic(page: Page, settings: DemoSettings, folder: Path) -> None:
    """Fit, ask and tell.  Raises DataError for files that are missing or damaged, and for too few studies."""
    size = QUICK if settings.quick else GPU if settings.device.startswith("cuda") else FULL
    seed, started = settings.seed, time.perf_counter()
    page.heading("4. Data")
    learn, fresh = _patients(page, folder, size, settings)
    lines = [
        [name, *(f"{column.mean():.3f}" for column in (some.data[name] for some in (learn, fresh)))]
        for name in ("N", *ATTRIBUTES)
    ]
    page.table(("share of", "learned from", "fresh"), lines, numbers=(1, 2))
    options = {} if size.epochs is None else {"epochs": size.epochs}
    painter = radiographer(learn, size.training, seed, settings.device)
    ours = fitted(learn, painter, HASH, seed, settings.device, **options)
    other = plain(learn, HASH, size.training, seed, settings.device)
    page.text(f"read and trained in {time.perf_counter() - started:.0f} s")
    page.heading("5. Kernels on fresh studies: shares recorded, and drawn at the recorded inputs")
    page.table(("model", "studies", "recorded", "drawn", "agree"), _kernels(ours, fresh, seed), numbers=(1, 2, 3, 4))
    page.heading("6. Likeliest attributes where a report is set")
    page.table(("do(R = ...)", "N", *(f"{k + 1}." for k in range(TOP))), _likely(ours, size.samples, seed))
    page.text("nobody knows the truth here: these are answers under the graph, and no medical advice")
    page.heading("7. Plot")
    drawn = ours.sample(size.drawn, do={"R": PROMPTS[0]}, query=QUERY, seed=seed)
    strips = {
        "healthy": learn.films[(learn.attributes.sum(1) == 0) & (learn.pneumonia == 0)],
        f"P(X | R = {PROMPTS[0]})": other.sample(STRIP, do={"R": PROMPTS[0]}, seed=seed)["X"],
        **{f"do(R = {PROMPTS[0]}), N = {n}": drawn["X"][drawn["N"] == n] for n in (0, 1)},
    }
    path = settings.out / "report-to-xray.png"
    draw_strips(path, {name: np.repeat(x[:STRIP], 3, axis=1) for name, x in strips.items() if len(x)})
    page.text(f"saved in {path}")


def _patients(page: Page, folder: Path, size: _Size, settings: DemoSettings) -> tuple[Patients, Patients]:
    """Studies to learn from and fresh ones, as the split says."""
    studies, left_out = read_studies(folder)
    train = [study for study in studies if study.split == "train"]
    kept = [study for study in studies if study.split != "train"]
    if len(train) < FEWEST or not kept:
        raise DataError(
            f"{folder} has {len(train)} studies to learn from and {len(kept)} others, and {FEWEST} and one are needed"
        )
    chosen = _some(train, settings.rows or size.rows, settings.seed), _some(kept, size.fresh, settings.seed)
    told = ", ".join(f"{count:,} with {what}" for what, count in left_out.items())
    page.text(
        f"{len(chosen[0]):,} of {len(train):,} studies of the split train, {len(chosen[1]):,} of {len(kept):,} others"
    )
    page.text(f"left out: {told}; pictures are {size.side} x {size.side}")
    learn, fresh = (read_patients(folder, some, size.side) for some in chosen)
    for name, column in learn.data.items():
        if name in ("N", *ATTRIBUTES) and len(np.unique(column)) < 2:
            raise DataError(f"{name} is {column[0]} in every study that is learned from; take more, as in --rows")
    return learn, fresh


def _some(studies: Sequence[Study], n: int, seed: int) -> list[Study]:
    order = np.random.default_rng(seed_for(seed, "studies")).permutation(len(studies))[:n]
    return [studies[k] for k in np.sort(order)]


def _kernels(sampler: Sampler, fresh: Patients, seed: int) -> list[list[str]]:
    """Each attribute where the report mentions it, by the labeller, and where it does not, by what was trained."""
    lines, says = [], said_of(fresh.reports)
    for place, name in enumerate(ATTRIBUTES):
        query, given = KERNELS[name]
        do = {v: fresh.data[v] for v in given}
        drawn = sampler.sample(len(fresh), do=do, query=query, seed=seed)[name]
        for what, rows in (("mentioned", says[:, place] != SILENT), ("silent", says[:, place] == SILENT)):
            if rows.any():
                pair: tuple[NDArray[np.int64], ...] = (fresh.attributes[rows, place], np.asarray(drawn)[rows])
                shares = [*(column.mean() for column in pair), (pair[0] == pair[1]).mean()]
                lines.append([f"M_{name}, {what}", f"{rows.sum():,}", *(f"{share:.3f}" for share in shares)])
    return lines


def _likely(sampler: Sampler, n: int, seed: int) -> list[list[str]]:
    """For each prompt, N = 0 and N = 1, the likeliest E, A, L with their shares."""
    drawn = sampler.sample(n * len(PROMPTS), do=set_to(PROMPTS, n), query=LAWS, seed=seed)
    lines = []
    for k, prompt in enumerate(PROMPTS):
        codes = np.stack([drawn[name][k :: len(PROMPTS)] for name in ("N", *ATTRIBUTES)], axis=1)
        for value in (0, 1):
            rows = codes[codes[:, 0] == value, 1:]
            kinds, counts = np.unique(rows, axis=0, return_counts=True)
            told = [
                f"{named(kinds[best])} {counts[best] / len(rows):.2f}"
                for best in np.argsort(-counts, kind="stable")[:TOP]
            ]
            lines.append(["" if value else prompt, str(value), *told, *[""] * (TOP - len(told))])
    return lines
