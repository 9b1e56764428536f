"""A program as a value: a name, the graph that it was compiled on, and operations in SSA form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self, get_args

from idgen_compiler.errors import GraphError, ProgramError, near_misses
from idgen_compiler.forms.spelling import QUOTED, WORD
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.ir.analysis import networks_of, schedule, specialized
from idgen_compiler.ir.conditions import trained
from idgen_compiler.ir.cost import Cost, cost_of
from idgen_compiler.ir.grammar import parse_program
from idgen_compiler.ir.json import from_json, to_json
from idgen_compiler.ir.laws import graph_text, law_graph
from idgen_compiler.ir.operations import (
    Bind,
    Condition,
    Network,
    Observe,
    Operation,
    Realize,
    Sample,
    Train,
    Way,
    Weigh,
)
from idgen_compiler.ir.text import print_program
from idgen_compiler.ir.verifier import verify_operations

__all__ = ["Program"]

MOST_VERTICES = 2**15
"""The graph of a program that is read has at most so many; each is held as the set of its neighbors."""

_NAMES = re.compile(rf"{WORD}|{QUOTED}")


@dataclass(frozen=True, eq=False)
class Program:
    """Operations in SSA form; the last ones are the samplers.

    The text is the program: `str(program)` is read back by `parse` to an equal program, which does all that this one
    does, and the same holds for JSON. Comments mean nothing.
    """

    name: str
    graph: ADMG
    operations: tuple[Operation, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form and verify it.  Raises ProgramError with the place or the offending operation."""
        if not isinstance(text, str):
            raise ProgramError(f"a program is read from its text form, not from {text!r:.80}")
        return cls._read(*parse_program(text))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote and verify it.  Raises ProgramError."""
        return cls._read(*from_json(text))

    @classmethod
    def _read(cls, name: str, graph: str, operations: tuple[Operation, ...]) -> Self:
        if len(set(_NAMES.findall(graph))) > MOST_VERTICES:
            raise ProgramError(
                f"the program's graph has more than {MOST_VERTICES} vertices, which is the most that is read"
            )
        try:
            read = ADMG.parse(graph)
        except GraphError as error:
            raise ProgramError(f"the program's graph cannot be read: {error}") from None
        return cls(name, read, operations).check()

    def to_json(self, indent: int | None = 2) -> str:
        """The program as JSON with a schema version."""
        return to_json(self.name, self._graph_text, self.operations, indent)

    def check(self) -> Self:
        """The program itself, verified.  Raises ProgramError naming the first operation that does not hold."""
        verify_operations(self.graph, self.operations)
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
    def bindings(self) -> tuple[Bind, ...]:
        """The `bind` operations: kernels and functions that are brought, not trained."""
        return tuple(op for op in self.operations if isinstance(op, Bind))

    @property
    def laws(self) -> tuple[Realize, ...]:
        """The `realize` operations: a data set for each law after an intervention."""
        return tuple(op for op in self.operations if isinstance(op, Realize))

    @property
    def regenerations(self) -> tuple[Realize, ...]:
        """The laws that may be regenerated."""
        return tuple(op for op in self.laws if op.regenerate)

    @property
    def reweightings(self) -> tuple[Realize, ...]:
        """The laws whose rows may be had by weights."""
        return tuple(op for op in self.laws if op.reweight)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The `condition` operations: conditionals of laws of which no rows are made."""
        return tuple(op for op in self.operations if isinstance(op, Condition))

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
        """What the program costs, in counts, with each law realized in its first way."""
        return cost_of(self.operations)

    @property
    def schedule(self) -> tuple[tuple[str, ...], ...]:
        """The training order as a DAG: the values of one stage need only those of earlier stages."""
        return schedule(self.operations)

    def networks(self) -> Iterator[Network]:
        """Every region, in order."""
        return (network for op in self.operations for network in networks_of(op))

    def operation(self, result: str) -> Operation:
        """The operation that defines a value.  Raises ProgramError for an unknown name."""
        for op in self.operations:
            if not isinstance(op, Sample) and op.result == result:
                return op
        raise ProgramError(f"the program defines no {result}")

    def realized(self, ways: Mapping[str, str] | str) -> Self:
        """The program with each law realized in one way: "regenerate", "reweight", or "weigh", for all or by value.

        By "weigh" a model of a law, named like a data set where it is meant alone, becomes a condition of the law's
        network, by "train" it stays one. Where there is no such way, the first is kept; what only other ways need is
        left out. Raises ProgramError for what is no way, and for a value that has none.

        >>> import idgen_compiler as idgen
        >>> napkin = idgen.ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y")
        >>> program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), napkin)
        >>> [len(program.realized(way).models) for way in ("regenerate", "reweight", "weigh")]
        [3, 2, 2]
        """
        words = [*(way.word for way in get_args(Way)), Weigh.word, Train.word]
        asked = [ways] if isinstance(ways, str) else ways.values() if isinstance(ways, Mapping) else [ways]
        for word in asked:
            if word not in {*words, ""}:  # "" asks for nothing: the first way is kept
                raise ProgramError(f"no law is realized by {word!r}; the ways are {', '.join(words)}")
        known = [*(op.result for op in self.laws), *(op.result for op in self.models if op.condition)]
        named = () if isinstance(ways, str) else tuple(ways)
        for name in named:
            if name not in known:
                raise ProgramError(f"the program realizes no {name}{near_misses(str(name), known)}")
        return replace(self, operations=specialized(self.operations, ways))

    def trained(self) -> Self:
        """The program with models that are trained on rows of their laws in the place of conditions (see `ir.trained`).

        >>> import idgen_compiler as idgen
        >>> napkin = idgen.ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y")
        >>> program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), napkin, realize="weigh")
        >>> [len(p.laws) for p in (program, program.trained())]
        [0, 1]
        """
        return replace(self, operations=trained(self.operations)) if self.conditions else self

    def law_of(self, data: str) -> ADMG:
        """The CADMG that the law of a data set is Markov to.  Raises ProgramError for an unknown name and a model."""
        op = self.operation(data)
        if not isinstance(op, Observe | Realize):
            raise ProgramError(f"{data} is no data set")
        return law_graph(self.graph, op)

    @cached_property
    def _graph_text(self) -> str:
        return graph_text(self.graph)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Program):
            return NotImplemented
        return self.operations == other.operations and self.name == other.name and self.graph.key == other.graph.key

    def __hash__(self) -> int:
        return hash((self.name, self.graph.key, self.operations))

    def __str__(self) -> str:
        return print_program(self.name, self._graph_text, self.operations)
