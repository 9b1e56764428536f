"""What can be tuned where images are modelled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from idgen_compiler.errors import DataError
from idgen_torch.nets.processes import TIMES
from idgen_torch.option_checks import OptionChecks

__all__ = ["OBJECTIVES", "SAMPLERS", "ImageOptions", "samplers_of"]

OBJECTIVES = ("clean", "velocity", "epsilon", "v")
SAMPLERS = {"euler": ("clean", "velocity"), "ddim": ("epsilon", "v"), "dpm++": ("epsilon", "v")}
SAVE_EVERY = 500
PRECISIONS = ("auto", "no", "bf16", "fp16")


def samplers_of(objective: str) -> list[str]:
    """The samplers that fit an objective."""
    return [name for name, objectives in SAMPLERS.items() if objective in objectives]


@dataclass(frozen=True, slots=True)
class ImageOptions:
    """How a diffusion model is built, trained and sampled. None stands for the default of the device.

    The defaults for CPUs are measured; those for CUDA are not yet (see `families.diffusion`).

    steps: training steps.  seconds: train for so long instead; equal seeds then give equal models only by chance.
    batch_size: rows a step.  lr: peak learning rate.  ema: decay of the averaged weights, which are the ones kept.
    channels: width of the UNet at each level.  layers: residual blocks a level.  unshuffle: pixels folded into channels
    on each side, 1 for none.  attention: whether places attend to each other at the coarsest level.
    objective: what the network puts out. "clean" and "velocity" are flow matching (the clean image, or the velocity);
    "epsilon" and "v" are the denoising diffusion objectives of those names.
    sampler: "euler" for flow matching, "ddim" or "dpm++" for the others.  sampling_steps: network passes a sample; 10
    take half the time and are enough for small images, once a network is trained for long (measured).
    code_steps: steps in which what reads the inputs first learns what the targets look like from afar; 0 for none.
    emphasis: how much more often a training looks at inputs that are rarer in the data than in the regeneration that
    asks for them, as a power of the ratio: 0 not at all, 1 as often as the regeneration; the law learnt is the same.
    condition_dropout: how often a training row loses its condition, so that guidance can be used.
    guidance: weight of classifier-free guidance; None or 1 samples the conditional itself, and any other weight warns,
    because what is sampled is no longer the law that the estimand asks for.
    precision: "bf16", "fp16", "no", or "auto" (bf16 on CUDA, none on a CPU).  accumulation: batches a step.
    compile: compile the network on CUDA.  save_every: training steps between resumable states, where the fit has a
    checkpoint folder.  grids: a folder for pictures of samples during training.
    """

    steps: int | None = None
    seconds: float | None = None
    batch_size: int | None = None
    lr: float | None = None
    ema: float = 0.995
    channels: tuple[int, ...] | None = None
    layers: int = 1
    unshuffle: int = 2
    attention: bool = True
    objective: str = "clean"
    sampler: str | None = None
    sampling_steps: int = 20
    code_steps: int | None = None
    emphasis: float = 0.5
    condition_dropout: float = 0.0
    guidance: float | None = None
    precision: str = "auto"
    accumulation: int = 1
    compile: bool = False
    save_every: int = SAVE_EVERY
    grids: str | Path | None = None

    def __post_init__(self) -> None:
        check = OptionChecks(self, "image option")
        check.whole("steps", "batch_size", "layers", "unshuffle", "sampling_steps", "accumulation", "save_every")
        check.whole("code_steps", least=0)
        check.number("seconds", "a number above 0", lambda value: value > 0)
        check.number("lr", "a number above 0", lambda value: value > 0)
        check.number("emphasis", "a power from 0 to 1", lambda value: 0 <= value <= 1)
        check.number("ema", "a decay from 0 up to, but not, 1", lambda value: 0 <= value < 1)
        check.number("condition_dropout", "a number from 0 up to, but not, 1", lambda value: 0 <= value < 1)
        check.number("guidance", "a number from 0, or None", lambda value: value >= 0)
        check.widths("channels", multiple=8, least=1)
        check.flag("attention", "compile")
        check.choice("objective", OBJECTIVES)
        check.choice("precision", PRECISIONS)
        if self.steps is not None and self.seconds is not None:
            raise DataError("image options steps and seconds are both set; choose one budget")
        fitting = samplers_of(self.objective)
        if self.sampler is not None and self.sampler not in fitting:
            raise DataError(
                f"image option sampler is {self.sampler!r}; the objective {self.objective} takes {', '.join(fitting)}"
            )
        if self.objective in ("epsilon", "v") and self.sampling_steps > TIMES:
            raise DataError(
                f"image option sampling_steps is {self.sampling_steps}; the objective {self.objective} has {TIMES} "
                "times, and takes no more passes"
            )
        if self.guidance not in (None, 1) and not self.condition_dropout:
            raise DataError("guidance needs a network that knows no condition too: set condition_dropout, such as 0.1")
        if self.grids is not None:
            if not isinstance(self.grids, str | Path):
                raise DataError(f"image option grids is {self.grids!r:.80}; it is a folder")
            object.__setattr__(self, "grids", str(self.grids))

    def bearing(self) -> ImageOptions:
        """The options that the trained model depends on, with the others as they are by default.

        What a training shows and how often it keeps its state may change between an interruption and the resumption.
        """
        guidance = None if self.guidance == 1 else self.guidance
        return replace(self, guidance=guidance, grids=None, save_every=SAVE_EVERY, compile=False)
