"""Programs as JSON, with a schema version; what an operation looks like follows from its fields."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from idgen_compiler.errors import ProgramError
from idgen_compiler.forms.record import read_record, to_plain, whole_number
from idgen_compiler.ir.operations import MOST_OPERATIONS, Operation

__all__ = ["SCHEMA", "from_json", "to_json"]

SCHEMA = "idgen-program/2"


@dataclass(frozen=True)
class _Document:
    schema: str
    name: str
    graph: str
    operations: tuple[Operation, ...]


def to_json(name: str, graph: str, operations: Sequence[Operation], indent: int | None = 2) -> str:
    """The program as one JSON object: schema, name, the graph's text and a list of operations."""
    document = _Document(SCHEMA, name, graph, tuple(operations))
    return json.dumps(to_plain(document), indent=indent, ensure_ascii=False)


def from_json(text: str) -> tuple[str, str, tuple[Operation, ...]]:
    """The name, the graph's text and the operations, not yet verified.

    Raises ProgramError for text that is no JSON, another schema version, and fields that are missing, unknown or of
    a wrong type.
    """
    try:
        document = json.loads(text, parse_int=whole_number)
    except (TypeError, ValueError, RecursionError) as error:  # a ValueError also for a number of thousands of digits
        raise ProgramError(f"the program is no JSON document: {error}") from None
    schema = document.get("schema") if isinstance(document, dict) else type(document).__name__
    if schema != SCHEMA:
        again = "; compile the query again" if schema == "idgen-program/1" else ""
        raise ProgramError(f"the program has schema {schema!r}, this version reads {SCHEMA!r}{again}")
    listed = document.get("operations")
    if isinstance(listed, list) and len(listed) > MOST_OPERATIONS:
        raise ProgramError(f"the program has {len(listed)} operations; at most {MOST_OPERATIONS} are read")
    read = read_record(_Document, document, "the program", ProgramError)
    return read.name, read.graph, read.operations
