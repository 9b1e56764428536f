"""What is measured of `report-to-xray`: kernels against their exact conditionals, answers against the truth.

Models are trained at home and where either hospital writes as the other does at home: P(N) and every mechanism are the
same there, P(R, N) is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from idgen_compiler.demo.radiology.films import read
from idgen_compiler.demo.radiology.labeller import ATTRIBUTES, SILENT, said_of
from idgen_compiler.demo.radiology.patients import HOME, Domain, Law, chance, law_set, patients
from idgen_compiler.demo.radiology.reports import concepts
from idgen_compiler.hinge.backend import Sampler
from idgen_torch.bound import Pipeline
from idgen_torch.demo.radiographer import KERNELS, LAWS, QUERY, Pictures, Training, fitted, plain, radiographer, set_to
from idgen_torch.seeds import seed_for

__all__ = [
    "FULL", "QUICK", "Answer", "Kernel", "Size", "Trained", "answers", "distance", "kernels", "law_of", "trained",
]  # fmt: skip

ELSEWHERE = Domain(swapped=True)


@dataclass(frozen=True)
class Size:
    """How much of everything.

    rows: of reports.  films: rows among them whose pictures are learned from.  samples, drawn: of each answer, without
    and with pictures.  fresh, repeats: rows on which kernels are judged, and draws for each.
    """

    rows: int
    films: int
    samples: int
    drawn: int
    fresh: int
    repeats: int
    training: Training


FULL = Size(40_000, 12_000, 20_000, 3_000, 150, 4_000, Training(600, sampling_steps=8))
QUICK = Size(4_000, 2_000, 2_000, 100, 30, 500, Training(10, (8, 16), sampling_steps=2))


@dataclass(frozen=True, eq=False)
class Trained:
    """What was trained: ours and the plain model at home, and where hospitals write as the other did."""

    painter: Pipeline
    ours: Sampler
    plain: Sampler
    ours_elsewhere: Sampler
    plain_elsewhere: Sampler


@dataclass(frozen=True)
class Kernel:
    """One line of the paper's Figure 20: total variation to the exact conditional, a mean over fresh rows.

    `silent` is the same over rows whose report says nothing of the attribute, and so for what was trained.
    """

    name: str
    conditional: str
    distance: float
    silent: float | None


@dataclass(frozen=True, eq=False)
class Answer:
    """One prompt: laws of E, A and L, each (2, 2, 2), by their place; `truth` and `ours` with N before, (2, 2, 2, 2).

    films: read off pictures of ours.  plain: read off pictures of P(X | R).  seen: P(E, A, L | R), exactly.
    """

    prompt: str
    truth: Law
    ours: Law
    ours_elsewhere: Law
    films: Law
    plain: Law
    plain_elsewhere: Law
    seen: Law
    seen_elsewhere: Law
    pictures: Mapping[str, Pictures]

    def off(self, name: str) -> float:
        """Total variation of a law of E, A and L to the truth."""
        law = getattr(self, name)
        return distance(law.sum(0) if law.ndim == 4 else law, self.truth.sum(0))


def trained(size: Size, seed: int, device: str = "auto", rows: int | None = None) -> Trained:
    """Train everything: the generator of pictures at home alone, since P(X | E, A, L) is the same everywhere."""
    home = patients(rows or size.rows, seed_for(seed, "home") % 2**32)
    away = patients(rows or size.rows, seed_for(seed, "elsewhere") % 2**32, ELSEWHERE)
    pictured = home.first(size.films)
    painter = radiographer(pictured, size.training, seed, device)
    return Trained(
        painter,
        fitted(home, painter, concepts, seed, device),
        plain(pictured, concepts, size.training, seed, device),
        fitted(away, painter, concepts, seed, device),
        plain(away.first(size.films), concepts, size.training, seed, device),
    )


def kernels(sampler: Sampler, size: Size, seed: int) -> list[Kernel]:
    """Every kernel of the program against its exact conditional, on fresh rows of home.

    Shares of `repeats` draws stand for probabilities, which adds about .4 / sqrt(repeats) to a distance.
    """
    fresh = patients(size.fresh, seed_for(seed, "fresh") % 2**32)
    data, repeats = fresh.data, size.repeats
    some = np.resize(fresh.reports, size.samples)
    pneumonia = sampler.sample(size.samples, do={"R": some}, query=LAWS, seed=seed)["N"]
    true = law_set(fresh.reports[0]).sum((1, 2, 3))
    found = [Kernel("N", "P(N)", abs(float(pneumonia.mean()) - float(true[1])), None)]
    for place, name in enumerate(ATTRIBUTES):
        query, given = KERNELS[name]
        do = {v: np.repeat(data[v], repeats) for v in given}
        drawn = sampler.sample(len(fresh) * repeats, do=do, query=query, seed=seed)[name]
        exact = chance(name, fresh.reports, fresh.pneumonia, fresh.attributes)
        apart = np.abs(drawn.reshape(-1, repeats).mean(1) - exact)
        silent = said_of(fresh.reports)[:, place] == SILENT
        conditional = f"P({name} | {', '.join(given)})"
        found.append(Kernel(name, conditional, float(apart.mean()), float(apart[silent].mean())))
    codes = np.stack(np.meshgrid(*[[0, 1]] * 3, indexing="ij"), -1).reshape(-1, 3)
    wanted = np.repeat(codes, -(-size.drawn // 8), axis=0)
    films = sampler.sample(
        len(wanted), do=dict(zip(ATTRIBUTES, wanted.T, strict=True)), query=KERNELS["X"][0], seed=seed
    )
    misread = float((read(films["X"]) != wanted).any(1).mean())
    return [*found, Kernel("X", "P(X | A, E, L)", misread, None)]


def answers(prompts: Sequence[str], models: Trained, size: Size, seed: int) -> list[Answer]:
    """Set each report, and ask everybody.

    All are asked together, row by row in turn: a labeller that is shown one report alone may give one answer alone,
    which looks as if it saw nothing, and is told of.
    """
    laws = [_laws(sampler, prompts, size, seed) for sampler in (models.ours, models.ours_elsewhere)]
    drawn = models.ours.sample(size.drawn * len(prompts), do=set_to(prompts, size.drawn), query=QUERY, seed=seed)
    others = [
        model.sample(size.drawn * len(prompts), do=set_to(prompts, size.drawn), seed=seed)["X"]
        for model in (models.plain, models.plain_elsewhere)
    ]
    found = []
    for k, prompt in enumerate(prompts):
        mine = slice(k, None, len(prompts))
        films, n = drawn["X"][mine], drawn["N"][mine]
        plain_films = [each[mine] for each in others]
        found.append(
            Answer(
                prompt,
                law_set(prompt),
                laws[0][k],
                laws[1][k],
                law_of(read(films)),
                law_of(read(plain_films[0])),
                law_of(read(plain_films[1])),
                HOME.law_seen(prompt),
                ELSEWHERE.law_seen(prompt),
                {"plain": plain_films[0], "N = 0": films[n == 0], "N = 1": films[n == 1]},
            )
        )
    return found


def _laws(sampler: Sampler, prompts: Sequence[str], size: Size, seed: int) -> list[Law]:
    """P(N, E, A, L | do(R)) for each report, by shares of samples.  Shape of each: (2, 2, 2, 2)."""
    drawn = sampler.sample(size.samples * len(prompts), do=set_to(prompts, size.samples), query=LAWS, seed=seed)
    codes = np.stack([drawn[name] for name in ("N", *ATTRIBUTES)], axis=1)
    return [law_of(codes[k :: len(prompts)]) for k in range(len(prompts))]


def law_of(codes: NDArray[np.int64]) -> Law:
    """Shares of each combination.  Shape: (n, k) of 0 and 1 -> k axes of 2."""
    law: Law = np.zeros((2,) * codes.shape[1])
    np.add.at(law, tuple(np.asarray(codes).T), 1 / len(codes))
    return law


def distance(p: Law, q: Law) -> float:
    """Total variation."""
    return float(0.5 * np.abs(p - q).sum())
