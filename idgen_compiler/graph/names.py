"""Which strings may name a variable."""

from __future__ import annotations

import re

from idgen_compiler.errors import GraphError

__all__ = ["NAME", "check_name", "variable_of"]

NAME = r"[^\W\d][\w.]*"
"""A letter or underscore, then letters, digits, underscores and dots, in scripts whose letters are one character each.

A prime (X') is an instance.
"""

_NAME = re.compile(NAME)


def check_name(name: object) -> str:
    """The name itself.  Raises GraphError when it is not one that every text form can carry."""
    if not isinstance(name, str):
        raise GraphError(f"a variable's name is a string, not {name!r} of type {type(name).__name__}")
    if not _NAME.fullmatch(name):
        raise GraphError(
            f"{name!r} cannot name a variable: a name starts with a letter or underscore and goes on with letters, "
            "digits, underscores and dots; rename the column"
        )
    return name


def variable_of(slot: str) -> str:
    """The variable that a slot is an instance of: X for X''."""
    return slot.rstrip("'")
