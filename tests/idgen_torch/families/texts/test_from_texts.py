"""Texts as inputs: right answers from few rows, encoders of every kind, and files that are not believed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import idgen_compiler as idgen
from idgen_compiler.data.kinds.text import Text, texts_of
from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError
from idgen_torch.families import Classifier, Diffusion, Flow, FromTexts, Run, Task, VectorDiffusion, choose
from idgen_torch.families.texts.encoders import embedded
from tests.idgen_torch.families.texts.reports import ATTRIBUTES, report, reports, truth

QUICK: dict[str, Any] = {"epochs": 1, "ensemble": 1, "hidden": (8,), "check_graph": False}
ASKED = [(own, report(own, np.random.default_rng(k))) for k, own in enumerate(ATTRIBUTES * 4)]


def coded(texts: list[str], length: int = 256) -> torch.Tensor:
    return torch.from_numpy(Text(length=length)._coded(texts))


def task_of(n: int = 400, encoder: str = "hash") -> Task:
    rows = reports(n, 0)
    parts = Part("Y", size=2), Part("R", dim=256, length=256, encoder=encoder), Part("Z", size=2)
    values = {"R": coded(list(rows["R"])), "Z": torch.from_numpy(rows["Z"]), "Y": torch.from_numpy(rows["Y"])}
    return Task(parts[:1], parts[1:], values)


def fitted(encoder: str = "hash") -> Any:
    small = Run(choose=lambda _: Classifier(epochs=1, ensemble=1, hidden=(8,)))
    return FromTexts().fit(task_of(encoder=encoder), small)


def test_reports_that_no_row_has_get_nearly_the_true_answer() -> None:
    """P(Y | do(R = unseen text)), with a mean total variation of at most .06 (measured: .048 on these seeds)."""
    program = idgen.compile(idgen.Query.parse("P(Y | do(R))"), idgen.ADMG.parse("Z -> R -> Y; Z -> Y"))
    apart: list[float] = []
    for seed in range(3):
        rows = reports(4000, seed)
        rows.pop("attributes")
        sampler = program.fit(rows, types={"R": "text"}, seed=seed, check_graph=False)
        new = [(own, text) for own, text in ASKED if text not in set(rows["R"])]
        assert len(new) >= 8
        apart += [abs(sampler.sample(20_000, do={"R": t}, seed=1)["Y"].mean() - truth(own)) for own, t in new]
    assert np.mean(apart) <= 0.06


def test_adjusting_for_reports() -> None:
    """X is given by what a report says, and does nothing beside it."""
    rows = reports(4000, 1)
    attributes, rng = rows.pop("attributes"), np.random.default_rng(2)
    x = (rng.random(4000) < 0.1 + 0.4 * attributes[0] + 0.3 * attributes[1]).astype(int)
    y = (rng.random(4000) < 0.1 + 0.2 * x + 0.3 * attributes[0] + 0.3 * attributes[1]).astype(int)
    table = {"R": rows["R"], "X": x, "Y": y}
    naive = abs((y[x == 1].mean() - y[x == 0].mean()) - 0.2)
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("R -> X -> Y; R -> Y"))
    sampler = program.fit(table, types={"R": "text"}, seed=0, check_graph=False)
    share = [sampler.sample(40_000, do={"X": value}, seed=1)["Y"].mean() for value in (0, 1)]
    assert naive > 0.15
    assert abs(share[1] - share[0] - 0.2) <= 0.05
    true = 0.1 + 0.3 * attributes[0].mean() + 0.3 * attributes[1].mean()
    assert abs(share[0] - true) <= 0.05


def test_words_that_are_not_known_and_empty_texts_are_answered() -> None:
    model = fitted()
    odd = ["", "\x00", "zzz", "\ud800", "病人", "x" * 300]
    given = {"R": coded(odd), "Z": torch.zeros(6, dtype=torch.int64)}
    assert model.log_prob({**given, "Y": torch.ones(6, dtype=torch.int64)}).isfinite().all()
    one = coded(["no fever"]).expand(6, -1)
    assert len(model.sample({**given, "R": one}, 6, torch.Generator().manual_seed(0))["Y"]) == 6
    assert texts_of(one.numpy()) == ["no fever"] * 6


def test_the_family_is_chosen_and_takes_a_family_that_was_asked_for() -> None:
    assert choose(task_of()).word == "from-texts"
    rows = reports(300, 0)
    rows.pop("attributes")
    program = idgen.compile(idgen.Query.parse("P(Y | do(R))"), idgen.ADMG.parse("Z -> R -> Y; Z -> Y"))
    number = {**rows, "Y": np.random.default_rng(0).normal(size=300) * (rows["Z"] == 1)}
    for table, family in ((rows, "classifier"), (number, "flow")):
        sampler = program.fit(table, types={"R": "text"}, family={"Y": family}, seed=0, density="mixture", **QUICK)
        assert sampler.report().models[0].family == "from-texts"
        link = next(iter(sampler.fitted.models.values()))._link
        assert family in {link.family, getattr(getattr(link, "_between", None), "family", "")}


@pytest.mark.parametrize("family", [Classifier(), Flow(), VectorDiffusion(), Diffusion()])
def test_no_other_family_reads_texts_as_if_they_were_not_there(family: Any) -> None:
    task = task_of(40)
    target = {"classifier": Part("Y", size=2), "diffusion": Part("P", dim=64, shape=(1, 8, 8))}.get(
        family.word, Part("V", dim=1)
    )
    rows = {**task.rows, "V": torch.randn(40, 1), "P": torch.zeros(40, 1, 8, 8, dtype=torch.uint8)}
    with pytest.raises(DataError, match="R is a text"):
        family.fit(Task((target,), task.inputs, rows))


def test_texts_that_do_not_differ_are_left_out() -> None:
    task = task_of(60)
    same = Task(task.targets, task.inputs, {**task.rows, "R": coded(["the same"] * 60)})
    model = FromTexts().fit(same)
    assert [part.name for part in model._link.inputs] == ["Z"]
    assert model._read({"R": coded(["other"])})["R"].dtype == torch.uint8


# -- encoders -----------------------------------------------------------------------------------------------------


def lengths(texts: Any) -> Any:
    return np.array([[len(text), text.count("fever"), 1.0] for text in texts])


def test_a_function_encodes_and_a_saved_sampler_asks_for_the_same_one(tmp_path: Path) -> None:
    rows = reports(300, 0)
    rows.pop("attributes")
    program = idgen.compile(idgen.Query.parse("P(Y | do(R))"), idgen.ADMG.parse("Z -> R -> Y; Z -> Y"))
    sampler = program.fit(rows, types={"R": Text(encoder=lengths)}, seed=0, **QUICK)
    sampler.save(tmp_path / "saved")
    ask: dict[str, Any] = {"do": {"R": "a new text"}, "seed": 1}
    again = idgen.load(tmp_path / "saved")
    assert np.array_equal(sampler.sample(50, **ask)["Y"], again.sample(50, **ask)["Y"])
    name = Text(encoder=lengths).encoder.removeprefix("function ")  # type: ignore[union-attr]
    idgen_torch = pytest.importorskip("idgen_torch")
    idgen_torch.register_encoder(lambda texts: [[0.0, 0.0, 0.0] for _ in texts], name)
    try:
        with pytest.raises(DataError, match="gives other numbers"):
            idgen.load(tmp_path / "saved").sample(50, **ask)
    finally:
        idgen_torch.register_encoder(lengths, name)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (lambda texts: "nothing", "no array of numbers"),
        (lambda texts: np.zeros(len(texts)), r"gives the shape"),
        (lambda texts: np.zeros((len(texts) + 1, 2)), r"gives the shape"),
        (lambda texts: np.full((len(texts), 2), np.nan), "NaN"),
    ],
)
def test_what_a_function_must_give(given: Any, told: str) -> None:
    with pytest.raises(DataError, match=told):
        embedded(str(Text(encoder=given).encoder), ["a", "b"])


def test_a_folder_without_a_model_or_a_library_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"pip install transformers|cannot be loaded"):
        embedded(str(tmp_path), ["a"])
    (tmp_path / "modules.json").write_text("[]")
    embedded_again = Path(tmp_path / "other")
    embedded_again.mkdir()
    (embedded_again / "modules.json").write_text("[]")
    with pytest.raises(DataError, match=r"pip install sentence-transformers|cannot be loaded"):
        embedded(str(embedded_again), ["a"])
    with pytest.raises(DataError, match="nothing is fetched"):
        embedded("nobody/nothing", ["a"])


def test_a_local_transformer_encodes(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    words = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *"abcdefghijklmnopqrstuvwxyz",
        *(f"##{c}" for c in "abcdefghij"),
    ]
    (tmp_path / "vocab.txt").write_text("\n".join(words))
    tokenizer = transformers.BertTokenizerFast(vocab_file=str(tmp_path / "vocab.txt"))
    shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    torch.manual_seed(0)
    config = transformers.BertConfig(vocab_size=len(words), max_position_embeddings=32, **shape)
    transformers.BertModel(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    texts = ["a b c", "", "\ud800", "a b c", "z " * 500]
    found = embedded(str(tmp_path), texts)
    assert found.shape == (5, 16)
    assert np.allclose(found[0], found[3], atol=1e-5)
    assert np.allclose(found[:2], embedded(str(tmp_path), texts[:2]), atol=1e-5), "padding does not matter"
    assert fitted(str(tmp_path))._readers[0].width > 0


# -- files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("reader0.buckets", lambda t: t.flip(0)),
        ("reader0.buckets", lambda t: t - 2**40),
        ("reader0.axes", lambda t: t[:, :-1].contiguous()),
        ("reader0.axes", lambda t: t.double()),
        ("reader0.center", lambda t: t[:0]),
        ("reader0.scale", lambda t: t * 0),
        ("reader0.scale", lambda t: t * float("nan")),
        ("reader0.idf", None),
        ("reader1.idf", torch.zeros),
    ],
)
def test_a_damaged_reader_is_refused(name: str, changed: Any) -> None:
    model = fitted()
    config, tensors = model.state()
    if changed is None:
        del tensors[name]
    else:
        tensors[name] = changed(tensors[name]) if name in tensors else changed(3)
    with pytest.raises(DataError):
        FromTexts.model.from_state(model.recipe, config, tensors, model.targets, model.inputs)
