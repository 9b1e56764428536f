"""How a folder is loaded, said so that another process can do it too."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from idgen_compiler.hinge.backend import Sampler

__all__ = ["Loader"]


@dataclass(frozen=True)
class Loader:
    """A function by its name, `module:function`, called with a folder and then with `arguments`, which JSON can hold.

    >>> Loader()
    Loader(function='idgen_compiler.hinge.saved:load', arguments=())
    """

    function: str = "idgen_compiler.hinge.saved:load"
    arguments: tuple[Any, ...] = ()

    def __call__(self, folder: Path) -> Sampler:
        """The sampler in a folder.  Raises what the function raises."""
        module, _, name = self.function.partition(":")
        found: Sampler = getattr(importlib.import_module(module), name)(folder, *self.arguments)
        return found
