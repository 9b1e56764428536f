"""Values as JSON: what is drawn fits its schema and can be sent back; what does not fit is refused by name."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.data.kinds import Categorical, Composite, Image, Vector
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.errors import DataError
from idgen_compiler.serving.values.kinds import kinds_of
from idgen_compiler.serving.values.pictures import png
from idgen_compiler.serving.values.plain import plain_rows, plain_value
from idgen_compiler.serving.values.reading import read_setting
from idgen_compiler.serving.values.schemas import drawn_schema, set_schema
from tests.idgen_compiler.serving.samplers import EVERY, picture

jsonschema = pytest.importorskip("jsonschema")


@pytest.mark.parametrize("query", EVERY)
def test_what_is_drawn_fits_its_schema_and_can_be_sent_back(every_folder: Path, query: str) -> None:
    sampler = idgen.load(every_folder)
    kinds = kinds_of(sampler)
    asked = {
        role: {name: read_setting(role, name, value, kinds[name]) for name, value in values.items()}
        for role, values in EVERY[query].items()
    }
    rows = json.loads(json.dumps(list(plain_rows(sampler.sample(3, query=query, seed=0, **asked)))))
    assert len(rows) == 3
    for name, value in rows[0].items():
        jsonschema.validate(value, drawn_schema(kinds[name]))
        jsonschema.validate(value, set_schema(kinds[name]))
        again = read_setting("do", name, value, kinds[name])
        kinds[name].check(Setting("do", name, 1), again)


def test_a_draw_that_is_sent_back_is_the_same_one(every_folder: Path) -> None:
    kinds = kinds_of(idgen.load(every_folder))
    for name in ("day", "wait", "W", "V", "K", "B"):
        kind = kinds[name]
        column = kind.empty(1)
        kind.decode([np.zeros((1, *atom.part.entries), atom.part.dtype) for atom in kind.atoms(name)], column)
        (row,) = plain_rows(idgen.Samples({name: column}))
        found = kind.check(Setting("do", name, 1), read_setting("do", name, row[name], kind))
        again = kind.empty(1)
        kind.decode(found, again)
        np.testing.assert_allclose(_numbers(again), _numbers(column), err_msg=name)


def _numbers(values: np.ndarray) -> Any:
    if values.dtype.names:
        return [0.0 if isinstance(v, str) else float(v) for v in values[0].item()]
    return values.astype("i8") if values.dtype.kind in "Mm" else values.astype(float)


@pytest.mark.parametrize(
    ("value", "kind", "told"),
    [
        (None, Categorical(("a", "b")), "is null; give a value"),
        (True, Categorical((0, 1)), "is true, a truth value; send one of the labels 0, 1"),
        (1, Categorical((False, True)), "is 1, a number; send one of the labels false, true"),
        ({"a": 1}, Categorical((0, 1)), "is an object"),
        ([1, "2"], Vector((0.0, 0.0), (1.0, 1.0), (0.0, 0.0), (1.0, 1.0)), "'2'; send a number"),
        ("/etc/passwd", Image(1, 4, 4), "is no picture in base64"),
        ("aGVsbG8=", Image(1, 4, 4), "is no picture in base64"),
        ({"path": "/etc/passwd"}, Image(1, 4, 4), "send a picture in base64"),
        ({"a": 1}, Composite((("a", Categorical((0, 1))), ("b", Categorical((0, 1))))), "lacks the field b"),
        ({"policy": "shiftt", "by": 1}, None, "the policy 'shiftt'; send one of uniform, shift, law"),
        ({"policy": "shift", "by": "x"}, None, "is 'x'; send a number"),
        ({"policy": "shift"}, None, "lacks 'by'"),
        ({"policy": "uniform", "by": 1}, None, "has no 'by'"),
        ({"policy": "law", "law": [["a", 0.5], ["a", 0.5]]}, Categorical(("a", "b")), "names 'a' twice"),
        ({"policy": "law", "law": [[["a"], 1]]}, None, "send a text or a number"),
        ({"policy": "law", "law": 3}, None, "a law is a list of"),
    ],
)
def test_what_is_no_value_is_refused_by_name(value: Any, kind: Any, told: str) -> None:
    with pytest.raises(DataError, match=r"do\(X=\.\.\.\)") as error:
        read_setting("do", "X", value, kind)
    assert told in str(error.value)


def test_pictures_are_read_from_base64_and_data_urls(every_folder: Path) -> None:
    kind = kinds_of(idgen.load(every_folder))["I"]
    for text in (picture(), f"data:image/png;base64,{picture()}"):
        found = kind.check(Setting("do", "I", 1), read_setting("do", "I", text, kind))
        assert found[0].shape == (1, 1, 4, 4)
        assert (np.asarray(found[0]) == 200).all()


def test_a_list_of_composites_is_a_list_for_each_field() -> None:
    kind = Composite((("a", Categorical((0, 1))), ("b", Categorical(("x", "y")))))
    assert read_setting("do", "W", [{"a": 0, "b": "x"}, {"a": 1, "b": "y"}], kind) == {"a": [0, 1], "b": ["x", "y"]}


def test_a_field_may_be_called_policy() -> None:
    kind = Composite((("policy", Categorical((0, 1))),))
    assert read_setting("do", "W", {"policy": 1}, kind) == {"policy": 1}


def test_a_law_draws_labels_of_any_type() -> None:
    law = read_setting("do", "X", {"policy": "law", "law": [[0, 0.25], [1, 0.75]]}, Categorical((0, 1)))
    assert law.cells == {(): {0: 0.25, 1: 0.75}}


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (np.timedelta64(90, "m"), "PT1H30M"),
        (np.timedelta64(0, "s"), "PT0S"),
        (np.timedelta64(-1500, "ms"), "-PT1.5S"),
        (np.timedelta64(2, "D"), "P2D"),
        (np.timedelta64("NaT", "s"), None),
    ],
)
def test_durations_are_iso(duration: np.timedelta64, text: str | None) -> None:
    assert list(plain_rows(idgen.Samples({"w": np.array([duration])}))) == [{"w": text}]


def test_plain_values() -> None:
    assert plain_value({"a": (np.float32(0.5), Fraction(1, 2), float("inf"))}) == {"a": [0.5, 0.5, None]}


def test_warnings_of_a_picture_are_in_it() -> None:
    from io import BytesIO

    from PIL import Image as Pillow

    found = Pillow.open(BytesIO(png(np.zeros((3, 2, 2), np.uint8), ["extrapolated"])))
    assert json.loads(found.info["Warnings"]) == ["extrapolated"]
