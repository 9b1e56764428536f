"""Whether two programs do the same, whatever the order in which they say it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial

from idgen_compiler.ir.analysis import with_networks
from idgen_compiler.ir.operands import Role, mapped
from idgen_compiler.ir.operations import (
    Apply,
    Bind,
    Condition,
    LawType,
    Network,
    Observe,
    Realize,
    Rows,
    Sample,
    Statement,
    Train,
    Weigh,
)
from idgen_compiler.ir.program import Program

__all__ = ["alike"]


def alike(a: Program, b: Program) -> bool:
    """Whether two programs have the same samplers, of the same models and laws.

    The order of statements, columns and inputs does not count, nor do names of values and the graph.

    >>> import idgen_compiler as idgen
    >>> query, texts = idgen.Query.parse("P(Y | do(X))"), ("A, B -> X, Y; X -> Y", "B -> A -> Y; A, B -> X; B, X -> Y")
    >>> one, other = (idgen.compile(query, idgen.ADMG.parse(text)) for text in texts)
    >>> one.operations == other.operations, alike(one, other)
    (False, True)
    """
    return _samplers(a) == _samplers(b)


def _samplers(program: Program) -> list[str]:
    """A digest of each sampler and of all that it rests on, sorted."""
    names: dict[str, str] = {}
    models: dict[str, Train | Bind | Condition] = {}
    samplers = []
    for op in program.operations:
        new = with_networks(op, partial(_permuted, models=models))
        if isinstance(new, Train | Bind):
            models[new.result] = new
            new = replace(new, inputs=tuple(sorted(new.inputs)))
        elif isinstance(new, Condition):
            models[new.result] = new
            new = replace(new, law=LawType((), ()))
        result = getattr(new, "result", "")
        new = mapped(new, {Role.RESULT: lambda _: "", Role.DATA: names.__getitem__, Role.MODEL: names.__getitem__})
        if isinstance(new, Observe):
            new = replace(new, variables=tuple(sorted(new.variables)))
        elif isinstance(new, Realize):
            new = replace(new, variables=tuple(sorted(new.variables)), law=LawType((), ()))
        digest = hashlib.sha256(repr(with_networks(new, _sorted)).encode()).hexdigest()
        if isinstance(new, Sample):
            samplers.append(digest)
        else:
            names[result] = digest
    return sorted(samplers)


def _permuted(network: Network, models: Mapping[str, Train | Bind | Condition]) -> Network:
    """The network with the inputs of models in the order of their names."""

    def permuted(statement: Statement) -> Statement:
        if isinstance(statement, Weigh):
            pairs = sorted(zip(models[statement.model].inputs, statement.given, strict=True))
            return replace(statement, given=tuple(slot for _, slot in pairs))
        if not isinstance(statement, Apply):
            return statement
        pairs = sorted(zip(models[statement.model].inputs, statement.inputs, strict=True))
        return replace(statement, inputs=tuple(slot for _, slot in pairs))

    return replace(network, statements=tuple(map(permuted, network.statements)))


def _sorted(network: Network) -> Network:
    def tidy(slots: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(slots))

    statements = [replace(s, slots=tidy(s.slots)) if isinstance(s, Rows) else s for s in network.statements]
    return Network(tidy(network.inputs), tuple(sorted(statements, key=repr)), tidy(network.outputs))
