"""The choice of a family, and the registry."""

from __future__ import annotations

import pytest
import torch

from idgen_compiler.errors import DataError
from idgen_torch.families import Table, choose, families, family, register
from idgen_torch.parts import Part, Rows

A, B, R = Part("a", 2), Part("b", 3), Part("r", None, 1)
MANY = [Part(f"i{k}", 4) for k in range(5)]


def rows_of(n: int) -> Rows:
    g = torch.Generator().manual_seed(0)
    rows = {part.name: torch.randint(part.size or 0, (n,), generator=g) for part in (A, B, *MANY)}
    return rows | {"r": torch.randn(n, 1, generator=g)}


@pytest.mark.parametrize(
    ("targets", "inputs", "expected"),
    [
        ([A, R], [], "resample"),
        ([R], [A], "flow"),
        ([A, R], [B], "chain"),
        ([A], [R, B], "classifier"),
        ([A], [B], "table"),
        ([A], MANY, "factored"),
    ],
)
def test_the_parts_decide(targets: list[Part], inputs: list[Part], expected: str) -> None:
    assert choose(targets, inputs, rows_of(2_000)) == expected


@pytest.mark.parametrize(("interaction", "expected"), [(0.0, "classifier"), (1.0, "factored")])
def test_held_out_rows_decide_when_the_cells_are_many(interaction: float, expected: str) -> None:
    # Many weak additive causes want shared strength; an irregular law wants its own cell for each combination.
    g = torch.Generator().manual_seed(1)
    count, parts = (4_000, MANY) if not interaction else (10_000, MANY[:4])
    rows = {part.name: torch.randint(4, (count,), generator=g) for part in parts}
    codes = torch.stack([rows[part.name] for part in parts], 1)
    additive = (codes - 1.5).sum(1) * 0.5
    irregular = 3 * torch.randn(4 ** len(parts), generator=g)[codes @ 4 ** torch.arange(len(parts))]
    logit = irregular if interaction else additive
    rows["a"] = (torch.rand(count, generator=g) < torch.sigmoid(logit)).long()
    assert choose([A], parts, rows) == expected


def test_few_effective_rows_make_a_table_too_small() -> None:
    weights = torch.zeros(2_000)
    weights[:100] = 1
    assert choose([A], [B], rows_of(2_000), weights) != "table"


def test_the_registry_knows_its_families_and_near_misses() -> None:
    assert {"chain", "classifier", "factored", "flow", "resample", "table"} <= set(families())
    assert family("table") is Table
    with pytest.raises(DataError, match="did you mean table"):
        family("tabel")


def test_a_name_is_registered_once() -> None:
    class Impostor(Table):
        family = "table"

    assert register(Table) is Table
    with pytest.raises(DataError, match="registered already"):
        register(Impostor)
