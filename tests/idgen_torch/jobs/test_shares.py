"""Rows of one law that several workers draw: those of one process, whoever draws which piece."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from idgen_compiler.execute import Needs
from idgen_compiler.store import Store
from idgen_torch.jobs.elsewhere import working
from idgen_torch.running import ancestral
from idgen_torch.running.ancestral import WiredNetwork
from tests.idgen_torch.jobs.test_elsewhere import fitted, weights
from tests.idgen_torch.programs import NAPKIN, napkin_data

SIZE = 64


class InTurn:
    """A place whose work is done as soon as it is given, in this process."""

    far, ready = False, True

    def __init__(self) -> None:
        self.given: list[Needs] = []

    @contextmanager
    def opened(self, warm: str, devices: tuple[str, ...] = ()) -> Iterator[None]:
        yield

    def submit(self, work: Callable[..., Any], *arguments: Any, needs: Needs = Needs()) -> Any:
        self.given.append(needs)
        return json.loads(json.dumps(work(*arguments)))

    def result(self, reference: Any) -> Any:
        return reference

    def withdraw(self, reference: Any) -> bool:
        return False

    def is_over(self, reference: Any) -> bool:
        return True

    def watch(self, told: Any, seconds: float | None = None) -> None: ...


class Drawn:
    """Counts the pieces that are drawn, and ends before one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.numbers: list[int] = []
        self.before: int | None = None
        draw = WiredNetwork.piece

        def piece(wired: WiredNetwork, number: int, n: int, seed: int, name: str) -> Any:
            if number == self.before:
                raise KeyboardInterrupt
            self.numbers.append(number)
            return draw(wired, number, n, seed, name)

        monkeypatch.setattr(WiredNetwork, "piece", piece)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Drawn:
    for known in (working._sent, working._program):
        known.cache_clear()
    found = Drawn(monkeypatch)
    monkeypatch.setattr(ancestral, "batch_rows", lambda *_: SIZE)
    return found


def fit(place: Any, **more: Any) -> Any:
    return fitted(NAPKIN, napkin_data(300), place, rows_factor=1, **more)


def test_shares_are_the_pieces_of_one_process(drawn: Drawn, tmp_path: Path) -> None:
    here, said, _ = fit("here")
    assert drawn.numbers == [0, 1, 2, 3, 4]  # of 64 rows each, and 44
    place = InTurn()
    there, also_said, _ = fit(place, store=tmp_path)
    assert drawn.numbers == [0, 1, 2, 3, 4] * 2
    assert weights(there) == weights(here)
    assert str(there.report()) == str(here.report())
    assert sorted(also_said) == sorted(said)
    shares = [needs.title.rpartition(", ")[2] for needs in place.given if "piece" in needs.title]
    assert shares == [f"pieces {k} to {k} of 5" for k in range(1, 6)]
    assert not [a for a in Store.open(tmp_path).artefacts() if "piece" in a.title]  # the whole is there


def test_what_was_drawn_before_somebody_was_killed_is_not_drawn_again(drawn: Drawn, tmp_path: Path) -> None:
    drawn.before = 3
    with pytest.raises(KeyboardInterrupt):
        fit(InTurn(), store=tmp_path)
    assert drawn.numbers == [0, 1, 2]
    drawn.before, drawn.numbers = None, []
    there = fit("here", store=tmp_path)[0]  # wherever it goes on
    assert drawn.numbers == [3, 4]
    assert weights(there) == weights(fit("here")[0])


def test_a_law_of_one_piece_has_the_draws_that_it_had(monkeypatch: pytest.MonkeyPatch) -> None:
    before = weights(fit("here")[0])
    whole = WiredNetwork.run

    def piece(wired: WiredNetwork, number: int, n: int, seed: int, name: str) -> Any:
        assert number == 0
        ((_, slots),) = whole(wired, {}, n, seed, name)
        return ancestral.by_part(wired.schema, slots, wired.network.outputs)

    monkeypatch.setattr(WiredNetwork, "piece", piece)
    assert weights(fit("here")[0]) == before
