"""What somebody's own code is, in keys: an encoder of texts or a network under the same name may be another one."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from idgen_compiler.data.kinds.encoders import HASH, function_of
from idgen_compiler.data.part import Form, Part
from idgen_torch.bound.digest import content_digest, digest_of, files_digest
from idgen_torch.families import Task
from idgen_torch.families.texts.encoders import embedded
from idgen_torch.families.texts.reader import PROBES
from idgen_torch.nets.own import known_builders

__all__ = ["encoder_digest", "network_digests"]

_DIRECTIONS = 4
"""So many numbers stand for an encoder's answer to a text, to a hundredth of the largest."""


def encoder_digest(part: Part) -> str | None:
    """What tells the encoder of a text from another of its name; None where there is none, or it is hashing.

    What is written or saved of it counts, and what it answers to a few texts.
    """
    if part.form is not Form.TEXTS or part.encoder in (None, "", HASH):
        return None
    function = function_of(part.encoder)
    own = files_digest(Path(part.encoder)) if function is None else content_digest(function, deep=True)
    return digest_of(own, *_answers(part.encoder))


def _answers(encoder: str) -> list[str]:
    """A few directions of what it answers, coarse enough that rounding on another machine is no change."""
    found = embedded(encoder, PROBES).astype(np.float64)
    along = found @ np.random.default_rng(0).normal(size=(found.shape[1], _DIRECTIONS))
    largest = float(np.abs(along).max()) or 1.0
    return [str(found.shape), f"{largest:.1e}", *(str(round(100 * each / largest)) for each in along.reshape(-1))]


def network_digests(task: Task) -> dict[str, str]:
    """What tells the networks of somebody's own, which may be trained for pictures, from others of their names."""
    if not any(part.form is Form.PICTURES for part in task.targets):
        return {}
    return {name: content_digest(builder, deep=True) for name, builder in sorted(known_builders().items())}
