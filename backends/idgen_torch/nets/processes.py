"""From noise to images and vectors: what a network is taught, and how its answers become a sample.

A *predictor* maps noisy targets and their times in [0, 1000] to what the objective asks for. Images lie in [-1, 1],
vectors have mean 0 and variance 1.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import torch
from torch import Tensor

__all__ = [
    "OBJECTIVES",
    "SAMPLERS",
    "TIMES",
    "FlowMatching",
    "NoiseSchedule",
    "Predictor",
    "Process",
    "process_of",
    "samplers_of",
]

OBJECTIVES = ("clean", "velocity", "epsilon", "v")
SAMPLERS = {"euler": ("clean", "velocity"), "ddim": ("epsilon", "v"), "dpm++": ("epsilon", "v")}
"""Sampler -> the objectives that it fits."""

Predictor = Callable[[Tensor, Tensor], Tensor]
"""(noisy (rows, *shape), times (rows,)) -> (rows, *shape), where `shape` is (C, H, W) of images or (width,)."""

TIMES = 1000
"""How many times the scale has."""

_NEAR = 0.05
"""Times below this one weigh in the loss as if they were this one, so that nearly clean images do not swamp it."""


class Process(Protocol):
    """A way to noise targets, and the way back."""

    def loss(self, predict: Predictor, targets: Tensor, noise: Tensor, level: Tensor) -> Tensor:
        """The loss of each row.  Shape: targets, noise (rows, *shape), level (rows,) in N(0, 1) -> (rows,)."""
        ...

    def sample(self, predict: Predictor, noise: Tensor, steps: int) -> Tensor:
        """The targets that this noise becomes.  Shape: (rows, *shape)."""
        ...


@dataclass(frozen=True)
class FlowMatching:
    """Straight lines x_t = (1 - t) x_0 + t noise; the velocity is noise - x_0 = (x_t - x_0) / t.

    With `clean` the network puts out x_0, from which the velocity follows; the loss is the velocity's either way. Small
    networks that put out the velocity leave half of the digits with blended colors, those that put out x_0 few
    (measured).
    Sources: Lipman et al. (2023); times drawn as sigmoid of a normal: Esser et al. (2024), section 3.1.
    """

    clean: bool = True
    location: float = 0.5  #: of the normal behind the times; a little towards noise, where shape is decided
    scale: float = 1.2

    def loss(self, predict: Predictor, targets: Tensor, noise: Tensor, level: Tensor) -> Tensor:
        """Squared error of the velocity, averaged over the entries."""
        t = torch.sigmoid(self.location + self.scale * level)
        wide = t.view(-1, *(1,) * (targets.ndim - 1))
        put_out = predict(torch.lerp(targets, noise, wide), t * TIMES).float()
        error = (put_out - targets) / wide.clamp(min=_NEAR) if self.clean else put_out - (noise - targets)
        return error.square().flatten(1).mean(1)

    def sample(self, predict: Predictor, noise: Tensor, steps: int) -> Tensor:
        """Euler's method from t = 1 to 0."""
        from diffusers import FlowMatchEulerDiscreteScheduler

        scheduler: Any = FlowMatchEulerDiscreteScheduler()
        scheduler.set_timesteps(sigmas=[1 - k / steps for k in range(steps)], device=noise.device)
        x = noise
        for time in scheduler.timesteps:
            put_out = predict(x, time.expand(len(x))).float()
            velocity = (x - put_out) * (TIMES / float(time)) if self.clean else put_out
            x = scheduler.step(velocity, time, x, return_dict=False)[0]
        return x


@dataclass(frozen=True)
class NoiseSchedule:
    """Denoising diffusion with a cosine schedule; the network puts out the noise ("epsilon") or v.

    Sources: Ho et al. (2020); Nichol and Dhariwal (2021) for the schedule; Salimans and Ho (2022) for v;
    Song et al. (2021) for DDIM; Lu et al. (2022) for DPM-Solver++.
    """

    predicts: str
    sampler: str = "ddim"

    @cached_property
    def _noising(self) -> Any:
        from diffusers import DDPMScheduler

        return DDPMScheduler(TIMES, beta_schedule="squaredcos_cap_v2")

    def loss(self, predict: Predictor, targets: Tensor, noise: Tensor, level: Tensor) -> Tensor:
        """Squared error of what the network puts out, averaged over the entries; all times alike."""
        uniform = torch.special.ndtr(level)
        times = (uniform * TIMES).long().clamp(max=TIMES - 1)
        put_out = predict(self._noising.add_noise(targets, noise, times), times.float()).float()
        wanted = noise if self.predicts == "epsilon" else self._noising.get_velocity(targets, noise, times)
        return (put_out - wanted).square().flatten(1).mean(1)

    def sample(self, predict: Predictor, noise: Tensor, steps: int) -> Tensor:
        """Deterministic steps from noise to targets."""
        from diffusers import DDIMScheduler, DPMSolverMultistepScheduler

        known = {
            "num_train_timesteps": TIMES,
            "beta_schedule": "squaredcos_cap_v2",
            "prediction_type": "epsilon" if self.predicts == "epsilon" else "v_prediction",
            "timestep_spacing": "trailing",
        }
        if self.sampler == "ddim":
            scheduler: Any = DDIMScheduler(**known, clip_sample=True)
        else:
            scheduler = DPMSolverMultistepScheduler(**known)
        with warnings.catch_warnings():
            # Diffusers hands a tensor to NumPy in a way that the newest NumPy warns of.
            warnings.simplefilter("ignore", DeprecationWarning)
            scheduler.set_timesteps(steps, device=noise.device)
        x = noise
        for time in scheduler.timesteps:
            put_out = predict(x, time.expand(len(x)).float()).float()
            x = scheduler.step(put_out, time, x, return_dict=False)[0]
        return x


def samplers_of(objective: str) -> list[str]:
    """The samplers that fit an objective."""
    return [name for name, objectives in SAMPLERS.items() if objective in objectives]


def process_of(objective: str, sampler: str | None) -> Process:
    """The process of an objective ("clean", "velocity", "epsilon", "v") with a sampler that fits it."""
    if objective in ("clean", "velocity"):
        return FlowMatching(clean=objective == "clean")
    return NoiseSchedule(objective, sampler or "ddim")
