"""Digests of values: equal for what is made in the same way from the same data, whatever it is called."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace

from idgen_compiler.forms.record import to_plain
from idgen_compiler.ir.operands import Role, mapped
from idgen_compiler.ir.operations import Observe, Operation, Sample

__all__ = ["digests"]


def digests(operations: Sequence[Operation]) -> dict[str, str]:
    """Value -> a digest of the operation that defines it and of all that it rests on, by any of its ways.

    What a law is called in its type does not count, nor do names of values, nor which columns of the observed law a
    program reads: what is made in the same way in two programs is the same.

    >>> from idgen_compiler.ir.operations import Observe, Train
    >>> found = digests([Observe("%obs", ("X", "Y")), *(Train(name, "%obs", ("Y",), ("X",)) for name in ("%a", "%b"))])
    >>> found["%a"] == found["%b"] != found["%obs"]
    True
    """
    found: dict[str, str] = {}
    for op in operations:
        if isinstance(op, Sample):
            continue
        renamed = mapped(op, {Role.RESULT: lambda _: "", Role.DATA: found.__getitem__, Role.MODEL: found.__getitem__})
        if isinstance(renamed, Observe):
            renamed = replace(renamed, variables=())
        plain = {name: value for name, value in to_plain(renamed).items() if name != "law"}
        found[op.result] = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
    return found
