"""Composites: one variable of the graph that is several columns of the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.kinds.kind import Atom, Kind, PartOf
from idgen_compiler.data.kinds.registry import read_atom
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.data.kinds.texts import split
from idgen_compiler.errors import DataError
from idgen_compiler.forms.record import read_record

__all__ = ["Composite"]


@dataclass(frozen=True, slots=True)
class _Saved:
    """A composite as JSON keeps it; which kind a field has is in its value."""

    word: ClassVar[str] = "composite"

    fields: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Composite(Kind):
    """One variable of the graph that is several columns of the data, such as digit, color and thickness.

    Its values are structured arrays; a caller sets a tuple or a mapping of the fields' values, or such an array.
    """

    word: ClassVar[str] = "composite"

    fields: tuple[tuple[str, Atom], ...]

    def __post_init__(self) -> None:
        names = [name for name, _ in self.fields]
        # NumPy gives a field without a name another one.
        if not names or not all(names) or len(set(names)) < len(names):
            raise DataError(f"a composite needs fields of different, non-empty names, not {names}")

    @classmethod
    def read_json(cls, value: Any, where: str) -> Self:
        saved = read_record(_Saved, value, where, DataError)
        return cls(tuple((name, read_atom(atom, f"{where}.{name}")) for name, atom in saved.fields))

    def atoms(self, name: str) -> tuple[PartOf, ...]:
        return tuple(atom.atom(f"{name}.{field}", field) for field, atom in self.fields)

    def read(self, name: str, text: str) -> tuple[Any, ...]:
        """The values of the fields, separated by commas, in quotes where a label holds a comma itself."""
        texts = split(text)
        if len(texts) != len(self.fields):
            fields = ",".join(field for field, _ in self.fields)
            raise DataError(f"{name}={text} has {len(texts)} values for its fields {fields}; write {name}={fields}")
        return tuple(atom.read(f"{name}.{f}", part) for (f, atom), part in zip(self.fields, texts, strict=True))

    def check(self, setting: Setting, value: Any) -> tuple[Array, ...]:
        by_field = self.by_field(setting, value)
        return tuple(atom.check(setting.field(field), by_field[field])[0] for field, atom in self.fields)

    def by_field(self, setting: Setting, value: Any) -> Mapping[str, Any]:
        """What a tuple, a mapping or a structured array says of each field.  Raises DataError for anything else."""
        names = [field for field, _ in self.fields]
        listed = f"({', '.join(names)})"
        if isinstance(value, np.ndarray | np.void) and value.dtype.names:
            value = {field: value[field] for field in value.dtype.names}
        if isinstance(value, Mapping):
            unknown, missing = [k for k in value if k not in names], [k for k in names if k not in value]
            if unknown or missing:
                raise DataError(
                    f"{setting} needs the fields {listed}"
                    + (f"; it lacks {', '.join(missing)}" if missing else "")
                    + (f"; it has no field {', '.join(map(str, unknown))}" if unknown else "")
                )
            return value
        if isinstance(value, tuple) and len(value) == len(names):
            return dict(zip(names, value, strict=True))
        raise DataError(f"{setting} sets a composite: give a tuple {listed} or a dict of its fields, not {value!r:.80}")

    @property
    def layout(self) -> np.dtype[Any]:
        return np.dtype([(field, atom.layout, atom.entries) for field, atom in self.fields])

    @property
    def unbounded(self) -> Self:
        return replace(self, fields=tuple((field, atom.unbounded) for field, atom in self.fields))

    def decode(self, parts: Sequence[Array], out: Array) -> None:
        for (field, atom), part in zip(self.fields, parts, strict=True):
            atom.decode_one(part, out[field])
