"""The napkin on handwritten digits: setting X's color against seeing it.

The graph has no back-door set and no front door; the answer is a conditional of a law that nobody has data for.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idgen_compiler.compile import compile
from idgen_compiler.demo import DemoSettings
from idgen_compiler.demo.digits import Handwriting
from idgen_compiler.demo.napkin_mnist import (
    ATTRIBUTES,
    COLORS,
    GRAPH,
    LABELS,
    QUERY,
    THICKNESSES,
    attributes,
    labeled,
    seen,
    total_variation,
    truth,
)
from idgen_compiler.demo.napkin_plot import Answer, draw
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.hinge.samples import Samples
from idgen_compiler.identify import identify
from idgen_compiler.query import Query
from idgen_compiler.report.page import Page
from idgen_compiler.verify import verify

__all__ = ["run"]

SET = (3, "red", "regular")
"""The value that X is set to: digit, color, thickness."""

ROWS, QUICK_ROWS = 60_000, 8_000
SAMPLES = 200_000
PICTURES = 20


def run(page: Page, settings: DemoSettings) -> bool:
    """Tell the story from the graph to the plot; True if the verification found no difference."""
    graph, query = ADMG.parse(GRAPH), Query.parse(QUERY)
    rows = settings.rows or (QUICK_ROWS if settings.quick else ROWS)

    page.title(f"What is {query} on the napkin graph?", below="handwritten digits")
    page.text(f"Graph: {GRAPH}")
    page.text("W1, X, Y: a handwritten digit with a color and a thickness.  W2: a digit and red or green.")
    page.text("A color that W1 and Y share, and a thickness that W1 and X share, stay hidden.")

    identification = identify(query, graph)
    page.heading("1. Trace: the lines of the ID algorithm that identify it")
    page.code(str(identification.trace))
    page.heading("2. Estimand: the answer as a function of what is observed")
    page.code(str(identification.estimand))
    program = compile(query, graph)
    page.heading("3. Program: what will be trained, on which rows, and how it is wired")
    page.code(str(program))

    page.heading("4. Verification: random models with hidden causes, exact fractions")
    report = verify(query, graph, models=3 if settings.quick else 10, seed=settings.seed)
    page.text(str(report))

    page.heading("5. Fit")
    handwriting = Handwriting.load()
    data = labeled(attributes(rows, settings.seed, digits=handwriting.digits))
    page.text(f"{rows:,} rows; W1's digits are the labels of {len(handwriting.digits):,} real handwritten ones")
    start = time.perf_counter()
    sampler = program.fit(data, backend="torch", seed=settings.seed, **_options(settings))
    page.text(f"fitted {len(program.models)} models in {time.perf_counter() - start:.0f} s")
    if callable(record := getattr(sampler, "report", None)):
        page.code(str(record()))

    page.heading(f"6. Answer: {SAMPLES:,} samples of Y with X set to ({', '.join(map(str, SET))})")
    samples = sampler.sample(SAMPLES, do={"X": SET}, seed=settings.seed)
    answers = _answers(samples)
    _show(page, answers)

    page.heading("7. Plot")
    path = settings.out / "napkin.png"
    draw(path, answers, _pictures(samples, data, handwriting, settings.seed), SET)
    page.text(f"saved in {path}")
    return report.ok


def _options(settings: DemoSettings) -> dict[str, Any]:
    return {"epochs": 6, "rows_factor": 4, "ensemble": 1} if settings.quick else {}


def _codes() -> tuple[int, int, int]:
    digit, color, thickness = SET
    return digit, COLORS.index(color), THICKNESSES.index(thickness)


def _answers(samples: Samples) -> dict[str, Answer]:
    true, conditioned = truth(*_codes()), seen(*_codes())
    answers = {}
    for attribute in ATTRIBUTES:
        drawn = samples["Y"][attribute]
        shares = [float(np.mean(drawn == label)) for label in LABELS[f"Y.{attribute}"]]
        answers[attribute] = Answer(np.asarray(shares), true[attribute], conditioned[attribute])
    return answers


def _show(page: Page, answers: Mapping[str, Answer]) -> None:
    for attribute, answer in answers.items():
        labels = map(str, LABELS[f"Y.{attribute}"])
        columns = zip(labels, answer.sampled, answer.truth, answer.seen, strict=True)
        rows = [[label, *(f"{value:.3f}" for value in values)] for label, *values in columns]
        distances = (total_variation(law, answer.truth) for law in (answer.sampled, answer.truth, answer.seen))
        rows.append(["total variation to the truth", *(f"{distance:.3f}" for distance in distances)])
        page.table((f"Y.{attribute}", "sampled", "truth P(Y | do(X))", "plain P(Y | X)"), rows, numbers=(1, 2, 3))
        page.text()


def _pictures(
    samples: Samples, data: Mapping[str, NDArray[Any]], handwriting: Handwriting, seed: int
) -> dict[str, list[NDArray[np.float64]]]:
    """Rows of pictures by caption: Y where X is set, and Y among the rows where X just has that value."""
    generator = np.random.default_rng(seed)
    fixed = np.logical_and.reduce([data[f"X.{a}"] == v for a, v in zip(ATTRIBUTES, SET, strict=True)])
    seen_rows = np.flatnonzero(fixed)[:PICTURES]
    value = ", ".join(map(str, SET))
    sources: dict[str, list[list[Any]]] = {
        f"Some Y sampled with X set to ({value}), sorted by color": [
            samples["Y"][a][:PICTURES].tolist() for a in ATTRIBUTES
        ],
        f"Some Y of rows where X is seen to be ({value})": [data[f"Y.{a}"][seen_rows].tolist() for a in ATTRIBUTES],
    }
    pictures = {}
    for caption, columns in sources.items():
        shown = sorted(zip(*columns, strict=True), key=lambda row: COLORS.index(row[1]))
        pictures[caption] = [handwriting.picture(d, c, t, generator) for d, c, t in shown]
    return pictures
