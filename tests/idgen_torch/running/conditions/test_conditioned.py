from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pytest
import torch

import idgen_compiler as idgen
from idgen_compiler.data.kinds import Continuous
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.data.part import Part
from idgen_compiler.data.schema import Schema
from idgen_compiler.errors import DataError, DataWarning
from idgen_compiler.ir.operations import Condition
from idgen_compiler.warning import quietly
from idgen_torch import TorchBackend, TorchSampler
from idgen_torch.drawing import normal
from idgen_torch.families import ConditionalModel, Family, Offer, Task
from idgen_torch.parts import Values
from idgen_torch.running.conditions import conditioned
from idgen_torch.running.conditions.asked import Asked
from idgen_torch.running.conditions.conditioned import Conditioned
from idgen_torch.running.overlap.watch import Watch
from tests.idgen_torch import programs
from tests.strategies import NAPKIN

QUERY = idgen.Query.parse("P(Y | do(X))")
WEIGH = idgen.compile(QUERY, NAPKIN, realize="weigh")


def fit(program: idgen.Program, data: Any, **options: Any) -> TorchSampler:
    return TorchBackend().fit(program, data, device="cpu", progress=False, seed=0, **options)


def test_what_is_weighed_by_an_exact_model_is_told() -> None:
    generator = np.random.default_rng(0)
    data = {name: generator.normal(size=400) for name in ("W1", "W2", "Y")}
    with pytest.warns(DataWarning, match="weighs runs by a model of X that is all but exact"):
        fit(WEIGH, data | {"X": data["W2"] + 1e-3 * generator.normal(size=400)})


def test_no_rows_are_no_rows() -> None:
    generator = np.random.default_rng(0)
    data = {name: generator.normal(size=200) for name in ("W1", "W2", "X", "Y")}
    sampler = fit(WEIGH, data, epochs=1)
    assert sampler.sample(0, do={"X": 1.0})["Y"].shape == (0,)


# -- with densities that are known ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Gauss(Family):
    """A normal law around the sum of the inputs."""

    word: ClassVar[str] = "test-gauss"
    sd: float = 1.0

    def offer(self, task: Task) -> Offer | None:
        return None

    def fit(self, task: Task, run: Any = None) -> ConditionalModel:
        return GaussModel(self, task.targets, task.inputs)


class GaussModel(ConditionalModel):
    recipe: Gauss

    def _mean(self, rows: Values, n: int) -> torch.Tensor:
        return sum((rows[part.name] for part in self.inputs), torch.zeros(n, 1))

    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        name = self.targets[0].name
        return {name: self._mean(given, n) + self.recipe.sd * normal((n, 1), generator, generator.device)}

    def log_prob(self, rows: Values) -> torch.Tensor:
        values, sd = rows[self.targets[0].name], self.recipe.sd
        return (-0.5 * ((values - self._mean(rows, len(values))) / sd) ** 2).sum(1) - math.log(
            sd * math.sqrt(2 * math.pi)
        )

    def state(self) -> Any:
        return {}, {}

    @classmethod
    def from_state(
        cls, recipe: Any, config: Any, tensors: Any, targets: Sequence[Part], inputs: Sequence[Part]
    ) -> Self:
        return cls(recipe, targets, inputs)

    def to(self, device: Any) -> Self:
        return self


GaussModel.recipe = Gauss()
Gauss.model = GaussModel  # type: ignore[misc]

NUMBERS = Schema({name: Continuous(0.0, 1.0, -9.0, 9.0) for name in ("A", "X", "Y")})
CHAIN = idgen.Program.parse("""
program "P(Y | X)" {
  graph "A -> X; A -> Y; X -> Y"
  %obs = observe [A, X, Y]
  %a = train %obs : A
  %x = train %obs : X | A
  %y = train %obs : Y | A
  %c0 = condition P(A, X, Y) : Y | X {
    A ~ %a()
    weigh X by %x(A)
    Y ~ %y(A)
  }
  sample (X) { Y ~ %c0(X) } -> [Y]
}
""")


def chain(sd: float = 1.0, watch: Watch | None = None) -> Conditioned:
    """A ~ N(0, 1), X | A ~ N(A, sd^2), Y | A ~ N(A, 1/4): given X, A is normal around X / (1 + sd^2)."""
    (op,) = CHAIN.conditions
    models = {
        "%a": GaussModel(Gauss(), NUMBERS.parts("A"), ()),
        "%x": GaussModel(Gauss(sd), NUMBERS.parts("X"), NUMBERS.parts("A")),
        "%y": GaussModel(Gauss(0.5), NUMBERS.parts("Y"), NUMBERS.parts("A")),
    }
    return Conditioned(op, NUMBERS, models, {}, watch)


