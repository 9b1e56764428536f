"""The sampler of a fitted program: what a user holds in the end."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import torch

from idgen_compiler.asking import checked_seed, query_of, sampler_of, settings
from idgen_compiler.backend import Samples
from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.ir.operations import Sample
from idgen_compiler.ir.program import Program
from idgen_compiler.query import Query
from idgen_torch.arithmetic import our_arithmetic
from idgen_torch.coding import decode, empty_array
from idgen_torch.reading import read_value
from idgen_torch.running.ancestral import Slots, WiredNetwork
from idgen_torch.running.fitted import FittedProgram
from idgen_torch.running.record import FitRecord
from idgen_torch.running.storage import write_fitted
from idgen_torch.values import encode_value
from idgen_torch.variables import Schema

__all__ = ["TorchSampler"]

T = TypeVar("T")


class TorchSampler:
    """A fitted program.

    Its models and policies live on `device`; `fitted` holds them with the schema and the record of the fit.
    """

    def __init__(self, fitted: FittedProgram, device: torch.device) -> None:
        self.fitted = fitted
        self.device = device

    @property
    def program(self) -> Program:
        """The program that was fitted."""
        return self.fitted.program

    @property
    def schema(self) -> Schema:
        """Of what type each variable is."""
        return self.fitted.schema

    def report(self) -> FitRecord:
        """How the fit was made: for each model its family, rows and held-out log-likelihood; prints as a summary."""
        return self.fitted.record

    def sample(
        self,
        n: int,
        do: Mapping[str, Any] | None = None,
        given: Mapping[str, Any] | None = None,
        seed: int | None = None,
        query: Query | str | None = None,
    ) -> Samples:
        """Draw n samples of the outcomes.

        `do` sets the treatments and `given` the conditions: a label or number, or an array with one for each
        sample; for a composite a tuple or dict of such values, for a vector an array (dim,) or (n, dim), for an image
        whatever one is read from (see `images`), or n of them. Every treatment and condition of the query has to be
        set, also one that turned out not to matter. Equal seeds give equal samples; None draws a fresh seed. `query`
        chooses among the samplers of a program that has several.

        Returns arrays with n entries each, in the type in which the variable's data came, images as bytes
        (n, channels, height, width); a composite is a structured array. Raises DataError for wrong names or values, and
        warns (OverlapWarning) for a number beyond the data.
        """
        op, count, batches = self._drawn(n, do, given, seed, query)
        columns = {name: empty_array(self.schema[name], count) for name in op.network.outputs}
        start = 0
        for size, slots in batches:
            for name, column in columns.items():
                decode(self.schema[name], slots[name], column[start : start + size])
            start += size
        return Samples(columns)

    def stream(
        self,
        n: int,
        do: Mapping[str, Any] | None = None,
        given: Mapping[str, Any] | None = None,
        seed: int | None = None,
        query: Query | str | None = None,
    ) -> Iterator[Samples]:
        """Draw what `sample` draws piece by piece, so that any number of samples fits into memory."""
        op, _, batches = self._drawn(n, do, given, seed, query)
        return (self._decoded(op, size, slots) for size, slots in batches)

    def _decoded(self, op: Sample, size: int, slots: Slots) -> Samples:
        columns = {name: empty_array(self.schema[name], size) for name in op.network.outputs}
        for name, column in columns.items():
            decode(self.schema[name], slots[name], column)
        return Samples(columns)

    def _drawn(
        self,
        n: int,
        do: Mapping[str, Any] | None,
        given: Mapping[str, Any] | None,
        seed: int | None,
        query: Query | str | None,
    ) -> tuple[Sample, int, Iterator[tuple[int, Slots]]]:
        """The sampler that is asked for, the number of samples, and its batches, drawn as they are taken."""
        op = sampler_of(self.program, query)
        if isinstance(n, bool) or not hasattr(n, "__index__") or n < 0:
            raise DataError(f"n is {n!r}; give a whole number of samples, 0 or more")
        count = int(n.__index__())
        seed = secrets.randbits(63) if seed is None else checked_seed(seed)
        inputs = self._inputs(op, settings("do", do), settings("given", given), count)
        wired = WiredNetwork(op.network, self.schema, self.fitted.models, self.fitted.policies, self.device)
        return op, count, _without_gradients(wired.run(inputs, count, seed, f"sample {op.query}"))

    def read_value(self, name: str, text: str) -> Any:
        """The value of a variable that a person typed, as `sample` takes it (see `reading`).

        A variable that the sampler does not know keeps its text, for `sample` to say so.
        """
        return read_value(name, self.schema[name], text) if name in self.schema.types else text

    def save(self, path: str | Path) -> None:
        """Write the sampler into a folder, as JSON and safetensors.

        Raises DataError when the path exists and is neither an empty folder nor a saved sampler.
        """
        write_fitted(self.fitted, Path(path))

    def _inputs(self, op: Sample, do: dict[str, Any], given: dict[str, Any], n: int) -> Slots:
        """Encode what the caller sets.  Raises DataError unless it is exactly what the query asks for."""
        query = query_of(self.program, op)
        needed = op.network.inputs
        conditions = query.conditions
        treatments = (*query.treatments, *(v for v in needed if v not in (*query.treatments, *conditions)))
        _check_names(query, "do", do, treatments, "given", conditions)
        _check_names(query, "given", given, conditions, "do", treatments)
        for name in needed:
            if name not in do and name not in given:
                role = "given" if name in conditions else "do"
                raise DataError(f"{query} needs a value of {name}: pass {role}={{{name!r}: ...}}")
        encoded = {
            name: encode_value(role, name, self.schema[name], value, n)
            for role, values in (("do", do), ("given", given))
            for name, value in values.items()
            if name in self.schema.types
        }
        return {name: encoded[name] for name in needed}

    def __repr__(self) -> str:
        return f"TorchSampler({self.program.name}, {len(self.fitted.models)} models on {self.device})"


def _without_gradients(batches: Iterator[T]) -> Iterator[T]:
    """The same batches, made by our arithmetic without gradients; between them the caller's own settings hold."""
    while True:
        with our_arithmetic(gradients=False):
            try:
                batch = next(batches)
            except StopIteration:
                return
        yield batch


def _check_names(
    query: Query, role: str, values: Mapping[str, Any], allowed: Sequence[str], other: str, others: Sequence[str]
) -> None:
    for name in values:
        if name in others:
            raise DataError(f"{query} has {name} in {other}, not in {role}: pass {other}={{{name!r}: ...}}")
        if name not in allowed:
            hint = near_misses(name, allowed) or f"; it takes no {role}-values"
            raise DataError(f"{role} names {name!r}, which {query} does not{hint}")
