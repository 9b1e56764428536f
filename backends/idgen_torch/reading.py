"""Values as people type them: the text of a label, a number, several separated by commas, or an image's file."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from idgen_compiler.errors import DataError, near_misses
from idgen_torch.variables import Atom, Categorical, Composite, Image, Label, VariableType, Vector

__all__ = ["read_value"]

SHOWN = 12
"""How many labels an error lists."""


def read_value(name: str, kind: VariableType, text: str) -> Any:
    """The value that a text stands for, as `TorchSampler.sample` takes it.

    A label is found by how it prints; the fields of a composite and the entries of a vector are separated by commas,
    in quotes where a label holds a comma itself. Raises DataError for a text that is no value of the variable.
    """
    if not isinstance(kind, Composite):
        return _read_atom(name, kind, text)
    texts = _split(text)
    fields = ",".join(field for field, _ in kind.fields)
    if len(texts) != len(kind.fields):
        raise DataError(f"{name}={text} has {len(texts)} values for its fields {fields}; write {name}={fields}")
    return tuple(
        _read_atom(f"{name}.{field}", atom, part) for (field, atom), part in zip(kind.fields, texts, strict=True)
    )


def _read_atom(name: str, kind: Atom, text: str) -> Any:
    match kind:
        case Categorical(labels):
            return _label(name, labels, text)
        case Image():
            return Path(text)
        case Vector():
            entries = [_number(name, part) for part in _split(text)]
            if len(entries) != kind.dim:
                raise DataError(f"{name}={text} has {len(entries)} entries, {name} is a vector of {kind.dim}")
            return entries
    return _number(name, text)


def _label(name: str, labels: tuple[Label, ...], text: str) -> Label:
    for label in labels:
        if str(label) == text or str(label) == text.strip():
            return label
    for label in labels:  # 1 for 1.0, true for True
        if isinstance(label, bool):
            if text.strip().lower() == str(label).lower():
                return label
        elif isinstance(label, int | float) and _is_number(text, float(label)):
            return label
    known = [str(label) for label in labels]
    if len(known) <= SHOWN:
        raise DataError(f"{text!r} is no label of {name}; it has {', '.join(known)}")
    raise DataError(f"{text!r} is no label of {name}{near_misses(text, known)}")


def _is_number(text: str, value: float) -> bool:
    try:
        return float(text) == value
    except ValueError:
        return False


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise DataError(f"{text!r} is no number, and {name} is real-valued") from None


def _split(text: str) -> list[str]:
    return [part.strip() for part in next(csv.reader([text], skipinitialspace=True), [])]
