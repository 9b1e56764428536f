"""Saved exact samplers: what is read back is what was written, or an error says what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import idgen_compiler as idgen
from idgen_compiler.verify import CausalModel
from tests.idgen_exact.programs import FRONT_DOOR


def fitted(exact: bool = True, labels: dict[str, list[Any]] | None = None) -> Any:
    joint = CausalModel.random(idgen.ADMG.parse("X -> M -> Y; X <-> Y"), 3).observational()
    table = joint.table if exact else joint.table.astype(float)
    return idgen.Program.parse(FRONT_DOOR).fit(idgen.Joint(joint.variables, table, labels), backend="exact")


@pytest.mark.parametrize("exact", [True, False])
def test_a_sampler_is_read_back_as_it_was(tmp_path: Path, exact: bool) -> None:
    sampler = fitted(exact)
    labels = {"Y": [f"level {k}" for k in range(sampler.kernel().table.shape[1])]}
    sampler = fitted(exact, labels)
    sampler.save(tmp_path / "new" / "folder")
    again: Any = idgen.load(tmp_path / "new" / "folder")
    assert again.program == sampler.program
    assert again.kernel() == sampler.kernel()
    assert again.kernel().table.dtype == sampler.kernel().table.dtype
    assert again.labels == sampler.labels == {"Y": tuple(labels["Y"])}
    draws = [s.sample(20, do={"X": 0}, seed=1)["Y"].tolist() for s in (sampler, again)]
    assert draws[0] == draws[1]


def test_a_folder_with_files_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(idgen.DataError, match="is no saved sampler, but holds mine"):
        fitted().save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_label_that_json_cannot_hold_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    sampler = fitted()
    size = sampler.kernel().table.shape[1]
    with pytest.raises(idgen.DataError, match=r"Y has the label .*cannot be saved"):
        fitted(labels={"Y": [(k, "tuple") for k in range(size)]}).save(tmp_path / "s")
    assert not (tmp_path / "s").exists()


TAMPERED: dict[str, tuple[Any, str]] = {
    "no kernels": (lambda c: c.pop("kernels"), "does not hold kernels"),
    "no labels": (lambda c: c.pop("labels"), "does not hold kernels"),
    "another query": (lambda c: c["kernels"][0].update(query="Q"), "other queries"),
    "another target": (lambda c: c["kernels"][0].update(targets=["Z"]), "has the axes"),
    "a target that is given": (lambda c: c["kernels"][0].update(given=["X", "Y"], targets=[]), "has the axes"),
    "a shape that does not fit": (lambda c: c["kernels"][0].update(shape=[7, 7]), "does not hold kernels"),
    "a value missing": (lambda c: c["kernels"][0]["values"].pop(), "does not hold kernels"),
    "a sum that is not 1": (lambda c: c["kernels"][0]["values"].__setitem__(0, "1/7"), "no conditional law"),
    "a negative value": (lambda c: c["kernels"][0]["values"].__setitem__(slice(0, 2), ["-1", "2"]), "no conditional"),
    "a zero denominator": (lambda c: c["kernels"][0]["values"].__setitem__(0, "1/0"), "does not hold kernels"),
    "a number for a Fraction": (lambda c: c["kernels"][0]["values"].__setitem__(0, 0.5), "does not hold kernels"),
    "text for a number": (lambda c: c["kernels"][0].update(exact=False), "does not hold kernels"),
    "a label too few": (lambda c: c["labels"].update(Y=["a"]), "labels of Y do not fit"),
    "labels twice": (lambda c: c["labels"].update(Y=["a"] * c["kernels"][0]["shape"][1]), "labels of Y do not fit"),
    "labels of another": (lambda c: c["labels"].update(Z=["a"]), "labels of Z do not fit"),
    "a list at the top": (lambda c: c["kernels"].append(3), "does not hold kernels"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_tampered_tables_are_refused(tmp_path: Path, name: str) -> None:
    fitted().save(tmp_path / "s")
    change, message = TAMPERED[name]
    file = tmp_path / "s" / "kernels.json"
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))
    with pytest.raises(idgen.DataError, match=message):
        idgen.load(tmp_path / "s")


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    fitted().save(tmp_path / "s")
    file = tmp_path / "s" / "kernels.json"
    file.write_text(file.read_text()[:-20])
    with pytest.raises(idgen.DataError, match="cannot be read"):
        idgen.load(tmp_path / "s")
    file.unlink()
    with pytest.raises(idgen.DataError, match="cannot be read"):
        idgen.load(tmp_path / "s")
    header = tmp_path / "s" / "sampler.json"
    content = json.loads(header.read_text())
    header.write_text(json.dumps(content | {"program": content["program"].replace("%m0(X)", "%m9(X)")}))
    with pytest.raises(idgen.DataError, match="its program cannot be read"):
        idgen.load(tmp_path / "s")
