"""A training that was interrupted, on disk: weights, averages, the optimizer's moments, and how far it came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from glob import escape
from math import isfinite
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from idgen_compiler.data.atomic import check_regular, write_atomically
from idgen_compiler.errors import DataError

__all__ = ["Standing", "TrainingFile", "link_scratch", "remove_scratch", "scratch_file"]

_SUFFIX = ".safetensors"

_MOMENTS = ("step", "exp_avg", "exp_avg_sq")
"""What AdamW remembers of each parameter."""


def scratch_file(folder: Path, name: str) -> Path:
    """Where the state of a model's training is kept while it is under way."""
    return folder / f"{name}.training{_SUFFIX}"


def link_scratch(scratch: Path | None, link: str) -> Path | None:
    """The file of its own that one of several trainings within a model keeps its state in."""
    return None if scratch is None else scratch.with_name(f"{scratch.name.removesuffix(_SUFFIX)}.{link}{_SUFFIX}")


def remove_scratch(folder: Path, name: str) -> None:
    """Delete the states of a model's trainings."""
    for path in (scratch_file(folder, name), *folder.glob(f"{escape(name)}.training.*{_SUFFIX}")):
        path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a training came: `step` steps in `seconds`, the last with this running mean of the loss."""

    step: int = 0
    seconds: float = 0.0
    loss: float = 0.0


@dataclass(frozen=True)
class TrainingFile:
    """The state of one training in a safetensors file."""

    path: Path

    def write(
        self, network: nn.Module, averages: Sequence[Tensor], optimizer: torch.optim.Optimizer, standing: Standing
    ) -> None:
        """Replace what was there, whole or not at all."""
        everything = (*_weights(network, averages), *_moments(network, optimizer))
        tensors = {name: value.detach().cpu().contiguous().clone() for name, value in everything}
        told = {"step": str(standing.step), "seconds": repr(standing.seconds), "loss": repr(standing.loss)}
        write_atomically(self.path, safetensors.torch.save(tensors, told))

    def read(self, network: nn.Module, averages: Sequence[Tensor], optimizer: torch.optim.Optimizer) -> Standing:
        """Put everything back in place; at the start where there is no file.

        Raises DataError for the state of another training, or one that is broken.
        """
        if not self.path.exists():
            return Standing()
        wanted = dict(_weights(network, averages))
        parameters = list(network.parameters())
        try:
            check_regular(self.path)
            with safe_open(self.path, framework="pt") as file:
                standing = _standing(file.metadata() or {})
                moments = [name for name in file.keys() if name.startswith("moment.")]  # noqa: SIM118 - no mapping
                shapes = {name: tuple(file.get_slice(name).get_shape()) for name in wanted.keys() & set(file.keys())}
                if set(file.keys()) != {*wanted, *moments} or any(
                    shapes[n] != tuple(t.shape) for n, t in wanted.items()
                ):
                    raise DataError(f"{self.path} is the state of another network; delete it to train anew")
                with torch.no_grad():
                    for name, value in wanted.items():
                        value.copy_(_finite(name, file.get_tensor(name)))
                for name in moments:
                    _, number, moment = name.split(".")
                    parameter = parameters[int(number)]
                    value = _finite(name, file.get_tensor(name))
                    if moment not in _MOMENTS or value.shape not in (parameter.shape, torch.Size()):
                        raise ValueError(f"{name} of shape {tuple(value.shape)} is no moment of its weights")
                    optimizer.state[parameter][moment] = _laid_out_as(parameter, value)
        except (SafetensorError, OSError, KeyError, IndexError, ValueError, RuntimeError) as error:
            raise DataError(f"{self.path} cannot be resumed ({error}); delete it to train anew") from error
        return standing


def _standing(told: Mapping[str, str]) -> Standing:
    """How far the training came, as the file tells.  Raises KeyError or ValueError for what no training tells."""
    step, seconds, loss = int(told["step"]), float(told["seconds"]), float(told["loss"])
    if step < 0 or not (seconds >= 0 and isfinite(seconds) and isfinite(loss)):
        raise ValueError(f"it tells of step {step}, {seconds} seconds and a loss of {loss}")
    return Standing(step, seconds, loss)


def _finite(name: str, value: Tensor) -> Tensor:
    """The tensor itself.  Raises ValueError for one that holds NaN or infinity."""
    if not bool(value.isfinite().all()):
        raise ValueError(f"{name} holds what is no finite number")
    return value


def _weights(network: nn.Module, averages: Sequence[Tensor]) -> Iterator[tuple[str, Tensor]]:
    yield from ((f"network.{name}", value) for name, value in network.state_dict().items())
    yield from ((f"average.{k}", value) for k, value in enumerate(averages))


def _laid_out_as(parameter: Tensor, moment: Tensor) -> Tensor:
    """On the parameter's device and with its strides, without which the fused optimizer on CUDA refuses it."""
    if moment.shape != parameter.shape:
        return moment.to(parameter.device)
    return torch.empty_like(parameter, dtype=moment.dtype, requires_grad=False).copy_(moment)


def _moments(network: nn.Module, optimizer: torch.optim.Optimizer) -> Iterator[tuple[str, Tensor]]:
    """What the optimizer remembers of each parameter that has had a gradient."""
    for k, parameter in enumerate(network.parameters()):
        remembered = optimizer.state.get(parameter, {})
        yield from ((f"moment.{k}.{name}", value) for name, value in remembered.items() if isinstance(value, Tensor))
