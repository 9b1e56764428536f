"""A sampler whose answers are the true means: sums over the exact kernels of a program on a joint law."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from idgen_compiler import ADMG, Joint, Query, Samples, compile
from idgen_compiler.estimates import Answers, Asking, Estimating, Measure
from idgen_compiler.graph.names import variable_of
from idgen_compiler.hinge.policies import is_policy
from idgen_compiler.hinge.probability import Probabilities
from idgen_compiler.program import Program

__all__ = ["ByKernels"]


class ByKernels(Estimating):
    """Answers with the number itself, as if from infinitely many rows."""

    program: Program

    def __init__(self, query: str, graph: str, joint: Joint) -> None:
        self.joint = joint
        self.program = compile(Query.parse(query), ADMG.parse(graph))
        self.sampler: Any = self.program.fit(joint, backend="exact")

    def sample(self, n: int, do: Any = None, given: Any = None, seed: Any = None, query: Any = None) -> Samples:
        found: Samples = self.sampler.sample(n, do=do, given=given, seed=seed, query=query)
        return found

    def probability(
        self, outcome: Any, do: Any = None, given: Any = None, query: Any = None, n: int = 0, seed: Any = None
    ) -> Probabilities:
        found: Probabilities = self.sampler.probability(outcome, do=do, given=given, query=query)
        return found

    def read_value(self, name: str, text: str) -> Any:
        return self.sampler.read_value(name, text)

    def labels_of(self, name: str) -> tuple[Any, ...]:
        return tuple(range(self.joint.table.shape[self.joint.variables.index(name)]))

    def _answers(self, measures: Sequence[Measure], asking: Asking) -> Answers:
        values = np.array([self._mean(measure) for measure in measures])
        count = len(measures)
        return Answers(
            values,
            np.zeros((10, count)),
            None,
            False,
            None,
            "exact",
            np.zeros(count),
            np.full(count, 1e6),
            np.zeros(count),
            np.zeros((count, count)),
        )

    def _mean(self, measure: Measure) -> float:
        program = Program.parse(str(measure.program or self.program))
        exact: Any = program.fit(self.joint, backend="exact")
        kernel = exact.kernel(measure.query, do={k: v for k, v in measure.do.items() if is_policy(v)})
        plain = {**{k: v for k, v in measure.do.items() if not is_policy(v)}, **measure.given}
        law = kernel.table[tuple(plain[variable_of(name)] for name in kernel.given)].astype(float)
        cells = np.indices(law.shape).reshape(law.ndim, -1)
        f = measure.functional.of(Samples(dict(zip(kernel.targets, cells, strict=True))))
        return float(f @ law.reshape(-1))
