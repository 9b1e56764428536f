"""A pipeline of diffusers as a bound kernel: pictures from texts, from pictures, from classes, or from nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from idgen_compiler.data.arrays import Array
from idgen_compiler.errors import DataError, IdgenError
from idgen_compiler.warning import warn_data
from idgen_torch.bound.brought import Inputs
from idgen_torch.bound.digest import content_digest, digest_of, named, state_digest
from idgen_torch.bound.loaded import Loaded, local_folder, pictures, told

__all__ = ["Pipeline"]


class Pipeline(Loaded):
    """A pipeline of diffusers, which draws pictures.

    source: the pipeline, or the local folder that `save_pretrained` wrote, which is read when it is first asked, from
        safetensors alone; nothing is fetched.  kind: the pipeline's class, where the folder needs one of your own.
    prompt: a function from the inputs to one text for each row.  image: the input that is the picture to begin with,
        handed over as floats 0..1 of shape (n, C, H, W).  classes: the input whose label is the class, and `labels`
        lists them in the order of the classes (0, 1, ... otherwise).  What is None of these is not handed over; where
        nothing is, the pipeline is told how many to draw.
    arguments: a function from the inputs to further arguments by name, one value for each row.
    options: arguments that are the same in every call, such as {"num_inference_steps": 20, "guidance_scale": 1.0}.
    batch: how many pictures at once.  offload: see `Loaded`.

    Guidance sharpens: at a guidance_scale other than that which switches it off, often 1.0, a pipeline draws from
    another law than that of its training data. Pictures that a safety checker blacked out are told of.

    The digest covers options, functions and configurations, and the weights by value; of a folder, the names and sizes
    of its files, and the configurations.
    """

    def __init__(
        self,
        source: Any,
        *,
        prompt: Callable[[Mapping[str, Array]], Sequence[str]] | None = None,
        image: str | None = None,
        classes: str | None = None,
        labels: Sequence[Any] | None = None,
        arguments: Callable[[Mapping[str, Array]], Mapping[str, Any]] | None = None,
        options: Mapping[str, Any] | None = None,
        kind: Any = None,
        batch: int | None = 16,
        offload: bool = False,
    ) -> None:
        """Raises DataError for what is no pipeline and no folder, and for options that do not fit together."""
        super().__init__(source, batch, offload)
        if isinstance(source, str | Path):
            local_folder(source)
        elif not callable(source) or isinstance(source, type) or not hasattr(source, "components"):
            raise DataError(f"Pipeline wraps a pipeline of diffusers or its folder, not {source!r:.60}; load one")
        for option, value in (("prompt", prompt), ("arguments", arguments)):
            if value is not None and not callable(value):
                raise DataError(f"Pipeline({option}={value!r:.40}); give a function of the inputs")
        if labels is not None and classes is None:
            raise DataError(
                "Pipeline(labels=...) says the classes' labels; name the input that they are of in classes="
            )
        self.prompt = prompt
        self.image = image
        self.classes = classes
        self.labels = None if labels is None else tuple(labels)
        self.arguments = arguments
        self.options = dict(options or {})
        self.kind = kind

    def load(self) -> Any:
        if not isinstance(self.source, str | Path):
            return self.source
        try:
            from diffusers import DiffusionPipeline
        except ImportError as error:
            raise IdgenError(f"a pipeline needs {error.name}; pip install 'idgen-compiler[images]'") from None
        folder = local_folder(self.source)
        try:
            found = (self.kind or DiffusionPipeline).from_pretrained(
                folder, local_files_only=True, use_safetensors=True
            )
        except (OSError, ValueError, TypeError, AttributeError) as error:
            what = " ".join(str(error).split())
            raise DataError(f"{folder} holds no pipeline that can be read ({what:.200}); save it anew") from None
        found.set_progress_bar_config(disable=True)
        return found

    def modules(self, model: Any) -> Iterator[nn.Module]:
        for component in model.components.values():
            if isinstance(component, nn.Module):
                yield component

    def weights_digest(self, source: Any) -> str:
        held = [
            name + (state_digest(one) if isinstance(one, nn.Module) else content_digest(getattr(one, "config", None)))
            for name, one in sorted(source.components.items())
        ]
        return digest_of(named(type(source)), *held)

    def draw(self, model: Any, inputs: Inputs, n: int, generator: torch.Generator) -> Any:
        given = self._given(inputs, n, generator.device)
        answer = model(**(given or {"batch_size": n}), **self.options, generator=generator, output_type="np")
        flagged = getattr(answer, "nsfw_content_detected", None)
        if flagged is not None and any(flagged):
            warn_data(
                f"{self.name} blacked out {sum(map(bool, flagged))} of {n} pictures that its safety checker refused, "
                "so that it draws from another law than its own; mend the prompts, or load it without one"
            )
        return _channels_first(self.name, getattr(answer, "images", answer))

    def _given(self, inputs: Inputs, n: int, device: torch.device) -> dict[str, Any]:
        """The arguments that differ from row to row."""
        found: dict[str, Any] = {}
        if self.prompt is not None:
            found["prompt"] = told(self.name, "prompt", self.prompt, inputs, n, str)
        if self.image is not None:
            found["image"] = pictures(self.image, self._input("image", self.image, inputs), device)
        if self.classes is not None:
            found["class_labels"] = self._codes(self._input("classes", self.classes, inputs))
        if self.arguments is not None:
            found.update(self.arguments(dict(inputs)))
        return found

    def _input(self, option: str, name: str, inputs: Inputs) -> Array:
        if name not in inputs:
            raise DataError(f"{self.name}: {option}={name!r} is no input; the kernel has {', '.join(inputs) or 'none'}")
        return inputs[name]

    def _codes(self, values: Array) -> list[int]:
        listed = values.tolist()
        if self.labels is None:
            if values.dtype.kind not in "iu":
                raise DataError(f"{self.classes} holds {listed[:1]}, no numbers of classes; say labels= in their order")
            return listed
        place = {label: code for code, label in enumerate(self.labels)}
        if stray := [value for value in listed if value not in place]:
            raise DataError(f"{self.classes} has the label {stray[0]!r}, which labels= does not list; list every label")
        return [place[value] for value in listed]


def _channels_first(name: str, images: Any) -> Any:
    """Pictures as floats or bytes.  Shape: (n, H, W, C) of NumPy or PIL, (n, C, H, W) of torch -> (n, C, H, W)."""
    if isinstance(images, Tensor):
        return images
    if isinstance(images, list | tuple) and len(images) == 1 and getattr(images[0], "ndim", 0) == 4:
        return _channels_first(name, images[0])  # what a pipeline returns without its names
    found = np.stack([np.asarray(one) for one in images]) if len(images) else np.empty((0, 1, 1, 1))
    if found.ndim == 3:  # gray pictures of PIL
        found = found[..., None]
    return found if found.ndim != 4 else np.ascontiguousarray(found.transpose(0, 3, 1, 2))
