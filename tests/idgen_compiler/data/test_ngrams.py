"""Texts as hashed pieces and their principal directions: the same in every process."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from idgen_compiler.data.ngrams import BUCKETS, Directions, counts, hashed

TEXTS = [f"{'no ' * (k % 2)}fever and {('cough', 'pain', 'rash')[k % 3]} on day {k}" for k in range(60)]


def test_hashing_does_not_depend_on_the_process() -> None:
    program = "from idgen_compiler.data.ngrams import hashed; print(sorted(hashed('no fever')))"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == str(sorted(hashed("no fever")))


def test_capitals_do_not_matter_and_both_blocks_have_length_one() -> None:
    assert hashed("No FEVER") == hashed("no fever")
    assert all(0 <= bucket < BUCKETS for bucket in hashed("no fever"))
    assert sum(weight**2 for weight in hashed("fever").values()) == pytest.approx(2)


@pytest.mark.parametrize("text", ["", " \t", "\x00\x01", "\ud800", "，。", "病人沒有發燒", "x" * 10**5])
def test_any_text_has_finite_numbers(text: str) -> None:
    found = Directions.of(TEXTS, [1] * len(TEXTS), 8)([text])
    assert found.shape == (1, 8)
    assert np.isfinite(found).all()


def test_directions_are_uncorrelated_centered_and_the_widest_first() -> None:
    along = Directions.of(TEXTS, [1] * len(TEXTS), 6)(TEXTS).astype(float)
    assert np.allclose(along.mean(0), 0, atol=1e-6)
    spread = np.cov(along.T)
    assert np.allclose(spread, np.diag(np.diag(spread)), atol=1e-5)
    assert (np.diff(np.diag(spread)) <= 1e-9).all()


def test_a_text_that_occurs_twice_counts_like_two() -> None:
    once = Directions.of([*TEXTS, TEXTS[0]], [1] * 61, 5)(TEXTS)
    twice = Directions.of(TEXTS, [2, *[1] * 59], 5)(TEXTS)
    assert np.allclose(once, twice, atol=1e-5)


@pytest.mark.parametrize("texts", [["the same text"] * 20, [""] * 20, ["a"], []])
def test_texts_that_do_not_differ_have_no_direction(texts: list[str]) -> None:
    found = Directions.of(texts, [1] * len(texts), 8)
    assert found(["another text"]).shape == (1, 0)


def test_no_more_directions_than_the_rank() -> None:
    found = Directions.of(["red apple", "green pear"] * 10, [1] * 20, 8)
    assert found.axes.shape[1] == 1


def test_unknown_pieces_have_no_place() -> None:
    assert counts(["zzz"], np.array([5]), np.array([1.0])).toarray().tolist() == [[0.0]]
