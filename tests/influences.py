"""Random questions to programs, at which an influence function is compared with the derivative by other arithmetic.

The graphs and queries are those of `strategies` and `soft`: random ones, napkins inside napkins, brought kernels and
functions, policies. The law obeys the graph in most questions, and is any joint in the others: an influence function is
the derivative of the program, whatever the law.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np

import idgen_compiler as idgen
from idgen_compiler.errors import DataError
from idgen_compiler.estimand.tables import Array, Joint
from idgen_compiler.graph.names import variable_of
from idgen_compiler.hinge.policies import Law, Policy
from idgen_compiler.hinge.question import sampler_of
from idgen_compiler.ir.operands import records
from idgen_compiler.ir.operations import Assign
from idgen_compiler.ir.policies import Fixed, Uniform
from idgen_compiler.verify import CausalModel
from idgen_compiler.verify.policies import RandomPolicies
from tests.dual import gateaux
from tests.soft import soft_cases
from tests.strategies import Case, bound_cases, nested_cases, random_cases

__all__ = ["FORMS", "SOURCES", "Asked", "asked", "compiled", "random_joint", "random_law"]

FORMS: dict[str, dict[str, Any]] = {
    "literal": {"optimize": False},
    "literal, reweighted": {"optimize": False, "realize": "reweight"},
    "-O1 regenerate": {"optimize": 1, "realize": "regenerate"},
    "-O1 reweight": {"optimize": 1, "realize": "reweight"},
    "-O2 regenerate": {"realize": "regenerate"},
    "-O2 reweight": {"realize": "reweight"},
    "literal, weighed": {"optimize": False, "realize": "weigh"},
    "-O2 weigh": {"realize": "weigh"},
    "-O2": {},
}
"""What a program is called -> how it is compiled."""

SOURCES: dict[str, Callable[[int], Iterator[Case]]] = {
    "random": random_cases,
    "napkins inside napkins": lambda seed: nested_cases(seed, (7, 9)),
    "brought kernels": bound_cases,
    "policies": soft_cases,
}
"""Streams of queries by seed."""


@dataclass(frozen=True)
class Asked:
    """What an influence function is asked for.

    do, given: values and, for treatments that a query sets, policies.  f: as a caller gives it; `values` the same as an
    array over the outcomes, sorted.  laws: what the sampler is told of treatments that a query draws.
    """

    case: Case
    joint: Joint
    do: Mapping[str, Any]
    given: Mapping[str, int]
    f: Any
    values: Array
    named: Callable[[idgen.Program], Mapping[str, Policy]] = lambda program: {}
    laws: Mapping[str, Policy] = field(default_factory=dict)
    obeys: bool = True  #: whether the law obeys the graph

    def on(self, joint: Joint) -> Asked:
        """The same of another law."""
        return replace(self, joint=joint)

    def influence(self, program: idgen.Program) -> Array:
        """By the adjoint."""
        query = str(self.case.query) if len(program.samplers) > 1 else None
        left = {variable_of(each.slot) for each in records(sampler_of(program, query), Assign)}
        do = {**self.do, **{name: law for name, law in self.laws.items() if name in left}}
        return program.adjoint().evaluate(self.joint, do, self.given, self.f, query, self.named(program))

    def slope(self, program: idgen.Program, towards: tuple[int, ...] | Array) -> Fraction:
        """By arithmetic on a + b e: of each value that a policy of a hard treatment draws, times its probability."""
        total = Fraction(0)
        query = str(self.case.query) if len(program.samplers) > 1 else None
        for chance, codes in self._drawn(list(self.do.items())):
            at = {**self.given, **codes}
            args = (program, self.joint, towards, at, self.values, self.named(program), self.laws, query)
            total += chance * gateaux(*args)
        return total

    def agrees(self, program: idgen.Program, seed: int = 0) -> bool:
        """Whether the two are equal fractions along a random law, and the influence function has mean zero.

        Where it is refused, since the law does not determine the answer, whether the answer is not defined there.
        """
        try:
            phi = self.influence(program)
        except DataError as error:
            return "does not determine" in str(error) and not self.defined(program)
        return self.equal(program, phi, seed)

    def equal(self, program: idgen.Program, phi: Array, seed: int = 0) -> bool:
        """Whether an influence function is the program's."""
        towards = random_law(Random(f"towards {seed}"), self.joint.table)
        mean = (self.joint.table * phi).sum()
        return bool(mean == 0 and (towards * phi).sum() == self.slope(program, towards))

    def defined(self, program: idgen.Program) -> bool:
        """Whether the law determines the answer."""
        sampler = program.fit(self.joint, backend="exact", policies=self.named(program))
        kernel = sampler.kernel(do=self.laws)  # type: ignore[attr-defined]
        codes = [{**self.given, **codes} for _, codes in self._drawn(list(self.do.items()))]
        return all(kernel.defined[tuple(at[name] for name in kernel.given)] for at in codes)

    def _drawn(self, left: Sequence[tuple[str, Any]]) -> Iterator[tuple[Fraction, dict[str, int]]]:
        if not left:
            yield Fraction(1), {}
            return
        (name, value), *rest = left
        for code, chance in _chances(value, self.joint.sizes[name]).items():
            for other, codes in self._drawn(rest):
                yield chance * other, {name: code, **codes}


