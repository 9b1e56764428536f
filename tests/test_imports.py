"""The front door is light: it loads no library that compiling does not need."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys

import pytest

HEAVY = ["torch", "pandas", "pyarrow", "ray", "y0", "sympy", "networkx", "matplotlib", "sklearn", "datasets"]


LATER = [*HEAVY, "numpy", "rich", "opt_einsum", "scipy", "dataclasses"]
"""What neither the front door nor `idgen --help` needs; compiling needs some of it."""


def _loaded(code: str, modules: list[str]) -> tuple[list[str], list[str]]:
    """Which of some modules a piece of code loads in a process of its own, and which modules of ours."""
    seen = (
        f"[m for m in {modules!r} if m in sys.modules], sorted(m for m in sys.modules if m[:15] == 'idgen_compiler.')"
    )
    told = f"{code}; import json, sys; print('\\n' + json.dumps([{seen}]), file=sys.stderr)"
    run = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    foreign, ours = json.loads(run.stderr.splitlines()[-1])
    return foreign, ours


def test_the_front_door_loads_nothing_before_it_is_asked() -> None:
    foreign, own = _loaded("import idgen_compiler", LATER)
    assert foreign == []
    assert own == []


@pytest.mark.parametrize("arguments", [["--help"], [], ["--version"]])
def test_help_loads_no_command(arguments: list[str]) -> None:
    """Nor what it would need: neither numpy nor rich, and no module of ours but the outline's."""
    code = f"from idgen_compiler.cli import main; assert main({arguments!r}) == 0"
    foreign, own = _loaded(code, [name for name in LATER if name != "dataclasses"])
    assert foreign == []
    assert len(own) <= 10, own
    assert not [name for name in own if name.split(".")[1] not in ("cli", "errors", "forms")]


@pytest.mark.parametrize(
    ("module", "foreign"),
    [
        ("idgen_compiler.cli.outline.commands", ["fastapi", "mcp", "prometheus_client", "pydantic", "uvicorn"]),
        ("idgen_compiler.serving.beside", ["fastapi", "mcp", "pydantic", *HEAVY]),
        ("idgen_compiler.serving.http.app", ["mcp", "PIL", "scipy", *HEAVY]),
        ("idgen_compiler.serving.agents.server", ["fastapi", "PIL", "scipy", *HEAVY]),
    ],
)
def test_serving_loads_what_it_is_asked_for(module: str, foreign: list[str]) -> None:
    assert _loaded(f"import {module}", foreign)[0] == []


def test_the_outline_says_of_each_command_what_it_says_itself() -> None:
    from idgen_compiler.cli.outline.commands import app
    from idgen_compiler.cli.outline.root import COMMANDS

    own = {command.name: inspect.getdoc(command.callback) or "" for command in app.registered_commands}
    own |= {group.name: str(group.typer_instance and group.typer_instance.info.help) for group in app.registered_groups}
    assert list(own) == list(COMMANDS)
    for name, text in own.items():
        assert text.splitlines()[0] == COMMANDS[str(name)]


def test_what_is_imported_when_asked_for_is_all_there_is() -> None:
    import idgen_compiler as idgen
    import idgen_compiler.compile
    import idgen_compiler.identify
    import idgen_compiler.verify

    assert set(idgen._HOMES) == set(idgen.__all__)
    assert set(idgen.__all__) <= set(dir(idgen))
    for name in idgen.__all__:
        assert getattr(idgen, name).__name__ == name  # of compile, identify and verify the function, not the submodule
    with pytest.raises(AttributeError, match="'idgen_compiler' has no attribute 'complie'"):
        idgen.complie  # noqa: B018


SIDE_DOOR = """
from idgen_compiler.program import Program
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.ir.operations import Apply, Network, Observe, Sample, Train

operations = (
    Observe("%obs", ("X", "Y", "Z")),
    Train("%m0", "%obs", ("Z",), ()),
    Train("%m1", "%obs", ("Y",), ("X", "Z")),
    Sample(Network(("X",), (Apply(("Z",), "%m0", ()), Apply(("Y",), "%m1", ("X", "Z"))), ("Y",))),
)
program = Program("P(Y | do(X))", ADMG([("X", "Y"), ("Z", "Y")]), operations)
assert len(program.alternatives) > 1
"""


def test_a_program_by_a_side_door_has_its_equals() -> None:
    """The compiler, which knows them, was never imported."""
    run = subprocess.run([sys.executable, "-c", SIDE_DOOR], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("package", ["idgen_compiler", "idgen_exact"])
def test_import_loads_nothing_heavy(package: str) -> None:
    code = f"import json, sys, {package}; print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == []


def test_compiling_and_running_exactly_need_no_optional_library() -> None:
    code = f"""
import sys
sys.modules.update(dict.fromkeys({HEAVY!r}))  # importing one of these now raises ImportError
import numpy as np
import idgen_compiler as idgen

graph = idgen.ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y")
program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), graph)
joint = idgen.Joint(variables=("W1", "W2", "X", "Y"), table=np.full((2, 2, 2, 2), 1 / 16))
assert np.allclose(program.fit(joint, backend="exact").kernel().table, 0.5)
sampler = program.fit(joint, backend="exact")
assert sampler.sample(3, do={{"X": [0, 1, 1]}}, seed=0).size == 3
assert sampler.read_value("X", "1") == 1
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_backends_are_found_by_entry_point() -> None:
    from importlib.metadata import entry_points

    found = {point.name: point.value for point in entry_points(group="idgen_compiler.backends")}
    assert found["exact"] == "idgen_exact:ExactBackend"
    assert found["torch"] == "idgen_torch:TorchBackend"


def test_packages_carry_their_types() -> None:
    from importlib.resources import files

    for package in ("idgen_compiler", "idgen_exact", "idgen_torch"):
        assert files(package).joinpath("py.typed").is_file(), package
