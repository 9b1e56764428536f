"""`diffusion`: images given categories, numbers and other images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor

from idgen_compiler.data.part import Part
from idgen_compiler.data.pictures import write_grid
from idgen_compiler.errors import DataError
from idgen_torch.drawing import normal
from idgen_torch.families.family import ConditionalModel, Family, Run
from idgen_torch.families.registry import imported
from idgen_torch.families.state import Config, Tensors, checked_tensor, restored
from idgen_torch.families.task import Offer, Task, rows_at
from idgen_torch.nets.conditioning import pixels
from idgen_torch.nets.denoiser import Denoiser, DenoiserLayout, common_shape, stacked
from idgen_torch.nets.own import NetworkName, OwnDenoiser, builder_of
from idgen_torch.nets.processes import OBJECTIVES, SAMPLERS, TIMES, Predictor, process_of, samplers_of
from idgen_torch.options import choice, declared, flag, folder, real, whole, widths
from idgen_torch.parts import Values, rows_at_once
from idgen_torch.seeds import seed_for, stream_for
from idgen_torch.training.code import code_steps, learn_code
from idgen_torch.training.diffusion import Budget, DiffusionPlan, Lesson, RowsByStep, train_denoiser
from idgen_torch.training.state import TrainingFile
from idgen_torch.warning import warn_law

__all__ = ["Diffusion", "DiffusionModel"]

PRECISIONS = ("auto", "no", "bf16", "fp16")

STEPS, BATCH, CHANNELS = {"cpu": 4_000, "cuda": 20_000}, {"cpu": 64, "cuda": 256}, (32, 64)
WIDE = (64, 128, 128)  #: channels on CUDA
"""Measured on 16 x 16 digits on one core; those for CUDA are not measured yet."""

CODE_SHARE = 0.1
"""Of a budget in seconds, at most so much goes to the code of the inputs."""

SAMPLE_ROWS, SAMPLE_PIXELS = {"cpu": 256, "cuda": 4096}, {"cpu": 2**20, "cuda": 2**22}
"""So many rows are sampled at once, of large images so many pixels."""


def network_name() -> Any:
    """The option for a network of somebody's own, kept as its name."""
    return declared(None, "a module, what builds one, or the text 'module:factory'", NetworkName.of)


