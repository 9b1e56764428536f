"""One trained model on disk: its tensors in a safetensors file, the rest in a record of JSON values."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from idgen_compiler.data.atomic import check_regular, read_regular, whole_or_absent
from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError, IdgenError
from idgen_torch.entries import checked_keys, entry
from idgen_torch.families.family import ConditionalModel, ready
from idgen_torch.families.saved import read_recipe, recipe_record

__all__ = ["Record", "owned", "read_model", "write_model"]

LARGE = 2**26
"""Tensors and files of so many bytes (64 MiB), which hold rows of the data, are neither copied nor read as a whole."""

Record = dict[str, Any]
"""What JSON keeps of a model: family and options of its recipe, config, file, sha256."""


def write_model(folder: Path, name: str, model: ConditionalModel) -> Record:
    """Write a model's tensors as `name.safetensors` and return the record that `read_model` needs."""
    config, tensors = model.state()
    file = f"{name}.safetensors"
    with whole_or_absent(folder / file) as partial:
        try:
            safetensors.torch.save_file({key: owned(t.detach().cpu()) for key, t in tensors.items()}, partial)
        except SafetensorError as error:
            raise OSError(str(error)) from error
        digest = _digest(partial)
    return {**recipe_record(model.recipe), "config": config, "file": file, "sha256": digest}


def owned(values: Tensor) -> Tensor:
    """Values that fill a storage of their own, as safetensors wants them; many rows are not copied for nothing."""
    whole = values.is_contiguous() and values.untyped_storage().nbytes() == values.nbytes
    return values if whole and values.nbytes >= LARGE else values.clone(memory_format=torch.contiguous_format)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_model(
    folder: Path, name: str, record: Any, targets: Sequence[Part], inputs: Sequence[Part], device: torch.device
) -> ConditionalModel:
    """The model that `write_model` wrote.  Raises DataError when the record or the file is not what was written."""
    where = f"the saved model {name}"
    checked_keys(where, record, {"family", "options", "config", "file", "sha256"})
    if record["file"] != f"{name}.safetensors":
        raise DataError(
            f"{where} points to the file {record['file']!r}, not {name}.safetensors; save the sampler again"
        )
    path = folder / record["file"]
    try:
        content = None if check_regular(path) >= LARGE else read_regular(path)  # a large one is mapped into memory
        if content is None:
            with safe_open(path, framework="pt"):  # what it says of its length is looked at before it is read
                pass
        digest = _digest(path) if content is None else hashlib.sha256(content).hexdigest()
    except OSError as error:
        raise DataError(f"{where} has no file {path.name} ({error.strerror}); save the sampler again") from None
    except SafetensorError as error:
        raise DataError(f"{path} is truncated or no file of tensors ({error}); save the sampler again") from None
    if digest != record["sha256"]:
        raise DataError(f"{path} is truncated or was changed after it was saved; save the sampler again")
    recipe = read_recipe(record)
    try:
        tensors = safetensors.torch.load_file(path) if content is None else safetensors.torch.load(content)
        model = ready(recipe.model.from_state(recipe, entry(record, "config", dict), tensors, targets, inputs))
    except IdgenError as error:
        raise DataError(f"{where}: {error}") from error
    except (SafetensorError, KeyError, IndexError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise DataError(f"{where} does not fit its configuration ({error}); save the sampler again") from error
    return model.to(device)
