"""A module of torch as a bound kernel: what it is given, in which order, and what its output means."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from idgen_compiler.data.arrays import Array
from idgen_compiler.errors import DataError
from idgen_torch.bound.brought import Inputs
from idgen_torch.bound.digest import content_digest, digest_of, named
from idgen_torch.bound.loaded import Loaded, pictures
from idgen_torch.drawing import categorical, normal

__all__ = ["Module", "OneHot", "Scaled"]

Gives = Literal["values", "logits", "mean", "normal", "signed pictures"]

_GIVES = ("values", "logits", "mean", "normal", "signed pictures")


@dataclass(frozen=True)
class OneHot:
    """Labels as indicators.  Shape: (rows,) -> (rows, labels) float32.

    >>> OneHot(("no", "yes")).seen("X", np.array(["yes", "no"], dtype=object)).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """

    labels: tuple[Any, ...]

    def seen(self, name: str, values: Array) -> Tensor:
        """The indicators.  Raises DataError for a label that is not listed."""
        return nn.functional.one_hot(_codes(name, values, self.labels), len(self.labels)).float()


@dataclass(frozen=True)
class Scaled:
    """Numbers minus `center`, divided by `width`.  Shape: (rows,) or (rows, dim) -> (rows, 1 or dim) float32."""

    center: float = 0.0
    width: float = 1.0

    def seen(self, name: str, values: Array) -> Tensor:
        """The numbers, in columns."""
        return _columns(name, (np.asarray(values, dtype=np.float64) - self.center) / self.width)


How = None | str | Sequence[Any] | OneHot | Scaled | Callable[[Array], Tensor]


class Module(Loaded):
    """A module of torch: `module(*inputs)` in evaluation mode, each input a tensor with one row for each sample.

    source: the module.  weights: a safetensors file that is loaded into it when it is first asked.
    inputs: the variables that it is given, in its order: names, or a mapping that also says how each becomes a tensor:
        None for as it is (pictures as floats 0..1 of shape (n, C, H, W), numbers, booleans and vectors as float32
        columns (n, 1) or (n, dim), which has to be said of labels), "signed" for pictures as floats -1..1, "bytes" for
        uint8, a sequence of labels for their places in it (n,) int64, `OneHot(labels)`, `Scaled(center, width)`, or a
        callable from array to tensor.  join: whether columns are handed over side by side, as one tensor.
    noise: the shape of standard normal noise that is its last argument, one for each row.
    gives: what comes out: "values" in the target's own unit (pictures as floats 0..1, or codes of `labels`); "logits",
        from whose softmax a label is drawn; "mean", which is taken to be the value, plus noise of standard deviation
        `spread`; "normal", a mean and a standard deviation from which a number is drawn; "signed pictures", -1..1.
    labels: of the target, in the order of the codes or logits.  batch, offload: see `Loaded`.

    A mean is no draw from a conditional: where the target varies given the inputs, say by how much (`spread`).

    >>> kernel = Module(nn.Linear(2, 3), inputs=["X", "Z"], gives="logits", labels=("low", "mid", "high"))
    >>> inputs = {"X": np.array([0.0, 1.0]), "Z": np.array([1.0, 2.0])}
    >>> sorted({*kernel(inputs, 2, torch.Generator().manual_seed(0)).tolist(), "low", "mid", "high"})
    ['high', 'low', 'mid']
    """

    def __init__(
        self,
        source: nn.Module,
        inputs: Sequence[str] | Mapping[str, How],
        *,
        gives: Gives = "values",
        labels: Sequence[Any] | None = None,
        spread: float = 0.0,
        noise: Sequence[int] | None = None,
        join: bool = True,
        weights: str | Path | None = None,
        batch: int | None = None,
        offload: bool = False,
    ) -> None:
        """Raises DataError for options that do not fit together."""
        if not isinstance(source, nn.Module):
            raise DataError(f"Module wraps a torch.nn.Module, not {source!r:.60}; build one, and hand it over")
        if isinstance(inputs, str):
            raise DataError(f"Module(inputs={inputs!r}); give a list of variables, in the module's order")
        if gives not in _GIVES:
            raise DataError(f"Module(gives={gives!r:.40}); choose {', '.join(_GIVES)}")
        if gives == "logits" and not labels:
            raise DataError("Module(gives='logits') lacks labels=; list those of the target in the order of the logits")
        if isinstance(spread, bool) or not isinstance(spread, int | float) or not 0 <= spread < math.inf:
            raise DataError(f"Module(spread={spread!r:.40}); give a standard deviation, a number from 0")
        super().__init__(source, batch, offload)
        self.inputs: dict[str, How] = dict(inputs) if isinstance(inputs, Mapping) else dict.fromkeys(inputs)
        self.gives = gives
        self.labels = None if labels is None else tuple(labels)
        self.spread = float(spread)
        self.noise = None if noise is None else tuple(noise)
        self.join = join
        self.weights = None if weights is None else Path(weights)
        if self.weights is not None and not self.weights.is_file():
            raise DataError(f"Module(weights={str(weights)!r}) is no file here; give a safetensors file")

    def load(self) -> nn.Module:
        model: nn.Module = self.source
        if self.weights is not None:
            from safetensors import SafetensorError
            from safetensors.torch import load_file

            try:
                model.load_state_dict(load_file(self.weights))
            except (RuntimeError, SafetensorError) as error:
                what = " ".join(str(error).split())
                raise DataError(f"{self.name} cannot take the weights of {self.weights}: {what:.200}") from None
        return model

    def weights_digest(self, source: Any) -> str:
        if self.weights is None:
            return content_digest(source)
        return digest_of(named(type(source)), repr(source), self.weights.read_bytes())

    def draw(self, model: nn.Module, inputs: Inputs, n: int, generator: torch.Generator) -> Any:
        device = generator.device
        if stray := [name for name in self.inputs if name not in inputs]:
            raise DataError(f"Module is given {', '.join(inputs)}, and no {stray[0]}; name its inputs in inputs=")
        if unread := [name for name in inputs if name not in self.inputs]:
            raise DataError(f"Module does not read {unread[0]}, which is an input of the kernel; name it in inputs=")
        given = [_seen(name, how, inputs[name], device) for name, how in self.inputs.items()]
        if self.join and len(given) > 1 and all(t.ndim == 2 and t.is_floating_point() for t in given):
            given = [torch.cat(given, dim=1)]
        if self.noise is not None:
            given.append(normal((n, *self.noise), generator, device))
        return self._meant(model(*given), n, generator)

    def _meant(self, out: Any, n: int, generator: torch.Generator) -> Any:
        """The values that an output stands for."""
        if self.gives == "normal":
            if not isinstance(out, tuple | list) or len(out) != 2:
                raise DataError(f"Module(gives='normal') gives {type(out).__name__}; give a mean and a deviation")
            mean, deviation = _flat(out[0]), _flat(out[1])
            if bool((deviation < 0).any()):
                raise DataError("Module(gives='normal') gives a negative standard deviation; give exp of a logarithm")
            return mean + deviation * normal(tuple(mean.shape), generator, mean.device)
        if not isinstance(out, Tensor):
            raise DataError(f"Module gives {type(out).__name__}, no tensor; wrap it in a module that gives one")
        match self.gives:
            case "logits":
                return self._drawn(out, n, generator)
            case "signed pictures":
                if float(out.detach().abs().amax()) > 1 + 1e-3:
                    raise DataError("Module(gives='signed pictures') gives numbers beyond -1..1; give tanh of them")
                return ((out + 1) / 2).clamp(0, 1)
            case "mean":
                mean = _flat(out)
                return mean + self.spread * normal(tuple(mean.shape), generator, mean.device) if self.spread else mean
        return _flat(out) if self.labels is None else self._labeled(_flat(out))

    def _drawn(self, logits: Tensor, n: int, generator: torch.Generator) -> Any:
        wanted = (n, len(self.labels or ()))
        if tuple(logits.shape) != wanted:
            raise DataError(
                f"Module gives logits of shape {tuple(logits.shape)}, but {wanted} is wanted: a row for each sample, a "
                "column for each of labels="
            )
        if not bool(logits.isfinite().all()):
            raise DataError("Module gives logits that are not finite; mend its weights or its inputs")
        return self._labeled(categorical(logits.float(), generator))

    def _labeled(self, codes: Tensor) -> Array:
        labels = self.labels or ()
        found = codes.cpu().numpy()
        if found.dtype.kind not in "iub" or (
            found.size and not 0 <= int(found.min()) <= int(found.max()) < len(labels)
        ):
            raise DataError(f"Module gives codes that are no places among its labels; give 0..{len(labels) - 1}")
        listed = np.empty(len(labels), dtype=object)
        listed[:] = labels
        return listed[found.astype(np.int64)]


def _flat(out: Tensor) -> Tensor:
    """A single column as a value for each row."""
    return out[:, 0] if out.ndim == 2 and out.shape[1] == 1 else out


def _seen(name: str, how: How, values: Array, device: torch.device) -> Tensor:
    """A variable's values as a tensor."""
    match how:
        case OneHot() | Scaled():
            return how.seen(name, values).to(device)
        case "bytes":
            return torch.from_numpy(np.ascontiguousarray(values)).to(device)
        case "signed":
            return pictures(name, values, device) * 2 - 1
        case None:
            return pictures(name, values, device) if values.ndim == 4 else _columns(name, values).to(device)
        case list() | tuple():
            return _codes(name, values, how).to(device)
    if not callable(how):
        raise DataError(f"Module(inputs={{{name!r}: {how!r:.40}}}); give None, labels, OneHot, Scaled or a callable")
    return torch.as_tensor(how(values)).to(device)


def _columns(name: str, values: Array) -> Tensor:
    if values.dtype.kind not in "biuf":
        raise DataError(
            f"{name} holds {values.dtype} such as {values.reshape(-1)[:1].tolist()}, no numbers; say in inputs= what "
            f"its labels are, as in inputs={{{name!r}: OneHot(labels)}}"
        )
    plain = torch.from_numpy(np.array(values, dtype=np.float32))
    return plain[:, None] if plain.ndim == 1 else plain


def _codes(name: str, values: Array, labels: Sequence[Any]) -> Tensor:
    place = {label: code for code, label in enumerate(labels)}
    found = [place.get(value) for value in values.tolist()]
    if None in found:
        stray = values.tolist()[found.index(None)]
        raise DataError(f"{name} has the label {stray!r}, which Module(inputs=...) does not list; list every label")
    return torch.tensor(found, dtype=torch.int64)
