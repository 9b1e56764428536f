"""A fit at a place of workers, from what is sent to them to what they leave behind."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch

from idgen_compiler.execute import Workers
from idgen_compiler.execute.processes.room import scratch_in
from idgen_compiler.store.files import Files, Folder
from idgen_compiler.store.jobs import lent_folder
from idgen_torch.bound import Brought
from idgen_torch.jobs.elsewhere import working
from idgen_torch.jobs.elsewhere.ahead import Ahead, Pumped
from idgen_torch.jobs.elsewhere.sent import Sent
from idgen_torch.recurring import held_bytes
from idgen_torch.running.fitted import FittedProgram
from idgen_torch.running.fitting import Fitting
from idgen_torch.running.telling import Channels
from idgen_torch.training.progress import Progress

__all__ = ["run_elsewhere"]

JOB = "job"
"""What the folder of a fit is called on this machine."""


def run_elsewhere(
    place: Workers,
    sent: Sent,
    thin: Sequence[str],
    brought: Mapping[str, Brought],
    progress: Progress,
    begin: Callable[[Fitting, Progress], FittedProgram],
) -> FittedProgram:
    """Fit a program with the models that workers train; what is brought is asked in this process alone."""
    channels = Channels(progress)
    with _sent(place, sent) as (files, name), place.opened(working.__name__, devices(sent)):
        own = Pumped(channels.open(), lambda: place.watch(fitting.hear, 0))
        parts = (sent.program, sent.schema, sent.observed, sent.settings, own, sent.artefacts, thin, brought)
        fitting = Ahead(*parts, sent.named)
        fitting.open(place, files, name, channels)
        return begin(fitting, progress)


@contextmanager
def _sent(place: Workers, sent: Sent) -> Iterator[tuple[Files, str]]:
    """Where a fit lies for its workers, until it is over: in a folder of this machine, or in the store."""
    size = held_bytes(sent.observed.rows.values())
    with tempfile.TemporaryDirectory(prefix="idgen-job-", dir=None if place.far else scratch_in(size)) as scratch:
        folder = Path(scratch) / JOB
        folder.mkdir()
        sent.write(folder)
        if not place.far:
            yield Folder(Path(scratch)), JOB
            return
        files = sent.artefacts.store.files
        with lent_folder(files) as name:
            for path in sorted(folder.iterdir()):
                files.put(path, f"{name}/{path.name}")
            yield files, name


def devices(sent: Sent) -> tuple[str, ...]:
    """The GPUs that workers share: the one that was asked for, or all of this machine."""
    device = sent.settings.device
    if device.type != "cuda":
        return ()
    if device.index is not None:
        return (str(device),)
    return tuple(f"cuda:{index}" for index in range(torch.cuda.device_count()))
