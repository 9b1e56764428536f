"""How torch computes for us, whatever the caller's settings are; nothing here is seen by another thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from idgen_compiler.errors import DataError

__all__ = [
    "Made",
    "device_named",
    "effective_rows",
    "free_bytes",
    "one_thread",
    "our_arithmetic",
    "rows_that_weigh",
    "total",
]

_BLOCK = 2**14
"""Torch adds up so few numbers in one thread."""

NO_WEIGHT = 1e-6
"""Rows that weigh less than this fraction of the mean are no rows."""

_FACTORIES = frozenset({"empty", "zeros", "ones", "full", "tensor", "rand", "randn", "linspace", "arange", "eye"})
_RANDOM = frozenset({"uniform_", "normal_", "trunc_normal_", "rand", "randn"})
_turn = Lock()


@contextmanager
def our_arithmetic(gradients: bool) -> Iterator[None]:
    """With gradients or without: a thread's own setting. The type of numbers is said wherever a tensor is made."""
    with torch.inference_mode(False), torch.set_grad_enabled(gradients):
        yield


class Made(TorchFunctionMode):
    """Within it modules are built in float32, with weights that depend on the seed alone.

    What builds layers takes its numbers from the process's default type and generator, which other threads may
    change meanwhile; a mode of torch holds for one thread.

    >>> with Made(0):
    ...     layer = torch.nn.Linear(2, 1)
    >>> layer.weight.dtype
    torch.float32
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._generator = torch.Generator().manual_seed(seed)

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Call the function with a type and a generator, where it takes them and has none."""
        name, told = getattr(func, "__name__", ""), dict(kwargs or {})
        floats = name != "arange" or any(isinstance(value, float) for value in args)
        if name in _FACTORIES and floats and told.get("dtype") is None:
            told["dtype"] = torch.float32
        if (name in _RANDOM or "generator" in told) and told.get("generator") is None:
            told["generator"] = self._generator
        return func(*args, **told)


@contextmanager
def one_thread(wanted: bool = True) -> Iterator[None]:
    """Let what is computed here take one thread, which is faster for small networks, and alike everywhere.

    On a machine that others use too, several threads wait for each other at the end of every small product, and spin.
    `torch.set_num_threads` sets the number for the thread that calls it, and for all threads that have computed nothing
    yet. That second number is put back at once by a fresh thread, which is where it can be read.
    """
    theirs = torch.get_num_threads()
    if theirs == 1 or not wanted:
        yield
        return
    _set_threads(1)
    try:
        yield
    finally:
        _set_threads(theirs)


def _set_threads(number: int) -> None:
    """Set this thread's number, and leave that of others."""
    with _turn, ThreadPoolExecutor(1) as fresh:
        for_others = fresh.submit(torch.get_num_threads).result()
        torch.set_num_threads(number)
        fresh.submit(torch.set_num_threads, for_others).result()


def free_bytes(device: torch.device) -> int:
    """How much memory of a device is free; that of the machine, where rows lie in files, is no matter.

    >>> free_bytes(torch.device("cpu")) > 2**60
    True
    """
    return int(torch.cuda.mem_get_info(device)[0]) if device.type == "cuda" else 2**63 - 1


def total(values: Tensor) -> Tensor:
    """The sum of all entries, added in the same order by any number of threads.  Shape: any -> () float64."""
    wide = values.double().flatten()
    if type(wide) is not Tensor:  # which knows how to add up what recurs
        return wide.sum()
    pieces = wide.split(_BLOCK)
    return torch.stack([piece.sum() for piece in pieces]).sum()


def effective_rows(weights: Tensor) -> float:
    """Kish's effective sample size: (sum w)^2 / sum w^2, whatever the scale of the weights.  Shape: (rows,)."""
    wide = weights.double() / weights.double().max()
    return float(total(wide).square() / total(wide.square()))


def rows_that_weigh(weights: Tensor | None) -> Tensor | None:
    """Which rows weigh anything; None for all of them.  Shape: (rows,) -> (rows that do,) int64, on the CPU.

    >>> rows_that_weigh(torch.tensor([1.0, 0.0, 2.0], dtype=torch.float64))
    tensor([0, 2])
    """
    if weights is None:
        return None
    mass = weights.detach().cpu().double()
    some = mass > NO_WEIGHT * mass.mean()
    return None if bool(some.all()) else some.nonzero()[:, 0]


def device_named(name: str | torch.device) -> torch.device:
    """The device of a name, "auto" being CUDA where there is one.  Raises DataError for one that is not here.

    >>> device_named("cpu"), device_named("cpu:0")  # which torch tells apart
    (device(type='cpu'), device(type='cpu'))
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError):
        raise DataError(f"{name!r} is no device; choose auto, cpu, cuda or cuda:N") from None
    if device.type not in ("cpu", "cuda"):
        raise DataError(f"the device {name!r} is not supported; choose auto, cpu, cuda or cuda:N")
    if device.type == "cpu":
        if device.index:
            raise DataError(f"there is no device {name!r}: all processors are one device; choose cpu")
        return torch.device("cpu")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise DataError(
            f"there is no device {name!r} here (CUDA devices: {torch.cuda.device_count()}); use device='cpu'"
        )
    return device
