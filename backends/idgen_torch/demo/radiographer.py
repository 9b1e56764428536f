"""A program that sets a report: a rule labeller and a generator of pictures that are brought to it, and plain models.

Source: Rahman, Jordan and Kocaoglu (NeurIPS 2024), section 4.3. The labeller answers where a report mentions an
attribute, and asks the conditional that was trained for it otherwise; the generator of pictures was trained before, and
no table of the program has any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from idgen_compiler.compile import compile
from idgen_compiler.data.kinds import Image, Text
from idgen_compiler.demo.radiology.labeller import ATTRIBUTES, SILENT, said_of
from idgen_compiler.demo.radiology.patients import GRAPH, Patients
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.hinge.backend import Sampler
from idgen_compiler.program import Program
from idgen_compiler.query import Query

__all__ = [
    "BROUGHT",
    "KERNELS",
    "LAWS",
    "QUERY",
    "Labeller",
    "Pictures",
    "Radiographer",
    "Training",
    "fitted",
    "named",
    "plain",
    "program",
    "set_to",
]

QUERY, LAWS = "P(N, E, A, L, X | do(R))", "P(N, E, A, L | do(R))"
"""The question, and the same without pictures, which are slow to draw."""

KERNELS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "E": ("P(E | do(N, R))", ("N", "R")),
    "A": ("P(A | do(E, N, R))", ("E", "N", "R")),
    "L": ("P(L | do(A, E, N, R))", ("A", "E", "N", "R")),
    "X": ("P(X | do(A, E, L))", ("A", "E", "L")),
}
"""Variable -> the query that its kernel answers alone, and what it is given."""

BROUGHT: Mapping[str, Any] = {
    "bound": tuple(f"{name} | {', '.join(given)}" for name, (_, given) in KERNELS.items()),
    "fallbacks": ATTRIBUTES,
    "unobserved": ("X",),
}
"""What is brought to the compiler: labellers with trained fallbacks, and a generator of pictures that no table has."""

Pictures = NDArray[np.uint8]


def program() -> Program:
    """The question and each of its kernels as one program, which shares every model.

    >>> [(op.targets[0], op.fallback) for op in program().bindings]
    [('E', ('%m0',)), ('A', ('%m1',)), ('L', ('%m2',)), ('X', ())]
    """
    texts = (LAWS, QUERY, *(query for query, _ in KERNELS.values()))
    return compile([Query.parse(text) for text in texts], ADMG.parse(GRAPH), **BROUGHT)


@dataclass(frozen=True)
class Labeller:
    """A kernel of one attribute: what the report says of it, and what was learned where it says nothing."""

    name: str

    def __call__(self, inputs: Mapping[str, Any], n: int, generator: torch.Generator, fallback: Any) -> NDArray[Any]:
        """0 or 1 for each row of {R: (n,) reports, N: (n,), ...}.  Shape: (n,)."""
        found = said_of(inputs["R"])[:, ATTRIBUTES.index(self.name)]
        silent = np.flatnonzero(found == SILENT)
        if len(silent):
            found[silent] = fallback({name: np.asarray(values)[silent] for name, values in inputs.items()})
        return found


@dataclass(frozen=True)
class Training:
    """How models of pictures are trained: `steps`, widths of the network, and steps of drawing."""

    steps: int
    channels: tuple[int, ...] = (16, 32)
    sampling_steps: int = 12

    def options(self, seed: int, device: str) -> dict[str, Any]:
        """As a fit takes them."""
        images = {"steps": self.steps, "channels": self.channels, "sampling_steps": self.sampling_steps}
        return {
            "backend": "torch", "seed": seed, "device": device, "family": {"X": "diffusion"}, "images": images,
            "progress": False,
        }  # fmt: skip


@dataclass(frozen=True, eq=False)
class Radiographer:
    """A kernel of P(X | A, E, L): a diffusion model, trained once."""

    sampler: Sampler

    @classmethod
    def train(cls, some: Patients, training: Training, seed: int, device: str = "auto") -> Radiographer:
        """Train on pictures and what they show."""
        made = compile(Query.parse("P(X | do(A, E, L))"), ADMG.parse("A, E, L -> X"))
        columns = {name: some.data[name] for name in ("A", "E", "L", "X")}
        types = dict.fromkeys(ATTRIBUTES, "categorical")
        return cls(made.fit(columns, types=types, **training.options(seed, device)))

    def __call__(self, inputs: Mapping[str, Any], n: int, generator: torch.Generator) -> Pictures:
        """Pictures for each row of {A: (n,), E: (n,), L: (n,)}.  Shape: (n, 1, side, side) bytes."""
        seed = int(torch.randint(2**62, (1,), generator=generator, device=generator.device))
        drawn: Pictures = self.sampler.sample(n, do={name: inputs[name] for name in ATTRIBUTES}, seed=seed)["X"]
        return drawn


def set_to(prompts: Sequence[str], each: int) -> dict[str, NDArray[Any]]:
    """do(R), `each` times in turn for every prompt: rows k, k + len(prompts), ... are those of prompt k."""
    return {"R": np.tile(np.array(prompts, dtype=object), each)}


def fitted(
    rows: Patients, painter: Radiographer, encoder: Any, seed: int, device: str = "auto", **options: Any
) -> Sampler:
    """The program on reports and labels, with labellers and the radiographer in it.

    `encoder` makes numbers of reports for what is trained (see `Text`).
    """
    columns = {name: values for name, values in rows.data.items() if name != "X"}
    return program().fit(
        columns,
        backend="torch",
        bind={**{name: Labeller(name) for name in ATTRIBUTES}, "X": painter},
        types={
            "R": Text(encoder=encoder),
            "X": Image(*rows.films.shape[1:]),
            **dict.fromkeys(("N", *ATTRIBUTES), "categorical"),
        },
        seed=seed,
        device=device,
        progress=False,
        **options,
    )


def plain(rows: Patients, encoder: Any, training: Training, seed: int, device: str = "auto") -> Sampler:
    """P(X | R) by one diffusion model from reports to pictures, as if nothing were hidden."""
    made = compile(Query.parse("P(X | do(R))"), ADMG.parse("R -> X"))
    columns = {"R": rows.reports, "X": rows.films}
    return made.fit(columns, types={"R": Text(encoder=encoder)}, **training.options(seed, device))


def named(codes: Sequence[Any] | NDArray[Any]) -> str:
    """A combination of E, A and L in short.

    >>> named([1, 0, 1])
    'E-L'
    """
    return "".join(name if code else "-" for name, code in zip(ATTRIBUTES, codes, strict=True))
