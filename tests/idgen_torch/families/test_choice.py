"""Which family a model gets when nobody says: every line of the table in `families.choice`, and ties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch

from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError
from idgen_torch.families import (
    Classifier,
    ConditionalModel,
    Factored,
    Family,
    Offer,
    Run,
    Table,
    Task,
    Tuning,
    choice,
    choose,
    offers,
)
from idgen_torch.families.numbers import vector_diffusion
from idgen_torch.families.tables.table import TableModel
from idgen_torch.parts import Values

A, B, R, LONG = Part("a", 2), Part("b", 3), Part("r", None, 1), Part("long", dim=60)
COST, CAP = Part("cost", masses=(0.0,), low=0.0), Part("cap", masses=(1.0,), high=1.0)
MANY = [Part(f"i{k}", 4) for k in range(5)]
P, Q = Part("p", dim=3 * 64, shape=(3, 8, 8)), Part("q", dim=64, shape=(1, 8, 8))
WIDE = Part("wide", dim=60, shape=(1, 6, 10))


def rows_of(n: int) -> Values:
    """Independent rows; no row has a = 0 and b = 2."""
    g = torch.Generator().manual_seed(0)
    rows = {part.name: torch.randint(part.size or 0, (n,), generator=g) for part in (A, *MANY)}
    rows["b"] = (rows["a"] + torch.randint(2, (n,), generator=g)) % 3
    rows |= {"cost": torch.randn(n, 1, generator=g).clamp(min=0), "cap": torch.randn(n, 1, generator=g).clamp(max=1)}
    rows |= {"r": torch.randn(n, 1, generator=g), "long": torch.randn(n, 60, generator=g)}
    return rows | {part.name: torch.zeros(n, *(part.shape or ()), dtype=torch.uint8) for part in (P, Q, WIDE)}


def chosen(
    targets: Sequence[Part],
    inputs: Sequence[Part],
    rows: Values,
    weights: torch.Tensor | None = None,
    *,
    likelihood: bool = False,
) -> str:
    return choose(Task(tuple(targets), tuple(inputs), rows, weights, likelihood)).word


@pytest.mark.parametrize(
    ("targets", "inputs", "expected"),
    [
        ([A, R], [], "resample"),
        ([R], [A], "matched"),
        ([R], [A, B], "flow"),  # no row has a = 0 and b = 2
        ([R], [A, LONG], "flow"),
        ([A, R], [B], "matched"),
        ([A, R], [A, B], "chain"),
        ([COST], [R], "hurdle"),
        ([COST], [P], "hurdle"),
        ([COST], [A], "matched"),
        ([COST], [], "resample"),
        ([COST, R], [A, B], "chain"),
        ([COST, CAP], [R], "chain"),
        ([A], [R, B], "classifier"),
        ([A], [B], "table"),
        ([A], MANY, "factored"),
        ([P], [], "resample"),
        ([P], [WIDE], "diffusion"),
        ([P, Q], [A, R], "diffusion"),
        ([P], [A, B], "diffusion"),  # no row has a = 0 and b = 2
        ([P], [A], "matched"),
        ([P, A], [R], "chain"),
        ([A, R], [P], "from-images"),
        ([LONG], [P], "vector-diffusion"),
        ([LONG], [A, R], "vector-diffusion"),
        ([LONG, A], [P], "chain"),
    ],
)
def test_the_parts_decide(targets: list[Part], inputs: list[Part], expected: str) -> None:
    assert chosen(targets, inputs, rows_of(2_000)) == expected


@pytest.mark.parametrize(
    ("targets", "inputs", "expected"),
    [
        ([LONG], [P], "from-images"),
        ([LONG, A], [P], "from-images"),
        ([LONG], [A], "flow"),
        ([LONG], [], "flow"),
        ([R, A], [], "chain"),
        ([COST], [], "hurdle"),
        ([COST], [A], "hurdle"),
        ([A], [], "resample"),
    ],
)
def test_where_a_density_is_wanted_others_are_chosen(targets: list[Part], inputs: list[Part], expected: str) -> None:
    assert chosen(targets, inputs, rows_of(400), likelihood=True) == expected


@pytest.mark.parametrize(("targets", "inputs"), [([P], []), ([P], [A]), ([P, R], [A])])
def test_the_density_of_an_image_is_offered_by_none(targets: list[Part], inputs: list[Part]) -> None:
    with pytest.raises(DataError, match=r"p is an image, whose density no model knows.*realize='regenerate'"):
        chosen(targets, inputs, rows_of(400), likelihood=True)


def test_without_the_extra_wide_vectors_get_what_narrow_ones_get(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = rows_of(400)
    assert chosen((LONG,), (R,), rows) == "vector-diffusion"
    monkeypatch.setattr(vector_diffusion, "find_spec", lambda name: None)
    assert chosen((LONG,), (R,), rows) == "flow"
    assert chosen((LONG,), (P,), rows) == "from-images"


@pytest.mark.parametrize(
    ("interaction", "causes", "expected"), [(0.0, 12, "classifier"), (0.0, 6, "table"), (1.0, 4, "factored")]
)
def test_held_out_rows_decide_when_the_cells_are_many(interaction: float, causes: int, expected: str) -> None:
    # Additive causes of more cells than a table has want a network, of fewer coarser laws that each of them moves;
    # an irregular law wants its own cell for each combination.
    g = torch.Generator().manual_seed(1)
    count, parts = 10_000 if interaction else 4_000, [Part(f"m{k}", 4) for k in range(causes)]
    rows = {part.name: torch.randint(4, (count,), generator=g) for part in parts}
    codes = torch.stack([rows[part.name] for part in parts], 1)
    logit = (codes - 1.5).sum(1) * 0.5
    if interaction:
        logit = 3 * torch.randn(4 ** len(parts), generator=g)[codes @ 4 ** torch.arange(len(parts))]
    rows["a"] = (torch.rand(count, generator=g) < torch.sigmoid(logit)).long()
    assert chosen([A], parts, rows) == expected


@dataclass(frozen=True)
class Learner(Family):
    """A family of a user's that says it counts, or not: its models lose by each row that they were not given."""

    word = "learner"
    model = TableModel
    loss: float = 0.0  #: probability of the wrong category, where there is one row
    per_row: float = 0.0  #: the power of the number of rows by which that falls
    seen: ClassVar[list[int]] = []

    def offer(self, task: Task) -> Offer | None:
        return Offer(30, "told to")

    def trial(self) -> Learner:
        return self

    def fit(self, task: Task, run: Run = Run()) -> ConditionalModel:
        self.seen.append(task.count)
        wrong = self.loss * task.count**-self.per_row
        return TableModel(Table(), task.targets, task.inputs, torch.tensor([[1 - wrong, wrong]], dtype=torch.float64))


