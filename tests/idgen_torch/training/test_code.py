"""How a denoiser begins: with a code of its inputs that tells what the targets look like from afar."""

from __future__ import annotations

import torch
from torch import Tensor

from idgen_compiler.data.part import Part
from idgen_torch.nets.denoiser import Denoiser, DenoiserLayout
from idgen_torch.parts import Values
from idgen_torch.training.code import code_steps, learn_code
from idgen_torch.training.diffusion import Budget
from idgen_torch.training.progress import NoProgress

P, Q = Part("p", dim=3 * 64, shape=(3, 8, 8)), Part("q", dim=64, shape=(1, 8, 8))
Y = Part("y", dim=3 * 64, shape=(3, 8, 8))


def rows_of(n: int) -> Values:
    """Two pictures, each dark or light; y is light where one of them is, but not both."""
    g = torch.Generator().manual_seed(0)
    p, q = torch.randint(2, (2, n), generator=g)
    rows: Values = {}
    for part, light in ((P, p), (Q, q), (Y, p ^ q)):
        noise = torch.randint(60, (n, *(part.shape or ())), generator=g)
        rows[part.name] = (noise + 180 * light.view(-1, 1, 1, 1)).to(torch.uint8)
    return rows


class Losses(NoProgress):
    def __init__(self) -> None:
        self.found: list[float] = []

    def advance(self, loss: float) -> None:
        self.found.append(loss)


def learned(rows: Values, seconds: float | None = None) -> tuple[Denoiser, list[float]]:
    network, losses = Denoiser.start((Y,), (P, Q), DenoiserLayout((16, 16), 1, 2, attention=False), 0), Losses()

    def batch(index: Tensor) -> tuple[Tensor, Values]:
        taken = {name: values[index] for name, values in rows.items()}
        return taken["y"].float() / 127.5 - 1, taken

    learn_code(network, batch, len(rows["y"]), None, Budget(60, seconds), 0, losses, "y")
    return network, losses.found


def test_the_code_learns_what_two_pictures_say_together() -> None:
    rows = rows_of(600)
    network, losses = learned(rows)
    assert len(losses) == 60
    assert losses[0] > 0.8  # of one for the mean
    assert losses[-1] < 0.15
    again, _ = learned(rows)
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), again.parameters(), strict=True))
    unet = Denoiser.start((Y,), (P, Q), network.layout, 0).unet.state_dict()
    assert all(torch.equal(value, unet[name]) for name, value in network.unet.state_dict().items())


def test_seconds_end_it() -> None:
    assert len(learned(rows_of(50), seconds=1e-9)[1]) <= 1


def test_targets_that_look_alike_teach_nothing() -> None:
    rows = rows_of(50)
    _, losses = learned({**rows, "y": torch.zeros_like(rows["y"])})
    assert losses == []


def test_small_tables_and_short_trainings_have_few_steps() -> None:
    assert code_steps(20_000, 3_000) == 700
    assert code_steps(1_280, 3_000) == 50
    assert code_steps(20_000, 30) == 10
    assert code_steps(40, None) == 5
