"""What can be brought for a conditional, as one thing: something that is called with inputs and draws values.

A callable `f(inputs, n, generator)` is called as it is; one that takes its inputs alone is a function of them. Anything
else (a module, a pipeline) is wrapped by an adapter, a `Kernel` that says how to call it.
"""

from __future__ import annotations

import hashlib
import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from idgen_compiler.data.arrays import Array
from idgen_compiler.errors import DataError

__all__ = ["Brought", "Fallback", "Kernel", "as_brought"]

Inputs = Mapping[str, Array]
"""Variable -> values in the user's own unit, with one row for each sample: labels, numbers, pictures as bytes."""

Fallback = Callable[[Inputs], Array]
"""Draws the target by the model that was trained for the same conditional, given inputs in the user's own unit."""


class Kernel(ABC):
    """An adapter: how to call a model that is no plain callable.  A subclass says what it wraps and how it draws."""

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
        return digest_of(type(self).__qualname__)


@dataclass(frozen=True, eq=False)
class Brought:
    """What somebody brought: how it is called, and how a saved sampler names it."""

    call: Callable[..., Any]
    takes: int  #: with inputs alone (1), or also with the number of rows and a generator (3)
    wants_fallback: bool
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

    Raises DataError for what is no callable, takes other arguments, or is a module without an adapter.
    """
    if isinstance(thing, Kernel):
        return Brought(thing, 3, False, thing.batch, thing.name, thing.digest)
    if isinstance(thing, nn.Module):
        raise DataError(
            f"bind[{key!r}] is the module {type(thing).__name__}, and nobody knows what it takes; wrap it, as in "
            "idgen_torch.bound.Module(module, inputs=[...]), or give a callable f(inputs, n, generator)"
        )
    if isinstance(thing, type) or not callable(thing):
        what = f"the class {thing.__name__}" if isinstance(thing, type) else f"{thing!r:.60}"
        raise DataError(f"bind[{key!r}] is {what}; give a callable f(inputs, n, generator) -> values")
    takes, wants_fallback = _arguments(key, thing)
    return Brought(thing, takes, wants_fallback, None, named(thing), _code_digest(thing))


def _arguments(key: str, thing: Callable[..., Any]) -> tuple[int, bool]:
    """With how many arguments to call it, and whether it asks for `fallback`."""
    try:
        parameters = list(inspect.signature(thing).parameters.values())
    except (TypeError, ValueError):  # something written in C
        return 3, False
    wants_fallback = any(p.name == "fallback" for p in parameters)
    placed = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.name != "fallback"]
    needed = [p for p in placed if p.default is p.empty]
    stray = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is p.empty and p.name != "fallback"]
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return 3, wants_fallback
    for takes in (3, 1):
        if len(needed) <= takes <= len(placed) and not stray:
            return takes, wants_fallback
    named_ones = ", ".join(p.name for p in parameters) or "nothing"
    raise DataError(
        f"bind[{key!r}] takes {named_ones}; give a callable f(inputs, n, generator) -> values, or f(inputs) -> values "
        "for a function of its inputs"
    )


def named(thing: Any) -> str:
    """Where something is written: module and name."""
    kind = thing if hasattr(thing, "__qualname__") else type(thing)
    return f"{getattr(kind, '__module__', '?')}:{getattr(kind, '__qualname__', '?')}"


def digest_of(*texts: str | bytes) -> str:
    """A digest of some texts in their order."""
    digest = hashlib.sha256()
    for text in texts:
        raw = text.encode() if isinstance(text, str) else text
        digest.update(len(raw).to_bytes(8, "little") + raw)
    return digest.hexdigest()


def state_digest(module: nn.Module) -> str:
    """A digest of the weights of a module."""
    digest = hashlib.sha256()
    for name, values in sorted(module.state_dict().items()):
        plain = values.detach().cpu().contiguous()
        digest.update(f"{name} {plain.dtype} {tuple(plain.shape)}\n".encode())
        digest.update(plain.view(torch.uint8).numpy().tobytes() if plain.numel() else b"")
    return digest.hexdigest()


def _code_digest(thing: Any) -> str:
    """A digest of the text of a callable; of its name where there is none, as of one typed at a prompt."""
    written = thing if inspect.isroutine(thing) else type(thing)
    try:
        return digest_of(inspect.getsource(written))
    except (OSError, TypeError):
        code = getattr(thing, "__code__", None)
        return digest_of(named(thing), code.co_code if code is not None else b"")
