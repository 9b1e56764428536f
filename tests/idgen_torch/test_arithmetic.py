"""Whatever the process's default type of numbers is, and however many threads there are, the values are the same."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import idgen_torch
from idgen_compiler.data.part import Part
from idgen_torch import TorchBackend
from idgen_torch.arithmetic import Made, one_thread, total
from idgen_torch.families import Family, Run, Task, family
from tests.idgen_torch import programs

SOURCES = sorted(Path(idgen_torch.__file__).parent.rglob("*.py"))
FLOATS = {"empty", "zeros", "ones", "full", "rand", "randn", "linspace", "logspace", "eye", "scalar_tensor", "tensor"}
PROCESS_WIDE = {"set_default_dtype", "set_default_tensor_type", "set_default_device", "manual_seed", "fork_rng", "seed",
                "use_deterministic_algorithms", "set_float32_matmul_precision", "set_num_threads"}  # fmt: skip

THEIRS = {"bound/seeded.py", "training/diffusion.py"}
"""Where somebody's own network may draw from torch's generator, which is put back as it was."""


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Each call of a function of torch itself, by its name."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = ast.unparse(node.func.value).split(".")[0]
            if owner == "torch":
                yield node.func.attr, node


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_every_new_tensor_says_its_type(path: Path) -> None:
    silent = [
        f"{path.name}:{call.lineno} torch.{name}"
        for name, call in calls(path)
        if name in FLOATS and "dtype" not in {keyword.arg for keyword in call.keywords}
    ]
    assert not silent


@pytest.mark.parametrize("path", [path for path in SOURCES if path.stem not in ("arithmetic", "bench")],
                         ids=lambda path: path.stem)  # fmt: skip
def test_nothing_is_set_for_the_whole_process(path: Path) -> None:
    found = [f"{path.name}:{call.lineno} torch.{name}" for name, call in calls(path)
             if name in PROCESS_WIDE and "Generator" not in ast.unparse(call.func)]  # fmt: skip
    if f"{path.parent.name}/{path.name}" in THEIRS:
        assert found
        assert "fork_rng" in path.read_text("utf-8")
    else:
        assert not found


@pytest.fixture
def double() -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    assert torch.get_default_dtype() == torch.float64
    torch.set_default_dtype(before)


def single(work: Any) -> Any:
    """What the work gives under the usual type."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    try:
        return work()
    finally:
        torch.set_default_dtype(before)


def fitted(seed: int = 0) -> Any:
    rng = np.random.default_rng(0)
    z = rng.normal(size=300)
    data = {"Z": z, "X": rng.choice(["a", "b"], 300), "Y": z + rng.normal(size=300)}
    return TorchBackend().fit(programs.BACK_DOOR, data, device="cpu", progress=False, epochs=1, ensemble=2, seed=seed)


