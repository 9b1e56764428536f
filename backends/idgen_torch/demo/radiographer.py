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
from idgen_torch.bound import Pipeline
from idgen_torch.demo.class_pipeline import trained_pipeline

__all__ = [
    "BROUGHT",
    "KERNELS",
    "LAWS",
    "QUERY",
    "Labeller",
    "Pictures",
    "Training",
    "fitted",
    "named",
    "plain",
    "program",
    "radiographer",
    "set_to",
    "shown",
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

DRAWN_AT_ONCE = 512
"""So many pictures are drawn in one call of the pipeline."""


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


def shown(inputs: Mapping[str, Any]) -> list[int]:
    """The class of pictures with these attributes: E, A and L as the digits of 0 to 7.

    >>> shown({"E": [0, 1], "A": [1, 1], "L": [0, 1]})
    [2, 7]
    """
    found: list[int] = sum(np.asarray(inputs[name]) * 2**k for k, name in enumerate(reversed(ATTRIBUTES))).tolist()
    return found


def _classes(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {"class_labels": shown(inputs)}


def radiographer(some: Patients, training: Training, seed: int, device: str = "auto") -> Pipeline:
    """The kernel P(X | A, E, L): a pipeline of diffusers, trained on pictures and what they show."""
    pictures, labels = torch.as_tensor(some.films), torch.as_tensor(shown(some.data))
    pipe = trained_pipeline(pictures, labels, 8, training.channels, training.steps, seed, device)
    options = {"num_inference_steps": training.sampling_steps}
    return Pipeline(pipe, arguments=_classes, options=options, batch=DRAWN_AT_ONCE)


def set_to(prompts: Sequence[str], each: int) -> dict[str, NDArray[Any]]:
    """do(R), `each` times in turn for every prompt: rows k, k + len(prompts), ... are those of prompt k."""
    return {"R": np.tile(np.array(prompts, dtype=object), each)}


def fitted(rows: Patients, painter: Pipeline, encoder: Any, seed: int, device: str = "auto", **options: Any) -> Sampler:
    """The program on reports and labels, with labellers and a generator of pictures in it.

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
