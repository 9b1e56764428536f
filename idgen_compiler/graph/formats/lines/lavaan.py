"""lavaan's model syntax: `y ~ x1 + x2` for causes, `x ~~ y` for a hidden common cause, `f =~ x` for a hidden vertex."""

from __future__ import annotations

import re

from idgen_compiler.errors import GraphError
from idgen_compiler.forms.spelling import NAME, QUOTED, WORD, read_spelling
from idgen_compiler.graph.edges import EdgeList
from idgen_compiler.graph.formats.draft import Draft
from idgen_compiler.graph.formats.format import Format, register

__all__ = ["LAVAAN", "parse_lavaan"]

_OPERATOR = re.compile(r"=~|~~|~\*~|<~|~|:=|==|<|>|\|")
_LEFT_ASIDE = frozenset({":=", "==", "<", ">", "|", "~*~"})  # parameters and thresholds
_TERM = re.compile(rf"(?:(?P<modifier>[^*]*)\*)?\s*(?P<name>{NAME}|[01])\s*")


def parse_lavaan(text: str) -> EdgeList:
    r"""The graph of a model: regressions are direct causes, residual covariances hidden common causes.

    Latent variables are hidden vertices; intercepts, variances, labels, starting values and constraints of parameters
    are left aside, and what is fixed to zero (`0*x`) is no edge. Variables that only cause others are independent
    here unless a covariance joins them, whereas lavaan lets them covary.

    Raises GraphError with the line for what cannot be read, interactions and composites.

    >>> parse_lavaan("y ~ x + b*m\nm ~ x; x ~~ y").directed
    (('x', 'y'), ('m', 'y'), ('x', 'm'))
    """
    if not isinstance(text, str):
        raise GraphError(f"a model of lavaan is read from a text, not from {text!r:.80}")
    draft, pairs = Draft(), dict[tuple[str, str], None]()
    for number, statement in _statements(text):
        _read(draft, pairs, statement, number)
    draft.directed = list(dict.fromkeys(draft.directed))
    draft.bidirected = list(pairs)
    return draft.edge_list()


def _statements(text: str) -> list[tuple[int, str]]:
    """Line and text of each statement; one goes on where a line ends in, or the next begins with, an operator."""
    found: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        for part in re.split(";", re.split("[#!]", line, maxsplit=1)[0]):
            part = part.strip()
            if not part:
                continue
            if found and (found[-1][1][-1] in "+~*" or part[0] in "+~*"):
                found[-1] = (found[-1][0], f"{found[-1][1]} {part}")
            else:
                found.append((number, part))
    return found


def _read(draft: Draft, pairs: dict[tuple[str, str], None], statement: str, number: int) -> None:
    operator = _OPERATOR.search(statement)
    if operator is None:
        raise GraphError(f"lavaan, line {number}: {statement!r:.80} is no formula; write one such as y ~ x1 + x2")
    if operator[0] in _LEFT_ASIDE:
        return
    if operator[0] == "<~":
        raise GraphError(f"lavaan, line {number}: a composite (<~) has no place in a graph; write its causes with ~")
    left = [name for name, _ in _terms(statement[: operator.start()], number)]
    right = _terms(statement[operator.end() :], number)
    draft.add((*left, *(name for name, _ in right)))
    causes = [name for name, is_zero in right if not is_zero]
    if operator[0] == "~":
        draft.join(causes, "->", left)
    elif operator[0] == "=~":
        draft.hidden.update(left)
        draft.join(left, "->", causes)
    else:
        pairs.update({(min(a, b), max(a, b)): None for a in left for b in causes if a != b})


def _terms(text: str, number: int) -> list[tuple[str, bool]]:
    """The names of a sum, without intercepts, each with whether its parameter is fixed to zero."""
    found = []
    for term in text.split("+"):
        read = _TERM.fullmatch(term.strip())
        if read is None or (read["modifier"] or "").count("(") != (read["modifier"] or "").count(")"):
            raise GraphError(
                f"lavaan, line {number}: {term.strip()!r:.80} is no variable; a graph has edges between variables, and "
                "no interactions and functions"
            )
        if read["name"] in ("0", "1"):
            continue
        modifier = (read["modifier"] or "").strip()
        try:
            found.append((read_spelling(read["name"]), modifier in ("0", "0.0")))
        except ValueError:
            raise GraphError(f"lavaan, line {number}: {read['name']!r:.80} is a name that cannot be read") from None
    return found


_FIRST = rf"(?:{WORD}|{QUOTED})"
LAVAAN = register(
    Format(
        "lavaan",
        parse_lavaan,
        start=rf"(?:![^\n]*\n\s*)*{_FIRST}(?:[^\S\n]*\+[^\S\n]*{_FIRST})*\s*(?:=~|~~|~)",
        suffixes=(".lav", ".lavaan"),
    )
)
