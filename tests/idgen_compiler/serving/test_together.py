"""Questions drawn together: each client's own law, rows and warnings, and a seed's very rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.serving.asked import SampleAsked
from idgen_compiler.serving.drawing.pieces import pieces
from idgen_compiler.serving.drawing.together import Together, joins
from idgen_compiler.serving.limits import Limits

LIMITS = Limits()


class Counting:
    """A sampler that counts what it is asked."""

    def __init__(self, sampler: Any) -> None:
        self.sampler, self.calls = sampler, list[tuple[int, Any]]()

    def sample(self, n: int, **asked: Any) -> Any:
        self.calls.append((n, asked))
        return self.sampler.sample(n, **asked)


def asked(sampler: idgen.Sampler, n: int, **body: Any) -> SampleAsked:
    return SampleAsked.read({"n": n, **body}, sampler, LIMITS)


def test_equal_questions_are_one_draw(exact: idgen.Sampler) -> None:
    counting = Counting(exact)
    found = Together(counting).draw([asked(exact, n, do={"X": "yes"}) for n in (3, 0, 5)])
    assert [drawn.samples.size for drawn in found if drawn.samples is not None] == [3, 0, 5]
    assert [n for n, _ in counting.calls] == [8]


def test_other_values_join_once_they_are_known(exact: idgen.Sampler) -> None:
    counting = Counting(exact)
    together = Together(counting)
    both = [asked(exact, 2_000, do={"X": value}) for value in ("no", "yes")]
    together.draw(both)
    assert [n for n, _ in counting.calls] == [2_000, 2_000]
    counting.calls.clear()
    found = together.draw(both)
    assert [n for n, _ in counting.calls] == [4_000]
    shares = [float(np.mean(drawn.samples["Y"])) for drawn in found if drawn.samples is not None]
    np.testing.assert_allclose(shares, [0.25, 0.8], atol=0.05)
    counting.calls.clear()
    together.draw([asked(exact, 3_000, do={"X": "no"}), asked(exact, 5, do={"X": "yes"})])  # more than was looked at
    assert [n for n, _ in counting.calls] == [3_000, 5]


def test_each_is_told_its_own_warnings(trained_folder: Path) -> None:
    sampler = idgen.load(trained_folder)
    near, far = ({"do": {"X": 1}, "given": {"Z": z}} for z in (0.1, 40.0))
    together = Together(sampler)
    for _ in range(2):  # alone, and together
        first, second, third = together.draw([asked(sampler, 5, **each) for each in (near, far, near)])
        assert not first.warnings
        assert not third.warnings
        assert any("beyond the data" in text for text in second.warnings)


def test_an_error_is_told_to_whose_it_is(exact: idgen.Sampler) -> None:
    together = Together(exact)
    right, wrong = asked(exact, 2, do={"X": "yes"}), asked(exact, 2, do={"X": "maybe"})
    found = together.draw([right, wrong])
    assert found[0].samples is not None
    assert "the data never show" in str(found[1].error)


def test_what_is_remembered_is_bounded(exact: idgen.Sampler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("idgen_compiler.serving.drawing.together._REMEMBERED", 1)
    together = Together(exact)
    together.draw([asked(exact, 1, do={"X": value}) for value in ("no", "yes")])
    assert len(together._told) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"seed": 1, "do": {"X": "yes"}},
        {"do": {"X": ["yes", "no", "yes"]}},
        {"do": {"X": {"policy": "uniform"}}},
    ],
)
def test_what_is_drawn_alone(exact: idgen.Sampler, body: dict[str, Any]) -> None:
    assert joins(asked(exact, 3, do={"X": "yes"}))
    assert not joins(asked(exact, 3, **body))


def test_one_and_true_are_two_values(exact: idgen.Sampler) -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    sampler = program.fit(idgen.Joint(("X", "Y"), np.full((2, 2), 0.25)), backend="exact")
    assert asked(sampler, 1, do={"X": 1}).values != asked(exact, 1, do={"X": "yes"}).values


@pytest.mark.parametrize("n", [0, 1, 100, 9_000])
def test_a_seed_gives_the_rows_of_the_sampler(exact: idgen.Sampler, trained_folder: Path, n: int) -> None:
    for sampler, at in (
        (exact, {"do": {"X": "yes"}}),
        (idgen.load(trained_folder), {"do": {"X": 1}, "given": {"Z": 0.0}}),
    ):
        found = list(pieces(sampler, asked(sampler, n, seed=7, **at)))
        assert max(piece.size for piece in found) <= 4096
        together = np.concatenate([piece["Y"] for piece in found])
        np.testing.assert_array_equal(together, sampler.sample(n, seed=7, **at)["Y"])


def test_a_batch_size_gives_the_rows_of_the_stream(trained_folder: Path) -> None:
    sampler: Any = idgen.load(trained_folder)
    at: Any = {"do": {"X": 1}, "given": {"Z": 0.0}}
    found = [piece["Y"] for piece in pieces(sampler, asked(sampler, 50, seed=7, batch_size=20, **at))]
    stream = [piece["Y"] for piece in sampler.stream(50, seed=7, batch_size=20, **at)]
    assert [a.tolist() for a in found] == [b.tolist() for b in stream]


def test_many_rows_without_a_seed_come_in_pieces(exact: idgen.Sampler) -> None:
    counting = Counting(exact)
    found = list(pieces(counting, asked(exact, 10_000, do={"X": "yes"})))
    assert [piece.size for piece in found] == [4096, 4096, 1808]
    assert [n for n, _ in counting.calls] == [4096, 4096, 1808]
    values = ["yes", "no"] * 5_000
    apart = list(pieces(exact, asked(exact, 10_000, do={"X": values})))
    assert sum(piece.size for piece in apart) == 10_000
