"""The demo `report-to-xray`: a report is set, and pictures follow that do not inherit how a hospital writes.

With `--data` reports and pictures are MIMIC-CXR's (see `report_to_mimic`), whose truth nobody knows.
"""

from __future__ import annotations

import time

import numpy as np

from idgen_compiler.demo import DemoSettings
from idgen_compiler.demo.napkin_plot import draw_strips
from idgen_compiler.demo.radiology.films import SIDE
from idgen_compiler.demo.radiology.patients import GRAPH, PROMPTS, Patients, patients
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.identify import identify
from idgen_compiler.query import Query
from idgen_compiler.report.page import Page
from idgen_compiler.verify import verify
from idgen_torch.demo.radiographer import BROUGHT, QUERY, Pictures, named, program
from idgen_torch.demo.report_answers import FULL, QUICK, Answer, answers, kernels, trained
from idgen_torch.demo.report_to_mimic import run_mimic

__all__ = ["run"]

STRIP, TOP = 20, 3


def run(page: Page, settings: DemoSettings) -> bool:
    """Tell the story; True if the verification found no difference."""
    graph, query = ADMG.parse(GRAPH), Query.parse(QUERY)
    page.title("What does a picture show when a report is set?", below=QUERY)
    page.text(f"Graph: {GRAPH}")
    page.text("R a report, N pneumonia, E effusion, A atelectasis, L opacity, X a chest picture.")
    page.heading("1. Trace: the lines of the ID algorithm that identify it")
    page.code(str(identify(query, graph).trace))
    page.heading(
        "2. Program: labellers that ask what was trained where a report is silent, and a generator of pictures"
    )
    page.code(str(program()))
    page.heading("3. Verification: random models with hidden causes, exact fractions")
    report = verify(query, graph, models=2 if settings.quick else 5, seed=settings.seed, **BROUGHT)
    page.text(str(report))
    if settings.data is None:
        _rendered(page, settings)
    else:
        run_mimic(page, settings, settings.data)
    return report.ok


def _rendered(page: Page, settings: DemoSettings) -> None:
    size, seed = QUICK if settings.quick else FULL, settings.seed
    page.heading("4. Data and models")
    start = time.perf_counter()
    models = trained(size, seed, settings.device, settings.rows)
    rows = settings.rows or size.rows
    page.text(f"{rows:,} reports here and {rows:,} elsewhere, where either hospital writes as the other does here")
    page.text(f"{min(rows, size.films):,} pictures of {SIDE} x {SIDE} for the generator, and for P(X | R)")
    page.text(f"trained in {time.perf_counter() - start:.0f} s")
    if settings.quick:
        page.text(f"pictures are noise still, after {size.training.steps} steps of {FULL.training.steps}")
    start = time.perf_counter()
    page.heading("5. Kernels: total variation to their exact conditionals, as in the paper's Figure 20")
    lines = [
        [f"M_{one.name}", one.conditional, f"{one.distance:.4f}", "" if one.silent is None else f"{one.silent:.4f}"]
        for one in kernels(models.ours, size, seed)
    ]
    page.table(("model", "conditional", "TV", "where the report is silent"), lines, numbers=(2, 3))
    page.heading("6. Answers: total variation of E, A, L to P(E, A, L | do(R))")
    found = answers(PROMPTS, models, size, seed)
    names = {
        "ours": "ours", "ours_elsewhere": "ours, fit elsewhere", "films": "ours, off pictures", "plain": "P(X | R)",
        "plain_elsewhere": "P(X | R), fit elsewhere", "seen": "exact P(. | R)", "seen_elsewhere": "elsewhere",
    }  # fmt: skip
    lines = [[one.prompt, *(f"{one.off(name):.3f}" for name in names)] for one in found]
    page.table(("do(R = ...)", *names.values()), lines, numbers=range(1, len(names) + 1))
    page.text("off pictures: read off what is drawn; P(X | R): one model from reports to pictures, read off likewise")
    page.heading("7. Likeliest attributes: sampled (true)")
    page.table(("do(R = ...)", "N", *(f"{k + 1}." for k in range(TOP))), [line for a in found for line in _likely(a)])
    page.text(f"answered in {time.perf_counter() - start:.0f} s")
    page.heading("8. Plot")
    path = settings.out / "report-to-xray.png"
    draw_strips(path, _strips(patients(20 * STRIP, seed), found[0]))
    page.text(f"saved in {path}")


def _likely(one: Answer) -> list[list[str]]:
    """For N = 0 and N = 1, the likeliest E, A, L of the sampling network with their shares."""
    lines = []
    for n in (0, 1):
        sampled, true = (law[n] / law[n].sum() for law in (one.ours, one.truth))
        best = np.argsort(-sampled.ravel(), kind="stable")[:TOP]
        told = [
            f"{named(np.unravel_index(k, sampled.shape))} {sampled.ravel()[k]:.2f} ({true.ravel()[k]:.2f})"
            for k in best
        ]
        lines.append([one.prompt if n == 0 else "", str(n), *told])
    return lines


def _strips(some: Patients, one: Answer) -> dict[str, Pictures]:
    healthy = some.films[some.attributes.sum(1) == 0]
    told = {
        "healthy": healthy,
        f"P(X | R = {one.prompt})": one.pictures["plain"],
        f"do(R = {one.prompt}), N = 0": one.pictures["N = 0"],
        f"do(R = {one.prompt}), N = 1": one.pictures["N = 1"],
    }
    return {caption: np.repeat(x[:STRIP], 3, axis=1) for caption, x in told.items() if len(x)}
