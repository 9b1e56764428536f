"""The front door is light: it loads no library that compiling does not need."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = ["torch", "pandas", "pyarrow", "ray", "y0", "sympy", "networkx", "matplotlib", "sklearn", "datasets"]


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
