"""Training and sampling of an image model beside a plain loop by hand over the same network.

`idgen_torch.bench` measures it: two images given one and two labels, the network and batch of a default fit; the plain
loop has the same batches, precision, AdamW, averaged weights and scheduler, without progress, resumable states, row
weights or accelerate. On a CPU one thread, in processor seconds. Best of several runs in turn; the ratio is ours over
plain, for which 1 is no overhead.
"""

from __future__ import annotations

import torch

from idgen_torch.bench import Case, compare
from tests.benchmarks.report import Row

__all__ = ["run"]


def run(quick: bool) -> list[Row]:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    threads = torch.get_num_threads()
    if device.type == "cpu":
        torch.set_num_threads(1)
    try:
        case = Case.usual(device, batch=8 if quick else None, steps=10 if quick else None)
        found = compare(case, repeats=1 if quick else 6)
    finally:
        torch.set_num_threads(threads)
    return [
        {
            "device": device.type,
            "batch": case.batch,
            "measure": name,
            "ours": ours,
            "plain loop": plain,
            "ratio": ours / plain,
        }
        for name, (ours, plain) in found.items()
    ]
