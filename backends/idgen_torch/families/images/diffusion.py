"""`diffusion`: images given categories, numbers and other images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import torch
from torch import Tensor

from idgen_compiler.errors import DataError
from idgen_torch.drawing import normal
from idgen_torch.families.base import (
    ConditionalModel,
    Config,
    FitOptions,
    NoProgress,
    Progress,
    Tensors,
    checked_tensor,
    register,
    row_count,
    setting,
)
from idgen_torch.image_options import ImageOptions
from idgen_torch.nets.conditioning import pixels
from idgen_torch.nets.denoiser import Denoiser, Layout, common_shape, stacked
from idgen_torch.nets.processes import Predictor, process_of
from idgen_torch.parts import Part, Rows, rows_at_once
from idgen_torch.pictures import write_grid
from idgen_torch.seeds import seed_for, stream_for
from idgen_torch.training.code import code_steps, learn_code
from idgen_torch.training.diffusion import Budget, Plan, RowsByStep, train_denoiser
from idgen_torch.training.state import TrainingFile
from idgen_torch.warning import warn_law

__all__ = ["Diffusion"]

STEPS, BATCH, LR, CHANNELS = {"cpu": 4_000, "cuda": 20_000}, {"cpu": 64, "cuda": 256}, 2e-3, (32, 64)
WIDE = (64, 128, 128)  #: channels on CUDA
"""Measured on 16 x 16 digits on one core; those for CUDA are not measured yet."""

CODE_SHARE = 0.1
"""Of a budget in seconds, at most so much goes to the code of the inputs."""

SAMPLE_ROWS, SAMPLE_PIXELS = {"cpu": 256, "cuda": 4096}, {"cpu": 2**20, "cuda": 2**22}
"""So many rows are sampled at once, of large images so many pixels."""


@register
class Diffusion(ConditionalModel):
    """A denoiser of one image, or of several of one size stacked along the channels.

    Sampling starts from noise and follows the process's deterministic path. The law has no density here.
    """

    family = "diffusion"
    likelihood = False

    def __init__(self, targets: Sequence[Part], inputs: Sequence[Part], network: Denoiser, how: ImageOptions) -> None:
        """`how` says what the network puts out and how it is sampled."""
        super().__init__(targets, inputs)
        self._network = network
        self._how = how
        self._process = process_of(how.objective, how.sampler)

    @property
    def network(self) -> Denoiser:
        """The denoiser."""
        return self._network

    @property
    def _device(self) -> torch.device:
        return self._network.code.nothing.device

    @classmethod
    def fit(
        cls,
        targets: Sequence[Part],
        inputs: Sequence[Part],
        rows: Rows,
        *,
        weights: Tensor | None = None,
        seed: int = 0,
        options: FitOptions = FitOptions(),
        progress: Progress = NoProgress(),
    ) -> Self:
        """Train. Raises DataError for a target that is no image, and for images of different sizes."""
        count = row_count([*targets, *inputs], rows, weights)
        common_shape(targets)
        device, how = torch.device(options.device), options.images
        _warn_of_guidance(how.guidance)
        layout = _layout(how, WIDE if device.type == "cuda" else CHANNELS)
        network = Denoiser.start(targets, inputs, layout, seed_for(seed, "weights"))
        model = cls(targets, inputs, network, how)
        plan = _plan(how, options, count, device)
        file = None if options.scratch is None else TrainingFile(Path(options.scratch))

        def batch(index: Tensor) -> tuple[Tensor, Rows]:
            found = {part.name: _taken(rows[part.name], index).to(device) for part in (*targets, *inputs)}
            return pixels(stacked(targets, found)), found

        name = ", ".join(part.name for part in targets)
        network.to(device)
        first = code_steps(count, plan.budget.steps) if how.code_steps is None else how.code_steps
        if inputs and first and (file is None or not file.path.exists()):
            budget = Budget(first, None if how.seconds is None else CODE_SHARE * how.seconds)
            learn_code(network, batch, count, weights, budget, seed, progress, f"{name}, from afar")
        train_denoiser(
            network,
            model._process,
            batch,
            RowsByStep(count, plan.batch_size, seed, weights),
            plan,
            seed,
            device,
            progress,
            name,
            file,
            None if how.grids is None else model._painter(Path(how.grids), batch, count),
        )
        return model

    def _painter(
        self, folder: Path, batch: Callable[[Tensor], tuple[Tensor, Rows]], count: int
    ) -> Callable[[int], None]:
        """Something that draws a grid of samples given the inputs of the first rows."""
        rows = min(64, count)
        name = "-".join(part.name for part in self.targets)

        def paint(step: int) -> None:
            given = batch(torch.arange(rows))[1]
            drawn = self.sample(given, rows, stream_for(0, "grid", device=self._device))
            for part in self.targets:
                write_grid(folder / f"{name}.{part.name}.{step:07d}.png", drawn[part.name].cpu().numpy())

        return paint

    @torch.no_grad()
    def sample(self, given: Rows, n: int, generator: torch.Generator) -> Rows:
        """Follow the path from noise, so many rows at a time.  Shape of each target: (n, channels, H, W) uint8."""
        device = self._device
        parts = (*self.targets, *self.inputs)
        at_once = rows_at_once(parts, SAMPLE_ROWS[device.type], SAMPLE_PIXELS[device.type])
        drawn: dict[str, list[Tensor]] = {part.name: [] for part in self.targets}
        for start in range(0, n, at_once):
            count = min(at_once, n - start)
            piece = {part.name: given[part.name][start : start + count] for part in self.inputs}
            noise = normal((count, *self._network.shape), generator, device)
            with torch.autocast(device.type, torch.bfloat16, enabled=_low_precision(self._how, device)):
                images = self._process.sample(self._predictor(piece, count), noise, self._how.sampling_steps)
            whole = ((images.float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
            for part, image in zip(
                self.targets, whole.split([_channels(part) for part in self.targets], 1), strict=True
            ):
                drawn[part.name].append(image.contiguous())
        empty = [torch.empty(0, *(part.shape or ()), dtype=torch.uint8, device=device) for part in self.targets]
        return {
            part.name: torch.cat(drawn[part.name] or [none]) for part, none in zip(self.targets, empty, strict=True)
        }

    def _predictor(self, given: Rows, count: int) -> Predictor:
        network, weight = self._network, self._how.guidance
        told = network.predictor(given, count)
        if weight in (None, 1):
            return told
        untold = network.predictor(given, count, torch.zeros(count, dtype=torch.bool, device=self._device))

        def guided(noisy: Tensor, times: Tensor) -> Tensor:
            """Source: Ho and Salimans (2022), with weight 1 for the conditional itself."""
            without = untold(noisy, times)
            return without + weight * (told(noisy, times) - without)

        return guided

    def log_prob(self, rows: Rows) -> Tensor:
        """Raises DataError: a diffusion model samples only."""
        names = ", ".join(part.name for part in self.targets)
        raise DataError(f"no density of {names} is known, which are images; compile with realize='regenerate'")

    def state(self) -> tuple[Config, Tensors]:
        """The network's shape, how it is sampled, and its averaged weights."""
        layout, how = self._network.layout, self._how
        config: Config = {
            "channels": list(layout.channels),
            "layers": layout.layers,
            "unshuffle": layout.unshuffle,
            "attention": layout.attention,
            "objective": how.objective,
            "sampler": how.sampler or "",
            "sampling_steps": how.sampling_steps,
            "guidance": float(1 if how.guidance is None else how.guidance),
            "precision": how.precision,
        }
        return config, dict(self._network.state_dict())

    @classmethod
    def from_state(cls, config: Config, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]) -> Self:
        """The model whose `state` this is."""
        guidance = setting(config, "guidance", float)
        how = ImageOptions(
            channels=tuple(setting(config, "channels", list)),
            layers=setting(config, "layers", int),
            unshuffle=setting(config, "unshuffle", int),
            attention=setting(config, "attention", bool),
            objective=setting(config, "objective", str),
            sampler=setting(config, "sampler", str) or None,
            sampling_steps=setting(config, "sampling_steps", int),
            condition_dropout=0.0 if guidance == 1 else 0.1,
            guidance=None if guidance == 1 else guidance,
            precision=setting(config, "precision", str),
        )
        _warn_of_guidance(how.guidance)
        network = Denoiser.start(targets, inputs, _layout(how, CHANNELS), 0)
        checked_tensor(tensors, {name: (tuple(t.shape), t.dtype) for name, t in network.state_dict().items()})
        network.load_state_dict(tensors)
        network.eval().requires_grad_(False)
        return cls(targets, inputs, network, how)

    def to(self, device: str | torch.device) -> Self:
        """The same model, moved to another device."""
        self._network.to(device)
        return self


