"""What can be brought for a conditional, as one thing: something that is called with inputs and draws values.

A callable `f(inputs, n, generator)` is called as it is; one that takes its inputs alone is a function of them. Anything
else (a module, a pipeline) is wrapped by an adapter, a `Kernel` that says how to call it.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from idgen_compiler.data.arrays import Array
from idgen_compiler.errors import DataError
from idgen_compiler.hinge.kernels import check_callable
from idgen_torch.bound.digest import content_digest, named

__all__ = ["Brought", "Fallback", "Kernel", "as_brought"]

Inputs = Mapping[str, Array]
"""Variable -> values in the user's own unit, with one row for each sample: labels, numbers, pictures as bytes."""

Fallback = Callable[[Inputs], Array]
"""Draws the target by the model that was trained for the same conditional, given inputs in the user's own unit."""


class Kernel(ABC):
    """An adapter: how to call a model that is no plain callable.  A subclass says what it wraps and how it draws.

    >>> class Shifted(Kernel):
    ...     '''The input X and noise.'''
    ...
    ...     def __call__(self, inputs, n, generator):
    ...         noise = torch.randn(n, generator=generator, device=generator.device)
    ...         return inputs["X"] + noise.cpu().numpy()
    >>> Shifted().batch is None
    True
    """

    @abstractmethod
    def __call__(self, inputs: Inputs, n: int, generator: torch.Generator) -> Any:
        """n values of the target, one for each row of the inputs, in the user's own unit."""

    @property
    def batch(self) -> int | None:
        """How many rows it is called with at most; None for any number."""
        return None

    @property
    def name(self) -> str:
        """What a saved sampler calls it."""
        return named(type(self))

    @property
    def digest(self) -> str:
        """A digest of what its answers depend on, so that another model under its name is noticed."""
        return content_digest(self)


@dataclass(frozen=True, eq=False)
class Brought:
    """What somebody brought: how it is called, and how a saved sampler names it."""

    call: Callable[..., Any]
    takes: int  #: with inputs alone (1), or also with the number of rows and a generator (3)
    wants_fallback: bool  #: whether it has an argument `fallback`
    needs_fallback: bool  #: and no default for it
    batch: int | None
    name: str
    digest: str

    def __call__(self, inputs: Inputs, n: int, generator: torch.Generator, fallback: Fallback | None) -> Any:
        """What it answers, unchecked."""
        more = {"fallback": fallback} if self.wants_fallback else {}
        if self.takes == 1:
            return self.call(dict(inputs), **more)
        return self.call(dict(inputs), n, generator, **more)


def as_brought(key: str, thing: Any) -> Brought:
    """The thing that somebody brings for a conditional, called by `key` in messages.

    Raises DataError for what is no callable, takes other arguments, or is a module or a pipeline without an adapter.
    """
    if isinstance(thing, Kernel):
        if thing.batch is not None and (not isinstance(thing.batch, int) or thing.batch < 1):
            raise DataError(f"bind[{key!r}] has the batch {thing.batch!r:.40}; give a number of rows from 1, or None")
        return Brought(thing, 3, False, False, thing.batch, thing.name, thing.digest)
    if isinstance(thing, nn.Module):
        raise DataError(
            f"bind[{key!r}] is the module {type(thing).__name__}, and nobody knows what it takes; wrap it, as in "
            "idgen_torch.bound.Module(module, inputs=[...]), or give a callable f(inputs, n, generator)"
        )
    if hasattr(thing, "components") and hasattr(thing, "save_pretrained"):  # of diffusers, which need not be installed
        raise DataError(
            f"bind[{key!r}] is the pipeline {type(thing).__name__}; wrap it, as in idgen_torch.bound.Pipeline(pipeline)"
        )
    check_callable({"": (key, thing)})
    takes, fallback = _arguments(key, thing)
    needs_fallback = fallback is not None and fallback.default is fallback.empty
    return Brought(thing, takes, fallback is not None, needs_fallback, None, named(thing), content_digest(thing))


def _arguments(key: str, thing: Callable[..., Any]) -> tuple[int, inspect.Parameter | None]:
    """With how many arguments to call it, and its argument `fallback`, where it has one."""
    try:
        parameters = list(inspect.signature(thing).parameters.values())
    except (TypeError, ValueError):  # something written in C
        return 3, None
    by_name = {p.name: p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    fallback = by_name.get("fallback")
    others = [p for p in parameters if p is not fallback]
    placed = [p for p in others if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    needed = sum(p.default is p.empty for p in placed)
    if not any(p.kind is p.KEYWORD_ONLY and p.default is p.empty for p in others):
        if any(p.kind is p.VAR_POSITIONAL for p in others) and needed <= 3:
            return 3, fallback
        for takes in (3, 1):
            if needed <= takes <= len(placed):
                return takes, fallback
    told = ", ".join(p.name for p in parameters) or "nothing"
    raise DataError(
        f"bind[{key!r}] takes {told}; give a callable f(inputs, n, generator) -> values, or f(inputs) -> values "
        "for a function of its inputs"
    )
