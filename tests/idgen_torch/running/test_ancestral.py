from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from idgen_compiler.data.kinds import Categorical, Composite, Continuous, Vector
from idgen_compiler.data.schema import Schema
from idgen_compiler.ir.operations import Apply, Draw, Network
from idgen_torch.families import Resample
from idgen_torch.running import ancestral
from idgen_torch.running.ancestral import DataSet, Slots, WiredNetwork
from idgen_torch.running.draws import UniformDraws
from tests.idgen_torch.counting import Counting, CountingModel
from tests.idgen_torch.families.trained import trained

DIGIT = Categorical(tuple(range(5)), "int64")
PAIR = Composite((("a", DIGIT), ("b", DIGIT)))
SCHEMA = Schema({"X": DIGIT, "Y": DIGIT, "W": PAIR})
CPU = torch.device("cpu")


def wired(*statements: Any, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> WiredNetwork:
    models = {
        "%start": CountingModel(Counting(), SCHEMA.parts("X"), ()),
        "%step": CountingModel(Counting(), SCHEMA.parts("Y"), SCHEMA.parts("X")),
        "%back": CountingModel(Counting(), SCHEMA.parts("X"), SCHEMA.parts("Y", "W")),
    }
    policies = {("uniform", ("X",)): UniformDraws.over("X", DIGIT, None)}
    return WiredNetwork(Network(inputs, statements, outputs), SCHEMA, models, policies, CPU)


def run(network: WiredNetwork, inputs: Slots, n: int, seed: int = 0) -> dict[str, list[int]]:
    batches = list(network.run(inputs, n, seed, "%test"))
    assert sum(size for size, _ in batches) == n
    return {slot: torch.cat([b[slot][0] for _, b in batches]).tolist() for slot in network.network.outputs}


def test_slots_are_wired_by_place_and_composites_by_field() -> None:
    network = wired(
        Apply(("Y'",), "%step", ("X",)),
        Apply(("X'",), "%back", ("Y'", "W")),
        Apply(("Y",), "%step", ("X'",)),
        inputs=("X", "W"),
        outputs=("Y", "X"),
    )
    inputs = {"X": (torch.tensor([0, 1, 2]),), "W": (torch.tensor([1]), torch.tensor([0, 1, 0]))}
    # Y' = X + 1, X' = 1 + Y' + a + b, Y = X' + 1, all modulo 5
    assert run(network, inputs, 3) == {"Y": [4, 1, 1], "X": [0, 1, 2]}


def test_batches_change_no_deterministic_result_and_cover_all_rows(monkeypatch: Any) -> None:
    network = wired(Apply(("Y",), "%step", ("X",)), inputs=("X",), outputs=("Y",))
    x = torch.arange(1000) % 5
    whole = run(network, {"X": (x,)}, 1000)
    monkeypatch.setattr(ancestral, "MOST_ROWS", 256)
    assert [size for size, _ in network.run({"X": (x,)}, 1000, 0, "%test")] == [256, 256, 256, 232]
    assert run(network, {"X": (x,)}, 1000) == whole
    assert run(network, {"X": (torch.tensor([4]),)}, 600) == {"Y": [0] * 600}


def test_no_samples_are_one_empty_batch() -> None:
    network = wired(Apply(("X",), "%start", ()), inputs=(), outputs=("X",))
    assert run(network, {}, 0) == {"X": []}


def test_draws_do_not_depend_on_other_statements() -> None:
    alone = wired(Apply(("X",), "%start", ()), inputs=(), outputs=("X",))
    after = wired(Draw("X'", "uniform"), Apply(("X",), "%start", ()), inputs=(), outputs=("X", "X'"))
    together = run(after, {}, 500)
    assert together["X"] == run(alone, {}, 500)["X"]
    assert together["X"] != together["X'"]
    assert run(alone, {}, 500, seed=1) != run(alone, {}, 500, seed=0)


def test_wide_slots_make_smaller_batches() -> None:
    wide = Vector(center=(0.0,) * 4096, width=(1.0,) * 4096, low=(0.0,) * 4096, high=(0.0,) * 4096)
    network = WiredNetwork(Network(("V",), (), ("V",)), Schema({"V": wide}), {}, {}, CPU)
    assert network.batch_rows == 2048


def test_the_uniform_policy_covers_categories_and_ranges_evenly() -> None:
    real = Continuous(10.0, 2.0, 6.0, 12.0)
    vector = Vector((0.0, 0.0), (1.0, 1.0), (-1.0, -1.0), (1.0, 1.0))
    kind = Composite((("digit", DIGIT), ("ink", real), ("place", vector)))
    parts = UniformDraws.vector_parts("W", kind)
    rows = trained(Resample(), parts, (), {"W.place": torch.tensor([[1.0, 2.0], [3.0, 4.0]])})
    drawn = UniformDraws.over("W", kind, rows).sample({}, 20_000, torch.Generator().manual_seed(0))
    assert np.allclose(torch.bincount(drawn["W.digit"]) / 20_000, 0.2, atol=0.015)
    ink = drawn["W.ink"].flatten()
    assert -2.0 <= float(ink.min()) < -1.99
    assert 0.99 < float(ink.max()) <= 1.0
    assert abs(float(ink.mean()) + 0.5) < 0.02
    assert {tuple(row) for row in drawn["W.place"].tolist()} == {(1.0, 2.0), (3.0, 4.0)}


def test_columns_too_large_for_a_device_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ancestral, "free_bytes", lambda device: 1_000)
    rows = {"x": torch.zeros(500, dtype=torch.long), "y": torch.zeros(50, 1), "z": torch.zeros(200, 1)}
    found = DataSet(rows, 500).to(torch.device("meta")).rows
    assert {name: values.device.type for name, values in found.items()} == {"x": "meta", "y": "meta", "z": "cpu"}
