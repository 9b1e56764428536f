"""A backend that trains nothing: what is read, checked and handed back is right, but for the values.

It serves to try a program, a table and a call before a long fit, and shows how little a backend has to be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from idgen_compiler.data.kinds import Kind
from idgen_compiler.data.reading.options import Reading
from idgen_compiler.data.schema import (
    Schema,
    TypeRequest,
    encode,
    images_among,
    infer_schema,
    numbers_among,
    types_of_read,
)
from idgen_compiler.data.sources import read_sources
from idgen_compiler.errors import DataError, ProgramError
from idgen_compiler.execute import execute
from idgen_compiler.hinge.assigned import Assigned, check_kinds, checked_named, known_policies
from idgen_compiler.hinge.charts.looking import Looking
from idgen_compiler.hinge.diagnostics import Concern, Diagnostics
from idgen_compiler.hinge.kernels import check_callable, named_kernels, types_of_unobserved, unobserved_used
from idgen_compiler.hinge.policies import Policy
from idgen_compiler.hinge.probability import Probabilities, asked_outcomes, labels_of, rows_asked
from idgen_compiler.hinge.question import Question, check_stated
from idgen_compiler.hinge.samples import Samples
from idgen_compiler.hinge.saved import read_header, saving, write_header
from idgen_compiler.hinge.saved_policies import header_of, of_header
from idgen_compiler.hinge.source import check_weighed, data_of
from idgen_compiler.ir.operations import Operation
from idgen_compiler.ir.program import Program
from idgen_compiler.program import Program as UserProgram
from idgen_compiler.query import Query
from idgen_compiler.verify.contradictions import warn_contradictions

__all__ = ["NullBackend", "NullSampler"]


class NullBackend:
    """Reads a table, types its columns and walks over the program, without training anything.

    >>> import idgen_compiler as idgen
    >>> program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    >>> sampler = program.fit({"X": ["a", "b"], "Y": [0.5, 1.5]}, backend="null")
    >>> sampler.sample(2, do={"X": "b"})["Y"]
    array([1., 1.])
    """

    def fit(
        self,
        program: Program,
        data: Any,
        *,
        types: Mapping[str, TypeRequest] | None = None,
        composites: Mapping[str, tuple[str, ...]] | None = None,
        seed: int = 0,
        bind: Mapping[str, Any] | None = None,
        check_graph: bool = True,
        policies: Mapping[str, Policy] | None = None,
        **options: Any,
    ) -> NullSampler:
        """The program on a table, as the torch backend reads it.

        What is brought in `bind` is looked up, and never called, so that `types` has to say what no table holds.
        `options` say how the table is read (see `data.reading.options.Reading`). Raises DataError for a table that no
        backend could be trained on, and for other options: it trains nothing.
        """
        check_callable(named_kernels(program, bind))
        of_table, of_none = types_of_unobserved(program, types)
        how, options = Reading.take(options)
        if options:
            raise DataError(
                f"the null backend trains nothing and has no option {', '.join(sorted(options))}; leave it out"
            )
        check_weighed(program, how)
        named = checked_named(program, policies)
        table = data_of(program, data)
        sources = read_sources(
            table, program.observe.variables, composites, images_among(of_table), how, numbers_among(of_table)
        )
        schema = infer_schema(sources, types_of_read(of_table, sources, table, how), counted=how.counted)
        check_stated(program, schema.check)
        encode(sources, schema, lambda part: np.random.default_rng(seed))
        warn_contradictions(program, data, of_table, schema, check_graph, how)
        held: dict[str, Kind] = dict(schema.types)
        for name in unobserved_used(program):
            kind = of_none.get(name)
            if not isinstance(kind, Kind):
                raise DataError(
                    f"the null backend calls nothing to see what {name} is; say types={{{name!r}: ...}} in full, as by "
                    "Image(3, 16, 16) or Categorical(labels)"
                )
            held[name] = kind
        for each in known_policies(program, named).values():
            check_kinds(each, held)
        execute(program, _Walk())
        return NullSampler(program, Schema(held), named)

    def load(self, path: Path, bind: Mapping[str, Any] | None = None) -> NullSampler:
        """The sampler that `save` wrote.  Raises DataError for a folder that is damaged."""
        header = read_header(path)
        try:
            program = UserProgram.parse(header["program"])
        except ProgramError as error:
            raise DataError(f"the program saved in {path} does not verify ({error}); save the sampler again") from None
        schema = Schema.from_json(header.get("schema"))
        check_callable(named_kernels(program, bind, ()))
        if wrong := {*program.observe.variables, *unobserved_used(program)} ^ set(schema.types):
            raise DataError(f"the saved schema does not fit the program in {min(wrong)}; save the sampler again")
        return NullSampler(program, schema, of_header(header, program))


class _Walk:
    """Every operation gives its own name, once all that it uses are there."""

    def realize(self, op: Operation, values: Mapping[str, Any]) -> str:
        return op.result


class NullSampler(Looking):
    """Answers every question in the right names, shapes and types, with a value from the middle of each variable."""

    def __init__(self, program: Program, schema: Schema, policies: Mapping[str, Policy] | None = None) -> None:
        self.program = program
        self.schema = schema
        self.policies = dict(policies or {})

    def sample(
        self,
        n: int,
        do: Mapping[str, Any] | None = None,
        given: Mapping[str, Any] | None = None,
        seed: int | None = None,
        query: Query | str | None = None,
    ) -> Samples:
        """Values that say nothing: the first label, the mean, a black picture.

        Raises DataError for a question that no backend would answer.
        """
        question = Question.of(self.program, n, do, given, seed, query, self.policies)
        if query is not None:
            check_stated(self.program, self.schema.check, query)
        for setting, value in question.settings.values():
            self.schema.check(setting, value)
        for each in (*question.assigned, *(Assigned(name, policy, {}) for name, policy in question.drawn.items())):
            check_kinds(each, self.schema.types)
        return Samples({name: self._column(name, question.n) for name in question.sampler.network.outputs})

    def diagnostics(self, data: Any = None) -> Diagnostics:
        """That nothing was trained."""
        said = "nothing was trained: samples have the right names and types, and say nothing"
        concern = Concern("red", "law", "", said, "Fit with backend='torch'")
        return Diagnostics(0, 0.0, "nothing", concerns=(concern,))

    def probability(
        self,
        outcome: str | Sequence[str],
        do: Mapping[str, Any] | None = None,
        given: Mapping[str, Any] | None = None,
        query: Query | str | None = None,
        n: int = 10_000,
        seed: int | None = None,
    ) -> Probabilities:
        """An even law, which says nothing.  Raises DataError for a question that no backend would answer."""
        question = Question.of(self.program, n, do, given, seed, query, self.policies)
        outcomes = asked_outcomes(outcome, question)
        if query is not None:
            check_stated(self.program, self.schema.check, query)
        count, _ = rows_asked(question, self.schema.check)
        labels = labels_of(self.schema, outcomes)
        shape = tuple(map(len, labels))
        values = np.full(shape if count is None else (count, *shape), 1 / np.prod(shape))
        return Probabilities(outcomes, labels, values, np.zeros(values.shape), "exact", 0)

    def _column(self, name: str, n: int) -> np.ndarray:
        kind = self.schema[name]
        column = kind.empty(n)
        kind.decode([np.zeros((n, *part.entries), part.dtype) for part in self.schema.parts(name)], column)
        return column

    def read_value(self, name: str, text: str) -> Any:
        """The value of a variable that a person typed.  Raises DataError for a text that is none."""
        return self.schema[name].read(name, text) if name in self.schema.types else text

    def save(self, path: str | Path) -> None:
        """Write the program and the kinds of its variables into a folder, which may hold a saved sampler.

        Raises DataError when it holds anything else, or cannot be written.
        """
        with saving(path) as folder:
            write_header(folder, "null", self.program, schema=self.schema.to_json(), **header_of(self.policies))