def test_runs_at_one_place_have_the_law_of_the_condition() -> None:
    n = 20_000
    drawn = chain().sample({"X": torch.full((n, 1), 1.5)}, n, torch.Generator().manual_seed(0))["Y"]
    assert drawn.shape == (n, 1)
    assert float(drawn.mean()) == pytest.approx(0.75, abs=0.03)
    assert float(drawn.var()) == pytest.approx(0.5 + 0.25, abs=0.04)


def test_every_row_may_ask_at_a_place_of_its_own() -> None:
    n = 3_000
    x = torch.linspace(-2, 2, n)[:, None]
    drawn = chain().sample({"X": x}, n, torch.Generator().manual_seed(0))["Y"]
    slope = float((drawn * x).sum() / (x * x).sum())
    assert slope == pytest.approx(0.5, abs=0.03)
    assert float((drawn - x / 2).var()) == pytest.approx(0.75, abs=0.06)


def test_some_rows_at_each_of_a_few_places() -> None:
    x = torch.tensor([2.0, -2.0, 0.0]).repeat(4_000)[:, None]
    drawn = chain().sample({"X": x}, len(x), torch.Generator().manual_seed(0))["Y"]
    means = [float(drawn[x == place].mean()) for place in (2.0, -2.0, 0.0)]
    assert means == pytest.approx([1.0, -1.0, 0.0], abs=0.05)


def test_what_comes_after_the_weights_is_drawn_for_every_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """Y is no value that was weighed: rows that share a run differ in it."""
    monkeypatch.setattr(conditioned, "MOST_EFFECTIVE", 100)
    n = 2_000
    drawn = chain().sample({"X": torch.zeros(n, 1)}, n, torch.Generator().manual_seed(0))["Y"]
    assert len(drawn.unique()) == n


def test_equal_seeds_give_equal_draws() -> None:
    def draws(seed: int) -> torch.Tensor:
        return chain().sample({"X": torch.zeros(50, 1)}, 50, torch.Generator().manual_seed(seed))["Y"]

    assert torch.equal(draws(1), draws(1))
    assert not torch.equal(draws(1), draws(2))


def test_runs_are_made_until_enough_count() -> None:
    places = torch.tensor([[0.0], [3.0]])
    _, found = chain(0.1).chosen({"X": (places,)}, 2, torch.Generator().manual_seed(0))
    assert found is not None
    effective, asked = found
    assert asked.places == 2
    assert bool((effective.effective >= conditioned.LEAST_EFFECTIVE).all())
    assert effective.runs[asked.order.argsort()[1]] > effective.runs[asked.order.argsort()[0]]  # 3 is farther out


def test_hardly_any_runs_are_warned_of() -> None:
    watch = Watch(NUMBERS, {}, {}, "")
    far = chain(0.01, watch)
    far.sample({"X": torch.full((10, 1), 6.0)}, 10, torch.Generator().manual_seed(0))
    (text,) = watch.found
    assert "100% of the samples rest on P(A, X, Y) at what it hardly ever shows" in text
    assert "count at X = 6" in text
    near = chain(1.0, watch)
    near.sample({"X": torch.full((10, 1), 1.0)}, 10, torch.Generator().manual_seed(0))
    assert watch.found == [text]


def test_what_was_asked_is_named_and_not_what_models_are_kept_at() -> None:
    """Numbers that are drawn stay within a width of the data; the one that is warned of is the caller's."""
    watch = Watch(NUMBERS, {}, {}, "")
    with quietly():
        x = NUMBERS["X"].check(Setting("do", "X", 10), 200.0)[0]
    chain(0.01, watch).sample({"X": torch.as_tensor(x).expand(10, 1)}, 10, torch.Generator().manual_seed(0))
    (text,) = watch.found
    assert "count at X = 200;" in text


def test_what_no_run_can_be_is_drawn_unweighed_and_warned_of() -> None:
    class Never(GaussModel):
        def log_prob(self, rows: Values) -> torch.Tensor:
            return torch.full((len(rows["X"]),), -math.inf)

    watch = Watch(NUMBERS, {}, {}, "")
    found = chain(1.0, watch)
    models = {**found.models, "%x": Never(Gauss(), NUMBERS.parts("X"), NUMBERS.parts("A"))}
    never = Conditioned(found.op, NUMBERS, models, {}, watch)
    drawn = never.sample({"X": torch.zeros(4_000, 1)}, 4_000, torch.Generator().manual_seed(0))["Y"]
    assert float(drawn.var()) == pytest.approx(1.25, abs=0.1)
    (text,) = watch.found
    assert " 0.0 count at X = 0" in text


