"""Random discrete questions with exact truths: random queries on random models with hidden causes, and their rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from idgen_compiler.estimand.tables import Joint, KernelTable
from idgen_compiler.verify import CausalModel
from tests.benchmarks.discrete import rows_of
from tests.strategies import Case, random_cases

__all__ = ["DiscreteQuestion", "discrete_questions"]


@dataclass(frozen=True)
class DiscreteQuestion:
    """The chance of one value of one outcome under `do`, and its difference to that under `versus`, given `given`.

    The values of all variables are codes 0, 1, ...; `do` and `versus` differ in every treatment.
    """

    case: Case
    joint: Joint
    kernel: KernelTable
    outcome: str
    value: int
    do: Mapping[str, int]
    versus: Mapping[str, int]
    given: Mapping[str, int]

    @classmethod
    def random(cls, case: Case, seed: int) -> DiscreteQuestion:
        model = CausalModel.random(case.graph, seed)
        kernel, rng = model.truth(case.query), np.random.default_rng([seed, 1])
        sizes = dict(model.sizes)
        do = {x: int(rng.integers(sizes[x])) for x in case.query.treatments}
        versus = {x: int((do[x] + rng.integers(1, sizes[x])) % sizes[x]) for x in case.query.treatments}
        given = {z: int(rng.integers(sizes[z])) for z in case.query.conditions}
        outcome = sorted(case.query.outcomes)[int(rng.integers(len(case.query.outcomes)))]
        value = int(rng.integers(sizes[outcome]))
        return cls(case, model.observational(), kernel, outcome, value, do, versus, given)

    @property
    def share(self) -> Fraction:
        """P(outcome = value | do, given)."""
        return self._share(self.do)

    @property
    def difference(self) -> Fraction:
        """`share` less that under `versus`."""
        return self._share(self.do) - self._share(self.versus)

    def _share(self, do: Mapping[str, int]) -> Fraction:
        law = self.kernel.at(**do, **self.given)
        axis = self.kernel.targets.index(self.outcome)
        return Fraction(np.sum(np.take(law, self.value, axis)))

    def rows(self, n: int, seed: int) -> dict[str, NDArray[np.int64]]:
        """Independent rows of the observational joint, as codes: columns by name, each of shape (n,)."""
        return rows_of(self.joint, n, seed)


def discrete_questions(count: int, seed: int = 0) -> Iterator[DiscreteQuestion]:
    """So many different questions: a quarter through line 7 of ID, a quarter napkins, some conditional."""
    for k, case in enumerate(islice(random_cases(seed), count)):
        yield DiscreteQuestion.random(case, seed=k)
