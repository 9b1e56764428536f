"""Faults of programs: errors that show the line and point at the offender, and the checks of names."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from idgen_compiler.errors import GraphError, ProgramError
from idgen_compiler.forms.spelling import spelled
from idgen_compiler.graph.names import check_name, variable_of
from idgen_compiler.ir.operations import Operation, Statement
from idgen_compiler.ir.text import print_operation, print_statement

__all__ = ["check_distinct", "check_plain", "check_slot", "fault", "is_endless"]


def fault(op: Operation, offender: str, what: str, remedy: str, line: Statement | None = None) -> ProgramError:
    """The error, with the first line of the operation (or the statement's) that holds the offender, and a caret."""
    lines = print_operation(op).split("\n")
    shown_as = offender if offender.startswith("%") else spelled(offender)
    place = re.compile(rf"(?<![\w%.']){re.escape(shown_as)}(?![\w'])")
    named = [shown for shown in lines if line is None or shown.strip() == print_statement(line)] or lines
    shown = next((shown for shown in named if place.search(shown)), named[0])
    at = place.search(shown)
    caret = f"\n  {' ' * at.start()}{'^' * len(shown_as)}" if at else ""
    return ProgramError(f"program does not verify: in {op.result}, {what}\n  {shown}{caret}\n{remedy}", op.result)


@lru_cache(maxsize=4096)
def names_slot(name: str) -> bool:
    """Whether a text is the name of a slot: of a variable, with primes for its instances."""
    plain = variable_of(name)
    try:
        return check_name(plain) == plain
    except GraphError:
        return False


def is_endless(value: object) -> bool:
    """Whether a value is infinite or none."""
    return isinstance(value, float) and not math.isfinite(value)


def check_distinct(op: Operation, names: Sequence[str], what: str) -> None:
    """Raise ProgramError for a name that stands twice."""
    if len(set(names)) == len(names):
        return
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise fault(op, name, f"{name} stands twice among the {what}", "keep one")
        seen.add(name)


def check_plain(op: Operation, names: Iterable[str], what: str) -> None:
    """Raise ProgramError for an instance where a variable is wanted."""
    for name in names:
        if not names_slot(name) or name[-1] == "'":
            raise fault(op, name, f"{name!r} among the {what} is no plain variable", "use the variable's own name")


def check_slot(op: Operation, slot: str) -> None:
    """Raise ProgramError for what is no slot."""
    if not names_slot(slot):
        raise fault(op, slot, f"{slot!r} is no slot", "write a variable's name, with primes for instances")
