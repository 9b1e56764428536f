"""The registry: what is installed, what is registered by hand, and a package that brings a family of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

import idgen_compiler as idgen
from idgen_compiler.errors import DataError
from idgen_torch.families import ConditionalModel, Family, Table, families, family, parse_recipe, register, registry
from idgen_torch.options import whole
from tests.idgen_torch import counting

EXAMPLE = Path(__file__).parent / "example"


def test_the_registry_knows_its_families_and_near_misses() -> None:
    assert {"chain", "classifier", "factored", "flow", "resample", "table"} <= set(families())
    assert family("table") is Table
    with pytest.raises(DataError, match="did you mean table"):
        family("tabel")
    with pytest.raises(DataError, match="no kernel family is called 'oracle'; known names: boosted, chain, "):
        family("oracle")


def test_a_name_is_registered_once() -> None:
    @dataclass(frozen=True)
    class Impostor(Table):
        word = "table"

    assert register(Table) is Table
    with pytest.raises(DataError, match="registered already"):
        register(Impostor)
    with pytest.raises(DataError, match="has no name"):
        register(type("Nameless", (Table,), {"word": ""}))


def test_a_class_that_is_written_again_takes_the_place_of_the_former() -> None:
    again: Any = type("Counting", (counting.Counting,), {"__module__": counting.Counting.__module__})
    try:
        assert family(register(again).word) is again
    finally:
        register(counting.Counting)
    assert family("test-counting") is counting.Counting


def points(*told: EntryPoint) -> Any:
    return lambda group: told


def test_a_package_that_cannot_be_loaded_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("no_such_package:Oracle", "idgen_torch.families:NoSuchFamily"):
        monkeypatch.setattr(registry, "entry_points", points(EntryPoint("oracle", value, registry.GROUP)))
        with pytest.raises(DataError, match=f"'oracle' cannot be loaded from {value} .*uninstall its package"):
            family("oracle")
    for value in ("idgen_torch.families:Task", "idgen_torch.families:Table"):
        monkeypatch.setattr(registry, "entry_points", points(EntryPoint("oracle", value, registry.GROUP)))
        with pytest.raises(DataError, match=f"{value} is no family called 'oracle'"):
            family("oracle")


def test_a_package_that_fails_in_its_own_way_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("oracle", "idgen_torch.families:Table", registry.GROUP)

    def failing(self: EntryPoint) -> Any:
        raise RuntimeError("no license")

    monkeypatch.setattr(EntryPoint, "load", failing)
    monkeypatch.setattr(registry, "entry_points", points(point))
    with pytest.raises(DataError, match=r"'oracle' cannot be loaded from .* \(no license\)"):
        family("oracle")


def test_two_packages_with_one_name_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = (EntryPoint("oracle", value, registry.GROUP) for value in ("a:Oracle", "b:Oracle"))
    monkeypatch.setattr(registry, "entry_points", points(one, other))
    with pytest.raises(DataError, match=r"two packages bring a family called 'oracle' \(a:Oracle, b:Oracle\)"):
        families()
    table = EntryPoint("table", "idgen_torch.families:Table", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", points(table, table))
    assert "table" in families()


def test_a_broken_package_stops_no_fit_that_does_not_ask_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = EntryPoint("oracle", "no_such_package:Oracle", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", points(*registry.entry_points(registry.GROUP), broken))
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    data = {"X": [0, 1] * 40, "Y": [0, 1, 1, 1] * 20}
    told = "the family 'oracle' cannot be loaded"
    with pytest.warns(UserWarning, match=f"{told} .*; fits go on without it"):
        sampler = program.fit(data, backend="torch", progress=False, device="cpu")
    assert len(sampler.sample(2, do={"X": 1}, seed=0)["Y"]) == 2
    with pytest.warns(UserWarning, match=told), pytest.raises(DataError, match=told):
        program.fit(data, backend="torch", progress=False, device="cpu", family={"Y": "oracle"})


def run(*command: str) -> str:
    """The output of a new process that has the example package on its path, as if it were installed."""
    path = os.pathsep.join([str(EXAMPLE), *sys.path])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONWARNINGS": "error"}
    done = subprocess.run([sys.executable, *command], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_package_of_one_file_brings_a_family_to_every_process(tmp_path: Path) -> None:
    """It is chosen where its offer is the best, takes options, is named in text, saved and loaded elsewhere."""
    assert sorted(path.name for path in EXAMPLE.iterdir() if path.name != "__pycache__") == [
        "example_family-1.0.dist-info",
        "example_family.py",
    ]
    fitting = f"""
