"""Functions and errors as JSON holds them, for processes that do not share memory."""

from __future__ import annotations

import importlib
import json
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from idgen_compiler.errors import PlaceError

__all__ = ["error_of", "function_of", "name_of", "record_of", "warning_of"]


def name_of(work: Callable[..., Any]) -> str:
    """What a function is called, as `module:name`.

    Raises PlaceError for one that another process cannot import: a lambda, an inner function, or one of `__main__`.

    >>> name_of(name_of)
    'idgen_compiler.execute.named:name_of'
    """
    module, name = getattr(work, "__module__", None), getattr(work, "__qualname__", None)
    if not module or not name or module == "__main__" or "<" in name:
        raise PlaceError(
            f"{work!r:.80} cannot be imported by another process; write it as a function of a module, or use "
            "place='here'"
        )
    return f"{module}:{name}"


def function_of(name: str) -> Callable[..., Any]:
    """The function that `name_of` named; its module is imported."""
    module, _, path = name.partition(":")
    found: Any = importlib.import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    if not callable(found):
        raise PlaceError(f"{name} is no function")
    return found  # type: ignore[no-any-return]


def record_of(error: BaseException) -> dict[str, Any]:
    """An error as JSON holds it: its class, arguments, attributes, notes, cause and where it was raised."""
    return {
        "type": f"{type(error).__module__}:{type(error).__qualname__}",
        "message": str(error),
        "args": [_plain(value) for value in error.args],
        "state": {name: value for name, value in vars(error).items() if name != "__notes__" and _is_plain(value)},
        "notes": [str(note) for note in getattr(error, "__notes__", ())],
        "where": "".join(traceback.format_exception(error)),
        "cause": None if error.__cause__ is None else record_of(error.__cause__),
    }


def error_of(record: Mapping[str, Any], worker: str = "a worker") -> BaseException:
    """The error that `record_of` wrote: of its own class, where that can be imported, with the worker's traceback.

    >>> error_of(record_of(KeyError("X")))
    KeyError('X')
    """
    try:
        kind: Any = function_of(record["type"])
    except (ImportError, AttributeError, PlaceError):
        kind = None
    if not (isinstance(kind, type) and issubclass(kind, BaseException)):
        error: BaseException = RuntimeError(f"{record['type'].partition(':')[2]}: {record['message']}")
    else:
        error = kind.__new__(kind, *record["args"])
        error.args = tuple(record["args"])
        vars(error).update(record["state"])
        if str(error) != record["message"]:
            error.add_note(record["message"])
    for note in record["notes"]:
        error.add_note(note)
    if record["cause"] is not None:
        error.__cause__ = error_of(record["cause"], worker)
    error.add_note(f"in {worker}:\n{record['where'].rstrip()}")
    return error


def warning_of(kind: str, text: str) -> Warning:
    """A warning of the class `module:name`, where that can be imported."""
    try:
        found: Any = function_of(kind)
        return found(text) if issubclass(found, Warning) else UserWarning(text)
    except (ImportError, AttributeError, PlaceError, TypeError):
        return UserWarning(text)


def _is_plain(value: Any) -> bool:
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return False
    return True


def _plain(value: Any) -> Any:
    return value if _is_plain(value) else repr(value)
