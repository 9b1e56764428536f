"""Models that are brought and do not fit: each gives one line that says what, from both sides, and what to do."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import idgen_compiler as idgen
from idgen_compiler.data.kinds import Categorical, Image
from idgen_compiler.errors import DataError, DataWarning
from idgen_torch.bound import Kernel, Module, OneHot, Pipeline, TextClassifier, TextWriter

RNG = np.random.default_rng(0)
ROWS = 120
Z = RNG.normal(size=ROWS)
X = np.where(RNG.random(ROWS) < 0.5, "yes", "no").astype(object)
DATA = {
    "X": X,
    "Z": Z,
    "Y": Z + (X == "yes") + 0.1 * RNG.normal(size=ROWS),
    "C": RNG.choice(np.array(["a", "b"], dtype=object), ROWS),
    "P": RNG.integers(0, 256, (ROWS, 1, 4, 4)).astype(np.uint8),
}
GRAPH = idgen.ADMG.parse("Z -> X; Z, X -> Y; Z, X -> C; Z, X -> P; C, Y -> A")


def program(target: str, **more: Any) -> idgen.Program:
    """P(target | do(X)) with the target's conditional bound; A is a function of C and Y that no table holds."""
    query = idgen.Query.parse(f"P({target} | do(X))")
    if target == "A":
        return idgen.compile(
            query, GRAPH, functions={"A": ("C", "Y")}, unobserved=["A"], bound=["C | X, Z", "Y | X, Z"]
        )
    return idgen.compile(query, GRAPH, bound=[f"{target} | X, Z"], **more)


def fit(target: str, thing: Any, types: Any = None, **more: Any) -> Any:
    bind = {target: thing}
    if target == "A":
        bind |= {"C": lambda inputs: np.where(inputs["Z"] > 0, "a", "b"), "Y": lambda inputs: inputs["Z"]}
    return program(target).fit(DATA, bind=bind, types=types, check_graph=False, progress=False, **more)


def gives(answer: Callable[[Any, int], Any]) -> Callable[..., Any]:
    """A kernel that looks at its inputs and their number alone."""

    def kernel(inputs: Any, n: int, generator: torch.Generator) -> Any:
        return answer(inputs, n)

    return kernel


def raising(error: BaseException) -> Callable[..., Any]:
    def kernel(inputs: Any, n: int, generator: torch.Generator) -> Any:
        raise error

    return kernel


def pictures(low: float, high: float, kind: str = "float64", shape: tuple[int, ...] = (1, 4, 4)) -> Callable[..., Any]:
    return gives(lambda _, n: np.linspace(low, high, n * 16).reshape(n, *shape).astype(kind))


class Halves(Kernel):
    """Batches of no rows."""

    batch = 0

    def __call__(self, inputs: Any, n: int, generator: torch.Generator) -> Any:
        return np.zeros(n)


LINEAR = torch.nn.Linear(3, 1)
READS = {"X": OneHot(("no", "yes")), "Z": None}

