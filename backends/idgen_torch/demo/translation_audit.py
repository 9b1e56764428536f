"""The demo `translation-audit`: two translators of faces, one of which adds what merely goes together with sex.

With `--data` the faces are CelebA's, and translators and classifier a user's own (see `celeba_audit`).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from idgen_compiler.demo import DemoSettings
from idgen_compiler.demo.faces import ATTRIBUTES, CAUSAL, drawn, labels, render
from idgen_compiler.demo.napkin_plot import draw_strips
from idgen_compiler.errors import IdgenError
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.query import Query
from idgen_compiler.report.page import Page
from idgen_compiler.verify import verify
from idgen_torch.demo.audit import BROUGHT, FEMALE, GRAPH, QUERIES, Audit, program
from idgen_torch.demo.celeba_audit import run_celeba
from idgen_torch.demo.translators import Detector, Training, Translator
from idgen_torch.seeds import seed_for

__all__ = ["FULL", "QUICK", "Answers", "Size", "answers", "run", "truth"]

TOLD = 0.02
"""A translator that adds a non-causal attribute to so many faces is told of."""

STRIP = 16

Shares = NDArray[np.float64]


@dataclass(frozen=True)
class Size:
    """How much of everything: rows of data, samples of each answer, fresh faces for the truth, training."""

    rows: int
    samples: int
    fresh: int
    training: Training


FULL = Size(20_000, 20_000, 100_000, Training(6_000, 10))
QUICK = Size(2_000, 2_000, 4_000, Training(2_500, 10))


@dataclass(frozen=True)
class Answers:
    """One translator: P(A | do(Male = 0)), the same given Young = 1, both true, and what conditioning makes of them.

    Each by attribute, in the order of `ATTRIBUTES`.  Shape of each: (10,).
    """

    do: Shares
    given_young: Shares
    true_do: Shares
    true_given_young: Shares
    seen: Shares  #: P(A | Male = 0)
    seen_young: Shares  #: P(A | Male = 0, Young = 1)
    men: Shares  #: where Male is seen to be 1 and set to 0

    @property
    def error(self) -> float:
        """The largest difference to the truth."""
        return float(max(np.abs(self.do - self.true_do).max(), np.abs(self.given_young - self.true_given_young).max()))


def truth(translator: Translator, detector: Detector, n: int, seed: int) -> tuple[Shares, Shares]:
    """P(A | do(Male = 0)), and given Young = 1, from n fresh faces of the structural model whose label Male is set.

    By simulation: each share is off by less than .005 at n = 100,000 (three standard errors).
    """
    generator, noise = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    pieces, young = [], []
    for start in range(0, n, 10_000):
        size = min(10_000, n - start)
        faces = drawn(size, generator)
        pictures, said = render(faces), labels(faces, generator)["Young"]
        after = translator({"I1": pictures, "Male": np.full(size, FEMALE), "Young": said}, size, noise)
        pieces.append((detector(after) == 1) & (detector(pictures) == 0))
        young.append(said == 1)
    added, chosen = np.concatenate(pieces), np.concatenate(young)
    return added.mean(axis=0), added[chosen].mean(axis=0)


def answers(audit: Audit, translator: Translator, detector: Detector, size: Size, seed: int, device: str) -> Answers:
    """Fit the program with one translator in it, and ask."""
    sampler = audit.fit(translator, seed, device)
    women = audit.male == FEMALE
    return Answers(
        audit.shares(sampler, size.samples, seed),
        audit.shares(sampler, size.samples, seed, young=1),
        *truth(translator, detector, size.fresh, seed_for(seed, "truth")),
        audit.shares_among(translator, women, seed),
        audit.shares_among(translator, women & (audit.young == 1), seed),
        audit.shares_among(translator, ~women, seed),
    )


def run(page: Page, settings: DemoSettings) -> bool:
    """Tell the story; True if the verification found no difference."""
    if settings.data is None and (settings.translators or settings.classifier):
        raise IdgenError("--translator and --classifier are for pictures of yours; say where these are with --data")
    page.title("What does a translator of faces add?", below="P(A | do(Male = 0))")
    page.text(f"Graph: {GRAPH}")
    page.text("I1, I2: a face and its translation.  P1, P2: their attributes.  A: what the translation added.")
    page.heading("1. Program: both queries, one set of models; translator and classifier are brought")
    page.code(str(program()))
    page.heading("2. Verification: random models with hidden causes, exact fractions")
    reports = [
        verify(Query.parse(text), ADMG.parse(GRAPH), models=2 if settings.quick else 5, seed=settings.seed, **BROUGHT)
        for text in QUERIES
    ]
    for report in reports:
        page.text(str(report))
    if settings.data is None:
        _drawn_faces(page, settings)
    else:
        run_celeba(page, settings, settings.data)
    return all(report.ok for report in reports)


def _drawn_faces(page: Page, settings: DemoSettings) -> None:
    size, seed = QUICK if settings.quick else FULL, settings.seed
    page.heading("3. Data and networks")
    generator = np.random.default_rng(seed_for(seed, "rows"))
    faces = drawn(settings.rows or size.rows, generator)
    said, pictures = labels(faces, generator), render(faces)
    start = time.perf_counter()
    detector = Detector.train(size.training, seed)
    audit = Audit(ATTRIBUTES, detector, pictures, said["Male"], said["Young"])
    page.text(
        f"{len(faces):,} faces of 16 x 16 pixels; Male and Young correlate by "
        f"{np.corrcoef(said['Male'], said['Young'])[0, 1]:.2f}"
    )
    page.text(f"a classifier that reads at least {detector.accuracy(2_000, seed):.1%} of each attribute right")
    translators = {
        "causal": Translator.train(False, size.training, seed),
        "spurious": Translator.train(True, size.training, seed),
    }
    page.text("causal: learned from pairs of pictures that differ in sex and what follows from it")
    page.text("spurious: learned from pairs of pictures of men and women as the data have them")
    page.text(f"trained in {time.perf_counter() - start:.0f} s")

    start = time.perf_counter()
    found = {name: answers(audit, t, detector, size, seed, settings.device) for name, t in translators.items()}
    page.heading(f"4. Answers: {size.samples:,} samples each, beside the truth from {size.fresh:,} fresh faces")
    _show(page, found)
    page.text(f"answered in {time.perf_counter() - start:.0f} s, truth included")
    page.heading("5. What do() is for: the same translator without it")
    _show_naive(page, found["causal"])
    page.heading("6. Plot")
    path = settings.out / "translation-audit.png"
    draw_strips(path, _strips(audit, translators, seed))
    page.text(f"saved in {path}")


def _show(page: Page, found: Mapping[str, Answers]) -> None:
    """Figure 5 of the paper as a table, each number beside its truth."""
    causal, spurious = found["causal"], found["spurious"]
    columns: Sequence[Shares] = (
        causal.do, causal.true_do, spurious.do, spurious.true_do, causal.given_young, causal.true_given_young,
    )  # fmt: skip
    header = ("added attribute", "causal: do(Male=0)", "truth", "spurious: do(Male=0)", "truth",
              "causal: Young=1, do(Male=0)", "truth")  # fmt: skip
    _table(page, header, columns)
    for name, answer in found.items():
        page.text(f"{name}: off by {answer.error:.3f} at most, given Young = 1 included")
    for name, answer in found.items():
        added = [
            f"{attribute} {share:.3f}"
            for attribute, share in zip(ATTRIBUTES, answer.do, strict=True)
            if attribute not in CAUSAL and share >= TOLD
        ]
        page.text(f"{name} adds {', '.join(added) or 'nothing'} of what does not follow from sex")


def _show_naive(page: Page, causal: Answers) -> None:
    columns = (causal.true_do, causal.do, causal.seen, causal.men, causal.true_given_young, causal.given_young,
               causal.seen_young)  # fmt: skip
    header = ("added attribute", "truth", "do(Male=0)", "Male=0 seen", "men alone", "truth, Young=1",
              "Young=1, do(Male=0)", "Male=0, Young=1 seen")  # fmt: skip
    _table(page, header, columns)


def _table(page: Page, header: Sequence[str], columns: Sequence[Shares]) -> None:
    lines = [[name, *(f"{column[k]:.3f}" for column in columns)] for k, name in enumerate(ATTRIBUTES)]
    page.table(header, lines, numbers=range(1, len(header)))


def _strips(audit: Audit, translators: Mapping[str, Translator], seed: int) -> dict[str, NDArray[np.uint8]]:
    """Some men, and what each translator makes of them."""
    rows = np.flatnonzero(audit.male == 1)[:STRIP]
    inputs = {"I1": audit.pictures[rows], "Male": np.full(len(rows), FEMALE), "Young": audit.young[rows]}
    strips = {"I1, Male = 1": inputs["I1"]}
    for name, translator in translators.items():
        generator = torch.Generator().manual_seed(seed)
        strips[f"I2 by the {name} translator, do(Male = 0)"] = translator(inputs, len(rows), generator)
    return strips
