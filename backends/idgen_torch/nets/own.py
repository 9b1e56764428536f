"""Networks of somebody's own that denoise pictures: what they are called, who builds them, and what they are asked.

A saved sampler keeps the weights and the name; what builds the network is asked for again when it is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from idgen_compiler.data.part import Form, Part
from idgen_compiler.data.returned import described
from idgen_compiler.errors import DataError
from idgen_torch.arithmetic import Made
from idgen_torch.nets.conditioning import Condition, DenoisingNetwork, InputCode, read_once
from idgen_torch.nets.denoiser import common_shape, resized
from idgen_torch.parts import Values, of_form

__all__ = ["Builder", "NetworkName", "OwnDenoiser", "builder_of", "known_builders", "known_networks"]

Builder = Callable[[int, int, tuple[int, int], int], nn.Module] | nn.Module
"""(channels seen, channels drawn, (height, width), width of the code) -> a module; or a module, which is copied."""

_KNOWN: ContextVar[Mapping[str, Any]] = ContextVar("known_networks")


class NetworkName(str):
    """The name of a network, `module:name`, which may remember what builds it.

    >>> NetworkName.of(nn.Identity())
    'torch.nn.modules.linear:Identity'
    """

    __slots__ = ("builder",)

    builder: Any

    @classmethod
    def of(cls, asked: Any) -> NetworkName:
        """What is asked for: a module, what builds one, or a name.  Raises ValueError for anything else."""
        named = type(asked) if isinstance(asked, nn.Module) else asked
        if isinstance(asked, str):
            found = cls(asked)
            found.builder = getattr(asked, "builder", None)
            return found
        if not isinstance(asked, nn.Module) and not callable(asked):
            raise ValueError
        kind = named if hasattr(named, "__qualname__") else type(named)
        found = cls(f"{kind.__module__}:{kind.__qualname__}")
        found.builder = asked
        return found


@contextmanager
def known_networks(networks: Mapping[str, Any]) -> Iterator[None]:
    """What builds the networks of these names meanwhile, in this thread."""
    before = _KNOWN.set(dict(networks))
    try:
        yield
    finally:
        _KNOWN.reset(before)


def known_builders() -> Mapping[str, Any]:
    """Name -> what builds a network, of all that are known now."""
    return _KNOWN.get({})


def builder_of(name: str) -> Any:
    """What builds the network of a saved model.  Raises DataError where nobody said; no file is imported from."""
    own = getattr(name, "builder", None)
    known = _KNOWN.get({})
    if own is None and name not in known:
        raise DataError(
            f"the sampler was saved with the network {str(name)!r}, which no file brings; say what builds it: "
            f"load(path, networks={{{str(name)!r}: its factory or module}})"
        )
    return known[name] if own is None else own


class OwnDenoiser(DenoisingNetwork):
    """Somebody's network over channel-stacked pictures, told of the inputs by the code that ours hear too.

    Its forward is called with (noisy, times, code): noisy (rows, channels seen, height, width) are the noisy targets in
    [-1, 1], then the input pictures; times (rows,) in [0, 1000], 0 for the clean end; code (rows, width) tells all
    inputs. It returns (rows, channels drawn, height, width) in float32.
    """

    drops = True

    def __init__(self, targets: Sequence[Part], inputs: Sequence[Part], name: str, builder: Any, width: int) -> None:
        """Build: see `OwnDenoiser.start`."""
        super().__init__()
        self.name = str(name)
        self.shape = common_shape(targets)
        self.images = of_form(inputs, Form.PICTURES)
        drawn, height, side = self.shape
        seen = drawn + sum(part.shape[0] for part in self.images if part.shape is not None)
        if isinstance(builder, nn.Module):
            built: Any = deepcopy(builder)
        elif callable(builder):
            with self._telling(f"built with channels {seen} and {drawn}, size {(height, side)} and width {width}"):
                built = builder(seen, drawn, (height, side), width)
        else:
            built = builder
        if not isinstance(built, nn.Module):
            raise DataError(
                f"the network {self.name} is {described(built)}, but a torch.nn.Module is wanted, or what builds one "
                "from (channels seen, channels drawn, (height, width), width of the code)"
            )
        self.net = built.float()
        self.code = InputCode(inputs, width)

    @classmethod
    def start(
        cls, targets: Sequence[Part], inputs: Sequence[Part], name: str, builder: Any, width: int, seed: int
    ) -> OwnDenoiser:
        """A network with weights that depend on the seed alone, or those of the module, tried on two rows.

        Raises DataError for what is no module, has nothing to train, or returns anything but a picture for each row.
        """
        with Made(seed):
            found = cls(targets, inputs, name, builder, width)
        if not any(weight.requires_grad for weight in found.net.parameters()):
            raise DataError(f"the network {found.name} has no weights to train; give one with trainable parameters")
        seen = found.shape[0] + sum(part.shape[0] for part in found.images if part.shape is not None)
        noisy = torch.zeros((2, seen, *found.shape[1:]), dtype=torch.float32)
        times, code = torch.tensor([0.0, 1000.0], dtype=torch.float32), torch.zeros((2, width), dtype=torch.float32)
        training = found.net.training
        found.net.eval()
        with torch.no_grad():
            once, again = (found._ask(noisy, times, code) for _ in range(2))
        with torch.enable_grad():  # as while training, wherever this is called
            learns = found._ask(noisy, times, code).requires_grad
        found.net.train(training)
        if not learns:
            raise DataError(
                f"the network {found.name} returns a tensor that no gradient reaches; leave out detach() and no_grad()"
            )
        if not bool(once.isfinite().all()):
            raise DataError(f"the network {found.name} returns values that are not finite for a picture of zeros")
        if not torch.equal(once, again):
            raise DataError(
                f"the network {found.name} returns two different pictures of one input in evaluation mode, but equal "
                "ones are wanted; leave chance to the sampler"
            )
        return found

    def condition(self, given: Values, rows: int, keep: Tensor | None = None) -> Condition:
        """The input pictures in the targets' size, (rows, channels, H, W), and the code of all inputs, (rows, w)."""
        code = self.code(given, rows, keep)
        maps = [
            read_once(lambda images: resized(images, self.shape[1:]), given[part.name].to(code.device))
            for part in self.images
        ]
        seen = torch.cat(maps, 1) if maps else code.new_empty(rows, 0, *self.shape[1:])
        return (seen if keep is None else seen * keep.view(-1, 1, 1, 1)), code

    def forward(self, noisy: Tensor, times: Tensor, *told: Tensor) -> Tensor:
        """What the objective asks for.  Shape: noisy (rows, C, H, W), times (rows,) in [0, 1000] -> (rows, C, H, W)."""
        maps, code = told
        return self._ask(torch.cat([noisy, maps], 1), times, code)

    def _ask(self, noisy: Tensor, times: Tensor, code: Tensor) -> Tensor:
        called = f"called with noisy {tuple(noisy.shape)}, times {tuple(times.shape)}, code {tuple(code.shape)}"
        with self._telling(called):
            found: Any = self.net(noisy, times, code)
        wanted = (len(noisy), *self.shape)
        if not isinstance(found, Tensor) or tuple(found.shape) != wanted or not found.is_floating_point():
            raise DataError(
                f"the network {self.name}, {called}, returns {described(found)}, but float32 of shape {wanted} is "
                "wanted; return one picture for each row"
            )
        return found

    @contextmanager
    def _telling(self, what: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            said = " ".join(str(error).split())[:300]
            raise DataError(f"the network {self.name}, {what}, raised {type(error).__name__}: {said}") from error
