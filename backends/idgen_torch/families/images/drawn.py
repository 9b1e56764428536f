"""A trained diffusion model: which kind of picture, then the picture from noise."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor

from idgen_compiler.data.part import Part
from idgen_compiler.data.pictures import write_grid
from idgen_compiler.errors import DataError
from idgen_torch.drawing import normal
from idgen_torch.families.family import ConditionalModel, Family
from idgen_torch.families.images.kind_law import KindLaw
from idgen_torch.families.state import Config, Tensors, checked_tensor, restored, setting, under
from idgen_torch.nets.denoiser import Denoiser, DenoiserLayout, common_shape
from idgen_torch.nets.own import NetworkName, OwnDenoiser, builder_of
from idgen_torch.nets.processes import OBJECTIVES, SAMPLERS, TIMES, Predictor, process_of
from idgen_torch.options import choice, declared, flag, real, whole, widths
from idgen_torch.parts import Values, rows_at_once
from idgen_torch.seeds import stream_for
from idgen_torch.warning import warn_law

__all__ = ["CHANNELS", "DiffusionModel", "Drawing", "name_of", "warn_of_guidance"]

AGAIN = 2  #: times at most that a picture which is not of its kind's light is drawn again

KINDS = "kinds."
"""Before the names of the tensors of the law of kinds."""

SAMPLE_ROWS, SAMPLE_PIXELS = {"cpu": 256, "cuda": 4096}, {"cpu": 2**20, "cuda": 2**22}
"""So many rows are sampled at once, of large images so many pixels."""


PRECISIONS, CHANNELS = ("auto", "no", "bf16", "fp16"), (32, 64)


def network_name() -> Any:
    """The option for a network of somebody's own, kept as its name."""
    return declared(None, "a module, what builds one, or the text 'module:factory'", NetworkName.of)


@dataclass(frozen=True)
class Drawing(Family, ABC):
    """What a trained model has to know of its recipe: the network's shape, and how it is sampled (see `Diffusion`)."""

    channels: tuple[int, ...] | None = widths(None, multiple=8)
    layers: int = whole(1, most=32)
    unshuffle: int = whole(2, most=64)
    attention: bool | None = flag(None)
    objective: str = choice("clean", OBJECTIVES)
    sampler: str | None = choice(None, SAMPLERS)
    sampling_steps: int = whole(20, most=TIMES)
    guidance: float | None = real(None, "a number from 0, or None", lambda value: value >= 0)
    precision: str = choice("auto", PRECISIONS)
    network: str | None = network_name()

    def layout(self) -> DenoiserLayout:
        """The network's shape, once the channels are known."""
        return DenoiserLayout(self.channels or CHANNELS, self.layers, self.unshuffle, self.attention)

    @property
    def code_width(self) -> int:
        """How wide the code of the inputs is."""
        return 4 * self.layout().channels[0]