class Counting(Learner):
    word = "counting"
    counts = True
    seen: ClassVar[list[int]] = []


@pytest.mark.parametrize(
    ("counting", "learner", "expected", "tried"),
    [
        (Counting(0.3), Learner(0.1), "learner", [100]),  # better on few rows than counts of all
        (Counting(0.3, 0.3), Learner(0.4, 0.1), "counting", [100]),  # worse on few rows than counts of as few
        (Counting(0.9, 0.5), Learner(0.06, 0.0), "counting", [100, 400]),  # better at first, and gains nothing
        (Counting(0.9, 0.2), Learner(0.9, 0.3), "learner", [100, 400]),  # nearly there, and gains still
    ],
)
def test_few_rows_decide_between_counts_and_networks(
    counting: Counting, learner: Learner, expected: str, tried: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "SOME_ROWS", (100, 400))
    task = Task((A,), (), {"a": torch.zeros(20_000, dtype=torch.int64)})
    Learner.seen.clear()
    assert choose(task, [counting, learner]).word == expected
    assert Learner.seen == tried
    few = Task((A,), (), {"a": torch.zeros(200, dtype=torch.int64)})
    Learner.seen.clear()
    choose(few, [counting, learner])
    assert Learner.seen == [180], "of few rows all but those held out are tried"


