"""Policies in the header of a saved sampler: records that are read strictly; functions stay outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from idgen_compiler.errors import DataError
from idgen_compiler.forms.record import read_record, to_plain
from idgen_compiler.hinge.policies import Law, Policy, Shift
from idgen_compiler.ir.operands import records
from idgen_compiler.ir.operations import Assign
from idgen_compiler.ir.policies import Fixed, Named, Uniform
from idgen_compiler.ir.program import Program
from idgen_compiler.warning import warn_data

__all__ = ["KEY", "header_of", "of_header", "plain_policy"]

KEY = "named"
"""The header's entry; left out where there is none."""

_Scalar = str | bool | int | float


@dataclass(frozen=True, slots=True)
class _Entry:
    """A label and its probability: a number, or a Fraction as the text "1/3"."""

    label: _Scalar
    probability: str | int | float


@dataclass(frozen=True, slots=True)
class _Cell:
    """The law at one value of what is read."""

    at: tuple[_Scalar, ...]
    law: tuple[_Entry, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    """A law as a file holds it."""

    word: ClassVar[str] = "law"

    given: tuple[str, ...]
    cells: tuple[_Cell, ...]
    treatment: str = ""


@dataclass(frozen=True, slots=True)
class _Shift:
    """A shift as a file holds it."""

    word: ClassVar[str] = "shift"

    by: int | float


@dataclass(frozen=True, slots=True)
class _Saved:
    """The policies of a header."""

    policies: Mapping[str, _Table | _Shift | Uniform | Fixed]


def header_of(policies: Mapping[str, Policy]) -> dict[str, Any]:
    """What a header keeps of named policies.  Warns (DataWarning) of functions, which no file holds."""
    kept = {name: plain for name, policy in policies.items() if (plain := plain_policy(policy)) is not None}
    for name in policies:
        if name not in kept:
            warn_data(
                f"the policy {name} is a function, which no file holds: a loaded sampler asks for it in do={{...}}"
            )
    return {KEY: kept} if kept else {}


def plain_policy(policy: Policy) -> Any:
    """A policy as JSON values; None for a function.  Raises DataError for labels that JSON does not hold."""
    if not isinstance(policy, Law):
        return to_plain(_Shift(_scalar(policy.by)) if isinstance(policy, Shift) else policy)
    if policy.function is not None:
        return None
    cells = tuple(
        _Cell(tuple(map(_scalar, at)), tuple(_Entry(_scalar(label), _number(p)) for label, p in law.items()))
        for at, law in policy.cells.items()
    )
    return to_plain(_Table(policy.given, cells, policy.treatment))


def of_header(header: Mapping[str, Any], program: Program) -> dict[str, Policy]:
    """What `header_of` wrote.  Raises DataError for anything else, and for names that the program has not."""
    if KEY not in header:
        return {}
    found = read_record(_Saved, {"policies": header[KEY]}, "the saved policies", DataError).policies
    names = {a.policy.name for op in program.operations for a in records(op, Assign) if isinstance(a.policy, Named)}
    if unknown := sorted(found.keys() - names):
        raise DataError(f"the saved policy {unknown[0]!r} is none of the program; save the sampler again")
    return {name: _policy(entry) for name, entry in found.items()}


def _policy(entry: _Table | _Shift | Uniform | Fixed) -> Policy:
    if isinstance(entry, _Shift):
        return Shift(entry.by)
    if not isinstance(entry, _Table):
        return entry
    try:
        cells = {cell.at: {e.label: _read(e.probability) for e in cell.law} for cell in entry.cells}
    except (ValueError, ZeroDivisionError):
        raise DataError("a saved law holds a probability that is no number; save the sampler again") from None
    law = Law(cells if entry.given else cells.get((), {}), entry.given)
    law.treatment = entry.treatment
    return law


def _read(value: str | int | float) -> Any:
    if isinstance(value, str) and len(value) > 200:
        raise ValueError("a fraction of too many digits")
    return Fraction(value) if isinstance(value, str) else value


def _scalar(value: Any) -> Any:
    plain = value.item() if hasattr(value, "item") else value
    if not isinstance(plain, str | bool | int | float):
        raise DataError(f"a law has the label {value!r:.80}, which cannot be saved; label with text or numbers")
    return plain


def _number(value: Any) -> Any:
    return str(value) if isinstance(value, Fraction) else _scalar(value)
