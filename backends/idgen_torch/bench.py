"""What our diffusion training and sampling cost beside a plain loop: `python -m idgen_torch.bench [--device cuda]`.

The plain loop is what one would write by hand with diffusers: the same network, batches, precision, AdamW, averaged
weights and scheduler, without progress, resumable states, row weights or accelerate. Both run in turn, several times,
and the best of each counts; the ratio is ours over plain, for which 1 is no overhead. On a CPU both have one thread and
the seconds are those of the processor, so that other work on the machine does not count.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import torch
import typer
from torch import Tensor

from idgen_compiler.data.part import Part
from idgen_compiler.report.page import Page
from idgen_torch.families import Run, Task
from idgen_torch.families.images.diffusion import BATCH, WIDE, Diffusion
from idgen_torch.families.images.drawn import CHANNELS
from idgen_torch.nets.conditioning import pixels
from idgen_torch.nets.denoiser import Denoiser, DenoiserLayout, stacked
from idgen_torch.nets.processes import FlowMatching
from idgen_torch.parts import Values
from idgen_torch.training.progress import NoProgress

__all__ = ["Case", "compare", "main"]


@dataclass(frozen=True)
class Case:
    """What is measured: two images of `side` pixels given another and two labels, as in the napkin."""

    side: int
    batch: int
    steps: int
    samples: int
    device: torch.device
    channels: tuple[int, ...]

    @classmethod
    def usual(cls, device: torch.device, side: int = 16, batch: int | None = None, steps: int | None = None) -> Case:
        """The network and sizes that a fit has on the device by itself."""
        cuda = device.type == "cuda"
        size = batch or BATCH[device.type]
        return cls(side, size, steps or (500 if cuda else 40), size, device, WIDE if cuda else CHANNELS)

    @property
    def targets(self) -> tuple[Part, ...]:
        """What is generated."""
        return self._image("X"), self._image("Y")

    @property
    def inputs(self) -> tuple[Part, ...]:
        """What is given."""
        return self._image("W1"), Part("digit", 10), Part("color", 2)

    def _image(self, name: str) -> Part:
        return Part(name, dim=3 * self.side**2, shape=(3, self.side, self.side))

    def rows(self) -> Values:
        """Noise in the right shapes, which takes as long as pictures do."""
        stream = torch.Generator().manual_seed(0)
        count = 4 * self.batch
        found: Values = {}
        for part in (*self.targets, *self.inputs):
            values = torch.randint(part.size or 256, (count, *part.entries), generator=stream)
            found[part.name] = values.to(getattr(torch, part.dtype)).to(self.device)
        return found


class _Clock(NoProgress):
    """The time at which a tenth and all of a training are done."""

    def __init__(self, device: torch.device) -> None:
        self._device, self.times = device, [0.0]

    def advance(self, loss: float) -> None:
        self.times.append(_now(self._device))

    @property
    def nine_tenths(self) -> float:
        """Seconds between a tenth and the end."""
        return self.times[-1] - self.times[len(self.times) // 10]


def compare(case: Case, repeats: int = 3) -> dict[str, tuple[float, float]]:
    """Training steps a second and samples a second, each (ours, plain)."""
    rows = case.rows()
    how = Diffusion(steps=case.steps, batch_size=case.batch, channels=case.channels, kinds=1)
    task = Task(case.targets, case.inputs, rows)
    best = {"training steps/s": (0.0, 0.0), "samples/s": (0.0, 0.0)}
    for _ in range(repeats):
        clock = _Clock(case.device)
        model = how.fit(task, Run(device=case.device, progress=clock))
        ours = 0.9 * case.steps / clock.nine_tenths
        network, plain = _plain_training(case, rows, how.layout())
        best["training steps/s"] = _better(best["training steps/s"], (ours, plain))
        given = {name: values[: case.samples] for name, values in rows.items()}
        count = len(given["X"])
        stream = torch.Generator(case.device).manual_seed(0)
        ours = count / _seconds(partial(model.sample, given, count, stream), case.device)
        plain = count / _seconds(partial(_plain_sampling, case, network, given, count), case.device)
        best["samples/s"] = _better(best["samples/s"], (ours, plain))
    return best


def _better(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    return max(a[0], b[0]), max(a[1], b[1])


def _plain_training(case: Case, rows: Values, layout: DenoiserLayout) -> tuple[Denoiser, float]:
    """A loop by hand; the network and its steps a second."""
    from diffusers.training_utils import EMAModel

    network = Denoiser.start(case.targets, case.inputs, layout, 0).to(case.device)
    cuda = case.device.type == "cuda"
    if cuda:
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=1e-2, fused=True)
    average: Any = EMAModel(list(network.parameters()), decay=0.995, foreach=True)
    count, began = len(rows["X"]), 0.0
    for step in range(case.steps):
        if step == case.steps // 10:
            began = _now(case.device)
        index = torch.randint(count, (case.batch,), device=case.device)
        given = {name: values[index] for name, values in rows.items()}
        images = pixels(stacked(case.targets, given))
        noise, level = torch.randn_like(images), torch.randn(case.batch, dtype=torch.float32, device=case.device)
        t = torch.sigmoid(1.5 + 1.2 * level)
        wide = t.view(-1, 1, 1, 1)
        with torch.autocast(case.device.type, torch.bfloat16, enabled=cuda):
            told = network.condition(given, case.batch)
            clean = network(torch.lerp(images, noise, wide), 1000 * t, *told).float()
            loss = ((clean - images) / wide.clamp(min=0.05)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        average.step(network.parameters())
    return network.eval(), (case.steps - case.steps // 10) / (_now(case.device) - began)


@torch.no_grad()
def _plain_sampling(case: Case, network: Denoiser, given: Values, count: int) -> Tensor:
    told = network.predictor(given, count)
    noise = torch.randn(count, *network.shape, dtype=torch.float32, device=case.device)
    with torch.autocast(case.device.type, torch.bfloat16, enabled=case.device.type == "cuda"):
        return FlowMatching().sample(told, noise, 20)


def _seconds(work: Callable[[], object], device: torch.device) -> float:
    """The least of three runs."""
    times = []
    for _ in range(3):
        began = _now(device)
        work()
        times.append(_now(device) - began)
    return min(times)


def _now(device: torch.device) -> float:
    """Seconds, once what was begun on a GPU is done: of the clock there, of the processor on a CPU."""
    if device.type != "cuda":
        return time.process_time()
    torch.cuda.synchronize(device)
    return time.perf_counter()


def _peak(device: torch.device) -> str:
    """The most memory that was in use: of the GPU, or of the process."""
    if device.type == "cuda":
        return f"{torch.cuda.max_memory_allocated(device) / 2**30:.2f} GiB on the GPU"
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS, KiB elsewhere
    return f"{used / (2**30 if sys.platform == 'darwin' else 2**20):.2f} GiB"


def main(
    device: Annotated[str, typer.Option(help="cpu or cuda")] = "cuda" if torch.cuda.is_available() else "cpu",
    side: Annotated[int, typer.Option(help="Pixels on a side.")] = 16,
    batch: Annotated[int | None, typer.Option(help="Rows a step.", show_default="64, 256 on CUDA")] = None,
    steps: Annotated[int | None, typer.Option(help="Training steps.", show_default="40, 500 on CUDA")] = None,
    repeats: Annotated[int, typer.Option(help="How often; the best counts.")] = 3,
) -> None:
    """Measure, and print a table."""
    place = torch.device(device)
    if place.type == "cpu":
        torch.set_num_threads(1)
    case = Case.usual(place, side, batch, steps)
    lines: Sequence[tuple[str, ...]] = [
        (name, f"{ours:.1f}", f"{plain:.1f}", f"{ours / plain:.2f}")
        for name, (ours, plain) in compare(case, repeats).items()
    ]
    page = Page.on()
    page.text(
        f"two {side} x {side} images given one and two labels, batch {case.batch}, {device}, torch {torch.__version__}"
    )
    page.table(("", "ours", "plain loop", "ratio"), lines, numbers=(1, 2, 3))
    page.text(f"peak memory: {_peak(place)}")


if __name__ == "__main__":
    typer.run(main)
