"""One of several processes that train models together, as a program: its rank, how many there are, and a folder."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import safetensors.torch
import torch
from torch import distributed

from idgen_compiler.store.files import Folder
from idgen_torch.arithmetic import our_arithmetic
from idgen_torch.families import Diffusion, Run, Task
from idgen_torch.jobs.elsewhere.helping import Asking, help_others
from idgen_torch.training.crew import Crew
from tests.idgen_torch.families.test_image_families import A, P, R, rows_of

RECIPE = Diffusion(steps=6, batch_size=7, channels=(8, 8), save_every=2, condition_dropout=0.3)
CASES = {
    "new": RECIPE,
    "again": RECIPE,
    "kept": RECIPE,
    "weighted": Diffusion(steps=3, batch_size=7, channels=(8, 8), accumulation=2, kinds=1),
    "few": Diffusion(steps=2, batch_size=1, channels=(8, 8), kinds=1),
}
TIMED = Diffusion(seconds=0.5, batch_size=7, channels=(8, 8), kinds=1)
"""Case -> how it is trained; "kept" goes on from the state that stands in the file `kept.state`."""


def trained(case: str, folder: Path, **run: Any) -> dict[str, torch.Tensor]:
    rows = rows_of(200)
    weights = 1.0 + torch.arange(200.0) % 3 if case == "weighted" else None
    scratch = folder / f"{case}.state"
    model = CASES.get(case, TIMED).fit(Task((P,), (A, R), rows, weights), Run(seed=3, scratch=scratch, **run))
    return dict(model.state()[1])


def together(
    rank: int,
    size: int,
    folder: Path,
    table: Mapping[str, torch.Tensor],
    lead: Callable[[Callable[[str], Asking]], object],
) -> None:
    """Join the processes; the first one leads, and by a name asks the others, who train along until it is done."""
    distributed.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=size)
    crew = Crew.joined()
    sent: Any = SimpleNamespace(
        observed=SimpleNamespace(rows=table), settings=SimpleNamespace(device=torch.device("cpu"))
    )
    with our_arithmetic(gradients=True):
        if rank:
            help_others(crew, sent, Folder(folder), "job")
        else:
            lead(lambda name: Asking(crew, sent, Folder(folder), name))
            crew.say("")
    distributed.destroy_process_group()


def main(rank: int, size: int, folder: Path) -> None:
    table = {name: values for name, values in rows_of(200).items() if name in ("a", "p")}  # r is sent along

    def lead(asking: Callable[[str], Asking]) -> None:
        for case in (*CASES, "timed"):
            found = trained(case, folder, helpers=asking(f"job/{case}"))
            safetensors.torch.save_file(found, folder / f"{case}.out")

    together(rank, size, folder, table, lead)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
