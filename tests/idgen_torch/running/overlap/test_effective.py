"""When a reweighting says that few rows stay: of a small share, or of few rows."""

from __future__ import annotations

import pytest

from idgen_torch.running.choices import Overlap
from idgen_torch.running.overlap.effective import poor_overlap


@pytest.mark.parametrize(
    ("effective", "rows", "told"),
    [
        (80, 2_000, True),
        (110, 2_000, False),
        (320, 8_000, False),
        (900, 50_000, True),
        (30, 100, False),
        (20, 100, True),
    ],
)
def test_few_rows_that_stay_are_told_by_their_share_and_by_their_number(effective: int, rows: int, told: bool) -> None:
    said = poor_overlap(Overlap("%law0", "W2", effective / rows, 1.0), effective, rows)
    assert (said is not None) == told
    assert said is None or f"only {effective} of {rows} rows are effective" in said
