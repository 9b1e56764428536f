"""Models that are loaded when they are first asked: where they lie, in what pieces they are asked, by what chance."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from idgen_compiler.data.arrays import Array, as_numpy
from idgen_compiler.errors import DataError, IdgenError
from idgen_torch.bound.brought import Inputs, Kernel
from idgen_torch.bound.digest import content_digest, digest_of, files_digest
from idgen_torch.bound.seeded import seeded

__all__ = ["Loaded", "local_folder", "pictures", "told"]


class Loaded(Kernel):
    """An adapter of a model of torch: in evaluation mode, without gradients, on the device of the generator.

    source: what `load` makes a model of: the model itself, or the folder that holds it, which is read when it is first
        asked. batch: how many rows at once. offload: whether it leaves a GPU after each call; where CUDA runs out of
        memory it does from then on, and what failed is drawn in halves, from the same state of the generator.

    Whatever it draws from torch's global generator follows the one that is handed in, and global state stays as it was.
    """

    def __init__(self, source: Any, batch: int | None, offload: bool) -> None:
        if batch is not None and (isinstance(batch, bool) or not isinstance(batch, int) or batch < 1):
            raise DataError(f"{type(self).__name__}(batch={batch!r:.40}); give how many rows to draw at once, or None")
        if not isinstance(offload, bool):
            raise DataError(f"{type(self).__name__}(offload={offload!r:.40}); give True or False")
        self.source = source
        self.offload = offload
        self._batch = batch
        self._model: Any = None
        self._digest: str | None = None
        self._room: int | None = None
        self._loading = Lock()

    @property
    def batch(self) -> int | None:
        return self._batch

    @property
    def name(self) -> str:
        """The adapter, and the model's class or folder."""
        of = self.source if isinstance(self.source, str | Path) else type(self.source).__name__
        return f"{type(self).__name__}({of})"

    @property
    def digest(self) -> str:
        """Of the options and of the weights; of a folder, names and sizes of its files and the texts among them."""
        if self._digest is None:
            options = {name: value for name, value in vars(self).items() if name not in _NO_ANSWER}
            in_folder = isinstance(self.source, str | Path)
            held = files_digest(local_folder(self.source)) if in_folder else self.weights_digest(self.source)
            self._digest = digest_of(type(self).__name__, content_digest(options), held)
        return self._digest

    def __call__(self, inputs: Inputs, n: int, generator: torch.Generator) -> Any:
        with self._lent(generator.device) as model:
            return self._careful(model, inputs, n, generator)

    @abstractmethod
    def load(self) -> Any:
        """The model, in memory of the CPU or where it lies."""

    @abstractmethod
    def draw(self, model: Any, inputs: Inputs, n: int, generator: torch.Generator) -> Any:
        """n values of the target; called in inference mode with torch's global generators seeded."""

    def modules(self, model: Any) -> Iterator[nn.Module]:
        """The modules of a model, to be put into evaluation mode."""
        if isinstance(model, nn.Module):
            yield model

    def weights_digest(self, source: Any) -> str:
        """Of a model that is in memory."""
        return content_digest(source)

    @contextmanager
    def _lent(self, device: torch.device) -> Iterator[Any]:
        with self._loading:
            if self._model is None:
                self._model = self.load()
        for module in self.modules(self._model):
            module.eval()
        self.place(self._model, device)
        try:
            yield self._model
        finally:
            if self.offload and device.type == "cuda":
                self.place(self._model, torch.device("cpu"))
                torch.cuda.empty_cache()

    def place(self, model: Any, device: torch.device) -> None:
        """Move a model to a device."""
        for module in self.modules(model):
            if any(t.device != device for t in (*module.parameters(), *module.buffers())):
                module.to(device)

    def _careful(self, model: Any, inputs: Inputs, n: int, generator: torch.Generator) -> Any:
        """What is drawn; in smaller pieces where CUDA has no room for all of it at once."""
        drawn, start = [], 0
        while start < n:
            count = min(n - start, self._room or n)
            some = {name: values[start : start + count] for name, values in inputs.items()}
            before = generator.get_state()
            try:
                with torch.inference_mode(), seeded(generator):
                    drawn.append(self.draw(model, some, count, generator))
                start += count
                continue
            except torch.OutOfMemoryError:
                if count < 2:
                    raise DataError(
                        f"{self.name} has no room for one row on {generator.device}; fit with device='cpu', or bring a "
                        "smaller model"
                    ) from None
            self.offload, self._room = True, count // 2
            generator.set_state(before)
            if generator.device.type == "cuda":
                torch.cuda.empty_cache()
        return drawn[0] if len(drawn) == 1 else np.concatenate([np.asarray(as_numpy(piece)) for piece in drawn])


_NO_ANSWER = {"source", "offload", "_batch", "_model", "_digest", "_loading", "_room"}
"""Attributes on which no answer depends, or that are looked at otherwise."""


def local_folder(source: str | Path) -> Path:
    """A folder of this machine.  Raises DataError for what is none: nothing is fetched from anywhere."""
    path = Path(source).expanduser()
    if not path.is_dir():
        raise DataError(
            f"{str(source)!r} is no folder here, and nothing is fetched; download the model first, and give its folder"
        )
    return path


def told(adapter: str, option: str, thing: Any, inputs: Mapping[str, Array], n: int, kind: type) -> list[Any]:
    """What a user's function says of each row, such as its prompt.

    Raises DataError where it raises, and for anything but n values of a kind.
    """
    try:
        answer = thing(dict(inputs))
    except IdgenError:
        raise
    except Exception as error:
        raise DataError(f"{adapter}: {option}= raises {type(error).__name__}: {error}") from error
    found = list(answer) if isinstance(answer, list | tuple | np.ndarray) else None
    if found is None or len(found) != n or not all(isinstance(one, kind) for one in found):
        what = f"{len(found)} values" if found is not None and len(found) != n else f"{answer!r:.60}"
        raise DataError(f"{adapter}: {option}= gives {what}; return one {kind.__name__} for each of the {n} rows")
    return found


def pictures(name: str, values: Array, device: torch.device) -> Tensor:
    """Pictures of bytes as floats from 0 to 1.  Shape: (rows, channels, height, width)."""
    if values.ndim != 4 or values.dtype != np.uint8:
        raise DataError(
            f"{name} holds {values.dtype} of shape {values.shape}, no pictures; name a variable of pictures"
        )
    return torch.from_numpy(np.ascontiguousarray(values)).to(device).float() / 255