import numpy as np
import idgen_compiler as idgen
from example_family import Nearest

rng = np.random.default_rng(0)
z = rng.normal(size=300)
x = rng.integers(0, 2, 300)
data = {{"Z": z, "X": x, "Y": 10.0 * x + z}}
program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("Z -> X -> Y; Z -> Y"))
how = {{"progress": False, "device": "cpu", "seed": 0, "epochs": 1, "ensemble": 1, "density": "mixture"}}
print([model.family for model in program.fit(data, **how).report().models])
sampler = program.fit(data, family={{"Y": "nearest{{k=3}}"}}, **how)
print([model.family for model in sampler.report().models], sampler.fitted.models["%m0"].recipe)
print(program.fit(data, family={{"*": Nearest()}}, k=4, **how).fitted.models["%m0"].recipe)
print([model.family for model in program.fit(data, eager=True, **how).report().models])
print(np.round(sampler.sample(100, do={{"X": 1}}, seed=1)["Y"].mean(), 6))
sampler.save({str(tmp_path / "saved")!r})
"""
    chosen, asked, filled, eager, mean = run("-c", fitting).splitlines()
    assert chosen == "['flow']"
    assert asked == "['nearest'] Nearest(k=3, eager=False)"
    assert filled == "Nearest(k=4, eager=False)"
    assert eager == "['nearest']"
    assert 9.0 < float(mean) < 11.0
    loading = f"""
