"""Tiny pipelines of diffusers with random weights: what tests and benchmarks bring as bound kernels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from diffusers import DDPMScheduler, DiffusionPipeline, UNet2DModel
from diffusers.pipelines.pipeline_utils import ImagePipelineOutput
from diffusers.utils.torch_utils import randn_tensor

__all__ = ["ClassPipeline", "TextPipeline", "class_pipeline", "text_pipeline"]


class ClassPipeline(DiffusionPipeline):  # type: ignore[misc]
    """Pictures of a class by DDPM."""

    def __init__(self, unet: Any, scheduler: Any) -> None:
        super().__init__()
        self.register_modules(unet=unet, scheduler=scheduler)

    @torch.no_grad()
    def __call__(
        self,
        class_labels: Sequence[int],
        generator: torch.Generator | None = None,
        num_inference_steps: int = 10,
        output_type: str = "pil",
        image: torch.Tensor | None = None,
    ) -> Any:
        config = self.unet.config
        shape = (len(class_labels), config.in_channels, config.sample_size, config.sample_size)
        picture = randn_tensor(shape, generator=generator, device=self.device)
        if image is not None:
            picture = picture + image * 2 - 1
        codes = torch.as_tensor(class_labels, device=self.device)
        self.scheduler.set_timesteps(num_inference_steps)
        for step in self.scheduler.timesteps:
            noise = self.unet(picture, step, class_labels=codes).sample
            picture = self.scheduler.step(noise, step, picture, generator=generator).prev_sample
        plain = (picture / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1).cpu().numpy()
        return ImagePipelineOutput(images=plain if output_type == "np" else self.numpy_to_pil(plain))


class TextPipeline(ClassPipeline):
    """The same for texts, each of which is one of the classes."""

    refused = ""

    def __call__(self, prompt: Sequence[str], **more: Any) -> Any:  # type: ignore[override]
        size = self.unet.config.num_class_embeds
        found = super().__call__([sum(map(ord, text)) % size for text in prompt], **more)
        black = [bool(self.refused) and self.refused in text for text in prompt]
        found.images = np.where(np.array(black)[:, None, None, None], 0.0, found.images)
        found.nsfw_content_detected = black if self.refused else None
        return found


def class_pipeline(seed: int = 0, side: int = 8, channels: tuple[int, ...] = (8, 8), kind: Any = ClassPipeline) -> Any:
    """A pipeline of pictures (3, side, side) of ten classes, with random weights."""
    with torch.random.fork_rng([]):
        torch.manual_seed(seed)
        unet = UNet2DModel(
            sample_size=side, in_channels=3, out_channels=3, layers_per_block=1, block_out_channels=channels,
            down_block_types=("DownBlock2D",) * len(channels), up_block_types=("UpBlock2D",) * len(channels),
            norm_num_groups=4, num_class_embeds=10,
        )  # fmt: skip
    pipeline = kind(unet, DDPMScheduler(50))
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def text_pipeline(seed: int = 0) -> Any:
    """A pipeline of pictures (3, 8, 8) of texts, and from pictures."""
    return class_pipeline(seed, kind=TextPipeline)