RETURNS: dict[str, tuple[str, Any, str]] = {
    "one row for all": (
        "Y",
        gives(lambda _, n: np.zeros(1)),
        "float64 of shape (1,) from 0 to 0, but 2 finite numbers",
    ),
    "a row too few": ("Y", gives(lambda _, n: np.zeros(n - 1)), "return one value for each of the 2 rows"),
    "a number": ("Y", gives(lambda _, n: 3.0), "the float 3.0, but 2 finite numbers in one axis is wanted; return one"),
    "a column": (
        "Y",
        gives(lambda _, n: np.zeros((n, 1))),
        "float64 of shape (2, 1) from 0 to 0, but 2 finite numbers",
    ),
    "floats to 255": ("P", pictures(0, 255), "divide by 255, or return them rounded to bytes (uint8)"),
    "floats from -1": ("P", pictures(-1, 1), "return (x + 1) / 2, if these run from -1 to 1"),
    "bytes beyond 255": ("P", pictures(0, 300, "int64"), "return finite numbers in one of these ranges"),
    "channels last": ("P", pictures(0, 1, shape=(4, 4, 1)), "return one picture for each row, channels first"),
    "pictures too large": ("P", gives(lambda _, n: np.zeros((n, 1, 8, 8))), "of shape (2, 1, 4, 4) is wanted"),
    "pictures of NaN": ("P", pictures(np.nan, np.nan), "return finite numbers"),
    "masked pictures": ("P", gives(lambda _, n: np.ma.masked_all((n, 1, 4, 4), np.uint8)), "none of them masked"),
    "complex pictures": ("P", pictures(0, 1, "complex128"), "return real numbers or labels"),
    "code 7 of 2": ("C", gives(lambda _, n: np.full(n, 7)), "2 of the labels 'a', 'b' is wanted; 7 is no label"),
    "codes": ("C", gives(lambda _, n: np.arange(n) % 2), "these are codes; return the labels themselves"),
    "codes as floats": ("C", gives(lambda _, n: np.arange(n) % 2.0), "these are codes; return the labels themselves"),
    "labels of bytes": ("C", gives(lambda _, n: np.array([b"a"] * n)), "b'a' is no label"),
    "another label": ("C", gives(lambda _, n: ["c"] * n), "'c' is no label; return those, or say with types= what"),
    "letters": ("C", gives(lambda _, n: "ab"), "the str 'ab', but 2 of the labels"),
    "a set": ("C", gives(lambda _, n: {"a", "b"}), "return one value for each of the 2 rows"),
    "masked labels": ("C", gives(lambda _, n: np.ma.masked_all(n, object)), "some of it masked, but 2 of the labels"),
    "NaN": ("Y", gives(lambda _, n: np.full(n, np.nan)), "of which 2 are not finite, but 2 finite numbers"),
    "infinity": ("Y", gives(lambda _, n: np.full(n, np.inf)), "return finite numbers"),
    "nothing": ("Y", gives(lambda _, n: None), "returns None, but Y is wanted; return {'Y': values}"),
    "nothing in a list": ("Y", gives(lambda _, n: [None] * n), "return finite numbers"),
    "a longer list": ("Y", gives(lambda _, n: [1.0] * (n + 1)), "object of shape (3,)"),
    "no rows": ("Y", gives(lambda _, n: []), "object of shape (0,), but 2 finite numbers"),
    "objects": ("Y", gives(lambda _, n: np.array([object()] * n)), "return numbers"),
    "texts of numbers": ("Y", gives(lambda _, n: ["1.0"] * n), "such as '1.0', '1.0', but 2 finite numbers"),
    "dates": ("Y", gives(lambda _, n: np.full(n, "2020-01-01", "M8[D]")), "datetime64[D] of shape (2,)"),
    "ragged lists": ("Y", gives(lambda _, n: [[1.0], [1.0, 2.0]]), "return an array"),
    "masked numbers": (
        "Y",
        gives(lambda _, n: np.ma.masked_all(n)),
        "return a value for each row, none of them masked",
    ),
    "complex numbers": ("Y", gives(lambda _, n: np.zeros(n, complex)), "take .real of complex ones"),
    "beyond the data": (
        "Y",
        gives(lambda _, n: np.full(n, 1e9)),
        "row 0, 1000000000.0, lies beyond what the data let Y",
    ),
    "a mapping of numbers": ("Y", gives(lambda _, n: {"Y": 1.0}), "the float 1.0, but 2 finite numbers"),
    "another name": ("Y", gives(lambda _, n: {"y": np.zeros(n)}), "returns y, but Y is wanted; return {'Y': values}"),
    "a name too many": ("Y", gives(lambda _, n: {"Y": np.zeros(n), "W": 1}), "returns Y, W, but Y is wanted"),
    "a key that is no name": ("Y", gives(lambda _, n: {3: np.zeros(n)}), "returns 3, but Y is wanted"),
    "a tensor without data": ("Y", gives(lambda _, n: torch.zeros(n, device="meta")), "return an array"),
    "a sparse tensor": ("Y", gives(lambda _, n: torch.zeros(n).to_sparse()), "return an array"),
    "an iterator": ("Y", gives(lambda _, n: iter(range(n))), "return one value for each of the 2 rows"),
    "an error": (
        "Y",
        raising(ValueError("in two\nlines")),
        "raises ValueError: in two lines; it is given X (object (2,))",
    ),
    "an error without words": ("Y", raising(RuntimeError()), "raises RuntimeError; it is given X (object (2,)), Z"),
    "an error of ours": ("Y", raising(DataError("not mine")), "raises not mine; it is given X"),
    "an input that it has not": ("Y", gives(lambda inputs, n: inputs["W"]), "raises KeyError: 'W'; it is given X"),
    "a function of nothing known": ("A", lambda inputs: None, "returns None, but A is wanted"),
    "a function by chance": (
        "A",
        lambda inputs: RNG.normal(size=len(inputs["Y"])),
        "gives two answers for the same C, Y",
    ),
    "a function that chooses": (
        "A",
        lambda inputs: RNG.choice(np.array(["high", "low"]), len(inputs["Y"])),
        "gives two answers for the same C, Y, but a function has one; bring one, or compile with bound=['A | C, Y']",
    ),
    "a function with NaN": (
        "A",
        lambda inputs: np.nan * inputs["Y"],
        "returns A with 120 missing value(s); return a value for each row",
    ),
    "a function of objects": ("A", lambda inputs: [object() for _ in inputs["Y"]], "convert it to one kind"),
    "a function of fields": ("A", lambda inputs: {"a": inputs["Y"]}, "returns a, but A is wanted"),
    "a module's label unlisted": (
        "Y",
        Module(LINEAR, {"X": OneHot(("maybe",)), "Z": None}),
        "which Module(inputs=...) does",
    ),
    "a module's labels unsaid": ("Y", Module(LINEAR, ["X", "Z"]), "say in inputs= what its labels are"),
    "a module's input unknown": ("Y", Module(LINEAR, READS | {"W": None}), "and no W; name its inputs in inputs="),
    "a module's input unread": ("Y", Module(LINEAR, ["Z"]), "Module does not read X, which is an input of the kernel"),
    "a module's width": ("Y", Module(torch.nn.Linear(7, 1), READS), "raises RuntimeError: mat1 and mat2 shapes cannot"),
    "a module's logits": (
        "C",
        Module(LINEAR, READS, gives="logits", labels="ab"),
        "logits of shape (2, 1), but (2, 2)",
    ),
    "a module's codes": ("C", Module(LINEAR, READS, labels="ab"), "codes that are no places among its labels"),
    "a module's deviation": ("Y", Module(LINEAR, READS, gives="normal"), "give a mean and a deviation"),
}
"""What it returns -> its target, the model, and what is said of it."""

