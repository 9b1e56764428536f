"""The families that there are: those of installed packages, by entry point, and those registered by hand."""

from __future__ import annotations

import re
from dataclasses import Field
from importlib import import_module
from importlib.metadata import EntryPoint
from typing import Any, TypeVar

from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.hinge.installed import entry_points
from idgen_compiler.warning import warn_user
from idgen_torch.families.family import ConditionalModel, Family

__all__ = ["GROUP", "families", "family", "imported", "is_known", "made_known", "path_of", "register"]

GROUP = "idgen_compiler.families"
"""The entry points of a package that brings families: name = "module:Class"."""

F = TypeVar("F", bound=type[Family])

_LOADED: dict[str, type[Family]] = {}

_PATH = re.compile(r"(?P<module>[A-Za-z_][\w.]*):(?P<name>[A-Za-z_][\w.]*)")


def register(kind: F) -> F:
    """Make a family known under its `word` in this process (usable as a decorator).

    The same class written again, as by a notebook's cell that is run twice, takes the place of the former. Raises
    DataError for a name that another class has, and for a class that is no whole family. A package names its families
    as entry points instead (`GROUP`), so that they are found in every process.
    """
    if not (isinstance(kind, type) and issubclass(kind, Family)):
        raise DataError(f"{kind!r:.80} is no family; register a class that derives from idgen_torch.Family")
    name = getattr(kind, "word", None)
    if not isinstance(name, str) or not name:
        raise DataError(f"the family {kind.__qualname__} has no name; give it one, such as word = 'nearest'")
    _check_whole(kind)
    known, point = _LOADED.get(name), _points().get(name)
    taken = {path_of(known)} if known is not None else set()
    taken |= {point.value} if point is not None else set()
    if taken - {path_of(kind)}:
        others = ", ".join(sorted(taken - {path_of(kind)}))
        raise DataError(
            f"a kernel family called {name!r} is registered already, by {others}; {path_of(kind)} is another "
            "class: give it another name"
        )
    _LOADED[name] = kind
    return kind


def family(name: str) -> type[Family]:
    """The family of this name.  Raises DataError for an unknown one, or one whose package cannot be loaded."""
    if name in _LOADED:
        return _LOADED[name]
    points = _points()
    if name not in points:
        raise DataError(f"no kernel family is called {name!r}{near_misses(name, sorted({*points, *_LOADED}))}")
    _LOADED[name] = _load(name, points[name])
    return _LOADED[name]


def is_known(name: str) -> bool:
    """Whether there is a family of this name, registered or of a package."""
    return name in _LOADED or name in _points()


def imported(path: str) -> Any:
    """What a text such as `module:name` names, which a person wrote: its module is imported.

    No text of a file comes here. Raises DataError for a text of another form, for what cannot be imported, and for a
    name that the module lacks.

    >>> imported("idgen_torch:Flow").word
    'flow'
    """
    told = _PATH.fullmatch(path.strip())
    if told is None:
        raise DataError(f"{path!r:.80} names nothing that can be imported; write module:name")
    try:
        found: Any = import_module(told["module"])
    except Exception as error:
        said = " ".join(str(error).split())
        raise DataError(f"{path} cannot be imported ({type(error).__name__}: {said}); mend or install it") from error
    for name in told["name"].split("."):
        if not hasattr(found, name):
            public = [known for known in vars(found) if not known.startswith("_")] if hasattr(found, "__dict__") else []
            raise DataError(f"{path} cannot be imported: there is no {name}{near_misses(name, public)}")
        found = getattr(found, name)
    return found


def made_known(asked: str | type[Family]) -> type[Family]:
    """A family, by itself or by the text `module:Class`, registered.  Raises DataError for what is none."""
    found = imported(asked) if isinstance(asked, str) else asked
    if not (isinstance(found, type) and issubclass(found, Family)):
        what = asked if isinstance(asked, str) else f"{asked!r:.80}"
        raise DataError(f"{what} is no family; name a class that derives from idgen_torch.Family, as module:Class")
    return found if _LOADED.get(getattr(found, "word", "")) is found else register(found)


def families() -> tuple[str, ...]:
    """The names of all families, sorted; one whose package cannot be loaded is left out with a warning."""
    for name in _points():
        try:
            family(name)
        except DataError as error:
            warn_user(f"{error}; fits go on without it", UserWarning)
    return tuple(sorted(_LOADED))


def _check_whole(kind: Any) -> None:
    """Raise DataError for a class that cannot be asked for by its name alone, or that makes no models."""
    model = getattr(kind, "model", None)
    if not (isinstance(model, type) and issubclass(model, ConditionalModel)):
        raise DataError(f"the family {kind.__qualname__} says no model; add model = YourModel, a ConditionalModel")
    for each in (kind, model):
        if lacking := sorted(getattr(each, "__abstractmethods__", ())):
            raise DataError(f"{each.__qualname__} lacks the methods {', '.join(lacking)}; write them")
    if any(isinstance(value, Field) for value in vars(kind).values()):
        raise DataError(f"{kind.__qualname__} is no dataclass; put @dataclass(frozen=True) above it, below @register")
    try:
        kind()
    except TypeError as error:
        raise DataError(f"{kind.__qualname__} cannot be made without options ({error}); give each a default") from error


def _points() -> dict[str, EntryPoint]:
    found: dict[str, EntryPoint] = {}
    for point in entry_points(GROUP):
        other = found.setdefault(point.name, point)
        if other.value != point.value:
            raise DataError(
                f"two packages bring a family called {point.name!r} ({other.value}, {point.value}); uninstall one"
            )
    return found


def _load(name: str, point: EntryPoint) -> type[Family]:
    try:
        kind = point.load()
    except Exception as error:
        raise DataError(
            f"the family {name!r} cannot be loaded from {point.value} ({error}); mend or uninstall its package"
        ) from error
    if not (isinstance(kind, type) and issubclass(kind, Family)) or getattr(kind, "word", None) != name:
        raise DataError(f"{point.value} is no family called {name!r}; mend or uninstall its package")
    return kind


def path_of(kind: type[Family]) -> str:
    """The text `module:Class` of a family."""
    return f"{kind.__module__}:{kind.__qualname__}"
