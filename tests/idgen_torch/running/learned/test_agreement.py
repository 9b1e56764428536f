"""Models that do not give their rows back are told, with the event and the group; good ones are not."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import idgen_compiler as idgen
from idgen_compiler.data.part import Part
from idgen_compiler.data.schema import Schema, infer_schema
from idgen_compiler.data.sources import read_sources
from idgen_torch.families import Resample, Task
from idgen_torch.parts import Values
from idgen_torch.running.learned.agreement import Disagreement, MeansApart, disagreements
from idgen_torch.tensors import encode_sources

N = 2_000


def table() -> tuple[Schema, Values, dict[str, Any]]:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2, N)
    data = {
        "X": x,
        "Y": np.where(x, 5, 2) + rng.choice([-2, 2], N) + 0.5 * rng.normal(size=N),
        "C": np.array(["a", "b"])[(rng.random(N) < 0.2) * 1],
    }
    sources = read_sources(data, data)
    schema = infer_schema(sources)
    return schema, encode_sources(sources, schema, 0), data


class Drawn:
    """A stand-in for a model, which gives what it is told to."""

    family = "drawn"

    def __init__(self, values: Values) -> None:
        self.values = values
        self.targets = tuple(Part(name, 2 if drawn.ndim == 1 else None) for name, drawn in values.items())

    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        return {name: values[:n] for name, values in self.values.items()}


def test_a_model_that_ignores_its_input_is_told_within_the_input() -> None:
    schema, rows, _ = table()
    y, x = schema.parts("Y", "X")
    task = Task((y,), (x,), rows)
    marginal: Any = Resample().fit(Task((y,), (), rows))
    found = disagreements("%m0", marginal, task, schema)
    assert {one.group for one in found} == {"X = 0", "X = 1"}, "the law as a whole is right"
    assert {one.event.split(" ")[0] for one in found} == {"Y"}
    assert found == sorted(found, key=lambda one: -one.errors)
    other: Any = Drawn({"Y": rows["Y"][torch.randperm(N, generator=torch.Generator().manual_seed(5))]})
    assert disagreements("%m0", other, task, schema), "rows in their order are drawn, whatever X is"


def test_shares_of_categories_and_weights_count() -> None:
    schema, rows, _ = table()
    (c,) = schema.parts("C")
    always: Any = Drawn({"C": torch.zeros(N, dtype=torch.int64)})
    (b, a) = sorted(disagreements("%m0", always, Task((c,), (), rows), schema), key=lambda one: one.rows)
    assert (b.group, b.event, b.model) == ("", "C = 'b'", 0.0)
    assert b.rows == pytest.approx(0.2, abs=0.03)
    assert (a.event, a.model, a.count) == ("C = 'a'", 1.0, N)
    weights = (rows["C"] == 0).float()
    assert disagreements("%m0", always, Task((c,), (), rows, weights), schema) == []


def test_a_mean_that_a_few_draws_carry_off_is_told() -> None:
    schema, rows, _ = table()
    (y,) = schema.parts("Y")
    wild: Any = Drawn({"Y": torch.where(torch.arange(N).unsqueeze(1) < 3, torch.tensor(9e9), rows["Y"])})
    assert disagreements("%m0", wild, Task((y,), (), rows), schema) == [], "draws are kept within the data's reach"
    apart = MeansApart("X = 1", "Y", 5.0, 90.0, 800, deviation=6.0)
    assert apart.matters
    assert not MeansApart("", "Y", 5.0, 5.5, 800, deviation=6.0).matters


def test_values_that_many_rows_have_and_no_draw_are_told() -> None:
    rng = np.random.default_rng(1)
    data = {"Y": np.log1p(rng.poisson(6, N)), "X": rng.normal(size=N)}
    sources = read_sources(data, data)
    shuffled = torch.randperm(N, generator=torch.Generator().manual_seed(5))
    for request, off, told in (("continuous", 1e-3, True), ("continuous", 0.0, False), ("levels", 0.0, False)):
        schema = infer_schema(sources, {"Y": request})
        rows = encode_sources(sources, schema, 0)
        near: Any = Drawn({"Y": rows["Y"][shuffled] + off})
        found = disagreements("%m0", near, Task(schema.parts("Y"), (), rows), schema)
        assert bool(found) == told
    schema = infer_schema(sources, {"Y": "continuous"})
    rows = encode_sources(sources, schema, 0)
    near = Drawn({"Y": rows["Y"][shuffled] + 1e-3})
    lines = "\n".join(map(str, disagreements("%m0", near, Task(schema.parts("Y"), (), rows), schema)))
    assert re.search(
        r"have Y among the 1\d values that 20 rows or more have .types=.'Y': 'levels'. draws .*, but 0.0%", lines
    )
    assert re.search(r"have Y = 1\.946, but 0\.0%", lines)


def test_chance_and_trifles_are_not_told() -> None:
    assert not Disagreement("", "Y = 1", 0.50, 0.51, 2_000).matters, "chance"
    assert not Disagreement("", "Y = 1", 0.50, 0.52, 20_000_000).matters, "a trifle"
    assert Disagreement("", "Y = 1", 0.50, 0.56, 20_000).matters
    assert Disagreement("", "Y = 1", 0.010, 0.016, 20_000).matters, "half as much again"
    schema, rows, _ = table()
    few = {name: values[:49] for name, values in rows.items()}
    always: Any = Drawn({"C": torch.zeros(49, dtype=torch.int64)})
    assert disagreements("%m0", always, Task(schema.parts("C"), (), few), schema) == []


def test_a_fit_warns_and_its_report_says_where() -> None:
    _, _, data = table()
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    with pytest.warns(idgen.DataWarning, match=r"%m0 \(Y \| X\) does not give its rows back: of \d+ rows with X = "):
        poor = program.fit(data, family={"Y": "flow{epochs=1,lr=1e-9}"}, seed=0, progress=False, device="cpu")
    told = poor.report().models[0].disagreements
    assert 1 <= len(told) <= 5
    assert told[0] in str(poor.report())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        good = program.fit(data, seed=0, progress=False, device="cpu")
    assert good.report().models[0].disagreements == ()


def waves() -> dict[str, Any]:
    rng = np.random.default_rng(12)
    z = rng.normal(size=4_000)
    return {"Z": z, "Y": np.sin(4 * z) + 0.3 * rng.normal(size=4_000)}


def test_a_model_that_ignores_a_number_is_told_within_ranges_of_it() -> None:
    data = waves()
    sources = read_sources(data, data)
    schema = infer_schema(sources)
    rows = encode_sources(sources, schema, 0)
    y, z = schema.parts("Y", "Z")
    marginal: Any = Resample().fit(Task((y,), (), rows))
    found = disagreements("%m0", marginal, Task((y,), (z,), rows), schema)
    assert found
    assert all(re.fullmatch(r"Z from \S+ to \S+", one.group) for one in found)
    assert found[0].count == 200
    shuffled = {**rows, "Y": rows["Y"][torch.randperm(4_000, generator=torch.Generator().manual_seed(5))]}
    assert disagreements("%m0", marginal, Task((y,), (z,), shuffled), schema) == []


def test_a_training_that_stands_on_a_plateau_is_made_anew() -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(Z))"), idgen.ADMG.parse("Z -> Y"))
    data = waves()
    slow = {"patience": 1, "lr": 1e-4, "epochs": 20, "density": "mixture"}  # somebody said how
    with pytest.warns(idgen.DataWarning, match=r"does not give its rows back: of 200 rows with Z from "):
        program.fit(data, seed=0, progress=False, device="cpu", trees="no", kernel="no", **slow)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sampler = program.fit(data, seed=0, progress=False, device="cpu")
    for z in (0.4, -0.4):
        drawn = sampler.sample(20_000, do={"Z": z}, seed=0)["Y"]
        assert drawn.mean() == pytest.approx(np.sin(4 * z), abs=0.15)


def test_what_is_trained_anew_is_taken_from_the_store(tmp_path: Path) -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(Z))"), idgen.ADMG.parse("Z -> Y"))
    first, again = (program.fit(waves(), seed=0, progress=False, device="cpu", store=tmp_path) for _ in range(2))
    one, two = (sampler.sample(100, do={"Z": 0.4}, seed=1)["Y"] for sampler in (first, again))
    assert (one == two).all()


@pytest.mark.parametrize(
    ("step", "told"),
    [("D", "on a Saturday"), ("h", "at 03h")],
)
def test_what_comes_round_in_a_date_is_told_where_a_model_does_not_see_it(step: str, told: str) -> None:
    rng = np.random.default_rng(0)
    count = rng.integers(0, 365 if step == "D" else 24 * 40, N)
    date = np.datetime64("2023-01-02", step) + count
    special = count % 7 >= 5 if step == "D" else count % 24 < 7
    data = {"D": date, "Y": 2.0 * special + rng.normal(size=N)}
    sources = read_sources(data, data)
    schema = infer_schema(sources)
    rows = encode_sources(sources, schema, 0)
    y, d = schema.parts("Y", "D")
    task = Task((y,), (d,), rows)
    marginal: Any = Resample().fit(Task((y,), (), rows))
    found = [one for one in map(str, disagreements("%m0", marginal, task, schema)) if f"D {told}" in one]
    assert found
    assert "a column and a vertex of its own" in found[0]
    rows["Y"] = rows["Y"][torch.randperm(N, generator=torch.Generator().manual_seed(0))]  # no date knows of them now
    task = Task((y,), (d,), rows)
    assert not [one for one in disagreements("%m0", marginal, task, schema) if "vertex of its own" in one.group]


def test_a_place_that_all_dates_share_is_no_group() -> None:
    """The first of each month: what is wrong with all rows has nothing to do with the day."""
    rng = np.random.default_rng(0)
    data = {"D": np.datetime64("1950-01", "M") + rng.integers(0, 600, N), "Y": rng.normal(size=N)}
    sources = read_sources(data, data)
    schema = infer_schema(sources)
    rows = encode_sources(sources, schema, 0)
    y, d = schema.parts("Y", "D")
    model: Any = Drawn({"Y": rows["Y"] + 3})
    groups = {one.group for one in disagreements("%m0", model, Task((y,), (d,), rows), schema)}
    assert "" in groups
    assert not [group for group in groups if "of a month" in group]
