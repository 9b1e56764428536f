"""A fit at a place of workers, from what is sent to them to what they leave behind."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch

from idgen_compiler.execute import Workers
from idgen_torch.bound import Brought
from idgen_torch.jobs.elsewhere import working
from idgen_torch.jobs.elsewhere.ahead import Ahead, Pumped
from idgen_torch.jobs.elsewhere.sent import Sent
from idgen_torch.running.fitted import FittedProgram
from idgen_torch.running.fitting import Fitting
from idgen_torch.running.record import Choice
from idgen_torch.running.telling import Channels
from idgen_torch.training.progress import Progress

__all__ = ["run_elsewhere"]


def run_elsewhere(
    place: Workers,
    sent: Sent,
    thin: Sequence[str],
    brought: Mapping[str, Brought],
    progress: Progress,
    choose: Callable[[Fitting], tuple[Choice, ...]],
) -> FittedProgram:
    """Fit a program with the models that workers train; what is brought is asked in this process alone."""
    channels = Channels(progress)
    with tempfile.TemporaryDirectory(prefix="idgen-job-") as folder, place.opened(working.__name__, devices(sent)):
        sent.write(Path(folder))
        own = Pumped(channels.open(), lambda: place.watch(fitting.hear, 0))
        parts = (sent.program, sent.schema, sent.observed, sent.settings, own, sent.artefacts, thin, brought)
        fitting = Ahead(*parts, sent.named)
        fitting.open(place, Path(folder), folder, channels)
        return fitting.run(choose(fitting))


def devices(sent: Sent) -> tuple[str, ...]:
    """The GPUs that workers share: the one that was asked for, or all of this machine."""
    device = sent.settings.device
    if device.type != "cuda":
        return ()
    if device.index is not None:
        return (str(device),)
    return tuple(f"cuda:{index}" for index in range(torch.cuda.device_count()))
