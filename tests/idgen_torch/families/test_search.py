"""What a flow tries first, and what it keeps of it."""

from __future__ import annotations

import pytest
import torch

from idgen_compiler.data.part import Part
from idgen_torch.families import Flow
from idgen_torch.families.numbers.flows import search
from idgen_torch.parts import Values
from idgen_torch.training.ensemble import Passes
from tests.idgen_torch.families.trained import trained

X, Y = Part("x"), Part("y")


def bent(n: int, seed: int) -> Values:
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 1, generator=g)
    return {"x": x, "y": torch.sin(2 * x) + 0.3 * torch.randn(n, 1, generator=g)}


def told(flow: Flow) -> float:
    """The mean log-density of rows that were not learned from."""
    rows = bent(2_000, 1)
    return float(trained(flow, (Y,), (X,), bent(2_000, 0)).log_prob(rows).mean())


def test_a_training_that_ends_on_a_plateau_gives_way_to_the_small_network(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = told(Flow(effort="quick", trees="no"))
    monkeypatch.setitem(search.RUNGS, "quick", (search.Rung(1, (32, 32), Passes(1, 1, 1)),))
    assert told(Flow(effort="quick", trees="no")) > whole - 0.1
    assert told(Flow(effort="quick", trees="no", epochs=1)) < whole - 0.5, "who says how long is taken at the word"
    assert told(Flow(effort="quick", trees="no", hidden=(8, 8))) < whole - 0.5, "and who says how wide"
