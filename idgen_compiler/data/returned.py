"""What somebody's own code returns, held against the kind of the variable that it is to be.

Values are in the user's own units: labels, numbers, dates, pictures. One check serves whatever calls such code: its
columns are found by name, each is held against its kind, and what passes is encoded as models see it. An error is one
line that says whose code it was, what came, what is wanted, and the remedy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array, as_numpy
from idgen_compiler.data.kinds import Atom, Composite, Kind
from idgen_compiler.data.kinds.setting import Setting, shown
from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.warning import quietly

__all__ = ["described", "encoded_return", "mismatch", "returned_columns"]

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class _Returned(Setting):
    """The place of values that code returns, for messages."""

    def __str__(self) -> str:
        return f"{self.role} returns {self.name}, which"

    __repr__ = __str__


def mismatch(source: str, name: str, came: str, wanted: str, remedy: str) -> DataError:
    """The error that says what came and what is wanted, in one line.

    >>> str(mismatch("%m0: Y | X", "Y", "float64 of shape (5,)", "float32 of shape (5, 1)", "call .float()[:, None]"))
    '%m0: Y | X returns Y as float64 of shape (5,), but float32 of shape (5, 1) is wanted; call .float()[:, None]'
    """
    return DataError(f"{source} returns {name} as {' '.join(came.split())}, but {wanted} is wanted; {remedy}")


def described(values: Any) -> str:
    """The dtype, the shape and the range of an array, or what else was returned, for messages.

    >>> described(np.array([[0.0, 0.5], [1.0, np.nan]]))
    'float64 of shape (2, 2) from 0 to 1, of which 1 is not finite'
    >>> described(["a", "b"]), described(None), described(3.0)
    ("object of shape (2,) such as 'a', 'b'", 'None', 'the float 3.0')
    """
    try:
        found = _array(values)
    except (DataError, ValueError, TypeError, RuntimeError):
        found = None
    if found is None or not found.ndim:
        told = " ".join(f"{values!r:.60}".split())[:40]
        return "None" if values is None else f"the {type(values).__name__} {told}"
    told = f"{found.dtype} of shape {found.shape}"
    if isinstance(found, np.ma.MaskedArray):  # with something masked: the others are plain by now
        return f"{told}, some of it masked"
    if found.dtype.names or not found.size:
        return told
    if found.dtype.kind not in "biuf":
        return f"{told} such as {shown(found.reshape(-1)[:_SHOWN])}"
    finite = np.isfinite(found)
    told += f" from {found[finite].min():g} to {found[finite].max():g}" if finite.any() else ""
    lost = int((~finite).sum())
    return told + (f", of which {lost} {'is' if lost == 1 else 'are'} not finite" if lost else "")


def returned_columns(source: str, answer: Any, names: Sequence[str]) -> dict[str, Any]:
    """What code returns, by variable: a mapping with exactly these names, or for one name its values alone.

    Raises DataError for a name too many or too few, and for anything else.

    >>> returned_columns("f", {"Y": [1, 2]}, ["Y"]), returned_columns("f", [1, 2], ["Y"])
    ({'Y': [1, 2]}, {'Y': [1, 2]})
    >>> returned_columns("f", {"y": [1, 2]}, ["Y"])
    Traceback (most recent call last):
    ...
    idgen_compiler.errors.DataError: f returns y, but Y is wanted; return {'Y': values}; did you mean Y?
    """
    wanted = f"return {{{', '.join(f'{name!r}: values' for name in names)}}}"
    if isinstance(answer, Mapping):
        if set(answer) != set(names):
            stray = [str(name) for name in answer if name not in names]
            told = ", ".join(map(str, answer)) or "nothing"
            lacking = [name for name in names if name not in answer]
            hint = near_misses(stray[0], lacking) if stray and lacking else ""
            raise DataError(f"{source} returns {told}, but {', '.join(names)} is wanted; {wanted}{hint}")
        return {name: answer[name] for name in names}
    if len(names) == 1 and answer is not None:
        return {names[0]: answer}
    raise DataError(f"{source} returns {described(answer)}, but {', '.join(names)} is wanted; {wanted}")


def encoded_return(source: str, name: str, kind: Kind, values: Any, n: int) -> tuple[Array, ...]:
    """The n values of a variable that code returns, encoded as models see them: one array for each part.

    values: labels, numbers, dates or pictures as the user knows them, in an array, a tensor or a list, one for each
    row; a composite in a structured array, or a mapping or tuple of its fields' values. Nothing is repeated, rounded
    to another label or cut off: raises DataError for another number of rows, another shape, a label that is none, NaN
    and infinity, and a number that the variable's scale cannot hold. Shape: as of `Part.entries`, with n rows.

    >>> from idgen_compiler.data.kinds import Categorical
    >>> encoded_return("%m0: Y | X", "Y", Categorical(("no", "yes")), ["yes", "no"], 2)[0].tolist()
    [1, 0]
    >>> encoded_return("%m0: Y | X", "Y", Categorical(("no", "yes")), [1, 0], 2)
    Traceback (most recent call last):
    ...
    idgen_compiler.errors.DataError: %m0: Y | X returns Y as object of shape (2,) such as 1, 0, but 2 of the labels \
