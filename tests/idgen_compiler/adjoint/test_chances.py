"""The weights of an adjoint as it prints them: each is the ratio of two densities, exactly, on laws of the graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from random import Random

import pytest

import idgen_compiler as idgen
from idgen_compiler.adjoint.chances import Chance, Ratio, stated
from idgen_compiler.ir.policies import Fixed, Moved, Named, Shifted, Uniform
from idgen_compiler.verify import CausalModel
from idgen_compiler.verify.policies import RandomPolicies
from tests.idgen_compiler.adjoint.exact import Laws
from tests.influences import SOURCES, compiled
from tests.strategies import Case

COUNTS = {"random": 16, "napkins inside napkins": 2, "brought kernels": 12, "policies": 16}
ASKED = ("literal", "literal, reweighted", "-O2")

NAPKIN = "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"


def laws(case: Case, program: idgen.Program, seed: int) -> Laws:
    """A program on a random law of its graph, at random values."""
    functions = [name for name, _ in getattr(case, "functions", ())]
    model = CausalModel.random(case.graph, seed, functions=functions)
    drawn = RandomPolicies.of(case.query, model.sizes, (seed, 1)).laws()
    named = {policy.name: drawn[x] for x, policy in case.query.policies}
    random = Random(seed)
    at = {name: random.randrange(model.sizes[name]) for name in program.sampler.network.inputs}
    return Laws(program, model.observational(), at, named)


def slots(chance: Chance) -> tuple[str, ...]:
    return (*chance.targets, *chance.given)


def kind(ratio: Ratio) -> str:
    if ratio.is_one:
        return "one"
    if any(chance.region for chance in ratio.numerator):
        return "a network's own"
    return "policy" if any(chance.policy for chance in ratio.numerator) else "conditionals of data"


@pytest.mark.parametrize("source", SOURCES)
def test_each_weight_is_the_ratio_of_two_densities(source: str) -> None:
    seen: Counter[str] = Counter()
    for k, case in enumerate(islice(SOURCES[source](11), COUNTS[source])):
        for form in ASKED:
            program = compiled(case, form)
            found = laws(case, program, k)
            for region in program.adjoint().regions():
                for term in region.terms:
                    assert not list(found.wrong(region, term)), (case, form, region.name, term)
                    if term.ratio is not None:
                        read = {slot for c in (*term.ratio.numerator, *term.ratio.denominator) for slot in slots(c)}
                        assert set(term.ratio.over) == read - set(region.network.inputs)  # type: ignore[union-attr]
                        assert {*term.ratio.over, *term.ratio.fixed} <= set(term.inputs)
                        seen[kind(term.ratio)] += 1
    assert {"one", "conditionals of data"} <= set(seen)
    assert seen["a network's own"] or source in ("random", "napkins inside napkins")
    assert (seen["policy"] > 0) == (source == "policies")


@pytest.mark.parametrize("source", ["random", "napkins inside napkins", "policies"])
def test_each_weight_of_a_law_is_its_policies_over_its_models(source: str) -> None:
    compared = 0
    for k, case in enumerate(islice(SOURCES[source](12), COUNTS[source])):
        program = compiled(case, "literal, reweighted")
        found = laws(case, program, k)
        for region in program.adjoint().regions():
            if region.weighing is None:
                continue
            way = next(op.reweight for op in program.laws if op.result == region.name)
            assert way is not None
            for draw, name, (policy, model) in zip(way.do, way.by, region.weighing.weights, strict=True):
                meant = found.exact.policy(draw, found.exact.values), found.exact.values[name].table
                for chance, table in zip((policy, model), meant, strict=True):
                    held = found.table(chance, region)
                    assert (held.aligned(table.axes) == table.values).all(), (case, region.name, chance)
                    compared += 1
    assert compared > 4


def ratios(graph: str, query: str, **options: object) -> Iterator[Ratio]:
    program = idgen.compile(idgen.Query.parse(query), idgen.ADMG.parse(graph), **options)  # type: ignore[arg-type]
    for region in program.adjoint().regions():
        yield from (term.ratio for term in region.terms if term.ratio is not None)


def test_the_back_door_weighs_by_the_propensity() -> None:
    [found] = ratios("Z -> X -> Y; Z -> Y", "P(Y | do(X))")
    assert found == Ratio(("X",), ("Z",), (), (Chance(("X",), ("Z",), data="%obs"),))


def test_the_front_door_weighs_by_two_laws_of_the_mediator() -> None:
    outcome, mediator = ratios("X -> M -> Y; X <-> Y", "P(Y | do(X))")
    asked, held = Chance(("M",), ("X",), data="%obs"), Chance(("M",), ("X'",), data="%obs")
    assert outcome == Ratio((), ("M", "X'"), (asked,), (held,))
    assert mediator == Ratio(("X",), (), (), (Chance(("X",), data="%obs"),))


def test_what_stands_above_and_below_is_canceled() -> None:
    """L given X1 is drawn as the data have it; of X2 the first treatment says nothing that L does not."""
    outcome, between = ratios("X1 -> L -> X2 -> Y; L <-> Y; X1 -> Y", "P(Y | do(X1, X2))")
    assert outcome.denominator == (Chance(("X1",), data="%obs"), Chance(("X2",), ("L",), data="%obs"))
    assert outcome.numerator == ()
    assert between.denominator == (Chance(("X1",), data="%obs"),)


def test_a_model_that_is_asked_where_its_data_are_has_the_weight_one() -> None:
    found = list(ratios("Z -> M -> Y; Z -> Y", "P(Y, M)", optimize=False))
    assert len(found) == 3
    assert all(ratio.is_one for ratio in found)


def test_chances_are_shown_with_the_law_that_they_are_of() -> None:
    fixed = {"X": "x"}
    shown = {
        "P(M | X = x)": Chance(("M",), ("X",), data="%obs"),
        "P(M | Z ; %law0)": Chance(("M",), ("Z",), data="%law0"),
        "P(M, Z ; sample)": Chance(("M", "Z"), region="sample"),
        "P(M | X)": Chance(("M",), ("X'",), data="%obs"),
        "P(M | X' ; %law0)": Chance(("M",), ("X'",), region="%law0"),
        "uniform(M)": stated("M", Uniform()),
        "1[M = 2]": stated("M", Fixed(2)),
        "1[M = M' + 1]": stated("M", Moved("M'", 1)),
        "pi(M | M', Z)": stated("M", Named("pi", ("M'", "Z"))),
        "pi(M)": stated("M", Named("pi", ())),
        "P(M ; %obs - 1)": stated("M", Shifted("%obs", -1)),
    }
    assert {chance.shown(fixed, "%obs") for chance in shown.values()} == set(shown)
