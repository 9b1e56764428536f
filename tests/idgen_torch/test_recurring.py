"""Rows that recur give what all rows give, whatever is asked of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from idgen_compiler.data.part import Part
from idgen_torch import recurring
from idgen_torch.arithmetic import effective_rows, total
from idgen_torch.families import Resample, Task
from idgen_torch.families.tables import resample
from idgen_torch.families.tables.resample import ResampleModel
from idgen_torch.recurring import Places, Recurring, together

RNG = np.random.default_rng(0)
PLACES = Places(torch.from_numpy(RNG.integers(0, 5, 300).astype(np.uint8)), 6)  # the sixth never occurs
CODES, MORE = (Recurring(torch.from_numpy(RNG.integers(0, 4, 6)), PLACES) for _ in range(2))
MASS = Recurring(torch.from_numpy(RNG.random(6)), PLACES)
OTHER = Recurring(torch.tensor([1, 2, 3]), Places(torch.from_numpy(RNG.integers(0, 3, 300).astype(np.int16)), 3))

ASKED: dict[str, Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]] = {
    "sum": lambda x, y, w, z: w.sum(),
    "mean": lambda x, y, w, z: w.mean(),
    "most": lambda x, y, w, z: x.max(),
    "least": lambda x, y, w, z: x.min(),
    "all": lambda x, y, w, z: (x < 3).all(),
    "any": lambda x, y, w, z: (x == 3).any(),
    "a sum of codes": lambda x, y, w, z: x.sum(),
    "cells": lambda x, y, w, z: torch.add(y, x, alpha=4),
    "the same in place": lambda x, y, w, z: w.double().exp_().div_(w.sum()),
    "counts": lambda x, y, w, z: torch.bincount(x, minlength=7),
    "masses": lambda x, y, w, z: torch.bincount(x, weights=w, minlength=3),
    "masses of others": lambda x, y, w, z: torch.bincount(z, weights=w),
    "looked up": lambda x, y, w, z: torch.arange(16.0).reshape(4, 4)[x, y].log(),
    "looked up by others": lambda x, y, w, z: torch.arange(16.0).reshape(4, 4)[x, z],
    "some rows": lambda x, y, w, z: x[torch.tensor([5, 0, 299])],
    "a mask": lambda x, y, w, z: w[x > 1],
    "a mask of plain rows": lambda x, y, w, z: torch.arange(300)[x > 1],
    "a piece": lambda x, y, w, z: x[10:20],
    "every third": lambda x, y, w, z: x[::3],
    "from the end": lambda x, y, w, z: x[-3:],
    "one": lambda x, y, w, z: x[17],
    "the last": lambda x, y, w, z: x[-1],
    "pieces": lambda x, y, w, z: torch.stack([piece.sum() for piece in w.split(64)]),
    "where": lambda x, y, w, z: torch.where(x == 1, w, -torch.inf),
    "side by side": lambda x, y, w, z: torch.stack([x, y], 1),
    "one after the other": lambda x, y, w, z: torch.cat([x, y]),
    "sorted": lambda x, y, w, z: w.sort().values,
    "running sum": lambda x, y, w, z: w.cumsum(0),
    "beside others": lambda x, y, w, z: x + z,
    "beside plain": lambda x, y, w, z: x + torch.arange(300),
    "finite": lambda x, y, w, z: (w >= 0) & w.isfinite(),
    "rounded": lambda x, y, w, z: w.float().double(),
    "a column": lambda x, y, w, z: x.unsqueeze(1).expand(-1, 2),
    "filled": lambda x, y, w, z: torch.full_like(w, 2.0),
    "a moment": lambda x, y, w, z: w.double().square().sum().sqrt(),
    "a difference": lambda x, y, w, z: x[1:] - x[:-1],
    "an array": lambda x, y, w, z: torch.from_numpy(x.cpu().numpy()),
    "bytes": lambda x, y, w, z: torch.tensor(list(x[:9].contiguous().numpy().tobytes())),
    "Kish": lambda x, y, w, z: torch.tensor(effective_rows(w)),
    "total": lambda x, y, w, z: total(w),
    "a quantile": lambda x, y, w, z: w.quantile(0.3),
    "where true": lambda x, y, w, z: (x > 1).nonzero()[:, 0],
    "a maximum along": lambda x, y, w, z: w.argmax(),
}


@pytest.mark.parametrize("name", ASKED)
def test_answers_are_those_of_all_rows(name: str) -> None:
    ask = ASKED[name]
    given_, plain = (CODES, MORE, MASS, OTHER), (CODES.whole(), MORE.whole(), MASS.whole(), OTHER.whole())
    found, wanted = ask(*given_), ask(*plain)
    whole = found.whole() if isinstance(found, Recurring) else found
    assert (found.shape, found.dtype, whole.dim()) == (wanted.shape, wanted.dtype, wanted.dim())
    torch.testing.assert_close(whole, wanted)
    assert torch.equal(CODES.whole(), plain[0])
    assert torch.equal(MASS.whole(), plain[2])  # nothing was written into


@pytest.mark.parametrize("name", ["cells", "looked up", "where", "finite", "the same in place", "filled"])
def test_what_is_of_each_row_is_worked_out_for_those_that_differ(name: str) -> None:
    assert isinstance(ASKED[name](CODES, MORE, MASS, OTHER), Recurring)


def test_many_picked_rows_still_recur(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recurring, "_MANY", 100)
    index = torch.arange(0, 300, 2)
    found = [values[index] for values in (CODES, MORE)]
    assert together(found) is not None
    assert torch.equal(found[1].whole(), MORE.whole()[index])  # type: ignore[attr-defined]
    assert [together(each) for each in ([CODES, OTHER], [CODES, MORE.whole()], [])] == [None] * 3


def test_one_writes_into_rows_that_recur_only_as_into_all() -> None:
    own = MASS.clone()
    with pytest.raises(RuntimeError, match="not written into"):
        own.add_(torch.arange(300.0, dtype=torch.float64))


@pytest.mark.parametrize("many", [True, False])
def test_rows_that_stand_for_a_law_are_kept_alike(many: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resample, "_MANY", 1 if many else 10**6)
    parts = Part("x", size=4), Part("y", size=4)
    asked = {"x": torch.arange(4).repeat(4), "y": torch.arange(4).repeat_interleave(4)}
    for weights in (None, MASS):
        few = Resample().fit(Task(parts, (), {"x": CODES, "y": MORE}, weights))
        plain = {"x": CODES.whole(), "y": MORE.whole()}
        whole = Resample().fit(Task(parts, (), plain, None if weights is None else MASS.whole()))
        torch.testing.assert_close(few.log_prob(asked), whole.log_prob(asked))
        cells = len(torch.stack([CODES.whole(), MORE.whole()]).unique(dim=1).T)
        assert len(few.values_of("x")) == (cells if many else 300)
        assert few.counted == many
        drawn, wanted = (model.sample({}, 500, torch.Generator().manual_seed(0)) for model in (few, whole))
        assert all(torch.equal(drawn[name], wanted[name]) for name in ("x", "y"))


def test_rare_rows_of_many_are_drawn_as_often_as_they_should() -> None:
    sums = torch.tensor([2.0**28, 2.0**28 + 2], dtype=torch.float64)
    model = ResampleModel(Resample(), (Part("x", size=2),), {"x": torch.tensor([0, 1])}, sums)
    heights = model._heights(10_000, torch.Generator().manual_seed(0), torch.device("cpu"))
    assert len((heights % 1).unique()) > 9_000  # as fine as tells one row of 2**28 from the next