def test_threads_draw_what_one_thread_draws(double: None) -> None:
    def draw(sampler: Any, seed: int) -> Any:
        return sampler.sample(2_000, do={"X": "a"}, seed=seed)["Y"]

    known = single(fitted)
    wanted = [single(lambda seed=seed: draw(known, seed)) for seed in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            found = list(pool.map(lambda seed: draw(known, seed), range(8)))
            assert all(np.array_equal(*pair) for pair in zip(found, wanted, strict=True))


def test_threads_fit_what_one_thread_fits(double: None) -> None:
    def work(seed: int) -> Any:
        return fitted(seed).sample(200, do={"X": "b"}, seed=1)["Y"]

    wanted = [single(lambda seed=seed: work(seed)) for seed in range(2)]
    with ThreadPoolExecutor(2) as pool:
        assert all(np.array_equal(*pair) for pair in zip(pool.map(work, range(2)), wanted, strict=True))


P, C, D, R, V = Part("i", None, 64, (1, 8, 8)), Part("c", 3), Part("d", 2), Part("r", None, 2), Part("v", None, 30)
TASKS: list[tuple[str, dict[str, Any], tuple[Part, ...], tuple[Part, ...]]] = [
    ("resample", {}, (C, R), ()),
    ("table", {}, (C,), (D,)),
    ("factored", {}, (C, D), ()),
    ("classifier", {"epochs": 1}, (C, D), (R,)),
    ("flow", {"epochs": 1}, (R,), (C, D)),
    ("flow", {"epochs": 1, "density": "mixture"}, (R,), (V,)),
    ("chain", {}, (C, R), (D,)),
    ("vector-diffusion", {"epochs": 1}, (V,), (C, R)),
    ("from-images", {"epochs": 1}, (C, R), (P, D)),
    ("matched", {}, (P,), (C,)),
    ("diffusion", {"steps": 4, "channels": (8, 16), "sampling_steps": 3}, (P,), (C, R)),
    ("diffusion", {"steps": 4, "channels": (8, 16), "sampling_steps": 3, "objective": "v"}, (P,), (P,)),
]


@pytest.mark.parametrize(("word", "options", "targets", "inputs"), TASKS)
def test_each_family_makes_the_same_model(
    double: None, word: str, options: dict[str, Any], targets: tuple[Part, ...], inputs: tuple[Part, ...]
) -> None:
    g = torch.Generator().manual_seed(0)
    rows = {
        "i": torch.randint(256, (60, 1, 8, 8), generator=g, dtype=torch.uint8),
        "c": torch.randint(3, (60,), generator=g),
        "d": torch.randint(2, (60,), generator=g),
        "r": torch.randn(60, 2, generator=g, dtype=torch.float32),
        "v": torch.randn(60, 30, generator=g, dtype=torch.float32),
    }
    weights = torch.arange(60).float() / 60
    recipe: Family = family(word)(**options)

    def work() -> dict[str, torch.Tensor]:
        model = recipe.fit(Task(targets, inputs, rows, weights), Run(seed=3))
        drawn = model.sample({part.name: rows[part.name] for part in inputs}, 60, torch.Generator().manual_seed(1))
        density = {"density": model.log_prob(rows)} if model.likelihood else {}
        return {**drawn, **density, **model.state()[1]}

    wanted, found = single(work), work()
    assert {name: value.dtype for name, value in found.items()} == {name: v.dtype for name, v in wanted.items()}
    assert all(torch.equal(value, wanted[name]) for name, value in found.items())


def test_modules_are_made_from_their_seed_alone(double: None) -> None:
    def build() -> list[torch.Tensor]:
        with Made(5):
            layers = nn.Linear(3, 4), nn.Embedding(3, 4), nn.Conv2d(2, 4, 3), nn.GroupNorm(2, 4)
        return [value for layer in layers for value in layer.parameters()]

    before = torch.get_rng_state()
    wanted = single(build)
    with ThreadPoolExecutor(4) as pool:
        for made in pool.map(lambda _: build(), range(8)):
            assert all(torch.equal(*pair) for pair in zip(made, wanted, strict=True))
    assert torch.equal(torch.get_rng_state(), before)


def test_one_thread_is_a_matter_of_this_thread() -> None:
    with ThreadPoolExecutor(1) as other:
        theirs, before = other.submit(torch.get_num_threads).result(), torch.get_num_threads()
        try:
            torch.set_num_threads(3)
            with one_thread():
                assert torch.get_num_threads() == 1
                assert other.submit(torch.get_num_threads).result() == theirs
                with ThreadPoolExecutor(1) as fresh:
                    assert fresh.submit(torch.get_num_threads).result() == 3
            assert torch.get_num_threads() == 3
        finally:
            torch.set_num_threads(before)


@pytest.mark.parametrize(("word", "target"), [("classifier", D), ("flow", R), ("factored", D), ("table", D)])
def test_the_number_of_threads_does_not_change_a_model(word: str, target: Part) -> None:
    g, n = torch.Generator().manual_seed(0), 40_000
    rows = {
        "c": torch.randint(3, (n,), generator=g),
        "d": torch.randint(2, (n,), generator=g),
        "r": torch.randn(n, 2, generator=g, dtype=torch.float32),
    }
    weights = torch.rand(n, generator=g, dtype=torch.float32)
    options = {"epochs": 1, "batch_size": 8_192, "ensemble": 2} if word in ("classifier", "flow") else {}
    before, found = torch.get_num_threads(), []
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            model = family(word)(**options).fit(Task((target,), (C,), rows, weights), Run(seed=0))
            assert torch.get_num_threads() == threads
            found.append(model.state()[1])
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(value, found[1][name]) for name, value in found[0].items())


def test_a_total_does_not_depend_on_the_threads() -> None:
    values = torch.randn(200_000, generator=torch.Generator().manual_seed(0), dtype=torch.float32)
    before, found = torch.get_num_threads(), []
    try:
        for threads in (1, 2, 3, 8):
            torch.set_num_threads(threads)
            found.append(float(total(values)))
    finally:
        torch.set_num_threads(before)
    assert set(found) == {found[0]}
    assert found[0] == pytest.approx(float(values.double().sum()), rel=1e-12)
