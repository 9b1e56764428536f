"""The walk over a program: each operation once, after what it uses, with values let go after their last use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from idgen_compiler.execute.place import HERE, Place
from idgen_compiler.ir.analysis import last_uses, specialized, uses
from idgen_compiler.ir.operations import Operation, Sample
from idgen_compiler.ir.program import Program

__all__ = ["Realizer", "execute"]


class Realizer(Protocol):
    """How the operations of a program are realized: a backend's, or that of anything else that walks over programs."""

    def realize(self, op: Operation, values: Mapping[str, Any]) -> Any:
        """The value of one operation, given by name the values that it uses; a sampler's value is what answers it.

        A `realize` has one way.
        """
        ...


def execute(
    program: Program,
    how: Realizer,
    where: Place = HERE,
    known: Mapping[str, Any] | None = None,
    before: Callable[[Operation], None] | None = None,
) -> dict[str, Any]:
    """The value of every sampler of a program, by its query (or the program's name).

    Laws with several ways are realized in the first: choose others by `Program.realized`. `known` are values that are
    there already, and `before` is told of each operation that is about to be realized.
    """
    operations = specialized(program.operations)
    last = last_uses(operations)
    values: dict[str, Any] = dict(known or {})
    answers: dict[str, Any] = {}
    for number, op in enumerate(operations):
        name, found = (op.query or program.name, answers) if isinstance(op, Sample) else (op.result, values)
        if name not in found:
            if before is not None:
                before(op)
            used = sorted(uses(op))
            found[name] = where.submit(_realized, how, op, used, *(values[value] for value in used))
        for value in [value for value in values if last.get(value) == number]:
            del values[value]
    return {query: where.result(answer) for query, answer in answers.items()}


def _realized(how: Realizer, op: Operation, names: Sequence[str], *values: Any) -> Any:
    return how.realize(op, dict(zip(names, values, strict=True)))
