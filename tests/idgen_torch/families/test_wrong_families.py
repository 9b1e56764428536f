"""Families that are wrong: each is told in one line that names the operation, what came, what is wanted, and a remedy.

Nothing is left behind: no sampler, and nothing in the store that the next fit would go on from.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import idgen_compiler as idgen
from idgen_compiler.errors import DataError
from idgen_compiler.store import Store
from idgen_torch import ConditionalModel, Family, Offer, Run, Task
from idgen_torch.families import registry
from idgen_torch.families.returned import tried
from idgen_torch.parts import Values

PROGRAM = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("Z -> X -> Y; Z -> Y"))
RNG = np.random.default_rng(0)
Z = RNG.integers(0, 3, 120)
X = (RNG.random(120) < 0.2 + 0.3 * Z).astype(int)
CODES = {"Z": Z, "X": X, "Y": np.where(RNG.random(120) < 0.5, np.where(X == 1, "ill", "well"), "well")}
NUMBERS = {**CODES, "Y": 100 + 5 * X + RNG.normal(size=120)}
SCANS = {**CODES, "Y": RNG.integers(0, 256, (120, 1, 4, 4)).astype(np.uint8)}
FAULT: dict[str, Any] = {}


class WrongModel(ConditionalModel):
    """Draws the rows that it was trained on, unless `FAULT` says otherwise."""

    def __init__(self, recipe: Any, targets: Any, inputs: Any, rows: Values) -> None:
        if "parts" in FAULT:
            targets, inputs = FAULT["parts"](targets, inputs)
        super().__init__(recipe, targets, inputs)
        self.rows = rows

    def sample(self, given: Values, n: int, generator: torch.Generator) -> Any:
        (part,) = self.targets
        if "sample" in FAULT:
            return FAULT["sample"](self, given, n, generator)
        values = self.rows[part.name]
        drawn = values[torch.randint(len(values), (n,), generator=generator)]
        return {part.name: FAULT["drawn"](drawn)} if "drawn" in FAULT else {part.name: drawn}

    def log_prob(self, rows: Values) -> Any:
        zeros = torch.zeros(len(rows[self.targets[0].name]))
        return FAULT["log_prob"](zeros) if "log_prob" in FAULT else zeros

    def state(self) -> Any:
        return FAULT["state"](self) if "state" in FAULT else ({}, dict(self.rows))

    @classmethod
    def from_state(cls, recipe: Any, config: Any, tensors: Any, targets: Any, inputs: Any) -> Any:
        rows = FAULT["from_state"](tensors) if "from_state" in FAULT else tensors
        return cls(recipe, targets, inputs, rows) if isinstance(rows, dict) else rows

    def to(self, device: Any) -> Any:
        return FAULT["to"](self) if "to" in FAULT else self


@dataclass(frozen=True)
class Wrong(Family):
    word = "test-wrong"
    model = WrongModel

    def offer(self, task: Task) -> Any:
        return FAULT["offer"](task) if "offer" in FAULT else None

    def fit(self, task: Task, run: Run = Run()) -> Any:
        if run.scratch is not None:
            run.scratch.write_bytes(b"half a training")
        if "fit" in FAULT:
            return FAULT["fit"](self, task)
        return WrongModel(self, task.targets, task.inputs, {p.name: task.rows[p.name] for p in task.targets})


@pytest.fixture(autouse=True)
def known() -> Iterator[None]:
    registry.register(Wrong)
    FAULT.clear()
    yield
    FAULT.clear()
    del registry._LOADED["test-wrong"]


def fit(data: Any, **options: Any) -> Any:
    return PROGRAM.fit(data, family={"Y": "test-wrong"}, device="cpu", progress=False, **options)


def failing(error: Exception) -> Callable[..., Any]:
    def fail(*args: Any) -> Any:
        raise error

    return fail


def dropout(model: Any, given: Any, n: int, generator: torch.Generator) -> Any:
    return {"Y": nn.functional.dropout(torch.ones(n, 1), 0.5)}


def writing(model: Any, given: Any, n: int, generator: torch.Generator) -> Any:
    given["X"].zero_()
    return {"Y": torch.rand((n, 1), generator=generator)}


def centered(model: Any, given: Values, n: int, generator: torch.Generator) -> Values:
    x = given["X"].float()
    return {"Y": (x - x.mean() + 0.5 * torch.randn(n, generator=generator))[:, None]}


def ranked(model: Any, given: Values, n: int, generator: torch.Generator) -> Values:
    x = given["X"].float()
    return {"Y": (x >= x.mean()).long()}


def one_seed(model: Any, given: Any, n: int, generator: torch.Generator) -> Any:
    own = torch.Generator().manual_seed(generator.initial_seed())
    return {"Y": torch.randn((n, 1), generator=own)}


def reseeding(model: Any, given: Any, n: int, generator: torch.Generator) -> Any:
    torch.manual_seed(0)
    return {"Y": torch.randn((n, 1))}


FAULTS: dict[str, tuple[Any, dict[str, Any], str]] = {
    "pictures as floats": (
        SCANS,
        {"drawn": lambda v: v / 255},
        "as float32 of shape (2, 1, 4, 4) from|uint8 of shape (2, 1, 4, 4) from 0 to 255 is wanted; pictures are bytes",
    ),
    "pictures of 0 and 1": (SCANS, {"drawn": lambda v: (v > 127).to(torch.uint8)}, "nearly black"),
    "pictures of another size": (SCANS, {"drawn": lambda v: v[..., :3]}, "let a row have the shape part.entries"),
    "pictures without channels": (SCANS, {"drawn": lambda v: v[:, 0]}, "call .reshape("),
    "pictures of whole numbers": (SCANS, {"drawn": lambda v: v.long()}, "pictures are bytes"),
    "a code of no label": (
        CODES,
        {"drawn": lambda v: v + 7},
        "from 0 to 1 is wanted; codes count the labels of Y from 0",
    ),
    "a negative code": (CODES, {"drawn": lambda v: v - 1}, "codes count the labels"),
    "codes as floats": (CODES, {"drawn": lambda v: v.float()}, "return codes"),
    "codes as int32": (CODES, {"drawn": lambda v: v.int()}, "call .to(torch.int64)"),
    "codes as booleans": (CODES, {"drawn": lambda v: v == 1}, "call .to(torch.int64)"),
    "probabilities": (CODES, {"drawn": lambda v: torch.rand(len(v), 2)}, "let a row have the shape"),
    "codes with an axis": (CODES, {"drawn": lambda v: v[:, None]}, "call .reshape(64,)"),
    "one row for all": (NUMBERS, {"drawn": lambda v: v[:1]}, "draw one row for each of the 64 rows"),
    "numbers without an axis": (NUMBERS, {"drawn": lambda v: v[:, 0]}, "call .reshape(64, 1)"),
    "one row loses its axis": (NUMBERS, {"drawn": lambda v: v.squeeze()}, "call .reshape(64, 1)"),
    "float64": (NUMBERS, {"drawn": lambda v: v.double()}, "call .to(torch.float32)"),
    "half": (NUMBERS, {"drawn": lambda v: v.half()}, "call .to(torch.float32)"),
    "NaN": (NUMBERS, {"drawn": lambda v: v * float("nan")}, "64 are not finite"),
    "infinity": (NUMBERS, {"drawn": lambda v: v / 0}, "not finite"),
    "an array of NumPy": (NUMBERS, {"drawn": lambda v: v.numpy()}, "return a torch.Tensor"),
    "a list": (NUMBERS, {"drawn": lambda v: v.tolist()}, "return a torch.Tensor"),
    "a bare tensor": (
        NUMBERS,
        {"sample": lambda m, g, n, s: torch.zeros(n, 1)},
        "but a dict by part is wanted; return",
    ),
    "nothing": (NUMBERS, {"sample": lambda m, g, n, s: None}, "returns None, but a dict by part"),
    "another name": (NUMBERS, {"sample": lambda m, g, n, s: {"y": torch.zeros(n, 1)}}, "returns y, but Y is wanted"),
    "a name too many": (NUMBERS, {"sample": lambda m, g, n, s: {"Y": 1, "X": 2}}, "returns Y, X, but Y is wanted"),
    "a raw KeyError": (NUMBERS, {"sample": failing(KeyError("W"))}, "sample of WrongModel raised KeyError: 'W'"),
    "a raw error of torch": (NUMBERS, {"sample": lambda m, g, n, s: torch.zeros(2) @ torch.zeros(3)}, "RuntimeError"),
    "an error of many lines": (NUMBERS, {"sample": failing(ValueError("one\ntwo"))}, "ValueError: one two; mend"),
    "a refusal of its own": (NUMBERS, {"sample": failing(DataError("no such scan"))}, "no such scan"),
    "not to be had": (NUMBERS, {"sample": failing(NotImplementedError())}, "NotImplementedError: no message"),
    "dropout by hand": (NUMBERS, {"sample": dropout}, "two different draws of one seed"),
    "torch's global generator": (NUMBERS, {"drawn": lambda v: torch.randn_like(v)}, "hand sample's generator"),
    "NumPy's own": (
        NUMBERS,
        {"drawn": lambda v: torch.full_like(v, random.random())},
        "two different draws of one seed",
    ),
    "the seed and not the state": (
        NUMBERS,
        {"sample": one_seed},
        "the same draws again from a generator that has gone",
    ),
    "a batch's mean taken off": (NUMBERS, {"sample": centered}, "draws another Y for a row among others"),
    "labels by rank in the batch": (CODES, {"sample": ranked}, "draws another Y for a row among others"),
    "a seed of its own": (NUMBERS, {"sample": reseeding}, "the same draws again"),
    "inputs overwritten": (NUMBERS, {"sample": writing}, "write into a clone"),
    "log_prob with an axis": (NUMBERS, {"log_prob": lambda z: z[:, None]}, "a floating-point tensor of shape (64,)"),
    "log_prob as one sum": (NUMBERS, {"log_prob": lambda z: z.sum()}, "return one log-density for each row"),
    "log_prob of NaN": (NUMBERS, {"log_prob": lambda z: z * float("nan")}, "mend its density"),
    "log_prob of whole numbers": (NUMBERS, {"log_prob": lambda z: z.long()}, "a floating-point tensor"),
    "log_prob that fails": (
        NUMBERS,
        {"log_prob": failing(IndexError("9"))},
        "log_prob of WrongModel raised IndexError: 9",
    ),
    "a fit that returns nothing": (NUMBERS, {"fit": lambda f, t: None}, "but a ConditionalModel is wanted"),
    "a fit that returns a module": (NUMBERS, {"fit": lambda f, t: nn.Linear(1, 1)}, "but a ConditionalModel is wanted"),
    "a fit that fails": (
        NUMBERS,
        {"fit": failing(ZeroDivisionError("by zero"))},
        "fit of Wrong raised ZeroDivisionError",
    ),
    "a fit by a wrong name": (NUMBERS, {"fit": lambda f, t: t.rows["nobody"]}, "KeyError: 'nobody'"),
    "the wrong targets": (NUMBERS, {"parts": lambda t, i: (i, t)}, "a model whose targets are Z, X, but Y are wanted"),
    "no inputs": (NUMBERS, {"parts": lambda t, i: (t, ())}, "inputs are none, but Z, X are wanted"),
    "a state that is no pair": (NUMBERS, {"state": lambda m: dict(m.rows)}, "return config, tensors"),
    "a state of arrays": (NUMBERS, {"state": lambda m: ({}, {"Y": np.zeros(3)})}, "but settings that JSON can hold"),
    "settings that are no JSON": (
        NUMBERS,
        {"state": lambda m: ({"part": m.targets}, dict(m.rows))},
        "that are no JSON",
    ),
    "weights of NaN": (NUMBERS, {"state": lambda m: ({}, {"w": torch.full((2,), float("nan"))})}, "tensor w holds nan"),
    "a state that lacks its rows": (
        NUMBERS,
        {"state": lambda m: ({}, {})},
        "sample of WrongModel raised KeyError: 'Y'",
    ),
    "a state of other rows": (NUMBERS, {"from_state": lambda t: {"Y": t["Y"].flip(0)}}, "other draws after state and"),
    "a state that comes back as nothing": (NUMBERS, {"from_state": lambda t: None}, "from_state returns None"),
    "a state that cannot be read": (NUMBERS, {"from_state": failing(KeyError("w"))}, "from_state of WrongModel raised"),
    "a move that returns nothing": (NUMBERS, {"to": lambda m: None}, "to returns None, but the model is wanted"),
}


RESUMABLE = {"a fit that fails", "a fit by a wrong name"}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_told_in_one_line_and_leaves_nothing_behind(fault: str, tmp_path: Path) -> None:
    data, wrong, told = FAULTS[fault]
    FAULT.update(wrong)
    with pytest.raises(DataError) as error:
        fit(data, store=tmp_path / "kept")
    said = str(error.value)
    for one in told.split("|"):
        assert one in said
    assert said.startswith("%m0: Y | Z, X [test-wrong]"), said
    assert "\n" not in said
    assert len(said) < 400
    assert [artefact for artefact in Store.open(tmp_path / "kept").artefacts() if artefact.kind != "choice"] == []
    left = [path.name[64:] for folder in ("states", "claims") for path in (tmp_path / "kept" / folder).rglob("*")]
    assert left == ([".training.safetensors"] if fault in RESUMABLE else [])  # such may be resumed
    FAULT.clear()
    mended = fit(data, store=tmp_path / "kept")
    assert len(mended.sample(5, do={"X": 1}, seed=0)["Y"]) == 5


def test_there_are_many_kinds_of_fault() -> None:
    assert len(FAULTS) >= 30


def test_what_a_family_raises_stays_behind_the_error() -> None:
    FAULT["sample"] = failing(KeyError("W"))
    with pytest.raises(DataError) as error:
        fit(NUMBERS)
    assert isinstance(error.value.__cause__, KeyError)


@pytest.mark.parametrize(
    ("offer", "told"),
    [
        (failing(KeyError("Q")), "the family 'test-wrong', asked for Y: offer of Wrong raised KeyError: 'Q'"),
        (lambda task: 40, "offer returns the int 40, but an Offer or None is wanted"),
        (lambda task: True, "offer returns the bool True, but"),
    ],
)
def test_an_offer_that_is_none_is_told(offer: Any, told: str) -> None:
    FAULT["offer"] = offer
    with pytest.raises(DataError) as error:
        PROGRAM.fit(NUMBERS, device="cpu", progress=False)
    assert told in str(error.value)


def test_a_fault_that_shows_only_later_is_told_by_the_batch() -> None:
    sampler = fit(NUMBERS)
    FAULT["drawn"] = lambda values: values[:-1]
    with pytest.raises(DataError, match=r"^%m0: Y \| Z, X \[test-wrong\] returns Y as float32 of shape \(9, 1\)"):
        sampler.sample(10, do={"X": 1}, seed=0)
    FAULT.clear()
    FAULT["sample"] = failing(RuntimeError("out of luck"))
    with pytest.raises(DataError, match="sample of WrongModel raised RuntimeError: out of luck"):
        sampler.sample(10, do={"X": 1}, seed=0)


def test_a_part_within_another_family_is_looked_at_too() -> None:
    """Numbers with point masses are drawn by hurdle, which asks the family for what lies between."""
    masses = np.where(RNG.random(400) < 0.4, 0.0, np.exp(RNG.normal(size=400)))
    data = {"Z": np.arange(400) % 3, "X": np.arange(400) % 2, "Y": masses}
    FAULT["drawn"] = lambda values: values[:1]
    with pytest.raises(
        DataError, match=r"^%m0: Y \| Z, X \[hurdle\]: the link Y \[test-wrong\] returns Y as .* \(1, 1\)"
    ):
        fit(data)


def test_every_built_in_family_is_tried_too(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    from idgen_torch.families import returned

    def seen(source: str, model: Any, task: Task) -> None:
        found.append(source)
        tried(source, model, task)

    monkeypatch.setattr(returned, "tried", seen)
    PROGRAM.fit(NUMBERS, device="cpu", progress=False, epochs=1, ensemble=1)
    assert found == ["%m0: Y | Z, X [flow]"]


def test_a_good_offer_is_no_fault() -> None:
    FAULT["offer"] = lambda task: Offer(99, "mine") if task.inputs else None
    assert PROGRAM.fit(NUMBERS, device="cpu", progress=False).report().models[-1].family == "test-wrong"
