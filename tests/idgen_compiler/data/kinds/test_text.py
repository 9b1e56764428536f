"""Free text: which columns are, what comes back, and what may be asked."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

import idgen_compiler as idgen
from idgen_compiler.check.columns import read_columns
from idgen_compiler.cli.arguments import read_types
from idgen_compiler.data.column import Column
from idgen_compiler.data.kinds import Categorical, Text, register_encoder, registry
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.data.kinds.text import LONGEST, is_prose, texts_of
from idgen_compiler.data.reading.options import Reading
from idgen_compiler.data.schema import Schema, infer_schema
from idgen_compiler.data.sources import read_sources
from idgen_compiler.warning import quietly

RNG = np.random.default_rng(0)
REPORTS = [
    f"the patient {('has no', 'has a', 'had some')[k % 3]} fever, seen on day {k % 90} of the stay" for k in range(400)
]


def column(values: list[Any]) -> Column:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return Column("R", array)


PROSE = {
    "reports": REPORTS,
    "Chinese": [f"病人今天沒有發燒，第{k}天，感覺良好" for k in range(200)],
    "Japanese": [f"患者は{k}日目に熱がありませんでした" for k in range(200)],
    "capitals": [f"CHEST PAIN AND FEVER ON DAY {k}" for k in range(200)],
    "codes with words": [f"I{k}.9 other disease, not specified further" for k in range(100)] * 3,
    "German": [f"Der Patient klagt über Schmerzen seit {k} Tagen" for k in range(100)],
}
LABELS = {
    "site names": [f"Hospital {'ABCDEFGHIJ'[k % 10]} of the old town in the north" for k in range(400)],
    "many site names": [f"University Hospital Basel {chr(65 + k % 26)}{chr(65 + k % 50)}ord" for k in range(200)],
    "ICD codes": [f"I{k % 80}.{k % 10}" for k in range(400)],
    "zip codes": [f"{10000 + k % 90}" for k in range(400)],
    "words": [f"word{k % 90}" for k in range(400)],
    "two words": [f"mild {k % 90}" for k in range(400)],
    "names": [f"Anna Maria{k} Schmidt Lopez" for k in range(90)] * 4,
    "mail": [f"maria.lopez.{k}@mail.example.com" for k in range(90)] * 4,
    "few texts in many rows": [REPORTS[k % 25] for k in range(400)],
    "texts in many rows each": [REPORTS[k % 40] for k in range(1000)],
    "Chinese names": [f"王小{chr(0x4E00 + k)}" for k in range(90)] * 4,
}


@pytest.mark.parametrize("name", PROSE)
def test_texts_are_found(name: str) -> None:
    assert is_prose(column(PROSE[name]))
    with pytest.warns(idgen.DataWarning, match=r"free text.*types=\{'R': 'categorical'\}"):
        assert isinstance(registry.infer(column(PROSE[name])), Text)


@pytest.mark.parametrize("name", LABELS)
def test_labels_stay_labels(name: str) -> None:
    assert not is_prose(column(LABELS[name]))


@pytest.mark.parametrize(
    "values", [[f"{k}/13/2020 10:00 of the old" for k in range(3)], [f"$ {k},000.50" for k in range(99)]]
)
def test_numbers_and_dates_as_texts_are_none(values: list[str]) -> None:
    assert not is_prose(column(values))


def test_what_pandas_calls_categorical_is() -> None:
    assert isinstance(registry.infer(Column("R", pd.Series(REPORTS, dtype="category"))), Categorical)


def test_an_identifier_is_refused_with_both_remedies() -> None:
    with pytest.raises(idgen.DataError, match=r"'text'.*'categorical'"):
        registry.infer(column([f"patient {k}" for k in range(300)]))


ODD = ["", " ", "\x00\x01\x7f", "\ud800 alone", "日本語", "😀" * 10, "a\nb\tc", "é" * 100, "missing"]


@pytest.mark.parametrize("text", ODD)
def test_any_text_comes_back(text: str) -> None:
    kind = Text.of(column([*REPORTS, text]))
    encoded = kind.encode(column([text, "x"]), np.random.default_rng(0))
    out = kind.empty(2)
    kind.decode([encoded], out)
    assert out.tolist() == [text, "x"]
    assert all(type(value) is str for value in out)
    assert np.array_equal(kind.check(Setting("do", "R", 1), text)[0], encoded[:1])


def test_zeros_are_the_empty_text_and_broken_bytes_are_replaced() -> None:
    assert texts_of(np.zeros((2, 5), dtype=np.uint8)) == ["", ""]
    assert texts_of(np.array([[0xFF, 0x62, 0, 7]], dtype=np.uint8)) == ["�a"]
    assert texts_of(np.zeros((1, 0), dtype=np.uint8)) == [""]


def test_very_long_texts_are_cut_between_letters_and_said() -> None:
    long = column([*REPORTS, "é" * LONGEST])
    kind = Text.of(long)
    assert kind.length == LONGEST
    with pytest.warns(idgen.DataWarning, match=r"more than 4096 bytes in 1 of 401 rows"):
        kind.look(long)
    assert texts_of(kind.encode(long, np.random.default_rng(0)))[-1] == "é" * (LONGEST // 2)
    odd = Text(length=5)
    with pytest.warns(idgen.DataWarning, match="longer than 5 bytes"):
        (coded,) = odd.check(Setting("do", "R", 1), "éééé")
    assert texts_of(coded) == ["éé"]


def test_a_new_text_may_be_longer_than_those_of_the_rows() -> None:
    kind = Text.of(column(["short text of few words"] * 3))
    (coded,) = kind.check(Setting("do", "R", 2), ["x" * 200, "y"])
    assert texts_of(coded) == ["x" * 200, "y"]


@pytest.mark.parametrize("value", [1, None, ["a", 2], {"a": "b"}, np.nan])
def test_what_is_no_text_is_refused(value: Any) -> None:
    with pytest.raises(idgen.DataError, match=r"do\(R=\.\.\.\)"):
        Text(length=8).check(Setting("do", "R", 2), value)


def test_requests() -> None:
    source = read_sources({"R": ["a", "b"] * 5}, ["R"])
    assert isinstance(infer_schema(source, {"R": "text"})["R"], Text)
    assert infer_schema(source, {"R": Text(length=9)})["R"] == Text(length=9)
    assert read_types(["R=text"]) == {"R": "text"}
    with pytest.raises(idgen.DataError, match="holds no texts but"):
        infer_schema(read_sources({"R": [1, 2]}, ["R"]), {"R": "text"})
    with pytest.raises(idgen.DataError, match="no folder here"):
        infer_schema(source, {"R": Text(encoder="sentence-transformers/all-MiniLM-L6-v2")})
    with pytest.raises(idgen.DataError, match="which no file holds; register it first"):
        infer_schema(source, {"R": Text(encoder="function nobody")})
    for wrong in ({"encoder": ""}, {"encoder": 3}, {"length": -1}, {"length": 2**40}):
        with pytest.raises(idgen.DataError):
            Text(**wrong)  # type: ignore[arg-type]


def test_functions_are_known_by_name() -> None:
    def lengths(texts: Any) -> Any:
        return [[float(len(text))] for text in texts]

    def others(texts: Any) -> Any:
        return [[0.0] for _ in texts]

    others.__qualname__ = lengths.__qualname__
    first, second = Text(encoder=lengths), Text(encoder=others)
    assert first != second
    assert Text(encoder=lengths) == first
    assert register_encoder(lengths, "mine") == "function mine"
    saved = Schema({"R": first}).to_json()
    assert Schema.from_json(saved)["R"] == first


@pytest.mark.parametrize("values", [[None, "x y z w"], ["missing", None]])
def test_missing_values(values: list[Any]) -> None:
    table = {"R": [*REPORTS[:200], *values]}
    with pytest.raises(idgen.DataError, match=r"missing|lacks"):
        infer_schema(read_sources(table, ["R"]))
    with quietly():
        dropped = read_sources(table, ["R"], how=Reading(missing="drop"))
    assert len(dropped["R"].columns[""]) == 201
    with quietly():
        kept = read_sources(table, ["R"], how=Reading(missing="category"))
    if "missing" in values:
        with pytest.raises(idgen.DataError, match="as well"):
            infer_schema(kept, {"R": "text"})
        return
    kind = infer_schema(kept, {"R": "text"})["R"]
    (atom,) = kind.atoms("R")
    assert texts_of(atom.kind.encode(kept["R"].columns[""], RNG))[200] == "missing"


def test_a_warning_is_given_once_and_by_no_second_reading() -> None:
    source = read_sources({"R": REPORTS}, ["R"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        infer_schema(source, quiet=True)
        infer_schema(source, {"R": "text"})


def test_tests_of_independence_see_groups_and_hold_no_text_fixed() -> None:
    z = np.arange(600) % 2
    texts = [f"the patient has {('no', 'a high')[k]} fever on day {n % 97}" for n, k in enumerate(z)]
    y = z ^ (RNG.random(600) < 0.1)
    found = read_columns({"R": texts}, ["R"], {"R": "text"})["R"]
    assert found.partial
    assert 1 < len(np.unique(found.values)) <= found.size == 8
    table = {"Z": z, "R": texts, "Y": y.astype(int)}
    apart = idgen.check_graph(idgen.ADMG.parse("Z; R; Y"), table, {"R": "text"})
    rejected = {frozenset((f.implication.a, f.implication.b)) for f in apart.findings if f.rejected}
    assert frozenset("ZR") in rejected
    through = idgen.check_graph(idgen.ADMG.parse("Z -> R -> Y"), table, {"R": "text"})
    assert [f.outcome.why for f in through.findings] == ["R is free text, which a test cannot hold fixed"]
