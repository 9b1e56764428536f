"""How to compile: the level, the ways to laws after interventions, and what is sampled jointly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Self

from idgen_compiler.errors import QueryError, near_misses
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.ir.operations import Regenerate, Reweight, Way, Weigh
from idgen_compiler.passes import Fuse, Pass, Renumber
from idgen_compiler.passes.pipeline import LEVELS
from idgen_compiler.rewrites.bind import NOTHING, Bind

__all__ = ["CompileOptions", "Realization", "checked_groups"]

Realization = Literal["auto", "regenerate", "reweight", "weigh"]

_WAYS: dict[Realization, tuple[type[Way | Weigh], ...]] = {
    "auto": (Regenerate,),
    "regenerate": (Regenerate,),
    "reweight": (Reweight,),
    "weigh": (Weigh, Regenerate),
}


@dataclass(frozen=True)
class CompileOptions:
    """The options of a compilation, checked."""

    level: int
    realize: Realization = "auto"
    joint: tuple[tuple[str, ...], ...] = ()
    bind: Bind = NOTHING  #: what a user brings

    @classmethod
    def checked(
        cls, optimize: bool | int, realize: str, joint: Iterable[Sequence[str]], graph: ADMG, bind: Bind = NOTHING
    ) -> Self:
        """The options as a user gives them.  Raises QueryError naming the one that is none."""
        return cls(_level(optimize), _realization(realize), checked_groups(joint, graph), bind)

    @property
    def passes(self) -> tuple[Pass, ...]:
        """The passes of the level, and those that were asked for."""
        fuse = (Fuse(self.joint), Renumber()) if self.joint else ()
        return (*LEVELS[self.level], *fuse)

    @property
    def ways(self) -> tuple[type[Way | Weigh], ...]:
        """The ways in which programs realize laws while they are compared; "auto" offers weights at the end."""
        return _WAYS[self.realize]


def _realization(realize: str) -> Realization:
    if realize not in _WAYS:
        raise QueryError(f"a law is not realized by {realize!r}; choose {', '.join(_WAYS)}")
    return realize


def checked_groups(joint: Iterable[Sequence[str]], graph: ADMG) -> tuple[tuple[str, ...], ...]:
    """The groups of variables to sample jointly.  Raises QueryError for a group of one, and for unknown names."""
    groups = tuple((group,) if isinstance(group, str) else tuple(group) for group in joint)
    for group in groups:
        if len(set(group)) < 2:
            raise QueryError(f"joint ({', '.join(group)}) is no group; name two or more variables")
        for name in group:
            if name not in graph:
                raise QueryError(f"joint: the graph has no {name!r}{near_misses(name, graph.order)}")
    return groups


def _level(optimize: bool | int) -> int:
    level = 2 if optimize is True else optimize
    if not isinstance(level, int) or int(level) not in LEVELS:
        raise QueryError(f"there is no optimization level {optimize!r}; choose {', '.join(map(str, LEVELS))}")
    return int(level)
