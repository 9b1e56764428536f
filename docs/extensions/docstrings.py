"""Docstrings are plain English with `code`; here they become reStructuredText that says the same.

Paragraphs stay paragraphs, lists stay lists, and what is aligned by hand (before and after, tables of fields) becomes
a literal block. Marks that reStructuredText would read as its own are escaped.
"""

from __future__ import annotations

import re
from textwrap import dedent

from sphinx.application import Sphinx

__all__ = ["restructured", "setup"]

BITSETS = ("mask", "mask_of", "_of_bit")
"""How the names of such members end."""

_STARTS = re.compile(r"(?:Raises|Returns|Shape:|Source:|Warns)\b")
_ALIGNED = re.compile(r"\S {3,}\S|^(?:Before|After):|^\s*[%>]|^\S+ {2,}\S+ {2,}", re.MULTILINE)
_CODE = re.compile(r"(`[^`\n]+`)")
_STRESS = re.compile(r"(?<![\w*])\*(\w[\w -]*\w)\*(?![\w*])")
_MARKS = re.compile(r"([*|_\\])")


def restructured(lines: list[str]) -> list[str]:
    """The lines of a docstring as reStructuredText."""
    text = "\n".join(lines).strip("\n")
    return [line for paragraph in re.split(r"\n\s*\n", text) for line in [*_paragraph(paragraph), ""]]


def _paragraph(text: str) -> list[str]:
    lines = text.split("\n")
    if _ALIGNED.search(text) or (lines[0].startswith("    ") and not lines[0].strip().startswith("- ")):
        return ["::", "", *("    " + line for line in dedent(text).split("\n"))]
    out: list[str] = []
    in_list = False
    for line in lines:
        words = line.strip()
        if words.startswith("- "):
            if not in_list:
                out.append("")
            in_list = True
            out.append(_escaped(words))
        elif in_list:
            out.append("  " + _escaped(words))
        else:
            if _STARTS.match(words) and out:
                out.append("")
            out.append(_escaped(words))
    return out


def _escaped(line: str) -> str:
    """`code` becomes ``code`` and *stress* stays; no other mark means anything."""
    return "".join(f"``{part[1:-1]}``" if _CODE.fullmatch(part) else _plain(part) for part in _CODE.split(line))


def _plain(text: str) -> str:
    """Every second part of the split is what stood between stars."""
    parts = [_MARKS.sub(r"\\\1", part) for part in _STRESS.split(text)]
    return "".join(f"*{part}*" if k % 2 else part for k, part in enumerate(parts))


def _process(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    lines[:] = restructured(lines)


def _skip(app: Sphinx, what: str, name: str, obj: object, skip: bool, options: object) -> bool | None:
    """Leave out what works on bitsets: it is for algorithms, not for people."""
    return True if name.endswith(BITSETS) else None


def setup(app: Sphinx) -> dict[str, bool]:
    """Process every docstring that autodoc reads."""
    app.connect("autodoc-process-docstring", _process)
    app.connect("autodoc-skip-member", _skip)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