def test_a_model_without_a_density_cannot_weigh() -> None:
    class Only(GaussModel):
        @property
        def likelihood(self) -> bool:
            return False

    found = chain()
    models = {**found.models, "%x": Only(Gauss(), NUMBERS.parts("X"), NUMBERS.parts("A"))}
    with pytest.raises(DataError, match=r"weighs X by %x \[test-gauss\], which has no density; compile with realize="):
        Conditioned(found.op, NUMBERS, models, {}).sample({"X": torch.zeros(4, 1)}, 4, torch.Generator())


# -- places ----------------------------------------------------------------------------------------------------------


def test_rows_are_told_apart_by_all_inputs() -> None:
    asked = Asked.of([torch.tensor([1, 1, 0, 1]), torch.tensor([[0.5], [0.5], [0.5], [0.25]])], 4)
    assert asked.places == 3
    assert sorted(asked.counts.tolist()) == [1, 1, 2]
    together = next(k for k in range(3) if asked.counts[k] == 2)
    rows, of = asked.rows(torch.tensor([together]))
    assert sorted(rows.tolist()) == [0, 1]
    assert of.tolist() == [0, 0]


@pytest.mark.parametrize("values", [torch.zeros(3, 1), torch.tensor([[2.0]]).expand(3, 1)])
def test_equal_rows_are_one_place(values: torch.Tensor) -> None:
    asked = Asked.of([values], 3)
    assert (asked.places, asked.total, asked.most) == (1, 3, 3)
    assert asked.rows(torch.tensor([0]))[0].tolist() == [0, 1, 2]


def test_no_rows_are_no_place() -> None:
    assert Asked.of([torch.zeros(0, 1)], 0).places == 0


# -- programs ---------------------------------------------------------------------------------------------------------


def test_tables_that_weigh_runs_have_the_law_of_tables_that_are_regenerated() -> None:
    data = programs.napkin_data(20_000)
    sampler = fit(WEIGH, data)
    assert isinstance(sampler.program.operation("%c0"), Condition)
    regenerated = fit(idgen.compile(QUERY, NAPKIN, realize="regenerate"), data)
    for x in (0, 1):
        ours = sampler.sample(40_000, do={"X": x}, seed=1)["Y"].mean()
        theirs = regenerated.probability("Y", do={"X": x})[1]
        assert ours == pytest.approx(theirs, abs=0.012)
        counted = sampler.probability("Y", do={"X": x}, n=40_000, seed=2)
        assert counted[1] == pytest.approx(theirs, abs=0.012)


def test_a_sampler_with_conditions_is_saved(tmp_path: Path) -> None:
    data = programs.napkin_data(2_000)
    sampler = fit(WEIGH, data)
    sampler.save(tmp_path / "s")
    loaded = idgen.load(tmp_path / "s")
    ours, theirs = (s.sample(300, do={"X": 1}, seed=3)["Y"] for s in (sampler, loaded))
    assert np.array_equal(ours, theirs)
    assert loaded.report() == sampler.report()
    ours, theirs = (s.estimate("Y", do={"X": 1}, data=data).value for s in (sampler, loaded))
    assert ours == theirs


def test_estimates_do_not_depend_on_how_samples_are_had() -> None:
    data = programs.napkin_data(2_000)
    weighed = fit(WEIGH, data).estimate("Y", do={"X": 1})
    regenerated = fit(idgen.compile(QUERY, NAPKIN, realize="regenerate"), data).estimate("Y", do={"X": 1})
    assert (weighed.value, weighed.se, weighed.method) == (regenerated.value, regenerated.se, regenerated.method)


def test_conditions_inside_conditions_and_rows() -> None:
    """A napkin inside a napkin: the outer law's densities rest on rows of the inner one."""
    graph = idgen.ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y")
    query = idgen.Query.parse("P(Y | do(X))")
    literal = idgen.compile(query, graph, optimize=0, realize="weigh")
    data = programs.napkin_data(4_000)
    for x in (0, 1):
        ours = fit(literal, data).sample(20_000, do={"X": x}, seed=1)["Y"].mean()
        theirs = fit(WEIGH, data).sample(20_000, do={"X": x}, seed=1)["Y"].mean()
        assert ours == pytest.approx(theirs, abs=0.03)


def test_what_is_brought_cannot_weigh() -> None:
    def x(inputs: dict[str, np.ndarray], n: int, generator: np.random.Generator) -> np.ndarray:
        return generator.integers(2, size=n)

    with pytest.raises(DataError, match=r"whose density weighs the runs of %c0, and what is brought only draws"):
        fit(WEIGH, programs.napkin_data(200), bind={"X | W1, W2": x})
