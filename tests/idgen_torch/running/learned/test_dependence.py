"""Pictures that do not depend on their inputs as the rows do are told; good ones are not."""

from __future__ import annotations

import warnings
from itertools import combinations
from typing import Any

import numpy as np
import torch

import idgen_compiler as idgen
from idgen_compiler.data.part import Part
from idgen_torch.families import Task
from idgen_torch.parts import Values
from idgen_torch.running.learned.aspects import GRAIN, KIND, LIGHT, SHARP
from idgen_torch.running.learned.dependence import LawsApart, dependences, in_words

N = 2_000
P, Q, Y = (Part(name, dim=192, shape=(3, 8, 8)) for name in ("p", "q", "y"))
A = Part("a", 2)


def squares(color: torch.Tensor, seed: int) -> torch.Tensor:
    """A square of one of three colors, somewhere, of some light.  Shape: (rows,) -> (rows, 3, 8, 8) uint8."""
    g = torch.Generator().manual_seed(seed)
    n = len(color)
    images = torch.zeros(n, 3, 8, 8, dtype=torch.uint8)
    light, at = torch.randint(120, 256, (n,), generator=g), torch.randint(4, (n, 2), generator=g)
    down, across = (torch.arange(8) - at[:, k : k + 1] for k in (0, 1))
    inside = ((down >= 0) & (down < 5))[:, :, None] & ((across >= 0) & (across < 5))[:, None, :]
    images[torch.arange(n), color] = inside.to(torch.uint8) * light[:, None, None].to(torch.uint8)
    return images


