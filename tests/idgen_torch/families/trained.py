"""Models trained by recipes, from parts and rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from idgen_compiler.data.part import Part
from idgen_torch.families import Family, Run, Task
from idgen_torch.parts import Values

__all__ = ["trained"]


def trained(
    recipe: Family,
    targets: Sequence[Part],
    inputs: Sequence[Part],
    rows: Values,
    *,
    weights: torch.Tensor | None = None,
    **run: Any,
) -> Any:
    """A model of these parts; `run` as in `Run`."""
    return recipe.fit(Task(tuple(targets), tuple(inputs), rows, weights), Run(**run))
