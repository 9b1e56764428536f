"""The header of a saved sampler: what it says, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import idgen_compiler as idgen
from idgen_compiler.hinge.saved import FORMAT, HEADER, load, read_header, write_header

PROGRAM = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
HEAD = {"format": FORMAT, "backend": "exact", "program": str(PROGRAM)}


def test_a_header_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_header(tmp_path, "mine", PROGRAM, extra=[1, 2])
    assert read_header(tmp_path) == {**HEAD, "backend": "mine", "extra": [1, 2]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read"),
        ("\xff\xfe", "cannot be read|has format"),
        ("9" * 5_000, "a whole number of 5000 digits, more than are read"),
        ("[" * 100_000, "cannot be read"),
        ("[]", "has format 'list'"),
        (
            json.dumps({**HEAD, "format": "idgen-sampler/0"}),
            f"has format 'idgen-sampler/0', this version reads '{FORMAT}'",
        ),
        (json.dumps({**HEAD, "backend": 3}), "lacks its 'backend'"),
        (json.dumps({"format": FORMAT, "backend": "exact"}), "lacks its 'program'"),
        (json.dumps({**HEAD, "backend": "nosuch"}), "no backend 'nosuch' is installed"),
    ],
)
def test_other_headers_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / HEADER).write_text(text, encoding="latin-1")
    with pytest.raises(idgen.IdgenError, match=message):
        load(tmp_path)


@pytest.mark.parametrize("missing", ["nowhere", "nul\0byte"])
def test_a_folder_without_a_header_is_named(tmp_path: Path, missing: str) -> None:
    wrong: Any = tmp_path / missing
    with pytest.raises(idgen.DataError, match=r"holds no saved sampler \(sampler.json is missing\)"):
        load(wrong)


@pytest.mark.parametrize("backend", ["exact", "null", "torch"])
@pytest.mark.parametrize("path", [None, 5, b"folder"])
def test_what_is_no_path_is_refused(backend: str, path: Any) -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    joint = idgen.Joint(("X", "Y"), [[0.25, 0.25], [0.25, 0.25]])
    data = joint if backend == "exact" else {"X": [0, 1] * 20, "Y": [0, 0, 1, 1] * 10}
    sampler = program.fit(data, backend=backend)
    for ask in (sampler.save, idgen.load):
        with pytest.raises(idgen.DataError, match=f"a sampler is saved in a folder, not in {path!r}; give its path"):
            ask(path)