class DiffusionModel(ConditionalModel):
    """A denoiser of one image, or of several of one size stacked along the channels, and the law of their kinds.

    Sampling draws a kind given the inputs; then it starts from noise and follows the process's deterministic path, told
    of the inputs and the kind. A model without kinds is one of pictures that fall into none, or was saved before there
    were any. The law has no density here.
    """

    recipe: Drawing

    def __init__(
        self,
        recipe: Drawing,
        targets: Sequence[Part],
        inputs: Sequence[Part],
        network: Denoiser | OwnDenoiser,
        law: KindLaw | None = None,
    ) -> None:
        """The recipe says what the network puts out and how it is sampled."""
        super().__init__(recipe, targets, inputs)
        self._law = law
        self._network = network
        self._process = process_of(recipe.objective, recipe.sampler)

    @property
    def network(self) -> Denoiser | OwnDenoiser:
        """The denoiser."""
        return self._network

    @property
    def law(self) -> KindLaw | None:
        """The law of the kinds, where pictures fall into several."""
        return self._law

    @property
    def _device(self) -> torch.device:
        return self._network.code.nothing.device

    def painter(
        self, folder: Path, batch: Callable[[Tensor], tuple[Tensor, Values]], count: int
    ) -> Callable[[int], None]:
        """Something that draws a grid of samples given the inputs of the first rows."""
        rows = min(64, count)
        name = name_of(self.targets)

        def paint(step: int) -> None:
            given = batch(torch.arange(rows))[1]
            drawn = self.sample(given, rows, stream_for(0, "grid", device=self._device))
            for part in self.targets:
                write_grid(folder / f"{name}.{part.name}.{step:07d}.png", drawn[part.name].cpu().numpy())

        return paint

    @torch.no_grad()
    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        """Follow the path from noise, so many rows at a time.  Shape of each target: (n, channels, H, W) uint8."""
        device = self._device
        parts = (*self.targets, *self.inputs)
        at_once = rows_at_once(parts, SAMPLE_ROWS[device.type], SAMPLE_PIXELS[device.type])
        drawn: dict[str, list[Tensor]] = {part.name: [] for part in self.targets}
        for start in range(0, n, at_once):
            count = min(at_once, n - start)
            piece = {part.name: given[part.name][start : start + count] for part in self.inputs}
            whole = self._drawn(piece, count, generator)
            for part, image in zip(
                self.targets, whole.split([_channels(part) for part in self.targets], 1), strict=True
            ):
                drawn[part.name].append(image.contiguous())
        empty = [torch.empty(0, *(part.shape or ()), dtype=torch.uint8, device=device) for part in self.targets]
        return {
            part.name: torch.cat(drawn[part.name] or [none]) for part, none in zip(self.targets, empty, strict=True)
        }

    def _drawn(self, given: Values, count: int, generator: torch.Generator) -> Tensor:
        """Pictures of kinds that are drawn first; one of another light is drawn again, `AGAIN` times at most.

        No picture of a kind has the light of another one, so that this takes away what the network gets wrong.
        Shape: (count, channels, H, W) uint8.
        """
        if self._law is None:
            return self._from_noise(given, count, generator)
        codes = self._law.draw(given, count, generator)
        given = {**given, **self._law.told(codes)}
        found = self._from_noise(given, count, generator)
        for _ in range(AGAIN):
            wrong = (self._law.kinds.of(found)[:, 0] != codes[:, 0]).nonzero().squeeze(1)
            if not len(wrong):
                break
            own = {name: values[wrong.to(values.device)] for name, values in given.items()}
            found[wrong] = self._from_noise(own, len(wrong), generator)
        return found

    def _from_noise(self, given: Values, count: int, generator: torch.Generator) -> Tensor:
        """What noise becomes, told of inputs and kinds.  Shape: (count, channels, H, W) uint8."""
        device = self._device
        noise = normal((count, *self._network.shape), generator, device)
        with torch.autocast(device.type, torch.bfloat16, enabled=_low_precision(self.recipe, device)):
            images = self._process.sample(self._predictor(given, count), noise, self.recipe.sampling_steps)
        return ((images.float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)

    def _predictor(self, given: Values, count: int) -> Predictor:
        network, weight = self._network, self.recipe.guidance
        told = network.predictor(given, count)
        if weight in (None, 1):
            return told
        untold = network.predictor(given, count, torch.zeros(count, dtype=torch.bool, device=self._device))

        def guided(noisy: Tensor, times: Tensor) -> Tensor:
            """Source: Ho and Salimans (2022), with weight 1 for the conditional itself."""
            without = untold(noisy, times)
            return without + weight * (told(noisy, times) - without)

        return guided

    def log_prob(self, rows: Values) -> Tensor:
        """Raises DataError: a diffusion model samples only."""
        names = ", ".join(part.name for part in self.targets)
        raise DataError(f"no density of {names} is known, which are images; compile with realize='regenerate'")

    def state(self) -> tuple[Config, Tensors]:
        """The averaged weights and the law of kinds; the recipe tells the network's shape and how it is sampled."""
        tensors = dict(self._network.state_dict())
        if self._law is None:
            return {}, tensors
        config, own = self._law.state()
        return {"kinds": config}, tensors | {f"{KINDS}{name}": value for name, value in own.items()}

    @classmethod
    def from_state(
        cls, recipe: Drawing, config: Config, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]
    ) -> Self:
        """The model whose `state` this is."""
        warn_of_guidance(recipe.guidance)
        own = under(tensors, KINDS)
        weights = {name: value for name, value in tensors.items() if not name.startswith(KINDS)}
        law = None
        if "kinds" in config or own:
            told, channels = setting(config, "kinds", dict), common_shape(targets)[0]
            law = KindLaw.from_state(name_of(targets), told, own, channels, inputs, recipe.code_width)
        seen = inputs if law is None else (*inputs, *law.parts)
        if recipe.network is not None:
            return cls(recipe, targets, inputs, _restored(recipe, weights, targets, seen), law)
        layout = recipe.layout()
        if layout.layers * len(layout.channels) > len(weights):
            raise DataError(f"{len(weights)} tensors are too few for {layout.layers} layers a level")
        network = restored(lambda: Denoiser.start(targets, seen, layout, 0), weights)
        return cls(recipe, targets, inputs, network, law)

    def to(self, device: str | torch.device) -> Self:
        """The same model, moved to another device."""
        self._network.to(device)
        self._law = None if self._law is None else self._law.to(device)
        return self


def name_of(targets: Sequence[Part]) -> str:
    """What pictures that are drawn together are called."""
    return "-".join(part.name for part in targets)


def _restored(recipe: Drawing, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]) -> OwnDenoiser:
    """Somebody's network with the saved weights, built by what they say again."""
    name = recipe.network or ""
    network = OwnDenoiser.start(targets, inputs, name, builder_of(name), recipe.code_width, 0)
    expected = {key: (tuple(value.shape), value.dtype) for key, value in network.state_dict().items()}
    try:
        checked_tensor(tensors, expected)
    except DataError as error:
        raise DataError(f"the network {name} is not the one that was saved ({error}); give the same") from error
    network.load_state_dict(tensors)
    network.eval().requires_grad_(False)
    return network


def _low_precision(how: Drawing, device: torch.device) -> bool:
    return how.precision == "bf16" or (how.precision == "auto" and device.type == "cuda")


def _channels(part: Part) -> int:
    return part.shape[0] if part.shape is not None else 0


def warn_of_guidance(weight: float | None) -> None:
    """Say that guidance changes the law."""
    if weight not in (None, 1):
        warn_law(
            f"guidance {weight:g} sharpens or blurs what is sampled: it is no longer the conditional law that the "
            "estimand asks for; leave guidance out for the law itself"
        )
