"""The measurement of overhead runs, and compares like with like."""

from __future__ import annotations

import pytest
import torch

from idgen_torch.bench import Case, compare


def test_both_loops_are_measured() -> None:
    found = compare(Case(8, 4, 10, 4, torch.device("cpu"), (8, 8)), repeats=1)
    assert list(found) == ["training steps/s", "samples/s"]
    assert all(rate > 0 for pair in found.values() for rate in pair)


@pytest.mark.gpu
def test_both_loops_are_measured_on_cuda() -> None:
    assert compare(Case(16, 32, 20, 32, torch.device("cuda"), (32, 64)), repeats=1)["samples/s"][0] > 0
