"""What holds for every family: shapes, seeds, likelihoods, weights, tiny and constant data, and saved states."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
import torch

from idgen_compiler.errors import DataError
from idgen_torch.families import ConditionalModel, FitOptions, family
from idgen_torch.parts import Part, Rows

QUICK = FitOptions(epochs=2, hidden=(8, 8), ensemble=2)

A, B, C = Part("a", 2), Part("b", 3), Part("c", 2)
R, V = Part("r", None, 1), Part("v", None, 2)


@dataclass(frozen=True)
class Case:
    family: str
    targets: tuple[Part, ...]
    inputs: tuple[Part, ...]


CASES = [
    Case("resample", (A, R), ()),
    Case("table", (A, B), (C,)),
    Case("table", (B,), ()),
    Case("factored", (A, B), (C,)),
    Case("classifier", (A, B), (C, R, V)),
    Case("classifier", (A,), ()),
    Case("flow", (R,), (V, B)),
    Case("flow", (R, V), (C,)),
    Case("flow", (V,), ()),
    Case("chain", (R, A), (V, B)),
    Case("chain", (A, V), ()),
    Case("vector-diffusion", (V, R), (A, C)),
    Case("vector-diffusion", (V,), ()),
]


def named(case: Case) -> str:
    return f"{case.family}-{len(case.targets)}-{len(case.inputs)}"


every_case = pytest.mark.parametrize("case", CASES, ids=named)
every_density = pytest.mark.parametrize("case", [c for c in CASES if family(c.family).likelihood], ids=named)


def rows_of(n: int, seed: int = 0) -> Rows:
    g = torch.Generator().manual_seed(seed)
    c = torch.randint(2, (n,), generator=g)
    v = torch.randn(n, 2, generator=g)
    a = (torch.rand(n, generator=g) < 0.1 + 0.3 * c).long()
    b = (a + torch.randint(2, (n,), generator=g)) % 3
    r = v[:, :1] + 0.5 * torch.randn(n, 1, generator=g) + c[:, None]
    return {"a": a, "b": b, "c": c, "v": v, "r": r}


def fitted(case: Case, rows: Rows, options: FitOptions = QUICK, **more: object) -> ConditionalModel:
    return family(case.family).fit(case.targets, case.inputs, rows, options=options, **more)  # type: ignore[arg-type]


def same(a: Rows, b: Rows) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


@every_case
@pytest.mark.parametrize("n", [0, 1, 7])
def test_sample_has_the_shapes_and_types_of_its_targets(case: Case, n: int) -> None:
    drawn = fitted(case, rows_of(300)).sample(rows_of(n), n, torch.Generator().manual_seed(0))
    assert list(drawn) == [part.name for part in case.targets]
    for part in case.targets:
        values = drawn[part.name]
        if part.size is not None:
            assert values.shape == (n,)
            assert values.dtype == torch.int64
            assert bool(((values >= 0) & (values < part.size)).all())
        else:
            assert values.shape == (n, part.dim)
            assert values.dtype == torch.float32
            assert bool(values.isfinite().all())


@every_case
def test_equal_seeds_give_equal_bits_whatever_the_global_state(case: Case) -> None:
    rows = rows_of(200)
    torch.manual_seed(1)
    first = fitted(case, rows, seed=5)
    before = torch.random.get_rng_state()
    second = fitted(case, rows, seed=5)
    draws = [m.sample(rows, 200, torch.Generator().manual_seed(3)) for m in (first, second)]
    assert same(first.state()[1], second.state()[1])
    assert same(*draws)
    assert torch.equal(before, torch.random.get_rng_state())


@every_case
def test_a_saved_model_comes_back_exactly(case: Case) -> None:
    rows = rows_of(200)
    model = fitted(case, rows)
    config, tensors = model.state()
    again = family(case.family).from_state(json.loads(json.dumps(config)), tensors, case.targets, case.inputs)
    if model.likelihood:
        assert torch.equal(model.log_prob(rows), again.log_prob(rows))
    assert same(*(m.sample(rows, 200, torch.Generator().manual_seed(0)) for m in (model, again)))


@every_case
@pytest.mark.parametrize("fault", ["missing", "unknown", "shape", "dtype"])
def test_a_damaged_state_is_refused(case: Case, fault: str) -> None:
    config, tensors = fitted(case, rows_of(50)).state()
    name = next(iter(tensors))
    damaged = dict(tensors)
    match fault:
        case "missing":
            del damaged[name]
        case "unknown":
            damaged["stray"] = torch.zeros(1)
        case "shape":
            damaged[name] = tensors[name].unsqueeze(0)
        case "dtype":
            damaged[name] = tensors[name].to(torch.int32)
    with pytest.raises(DataError):
        family(case.family).from_state(config, damaged, case.targets, case.inputs)


@every_case
def test_a_damaged_configuration_is_refused(case: Case) -> None:
    config, tensors = fitted(case, rows_of(50)).state()
    for name in config:
        with pytest.raises(DataError, match=name):
            family(case.family).from_state(
                {k: v for k, v in config.items() if k != name}, tensors, case.targets, case.inputs
            )


@every_density
def test_log_prob_is_finite_on_the_rows_learned_from(case: Case) -> None:
    rows = rows_of(200)
    found = fitted(case, rows).log_prob(rows)
    assert found.shape == (200,)
    assert bool(found.isfinite().all())


@every_density
def test_weights_say_which_rows_count(case: Case) -> None:
    rows = rows_of(400)
    other = {name: (1 - v if name in "ac" else v) for name, v in rows.items()}
    other |= {"b": torch.full_like(rows["b"], 2), "r": rows["r"] + 9, "v": rows["v"] - 9}
    mixed = {name: torch.cat([rows[name], other[name]]) for name in rows}
    weights = torch.cat([torch.ones(400), torch.zeros(400)])
    model = fitted(case, mixed, FitOptions(hidden=(8, 8), ensemble=1, epochs=10), weights=weights)
    assert float(model.log_prob(rows).mean()) > float(model.log_prob(other).mean()) + 0.1


@every_case
@pytest.mark.parametrize("n", [1, 2, 20])
def test_few_rows_suffice(case: Case, n: int) -> None:
    rows = rows_of(n)
    drawn = fitted(case, rows).sample(rows, n, torch.Generator().manual_seed(0))
    assert all(bool(values.double().isfinite().all()) for values in drawn.values())


@every_case
def test_constant_data_come_back_constant(case: Case) -> None:
    rows = {name: torch.zeros_like(values) for name, values in rows_of(60).items()}
    model = fitted(case, rows, FitOptions(hidden=(8, 8), ensemble=1))
    drawn = model.sample(rows, 60, torch.Generator().manual_seed(0))
    for part in case.targets:
        if part.discrete:
            assert float((drawn[part.name] == 0).double().mean()) > 0.9
        else:
            assert float(drawn[part.name].abs().max()) < 1e-3


@every_case
@pytest.mark.parametrize(
    "bad", [torch.tensor([-1.0] + [1.0] * 49), torch.zeros(50), torch.ones(49)], ids=["negative", "none", "short"]
)
def test_impossible_weights_are_refused(case: Case, bad: torch.Tensor) -> None:
    with pytest.raises(DataError):
        fitted(case, rows_of(50), weights=bad)


@every_case
def test_an_empty_table_and_a_missing_part_are_refused(case: Case) -> None:
    with pytest.raises(DataError, match="no rows"):
        fitted(case, rows_of(0))
    rows = rows_of(10)
    del rows[case.targets[0].name]
    with pytest.raises(DataError, match=case.targets[0].name):
        fitted(case, rows)
