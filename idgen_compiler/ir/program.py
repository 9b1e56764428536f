"""A program: the compiled form of a query, as a user holds it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from idgen_compiler.errors import ProgramError
from idgen_compiler.hinge.backend import Sampler, find_backend
from idgen_compiler.ir.cost import Cost, cost_of
from idgen_compiler.ir.dot import print_dot
from idgen_compiler.ir.json import from_json, to_json
from idgen_compiler.ir.mermaid import print_mermaid
from idgen_compiler.ir.operations import Network, Observe, Operation, Regenerate, Reweight, Sample, Train
from idgen_compiler.ir.schedule import stages
from idgen_compiler.ir.text import parse_program, print_program
from idgen_compiler.ir.verifier import verify_operations

__all__ = ["Program"]


@dataclass(frozen=True)
class Program:
    """Operations in SSA form; the last ones are the samplers.

    `str(program)` is the text form, which `Program.parse` reads back to an equal program; comments do not count. The
    text and JSON hold one program: an `alternative` is not in them, and does not count for equality.
    """

    name: str
    operations: tuple[Operation, ...]
    alternative: Program | None = field(default=None, compare=False, repr=False)
    """Another program for the same queries that a backend may take instead, when it finds it better on the data."""

    @classmethod
    def parse(cls, text: str) -> Program:
        """Read the text form and verify it.  Raises ProgramError with the place or the offending operation."""
        if not isinstance(text, str):
            raise ProgramError(f"a program is read from its text form, not from {text!r:.80}")
        name, operations = parse_program(text)
        return cls(name, operations).check()

    @classmethod
    def from_json(cls, text: str) -> Program:
        """Read what `to_json` wrote and verify it.  Raises ProgramError."""
        name, operations = from_json(text)
        return cls(name, operations).check()

    def to_json(self, indent: int | None = 2) -> str:
        """The program as JSON with a schema version."""
        return to_json(self.name, self.operations, indent)

    def to_dot(self) -> str:
        """The dataflow of data sets, models and sampling networks in DOT, the language of Graphviz."""
        return print_dot(self.name, self.operations)

    def to_mermaid(self) -> str:
        """The dataflow of data sets, models and sampling networks as a Mermaid flowchart."""
        return print_mermaid(self.operations)

    def check(self) -> Program:
        """The program itself, verified.  Raises ProgramError naming the first operation that does not hold."""
        verify_operations(self.operations)
        return self

    @property
    def observe(self) -> Observe:
        """The operation that stands for the user's data."""
        return next(op for op in self.operations if isinstance(op, Observe))

    @property
    def models(self) -> tuple[Train, ...]:
        """The `train` operations, in training order."""
        return tuple(op for op in self.operations if isinstance(op, Train))

    @property
    def regenerations(self) -> tuple[Regenerate, ...]:
        """The `regenerate` operations."""
        return tuple(op for op in self.operations if isinstance(op, Regenerate))

    @property
    def reweightings(self) -> tuple[Reweight, ...]:
        """The `reweight` operations."""
        return tuple(op for op in self.operations if isinstance(op, Reweight))

    @property
    def samplers(self) -> tuple[Sample, ...]:
        """The `sample` operations, one for each query compiled together."""
        return tuple(op for op in self.operations if isinstance(op, Sample))

    @property
    def sampler(self) -> Sample:
        """The one sampler.  Raises ProgramError when there are several: choose one of `samplers`."""
        if len(self.samplers) != 1:
            names = ", ".join(s.query for s in self.samplers)
            raise ProgramError(f"the program has {len(self.samplers)} samplers ({names}); choose one of `samplers`")
        return self.samplers[0]

    @property
    def cost(self) -> Cost:
        """What the program costs, in counts."""
        return cost_of(self.operations)

    @property
    def stages(self) -> tuple[tuple[str, ...], ...]:
        """The training order as a DAG: the values of one stage need only those of earlier stages."""
        return stages(self.operations)

    def networks(self) -> Iterator[Network]:
        """Every region, in order."""
        return (op.network for op in self.operations if isinstance(op, Regenerate | Sample))

    def operation(self, result: str) -> Operation:
        """The operation that defines a value.  Raises ProgramError for an unknown name."""
        for op in self.operations:
            if not isinstance(op, Sample) and op.result == result:
                return op
        raise ProgramError(f"the program defines no {result}")

    def fit(self, data: Any, backend: str = "torch", **options: Any) -> Sampler:
        """Train the program's models on data and return the sampler.

        `data` and `options` are the backend's: "exact" takes a `Joint`, "torch" a table (see `idgen_torch`).
        Raises DataError for data that does not fit, IdgenError for an unknown backend.
        """
        return find_backend(backend).fit(self.check(), data, **options)

    def __str__(self) -> str:
        return print_program(self.name, self.operations)
