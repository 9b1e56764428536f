"""The benchmarks of accuracy at a small size: they measure what is near the truth, and skip where data are absent."""

from __future__ import annotations

import re
import warnings
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

import idgen_compiler as idgen
from tests.benchmarks import bench_reweighting, bench_sachs, sachs
from tests.benchmarks.bench_continuous import CASES, errors_of
from tests.benchmarks.discrete import Problem, distances, settings_of
from tests.strategies import random_cases

DATA = sachs.data_folder()
needs_sachs = pytest.mark.skipif(DATA is None, reason="needs the protein signaling data; set IDGEN_DATA")


def test_random_discrete_queries_are_near_the_plug_in_floor() -> None:
    pairs = []
    for k, case in enumerate(islice(random_cases(seed=2), 8)):
        problem = Problem.random(case, 5_000, seed=k)
        sampler = idgen.compile(case.query, case.graph).fit(problem.rows, progress=False, device="cpu")
        pairs += list(distances(sampler, problem, 50_000, 2, seed=k))
    ours, floor = np.mean(pairs, axis=0)
    assert ours <= 1.5 * floor


def test_settings_are_different_and_complete() -> None:
    case = next(case for case in random_cases(seed=2) if len(case.query.treatments) == 2)
    truth = Problem.random(case, 10, seed=0).truth
    found = settings_of(truth, 4, seed=0)
    assert len({tuple(setting.items()) for setting in found}) == 4
    assert all(set(setting) == set(truth.given) for setting in found)


@pytest.mark.filterwarnings("ignore::idgen_compiler.OverlapWarning")  # at two sd hardly any row has that M and that X
def test_a_linear_front_door_is_near_its_closed_form() -> None:
    case = CASES["linear front-door"]
    rows = case.observed(np.random.default_rng(0), 5_000)
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse(case.graph))
    sampler = program.fit(rows, progress=False, device="cpu", density="mixture", ensemble=1, epochs=8, hidden=(32,))
    mean, sd = errors_of(sampler, case, rows["X"], 20_000, seed=0)
    assert mean < 0.15
    assert sd < 0.1


def test_good_and_poor_overlap_are_told_apart() -> None:
    chosen = {}
    for arrangement in bench_reweighting.arrangements(quick=True):
        if arrangement.name.startswith("tables") and arrangement.overlap in ("noise 0.02", "noise 0.9"):
            chosen[arrangement.overlap] = arrangement
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", idgen.OverlapWarning)
        poor, good = (bench_reweighting.row(chosen[f"noise {noise}"], quick=True) for noise in (0.02, 0.9))
    assert (poor["auto takes"], good["auto takes"]) == ("regenerate", "reweight")
    assert float(str(poor["regenerate"])) < float(str(poor["reweight"]))


def test_without_data_there_are_no_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDGEN_DATA", str(tmp_path))
    assert sachs.data_folder() is None
    assert bench_sachs.run(quick=True) == []


def test_hidden_causes_leave_the_effects_of_pkc_identifiable() -> None:
    graph = idgen.ADMG.parse(sachs.WITH_HIDDEN)
    assert len(graph.directed) == 20
    for comparison in bench_sachs.COMPARISONS:
        query = idgen.Query.parse(f"P({comparison.outcome} | do({comparison.protein}))")
        assert idgen.identify(query, idgen.ADMG.parse(comparison.graph)).query == query
    more = idgen.ADMG.parse(sachs.WITH_HIDDEN + "; mek <-> erk")
    with pytest.raises(idgen.NotIdentifiable):
        idgen.identify(idgen.Query.parse("P(erk | do(mek))"), more)


@needs_sachs
def test_protein_data_are_what_the_page_says() -> None:
    assert DATA is not None
    assert len(sachs.observational(DATA)) == 1755
    assert len(sachs.intervened(DATA, "psitect")) == 810
    text = (DATA / "sachs.2005.ground.truth.graph.txt").read_text()
    edges = {(a, b) for a, b in re.findall(r"(\w+) --> (\w+)", text)}
    assert set(idgen.ADMG.parse(sachs.CONSENSUS).directed) == edges


@needs_sachs
def test_a_comparison_with_intervened_cells() -> None:
    first, *_ = bench_sachs.run(quick=True)
    assert first["query"] == "P(pkc | do(pip2))"
    assert first["mean before"] == "3.12"
    assert all(0 < float(value) < 1 for value in str(first["KS: do / see / no effect"]).split(" / "))