def asked(case: Case, seed: int) -> Asked:
    """A question about a case: a law, values, perhaps policies, and what is averaged."""
    random = Random(f"asked {seed}")
    functions = [name for name, _ in getattr(case, "functions", ())]
    model = CausalModel.random(case.graph, seed, functions=functions)
    joint = model.observational()
    obeys = bool(functions) or random.random() >= 0.3
    if not obeys:
        joint = random_joint(random, joint)
    query = case.query
    hard = [x for x in query.treatments if x not in dict(query.policies)]
    do = {x: _setting(random, joint.sizes[x]) for x in hard}
    given = {x: random.randrange(joint.sizes[x]) for x in query.conditions}
    outcomes = sorted(query.outcomes)
    f, values = _averaged(random, outcomes, [joint.sizes[y] for y in outcomes])
    if not query.policies:
        return Asked(case, joint, do, given, f, values, obeys=obeys)
    drawn = RandomPolicies.of(query, model.sizes, (seed, 1))
    return Asked(case, joint, do, given, f, values, drawn.named, drawn.laws(), obeys)


def compiled(case: Case, form: str) -> idgen.Program:
    """The program of a case in one form."""
    return idgen.compile(case.query, case.graph, **FORMS[form], **getattr(case, "brought", {}))


def random_joint(random: Random, like: Joint) -> Joint:
    """A law on the cells of another, which obeys no graph."""
    return Joint(like.variables, random_law(random, like.table), like.labels)


def random_law(random: Random, like: Array) -> Array:
    """Random probabilities, zero where those of `like` are zero."""
    parts = np.array([random.randint(1, 99) for _ in range(like.size)], dtype=object).reshape(like.shape)
    parts = np.where(like == 0, 0, parts)
    return np.asarray(np.frompyfunc(lambda part: Fraction(part, parts.sum()), 1, 1)(parts), dtype=object)


def _setting(random: Random, size: int) -> Any:
    """A value of a treatment, or once in four a policy that draws it."""
    code = random.randrange(size)
    if random.random() < 0.75:
        return code
    parts = [random.randint(1, 9) for _ in range(size)]
    law = Law({k: Fraction(part, sum(parts)) for k, part in enumerate(parts)})
    return random.choice((Uniform(), Fixed(code), law))


def _chances(value: Any, size: int) -> dict[int, Fraction]:
    match value:
        case Uniform():
            return dict.fromkeys(range(size), Fraction(1, size))
        case Fixed():
            return {int(value.value): Fraction(1)}
        case Law(cells=cells):
            return {int(code): Fraction(chance) for code, chance in cells[()].items()}
    return {value: Fraction(1)}


def _averaged(random: Random, outcomes: Sequence[str], shape: Sequence[int]) -> tuple[Any, Array]:
    """A function of the outcomes as a caller may say it, and as an array."""
    place = random.randrange(len(outcomes))
    name, size = outcomes[place], shape[place]
    codes = np.indices(shape)[place].astype(object)
    label = random.randrange(size)
    weights = [random.randint(-9, 9) for _ in outcomes]
    table = np.array([Fraction(random.randint(-9, 9), 7) for _ in range(int(np.prod(shape)))], dtype=object)
    table = table.reshape(shape)
    everything: list[tuple[Any, Array]] = [
        (name, codes),
        ((name, label), np.asarray(codes == label).astype(object) * 1),
        (
            lambda samples: sum(w * samples[y] for w, y in zip(weights, outcomes, strict=True)),
            np.asarray(sum(w * c for w, c in zip(weights, np.indices(shape).astype(object), strict=True))),
        ),
        (table, table),
    ]
    if len(outcomes) == 1:
        everything.append((None, codes))
    return random.choice(everything)
