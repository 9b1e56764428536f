"""The equal program that answers is the one with the least variance, chosen on rows that it is not answered from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.errors import DataError
from idgen_torch import TorchBackend, TorchSampler
from idgen_torch.estimating import Folds
from idgen_torch.running.estimates import choosing
from idgen_torch.running.estimates.choosing import HALVES
from idgen_torch.running.estimates.counted import CountedProgram

QUERY = idgen.Query.parse("P(Y | do(X))")
GRAPH = idgen.ADMG.parse("Z -> X -> M -> Y; Z -> Y")


def rows(count: int = 2000, seed: int = 0) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    z = random.integers(0, 2, count)
    x = random.binomial(1, 0.2 + 0.6 * z)
    m = random.binomial(1, 0.3 + 0.4 * x)
    return {"M": m, "X": x, "Y": random.binomial(1, 0.1 + 0.4 * m + 0.4 * z), "Z": z}


TRUTH = 0.1 + 0.4 * 0.7 + 0.2


def fit(data: dict[str, Any], **options: Any) -> TorchSampler:
    # Literally compiled, the program does not know that X acts through M alone.
    program = options.pop("program", idgen.compile(QUERY, GRAPH, optimize=0))
    return TorchBackend().fit(program, data, device="cpu", progress=False, **options)


def test_the_better_of_equal_programs_answers() -> None:
    sampler = fit(rows())
    plain, best = (sampler.estimate("Y", do={"X": 1}, choose=choose) for choose in ("compiled", "variance"))
    assert best.se < plain.se
    assert abs(best.value - TRUTH) < 3 * best.se
    assert "chosen among" in best.notes[-1]
    table = sampler.alternatives()
    assert table[0].program == sampler.program
    assert table.best.se == pytest.approx(min(each.se for each in table if each.se is not None))


def test_the_program_of_one_choice_answers_from_all_rows() -> None:
    sampler = fit(rows())
    best = sampler.estimate("Y", do={"X": 1}, choose="variance")
    (form,) = [each for each in sampler.alternatives() if f"the program {each.form}, chosen" in best.notes[-1]]
    own = fit(rows(), program=form.program).estimate("Y", do={"X": 1})
    assert (best.value, best.se) == pytest.approx((own.value, own.se), abs=1e-12)


def test_no_row_chooses_the_program_that_it_is_answered_by(monkeypatch: pytest.MonkeyPatch) -> None:
    data, seen = rows(400), []
    folds = Folds(400, HALVES, 0)
    sampler = fit(data)
    variances = CountedProgram.variances

    def watched(self: CountedProgram, *arguments: Any) -> Any:
        seen.append({name: codes.copy() for name, codes in self.rows.codes.items()})
        return variances(self, *arguments)

    monkeypatch.setattr(CountedProgram, "variances", watched)
    sampler.estimate("Y", do={"X": 1}, choose="variance", seed=0)
    halves = [{name: values[~folds.held(k)] for name, values in data.items()} for k in range(HALVES)]
    for codes in seen:
        assert any(all(np.array_equal(codes[name], half[name]) for name in codes) for half in halves)


def test_two_choices_are_joined_without_loss() -> None:
    """With another program for each half: the estimate is the mean of both halves', and every row counts once."""
    sampler, picked = fit(rows()), []

    def alternating(candidates: Any, *_: Any) -> Any:
        picked.append(candidates[len(picked) % 2])
        return picked[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choosing, "chosen", alternating)
        mixed = sampler.estimate("Y", do={"X": 1}, choose="variance", seed=0)
    both = [fit(rows(), program=each.alternative.program).estimate("Y", do={"X": 1}) for each in picked[:2]]
    assert picked[0] is not picked[1]
    assert min(b.se for b in both) * 0.9 < mixed.se < max(b.se for b in both) * 1.1
    assert abs(mixed.value - TRUTH) < 3 * mixed.se


def test_intervals_cover() -> None:
    hits = []
    for seed in range(80):
        found = fit(rows(500, seed)).estimate("Y", do={"X": 1}, choose="variance", seed=seed)
        hits.append(found.low <= TRUTH <= found.high)
    assert np.mean(hits) > 0.95 - 3 * np.sqrt(0.95 * 0.05 / 80)


def test_what_cannot_be_chosen_is_said() -> None:
    sampler = fit(rows())
    with pytest.raises(DataError, match=r"no program is chosen by 'varince'; did you mean variance\?"):
        sampler.estimate("Y", do={"X": 1}, choose="varince")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="compared by their variances in closed form"):
        sampler.estimate("Y", do={"X": 1}, choose="variance", method="one-step")


def test_a_first_program_as_good_as_any_is_kept() -> None:
    data = rows(1000)
    sampler = fit(data, program=idgen.compile(QUERY, GRAPH))
    asked = sampler.estimate("Y", do={"X": 1}, choose="variance")
    plain = sampler.estimate("Y", do={"X": 1})
    assert (asked.value, asked.se) == (plain.value, plain.se)
