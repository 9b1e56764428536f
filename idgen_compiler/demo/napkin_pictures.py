"""The napkin with pictures: W1, X and Y are images, and the answer is a diffusion model of P(Y | do(X)).

Both ways to realize the intervened law are trained: regenerating, as in the paper, where models draw X given W1 and W2
and Y given all of these, and another learns Y from X on what they drew; and reweighting, where a classifier of W1's
picture weighs the real rows and the one diffusion model sees no picture but real ones.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from idgen_compiler.compile import compile
from idgen_compiler.demo import DemoSettings
from idgen_compiler.demo.colored_digits import Bank, Pictures, labelled_pictures, napkin_images, single_colored
from idgen_compiler.demo.napkin_mnist import (
    ATTRIBUTES,
    COLORS,
    GRAPH,
    HARD,
    LABELS,
    QUERY,
    seen,
    total_variation,
    truth,
)
from idgen_compiler.demo.napkin_plot import draw_strips
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.hinge.backend import Sampler
from idgen_compiler.identify import identify
from idgen_compiler.query import Query
from idgen_compiler.report.page import Page
from idgen_compiler.verify import verify

__all__ = ["Judge", "run"]

DO = ((3, "red"), (5, "red"))
MECHANISMS = HARD
REALIZATIONS: tuple[Literal["regenerate", "reweight"], ...] = ("regenerate", "reweight")


@dataclass(frozen=True)
class Size:
    """How much of everything: rows of data, training steps a diffusion model, samples of each answer."""

    rows: int
    steps: int
    samples: int
    judged: int  #: pictures that the classifier of attributes is trained on
    epochs: int


FULL, QUICK = Size(8_000, 1_000, 500, 8_000, 8), Size(1_000, 4, 20, 500, 1)
GPU = Size(60_000, 20_000, 5_000, 30_000, 10)


@dataclass(frozen=True)
class Judge:
    """A classifier of a picture's attributes, itself a compiled program: P(label | picture)."""

    sampler: Sampler

    @classmethod
    def train(cls, bank: Bank, size: Size, settings: DemoSettings) -> Judge:
        """Train on pictures of handwriting that no other model sees."""
        pictures, codes = labelled_pictures(bank, size.judged, settings.seed)
        data = {"picture": pictures} | {f"label.{name}": values for name, values in codes.items()}
        program = compile(Query.parse("P(label | picture)"), ADMG.parse("picture -> label"))
        sampler = program.fit(data, backend="torch", seed=settings.seed, device=settings.device, epochs=size.epochs)
        return cls(sampler)

    def attributes(self, pictures: Pictures) -> Mapping[str, NDArray[Any]]:
        """Attributes drawn from what the classifier believes, as codes.  Shape of each: (rows,)."""
        label = self.sampler.sample(len(pictures), given={"picture": pictures}, seed=0)["label"]
        return {name: label[name] for name in ATTRIBUTES}

    def accuracy(self, bank: Bank, pictures: int) -> dict[str, float]:
        """The fraction of fresh pictures whose attribute is right."""
        fresh, codes = labelled_pictures(bank, pictures, 99)
        found = self.attributes(fresh)
        return {name: float(np.mean(found[name] == codes[name])) for name in ATTRIBUTES}