REFUSED: dict[str, tuple[str, Any, str]] = {
    "a class": ("Y", dict, "bind['Y'] is the class dict; give a callable f(inputs, n, generator) -> values"),
    "an adapter's class": ("Y", Halves, "bind['Y'] is the class Halves"),
    "a number": ("Y", 3, "bind['Y'] is 3; give a callable"),
    "a text": ("Y", "package:function", "bind['Y'] is 'package:function'; give a callable"),
    "two arguments": ("Y", lambda inputs, n: n, "bind['Y'] takes inputs, n; give a callable"),
    "four arguments": ("Y", lambda a, b, c, d: 0, "bind['Y'] takes a, b, c, d"),
    "no argument": ("Y", lambda: 0, "bind['Y'] takes nothing"),
    "by keyword alone": ("Y", lambda *, inputs, n, generator: 0, "bind['Y'] takes inputs, n, generator"),
    "a fallback that nobody learns": (
        "Y",
        lambda inputs, n, generator, fallback: fallback(inputs),
        "bind['Y'] asks for a fallback, and the program learns none for Y; compile with fallbacks=['Y']",
    ),
    "a module alone": ("Y", LINEAR, "is the module Linear, and nobody knows what it takes; wrap it"),
    "batches of none": ("Y", Halves(), "bind['Y'] has the batch 0; give a number of rows from 1, or None"),
}


def check(error: DataError, told: str) -> None:
    message = str(error)
    assert told in message
    assert "\n" not in message
    assert message.count(";") >= 1  # what is wrong; what to do


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", RETURNS)
def test_what_it_returns_is_refused_in_one_line(name: str, in_an_empty_folder: Path) -> None:
    target, thing, told = RETURNS[name]
    with pytest.raises(DataError) as caught:
        fit(target, thing, store="kept")
    check(caught.value, told)
    assert str(caught.value).startswith(f"%b{2 if target == 'A' else 0}: {target} | ")
    assert os.listdir(in_an_empty_folder) == []  # nothing was begun


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_called_is_refused_before_the_table_is_read(name: str) -> None:
    target, thing, told = REFUSED[name]
    with pytest.raises(DataError) as caught:
        program(target).fit({}, bind={target: thing})
    check(caught.value, told)


FINE = gives(lambda inputs, n: inputs["Z"])
NAMES: dict[str, tuple[Any, str]] = {
    "nothing": (
        None,
        "nothing is bound for 'Y | X, Z'; give bind={'Y | X, Z': ...}, a callable f(inputs, n, generator)",
    ),
    "a list": (["Y"], "bind is ['Y']; give a mapping, such as bind={'Y | X': f}"),
    "an unknown target": (
        {"Yy": FINE},
        "bind names 'Yy', which is no conditional of the program; known names: Y | X, Z",
    ),
    "other inputs": ({"Y | X": FINE}, "bind names 'Y | X', and the program has 'Y | X, Z' (%b0); name the one that"),
    "no text": ({3: FINE}, "bind names 3; name a conditional by its text, such as 'Y | X, Z'"),
    "no conditional": ({"Y |": FINE}, "bind names 'Y |', which is no conditional"),
    "an intervention": ({"Y | X, Z ; do(W)": FINE}, "and the program has 'Y | X, Z' (%b0)"),
    "one twice": (
        {"Y": FINE, "Y | Z, X": FINE},
        "bind names 'Y | Z, X' and 'Y', which are one conditional; give it once",
    ),
}


