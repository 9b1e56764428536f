"""Which strings may name a variable."""

from __future__ import annotations

from unicodedata import category

from idgen_compiler.errors import GraphError
from idgen_compiler.forms.spelling import composed

__all__ = ["check_name", "variable_of"]

_UNWRITABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})  # control characters, halves of characters, ends of lines


def check_name(name: object) -> str:
    """The name itself, its accents composed.  Raises GraphError when it is not one that every text form can carry.

    Any text will do that is not blank, stands on one line and does not end in a prime: X' is an instance of X.
    """
    if not isinstance(name, str):
        raise GraphError(f"a variable's name is a string, not {name!r:.80} of type {type(name).__name__}")
    why = ""
    if not name.strip():
        why = "it is blank"
    elif name.endswith("'"):
        why = "a prime at the end marks an instance of a variable"
    elif not name.isprintable() and any(category(letter) in _UNWRITABLE for letter in name):
        why = "it holds a control character"
    if why:
        raise GraphError(f"{name!r:.80} cannot name a variable: {why}; rename the column")
    return composed(name)


def variable_of(slot: str) -> str:
    """The variable that a slot is an instance of: X for X''."""
    return slot.rstrip("'")
