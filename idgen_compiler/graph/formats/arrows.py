"""The arrows of edges, in the spellings that people and programs use, and those that leave an edge uncertain."""

from __future__ import annotations

import re

from idgen_compiler.forms.spelling import STRING, spelled

__all__ = ["ARROW", "REFUSED", "as_statements", "direction_of", "why_refused"]

_DASH = "[-\u2010-\u2015\u2212\u2500]+"
_RIGHT, _LEFT, _BOTH = "→⟶➔➙➛➜➝➞⭢", "←⟵⭠", "↔⟷⬌⭤"

ARROW = rf"(?!<<)(?:<{_DASH}>|{_DASH}>|<{_DASH}(?![@<]))(?!>)|[{_RIGHT}{_LEFT}{_BOTH}]"
"""An edge of an ADMG: `->`, `-->`, `→` and the like, and the same to the left or with two heads."""

_HEADS = rf"<{{1,2}}{_DASH}>{{1,2}}|{_DASH}>>|<<{_DASH}|<+>+"

REFUSED = rf"[ox@]{_DASH}(?:[>@]|[ox](?!\w))?|<?{_DASH}@|{_DASH}\+|\+{_DASH}|=+>|<=+>?|[⇒⇐⇔]|{_HEADS}|{_DASH}"
"""What people write in the place of an arrow and is none."""

_COMMA = rf"{STRING}|`[^`\n]*`|\{{[^{{}}]*\}}|(?P<comma>,)"
"""A comma, past what holds some that part no places of a chain."""

_CIRCLES = ("o", "@")


def direction_of(arrow: str) -> str:
    """The arrow in the text form: ->, <- or <->.

    >>> [direction_of(arrow) for arrow in ("-->", "←", "⟷")]
    ['->', '<-', '<->']
    """
    if len(arrow) == 1:
        return "->" if arrow in _RIGHT else "<-" if arrow in _LEFT else "<->"
    return ("<" if arrow[0] == "<" else "") + "-" + (">" if arrow[-1] == ">" else "")


def why_refused(arrow: str, a: str = "X", b: str = "Y") -> str:
    """What an edge from a to b that is none of an ADMG stands for, and what to write in its place.

    >>> why_refused("o->")
    'X o-> Y is an uncertain edge, as in a PAG: it stands for X -> Y, X <-> Y or both; write the one that is meant'
    """
    a, b = spelled(a), spelled(b)
    right, left, both = f"{a} -> {b}", f"{a} <- {b}", f"{a} <-> {b}"
    first, last = arrow[0], arrow[-1]
    if first in _CIRCLES or last in _CIRCLES:
        meanings = f"{right}, {both} or both"
        if first == "<":
            meanings = f"{left}, {both} or both"
        elif last != ">":
            meanings = f"{right}, {left} or {both}"
        what = f"is an uncertain edge, as in a PAG: it stands for {meanings}"
        return f"{a} {arrow} {b} {what}; write the one that is meant"
    if first in "=+<⇒⇐⇔x" or last in "+>x":
        return f"{arrow} is no edge of an ADMG; write {right}, {left}, or {both} for a hidden common cause"
    return (
        f"{a} {arrow} {b} is an undirected edge, as in a CPDAG: it does not say which is the cause; write {right}, "
        f"{left}, or {both} for a hidden common cause"
    )


def as_statements(written: str) -> str:
    """A chain with commas between its arrows as statements that end where the comma before the next arrow stood.

    >>> as_statements("Z, W -> X, X -> Y, A, B -> Y")
    'Z, W -> X; X -> Y, A; B -> Y'
    """
    plain = " ".join(written.split())
    commas = [found.start() for found in re.finditer(_COMMA, plain) if found["comma"]]
    ends = zip([-1, *commas], [*commas, len(plain)], strict=True)
    first, *others = (plain[start + 1 : end].strip() for start, end in ends)
    pieces, begun = [first], re.search(ARROW, first) is not None
    for part in others:
        arrow = re.search(ARROW, part) is not None
        pieces.append(("; " if arrow and begun else ", ") + part)
        begun |= arrow
    return "".join(pieces)