@pytest.mark.parametrize("name", NAMES)
def test_names_of_nothing_are_refused(name: str) -> None:
    bind, told = NAMES[name]
    with pytest.raises(DataError) as caught:
        program("Y").fit(DATA, bind=bind)
    check(caught.value, told)


TYPES: dict[str, tuple[Any, str]] = {
    "pictures": ({"A": Image(1, 4, 4)}, "bool of shape (32,) from 0 to 1, but bytes from 0 to 255"),
    "other labels": ({"A": Categorical(("x", "y"))}, "is no label; return those, or say with types= what labels"),
    "no kind": ({"A": "imagee"}, "types['A'] is 'imagee'; choose categorical"),
    "no type": ({"A": 5}, "types['A'] is 5; choose categorical"),
}


@pytest.mark.parametrize("name", TYPES)
def test_types_that_do_not_fit_are_refused(name: str) -> None:
    types, told = TYPES[name]
    with pytest.raises(DataError) as caught:
        fit("A", lambda inputs: inputs["Y"] > inputs["Y"].mean(), types=types)
    check(caught.value, told)


ADAPTERS: dict[str, tuple[Callable[[], Any], str]] = {
    "a module of nothing": (lambda: Module(3, ["X"]), "Module wraps a torch.nn.Module, not 3"),  # type: ignore[arg-type]
    "inputs in one text": (lambda: Module(LINEAR, "XZ"), "give a list of variables, in the module's order"),
    "gives nonsense": (lambda: Module(LINEAR, ["X"], gives="x"), "choose values, logits"),  # type: ignore[arg-type]
    "logits of nothing": (lambda: Module(LINEAR, ["X"], gives="logits"), "lacks labels=; list those of the target"),
    "weights nowhere": (lambda: Module(LINEAR, ["X"], weights="no.safetensors"), "is no file here"),
    "batches of a half": (lambda: Module(LINEAR, ["X"], batch=0.5), "give how many rows"),  # type: ignore[arg-type]
    "offloaded a little": (lambda: Module(LINEAR, ["X"], offload=1), "give True or False"),  # type: ignore[arg-type]
    "a pipeline elsewhere": (lambda: Pipeline("google/ddpm"), "is no folder here, and nothing is fetched"),
    "a pipeline of nothing": (lambda: Pipeline(len), "Pipeline wraps a pipeline of diffusers or its folder"),
    "a classifier elsewhere": (lambda: TextClassifier("bert", str), "is no folder here, and nothing is fetched"),
    "a classifier of nothing": (lambda: TextClassifier(3, str), "wraps a folder or a pair (model, tokenizer), not 3"),
    "texts of nothing": (lambda: TextClassifier(".", "x"), "give a function from the inputs"),  # type: ignore[arg-type]
    "a cold writer": (lambda: TextWriter(".", str, temperature=0), "give a number above 0"),
}


@pytest.mark.parametrize("name", ADAPTERS)
def test_adapters_refuse_what_they_cannot_wrap(name: str) -> None:
    build, told = ADAPTERS[name]
    with pytest.raises(DataError) as caught:
        build()
    check(caught.value, told)


def test_chance_that_the_generator_does_not_decide_is_told() -> None:
    with pytest.warns(DataWarning, match="equal seeds do not give equal samples; draw from the generator"):
        fit("Y", gives(lambda _, n: RNG.normal(size=n)))


def test_a_kernel_that_looks_at_nothing_is_told_of_numbers_soon() -> None:
    sampler = fit("Y", gives(lambda _, n: np.zeros(n)))
    with pytest.warns(
        DataWarning, match="one and the same Y for 200 rows of different inputs; it may not look at them"
    ):
        sampler.sample(200, do={"X": "yes"}, seed=0)


def test_a_label_may_be_rare_but_not_for_ever() -> None:
    sampler = fit("C", gives(lambda _, n: ["a"] * n))
    sampler.sample(20_000, do={"X": "yes"}, seed=0)  # says nothing, which pytest would make an error: X may decide it
    sampler.sample(5_000, do={"X": ["yes", "no"] * 2_500}, seed=0)
    with pytest.warns(DataWarning, match="one and the same C for 10000 rows"):
        sampler.sample(5_000, do={"X": ["yes", "no"] * 2_500}, seed=1)


