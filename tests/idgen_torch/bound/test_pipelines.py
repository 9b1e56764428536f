"""Pipelines of diffusers and models of transformers as bound kernels: tiny ones, of random weights, offline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import idgen_compiler as idgen
from idgen_compiler.data.kinds import Image
from idgen_compiler.errors import DataError, DataWarning
from idgen_torch.bound import Pipeline, TextClassifier, TextWriter
from tests.pipelines import class_pipeline, text_pipeline

ROWS = 60
RNG = np.random.default_rng(0)
DATA: dict[str, Any] = {
    "K": RNG.choice(np.array(["cat", "dog"], dtype=object), ROWS),
    "P": RNG.integers(0, 256, (ROWS, 3, 8, 8)).astype(np.uint8),
}
QUIET: dict[str, Any] = {"check_graph": False, "progress": False}
FAST: dict[str, Any] = {"num_inference_steps": 2}


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def words(inputs: Any) -> list[str]:
    return [f"a picture of a {kind}" for kind in inputs["K"]]


def drawn(kernel: Pipeline, seed: int = 0, n: int = 5) -> Any:
    return kernel({name: values[:n] for name, values in DATA.items()}, n, generator(seed))


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pipelines") / "classes"
    class_pipeline().save_pretrained(folder)
    return folder


def test_pictures_of_a_class() -> None:
    kernel = Pipeline(class_pipeline(), classes="K", labels=("cat", "dog"), options=FAST)
    before = torch.get_rng_state()
    first, again, other = drawn(kernel), drawn(kernel), drawn(kernel, seed=1)
    assert first.shape == (5, 3, 8, 8)
    assert 0 <= first.min() < first.max() <= 1
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert bool((before == torch.get_rng_state()).all())


def test_a_class_makes_a_difference() -> None:
    kernel = Pipeline(class_pipeline(), classes="K", labels=("cat", "dog"), options=FAST)
    cats, dogs = (kernel({"K": np.array([kind] * 3, dtype=object)}, 3, generator()) for kind in ("cat", "dog"))
    assert np.abs(cats - dogs).max() > 1e-3
    with pytest.raises(DataError, match="K has the label 'cow', which labels= does not list"):
        kernel({"K": np.array(["cow"], dtype=object)}, 1, generator())
    with pytest.raises(DataError, match=r"K holds .*, no numbers of classes; say labels="):
        drawn(Pipeline(class_pipeline(), classes="K", options=FAST))
    with pytest.raises(DataError, match="classes='Q' is no input; the kernel has K, P"):
        drawn(Pipeline(class_pipeline(), classes="Q", options=FAST))


def test_pictures_of_a_text_and_from_a_picture() -> None:
    told = drawn(Pipeline(text_pipeline(), prompt=words, options=FAST))
    assert told.shape == (5, 3, 8, 8)
    other = drawn(Pipeline(text_pipeline(), prompt=lambda inputs: ["x"] * len(inputs["K"]), options=FAST))
    assert np.abs(told - other).max() > 1e-3
    begun = drawn(Pipeline(text_pipeline(), prompt=words, image="P", options=FAST))
    assert np.abs(told - begun).max() > 1e-3
    for prompt, message in (
        (lambda inputs: "one", "prompt= gives 'one'; return one str for each of the 5 rows"),
        (lambda inputs: ["one"], "prompt= gives 1 values; return one str for each of the 5 rows"),
        (lambda inputs: inputs["Q"], "prompt= raises KeyError: 'Q'"),
    ):
        with pytest.raises(DataError, match=message):
            drawn(Pipeline(text_pipeline(), prompt=prompt, options=FAST))


def test_pictures_that_a_checker_blacked_out_are_told_of() -> None:
    pipeline = text_pipeline()
    pipeline.refused = "dog"
    dogs = int((DATA["K"][:5] == "dog").sum())
    assert 0 < dogs < 5
    with pytest.warns(DataWarning, match=f"blacked out {dogs} of 5 pictures that its safety checker refused"):
        drawn(Pipeline(pipeline, prompt=words, options=FAST))


def test_a_folder_is_read_when_it_is_first_asked(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.pipelines import ClassPipeline

    asked: list[dict[str, Any]] = []
    reading = ClassPipeline.from_pretrained

    def watched(folder: Any, **how: Any) -> Any:
        asked.append(how)
        return reading(folder, **how)

    monkeypatch.setattr(ClassPipeline, "from_pretrained", watched)
    kernel = Pipeline(saved, kind=ClassPipeline, classes="K", labels=("cat", "dog"), options=FAST)
    digest = kernel.digest
    assert asked == []
    first = drawn(kernel)
    assert asked == [{"local_files_only": True, "use_safetensors": True}]
    np.testing.assert_array_equal(
        first, drawn(Pipeline(reading(saved), classes="K", labels=("cat", "dog"), options=FAST))
    )
    assert kernel.digest == digest
    (saved / "note.txt").write_text("other", encoding="utf-8")
    assert Pipeline(saved, kind=ClassPipeline, classes="K", labels=("cat", "dog"), options=FAST).digest != digest
    with pytest.raises(DataError, match="holds no pipeline that can be read"):
        drawn(Pipeline(saved / "unet", classes="K", labels=("cat", "dog")))


def test_digests_are_of_weights_and_options() -> None:
    pipelines = [class_pipeline(seed) for seed in (0, 0, 1)]
    same, twin, other = (Pipeline(pipeline, classes="K", options=FAST).digest for pipeline in pipelines)
    assert same == twin != other
    more = Pipeline(pipelines[0], classes="K", options=FAST, batch=1).digest
    less = Pipeline(pipelines[0], classes="K", options={"num_inference_steps": 3}).digest
    assert same == more != less


def test_a_fit_with_a_pipeline_of_what_no_table_holds() -> None:
    graph = idgen.ADMG.parse("P -> K; K, P -> Q; Q -> B")
    program = idgen.compile(
        idgen.Query.parse("P(B | do(K))"), graph, bound=["Q | K, P"], functions={"B": ("Q",)}, unobserved=["Q", "B"]
    )
    kernel = Pipeline(text_pipeline(), prompt=words, image="P", options=FAST, batch=4)
    bright = {"Q": kernel, "B": lambda inputs: inputs["Q"].mean((1, 2, 3)) / 255}
    sampler = program.fit(DATA, bind=bright, types={"Q": Image(3, 8, 8)}, **QUIET)
    drawn = sampler.sample(10, do={"K": "cat"}, seed=0)["B"]
    np.testing.assert_array_equal(drawn, sampler.sample(10, do={"K": "cat"}, seed=0)["B"])
    assert 0 < drawn.min() < drawn.max() < 1
    assert "Q | K, P  [bound, Pipeline(TextPipeline)]" in str(sampler.report())


def language(kind: str) -> tuple[Any, Any]:
    """A tiny model of transformers with a tokenizer of a few words."""
    transformers = pytest.importorskip("transformers")
    from tokenizers import Tokenizer, models, pre_tokenizers

    known = {word: code for code, word in enumerate(["<pad>", "<end>", "a", "picture", "of", "cat", "dog"])}
    plain = Tokenizer(models.WordLevel(known, unk_token="<end>"))
    plain.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=plain, pad_token="<pad>", eos_token="<end>", unk_token="<end>"
    )
    config = transformers.GPT2Config(vocab_size=len(known), n_positions=32, n_embd=8, n_layer=1, n_head=2, num_labels=2,
                                     pad_token_id=0, eos_token_id=1, bos_token_id=1)  # fmt: skip
    torch.manual_seed(0)
    return getattr(transformers, kind)(config), tokenizer


def test_a_classifier_draws_from_its_softmax(tmp_path: Path) -> None:
    model, tokenizer = language("GPT2ForSequenceClassification")
    model.config.id2label = {0: "bad", 1: "good"}
    with torch.no_grad():
        model.score.weight.zero_()
    inputs = {"K": np.array(["cat", "dog"] * 500, dtype=object)}
    kernel = TextClassifier((model.train(), tokenizer), words)
    before = torch.get_rng_state()
    drawn = kernel(inputs, 1000, generator())
    assert abs((drawn == "good").mean() - 0.5) < 0.05
    np.testing.assert_array_equal(drawn, kernel(inputs, 1000, generator()))
    assert bool((before == torch.get_rng_state()).all())
    assert not model.training
    model.save_pretrained(tmp_path / "m")
    tokenizer.save_pretrained(tmp_path / "m")
    read = TextClassifier(tmp_path / "m", words, labels=(0, 1))
    assert set(read(inputs, 1000, generator())) == {0, 1}
    assert read.digest != kernel.digest
    with pytest.raises(DataError, match="for 3 labels; say labels="):
        TextClassifier((model, tokenizer), words, labels=(0, 1, 2))(inputs, 1000, generator())


def test_a_writer_draws_from_the_models_own_law() -> None:
    model, tokenizer = language("GPT2LMHeadModel")
    model.generation_config.top_k = 1  # what its folder says of cutting off is no part of its law
    inputs = {"K": np.array(["cat", "dog"] * 100, dtype=object)}
    kernel = TextWriter((model, tokenizer), words, tokens=1, read=lambda texts: [len(text) for text in texts])
    before = torch.get_rng_state()
    drawn = kernel(inputs, 200, generator())
    assert len(drawn) == 200
    assert len(set(drawn)) > 2
    assert drawn == kernel(inputs, 200, generator())
    assert drawn != kernel(inputs, 200, generator(1))
    assert bool((before == torch.get_rng_state()).all())
    assert set(TextWriter((model, tokenizer), words, tokens=1)(inputs, 200, generator())) > {"cat", "dog"}
