"""Models of transformers as bound kernels: classifiers of texts, and writers of texts that stand for values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from idgen_compiler.data.arrays import Array
from idgen_compiler.errors import DataError, IdgenError
from idgen_torch.bound.brought import Inputs
from idgen_torch.bound.digest import content_digest, digest_of
from idgen_torch.bound.loaded import Loaded, local_folder, told
from idgen_torch.drawing import categorical

__all__ = ["TextClassifier", "TextWriter"]

Texts = Callable[[Mapping[str, Array]], Sequence[str]]
"""From the inputs to one text for each row."""


class _Language(Loaded):
    """A model of transformers with its tokenizer: the pair of both, or the local folder of both."""

    auto: str

    def __init__(self, source: Any, text: Texts, batch: int | None, offload: bool) -> None:
        super().__init__(source, batch, offload)
        what = type(self).__name__
        if isinstance(source, str | Path):
            local_folder(source)
        elif not (isinstance(source, tuple) and len(source) == 2 and isinstance(source[0], nn.Module)):
            raise DataError(f"{what} wraps a folder or a pair (model, tokenizer), not {source!r:.60}; give one")
        if not callable(text):
            raise DataError(f"{what}(text={text!r:.40}); give a function from the inputs to one text for each row")
        self.text = text

    @property
    def name(self) -> str:
        of = self.source if isinstance(self.source, str | Path) else type(self.source[0]).__name__
        return f"{type(self).__name__}({of})"

    def weights_digest(self, source: Any) -> str:
        model, tokenizer = source
        return digest_of(content_digest(model), content_digest(getattr(tokenizer, "get_vocab", dict)()))

    def load(self) -> Any:
        if isinstance(self.source, tuple):
            return self.source
        try:
            import transformers
        except ImportError as error:
            raise IdgenError(
                f"a model of language needs {error.name}; pip install 'idgen-compiler[language]'"
            ) from None
        folder = local_folder(self.source)
        try:
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
            kind = getattr(transformers, self.auto)
            return kind.from_pretrained(folder, local_files_only=True, use_safetensors=True), tokenizer
        except (OSError, ValueError, TypeError) as error:
            what = " ".join(str(error).split())
            raise DataError(f"{folder} holds no model that can be read ({what:.200}); save it anew") from None

    def modules(self, model: Any) -> Iterator[nn.Module]:
        yield model[0]

    def tokens(self, tokenizer: Any, inputs: Inputs, n: int, device: torch.device) -> dict[str, Any]:
        """The texts as tokens, padded to one length."""
        texts = told(self.name, "text", self.text, inputs, n, str)
        if getattr(tokenizer, "pad_token", None) is None and getattr(tokenizer, "eos_token", None) is not None:
            tokenizer.pad_token = tokenizer.eos_token
        found = tokenizer(texts, padding=True, return_tensors="pt")
        return {name: values.to(device) for name, values in dict(found).items()}


class TextClassifier(_Language):
    """A sequence classifier of transformers: a label is drawn from its softmax, and never the likeliest one taken.

    source: the pair (model, tokenizer), or the local folder of both, read when it is first asked; nothing is fetched.
    text: a function from the inputs to one text for each row.  labels: of the target, in the order of the logits; those
    of the model's configuration where they are left out.  batch, offload: see `Loaded`.
    """

    auto = "AutoModelForSequenceClassification"

    def __init__(
        self,
        source: Any,
        text: Texts,
        *,
        labels: Sequence[Any] | None = None,
        batch: int | None = 64,
        offload: bool = False,
    ) -> None:
        super().__init__(source, text, batch, offload)
        self.labels = None if labels is None else tuple(labels)

    def draw(self, model: Any, inputs: Inputs, n: int, generator: torch.Generator) -> Any:
        network, tokenizer = model
        logits = network(**self.tokens(tokenizer, inputs, n, generator.device)).logits
        config = network.config
        labels = self.labels or tuple(config.id2label[code] for code in range(config.num_labels))
        if tuple(logits.shape) != (n, len(labels)):
            raise DataError(
                f"{self.name} gives logits of shape {tuple(logits.shape)} for {len(labels)} labels; say labels="
            )
        if not bool(logits.isfinite().all()):
            raise DataError(f"{self.name} gives logits that are not finite; load it in another precision")
        listed = np.empty(len(labels), dtype=object)
        listed[:] = labels
        return listed[categorical(logits.float(), generator).cpu().numpy()]


class TextWriter(_Language):
    """A language model of transformers: it goes on from a prompt, and what it writes is read as a value.

    source, text, batch, offload: as of `TextClassifier`.  read: a function from what was written, one text for each
    row, to the target's values; the texts themselves, without spaces around, where it is left out.  tokens: how many it
    writes at most.  temperature: 1 draws from the model's own law, and so nothing else of it is cut off (no top_k, no
    top_p); another one, like further `options` of its generation, draws from another law.
    """

    auto = "AutoModelForCausalLM"

    def __init__(
        self,
        source: Any,
        text: Texts,
        *,
        read: Callable[[list[str]], Any] | None = None,
        tokens: int = 16,
        temperature: float = 1.0,
        options: Mapping[str, Any] | None = None,
        batch: int | None = 16,
        offload: bool = False,
    ) -> None:
        super().__init__(source, text, batch, offload)
        if not temperature > 0:
            raise DataError(
                f"TextWriter(temperature={temperature!r:.40}); give a number above 0, 1 for the model's law"
            )
        self.read = read
        self.most = tokens
        self.temperature = temperature
        self.options = dict(options or {})

    def draw(self, model: Any, inputs: Inputs, n: int, generator: torch.Generator) -> Any:
        network, tokenizer = model
        side = getattr(tokenizer, "padding_side", "left")
        tokenizer.padding_side = "left"  # what is written follows the prompt at once
        try:
            given = self.tokens(tokenizer, inputs, n, generator.device)
        finally:
            tokenizer.padding_side = side
        out = network.generate(**given, generation_config=self._how(network, tokenizer))
        texts = tokenizer.batch_decode(out[:, given["input_ids"].shape[1] :], skip_special_tokens=True)
        if self.read is None:
            return np.array([text.strip() for text in texts], dtype=object)
        return self.read(texts)

    def _how(self, network: Any, tokenizer: Any) -> Any:
        """How it is drawn: what the model's own folder says of cutting off and penalties would be another law."""
        from transformers import GenerationConfig

        own = network.generation_config
        plain = {"do_sample": True, "temperature": self.temperature, "top_k": 0, "top_p": 1.0}
        ends = {"eos_token_id": own.eos_token_id, "bos_token_id": own.bos_token_id}
        pad = own.pad_token_id if own.pad_token_id is not None else tokenizer.pad_token_id
        return GenerationConfig(**{"max_new_tokens": self.most, **plain, **ends, "pad_token_id": pad, **self.options})