'no', 'yes' is wanted; 1 is no label
    """
    where = _Returned(source, name, n)
    if not isinstance(kind, Composite):
        return tuple(_encoded(where, atom.kind, values) for atom in kind.atoms(name))
    fields = kind.by_field(where, values)
    return tuple(_encoded(where.field(atom.field), atom.kind, fields[atom.field]) for atom in kind.atoms(name))


def _encoded(where: Setting, kind: Atom, values: Any) -> Array:
    def wrong(remedy: str) -> DataError:
        return mismatch(where.role, where.name, described(values), kind.wanted(where.n), remedy)

    try:
        found = _array(values)
    except (DataError, ValueError, TypeError, RuntimeError) as error:  # such as a tensor without data
        raise wrong(f"return an array ({' '.join(str(error).split()):.80})") from error
    if not found.ndim or len(found) != where.n:
        raise wrong(f"return one value for each of the {where.n} rows")
    if isinstance(found, np.ma.MaskedArray):
        raise wrong("return a value for each row, none of them masked")
    if found.dtype.kind == "c" or (found.dtype.kind == "O" and any(isinstance(v, complex) for v in found.flat)):
        raise wrong("return real numbers or labels; take .real of complex ones, if that is what is meant")
    if not where.n:
        part = kind.part(where.name)
        return np.empty((0, *part.entries), part.dtype)
    try:
        with quietly():
            encoded = kind.check_one(where, found)
            lost = kind.lost(where, found, encoded)
    except DataError as error:
        raise wrong(kind.mended(found) or str(error).removeprefix(f"{where} ")) from error
    if lost.any():
        row = int(lost.argmax())
        back = kind.told(encoded)
        raise wrong(
            f"row {row}, {shown([found[row]])}, lies beyond what the data let {where.name} be and would become "
            f"{shown([back[row]])}; return what it can be, or say with types= what that is"
        )
    return encoded


def _array(values: Any) -> Array:
    """The values as an array: a tensor's, a column's of a table, or a list's."""
    found = as_numpy(values)
    if hasattr(found, "to_numpy") and hasattr(found, "__len__"):
        found = found.to_numpy()
    if isinstance(found, list | tuple):
        many = np.empty(len(found), dtype=object)
        many[:] = list(found)
        found = np.asarray([as_numpy(value) for value in found]) if _nested(many) else many
    return (
        np.ma.getdata(found) if isinstance(found, np.ma.MaskedArray) and not found.mask.any() else np.asanyarray(found)
    )


def _nested(many: Array) -> bool:
    """Whether a list holds arrays, or lists of numbers."""
    return len(many) > 0 and all(hasattr(value, "shape") or isinstance(value, list | tuple) for value in many)
