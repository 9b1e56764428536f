"""Data from random structural models of a graph, with hidden causes at its bidirected edges."""

from __future__ import annotations

from typing import Any

import numpy as np

from idgen_compiler.graph import ADMG
from idgen_compiler.verify.models import CausalModel

__all__ = ["discrete", "linear"]

Data = dict[str, np.ndarray[Any, np.dtype[Any]]]


def discrete(graph: ADMG, rows: int, seed: int) -> Data:
    """Rows of a random discrete model."""
    joint = CausalModel.random(graph, seed).observational()
    generator = np.random.default_rng(seed)
    cells = generator.choice(joint.table.size, size=rows, p=joint.table.astype(float).reshape(-1))
    return dict(zip(joint.variables, np.unravel_index(cells, joint.table.shape), strict=True))


def linear(graph: ADMG, rows: int, seed: int) -> Data:
    """Rows of a random linear Gaussian model: every coefficient is between 0.5 and 1 in size."""
    generator = np.random.default_rng(seed)
    data = {name: generator.normal(size=rows) for name in graph.order}
    for a, b in graph.bidirected:
        hidden = generator.normal(size=rows)
        data[a], data[b] = data[a] + hidden, data[b] + hidden
    for name in graph.order:
        for parent in sorted(graph.parents([name])):
            data[name] = data[name] + generator.uniform(0.5, 1) * generator.choice([-1, 1]) * data[parent]
    return data