def test_a_law_of_many_cells_that_no_input_may_be_dropped_from_is_a_table() -> None:
    # Each input alone says nothing; together they have more cells than two rows each would fill.
    g = torch.Generator().manual_seed(3)
    rows = {name: torch.randint(40, (6_000,), generator=g) for name in ("j", "k")}
    rows["l"] = (rows["j"] + rows["k"]) % 40
    one, other, target = (Part(name, 40) for name in ("j", "k", "l"))
    task = Task((target,), (one, other), rows)
    assert {recipe.word for recipe, offer in offers(task) if offer.rank == 30} == {"classifier", "factored", "table"}
    assert choose(task, [Table(), Factored()]).word == "table"


def test_few_effective_rows_make_a_table_too_small() -> None:
    weights = torch.zeros(2_000)
    weights[:100] = 1
    assert chosen([A], [B], rows_of(2_000), weights) != "table"


@dataclass(frozen=True)
class Oracle(Family):
    """A family of a user's: it offers what it is told to, and is a table of counts."""

    word = "oracle"
    model = TableModel
    rank: int = 30
    right: bool = False

    def offer(self, task: Task) -> Offer | None:
        return Offer(self.rank, "told to")

    def trial(self) -> Oracle:
        return self

    def fit(self, task: Task, run: Run = Run()) -> ConditionalModel:
        cells = torch.arange(4 ** len(task.inputs))
        total = sum(cells // 4**k % 4 for k in range(len(task.inputs)))
        likely = (torch.as_tensor(total) > 4).long() if self.right else cells % 2
        law = torch.nn.functional.one_hot(likely, task.targets[0].size or 1).double() + 1e-9
        return TableModel(Table(), task.targets, task.inputs, law / law.sum(1, keepdim=True))


def test_the_highest_rank_is_taken_and_equal_ones_are_compared_on_held_out_rows() -> None:
    rows = rows_of(300)
    # All inputs matter and their cells are many, so that factored tables and a classifier are on a par.
    codes = torch.stack([rows[part.name] for part in MANY[:3]], 1).sum(1)
    task = Task((A,), tuple(MANY[:3]), rows | {"a": (codes > 4).long()})
    known = [Classifier(epochs=1), Factored()]
    assert [(r.word, offer.rank) for r, offer in offers(task, [*known, Oracle(99)])] == [
        ("oracle", 99),
        ("classifier", 30),
        ("factored", 30),
    ]
    assert choose(task, [*known, Oracle(99)]).word == "oracle"
    assert choose(task, [*known, Oracle(right=True)]).word == "oracle", "it is right, and so wins between equals"
    assert choose(task, [*known, Oracle()]).word != "oracle"


def test_a_recipe_has_to_be_registered_so_that_it_can_be_loaded() -> None:
    with pytest.raises(DataError, match="no kernel family is called 'oracle'"):
        Tuning.read({}).recipe(Oracle())


def test_where_nobody_offers_the_task_is_named() -> None:
    with pytest.raises(DataError, match=r"no family offers a model of a given r; name one with family="):
        choose(Task((A,), (R,), rows_of(5)), [Table()])


def test_categories_given_numbers_are_modeled_by_what_predicts_held_out_rows_better() -> None:
    g = torch.Generator().manual_seed(0)
    x = torch.rand(2_000, 3, generator=g) * 8
    line = torch.sigmoid(x[:, 0] - x[:, 1])
    parts = tuple(Part(name) for name in "uvw")
    rows = {name: x[:, k : k + 1] for k, name in enumerate("uvw")}
    step = torch.sigmoid(4 * ((x[:, 0] > 4).float() + (x[:, 1] > 2).float() - 1))
    for share, expected in ((line, "classifier"), (step, "boosted")):
        rows["a"] = (torch.rand(2_000, generator=g) < share).long()
        assert chosen((A,), parts, rows) == expected
    few = {name: values[:300] for name, values in rows.items()}
    assert chosen((A,), parts, few) == "classifier", "few rows cannot tell"
