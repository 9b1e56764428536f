from __future__ import annotations

import subprocess
import sys

import pytest

from idgen_compiler.data.part import Form, Part


@pytest.mark.parametrize(
    ("part", "form", "entries", "dtype"),
    [
        (Part("X", size=3), Form.CODES, (), "int64"),
        (Part("X"), Form.NUMBERS, (1,), "float32"),
        (Part("X", dim=4), Form.NUMBERS, (4,), "float32"),
        (Part("X", dim=192, shape=(3, 8, 8)), Form.PICTURES, (3, 8, 8), "uint8"),
    ],
)
def test_a_part_knows_what_its_values_are(part: Part, form: Form, entries: tuple[int, ...], dtype: str) -> None:
    assert part.form is form
    assert part.entries == entries
    assert part.dtype == dtype


def test_the_data_room_loads_no_library_before_it_is_asked() -> None:
    code = (
        "import sys; import idgen_compiler.data.schema, idgen_compiler.data.sources, idgen_compiler.data.pictures; "
        "print([m for m in ('torch', 'pandas', 'pyarrow', 'PIL', 'datasets') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_the_data_room_knows_no_torch_at_all() -> None:
    code = """
import sys
sys.modules["torch"] = None  # importing it now raises ImportError
import numpy as np
from idgen_compiler.data.schema import encode, infer_schema
from idgen_compiler.data.sources import read_sources
sources = read_sources({"X": ["a", "b"], "Y": [[0.5, 1.0], [1.5, 2.0]]}, ["X", "Y"])
print(encode(sources, infer_schema(sources), lambda part: np.random.default_rng(0))["X"].tolist())
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[0, 1]"
