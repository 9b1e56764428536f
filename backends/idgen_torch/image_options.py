"""What can be tuned where images are modelled."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from idgen_compiler.errors import DataError

__all__ = ["OBJECTIVES", "SAMPLERS", "ImageOptions", "samplers_of"]

OBJECTIVES = ("clean", "velocity", "epsilon", "v")
SAMPLERS = {"euler": ("clean", "velocity"), "ddim": ("epsilon", "v"), "dpm++": ("epsilon", "v")}
PRECISIONS = ("auto", "no", "bf16", "fp16")


def samplers_of(objective: str) -> list[str]:
    """The samplers that fit an objective."""
    return [name for name, objectives in SAMPLERS.items() if objective in objectives]


@dataclass(frozen=True, slots=True)
class ImageOptions:
    """How a diffusion model is built, trained and sampled. None stands for the measured default.

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
    save_every: int = 500
    grids: str | Path | None = None

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "layers", "unshuffle", "sampling_steps", "accumulation", "save_every"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
                raise DataError(f"image option {name} is {value!r}; it is a whole number from 1")
        if self.code_steps is not None and (type(self.code_steps) is not int or self.code_steps < 0):
            raise DataError(f"image option code_steps is {self.code_steps!r}; it is a whole number, 0 for none")
        for name in ("attention", "compile"):
            if not isinstance(getattr(self, name), bool):
                raise DataError(f"image option {name} is {getattr(self, name)!r}; it is True or False")
        if self.steps is not None and self.seconds is not None:
            raise DataError("image options steps and seconds are both set; choose one budget")
        if self.seconds is not None and not self.seconds > 0:
            raise DataError(f"image option seconds is {self.seconds!r}; it has to be positive")
        if not 0 <= self.emphasis <= 1:
            raise DataError(f"image option emphasis is {self.emphasis!r}; it is a power from 0 to 1")
        if not 0 <= self.ema < 1:
            raise DataError(f"image option ema is {self.ema!r}; it is a decay from 0 up to, but not, 1")
        if self.channels is not None and (not self.channels or any(c < 8 or c % 8 for c in self.channels)):
            raise DataError(f"image option channels is {self.channels!r}; give multiples of 8, one for each level")
        if self.objective not in OBJECTIVES:
            raise DataError(f"image option objective is {self.objective!r}; choose {', '.join(OBJECTIVES)}")
        fitting = samplers_of(self.objective)
        if self.sampler is not None and self.sampler not in fitting:
            raise DataError(
                f"image option sampler is {self.sampler!r}; the objective {self.objective} takes {', '.join(fitting)}"
            )
        if self.precision not in PRECISIONS:
            raise DataError(f"image option precision is {self.precision!r}; choose {', '.join(PRECISIONS)}")
        if not 0 <= self.condition_dropout < 1:
            raise DataError(f"image option condition_dropout is {self.condition_dropout!r}; it is in [0, 1)")
        if self.guidance not in (None, 1) and not self.condition_dropout:
            raise DataError("guidance needs a network that knows no condition too: set condition_dropout, such as 0.1")
