"""The kind of every variable that a sampler knows, whatever backend made it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idgen_compiler.data.kinds import Categorical, Kind
from idgen_compiler.graph.names import variable_of
from idgen_compiler.hinge.backend import Sampler, schema_of

__all__ = ["kinds_of"]


def kinds_of(sampler: Sampler) -> Mapping[str, Kind]:
    """Variable -> its kind; none of a variable of which the sampler does not say any.

    A sampler says it by a `schema`, or by kernels that are tables, whose axes are categories.

    >>> import idgen_compiler as idgen
    >>> program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    >>> kinds_of(program.fit(idgen.Joint(("X", "Y"), [[0.25, 0.25], [0.0, 0.5]]), backend="exact"))["X"]
    Categorical(labels=(0, 1), dtype='')
    """
    schema = schema_of(sampler)
    if schema is not None:
        return schema.types
    found: dict[str, Kind] = {}
    labels: Mapping[str, tuple[Any, ...]] = getattr(sampler, "labels", {})
    for kernel in getattr(sampler, "kernels", {}).values():
        axes = map(variable_of, (*kernel.given, *kernel.targets))
        for name, size in zip(axes, kernel.table.shape, strict=True):
            found[name] = Categorical(labels.get(name) or tuple(range(size)))
    return found
