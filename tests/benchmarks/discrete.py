"""Rows of random discrete models, and how far a fitted sampler's samples are from the truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from idgen_compiler.estimand.tables import Joint, KernelTable
from idgen_compiler.hinge.backend import Sampler
from idgen_compiler.verify import CausalModel
from tests.strategies import Case

__all__ = ["Problem", "distances", "rows_of", "settings_of"]

EVEN = 1e-12
"""So little in every cell leaves all conditionals as they are, but for those whose condition never occurs."""


@dataclass(frozen=True)
class Problem:
    """A query in one random model: its true answer, and rows of what is observed."""

    case: Case
    truth: KernelTable
    rows: dict[str, NDArray[np.int64]]
    sizes: dict[str, int]

    @classmethod
    def random(cls, case: Case, rows: int, seed: int) -> Problem:
        model = CausalModel.random(case.graph, seed)
        joint = model.observational()
        return cls(case, model.truth(case.query), rows_of(joint, rows, seed), joint.sizes)

    def plug_in(self) -> KernelTable:
        """The literal estimand evaluated on the empirical joint: what the rows say without any model.

        Where they say nothing, it is even.
        """
        counted = Joint.from_samples(self.rows, self.sizes)
        table = counted.table + EVEN
        return self.case.identification.estimand.evaluate(Joint(counted.variables, table / table.sum()))


def rows_of(joint: Joint, rows: int, seed: int) -> dict[str, NDArray[np.int64]]:
    """Independent rows of a joint law, as codes."""
    law = joint.table.astype(float)
    cells = np.random.default_rng(seed).choice(law.size, size=rows, p=law.ravel() / law.sum())
    return dict(zip(joint.variables, np.unravel_index(cells, law.shape), strict=True))


def settings_of(kernel: KernelTable, most: int, seed: int) -> list[dict[str, int]]:
    """At most so many values of treatments and conditions, chosen at random."""
    sizes = kernel.table.shape[: len(kernel.given)]
    cells = np.random.default_rng(seed).permutation(int(np.prod(sizes)))[:most]
    return [
        dict(zip(kernel.given, map(int, np.unravel_index(cell, sizes)), strict=True)) if sizes else {} for cell in cells
    ]


def distances(sampler: Sampler, problem: Problem, samples: int, most: int, seed: int) -> Iterator[tuple[float, float]]:
    """Total variation to the truth of the samples and of the plug-in, for some values of treatments and conditions."""
    query, plug_in = problem.case.query, problem.plug_in()
    for setting in settings_of(problem.truth, most, seed):
        law = problem.truth.at(**setting).astype(float)
        do = {name: setting[name] for name in query.treatments}
        given = {name: setting[name] for name in query.conditions}
        drawn = sampler.sample(samples, do=do, given=given, seed=seed)
        cells = np.ravel_multi_index([drawn[name] for name in problem.truth.targets], law.shape)
        found = np.bincount(cells, minlength=law.size).reshape(law.shape) / samples
        yield float(np.abs(found - law).sum() / 2), float(np.abs(plug_in.at(**setting) - law).sum() / 2)
