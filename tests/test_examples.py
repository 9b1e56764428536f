"""Every example in a docstring runs and gives what it says."""

from __future__ import annotations

import doctest
import inspect
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

import idgen_compiler as idgen

PACKAGES = ("idgen_compiler", "idgen_exact", "idgen_torch")
OPTIONAL = {
    "accelerate",
    "altair",
    "datasets",
    "diffusers",
    "matplotlib",
    "networkx",
    "pandas",
    "PIL",
    "pyarrow",
    "safetensors",
    "scipy",
    "sklearn",
    "sympy",
    "torch",
    "vl_convert",
    "y0",
    "zuko",
}
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL

SHOWN = (
    idgen.Estimand,
    idgen.Identification,
    idgen.Joint,
    idgen.Joint.from_samples,
    idgen.KernelTable,
    idgen.Query,
    idgen.identify,
    idgen.verify,
    idgen.witness,
)


def modules_with_examples() -> list[str]:
    """The modules whose text has an example, none of them imported."""
    found = []
    for package in PACKAGES:
        spec = find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        folder = Path(spec.origin).parent
        for path in sorted(folder.rglob("*.py")):
            if ">>> " in path.read_text(encoding="utf-8"):
                parts = (package, *path.relative_to(folder).with_suffix("").parts)
                found.append(".".join(parts).removesuffix(".__init__"))
    return found


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples_run(name: str) -> None:
    try:
        module = import_module(name)
    except ImportError as error:
        if (error.name or "").partition(".")[0] in OPTIONAL:
            pytest.skip(f"needs {error.name}")
        raise
    assert sys.modules[name] is module
    results = doctest.testmod(module, optionflags=FLAGS)
    assert results.attempted > 0, f"{name} has examples that no docstring holds"
    assert results.failed == 0, f"{results.failed} of {results.attempted} examples of {name} fail; see what was printed"


@pytest.mark.parametrize("public", SHOWN, ids=lambda public: public.__qualname__)
def test_what_a_user_calls_shows_how(public: object) -> None:
    assert ">>> " in (inspect.getdoc(public) or "")