def test_an_error_in_the_middle_of_a_fit_leaves_the_next_one_whole(in_an_empty_folder: Path) -> None:
    graph = idgen.ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y")
    asked = idgen.compile(idgen.Query.parse("P(Y | do(X))"), graph, bound=["X | W1, W2"], realize="regenerate")
    w1, w2, x, y = (RNG.integers(2, size=200) for _ in range(4))
    data = {"W1": w1, "W2": w2, "X": x, "Y": y}

    def late(inputs: Any, n: int, generator: torch.Generator) -> Any:
        if n > 2 and not healed:
            raise RuntimeError("no more")
        return torch.randint(2, (n,), generator=generator)

    healed: list[bool] = []
    more: dict[str, Any] = {"epochs": 1, "ensemble": 1, "check_graph": False, "progress": False, "store": "kept"}
    with pytest.raises(DataError, match=r"X \| W1, W2 .* raises RuntimeError: no more"):
        asked.fit(data, bind={"X": late}, **more)
    healed.append(True)
    again = asked.fit(data, bind={"X": late}, **more).sample(50, do={"X": 1}, seed=0)["Y"]
    fresh = asked.fit(data, bind={"X": late}, **{**more, "store": None}).sample(50, do={"X": 1}, seed=0)["Y"]
    np.testing.assert_array_equal(again, fresh)


@pytest.mark.parametrize("judge", [
    lambda inputs: np.where(inputs["Y"] > inputs["Y"].mean(), "high", "low"),
    lambda inputs: np.where(inputs["Y"] == inputs["Y"].max(), "high", "low"),
])  # fmt: skip
def test_a_function_that_looks_at_its_neighbors_is_refused(judge: Any) -> None:
    graph = idgen.ADMG.parse("X -> Y -> A")
    program = idgen.compile(idgen.Query.parse("P(A | do(X))"), graph, functions={"A": ("Y",)}, unobserved=["A"])
    rng = np.random.default_rng(0)
    rows = {"X": rng.integers(2, size=100), "Y": rng.normal(size=100)}
    with pytest.raises(DataError, match=r"gives other answers for the same Y in other company: one row alone"):
        program.fit(rows, bind={"A": judge}, seed=0)


def test_a_kernel_with_a_seed_of_its_own_is_told() -> None:
    with pytest.warns(DataWarning, match="draws the same from every generator, so that every batch and every seed"):
        fit("Y", gives(lambda _, n: np.random.default_rng(0).normal(size=n)))


@pytest.mark.parametrize("spread", ["a", -1, float("nan"), True])
def test_a_spread_is_a_standard_deviation(spread: Any) -> None:
    with pytest.raises(DataError, match="give a standard deviation, a number from 0"):
        Module(torch.nn.Linear(1, 1), ["X"], spread=spread)


def test_a_function_that_the_table_contradicts_is_told_and_one_that_it_shows_is_not() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.integers(2, size=100), rng.normal(size=100)
    rows = {"X": x, "Y": y, "A": np.where(y > 0, "high", "low")}
    program = idgen.compile(idgen.Query.parse("P(A | do(X))"), idgen.ADMG.parse("X -> Y -> A"), functions={"A": "Y"})
    program.fit(rows, bind={"A": lambda inputs: np.where(inputs["Y"] > 0, "high", "low")}, seed=0)
    with pytest.warns(DataWarning, match=r"differs from the table's own A in \d+ of the first 32 rows; bring"):
        program.fit(rows, bind={"A": lambda inputs: np.where(inputs["Y"] < 0, "high", "low")}, seed=0)


def test_missing_values_of_what_no_table_holds_are_the_functions_own() -> None:
    graph = idgen.ADMG.parse("X -> Y -> A")
    program = idgen.compile(idgen.Query.parse("P(A | do(X))"), graph, functions={"A": "Y"}, unobserved=["A"])
    rows = {"X": [0, 1] * 50, "Y": [0.5, 1.5, 2.5, 3.5] * 25}
    with pytest.raises(DataError, match=r"returns A with \d+ missing value\(s\); return"):
        program.fit(rows, bind={"A": lambda inputs: [None if y > 1 else "low" for y in inputs["Y"]]}, seed=0)


def test_a_bare_pipeline_is_told_of_its_adapter() -> None:
    class Bare:
        components: dict[str, Any] = {}

        def save_pretrained(self) -> None: ...

        def __call__(self, batch_size: int) -> None: ...

    with pytest.raises(DataError, match=r"is the pipeline Bare; wrap it, as in idgen_torch\.bound\.Pipeline"):
        fit("Y", Bare())
