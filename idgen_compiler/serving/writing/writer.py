"""What a format is: how pieces of samples become bytes, and warnings with them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from idgen_compiler.data.kinds import Kind
from idgen_compiler.hinge.samples import Samples

__all__ = ["ERROR", "WARNINGS", "Writer", "compact"]

WARNINGS, ERROR = "$warnings", "$error"
"""Keys of objects among rows that are no rows: what has to be said of the rows after, and why there are no more."""


class Writer:
    """Writes the pieces of one answer, in their order, each with what was warned of since the last one.

    What was warned of before the first piece also stands in a header, whole unless `cut` says that it did not fit.
    """

    media_type: ClassVar[str]
    name: ClassVar[str]  #: as in `?format=`
    suffix: ClassVar[str] = ""  #: of a file that is downloaded

    def check(self, rows: int, kinds: Mapping[str, Kind | None]) -> None:
        """Raise DataError where so many rows of these columns are nothing for this format."""

    def piece(self, samples: Samples, warnings: Sequence[str], cut: bool = False) -> bytes:
        """The bytes of a piece."""
        raise NotImplementedError

    def end(self) -> bytes:
        """The bytes after the last piece."""
        return b""

    def broken(self, error: dict[str, Any]) -> bytes:
        """What can still be said where an error ends an answer that was begun; the connection is cut after it."""
        return b""


def compact(value: Any) -> str:
    """JSON in one line."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
