"""`diffusion`: images given categories, numbers and other images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import torch
from torch import Tensor

from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError, StoreWarning
from idgen_compiler.warning import warn_user
from idgen_torch.drawing import generator_for
from idgen_torch.families.family import Run
from idgen_torch.families.images.drawn import CHANNELS, DiffusionModel, Drawing, name_of, warn_of_guidance
from idgen_torch.families.images.input_kinds import InputKinds
from idgen_torch.families.images.kind_law import KindLaw
from idgen_torch.families.images.kinds import Kinds
from idgen_torch.families.registry import imported
from idgen_torch.families.task import Offer, Task, rows_at
from idgen_torch.nets.conditioning import pixels
from idgen_torch.nets.denoiser import Denoiser, common_shape, stacked
from idgen_torch.nets.kind_heads import KindHeads
from idgen_torch.nets.own import OwnDenoiser
from idgen_torch.nets.processes import process_of, samplers_of
from idgen_torch.options import flag, folder, real, whole
from idgen_torch.parts import Values
from idgen_torch.seeds import seed_for
from idgen_torch.training.crew import ALONE, Crew
from idgen_torch.training.diffusion import Budget, DiffusionPlan, Lesson, RowsByStep, train_denoiser
from idgen_torch.training.kinds import HOLDOUT, kind_steps
from idgen_torch.training.state import TrainingFile, link_scratch

__all__ = ["Diffusion", "DiffusionModel"]

STEPS, BATCH = {"cpu": 4_000, "cuda": 20_000}, {"cpu": 64, "cuda": 256}
WIDE = (64, 128, 128)  #: channels on CUDA
"""Measured on 16 x 16 digits on one core; those for CUDA are not measured yet."""

KIND_SHARE = 0.1
"""Of a budget in seconds, at most so much goes to the law of the kinds."""
ROWS_AT_ONCE = 4_096


@dataclass(frozen=True)
class Diffusion(Drawing):
    """Images given anything: a diffusion model. None stands for the default of the device.

    The defaults for CPUs are measured on 16 x 16 digits on one core; those for CUDA are not measured yet.

    epochs: passes over the rows, where neither steps nor seconds are set.
    steps: training steps.  seconds: train for so long instead; equal seeds then give equal models only by chance.
    batch_size: rows a step.  lr: peak learning rate.  ema: decay of the averaged weights, which are the ones kept.
    network: a network of your own in the place of our UNet: what builds it, a module that is copied, or the text
    "module:factory" (see `nets.own`); the options of the UNet but channels, of which the first sets the code's width,
    are not used then.
    channels: width of the UNet at each level.  layers: residual blocks a level.  unshuffle: pixels folded into channels
    on each side, 1 for none.  attention: whether places attend to each other at the coarsest level; None where it is of
    more than `SEEN_WHOLE` places on a side (see `nets.denoiser`).
    objective: what the network puts out. "clean" and "velocity" are flow matching (the clean image, or the velocity);
    "epsilon" and "v" are the denoising diffusion objectives of those names.
    sampler: "euler" for flow matching, "ddim" or "dpm++" for the others.  sampling_steps: network passes a sample; 10
    take half the time and are enough for small images, once a network is trained for long (measured).
    kinds: at most so many kinds of pictures are told apart by their light; a kind is drawn first, by a law that is
    learned by likelihood, and then a picture of that kind; 1 for none.  shapes: at most so many kinds of shape within
    those of light; 1 for none, since a picture's shape is better drawn by the network (measured).
    grains: at most so many kinds of grain within those of light, how bright and how fine what is drawn is; 1 for
    none, as where there are no kinds of light by kinds=1.
    reserve: the part of the steps that is kept back. A model whose draws depend on its inputs as the rows do, but for
    chance, leaves them to those of the fit that do not; one of which chance does not say it uses its own. The steps of
    all models together stay within their sum.
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
    shared = True
    scope = "images"
    called = "image"

    epochs: int | None = whole(None)
    steps: int | None = whole(None)
    seconds: float | None = real(None, "a number above 0", lambda value: value > 0)
    batch_size: int | None = whole(None)
    lr: float = real(2e-3, "a number above 0", lambda value: value > 0)
    ema: float = real(0.995, "a decay from 0 up to, but not, 1", lambda value: 0 <= value < 1)
    kinds: int = whole(16, most=1024)
    shapes: int = whole(1, most=1024)
    grains: int = whole(16, most=1024)
    reserve: float = real(0.2, "a fraction from 0 up to, but not, 1", lambda value: 0 <= value < 1)
    emphasis: float = real(0.5, "a power from 0 to 1", lambda value: 0 <= value <= 1)
    condition_dropout: float = real(0.0, "a number from 0 up to, but not, 1", lambda value: 0 <= value < 1)
    accumulation: int = whole(1)
    compile: bool = flag(False)
    save_every: int = whole(500)
    grids: str | None = folder(None)

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

    def opened(self, task: Task, device: torch.device) -> tuple[Self, int]:
        """All but the reserve, of a budget in steps."""
        if self.seconds is not None or not self.reserve:
            return self, 0
        steps = self.plan(task.count, device).budget.steps or 0
        kept = round(self.reserve * steps)
        return replace(self, epochs=None, steps=max(1, steps - kept)), kept

    def longer(self, steps: int) -> Self:
        """So many steps more."""
        return replace(self, epochs=None, steps=steps, reserve=0.0)

    def started(self, targets: Sequence[Part], inputs: Sequence[Part], seed: int) -> Denoiser | OwnDenoiser:
        """The untrained network.  Raises DataError for one of somebody's own that is none (see `OwnDenoiser.start`)."""
        if self.network is None:
            return Denoiser.start(targets, inputs, self.layout(), seed)
        builder = getattr(self.network, "builder", None)
        builder = (
            imported(self.network) if builder is None else builder
        )  # a person named it: files are not trained from
        return OwnDenoiser.start(targets, inputs, self.network, builder, self.code_width, seed)

    def fit(self, task: Task, run: Run = Run()) -> DiffusionModel:
        """Train. Raises DataError for a target that is no image, and for images of different sizes."""
        targets, inputs, count, device = task.targets, task.inputs, task.count, run.device
        common_shape(targets)
        warn_of_guidance(self.guidance)
        how = replace(self, channels=self.channels or (WIDE if device.type == "cuda" else CHANNELS))
        plan = how.plan(count, device)
        before = run.unfinished if isinstance(run.unfinished, DiffusionModel) else None
        law, codes = how.law(task, run, plan.budget.steps, before)
        seen = inputs if law is None else (*inputs, *law.parts)
        network = how.started(targets, seen, seed_for(run.seed, "weights"))
        if before is not None:
            network.load_state_dict(before.network.state_dict())
        model = DiffusionModel(how, targets, inputs, network, law)
        rows = task.rows if law is None else task.rows | law.told(codes)
        lesson = Task(targets, seen, rows, task.weights)
        crew = ALONE if run.helpers is None else run.helpers.asked(how, lesson, run.seed)
        file = None if run.scratch is None else TrainingFile(run.scratch)
        batch = how._batch(lesson, device)
        picture = None if how.grids is None else model.painter(Path(how.grids), batch, count)
        how._learn(network, lesson, run, file, picture, crew)
        return model

    def help(self, task: Task, run: Run) -> None:
        """See `Family`: the kinds of the pictures stand among the inputs."""
        if run.helpers is not None:
            network = self.started(task.targets, task.inputs, run.seed)
            self._learn(network, task, run, None, None, run.helpers.asked(self, task, run.seed))

    def _learn(
        self,
        network: Denoiser | OwnDenoiser,
        task: Task,
        run: Run,
        file: TrainingFile | None,
        picture: Callable[[int], None] | None,
        crew: Crew,
    ) -> None:
        plan, device = self.plan(task.count, run.device), run.device
        network.to(device)
        rows = RowsByStep(task.count, plan.batch_size, run.seed, task.weights)
        train_denoiser(
            network,
            process_of(self.objective, self.sampler),
            Lesson(self._batch(task, device), rows, task.name),
            plan,
            run.seed,
            device,
            run.progress,
            file,
            picture,
            crew,
        )

    @staticmethod
    def _batch(task: Task, device: torch.device) -> Callable[[Tensor], tuple[Tensor, Values]]:
        """Targets and inputs of some row numbers."""

        def batch(index: Tensor) -> tuple[Tensor, Values]:
            found = rows_at(task.parts, task.rows, index, device)
            return pixels(stacked(task.targets, found)), found

        return batch

    def law(
        self, task: Task, run: Run, steps: int | None, before: DiffusionModel | None = None
    ) -> tuple[KindLaw | None, Tensor]:
        """The law of the kinds of the rows' pictures, and each's kind, (rows, levels); None where there is one kind.

        That of a model before is taken as it is: it has learned all that rows held out gain by. A law that was learned
        is kept where states are.
        """
        device, count, name = run.device, task.count, name_of(task.targets)

        def images(index: Tensor) -> Tensor:
            return stacked(task.targets, rows_at(task.targets, task.rows, index, device))

        def pictures(part: Part, index: Tensor) -> Tensor:
            return rows_at((part,), task.rows, index, device)[part.name]

        def codes(kinds: Kinds) -> Tensor:
            return torch.cat([kinds.of(images(few)) for few in torch.arange(count).split(ROWS_AT_ONCE)])

        none = torch.empty(0, dtype=torch.long)
        if before is not None:
            own = None if before.law is None else before.law.to(device)
            return own, none if own is None else codes(own.kinds)
        if not task.inputs:
            return None, none
        path = link_scratch(run.scratch, "kinds")
        if path is not None and path.exists():
            kept = KindLaw.read(path, name, common_shape(task.targets)[0], task.inputs, self.code_width).to(device)
            return kept, codes(kept.kinds)
        most, seed = (self.kinds, self.shapes, self.grains if self.kinds > 1 else 1), seed_for(run.seed, "kinds")
        kinds = Kinds.found(images, count, task.weights, most, seed)
        if not kinds.several:
            return None, none
        known, pieces = codes(kinds), torch.arange(count).split(ROWS_AT_ONCE)
        seen = InputKinds.found(task.inputs, pictures, count, task.weights, most, seed)
        each = [seen.told(rows_at(task.inputs, task.rows, few, device)) for few in pieces]
        of_inputs = {part.name: torch.cat([few[part.name] for few in each]) for part in seen.parts}
        inputs, rows = (*task.inputs, *seen.parts), {**task.rows, **of_inputs}
        network = KindHeads.start(inputs, kinds.sizes, self.code_width, seed_for(run.seed, "law")).to(device)
        budget = Budget(kind_steps(count, steps), None if self.seconds is None else KIND_SHARE * self.seconds)

        def batch(index: Tensor) -> Values:
            return rows_at(inputs, rows, index, device)

        parts = task.split(HOLDOUT, generator_for(seed))
        law = KindLaw.learned(
            name, kinds, network, seen, batch, known, task.weights, parts, budget, seed, run.progress, run.calibrated
        )
        if path is not None:
            try:
                law.write(path)
            except DataError as error:
                warn_user(f"{error}; the training of {task.name} goes on without", StoreWarning)
        return law, known

    def plan(self, count: int, device: torch.device) -> DiffusionPlan:
        """How to train on so many rows."""
        batch = self.batch_size or BATCH[device.type]
        steps = self.steps
        if steps is None and self.seconds is None:
            steps = STEPS[device.type] if self.epochs is None else self.epochs * max(1, count // batch)
        precision = ("bf16" if device.type == "cuda" else "no") if self.precision == "auto" else self.precision
        return DiffusionPlan(
            Budget(steps, None if self.seconds is None else (1 - KIND_SHARE) * self.seconds),
            batch,
            self.lr,
            self.ema,
            self.condition_dropout,
            precision,
            self.accumulation,
            self.compile,
            self.save_every,
        )
