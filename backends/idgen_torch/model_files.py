"""One trained model on disk: its tensors in a safetensors file, the rest in a record of JSON values."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError

from idgen_compiler.errors import DataError, IdgenError
from idgen_torch.atomic import write_atomically
from idgen_torch.families import ConditionalModel, family
from idgen_torch.parts import Part
from idgen_torch.schema_json import checked_keys, entry

__all__ = ["Record", "read_model", "write_model"]

Record = dict[str, Any]
"""What JSON keeps of a model: family, config, file, sha256."""


def write_model(folder: Path, name: str, model: ConditionalModel) -> Record:
    """Write a model's tensors as `name.safetensors` and return the record that `read_model` needs."""
    config, tensors = model.state()
    # safetensors refuses views that share memory, and copies nothing from a GPU.
    content = safetensors.torch.save({key: t.detach().cpu().clone().contiguous() for key, t in tensors.items()})
    file = f"{name}.safetensors"
    write_atomically(folder / file, content)
    return {"family": model.family, "config": config, "file": file, "sha256": hashlib.sha256(content).hexdigest()}


def read_model(
    folder: Path, name: str, record: Any, targets: Sequence[Part], inputs: Sequence[Part], device: torch.device
) -> ConditionalModel:
    """The model that `write_model` wrote.  Raises DataError when the record or the file is not what was written."""
    where = f"the saved model {name}"
    checked_keys(where, record, {"family", "config", "file", "sha256"})
    if record["file"] != f"{name}.safetensors":
        raise DataError(
            f"{where} points to the file {record['file']!r}, not {name}.safetensors; save the sampler again"
        )
    path = folder / record["file"]
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{where} has no file {path.name} ({error.strerror}); save the sampler again") from None
    if hashlib.sha256(content).hexdigest() != record["sha256"]:
        raise DataError(f"{path} is truncated or was changed after it was saved; save the sampler again")
    kind = family(entry(record, "family", str))
    try:
        tensors = safetensors.torch.load(content)
        model = kind.from_state(entry(record, "config", dict), tensors, targets, inputs)
    except IdgenError as error:
        raise DataError(f"{where}: {error}") from error
    except (SafetensorError, KeyError, IndexError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise DataError(f"{where} does not fit its configuration ({error}); save the sampler again") from error
    return model.to(device)