def _layout(how: ImageOptions, channels: tuple[int, ...]) -> Layout:
    """The network's shape; `channels` are taken where the options leave them open."""
    return Layout(how.channels or channels, how.layers, how.unshuffle, how.attention)


def _plan(how: ImageOptions, options: FitOptions, count: int, device: torch.device) -> Plan:
    batch = how.batch_size or options.batch_size or BATCH[device.type]
    steps = how.steps
    if steps is None and how.seconds is None:
        steps = STEPS[device.type] if options.epochs is None else options.epochs * max(1, count // batch)
    precision = ("bf16" if device.type == "cuda" else "no") if how.precision == "auto" else how.precision
    return Plan(
        Budget(steps, None if how.seconds is None else (1 - CODE_SHARE) * how.seconds),
        batch,
        how.lr or options.lr or LR,
        how.ema,
        how.condition_dropout,
        precision,
        how.accumulation,
        how.compile,
        how.save_every,
    )


def _low_precision(how: ImageOptions, device: torch.device) -> bool:
    return how.precision == "bf16" or (how.precision == "auto" and device.type == "cuda")


def _channels(part: Part) -> int:
    return part.shape[0] if part.shape is not None else 0


def _taken(values: Tensor, index: Tensor) -> Tensor:
    """Some rows, wherever the values live."""
    return values[index.to(values.device)]


def _warn_of_guidance(weight: float | None) -> None:
    if weight not in (None, 1):
        warn_law(
            f"guidance {weight:g} sharpens or blurs what is sampled: it is no longer the conditional law that the "
            "estimand asks for; leave guidance out for the law itself"
        )
