"""The structural model of the demo: its rows follow its exact laws."""

from __future__ import annotations

import numpy as np
import pytest

from idgen_compiler.demo.napkin_mnist import (
    ATTRIBUTES,
    HARD,
    LABELS,
    PAPER,
    SIZES,
    Mechanisms,
    attributes,
    labeled,
    seen,
    total_variation,
    truth,
)

RED, REGULAR = 0, 1
VARIANTS = pytest.mark.parametrize("mechanisms", [PAPER, HARD], ids=lambda m: m.name)


@VARIANTS
def test_laws_are_laws(mechanisms: Mechanisms) -> None:
    for answer in (truth, seen):
        for law in answer(3, RED, REGULAR, mechanisms).values():
            assert law.sum() == pytest.approx(1)
            assert (law > 0).all()


def test_colour_of_the_papers_variant_ignores_what_is_set() -> None:
    assert truth(3, RED, REGULAR)["color"] == pytest.approx(np.full(6, 1 / 6))
    assert truth(3, RED, REGULAR)["digit"][3] == pytest.approx(0.91)
    assert total_variation(seen(3, RED, REGULAR)["color"], truth(3, RED, REGULAR)["color"]) > 0.3


def test_colour_of_the_hard_variant() -> None:
    wanted = np.array([43 / 150, 8 / 75, 37 / 600, 29 / 120, 8 / 75, 59 / 300])
    true = truth(3, RED, REGULAR, HARD)["color"]
    assert true == pytest.approx(wanted)
    assert total_variation(seen(3, RED, REGULAR, HARD)["color"], true) == pytest.approx(0.256, abs=5e-4)


@VARIANTS
def test_rows_where_x_is_seen_follow_the_conditional(mechanisms: Mechanisms) -> None:
    rows = attributes(400_000, seed=1, mechanisms=mechanisms)
    chosen = (rows["X.color"] == RED) & (rows["X.thickness"] == REGULAR)
    law = seen(3, RED, REGULAR, mechanisms)["color"]
    shares = np.bincount(rows["Y.color"][chosen], minlength=6) / chosen.sum()
    assert total_variation(shares, law) < 0.01


@VARIANTS
def test_codes_stay_within_their_labels(mechanisms: Mechanisms) -> None:
    rows = attributes(2_000, seed=0, mechanisms=mechanisms)
    assert list(rows) == list(LABELS)
    for name, codes in rows.items():
        assert set(np.unique(codes)) == set(range(SIZES[name]))


def test_digits_come_from_the_images_given() -> None:
    rows = attributes(500, seed=0, digits=np.array([7, 7, 2]))
    assert set(rows["W1.digit"]) == {2, 7}


def test_rows_depend_on_the_seed_alone() -> None:
    first, again, other = (attributes(100, seed) for seed in (5, 5, 6))
    assert all((first[name] == again[name]).all() for name in first)
    assert any((first[name] != other[name]).any() for name in first)


def test_labels() -> None:
    rows = labeled(attributes(50, seed=0))
    assert set(rows["X.color"]) <= {"red", "green"}
    assert set(rows["Y.thickness"]) <= {"thin", "regular", "thick"}
    assert rows["W2.digit"].dtype.kind == "i"
    assert {name.split(".")[1] for name in rows} == set(ATTRIBUTES)