def colors(n: int, seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Colors of p and q, and of y, which is their sum modulo 3 in nine rows of ten."""
    g = torch.Generator().manual_seed(seed)
    p, q, other = torch.randint(3, (3, n), generator=g)
    return p, q, torch.where(torch.rand(n, generator=g) < 0.9, (p + q) % 3, other)


def rows_of(n: int = N) -> Values:
    p, q, y = colors(n, 0)
    a = (p == 0).long()
    return {"p": squares(p, 1), "q": squares(q, 2), "y": squares(y, 3), "a": a}


class Drawn:
    """A stand-in for a model, which draws squares of these colors, in the order of the rows that it is asked for."""

    family, targets = "drawn", (Y,)

    def __init__(self, color: Any) -> None:
        self.color = color

    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        return {"y": squares(self.color(given, n), 17)}


def color_of(images: torch.Tensor) -> torch.Tensor:
    return images.float().mean((2, 3)).argmax(1)


def right(given: Values, n: int) -> torch.Tensor:
    g = torch.Generator().manual_seed(5)
    known = (color_of(given["p"]) + color_of(given["q"])) % 3
    return torch.where(torch.rand(n, generator=g) < 0.9, known, torch.randint(3, (n,), generator=g))


def half_missed(given: Values, n: int) -> torch.Tensor:
    """As if q were not there, half of the time."""
    g = torch.Generator().manual_seed(6)
    return torch.where(torch.rand(n, generator=g) < 0.5, right(given, n), torch.randint(3, (n,), generator=g))


def looked(model: Any, task: Task) -> list[LawsApart]:
    return dependences("%m0", model, task)


def told(color: Any, inputs: tuple[Part, ...] = (P, Q), rows: Values | None = None) -> list[LawsApart]:
    model: Any = Drawn(color)
    return dependences("%m0", model, Task((Y,), inputs, rows_of() if rows is None else rows))


def test_a_model_that_is_right_is_not_told() -> None:
    found = told(right)
    each = {("p",), ("q",), ("the grain of p",), ("the grain of q",)}
    both = set(combinations(("p", "the grain of p", "q", "the grain of q"), 2))
    looked = {aspect: {one.inputs for one in found if one.aspect == aspect} for aspect in (KIND, GRAIN, LIGHT, SHARP)}
    each_alone = {(), *each}
    assert looked == {KIND: each_alone | both, GRAIN: each | both, LIGHT: each_alone, SHARP: each_alone}
    assert not [one for one in found if one.matters]
    assert max(one.apart for one in found) < 0.1


def test_what_two_inputs_say_together_is_told_where_each_alone_says_nothing() -> None:
    found = told(half_missed)
    worst = found[0]
    assert worst.matters
    assert worst.inputs == ("p", "q")
    # Half of the draws have the color of the rule in .93, half in a third: .63 in place of .93 of them; what chance may
    # have added is taken off.
    assert 0.15 < worst.apart < 0.36
    assert {one.inputs for one in found if one.matters} == {("p", "q")}
    assert "the law of the kind of y given p and q is" in str(worst)
    assert "images={'steps': ...}" in str(worst)


def test_shares_that_are_wrong_are_told_though_no_input_is_missed() -> None:
    found = [one for one in told(lambda given, n: torch.zeros(n, dtype=torch.long)) if one.aspect == KIND]
    assert all(one.matters for one in found)
    assert any(one.inputs == () for one in found)


class Blurred(Drawn):
    """The same, with soft edges."""

    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        sharp = super().sample(given, n, generator)["y"].float()
        soft = torch.nn.functional.avg_pool2d(sharp, 3, 1, 1, count_include_pad=False)
        return {"y": soft.to(torch.uint8)}


def test_pictures_that_are_smoother_than_the_rows_are_told() -> None:
    found = looked(Blurred(right), Task((Y,), (P, Q), rows_of()))
    told = [one for one in found if one.matters]
    assert {one.aspect for one in told} == {SHARP}
    assert {one.inputs for one in told} >= {(), ("p",), ("q",)}
    assert "the law of the sharpness of y is" in str(next(one for one in told if not one.inputs))


def test_a_dependence_on_a_category_is_told() -> None:
    rows = rows_of()
    rows["y"] = squares(torch.where(rows["a"] == 1, 0, color_of(rows["y"])), 9)

    def blind(given: Values, n: int) -> torch.Tensor:
        return color_of(rows["y"])[torch.randperm(N, generator=torch.Generator().manual_seed(8))][:n]

    found = told(blind, (A,), rows)
    assert [one.inputs for one in found if one.matters] == [("a",)]


def lines(fine: torch.Tensor, seed: int) -> torch.Tensor:
    """Eight pixels of light each, as two lines or as a block, somewhere.  Shape: (rows,) bool -> (rows, 3, 8, 8)."""
    g = torch.Generator().manual_seed(seed)
    block, apart = torch.zeros(2, 8, 8, dtype=torch.uint8)
    block[:2, :4] = apart[::4, ::2] = 200
    by, n = torch.randint(8, (2, len(fine)), generator=g), torch.arange(8)
    at = [(n[None, :] + way[:, None]) % 8 for way in by]
    gray = torch.where(fine[:, None, None], apart, block)
    gray = gray[torch.arange(len(fine))[:, None, None], at[0][:, :, None], at[1][:, None, :]]
    return gray[:, None].expand(-1, 3, -1, -1).clone()


def test_soft_pictures_of_one_row_are_told() -> None:
    g = torch.Generator().manual_seed(2)
    sharp = torch.randint(2, (N, 3, 1, 8), generator=g).to(torch.uint8) * 200
    soft = torch.nn.functional.avg_pool2d(sharp.float(), (1, 3), 1, (0, 1), count_include_pad=False).to(torch.uint8)
    line, a = Part("y", dim=24, shape=(3, 1, 8)), torch.randint(2, (N,), generator=g)

    class Soft(Drawn):
        targets = (line,)

        def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
            return {"y": soft[:n]}

    model: Any = Soft(None)
    found = dependences("%m0", model, Task((line,), (A,), {"a": a, "y": sharp}))
    assert (SHARP, ()) in {(one.aspect, one.inputs) for one in found if one.matters}


def test_light_that_stays_behind_within_its_kind_is_told() -> None:
    """Dark and light pictures are two kinds: a draw that is gray but nearer to the dark ones counts as dark."""
    a = torch.randint(2, (N,), generator=torch.Generator().manual_seed(1))

    def gray(level: torch.Tensor, seed: int) -> torch.Tensor:
        noise = torch.randint(4, (len(level), 3, 8, 8), generator=torch.Generator().manual_seed(seed))
        return (level[:, None, None, None] + noise).to(torch.uint8)

    class Gray(Drawn):
        def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
            return {"y": gray(self.color(given["a"], n), 9)}

    def told_of(law: Any) -> set[tuple[str, tuple[str, ...]]]:
        model: Any = Gray(law)
        found = dependences("%m0", model, Task((Y,), (A,), {"a": a, "y": gray(20 + 160 * a, 5)}))
        assert KIND not in {one.aspect for one in found if one.matters}
        return {(one.aspect, one.inputs) for one in found if one.matters}

    assert told_of(lambda a, n: 22 + 156 * a) == set(), "a trifle of all light"
    assert {(LIGHT, ()), (LIGHT, ("a",))} <= told_of(lambda a, n: 65 + 75 * a)


def test_the_worst_of_each_aspect_is_told_in_one_sentence() -> None:
    found = [LawsApart("Y", ("X",), 0.31, 9, 80), LawsApart("Y", ("Z",), 0.4, 9, 80, GRAIN),
             LawsApart("Y", (), 0.2, 9, 80), LawsApart("Y", (), 0.9, 9, 80, SHARP)]  # fmt: skip
    first, second = in_words(found)
    assert first == (
        "in 80 rows, the law of the kind of Y given X is .31 away from what the model draws, that of the grain of Y "
        "given Z .40, that of the sharpness of Y .90 (total variation; a kind is of light and color; grain is how thin "
        "strokes are); train longer, as by images={'steps': ...}, or with more rows"
    )
    assert second.startswith("in 80 rows, the law of the kind of Y is .20 away from what the model draws (total")


class Lined(Drawn):
    """The same, which draws lines or blocks."""

    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        return {"y": lines(self.color(given, n), 17)}


def is_fine(images: torch.Tensor) -> torch.Tensor:
    return images[:, 0].float().diff(dim=1).abs().sum((1, 2)) > 2_000


def test_strokes_that_are_missed_are_told_where_light_says_nothing() -> None:
    """Thin strokes for one category and thick ones for another, of one light: kinds alone do not see it."""
    g = torch.Generator().manual_seed(3)
    a = torch.randint(2, (N,), generator=g)
    fine = (a == 1) ^ (torch.rand(N, generator=g) < 0.2)
    rows = {"a": a, "y": lines(fine, 1)}

    def told_of(law: Any) -> list[LawsApart]:
        return [one for one in looked(Lined(law), Task((Y,), (A,), rows)) if one.matters]

    right = told_of(lambda given, n: (given["a"] == 1) ^ (torch.rand(n, generator=g) < 0.2))
    blind = told_of(lambda given, n: torch.rand(n, generator=g) < 0.5)
    assert right == []
    assert [one.inputs for one in blind if one.aspect != SHARP] == [("a",)]
    assert blind[0].aspect == GRAIN
    assert 0.2 < blind[0].apart < 0.4, "three tenths by the law"
    assert "the law of the grain of y given a is" in str(blind[0])


def test_a_color_that_follows_the_strokes_of_an_input_is_told_given_its_grain() -> None:
    g = torch.Generator().manual_seed(4)
    fine = torch.rand(N, generator=g) < 0.5
    rows = {"p": lines(fine, 1), "y": squares(fine.long(), 2)}
    right = told(lambda given, n: is_fine(given["p"]).long(), (P,), rows)
    assert not [one for one in right if one.matters]
    blind = told(lambda given, n: torch.randint(2, (n,), generator=g), (P,), rows)
    assert (KIND, ("the grain of p",)) in {(one.aspect, one.inputs) for one in blind if one.matters}
    assert all("the grain of p" in one.inputs for one in blind if one.matters and one.aspect == KIND)


def test_pictures_of_one_kind_that_are_smoothed_more_are_not_told_to_miss_an_input() -> None:
    class Uneven(Drawn):
        def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
            sharp = super().sample(given, n, generator)["y"].float()
            soft = torch.nn.functional.avg_pool2d(sharp, 3, 1, 1, count_include_pad=False)
            red = color_of(sharp) == 0
            return {"y": torch.where(red[:, None, None, None], soft, sharp).to(torch.uint8)}

    found = looked(Uneven(right), Task((Y,), (P, Q), rows_of()))
    assert {one.aspect for one in found if one.matters} <= {SHARP}


def test_pictures_of_equal_grain_are_ranked_by_chance() -> None:
    """Rows of one picture a color beside draws that differ a little: no rank says anything of an input."""
    p, q, y = colors(N, 0)
    flat = torch.zeros(N, 3, 8, 8, dtype=torch.uint8)
    flat[torch.arange(N), y, 2:6] = 200

    class Noisy(Drawn):
        def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
            g = torch.Generator().manual_seed(8)
            return {"y": flat[:n] + torch.randint(20, (n, 3, 8, 8), generator=g).to(torch.uint8)}

    rows = {"p": squares(p, 1), "q": squares(q, 2), "y": flat}
    found = looked(Noisy(right), Task((Y,), (P, Q), rows))
    assert not [one for one in found if one.matters and one.aspect == GRAIN]


def test_few_rows_and_rows_by_weight() -> None:
    few = {name: values[:100] for name, values in rows_of().items()}
    assert told(right, (P, Q), few) == []
    rows = rows_of()
    model: Any = Drawn(lambda given, n: torch.zeros(n, dtype=torch.long))
    weights = (color_of(rows["y"]) == 0).float()
    assert not [one for one in dependences("%m0", model, Task((Y,), (A,), rows, weights)) if one.matters]


def filled(color: torch.Tensor, seed: int) -> Any:
    """Pictures filled with one of three colors, of nearly one light.  Shape: (rows,) -> (rows, 3, 8, 8) uint8."""
    images = torch.randint(20, (len(color), 3, 8, 8), generator=torch.Generator().manual_seed(seed))
    images[torch.arange(len(color)), color] += 200
    return images.to(torch.uint8).numpy()


def fitted(**images: Any) -> tuple[Any, list[str]]:
    p, q, y = colors(1_000, 1)
    data = {"P": filled(p, 1), "Q": np.array(["r", "g", "b"])[q.numpy()], "Y": filled(y, 3)}
    program = idgen.compile(idgen.Query.parse("P(Y | do(P, Q))"), idgen.ADMG.parse("P -> Y; Q -> Y"))
    how = {"channels": (8, 8), "attention": False, "sampling_steps": 4, "batch_size": 32, "lr": 5e-3, "ema": 0.9}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sampler = program.fit(data, images={**how, **images}, progress=False, device="cpu")
    return sampler, [str(one.message) for one in caught if "give its rows back" in str(one.message)]


def test_a_training_that_ends_too_soon_is_told_and_one_that_does_not_is_quiet() -> None:
    poor, warned = fitted(steps=10)
    (model,) = poor.report().models
    assert len(warned) == 1
    assert "the law of the kind of Y" in warned[0]
    assert "the law of the kind of Y" in model.disagreements[0]
    assert "the law of the kind of Y" in str(poor.report())
    good, silent = fitted(steps=400)
    assert silent == []
    assert good.report().models[0].disagreements == ()
