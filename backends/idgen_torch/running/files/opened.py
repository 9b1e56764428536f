"""Opening a store for a fit or for estimates, and what all that is kept there by them depends on."""

from __future__ import annotations

import inspect
import os
from collections.abc import Mapping
from typing import Any

import torch

from idgen_compiler.store import Store
from idgen_torch.families import Family, registry
from idgen_torch.running.files.artefacts import Artefacts
from idgen_torch.running.record import versions

__all__ = ["artefacts_at"]


def artefacts_at(
    where: str | os.PathLike[str], device: torch.device, policies: Mapping[str, Any] | None = None
) -> Artefacts:
    """The artefacts of a store, made where there is none; `policies` are the laws of a fit, as JSON holds them.

    Raises DataError for a place that is no store and cannot be made one.
    """
    used = versions()
    families = {name: code for name in registry.families() if (code := _code_of(registry.family(name)))}
    base = {
        "device": device.type,
        "versions": {**used, "python": used["python"].rpartition(".")[0]},
        "families": families,
    }
    return Artefacts(Store.open(where), base, policies or {})


def _code_of(kind: type[Family]) -> str:
    """The text of a family that a user wrote, so that another text is another fit; empty for ours."""
    if kind.__module__.split(".")[0] == __name__.split(".")[0]:
        return ""
    try:
        return inspect.getsource(kind) + inspect.getsource(kind.model)
    except (OSError, TypeError):  # written at a prompt
        return f"{kind.__module__}.{kind.__qualname__}"
