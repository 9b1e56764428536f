"""A digest of what somebody's code rests on, so that another model under the same name is noticed.

What is looked at: the text of functions and classes; their defaults, the variables that they close over and the global
ones that they name; the attributes of an object; numbers, texts, arrays and weights, by value. Code of other packages
counts by its name, and so do random generators and what else cannot be looked into.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

__all__ = ["content_digest", "digest_of", "files_digest", "named", "state_digest"]

MOST_WEIGHTS = 2**26
"""Of more numbers than this in one tensor (256 MiB in float32), every k-th is looked at, so that so many are."""

DEEPEST = 8

_READ = (".json", ".txt", ".yaml", ".model")
MOST_READ = 2**20
"""Files of these endings and of at most so many bytes are read; of the others, the size counts."""


def digest_of(*texts: str | bytes) -> str:
    """A digest of some texts in their order."""
    digest = hashlib.sha256()
    for text in texts:
        raw = text.encode(errors="surrogatepass") if isinstance(text, str) else text
        digest.update(len(raw).to_bytes(8, "little") + raw)
    return digest.hexdigest()


def named(thing: Any) -> str:
    """Where something is written: module and name."""
    kind = thing if hasattr(thing, "__qualname__") else type(thing)
    return f"{getattr(kind, '__module__', '?')}:{getattr(kind, '__qualname__', '?')}"


def files_digest(folder: Path) -> str:
    """Of the files in a folder: their names and sizes, and the content of small texts such as configurations.

    Weights of the same size are taken to be the same, so that a model of gigabytes is not read to be named.
    """
    told = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        size = path.stat().st_size
        small = path.suffix in _READ and size <= MOST_READ
        told.append(digest_of(path.relative_to(folder).as_posix(), str(size), path.read_bytes() if small else b""))
    return digest_of("files", *told)


def state_digest(module: nn.Module) -> str:
    """Of the weights and buffers of a module, by name and value."""
    return digest_of("state", *(f"{name} {_tensor(t)}" for name, t in sorted(module.state_dict().items())))


def content_digest(thing: Any, *, deep: bool = False) -> str:
    """Of anything; equal digests for what is written and holds the same.

    With `deep` the classes and functions of the same module that a class names count as well, so that a network is
    another one when a block of it is.

    >>> def shifted(by):
    ...     return lambda inputs: inputs["X"] + by
    >>> content_digest(shifted(1.0)) == content_digest(shifted(1.0))
    True
    >>> content_digest(shifted(1.0)) == content_digest(shifted(2.0))
    False
    """
    return _Looking(_home(thing), deep).digest(thing)


def _home(thing: Any) -> str:
    """The module whose functions are looked into."""
    while isinstance(thing, functools.partial):
        thing = thing.func
    kind = thing if inspect.isroutine(thing) or isinstance(thing, type) else type(thing)
    return getattr(kind, "__module__", None) or ""


def _tensor(values: Tensor) -> str:
    plain = values.detach().reshape(-1)
    step = -(-plain.numel() // MOST_WEIGHTS) or 1
    some = plain[::step].cpu().contiguous()
    raw = some.view(torch.uint8).numpy().tobytes() if some.numel() else b""
    return digest_of(f"{values.dtype} {tuple(values.shape)}", raw)


class _Looking:
    """One look into a thing; what is met again on the way down is not looked into twice."""

    def __init__(self, home: str, deep: bool = False) -> None:
        self._home = home
        self._deep = deep
        self._above: set[int] = set()

    def digest(self, thing: Any, depth: int = 0) -> str:
        if id(thing) in self._above or depth > DEEPEST:
            return digest_of("again", named(thing))
        self._above.add(id(thing))
        try:
            return digest_of(type(thing).__name__, *self._pieces(thing, depth + 1))
        finally:
            self._above.discard(id(thing))

    def _pieces(self, thing: Any, depth: int) -> list[str]:
        match thing:
            case None | bool() | int() | float() | complex() | str() | bytes() | Path():
                return [repr(thing)]
            case Tensor():
                return [_tensor(thing)]
            case np.ndarray() if thing.dtype.hasobject:
                return [str(thing.shape), *(self.digest(item, depth) for item in thing.reshape(-1).tolist())]
            case np.ndarray() | np.generic():
                return [digest_of(f"{thing.dtype} {thing.shape}", np.ascontiguousarray(thing).tobytes())]
            case nn.Module():
                kinds = {type(each) for each in thing.modules()} if self._deep else ()
                named_first = sorted(kinds, key=named)
                told = [self.digest(kind, depth) for kind in named_first]
                return [_text(type(thing)), repr(thing), state_digest(thing), *told]
            case Mapping():
                return sorted(self.digest(key, depth) + self.digest(value, depth) for key, value in thing.items())
            case list() | tuple():
                return [self.digest(item, depth) for item in thing]
            case set() | frozenset():
                return sorted(self.digest(item, depth) for item in thing)
            case functools.partial():
                return [self.digest(item, depth) for item in (thing.func, thing.args, thing.keywords)]
            case types.MethodType():
                return [self.digest(thing.__func__, depth), self.digest(thing.__self__, depth)]
            case types.FunctionType():
                return self._function(thing, depth)
            case type() if thing.__module__ == self._home:
                return [_text(thing), *self._named_by(thing, depth)]
            case type():
                return [named(thing)]
        if inspect.isroutine(thing) or inspect.ismodule(thing) or not hasattr(thing, "__dict__"):
            return [named(thing) if not inspect.ismodule(thing) else thing.__name__]
        held = [name + self.digest(value, depth) for name, value in sorted(vars(thing).items())]
        return [named(thing), _text(type(thing)), *self._named_by(type(thing), depth), *held]

    def _named_by(self, kind: type, depth: int) -> list[str]:
        """The digests of what a class of this module is made of and names: its bases, and what its methods look up."""
        if not self._deep or kind.__module__ != self._home:
            return []
        found: dict[str, Any] = {f"base {named(base)}": base for base in kind.__bases__}
        written: list[str | bytes] = []  # whose text nobody may have
        for method in vars(kind).values():
            code = getattr(getattr(method, "__func__", method), "__code__", None)
            known = getattr(getattr(method, "__func__", method), "__globals__", {})
            if isinstance(code, types.CodeType):
                found |= {f"global {name}": known[name] for name in _globals(code) if name in known}
                written += _compiled(code)
        return [digest_of(*written), *(name + self.digest(value, depth) for name, value in sorted(found.items()))]

    def _function(self, thing: types.FunctionType, depth: int) -> list[str]:
        if thing.__module__ != self._home:
            return [named(thing)]
        held: dict[str, Any] = {"defaults": thing.__defaults__, "keywords": thing.__kwdefaults__}
        for name, cell in zip(thing.__code__.co_freevars, thing.__closure__ or (), strict=True):
            try:
                held[f"closed {name}"] = cell.cell_contents
            except ValueError:  # not assigned yet
                held[f"closed {name}"] = None
        known = thing.__globals__
        held.update((f"global {name}", known[name]) for name in _globals(thing.__code__) if name in known)
        return [_text(thing), *(name + self.digest(value, depth) for name, value in sorted(held.items()))]


def _globals(code: types.CodeType) -> set[str]:
    """The names that a function's code, and the code of what is defined in it, may look up."""
    inner = (const for const in code.co_consts if isinstance(const, types.CodeType))
    return set(code.co_names).union(*(_globals(each) for each in inner))


def _text(thing: Any) -> str:
    """The text of a function or class; where there is none, as of one typed at a prompt, its name and its code."""
    try:
        return inspect.getsource(thing)
    except (OSError, TypeError):
        code = getattr(thing, "__code__", None)
        return named(thing) if code is None else digest_of(named(thing), *_compiled(code))


def _compiled(code: types.CodeType) -> list[str | bytes]:
    """What a function was compiled to."""
    pieces: list[str | bytes] = [code.co_code, repr(code.co_names)]
    for const in code.co_consts:
        pieces += _compiled(const) if isinstance(const, types.CodeType) else [repr(const)]
    return pieces
