"""A sampler whose answers are exact: standardization over a discrete Z, with its influence functions by hand.

The graph is Z -> X -> Y, Z -> Y, X and Z are discrete and Y is anything. With pi(x | x', z) what is done to a unit of
natural value x', theta = E[sum_x pi(x | X, Z) m(x, Z)], m(x, z) = E[f | x, z], and its influence function is
w(X, Z) (f - m(X, Z)) + sum_x pi(x | X, Z) m(x, Z) - theta, w(x, z) = P(x is done | z) / P(x | z).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from idgen_compiler import ADMG, Law, Query, Samples, compile
from idgen_compiler.data.arrays import Array
from idgen_compiler.errors import DataError
from idgen_compiler.estimates import Answers, Asking, Estimating, Measure
from idgen_compiler.hinge.probability import Probabilities
from idgen_compiler.hinge.question import query_of, sampler_of
from idgen_compiler.ir.program import Program

__all__ = ["Standardized", "drawn_table", "truth"]

GRAPH = ADMG.parse("Z -> X -> Y; Z -> Y")


class Standardized(Estimating):
    """Answers queries of X, Y and Z on `GRAPH` from a table with these columns."""

    program: Program

    def __init__(
        self,
        table: Mapping[str, Array],
        query: str = "P(Y | do(X))",
        weights: Array | None = None,
        frequency: bool = False,
        drawn: float = 0.0,
        outcome: tuple[float, float] | None = None,
    ) -> None:
        self.program = compile(Query.parse(query), GRAPH)
        self.table = {name: np.asarray(values) for name, values in table.items()}
        self.weights = weights
        self.frequency = frequency
        self.drawn = drawn
        self.outcome = outcome  #: residual and riesz, where they are said
        self.asked: list[Measure] = []

    @property
    def rows(self) -> int:
        return len(self.table["Y"])

    def sample(self, n: int, do: Any = None, given: Any = None, seed: Any = None, query: Any = None) -> Samples:
        asked = query_of(self.program, sampler_of(self.program, query))
        generator = np.random.default_rng(seed)
        weights = np.ones(self.rows) if self.weights is None else self.weights
        given, do = dict(given or {}), dict(do or {})
        if set(do) != set(asked.treatments) or set(given) != set(asked.conditions):
            raise DataError(f"{asked} needs other values than {do} and {given}")
        chance = weights * self._where(given)
        z = self.table["Z"][generator.choice(self.rows, n, p=chance / chance.sum())]
        picked = np.empty(n, dtype=int)
        for value in np.unique(z):
            inside = weights * (self.table["Z"] == value) * self._where(do)
            picked[z == value] = generator.choice(self.rows, int((z == value).sum()), p=inside / inside.sum())
        return Samples({name: self.table[name][picked] for name in asked.outcomes})

    def probability(
        self, outcome: Any, do: Any = None, given: Any = None, query: Any = None, n: int = 0, seed: Any = None
    ) -> Probabilities:
        labels = np.unique(self.table[outcome]).tolist()
        if len(labels) > 20:
            raise DataError(f"{outcome} is not discrete")
        return Probabilities((outcome,), (labels,), np.full(len(labels), 1 / len(labels)), np.zeros(len(labels)), "", 0)

    def read_value(self, name: str, text: str) -> Any:
        for label in np.unique(self.table[name]).tolist() if name in self.table else [text]:
            if str(label) == text:
                return label
        raise DataError(f"{name} has no label {text!r}")

    def labels_of(self, name: str) -> tuple[Any, ...]:
        labels = np.unique(self.table[name]).tolist()
        if len(labels) > 20:
            raise DataError(f"{name} is not discrete")
        return tuple(labels)

    def _where(self, values: Mapping[str, Any]) -> Array:
        inside = np.ones(self.rows, dtype=bool)
        for name, value in values.items():
            inside &= self.table[name] == value
        return inside

    def _answers(self, measures: Sequence[Measure], asking: Asking) -> Answers:
        self.asked = list(measures)
        weights = np.ones(self.rows) if self.weights is None else self.weights
        table, count = self.table, len(measures)
        if asking.data is not None:
            table = {**table, **asking.data}
        found = [self._one(measure, weights) for measure in measures]
        values, influence = np.array([v for v, _, _ in found]), np.stack([phi for _, phi, _ in found], axis=1)
        shares = np.stack([w / w.sum() for _, _, w in found], axis=1)
        clusters = table[asking.clusters] if isinstance(asking.clusters, str) else asking.clusters
        draws = None
        if asking.method == "bootstrap":
            generator = np.random.default_rng(asking.seed)
            again = generator.integers(self.rows, size=(asking.repeats, self.rows))
            counts = [weights * np.bincount(rows, minlength=self.rows) for rows in again]
            draws = np.array([[self._one(measure, often)[0] for measure in measures] for often in counts])
        return Answers(
            values,
            influence,
            self.weights,
            self.frequency,
            None if clusters is None else np.asarray(clusters),
            "closed form" if draws is None else "bootstrap",
            np.zeros(count),
            1 / (shares**2).sum(axis=0),
            shares.max(axis=0),
            np.eye(count) * self.drawn,
            draws=draws,
            residual=None if self.outcome is None else np.full(count, self.outcome[0]),
            riesz=None if self.outcome is None else np.full(count, self.outcome[1]),
        )

    def _one(self, measure: Measure, weights: Array) -> tuple[float, Array, Array]:
        """The number, its influence function and the weight of each row in it."""
        program: Program = measure.program or self.program
        op = sampler_of(program, measure.query)
        f = measure.functional.of(Samples({name: self.table[name] for name in op.network.outputs}))
        x, z = self.table["X"], self.table["Z"]
        inside = self._where(measure.given)
        mass = weights * inside
        xs = np.unique(x)
        policy = measure.do.get("X")
        # What is done to a unit of natural value x'.  Shape: (natural, done)
        done = np.eye(len(xs))
        if isinstance(policy, Law):
            done = np.array([[float(policy.cells[(a.item(),)].get(b.item(), 0)) for b in xs] for a in xs])
        elif "X" in measure.do:
            done = np.tile((xs == policy).astype(float), (len(xs), 1))
        code = np.searchsorted(xs, x)
        expected, ratio, own = np.zeros(self.rows), np.zeros(self.rows), np.zeros(self.rows)
        for value in np.unique(z[inside]):
            here = (z == value) & inside
            share = np.array([mass[here & (code == k)].sum() for k in range(len(xs))])
            sums = np.array([(mass * f)[here & (code == k)].sum() for k in range(len(xs))])
            m = np.divide(sums, share, out=np.zeros(len(xs)), where=share > 0)
            wanted = share @ done
            if (wanted[share == 0] > 0).any():
                raise DataError(f"no row has X as it is done where Z = {value}")
            expected[here] = (done @ m)[code[here]]
            own[here] = m[code[here]]
            ratio[here] = np.divide(wanted, share, out=np.zeros(len(xs)), where=share > 0)[code[here]]
        theta = float((mass * expected).sum() / mass.sum())
        phi = inside * (ratio * (f - own) + expected - theta) * weights.sum() / mass.sum()
        return theta, phi, mass * ratio


def drawn_table(n: int, seed: int, binary: bool = True, z: int = 3) -> dict[str, Array]:
    """A table of the law that `truth` sums."""
    generator = np.random.default_rng(seed)
    c = generator.choice(z, n, p=np.array([0.5, 0.3, 0.2]))
    x = generator.binomial(1, 0.2 + 0.25 * c)
    mean = 0.2 + 0.2 * x + 0.1 * c + 0.1 * x * (c == 2)
    y = generator.binomial(1, mean) if binary else mean + generator.normal(size=n)
    return {"Z": c, "X": x, "Y": y}


def truth(x: int, z: Sequence[float] = (0.5, 0.3, 0.2)) -> float:
    """E[Y | do(X=x)], with Z of another law where one is given."""
    c = np.arange(3)
    return float(np.asarray(z) @ (0.2 + 0.2 * x + 0.1 * c + 0.1 * x * (c == 2)))
