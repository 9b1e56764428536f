"""Programs as JSON, with a schema version."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from idgen_compiler.errors import ProgramError
from idgen_compiler.ir.operations import (
    Apply,
    Draw,
    Network,
    Observe,
    Operation,
    Regenerate,
    Reweight,
    Rows,
    Sample,
    Statement,
    Train,
)

__all__ = ["SCHEMA", "from_json", "to_json"]

SCHEMA = "idgen-program/1"


def to_json(name: str, operations: Sequence[Operation], indent: int | None = 2) -> str:
    """The program as one JSON object: schema, name and a list of operations."""
    document = {"schema": SCHEMA, "name": name, "operations": [_operation(op) for op in operations]}
    return json.dumps(document, indent=indent, ensure_ascii=False)


def _operation(op: Operation) -> dict[str, Any]:
    match op:
        case Observe():
            body: dict[str, Any] = {"op": "observe", "result": op.result, "variables": list(op.variables)}
        case Train():
            body = {"op": "train", "result": op.result, "data": op.data}
            body |= {"targets": list(op.targets), "inputs": list(op.inputs)}
        case Regenerate():
            body = {"op": "regenerate", "result": op.result}
            body |= {"do": [_statement(d) for d in op.do], "network": _network(op.network)}
        case Reweight():
            body = {"op": "reweight", "result": op.result, "data": op.data, "do": [_statement(d) for d in op.do]}
            body |= {"by": list(op.by), "variables": list(op.variables)}
        case Sample():
            body = {"op": "sample", "query": op.query, "network": _network(op.network)}
    return body | ({"computes": str(op.computes)} if str(op.computes) else {})


def _network(network: Network) -> dict[str, Any]:
    statements = [_statement(s) for s in network.statements]
    return {"inputs": list(network.inputs), "statements": statements, "outputs": list(network.outputs)}


def _statement(statement: Statement) -> dict[str, Any]:
    if isinstance(statement, Draw):
        return {"slot": statement.slot, "policy": statement.policy}
    if isinstance(statement, Rows):
        return {"slots": list(statement.slots), "rows": statement.data}
    return {"slots": list(statement.slots), "model": statement.model, "inputs": list(statement.inputs)}


def from_json(text: str) -> tuple[str, tuple[Operation, ...]]:
    """The name and the operations, not yet verified.

    Raises ProgramError for text that is no JSON, another schema version, and fields that are missing, unknown or of
    a wrong type.
    """
    try:
        document = json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:  # a ValueError also for a number of thousands of digits
        raise ProgramError(f"the program is no JSON document: {error}") from None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        found = document.get("schema") if isinstance(document, dict) else type(document).__name__
        raise ProgramError(f"the program has schema {found!r}, this version reads {SCHEMA!r}")
    top = _Fields(document, "the program")
    top.text("schema")
    name, operations = top.text("name"), tuple(_read_operation(op, k) for k, op in enumerate(top.items("operations")))
    top.close()
    return name, operations


_KINDS: dict[type, str] = {str: "a text", list: "a list", dict: "an object"}


class _Fields:
    """The fields of one JSON object, each read once with its type checked."""

    def __init__(self, value: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise ProgramError(f"{where} must be an object, not {value!r}")
        self.rest, self.where = dict(value), where

    def pop(self, key: str, kind: type) -> Any:
        if key not in self.rest:
            raise ProgramError(f"{self.where} lacks {key!r}")
        value = self.rest.pop(key)
        if not isinstance(value, kind):
            raise ProgramError(f"{self.where}: {key!r} must be {_KINDS[kind]}, not {value!r}")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        return default if default is not None and key not in self.rest else str(self.pop(key, str))

    def items(self, key: str) -> list[Any]:
        return list(self.pop(key, list))

    def names(self, key: str) -> tuple[str, ...]:
        values = self.items(key)
        for value in values:
            if not isinstance(value, str):
                raise ProgramError(f"{self.where}: {key!r} must hold names, not {value!r}")
        return tuple(values)

    def close(self) -> None:
        if self.rest:
            raise ProgramError(f"{self.where} has unknown fields: {', '.join(map(str, self.rest))}")


def _read_operation(value: Any, place: int) -> Operation:
    fields = _Fields(value, f"operation {place}")
    kind = fields.text("op")
    computes = fields.text("computes", "")
    op: Operation
    match kind:
        case "observe":
            op = Observe(fields.text("result"), fields.names("variables"), computes)
        case "train":
            op = Train(
                fields.text("result"), fields.text("data"), fields.names("targets"), fields.names("inputs"), computes
            )
        case "regenerate":
            op = Regenerate(fields.text("result"), _read_draws(fields), _read_network(fields), computes)
        case "reweight":
            result, data, do = fields.text("result"), fields.text("data"), _read_draws(fields)
            op = Reweight(result, data, do, fields.names("by"), fields.names("variables"), computes)
        case "sample":
            op = Sample(_read_network(fields), fields.text("query", ""), computes)
        case _:
            raise ProgramError(f"operation {place} has unknown kind {kind!r}")
    fields.close()
    return op


def _read_draws(fields: _Fields) -> tuple[Draw, ...]:
    return tuple(_read_draw(_Fields(d, f"{fields.where}, draw {k}")) for k, d in enumerate(fields.items("do")))


def _read_draw(fields: _Fields) -> Draw:
    draw = Draw(fields.text("slot"), fields.text("policy"))
    fields.close()
    return draw


def _read_network(parent: _Fields) -> Network:
    fields = _Fields(parent.pop("network", dict), f"{parent.where}, network")
    statements: list[Statement] = []
    for k, value in enumerate(fields.items("statements")):
        inner = _Fields(value, f"{fields.where}, statement {k}")
        if "policy" in inner.rest:
            statements.append(_read_draw(inner))
        elif "rows" in inner.rest:
            statements.append(Rows(inner.names("slots"), inner.text("rows")))
            inner.close()
        else:
            statements.append(Apply(inner.names("slots"), inner.text("model"), inner.names("inputs")))
            inner.close()
    network = Network(fields.names("inputs"), tuple(statements), fields.names("outputs"))
    fields.close()
    return network
