"""What makes numbers of texts where it is not hashing: a function of a user's, or a model in a folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from idgen_compiler.data.arrays import Array, as_numpy
from idgen_compiler.data.kinds.encoders import function_of
from idgen_compiler.errors import DataError

__all__ = ["embedded"]

AT_ONCE = 32
"""A model in a folder reads so many texts together."""


def embedded(encoder: str, texts: Sequence[str]) -> Array:
    """What an encoder makes of some texts.  Shape: -> (texts, d) float32.

    Raises DataError, naming the encoder, for one that is not there, and for what is no array of finite numbers.
    """
    function = function_of(encoder)
    made = _in_folder(encoder)(texts) if function is None else function(list(texts))
    try:
        found = np.asarray(as_numpy(made), dtype=np.float32)
    except (TypeError, ValueError):
        raise DataError(f"the encoder {encoder!r:.80} gives no array of numbers ({type(made).__name__})") from None
    if found.ndim != 2 or len(found) != len(texts) or not found.shape[1]:
        raise DataError(
            f"the encoder {encoder!r:.80} gives the shape {found.shape} for {len(texts)} texts; give ({len(texts)}, d)"
        )
    if not np.isfinite(found).all():
        raise DataError(f"the encoder {encoder!r:.80} gives NaN or infinity; give finite numbers")
    return found


@lru_cache(maxsize=2)
def _in_folder(folder: str) -> Callable[[Sequence[str]], Any]:
    """The model of sentence-transformers or transformers in a folder; nothing is fetched, and no code of its own runs.

    Raises DataError where there is none, or its library is not installed.
    """
    path = Path(folder)
    if not path.is_dir():
        raise DataError(f"the encoder {folder!r:.80} is no folder here; nothing is fetched, so bring the model there")
    library = "sentence-transformers" if (path / "modules.json").is_file() else "transformers"
    try:
        return _sentences(path) if library == "sentence-transformers" else _averaged(path)
    except ImportError as error:
        raise DataError(f"reading texts by {folder!r:.80} needs {library} ({error}); pip install {library}") from None
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        told = " ".join(str(error).split())[:200]
        raise DataError(f"the model in {folder!r:.80} cannot be loaded ({told})") from None


def _sentences(path: Path) -> Callable[[Sequence[str]], Any]:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(
        str(path), device="cpu", local_files_only=True, trust_remote_code=False, model_kwargs={"use_safetensors": True}
    )
    return lambda texts: model.encode(list(texts), batch_size=AT_ONCE, show_progress_bar=False)


def _averaged(path: Path) -> Callable[[Sequence[str]], Any]:
    """The mean of a transformer's last hidden states over the tokens of each text."""
    from transformers import AutoModel, AutoTokenizer

    told: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    tokenizer = AutoTokenizer.from_pretrained(str(path), **told)
    model = AutoModel.from_pretrained(str(path), use_safetensors=True, **told).float().eval()
    longest = min(int(tokenizer.model_max_length), int(getattr(model.config, "max_position_embeddings", 512) or 512))
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token

    @torch.no_grad()
    def read(texts: Sequence[str]) -> Array:
        found = []
        for start in range(0, len(texts), AT_ONCE):
            # A lone surrogate is no Unicode, which tokenizers insist on.
            piece = [t.encode("utf-8", "replace").decode() or " " for t in texts[start : start + AT_ONCE]]
            asked = tokenizer(piece, padding=True, truncation=True, max_length=longest, return_tensors="pt")
            there = asked["attention_mask"].unsqueeze(-1).float()
            states = model(input_ids=asked["input_ids"], attention_mask=asked["attention_mask"]).last_hidden_state
            found.append(((states * there).sum(1) / there.sum(1).clamp(min=1)).numpy())
        return np.concatenate(found) if found else np.zeros((0, model.config.hidden_size), dtype=np.float32)

    return read
