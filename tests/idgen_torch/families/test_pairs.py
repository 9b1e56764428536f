"""What each two categories say of a third, added to logits, and the kinds of pictures among a model's inputs."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError
from idgen_torch.drawing import generator_for
from idgen_torch.families import Diffusion, Run, Task
from idgen_torch.families.images.input_kinds import InputKinds
from idgen_torch.families.images.kind_law import KindLaw
from idgen_torch.families.images.pairs import MOST_CELLS, Pairs, shifted
from idgen_torch.parts import Values

A, B, C = Part("a", 2), Part("b", 3), Part("c", 100)
P, Y = Part("p", dim=64, shape=(1, 8, 8)), Part("y", dim=64, shape=(1, 8, 8))
SMALL = Diffusion(steps=150, channels=(8, 8), attention=False, sampling_steps=2, batch_size=16)


def test_two_categories_say_together_what_neither_says_alone() -> None:
    g = torch.Generator().manual_seed(0)
    given: Values = {"a": torch.randint(2, (4_000,), generator=g), "b": torch.randint(3, (4_000,), generator=g)}
    odd = (given["a"] + given["b"]) % 2
    labels = torch.where(torch.rand(4_000, generator=g) < 0.8, odd, 1 - odd)
    pairs = Pairs.of([A, B], 2)
    cells = pairs.cells(given, 4_000, torch.device("cpu"))
    assert pairs.width == 7
    assert cells.unique(dim=0).shape == (6, 2)
    none = torch.zeros(4_000, 2)
    for mass, even in ((None, 0.2), (odd.float() + 0.001, 0.8)):  # cells of rows that hardly weigh are as the others
        law = shifted(none, cells, pairs.shift(cells, none, labels, mass)).softmax(1)
        assert float(law[odd == 1, 1].mean()) == pytest.approx(0.8, abs=0.03)
        assert float(law[odd == 0, 1].mean()) == pytest.approx(even, abs=0.05)


def test_few_rows_move_little_and_logits_that_are_right_stay() -> None:
    pairs, labels = Pairs.of([A, B], 2), torch.tensor([0, 0, 1])
    cells = pairs.cells({"a": torch.tensor([0, 0, 1]), "b": torch.tensor([0, 0, 2])}, 3, torch.device("cpu"))
    law = shifted(torch.zeros(3, 2), cells, pairs.shift(cells, torch.zeros(3, 2), labels, None)).softmax(1)
    assert float(law.max()) < 0.8
    g = torch.Generator().manual_seed(1)
    given: Values = {"a": torch.randint(2, (20_000,), generator=g), "b": torch.randint(3, (20_000,), generator=g)}
    right = torch.stack([torch.zeros(20_000), given["a"] - 0.5 * given["b"]], 1).float()
    labels = (torch.rand(20_000, generator=g) < right.softmax(1)[:, 1]).long()
    cells = pairs.cells(given, 20_000, torch.device("cpu"))
    after = shifted(right, cells, pairs.shift(cells, right, labels, None)).softmax(1)
    assert float((after - right.softmax(1)).abs().max()) < 0.03


def test_pairs_of_the_fewest_cells_come_first() -> None:
    assert Pairs.of([], 2).width == 1
    assert Pairs.of([B], 2).width == 4
    assert [{part.name for part in pair} for pair in Pairs.of([A, B, C], 2).pairs] == [
        {"a", "b"},
        {"a", "c"},
        {"b", "c"},
    ]
    wide = [Part(f"v{k}", 16) for k in range(6)]
    assert Pairs.of(wide, 16).width == 1 + MOST_CELLS
    assert Pairs.of(wide, 1_024).width == 1
    assert Pairs.of([Part("u", 10_000)], 2).pairs == ()


def rows_of(n: int) -> Values:
    """p is dark or light; y's strokes are thin in 65 of 100 rows where p is light, and in 35 where it is dark."""
    g = torch.Generator().manual_seed(0)
    light = torch.randint(2, (n,), generator=g)
    thin = torch.rand(n, generator=g) < torch.where(light > 0, 0.65, 0.35)
    p = (60 * torch.rand(n, 1, 8, 8, generator=g) + 180 * light.view(-1, 1, 1, 1)).to(torch.uint8)
    y = torch.zeros(n, 1, 8, 8, dtype=torch.uint8)
    y[thin, :, ::2], y[~thin, :, :4] = 200, 200
    return {"p": p, "y": y + (20 * torch.rand(n, 1, 8, 8, generator=g)).to(torch.uint8), "light": light, "thin": thin}


