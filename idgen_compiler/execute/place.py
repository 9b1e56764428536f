"""Where operations run: apart from what they are and from how a backend realizes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

__all__ = ["HERE", "Here", "Place"]


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
