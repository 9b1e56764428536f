"""Every table that was tried gives the right answer or one clear line."""

from __future__ import annotations

import pytest

from tests.benchmarks.tried import CASES
from tests.benchmarks.tried.case import Tried, judge

NAMES = [f"{case.kind}: {case.name}" for case in CASES]


def test_names_are_different_and_say_what_would_be_wrong() -> None:
    assert len(set(NAMES)) == len(NAMES) >= 200
    assert all(case.wrong and (case.truth or case.said) for case in CASES)


@pytest.mark.parametrize("case", [case for case in CASES if case.fast], ids=lambda case: case.name)
def test_tables_of_categories(case: Tried) -> None:
    found = judge(case, seed=21, samples=20_000)
    assert found.what in ("right", "told"), found


@pytest.mark.slow
@pytest.mark.parametrize("case", [case for case in CASES if not case.fast], ids=lambda case: case.name)
def test_tables_of_numbers(case: Tried) -> None:
    found = judge(case, seed=21)
    assert found.what in ("right", "told"), found
