"""The compiler without numpy, as a browser runs it: the same answers, and proofs that fail where they should."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from fractions import Fraction
from operator import attrgetter
from pathlib import Path

import numpy as np
import pytest

from idgen_compiler.catalog import ENTRIES
from idgen_compiler.studio.answers import answer
from idgen_compiler.studio.bundle import archive
from idgen_compiler.studio.standin import numpy as standin
from idgen_compiler.studio.standin.opt_einsum import contract, contract_path

SCRIPT = """
import hashlib, json, sys
sys.path.insert(0, sys.argv[1])
from idgen_compiler.catalog import ENTRIES
from idgen_compiler.studio.answers import answer
import numpy
assert numpy.__name__ == "idgen_compiler.studio.standin.numpy"
told = {}
for entry in ENTRIES:
    drawn = answer({"ask": "open", "name": entry.name})["drawing"]
    found = json.dumps(answer({"ask": "analyse", "drawing": drawn}), sort_keys=True)
    told[entry.name] = hashlib.sha256(found.encode()).hexdigest()
proofs = {}
for entry in ENTRIES[::9]:
    drawn = answer({"ask": "open", "name": entry.name})["drawing"]
    found = answer({"ask": "prove", "drawing": drawn})
    proofs[entry.name] = found["witness"]["text"] if "witness" in found else found["ok"]
print(json.dumps([told, proofs]))
"""


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiler as a browser has it, where nothing but the standard library is to be found."""
    folder = tmp_path_factory.mktemp("bare")
    zipfile.ZipFile(io.BytesIO(archive())).extractall(folder)
    return folder


def test_answers_and_proofs_without_numpy_are_those_with_it(bare: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", SCRIPT, str(bare)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr[-2000:]
    told, proofs = json.loads(run.stdout)
    assert len(told) == len(ENTRIES)
    for name, digest in told.items():
        drawn = answer({"ask": "open", "name": name})["drawing"]
        ours = json.dumps(answer({"ask": "analyse", "drawing": drawn}), sort_keys=True)
        assert hashlib.sha256(ours.encode()).hexdigest() == digest, name
    for name, proof in proofs.items():
        assert proof is True or "not identifiable: two models with equal P(V)" in proof, name


def test_a_proof_without_numpy_refutes_what_is_wrong(bare: Path) -> None:
    code = """
import sys; sys.path.insert(0, sys.argv[1])
import idgen_compiler as idgen
from idgen_compiler.verify import check
wrong = idgen.Query.parse("P(Y | X)"), idgen.ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y")
check.programs = lambda *_: {"program": idgen.compile(*wrong)}
report = idgen.verify(idgen.Query.parse("P(Y | do(X))"), wrong[1], models=1)
assert report.rows[0].ours["estimand"].verdict == "agrees" and not report.ok, report
"""
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, str(bare)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr[-2000:]


def test_the_archive_is_the_same_bytes_each_time() -> None:
    assert archive() == archive()


SHAPES = [(), (3,), (2, 3), (1, 3), (2, 1, 3), (2, 2, 3)]


def pair(shape: tuple[int, ...], start: int) -> tuple[np.ndarray, standin.ndarray]:
    cells = [Fraction(start + 3 * k, 7 + k) for k in range(int(np.prod(shape)))]
    ours = np.empty(len(cells), dtype=object)
    ours[:] = cells
    return ours.reshape(shape), standin.array(cells, dtype=object).reshape(shape)


@pytest.mark.parametrize("one", SHAPES)
@pytest.mark.parametrize("other", SHAPES)
def test_arithmetic_is_that_of_numpy(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    (a, a2), (b, b2) = pair(one, 1), pair(other, 5)
    for operation in ("__add__", "__sub__", "__mul__", "__truediv__", "__eq__", "__ne__", "__lt__", "__ge__"):
        real = np.asarray(np.asarray(getattr(a, operation)(b)))
        found = getattr(a2, operation)(b2)
        assert found.shape == real.shape
        assert found.tolist() == real.tolist()


@pytest.mark.parametrize("shape", SHAPES[1:])
def test_sums_orders_and_places_are_those_of_numpy(shape: tuple[int, ...]) -> None:
    a, b = pair(shape, 2)
    for axis in range(len(shape)):
        for keepdims in (False, True):
            assert (
                b.sum(axis=axis, keepdims=keepdims).tolist() == np.asarray(a.sum(axis=axis, keepdims=keepdims)).tolist()
            )
    order = [*range(1, len(shape)), 0]
    assert b.transpose(order).tolist() == a.transpose(order).tolist()
    assert b[..., 0].tolist() == np.asarray(a[..., 0]).tolist() if len(shape) > 1 else b[0] == a[0]
    assert b[None].shape == a[None].shape
    assert b[(slice(None, None, -1),)].tolist() == a[::-1].tolist()
    assert (~(b == b)).tolist() == (~(a == a)).tolist()
    assert standin.where(b > Fraction(1, 2), b, 0).tolist() == np.where(a > Fraction(1, 2), a, 0).tolist()


@pytest.mark.parametrize("name", ["linalg.inv", "exp", "quantile"])
def test_what_is_not_there_says_so(name: str) -> None:
    found = attrgetter(name)(standin)
    with pytest.raises(NotImplementedError, match="no part of exact arithmetic"):
        found([1.0])


def test_what_would_round_is_refused() -> None:
    with pytest.raises(NotImplementedError, match="rounded"):
        standin.array([1, 2]) / standin.array([2, 3])
    with pytest.raises(NotImplementedError, match="floats"):
        contract()
    with pytest.raises(NotImplementedError, match="seed"):
        standin.random.default_rng()


def test_paths_use_every_factor() -> None:
    path, _ = contract_path("ab,bc,cd,e->ae", (2, 2), (2, 2), (2, 2), (3,))
    left = 4
    for places in path:
        assert max(places) < left
        left += 1 - len(places)
    assert left == 1
