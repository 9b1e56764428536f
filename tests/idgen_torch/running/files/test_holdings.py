"""What a saved sampler holds of its table is said: nothing that stands in its files as it stood there is left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch

import idgen_compiler as idgen
from idgen_torch import TorchSampler


def fit(graph: str, data: dict[str, Any], query: str = "P(Y | do(X))", **options: Any) -> TorchSampler:
    program = idgen.compile(idgen.Query.parse(query), idgen.ADMG.parse(graph))
    how = {"device": "cpu", "progress": False, "epochs": 2, "ensemble": 1, "check_graph": False}
    found = program.fit(data, **how, **options)
    assert isinstance(found, TorchSampler)
    return found


def numbers(n: int = 300) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    z = rng.normal(size=n)
    x = (rng.random(n) < 0.5).astype(int)
    return {"Z": z, "X": x, "Y": z + x + rng.normal(size=n)}


def test_rows_are_named_with_what_they_are_for() -> None:
    held = fit("Z -> X -> Y; Z -> Y", numbers()).holdings
    assert next((one.what, one.variables, one.rows) for one in held.found) == ("rows", ("Z",), 300)
    assert "300 rows of Z, which samples are drawn from" in str(held)
    assert all("Y" not in one.variables for one in held.rows)


def test_what_learned_alone_is_saved_holds_nothing() -> None:
    data = numbers()
    held = fit("X -> Y", {"X": data["Y"], "Y": data["Z"]}, family={"Y": "flow"}).holdings
    assert [one.why for one in held.rows] == ["by which %m0 knows where it was taught"]


def test_labels_and_counts_are_named() -> None:
    rng = np.random.default_rng(0)
    data = {"Z": np.array(["ill", "well"])[rng.integers(2, size=200)], "X": rng.integers(2, size=200)}
    data["Y"] = (rng.random(200) < 0.3 + 0.3 * data["X"]).astype(int)
    held = fit("Z -> X -> Y; Z -> Y", data).holdings
    assert {one.what for one in held.found} == {"rows", "counts", "labels"}
    assert next(one.variables for one in held.found if one.what == "labels") == ("Z",)


@pytest.mark.parametrize("family", ["flow", "forest", "resample"])
def test_no_column_stands_in_the_files_without_a_word(family: str, tmp_path: Path) -> None:
    graph, query = ("Z -> Y", "P(Y)") if family == "resample" else ("Z -> X -> Y; Z -> Y", "P(Y | do(X))")
    data = numbers()
    sampler = fit(graph, data, query, **({} if family == "resample" else {"family": {"Y": family}}))
    sampler.save(tmp_path / "s")
    named = {name for one in sampler.holdings.rows for name in one.variables}
    files = (tmp_path / "s").glob("*.safetensors")
    stored = [tensor for file in files for tensor in safetensors.torch.load_file(file).values()]
    held = torch.cat([tensor.flatten() for tensor in stored if tensor.dtype == torch.float32])
    for name in ("Z", "Y"):
        if name not in sampler.schema.types:
            continue
        (atom,) = sampler.schema[name].atoms(name)
        seen = sampler.observed().rows[atom.part.name].flatten()
        assert torch.isin(seen, held).double().mean() < 0.9 or name in named
