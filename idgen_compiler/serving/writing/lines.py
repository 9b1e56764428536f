"""Samples as JSON: an object a line, or one object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from idgen_compiler.hinge.samples import Samples
from idgen_compiler.serving.values.plain import plain_rows
from idgen_compiler.serving.writing.writer import ERROR, WARNINGS, Writer, compact

__all__ = ["Json", "Lines"]


class Lines(Writer):
    r"""NDJSON: an object a row. What is warned of later than the header is a line of its own, before its rows.

    >>> import numpy as np
    >>> Lines().piece(Samples({"Y": np.array([1, 2])}), [])
    b'{"Y":1}\n{"Y":2}\n'
    """

    media_type: ClassVar[str] = "application/x-ndjson"
    name: ClassVar[str] = "ndjson"
    suffix: ClassVar[str] = ".ndjson"

    def __init__(self) -> None:
        self._begun = False

    def piece(self, samples: Samples, warnings: Sequence[str], cut: bool = False) -> bytes:
        told = [compact({WARNINGS: list(warnings)})] if warnings and (self._begun or cut) else []
        self._begun = True
        return "".join(f"{line}\n" for line in (*told, *map(compact, plain_rows(samples)))).encode()

    def broken(self, error: dict[str, Any]) -> bytes:
        return f"{compact({ERROR: error})}\n".encode()


class Json(Writer):
    """One object: the rows, and what was warned of.

    >>> import numpy as np
    >>> writer = Json()
    >>> writer.piece(Samples({"Y": np.array([1, 2])}), ["extrapolated"]) + writer.end()
    b'{"rows":[{"Y":1},{"Y":2}],"warnings":["extrapolated"]}'
    """

    media_type: ClassVar[str] = "application/json"
    name: ClassVar[str] = "json"
    suffix: ClassVar[str] = ".json"

    def __init__(self) -> None:
        self._begun, self._said = False, list[str]()

    def piece(self, samples: Samples, warnings: Sequence[str], cut: bool = False) -> bytes:
        self._said += warnings
        rows = ",".join(map(compact, plain_rows(samples)))
        opened = "" if self._begun else '{"rows":['
        joint = "," if self._begun and rows and self._any else ""
        self._begun = True
        self._any = self._any or bool(rows)
        return f"{opened}{joint}{rows}".encode()

    _any = False

    def end(self) -> bytes:
        return f'],"warnings":{compact(self._said)}}}'.encode()

    def broken(self, error: dict[str, Any]) -> bytes:
        return f'],"warnings":{compact(self._said)},"error":{compact(error)}}}'.encode()