def run(page: Page, settings: DemoSettings) -> bool:
    """Tell the story; True if the verification found no difference."""
    graph, query = ADMG.parse(GRAPH), Query.parse(QUERY)
    size = QUICK if settings.quick else GPU if settings.device.startswith("cuda") else FULL
    page.title(f"What is {query} on the napkin graph?", below="pictures")
    page.text(f"Graph: {GRAPH}")
    page.text("W1, X, Y: pictures of a digit with a color and a thickness.  W2: a digit and red or green.")
    page.heading("1. Trace: the lines of the ID algorithm that identify it")
    page.code(str(identify(query, graph).trace))
    page.heading("2. Verification: random models with hidden causes, exact fractions")
    report = verify(query, graph, models=3 if settings.quick else 10, seed=settings.seed)
    page.text(str(report))

    page.heading("3. Data")
    learn, apart = _banks(settings)
    rows = settings.rows or size.rows
    data, codes = napkin_images(learn, rows, settings.seed, MECHANISMS)
    page.text(
        f"{rows:,} rows of {learn.size} x {learn.size} pictures, from {len(learn.labels):,} real handwritten digits"
    )
    judge = Judge.train(Bank(apart.pictures[::2], apart.labels[::2]), size, settings)
    accuracy = judge.accuracy(Bank(apart.pictures[1::2], apart.labels[1::2]), size.judged // 4)
    page.text("a classifier of other handwriting: " + ", ".join(f"{k} {v:.3f} right" for k, v in accuracy.items()))

    strips: dict[str, Pictures] = {}
    for realize in REALIZATIONS:
        program = compile(query, graph, realize=realize)
        page.heading(f"{4 + REALIZATIONS.index(realize)}. The answer, realized by {realize.rstrip('e')}ing")
        page.code(str(program))
        start = time.perf_counter()
        sampler = program.fit(
            data,
            backend="torch",
            seed=settings.seed,
            device=settings.device,
            images={"steps": size.steps, "sampling_steps": 2 if settings.quick else 20},
            epochs=None if not settings.quick else 1,
        )
        page.text(f"fitted {len(program.models)} models in {time.perf_counter() - start:.0f} s")
        for digit, color in DO:
            x = _picture(apart, digit, color)
            y = sampler.sample(size.samples, do={"X": x}, seed=settings.seed)["Y"]
            _show(page, f"do({color} {digit})", y, judge, digit, color)
            strips[f"{realize}: do({color} {digit})"] = np.concatenate([x[None], y[:15]])
    path = settings.out / "napkin-images.png"
    seen_rows = np.flatnonzero((codes["X.digit"] == DO[0][0]) & (codes["X.color"] == COLORS.index(DO[0][1])))[:16]
    strips[f"rows where X is seen to be {DO[0][1]} {DO[0][0]}: their Y"] = data["Y"][seen_rows]
    draw_strips(path, strips)
    page.heading("6. Plot")
    page.text(f"saved in {path}: in each strip of do the first picture is x, the others are samples of Y")
    return report.ok


def _banks(settings: DemoSettings) -> tuple[Bank, Bank]:
    """Handwriting to learn from, and other handwriting to judge with."""
    if settings.data is not None:
        size = 28 if settings.device.startswith("cuda") else 16
        most = 500 if settings.quick else None
        return Bank.mnist(settings.data, size, "train", most), Bank.mnist(settings.data, size, "test", most)
    return Bank.bundled(16, "train"), Bank.bundled(16, "test")


def _picture(bank: Bank, digit: int, color: str) -> Pictures:
    """One picture, of regular thickness.  Shape: (3, size, size)."""
    index = np.flatnonzero(bank.labels == digit)[:1]
    one: Pictures = bank.colored(index, np.array([COLORS.index(color)]), np.array([1]))[0]
    return one


def _show(page: Page, title: str, y: Pictures, judge: Judge, digit: int, color: str) -> None:
    """The colors of Y beside the truth and plain conditioning; distances of the other attributes."""
    values = (digit, COLORS.index(color), 1)
    true, conditioned = truth(*values, MECHANISMS), seen(*values, MECHANISMS)
    found = judge.attributes(y)
    shares = {a: np.bincount(found[a], minlength=len(LABELS[f"Y.{a}"])) / len(y) for a in ATTRIBUTES}
    lines = [
        [name, *(f"{law[k]:.3f}" for law in (shares["color"], true["color"], conditioned["color"]))]
        for k, name in enumerate(COLORS)
    ]
    distances = (total_variation(law, true["color"]) for law in (shares["color"], true["color"], conditioned["color"]))
    lines.append(["total variation to the truth", *(f"{distance:.3f}" for distance in distances)])
    page.text()
    page.table((f"Y's color, {title}", "sampled", "truth P(Y | do(X))", "plain P(Y | X)"), lines, numbers=(1, 2, 3))
    other = ", ".join(f"{a} off by {total_variation(shares[a], true[a]):.3f}" for a in ("digit", "thickness"))
    page.text(f"{other}; {single_colored(y):.0%} of the pictures have a single color")
