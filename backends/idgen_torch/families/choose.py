"""Which family a model gets when nobody says."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

import torch
from torch import Tensor

from idgen_compiler.errors import DataError
from idgen_torch.drawing import generator_for
from idgen_torch.families.base import row_count
from idgen_torch.families.numbers.classifier import Classifier
from idgen_torch.families.tables.cells import cell_count
from idgen_torch.families.tables.factored import Factored
from idgen_torch.families.tables.matched import Matched
from idgen_torch.options import FitOptions
from idgen_torch.parts import Part, Rows
from idgen_torch.training.ensemble import split

__all__ = ["choose"]

TABLE_ROWS = 200
"""With so many rows for each cell, one table of everything is at the plug-in floor."""

FACTORED_ROWS = 100
"""With so many rows for each cell of its links, factored tables beat a classifier even on additive laws (measured)."""


WIDE, WIDE_FROM_IMAGES = 24, 8
"""From so many entries on, vectors are drawn all at once, by diffusion, and not one entry after the other: given plain
inputs, and given images (measured)."""


def choose(
    targets: Sequence[Part],
    inputs: Sequence[Part],
    rows: Rows,
    weights: Tensor | None = None,
    *,
    likelihood: bool = False,
) -> str:
    """The name of the family for these parts and rows.

    - no inputs: `resample`
    - image targets: `matched` rows where all inputs are categories with enough rows for each combination, `diffusion`
      otherwise; images with other targets: `chain`
    - other targets with an image among the inputs: `from-images`, or for wide vectors `vector-diffusion`
    - real targets: `flow`, or where they are wide `vector-diffusion`; real and discrete ones: `chain`
    - discrete targets with a real input: `classifier`
    - all discrete: `table` where every joint cell has plenty of rows, `factored` where every target's relevant cells
      have enough; otherwise whichever of `factored` and `classifier` predicts held-out rows better

    With `likelihood` only among families whose `log_prob` is defined; raises DataError for images then. Where the extra
    `images` is not installed, wide vectors get what narrower ones get.
    """
    pictures = [part.name for part in targets if part.image]
    if likelihood and pictures:
        raise DataError(f"{pictures[0]} is an image, whose density no model knows; compile with realize='regenerate'")
    numbers = sum(part.dim for part in targets if not part.discrete)
    if not inputs and not (likelihood and numbers):
        return "resample"
    if pictures:
        if not all(part.image for part in targets):
            return "chain"
        return "matched" if Matched.covers(inputs, rows, weights) else "diffusion"
    from_image = any(part.image for part in inputs)
    wide = numbers >= (WIDE_FROM_IMAGES if from_image else WIDE) and not likelihood and _can_diffuse()
    if from_image and not wide:
        return "from-images"
    if numbers:
        mixed = any(part.discrete for part in targets)
        return "chain" if mixed else "vector-diffusion" if wide else "flow"
    if not all(part.discrete for part in inputs):
        return "classifier"
    count = row_count([*targets, *inputs], rows, weights)
    effective = count if weights is None else float(weights.double().sum().square() / weights.double().square().sum())
    if cell_count(inputs) * cell_count(targets) * TABLE_ROWS <= effective:
        return "table"
    found = Factored.selections(targets, inputs, rows, weights)
    links = [cell_count((*selection.parts, target)) for selection, target in zip(found, targets, strict=True)]
    if all(selection.complete for selection in found) and max(links) * FACTORED_ROWS <= effective:
        return "factored"
    return _likelier(targets, inputs, rows, weights, count)


def _can_diffuse() -> bool:
    return all(find_spec(library) is not None for library in ("accelerate", "diffusers"))


def _likelier(targets: Sequence[Part], inputs: Sequence[Part], rows: Rows, weights: Tensor | None, count: int) -> str:
    """The better of `factored` and a single classifier on held-out rows; the same answer for the same rows."""
    parts = split(count, 0.1, generator_for(0), weights)
    names = [part.name for part in (*targets, *inputs)]
    learn = {name: rows[name].cpu()[parts.train] for name in names}
    check = {name: rows[name].cpu()[parts.held_out] for name in names}
    mass = None if weights is None else weights.cpu()
    scores = []
    for kind in (Factored, Classifier):
        model = kind.fit(
            targets,
            inputs,
            learn,
            weights=None if mass is None else mass[parts.train],
            options=FitOptions(ensemble=1),
        )
        log_prob = model.log_prob(check).double()
        scores.append(float(torch.mean(log_prob) if mass is None else (log_prob * mass[parts.held_out]).sum()))
    return Factored.family if scores[0] >= scores[1] else Classifier.family
