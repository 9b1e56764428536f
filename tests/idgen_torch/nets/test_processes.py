"""From noise to targets: a network that knows the answer gives it back, whatever the number of passes."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from idgen_torch.nets.processes import OBJECTIVES, SAMPLERS, FlowMatching, NoiseSchedule, process_of

CASES = [(objective, sampler) for sampler, objectives in SAMPLERS.items() for objective in objectives]


def knowing(objective: str, clean: Tensor, schedule: NoiseSchedule) -> object:
    """A predictor that puts out what the objective asks for when the answer is `clean`."""

    def predict(noisy: Tensor, times: Tensor) -> Tensor:
        if objective == "clean":
            return clean
        if objective == "velocity":
            return (noisy - clean) / (times / 1000).view(-1, 1)
        kept = schedule._noising.alphas_cumprod[times.long()].view(-1, 1)
        noise = (noisy - kept.sqrt() * clean) / (1 - kept).sqrt()
        return noise if objective == "epsilon" else kept.sqrt() * noise - (1 - kept).sqrt() * clean

    return predict


@pytest.mark.parametrize("steps", [1, 20, 100])
@pytest.mark.parametrize(("objective", "sampler"), CASES)
def test_a_network_that_knows_the_answer_gives_it_back(objective: str, sampler: str, steps: int) -> None:
    stream = torch.Generator().manual_seed(0)
    clean, noise = (torch.rand(5, 3, generator=stream) * 1.8 - 0.9 for _ in range(2))
    predict = knowing(objective, clean, NoiseSchedule(objective))
    found = process_of(objective, sampler).sample(predict, noise, steps)  # type: ignore[arg-type]
    straight = objective in ("clean", "velocity")
    assert torch.allclose(found, clean, atol=1e-4 if straight else 0.02)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_loss_of_a_network_that_knows_the_answer_is_nothing(objective: str) -> None:
    stream = torch.Generator().manual_seed(0)
    clean = torch.rand(64, 3, generator=stream)
    noise, level = torch.randn(64, 3, generator=stream), torch.randn(64, generator=stream)
    predict = knowing(objective, clean, NoiseSchedule(objective))
    loss = process_of(objective, None).loss(predict, clean, noise, level)  # type: ignore[arg-type]
    assert loss.shape == (64,)
    assert float(loss.max()) < 1e-3


def test_clean_images_and_velocities_have_one_loss() -> None:
    """Putting out the noisy image for the clean one is putting out no velocity."""
    stream = torch.Generator().manual_seed(0)
    targets, noise = torch.rand(50, 3, generator=stream), torch.randn(50, 3, generator=stream)
    level = torch.randn(50, generator=stream)
    as_clean = FlowMatching().loss(lambda noisy, times: noisy, targets, noise, level)
    velocity = lambda noisy, times: torch.zeros_like(noisy)  # noqa: E731
    as_velocity = FlowMatching(clean=False).loss(velocity, targets, noise, level)
    assert torch.allclose(as_clean, as_velocity, atol=1e-4)
