"""What estimates learn is kept as numbers: found by whoever asks again, the same bit by bit, and never guessed."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

import idgen_compiler as idgen
from idgen_compiler.errors import DataError
from idgen_compiler.store import Store
from idgen_torch.estimating import Design, Folds, propensity, ratio, regression
from idgen_torch.estimating.learners.boosted import BoostedClasses, BoostedMeans
from idgen_torch.estimating.learners.forest import Forest
from idgen_torch.estimating.learners.grown import Boosting, Leaves
from idgen_torch.estimating.written import Written, fitted_of, written

RNG = np.random.default_rng(0)
N = 140
Z = RNG.normal(size=N)
X = (RNG.random(N) < 1 / (1 + np.exp(-Z))).astype(int)
Y = X + Z + RNG.normal(size=N)
DATA = {name: values[:70] for name, values in {"Z": Z, "X": X, "M": X + RNG.normal(size=N), "Y": Y}.items()}
GRAPH = idgen.ADMG.parse("Z -> X -> M; Z -> Y; X -> Y; M -> Y")


def asked(query: str = "P(Y | do(X))", data: dict[str, Any] = DATA, **options: Any) -> Any:
    program = idgen.compile(idgen.Query.parse(query), GRAPH)
    return program.fit(data, progress=False, device="cpu", check_graph=False, train="asked", **options)


def effect(sampler: Any, **how: Any) -> tuple[float, float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of few rows
        found = sampler.ate("Y", "X", folds=2, **how)
    return found.value, found.se


def nuisances(store: Path) -> set[str]:
    return {artefact.key for artefact in Store.open(store).artefacts() if artefact.kind == "nuisance"}


def refuse(*args: Any, **options: Any) -> Any:
    raise AssertionError("something is learned again")


def test_what_was_learned_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without = effect(asked())
    first = effect(asked(store=tmp_path))
    with monkeypatch.context() as patch:
        for name in ("regression", "propensity", "ratio"):
            patch.setattr(f"idgen_torch.running.estimates.learning.{name}", refuse)
        assert effect(asked(store=tmp_path)) == first == without
        assert effect(asked(), store=tmp_path) == first, "the store of the question"
    before = nuisances(tmp_path)
    assert effect(asked(data={**DATA, "Y": DATA["Y"] ** 2}, store=tmp_path)) != first
    assert len(nuisances(tmp_path) - before) < len(before), "the chances of X are those of before"


def test_a_loaded_sampler_is_told_its_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sampler = asked(store=tmp_path / "store")
    first = effect(sampler)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sampler.save(tmp_path / "s")
    assert str(tmp_path / "store") not in "".join(p.read_text("utf-8") for p in (tmp_path / "s").glob("*.json"))
    for name in ("regression", "propensity", "ratio"):
        monkeypatch.setattr(f"idgen_torch.running.estimates.learning.{name}", refuse)
    loaded: Any = idgen.load(tmp_path / "s")
    assert effect(loaded, data=DATA, store=tmp_path / "store") == first
    with pytest.raises(DataError, match="store is 5; give a folder, or a URL"):
        effect(loaded, store=5)


DESIGN = Design.of({"z": Z, "g": RNG.integers(4, size=N), "skewed": np.exp(2 * Z)}, sizes={"g": 4})
FOLDS = Folds(N, k=2, seed=0)
FITTED = {
    "means": lambda: regression(DESIGN, Y, FOLDS),
    "many means": lambda: regression(DESIGN, np.stack([q < Z for q in np.linspace(-1, 1, 6)], 1) * 1.0, FOLDS),
    "trees": lambda: regression(DESIGN, Y, FOLDS, learners=[BoostedMeans(leaves=4, trees=15)]),
    "forest": lambda: regression(DESIGN, np.stack([Y, Z], 1), FOLDS, learners=[Forest(trees=5)]),
    "chances": lambda: propensity(DESIGN, X, FOLDS),
    "classes": lambda: propensity(DESIGN, RNG.integers(3, size=N), FOLDS, learners=[BoostedClasses(trees=15)]),
    "ratio": lambda: ratio(DESIGN, DESIGN.rows(np.argsort(Z)[: N // 2]), FOLDS),
}


@pytest.mark.parametrize("name", FITTED)
def test_what_is_written_says_the_same(name: str, tmp_path: Path) -> None:
    found = FITTED[name]()
    plain = written(found)
    safetensors.numpy.save_file(dict(plain.arrays), tmp_path / "arrays")
    again = fitted_of(Written(plain.objects, safetensors.numpy.load_file(tmp_path / "arrays")))
    beyond = Design.of({"z": Z[::-1] * 3, "g": np.arange(N) % 4, "skewed": np.exp(3 * Z)}, sizes={"g": 4})
    assert np.array_equal(again.own, found.own)
    assert np.array_equal(again.at(beyond), found.at(beyond))
    assert (again.chosen, again.loss, again.losses) == (found.chosen, found.loss, found.losses)
    assert np.array_equal(again.folds.of, found.folds.of)


def test_nodes_that_lead_nowhere_are_refused() -> None:
    bins, made = FITTED["trees"](), []
    (tree,) = bins.predictor.members[0].crossed[0].paths[0].models  # type: ignore[attr-defined]
    for name, change in (("ends", tree.ends[:-1]), ("nodes", np.full_like(tree.nodes, 255))):
        with pytest.raises(DataError, match="kept trees"):
            made.append(Boosting(**{**vars_of(tree), name: change}))
    leaf = FITTED["forest"]().predictor.members[0].crossed[0].paths[0].forests[0][0]  # type: ignore[attr-defined]
    with pytest.raises(DataError, match="lead nowhere"):
        Leaves(np.full_like(leaf.nodes, 100), leaf.width, leaf.depth, leaf.means)
    assert made == []


def vars_of(tree: Any) -> dict[str, Any]:
    return {name: getattr(tree, name) for name in type(tree).__dataclass_fields__}


@pytest.mark.parametrize(
    "objects", [[], [["Popen", {}]], [["Folds", {"of": {"array": "9"}, "k": 2}]], [["Bins", {"edges": 1}]]]
)
def test_what_is_no_nuisance_is_refused(objects: list[Any]) -> None:
    with pytest.raises(DataError, match="no nuisance"):
        fitted_of(Written(objects, {}))
