"""What messages say of Python's arguments, in the words of the page: its fields, its keys, the names of files."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["FIELDS", "on_page"]

FIELDS = {
    "missing": "Missing values",
    "missing_marks": "Words for missing",
    "types": "Types of columns",
    "decimal": "Decimal mark",
    "effort": "Effort",
}
"""Option of a fit -> the field of the page that has it."""

_OTHERS = (
    "bind|bound|check_graph|composites|delimiter|encoding|ensemble|epochs|fallbacks|family|functions|images_root|latent|"
    "memory|place|policies|realize|rows|size_limit|store|unobserved|weights|weights_are"
)
"""Options that the page has no field for."""

_TEXT = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_LIST = rf"\[(?:{_TEXT}|[^\]'\"])*\]"
_MAPPING = rf"\{{(?:{_TEXT}|[^}}'\"])*\}}"
_BROUGHT = r"; if a kernel or function that you bring makes it, compile with unobserved=" + _LIST
_COMPOSITE = r"the column to the graph's name, or list the columns of a composite in composites=\{\.\.\.\}"
_HIDDEN = (
    rf"say so: `([^`]*) \[latent\]` in the graph, latent={_LIST} for ADMG.parse or compile, "
    r"--latent .*? on the command line"
)


def on_page(message: str, files: Mapping[str, str] | None = None) -> str:
    """A message of the library for somebody who has the page alone.

    files: path -> the name by which somebody knows that file.  What the page has no field for is said to be Python's.

    >>> on_page("drop these rows with missing='drop', or say types={'Z': 'integer'}")
    'drop these rows with “Missing values: drop”, or say “Types of columns: Z=integer”'
    >>> on_page("say realize='reweight'")
    "say realize='reweight' (realize is set in Python: Export has the code)"
    """
    for path, name in (files or {}).items():
        message = message.replace(path, name)
    for pattern, write in _TABLE:
        message = re.sub(pattern, write, message)
    others = dict.fromkeys(
        re.findall(rf"(?<![\w.\-“])({_OTHERS})=(?:{_TEXT}|{_LIST}|{_MAPPING}|True|False|\d)", message)
    )
    if not others or message.endswith("Export has the code)"):
        return message
    return f"{message} ({', '.join(others)} {'is' if len(others) == 1 else 'are'} set in Python: Export has the code)"


def _field(found: re.Match[str]) -> str:
    value = _read(found[2])
    if isinstance(value, Mapping):
        value = ", ".join(f"{name}={'…' if said is ... else said}" for name, said in value.items())
    elif isinstance(value, list):
        value = ", ".join(map(str, value))
    return f"“{FIELDS[found[1]]}: {value}”"


def _asked(found: re.Match[str]) -> str:
    value = _read(found[2])
    names = value if isinstance(value, Mapping) else {}
    return " and ".join(f"“{found[1]} {name}”" for name in names) or f"“{found[1]}”"


def _read(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


_TABLE: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (_HIDDEN, r"select \1 on the graph and make it latent (U)"),
    (_BROUGHT, ""),
    (_COMPOSITE, "the column or the vertex (R)"),
    (rf"(?<![\w.\-])({'|'.join(FIELDS)})=({_TEXT}|{_LIST}|{_MAPPING})", _field),
    (rf"(?<![\w.\-])(types)\[({_TEXT})\]", _field),
    (rf"(?<![\w.\-])(do|given)=({_MAPPING})", _asked),
)
"""What a message may name, and what stands for it on the page."""
