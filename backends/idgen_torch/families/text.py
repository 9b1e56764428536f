"""Recipes as texts: `flow` or `flow{bins=16, hidden=(64, 64)}`."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.forms.cursor import Cursor
from idgen_torch.families.family import Family
from idgen_torch.families.registry import family, made_known

__all__ = ["checked_name", "parse_recipe", "write_recipe"]

_WORDS: dict[str, Any] = {"none": None, "true": True, "false": False}
_IMPORTED = re.compile(r"\s*(?P<path>[A-Za-z_][\w.]*:[A-Za-z_][\w.]*)")
_BARE = re.compile(r"[A-Za-z_][A-Za-z_0-9.+-]*")


class _RecipeCursor(Cursor):
    tokens = re.compile(
        r"""\s*(?:(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![A-Za-z_0-9.]))"""
        r"""|(?P<word>[A-Za-z_][A-Za-z_0-9.+-]*)|(?P<quoted>"[^"]*"|'[^']*')|(?P<mark>[{}=,()]))"""
    )
    language = "family"
    example = "flow{bins=16, hidden=(64, 64)}"
    failure = DataError


def parse_recipe(text: str) -> Family:
    """The recipe that a text names: a family by its name, or by `module:Class`, which is imported and registered.

    Values are numbers, names, texts in quotes, `true`, `false`, `none`, or several numbers in parentheses. Raises
    DataError for a text that cannot be read, an unknown family or option, and a value that an option refuses.

    >>> parse_recipe("flow{bins=16, hidden=(64, 64)}").set_options()
    {'hidden': (64, 64), 'bins': 16}
    """
    if told := _IMPORTED.match(text):
        text = made_known(told["path"]).word + text[told.end() :]
    cursor = _RecipeCursor(text)
    if cursor.kind != "word":
        raise cursor.error("expected the name of a family")
    kind = family(cursor.value)
    cursor.advance()
    values: dict[str, Any] = {}
    if cursor.value == "{":
        cursor.advance()
        while cursor.value != "}":
            if cursor.kind != "word":
                raise cursor.error("expected the name of an option, or '}'")
            name = checked_name(kind, cursor.value)
            if name in values:
                raise cursor.error(f"{name} is given twice")
            cursor.advance()
            cursor.take("=")
            values[name] = _value(cursor)
            if cursor.value != "}":
                cursor.take(",")
        cursor.advance()
    if cursor.value:
        raise cursor.error(f"expected the end, not {cursor.value!r}")
    return kind(**values)


def checked_name(kind: type[Family], name: str) -> str:
    """The name itself, if the family has such an option; raises DataError otherwise."""
    known = [option.name for option in fields(kind)]
    if name not in known:
        hint = near_misses(name, known) or (f"; it has {', '.join(known)}" if known else "; it has none")
        raise DataError(f"{kind.word} has no option {name!r}{hint}")
    return name


def write_recipe(recipe: Family) -> str:
    """The text of a recipe, with the options that differ from their defaults; `parse_recipe` reads it.

    >>> from idgen_torch.families import Table
    >>> write_recipe(Table(smoothing=2))
    'table{smoothing=2.0}'
    """
    options = [f"{name}={_written(value)}" for name, value in recipe.set_options().items()]
    return recipe.word + (f"{{{', '.join(options)}}}" if options else "")


def _value(cursor: Cursor) -> Any:
    kind, text = cursor.kind, cursor.value
    if text == "(":
        return _several(cursor)
    if kind not in ("number", "word", "quoted"):
        raise cursor.error("expected a value")
    cursor.advance()
    if kind == "quoted":
        return text[1:-1]
    if kind == "word":
        return _WORDS.get(text, text)
    return int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)


def _several(cursor: Cursor) -> tuple[Any, ...]:
    cursor.take("(")
    found = []
    while cursor.value != ")":
        found.append(_value(cursor))
        if cursor.value != ")":
            cursor.take(",")
    cursor.advance()
    return tuple(found)


def _written(value: Any) -> str:
    if isinstance(value, tuple | list):
        return f"({', '.join(map(_written, value))})"
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and not (_BARE.fullmatch(value) and value not in _WORDS):
        return f'"{value}"' if '"' not in value else f"'{value}'"
    return str(value)
