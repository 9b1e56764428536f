"""Texts as targets: the law is learned, what is written is UTF-8, trainings resume, and files are not believed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import idgen_compiler as idgen
from idgen_compiler.data.kinds.text import Text, texts_of
from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError, DataWarning
from idgen_torch.drawing import generator_for
from idgen_torch.families import Language, Run, Task
from idgen_torch.families.texts.language import LONGEST
from idgen_torch.families.texts.tokens import END, MOST_LETTERS, MOST_WORDS, Tokens
from idgen_torch.training.progress import NoProgress

SMALL = Language(epochs=12, hidden=(32,), batch_size=32)
T, X = Part("t", dim=48, length=48, encoder="hash"), Part("x", size=2)


def coded(texts: list[str], length: int = 48) -> torch.Tensor:
    return torch.from_numpy(Text(length=length)._coded(texts))


def rows_of(n: int, seed: int = 0) -> dict[str, torch.Tensor]:
    """`severe` in .9 of the rows where x is 1 and in .2 of the others; then one of two words, as likely."""
    rng = np.random.default_rng(seed)
    x = rng.integers(2, size=n)
    severe = rng.random(n) < np.where(x == 1, 0.9, 0.2)
    words = [f"{'severe' if s else 'mild'} {('pain', '痛み')[rng.integers(2)]} today" for s in severe]
    return {"t": coded(words), "x": torch.from_numpy(x)}


@pytest.fixture(scope="module")
def model() -> Any:
    return SMALL.fit(Task((T,), (X,), rows_of(1500)), Run(seed=0))


def test_the_law_of_texts_is_learned(model: Any) -> None:
    for x, share in ((0, 0.2), (1, 0.9)):
        drawn = model.sample({"x": torch.full((3000,), x)}, 3000, generator_for(1))["t"]
        texts = Counter(texts_of(drawn.numpy()))
        assert sum(count for text, count in texts.items() if text.startswith("severe ")) / 3000 == pytest.approx(
            share, abs=0.05
        )
        assert sum(count for text, count in texts.items() if "痛み" in text) / 3000 == pytest.approx(0.5, abs=0.06)
        known = {f"{a} {b} today" for a in ("severe", "mild") for b in ("pain", "痛み")}
        assert sum(texts[text] for text in known) / 3000 > 0.95


def test_log_prob_is_that_of_what_is_drawn(model: Any) -> None:
    texts = [f"{a} {b} today" for a in ("severe", "mild") for b in ("pain", "痛み")]
    rows = {"t": coded(texts), "x": torch.ones(4, dtype=torch.int64)}
    law = model.log_prob(rows).exp()
    assert 0.93 < float(law.sum()) <= 1.0 + 1e-5
    drawn = Counter(
        texts_of(model.sample({"x": torch.ones(4000, dtype=torch.int64)}, 4000, generator_for(2))["t"].numpy())
    )
    for text, chance in zip(texts, law.tolist(), strict=True):
        assert drawn[text] / 4000 == pytest.approx(chance, abs=0.03)


def test_reading_with_a_past_is_reading_at_once(model: Any) -> None:
    network, tokens = model._network, torch.tensor([[3, 260, 258]])
    given = {"x": torch.ones(1, dtype=torch.int64)}
    whole = network(given, tokens)[0]
    logits, code, past = network.begin(given, 1)
    for k in range(2):
        assert torch.allclose(logits[0], whole[k], atol=1e-4)
        logits, past = network.after(tokens[:, k], k + 1, code, past)
    assert torch.allclose(logits[0], whole[2], atol=1e-4)


def test_an_untrained_model_writes_whole_letters_up_to_its_length() -> None:
    rows = {"t": coded(["é😀x", "日本", "", "a\x00"] * 10)}
    model = Language(epochs=1, hidden=(8,), lr=1e-9).fit(Task((T,), (), rows), Run(seed=0))
    texts = texts_of(model.sample({}, 500, generator_for(0))["t"].numpy())
    longest = model.state()[0]["longest"]
    assert max(len(text.encode()) for text in texts) <= 6 * longest
    # Only letters that are cut by the end, or bytes that no letter joins, are replaced.
    assert np.mean(["\ufffd" in text for text in texts]) < 0.7
    assert any(text.strip() for text in texts)


def test_texts_beyond_the_most_tokens_are_told() -> None:
    part = Part("t", dim=3000, length=3000, encoder="hash")
    rows = {"t": coded(["x y " * 700, "short"] * 4, 3000)}
    with pytest.warns(DataWarning, match=f"4 of 8 texts of t have more than {LONGEST} tokens"):
        model = Language(epochs=1, hidden=(8,)).fit(Task((part,), (), rows))
    assert model.state()[0]["longest"] == LONGEST


def test_an_interrupted_training_ends_as_one_that_was_not(tmp_path: Path) -> None:
    class Stop(NoProgress):
        def __init__(self, after: int) -> None:
            self.left = after

        def advance(self, loss: float) -> None:
            self.left -= 1
            if not self.left:
                raise KeyboardInterrupt

    recipe, task = Language(epochs=3, hidden=(16,), batch_size=16), Task((T,), (X,), rows_of(200))
    whole = recipe.fit(task, Run(seed=4)).state()[1]
    scratch = tmp_path / "m0.training.safetensors"
    with pytest.raises(KeyboardInterrupt):
        recipe.fit(task, Run(seed=4, scratch=scratch, progress=Stop(9)))
    assert scratch.exists()
    resumed = recipe.fit(task, Run(seed=4, scratch=scratch)).state()[1]
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_a_program_writes_texts_and_keeps_them_in_files(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(2, size=300)
    texts = [f"patient {('is well', 'feels ill')[k]} on day {rng.integers(9000)}" for k in x]
    program = idgen.compile(idgen.Query.parse("P(R | do(X))"), idgen.ADMG.parse("X -> R"))
    sampler = program.fit({"X": x, "R": texts}, types={"R": "text"}, family={"R": "language{epochs=2, hidden=(16)}"})
    assert sampler.report().models[0].family == "language"
    sampler.save(tmp_path / "saved")
    drawn = sampler.sample(40, do={"X": 1}, seed=0)
    again = idgen.load(tmp_path / "saved").sample(40, do={"X": 1}, seed=0)
    assert drawn["R"].dtype == object
    assert all(type(text) is str for text in drawn["R"])
    assert drawn["R"].tolist() == again["R"].tolist()
    frame = drawn.to_pandas()
    frame.to_parquet(tmp_path / "drawn.parquet")
    frame.to_csv(tmp_path / "drawn.csv", index=False)
    kept = program.fit({"X": x, "R": texts}, types={"R": "text"})  # rows stand for the law
    assert set(kept.sample(100, do={"X": 1}, seed=0)["R"]) <= set(texts)


# -- tokens -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "a b", "no fever, at all.", "日本語 text", "\x00\n\t  ", "_a__b", "é" * 9])
def test_tokens_say_the_text(text: str) -> None:
    tokens = Tokens.of(["no fever, at all.", "日本語の本"] * 3)
    assert texts_of(tokens.coded([[*tokens.encode(text), END, 70]], 64)) == [text]


def test_what_is_no_letter_can_be_written_to_a_file() -> None:
    tokens = Tokens(())
    (text,) = texts_of(tokens.coded([tokens.encode("\ud800x")], 16))
    assert text == "\ufffd\ufffd\ufffdx"
    assert text.encode()


def test_a_letter_that_does_not_fit_is_left_out() -> None:
    tokens = Tokens(())
    assert texts_of(tokens.coded([tokens.encode("aéé")], 4)) == ["aé"]


# -- files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        {"pieces": [1]},
        {"pieces": ["a", "a"]},
        {"pieces": [""]},
        {"pieces": ["x" * 1000]},
        {"pieces": ["\ud800"]},
        {"pieces": [str(k) for k in range(MOST_WORDS + MOST_LETTERS + 1)]},
        {"pieces": "no list"},
        {"longest": -1},
        {"longest": LONGEST + 1},
        {"longest": True},
        {"longest": 2},
        {"temperature": 0.5},
        {"end": 1},
        {"more": 1},
    ],
)
def test_a_changed_configuration_is_refused(model: Any, changed: dict[str, Any]) -> None:
    config, tensors = model.state()
    with pytest.raises(DataError):
        Language.model.from_state(model.recipe, {**config, **changed}, tensors, model.targets, model.inputs)


def test_a_width_that_the_tensors_do_not_have_is_refused_before_it_is_built(model: Any) -> None:
    config, tensors = model.state()
    with pytest.raises(DataError, match="do not fit"):
        Language.model.from_state(Language(hidden=(8192,) * 64), config, tensors, model.targets, model.inputs)


@pytest.mark.parametrize(
    ("targets", "inputs"), [((X,), ()), ((T, Part("u", dim=8, length=8)), ()), ((T,), (Part("u", dim=8, length=8),))]
)
def test_other_tasks_are_refused(targets: Any, inputs: Any) -> None:
    rows = {"t": coded(["a"]), "u": coded(["b"], 8), "x": torch.zeros(1, dtype=torch.int64)}
    with pytest.raises(DataError, match="language"):
        Language().fit(Task(targets, inputs, rows))
