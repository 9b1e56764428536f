"""Where operations run: apart from what they are and from how a backend realizes them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

__all__ = ["HERE", "Here", "Lost", "Needs", "Place", "Told", "Workers"]


@runtime_checkable
class Place(Protocol):
    """Takes work and hands out references to what it gives, which other work may be given in turn."""

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """A reference to the result of the work, which need not have begun."""
        ...

    def result(self, reference: Any) -> Any:
        """What a reference stands for, once it is there.  Raises what the work raised."""
        ...


class Here:
    """In this process, at once: a reference is the result itself."""

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """The result."""
        return work(*arguments)

    def result(self, reference: Any) -> Any:
        """The result that it is."""
        return reference


HERE = Here()
"""The place where programs run when nobody says."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a piece of work takes while it runs.

    title: what it is called, as `%m0 : Y | X`.  memory: expected bytes, all told.  cores, gpus: how many.
    shared: whether several processes can do it together. The work is called in each of them with the same arguments,
    once `torch.distributed` joins them, and what the first one returns is the result. How many is for the place to say.
    """

    title: str = ""
    memory: int = 0
    cores: float = 1.0
    gpus: float = 0.0
    shared: bool = False


class Lost(RuntimeError):
    """Work that several processes share broke off, as where one of them is gone; all of them begin it again."""


Told = Callable[[Any, Any], object]
"""told(reference, event): what a piece of work has told of itself by `telling.tell`."""


@runtime_checkable
class Workers(Place, Protocol):
    """A place with other processes, on this machine or others.

    What goes there and comes back is what JSON holds: work is a function of a module, by its name, and its arguments
    are values of JSON or references, each replaced by what it stands for once that is there.
    """

    @property
    def far(self) -> bool:
        """Whether workers may stand on other machines, which do not see the files of this one."""
        ...

    def opened(self, warm: str, devices: tuple[str, ...] = ()) -> AbstractContextManager[None]:
        """A context in which work is taken; what is not over at its end is stopped.

        warm: a module that workers import before anything else.  devices: the GPUs that they share, as `cuda:1`.
        """
        ...

    @property
    def ready(self) -> bool:
        """Whether workers are up, so that work begins as soon as there is room."""
        ...

    def submit(self, work: Callable[..., Any], *arguments: Any, needs: Needs = ...) -> Any:
        """A reference to the result of the work."""
        ...

    def withdraw(self, reference: Any) -> bool:
        """Take back work that has not begun; False where it has."""
        ...

    def is_over(self, reference: Any) -> bool:
        """Whether work has come to an end, good or bad."""
        ...

    def watch(self, told: Told, seconds: float | None = None) -> None:
        """Hand on what was told meanwhile, in this thread; wait for something to happen, at most so long."""
        ...
