"""The audit of an image translator: which attributes appear when it is told another sex, P(A | do(Male)).

Source: Rahman, Jordan and Kocaoglu (NeurIPS 2024), section 4.2 and appendix F.3. The graph is theirs: an original I1
causes the labels Male and Young, which have a hidden common cause, and with them its translation I2; P1 and P2 are what
a classifier reads off both, and A is what P2 has and P1 lacks. Nothing is trained: translator and classifier are
brought, and rows of the data are what P(I1, Young) and P(I1 | Young) are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from idgen_compiler.compile import compile
from idgen_compiler.data.kinds import Categorical, Composite, Image
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.hinge.backend import Sampler
from idgen_compiler.program import Program
from idgen_compiler.query import Query

__all__ = ["BROUGHT", "GRAPH", "QUERIES", "Audit", "Translate"]

GRAPH = "I1 -> Male, Young; Male <-> Young; I1, Male, Young -> I2; I1 -> P1; I2 -> P2; P1, P2 -> A"
QUERIES = ("P(A | do(Male))", "P(A | do(Male), Young)")
BROUGHT: Mapping[str, Any] = {
    "bound": ("I2 | I1, Male, Young",),
    "functions": {"P1": ("I1",), "P2": ("I2",), "A": ("P1", "P2")},
    "unobserved": ("I2", "P1", "P2", "A"),
}
"""What is brought to the compiler: a translator as a kernel, a classifier and a difference as functions."""

FEMALE = 0

Pictures = NDArray[np.uint8]
Flags = NDArray[Any]
Translate = Callable[[Mapping[str, Any], int, torch.Generator], Pictures]
"""Pictures and labels {I1: (n, 3, h, w) bytes, Male: (n,), Young: (n,)}, n, a generator -> pictures, as bytes too."""


def program() -> Program:
    """Both queries as one program: they share every kernel, and the rows.

    >>> [op.targets for op in program().bindings], len(program().samplers)
    ([('I2',), ('P1',), ('P2',), ('A',)], 2)
    """
    return compile([Query.parse(text) for text in QUERIES], ADMG.parse(GRAPH), **BROUGHT)


@dataclass(frozen=True, eq=False)
class Audit:
    """Rows of faces and the classifier that reads them.

    `read` is given pictures and returns 0 or 1 for each attribute. Shapes: pictures (n, 3, h, w), male and young (n,).
    """

    attributes: tuple[str, ...]
    read: Callable[[Pictures], Any]
    pictures: Pictures
    male: Flags
    young: Flags

    def fit(self, translate: Translate, seed: int, device: str = "auto") -> Sampler:
        """The program with a translator in it, which is called before anything else, and checked."""
        flags = Composite(tuple((name, Categorical((0, 1), "int64")) for name in self.attributes))
        return program().fit(
            {"I1": self.pictures, "Male": self.male, "Young": self.young},
            backend="torch",
            bind={
                "I2 | I1, Male, Young": translate,
                "P1 | I1": lambda inputs: self._fields(self.read(inputs["I1"])),
                "P2 | I2": lambda inputs: self._fields(self.read(inputs["I2"])),
                "A | P1, P2": self._added,
            },
            types={"I2": Image(*self.pictures.shape[1:]), "P1": flags, "P2": flags, "A": flags},
            family={"I1": "matched"},  # faces as they are, also where there are few: none is made up
            seed=seed,
            device=device,
            progress=False,
        )

    def shares(self, sampler: Sampler, n: int, seed: int, young: int | None = None) -> NDArray[np.float64]:
        """P(A | do(Male = 0)), or given Young: the share of n samples in which each attribute was added."""
        query = Query.parse(QUERIES[young is not None])
        given = {} if young is None else {"Young": young}
        added = sampler.sample(n, do={"Male": FEMALE}, given=given, query=query, seed=seed)["A"]
        return np.array([np.mean(added[name] == 1) for name in self.attributes])

    def shares_among(self, translate: Translate, rows: NDArray[Any], seed: int) -> NDArray[np.float64]:
        """The share of some rows to which translating to Male = 0 adds each attribute, without any do.

        Shapes: rows (rows,) places or (n,) bool -> (attributes,).
        """
        pictures, young = self.pictures[rows], self.young[rows]
        generator = torch.Generator().manual_seed(seed)
        inputs = {"I1": pictures, "Male": np.full(len(pictures), FEMALE), "Young": young}
        before = np.asarray(self.read(pictures))
        after = np.asarray(self.read(translate(inputs, len(pictures), generator)))
        return np.asarray(((after == 1) & (before == 0)).mean(axis=0))

    def _fields(self, found: Any) -> NDArray[Any]:
        """Flags by attribute.  Shape: (n, attributes) -> (n,) with a field for each attribute."""
        flags = np.asarray(found)
        columns = dict(zip(self.attributes, flags.T, strict=True))
        return _structured(self.attributes, columns, len(flags))

    def _added(self, inputs: Mapping[str, Any]) -> NDArray[Any]:
        """A: there afterwards and not before."""
        before, after = inputs["P1"], inputs["P2"]
        columns = {name: (after[name] == 1) & (before[name] == 0) for name in self.attributes}
        return _structured(self.attributes, columns, len(before))


def _structured(names: Sequence[str], columns: Mapping[str, Any], n: int) -> NDArray[Any]:
    out = np.empty(n, np.dtype([(name, np.int64) for name in names]))
    for name in names:
        out[name] = columns[name]
    return out