import numpy as np
import idgen_compiler as idgen
print(np.round(idgen.load({str(tmp_path / "saved")!r}).sample(100, do={{"X": 1}}, seed=1)["Y"].mean(), 6))
"""
    assert run("-c", loading).strip() == mean


def test_the_command_line_names_a_family_of_a_package(tmp_path: Path) -> None:
    table = "\n".join(["X,Y", *(f"{k % 2},{k % 2 + k / 1000}" for k in range(60))])
    (tmp_path / "rows.csv").write_text(table)
    out = run(
        "-m", "idgen_compiler", "fit", "P(Y | do(X))", "--graph", "X -> Y", "--data", str(tmp_path / "rows.csv"),
        "--out", str(tmp_path / "out"), "--family", "Y=nearest{k=2}", "--device", "cpu",
    )  # fmt: skip
    assert "nearest" in out


class Half(ConditionalModel):
    """It lacks what the contract asks for."""


@pytest.mark.parametrize(
    ("members", "base", "told"),
    [
        ({"word": "test-half"}, Family, "says no model; add model = YourModel"),
        ({"word": "test-half", "model": dict}, Family, "says no model"),
        ({"word": "test-half", "model": Half}, Family, "lacks the methods fit, offer; write them"),
        ({"word": "test-half", "model": Half}, Table, "Half lacks the methods from_state, log_prob, sample, state, to"),
        ({"word": "test-half", "k": whole(3)}, Table, "is no dataclass; put @dataclass"),
        ({"word": 3}, Table, "has no name"),
    ],
)
def test_a_class_that_is_no_whole_family_is_refused(members: dict[str, Any], base: type, told: str) -> None:
    with pytest.raises(DataError, match=told):
        register(type("Broken", (base,), {"__module__": __name__, **members}))


def test_a_family_without_defaults_is_refused() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Needy(Table):
        word = "test-needy"
        k: int

    with pytest.raises(DataError, match=r"Needy cannot be made without options .*give each a default"):
        register(Needy)
    with pytest.raises(DataError, match="is no family"):
        register(dict)  # type: ignore[type-var]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no_such_module:Nearest", "no_such_module:Nearest cannot be imported .ModuleNotFoundError: "),
        ("tests.idgen_torch.counting:Count", "there is no Count; did you mean Counting"),
        ("tests.idgen_torch.counting:CountingModel", "is no family; name a class that derives"),
        ("tests.idgen_torch.counting:Counting{k=3}", "test-counting has no option 'k'"),
    ],
)
def test_a_class_that_is_named_by_its_module_is_imported_or_said_to_be_none(text: str, told: str) -> None:
    with pytest.raises(DataError, match=told):
        parse_recipe(text)


def test_a_class_is_named_by_its_module(tmp_path: Path) -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    data = {"X": [0, 1] * 40, "Y": [0, 1, 1, 1] * 20}
    how: dict[str, Any] = {"progress": False, "device": "cpu"}
    path = "tests.idgen_torch.counting:Counting"
    sampler = program.fit(data, family={"P(Y | X)": path}, **how)
    assert sampler.report().models[0].family == "test-counting"
    sampler.save(tmp_path / "s")
    del registry._LOADED["test-counting"]
    try:
        told = r"saved with the family 'test-counting', which .*load\(path, families=\['module:Class'\]\)"
        with pytest.raises(DataError, match=told):
            idgen.load(tmp_path / "s")
        for families in ([path], [counting.Counting]):
            assert len(idgen.load(tmp_path / "s", families=families).sample(3, do={"X": 1})["Y"]) == 3
        with pytest.raises(DataError, match="families is 'a'; give a list"):
            idgen.load(tmp_path / "s", families="a")
    finally:
        register(counting.Counting)
    with pytest.raises(DataError, match="give a list of classes"):
        program.fit(data, families="a:B", **how)


def test_other_backends_take_no_families(tmp_path: Path) -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    program.fit(idgen.Joint(("X", "Y"), [[0.25, 0.25], [0.0, 0.5]]), backend="exact").save(tmp_path / "s")
    with pytest.raises(DataError, match="the backend 'exact' loads without an option families"):
        idgen.load(tmp_path / "s", families=["a:B"])


def test_the_command_line_imports_what_is_named_on_it(tmp_path: Path) -> None:
    """A module of the working directory, for a fit and for samples; a file alone imports nothing."""
    (tmp_path / "rows.csv").write_text("\n".join(["X,Y", *(f"{k % 2},{k % 2 + k / 1000}" for k in range(60))]))
    (tmp_path / "mine.py").write_text((EXAMPLE / "example_family.py").read_text().replace('"nearest"', '"mine"'))
    fit = ["fit", "P(Y | do(X))", "--graph", "X -> Y", "--data", "rows.csv", "--out", "out", "--device", "cpu"]
    sample = ["sample", "out", "-n", "5", "--do", "X=1"]

    def idgen_in(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        command = [
            sys.executable,
            "-c",
            "import sys; from idgen_compiler.cli import main; sys.exit(main(sys.argv[1:]))",
        ]
        return subprocess.run([*command, *words], cwd=tmp_path, env=environment, capture_output=True, text=True)

    done = idgen_in(*fit, "--family", "Y | X=mine:Nearest{k=2}")
    assert done.returncode == 0, done.stderr
    assert "[mine, 60 rows]" in done.stdout
    refused = idgen_in(*sample)
    assert refused.returncode == 2
    assert "saved with the family 'mine', which is not known here" in refused.stderr
    drawn = idgen_in(*sample, "--family", "mine:Nearest")
    assert drawn.returncode == 0, drawn.stderr
    assert len(drawn.stdout.splitlines()) == 6
    known = idgen_in(*fit, "--family", "mine:Nearest", "--epochs", "1", "--ensemble", "1")
    assert known.returncode == 0, known.stderr