class DiffusionModel(ConditionalModel):
    """A denoiser of one image, or of several of one size stacked along the channels.

    Sampling starts from noise and follows the process's deterministic path. The law has no density here.
    """

    recipe: Diffusion

    def __init__(
        self, recipe: Diffusion, targets: Sequence[Part], inputs: Sequence[Part], network: Denoiser | OwnDenoiser
    ) -> None:
        """The recipe says what the network puts out and how it is sampled."""
        super().__init__(recipe, targets, inputs)
        self._network = network
        self._process = process_of(recipe.objective, recipe.sampler)

    @property
    def network(self) -> Denoiser | OwnDenoiser:
        """The denoiser."""
        return self._network

    @property
    def _device(self) -> torch.device:
        return self._network.code.nothing.device

    def painter(
        self, folder: Path, batch: Callable[[Tensor], tuple[Tensor, Values]], count: int
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
    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        """Follow the path from noise, so many rows at a time.  Shape of each target: (n, channels, H, W) uint8."""
        device = self._device
        parts = (*self.targets, *self.inputs)
        at_once = rows_at_once(parts, SAMPLE_ROWS[device.type], SAMPLE_PIXELS[device.type])
        drawn: dict[str, list[Tensor]] = {part.name: [] for part in self.targets}
        for start in range(0, n, at_once):
            count = min(at_once, n - start)
            piece = {part.name: given[part.name][start : start + count] for part in self.inputs}
            noise = normal((count, *self._network.shape), generator, device)
            with torch.autocast(device.type, torch.bfloat16, enabled=_low_precision(self.recipe, device)):
                images = self._process.sample(self._predictor(piece, count), noise, self.recipe.sampling_steps)
            whole = ((images.float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
            for part, image in zip(
                self.targets, whole.split([_channels(part) for part in self.targets], 1), strict=True
            ):
                drawn[part.name].append(image.contiguous())
        empty = [torch.empty(0, *(part.shape or ()), dtype=torch.uint8, device=device) for part in self.targets]
        return {
            part.name: torch.cat(drawn[part.name] or [none]) for part, none in zip(self.targets, empty, strict=True)
        }

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
        """The averaged weights; the recipe tells the network's shape and how it is sampled."""
        return {}, dict(self._network.state_dict())

    @classmethod
    def from_state(
        cls, recipe: Diffusion, config: Config, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]
    ) -> Self:
        """The model whose `state` this is."""
        warn_of_guidance(recipe.guidance)
        if recipe.network is not None:
            return cls(recipe, targets, inputs, _restored(recipe, tensors, targets, inputs))
        layout = recipe.layout()
        if layout.layers * len(layout.channels) > len(tensors):
            raise DataError(f"{len(tensors)} tensors are too few for {layout.layers} layers a level")
        network = restored(lambda: Denoiser.start(targets, inputs, layout, 0), tensors)
        return cls(recipe, targets, inputs, network)

    def to(self, device: str | torch.device) -> Self:
        """The same model, moved to another device."""
        self._network.to(device)
        return self


@dataclass(frozen=True)
class Diffusion(Family):
    """Images given anything: a diffusion model. None stands for the default of the device.

    The defaults for CPUs are measured on 16 x 16 digits on one core; those for CUDA are not measured yet.

    epochs: passes over the rows, where neither steps nor seconds are set.
    steps: training steps.  seconds: train for so long instead; equal seeds then give equal models only by chance.
    batch_size: rows a step.  lr: peak learning rate.  ema: decay of the averaged weights, which are the ones kept.
    network: a network of your own in the place of our UNet: what builds it, a module that is copied, or the text
    "module:factory" (see `nets.own`); the options of the UNet but channels, of which the first sets the code's width,
    are not used then.
    channels: width of the UNet at each level.  layers: residual blocks a level.  unshuffle: pixels folded into channels
    on each side, 1 for none.  attention: whether places attend to each other at the coarsest level.
    objective: what the network puts out. "clean" and "velocity" are flow matching (the clean image, or the velocity);
    "epsilon" and "v" are the denoising diffusion objectives of those names.
    sampler: "euler" for flow matching, "ddim" or "dpm++" for the others.  sampling_steps: network passes a sample; 10
    take half the time and are enough for small images, once a network is trained for long (measured).
    code_steps: steps in which what reads the inputs first learns what the targets look like from afar; 0 for none.
    emphasis: how much more often a training looks at inputs that are rarer in the data than in the regeneration that
    asks for them, as a power of the ratio: 0 not at all, 1 as often as the regeneration; the law learned is the same.
    condition_dropout: how often a training row loses its condition, so that guidance can be used.
    guidance: weight of classifier-free guidance; None or 1 samples the conditional itself, and any other weight warns,
    because what is sampled is no longer the law that the estimand asks for.
    precision: "bf16", "fp16", "no", or "auto" (bf16 on CUDA, none on a CPU).  accumulation: batches a step.
    compile: compile the network on CUDA.  save_every: training steps between resumable states, where the fit has a
    checkpoint folder.  grids: a folder for pictures of samples during training.
    """

    word = "diffusion"
    model = DiffusionModel
    likelihood = False
    scope = "images"
    called = "image"

    epochs: int | None = whole(None)
    steps: int | None = whole(None)
    seconds: float | None = real(None, "a number above 0", lambda value: value > 0)
    batch_size: int | None = whole(None)
    lr: float = real(2e-3, "a number above 0", lambda value: value > 0)
    ema: float = real(0.995, "a decay from 0 up to, but not, 1", lambda value: 0 <= value < 1)
    channels: tuple[int, ...] | None = widths(None, multiple=8)
    layers: int = whole(1, most=32)
    unshuffle: int = whole(2, most=64)
    attention: bool = flag(True)
    objective: str = choice("clean", OBJECTIVES)
    sampler: str | None = choice(None, SAMPLERS)
    sampling_steps: int = whole(20, most=TIMES)
    code_steps: int | None = whole(None, least=0)
    emphasis: float = real(0.5, "a power from 0 to 1", lambda value: 0 <= value <= 1)
    condition_dropout: float = real(0.0, "a number from 0 up to, but not, 1", lambda value: 0 <= value < 1)
    guidance: float | None = real(None, "a number from 0, or None", lambda value: value >= 0)
    precision: str = choice("auto", PRECISIONS)
    accumulation: int = whole(1)
    compile: bool = flag(False)
    save_every: int = whole(500)
    grids: str | None = folder(None)
    network: str | None = network_name()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.steps is not None and self.seconds is not None:
            raise DataError("image options steps and seconds are both set; choose one budget")
        fitting = samplers_of(self.objective)
        if self.sampler is not None and self.sampler not in fitting:
            raise DataError(
                f"image option sampler is {self.sampler!r}; the objective {self.objective} takes {', '.join(fitting)}"
            )
        shaping = [name for name in ("layers", "unshuffle", "attention") if name in self.set_options()]
        if self.network is not None and shaping:
            raise DataError(f"image option {shaping[0]} shapes our own UNet, and network is another; leave one out")
        if self.guidance not in (None, 1) and not self.condition_dropout:
            raise DataError("guidance needs a network that knows no condition too: set condition_dropout, such as 0.1")

    def bearing(self) -> Self:
        """What a training shows and how often it keeps its state may change between an interruption and the rest."""
        guidance = None if self.guidance == 1 else self.guidance
        return replace(self, guidance=guidance, grids=None, save_every=500, compile=False)

    def offer(self, task: Task) -> Offer | None:
        """For images."""
        return Offer(50, "images") if task.targets_are_images else None

    def layout(self) -> DenoiserLayout:
        """The network's shape, once the channels are known."""
        return DenoiserLayout(self.channels or CHANNELS, self.layers, self.unshuffle, self.attention)

    def started(self, targets: Sequence[Part], inputs: Sequence[Part], seed: int) -> Denoiser | OwnDenoiser:
        """The untrained network.  Raises DataError for one of somebody's own that is none (see `OwnDenoiser.start`)."""
        if self.network is None:
            return Denoiser.start(targets, inputs, self.layout(), seed)
        builder = getattr(self.network, "builder", None)
        builder = (
            imported(self.network) if builder is None else builder
        )  # a person named it: files are not trained from
        return OwnDenoiser.start(targets, inputs, self.network, builder, self.code_width, seed)

    @property
    def code_width(self) -> int:
        """How wide the code of the inputs is."""
        return 4 * self.layout().channels[0]

    def fit(self, task: Task, run: Run = Run()) -> DiffusionModel:
        """Train. Raises DataError for a target that is no image, and for images of different sizes."""
        targets, inputs, count, device = task.targets, task.inputs, task.count, run.device
        common_shape(targets)
        warn_of_guidance(self.guidance)
        how = replace(self, channels=self.channels or (WIDE if device.type == "cuda" else CHANNELS))
        network = how.started(targets, inputs, seed_for(run.seed, "weights"))
        model = DiffusionModel(how, targets, inputs, network)
        plan = how.plan(count, device)
        file = None if run.scratch is None else TrainingFile(run.scratch)

        def batch(index: Tensor) -> tuple[Tensor, Values]:
            found = rows_at(task.parts, task.rows, index, device)
            return pixels(stacked(targets, found)), found

        network.to(device)
        first = code_steps(count, plan.budget.steps) if how.code_steps is None else how.code_steps
        if inputs and first and (file is None or not file.path.exists()):
            budget = Budget(first, None if how.seconds is None else CODE_SHARE * how.seconds)
            learn_code(network, batch, count, task.weights, budget, run.seed, run.progress, f"{task.name}, from afar")
        train_denoiser(
            network,
            process_of(how.objective, how.sampler),
            Lesson(batch, RowsByStep(count, plan.batch_size, run.seed, task.weights), task.name),
            plan,
            run.seed,
            device,
            run.progress,
            file,
            None if how.grids is None else model.painter(Path(how.grids), batch, count),
        )
        return model

    def plan(self, count: int, device: torch.device) -> DiffusionPlan:
        """How to train on so many rows."""
        batch = self.batch_size or BATCH[device.type]
        steps = self.steps
        if steps is None and self.seconds is None:
            steps = STEPS[device.type] if self.epochs is None else self.epochs * max(1, count // batch)
        precision = ("bf16" if device.type == "cuda" else "no") if self.precision == "auto" else self.precision
        return DiffusionPlan(
            Budget(steps, None if self.seconds is None else (1 - CODE_SHARE) * self.seconds),
            batch,
            self.lr,
            self.ema,
            self.condition_dropout,
            precision,
            self.accumulation,
            self.compile,
            self.save_every,
        )


def _restored(recipe: Diffusion, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]) -> OwnDenoiser:
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


def _low_precision(how: Diffusion, device: torch.device) -> bool:
    return how.precision == "bf16" or (how.precision == "auto" and device.type == "cuda")


def _channels(part: Part) -> int:
    return part.shape[0] if part.shape is not None else 0


def warn_of_guidance(weight: float | None) -> None:
    if weight not in (None, 1):
        warn_law(
            f"guidance {weight:g} sharpens or blurs what is sampled: it is no longer the conditional law that the "
            "estimand asks for; leave guidance out for the law itself"
        )
