"""The families that there are: those of installed packages, by entry point, and those registered by hand."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import TypeVar

from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.warning import warn_user
from idgen_torch.families.family import Family

__all__ = ["GROUP", "families", "family", "register"]

GROUP = "idgen_compiler.families"
"""The entry points of a package that brings families: name = "module:Class"."""

F = TypeVar("F", bound=type[Family])

_LOADED: dict[str, type[Family]] = {}


def register(kind: F) -> F:
    """Make a family known under its `word` in this process (usable as a decorator).

    The same class written again, as by a notebook's cell that is run twice, takes the place of the former. Raises
    DataError for a name that is in use. A package names its families as entry points instead (`GROUP`), so that they
    are found in every process.
    """
    name = getattr(kind, "word", None)
    if not isinstance(name, str) or not name:
        raise DataError(f"the family {kind.__qualname__} has no name; give it one, such as word = 'nearest'")
    known, point = _LOADED.get(name), _points().get(name)
    taken = {_path(known)} if known is not None else set()
    taken |= {point.value} if point is not None else set()
    if taken - {_path(kind)}:
        raise DataError(f"a kernel family called {name!r} is registered already; give yours another name")
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


def families() -> tuple[str, ...]:
    """The names of all families, sorted; one whose package cannot be loaded is left out with a warning."""
    for name in _points():
        try:
            family(name)
        except DataError as error:
            warn_user(f"{error}; fits go on without it", UserWarning)
    return tuple(sorted(_LOADED))


def _points() -> dict[str, EntryPoint]:
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=GROUP):
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


def _path(kind: type[Family]) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"
