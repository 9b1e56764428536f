"""A small pipeline of diffusers from classes to pictures, and its training: what somebody brings to a program.

The network learns velocities (Salimans and Ho 2022) on a schedule that ends in pure noise, without which pictures keep
the mean level of their noise (Lin, Liu, Li and Yang 2024); its weights are averaged along the way.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
from diffusers import DDIMScheduler, DiffusionPipeline, ImagePipelineOutput, UNet2DModel
from diffusers.utils.torch_utils import randn_tensor
from torch import Tensor

from idgen_torch.arithmetic import Made

__all__ = ["ClassToPicture", "trained_pipeline"]

BATCH, RATE, AVERAGED = 64, 2e-3, 0.995


_Pipeline: Any = DiffusionPipeline  # whose types depend on what else is installed


class ClassToPicture(_Pipeline):  # type: ignore[misc]
    """Pictures of classes 0, 1, ...: a UNet with an embedding for each class, sampled by DDIM.

    >>> pipe = ClassToPicture.of(side=8, channels=(8, 8), classes=2, pictures=1)
    >>> pipe.set_progress_bar_config(disable=True)
    >>> pipe([0, 1, 1], num_inference_steps=2, generator=torch.Generator().manual_seed(0)).images.shape
    (3, 8, 8, 1)
    """

    def __init__(self, unet: UNet2DModel, scheduler: DDIMScheduler) -> None:
        super().__init__()
        self.register_modules(unet=unet, scheduler=scheduler)

    @classmethod
    def of(cls, side: int, channels: Sequence[int], classes: int, pictures: int) -> ClassToPicture:
        """An untrained one.  side: of the square pictures.  pictures: how many channels these have."""
        unet = UNet2DModel(
            sample_size=side,
            in_channels=pictures,
            out_channels=pictures,
            block_out_channels=tuple(channels),
            layers_per_block=1,
            down_block_types=("DownBlock2D",) * len(channels),
            up_block_types=("UpBlock2D",) * len(channels),
            norm_num_groups=8,
            num_class_embeds=classes,
        )
        scheduler = DDIMScheduler(
            prediction_type="v_prediction", rescale_betas_zero_snr=True, timestep_spacing="trailing", clip_sample=True
        )
        return cls(unet, scheduler)

    @torch.no_grad()
    def __call__(
        self,
        class_labels: Sequence[int],
        num_inference_steps: int = 20,
        generator: torch.Generator | None = None,
        output_type: str = "np",
    ) -> ImagePipelineOutput:
        """One picture for each label, in 0..1.  Shape: (n, height, width, channels)."""
        config, device = self.unet.config, self.unet.device
        shape = (len(class_labels), config.in_channels, config.sample_size, config.sample_size)
        noisy = randn_tensor(shape, generator=generator, device=device, dtype=self.unet.dtype)
        labels = torch.as_tensor(class_labels, dtype=torch.int64, device=device)
        self.scheduler.set_timesteps(num_inference_steps, device=device)
        for time in self.progress_bar(self.scheduler.timesteps):
            velocity = self.unet(noisy, time, class_labels=labels).sample
            noisy = self.scheduler.step(velocity, time, noisy).prev_sample
        pictures = (noisy / 2 + 0.5).clamp(0, 1).cpu().permute(0, 2, 3, 1).numpy()
        return ImagePipelineOutput(images=self.numpy_to_pil(pictures) if output_type == "pil" else pictures)


def trained_pipeline(
    pictures: Tensor, labels: Tensor, classes: int, channels: Sequence[int], steps: int, seed: int, device: str
) -> ClassToPicture:
    """A pipeline trained for `steps` batches.  Shape: pictures (n, C, side, side) of bytes, labels (n,)."""
    automatic = "cuda" if torch.cuda.is_available() else "cpu"
    place = torch.device(automatic if device == "auto" else device)
    with Made(seed):
        pipe = ClassToPicture.of(pictures.shape[-1], channels, classes, pictures.shape[1])
    net, scheduler = pipe.unet.to(place), pipe.scheduler
    average, generator = copy.deepcopy(net), torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(net.parameters(), lr=RATE)
    decay = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    for step in range(steps):
        rows = torch.randint(len(pictures), (BATCH,), generator=generator)
        clean = (pictures[rows].float() / 127.5 - 1).to(place)
        noise = torch.randn(clean.shape, generator=generator, dtype=torch.float32).to(place)
        times = torch.randint(scheduler.config.num_train_timesteps, (BATCH,), generator=generator).to(place)
        noisy, wanted = scheduler.add_noise(clean, noise, times), scheduler.get_velocity(clean, noise, times)
        loss = (net(noisy, times, class_labels=labels[rows].to(place)).sample - wanted).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        decay.step()
        keep = min(AVERAGED, (1 + step) / (10 + step))
        with torch.no_grad():
            for mean, now in zip(average.parameters(), net.parameters(), strict=True):
                mean.lerp_(now, 1 - keep)
    pipe.register_modules(unet=average.eval(), scheduler=scheduler)
    pipe.set_progress_bar_config(disable=True)
    return pipe