def law_of(rows: Values) -> KindLaw:
    law, _ = replace(SMALL, shapes=1).law(Task((Y,), (P,), rows), Run(), 150)
    assert law is not None
    return law


def test_the_law_of_kinds_sees_what_a_picture_says_faintly() -> None:
    rows = rows_of(6_000)
    law = law_of(rows)
    assert law.kinds.sizes[2] > 1
    thin, drawn = law.kinds.of(rows["y"])[:, 2], law.draw(rows, 6_000, generator_for(1))[:, 2]
    of_thin = torch.bincount(thin[rows["thin"].bool()], minlength=law.kinds.sizes[2]) > 100
    for light in (0, 1):
        mine = rows["light"] == light
        shares = [float(of_thin[codes[mine]].double().mean()) for codes in (thin, drawn)]
        assert shares[1] == pytest.approx(shares[0], abs=0.04)


def test_a_law_with_kinds_of_its_inputs_goes_into_tensors_and_back() -> None:
    rows = rows_of(600)
    law = law_of(rows)
    config, tensors = law.state()
    assert config["inputs"] == [list(law.seen.kinds["p"].sizes)]
    back = KindLaw.from_state("y", config, tensors, 1, (P,), SMALL.code_width)
    one = {"p": rows["p"][:1].expand(600, -1, -1, -1)}  # one picture that stands for all rows
    for given in (rows, one, {"p": one["p"].clone()}):
        drawn = [each.draw(given, 600, generator_for(2)) for each in (law, back)]
        assert torch.equal(*drawn)
    assert torch.equal(law.draw(one, 600, generator_for(2)), law.draw({"p": one["p"].clone()}, 600, generator_for(2)))
    for wrong in ([], [[]], [[2, 1]], [[2, 0, 1]], ["p"], [[2, 1, 1], [2, 1, 1]]):
        with pytest.raises(DataError):
            KindLaw.from_state("y", {**config, "inputs": wrong}, tensors, 1, (P,), SMALL.code_width)
    for name in ("shifts.0", "inputs.0.light", "centres.grain"):
        with pytest.raises(DataError):
            KindLaw.from_state("y", config, {k: v for k, v in tensors.items() if k != name}, 1, (P,), SMALL.code_width)
    with pytest.raises(DataError, match=r"unknown centres 7\.light"):
        KindLaw.from_state("y", config, {**tensors, "inputs.7.light": rows["p"]}, 1, (P,), SMALL.code_width)


def test_a_law_that_was_saved_before_it_knew_kinds_of_inputs_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = rows_of(600)
    with monkeypatch.context() as patched:
        patched.setattr(InputKinds, "found", classmethod(lambda kind, inputs, *_: kind(tuple(inputs), {})))
        law = law_of(rows)
    config, tensors = law.state()
    before = {name: value for name, value in tensors.items() if not name.startswith("shifts.")}
    old = KindLaw.from_state("y", {"sizes": config["sizes"]}, before, 1, (P,), SMALL.code_width)
    assert old.draw(rows, 600, generator_for(1)).shape == (600, 3)
    assert "inputs" not in old.state()[0]


def test_pictures_that_look_alike_have_no_kinds_among_the_inputs() -> None:
    rows = rows_of(600)
    rows["p"] = torch.full_like(rows["p"], 7)
    law = law_of(rows)
    assert law.seen.kinds == {}
    assert law.state()[0]["inputs"] == [[]]
    back = KindLaw.from_state("y", *law.state(), 1, (P,), SMALL.code_width)
    assert torch.equal(*(each.draw(rows, 600, generator_for(2)) for each in (law, back)))
