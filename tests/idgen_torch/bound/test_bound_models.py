"""Models that are brought, as samplers use them: units and labels, fallbacks, batches, seeds, files and stores."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch

import idgen_compiler as idgen
from idgen_compiler.data.kinds import Categorical, Image, Numeric
from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError, DataWarning
from idgen_compiler.ir.operations import Bind
from idgen_compiler.store import Store
from idgen_torch.bound import BoundModel, Kernel, Module, OneHot, Scaled, as_brought, numpy_stream, trial
from idgen_torch.bound.binding import brought_for
from idgen_torch.observed import read_observed
from idgen_torch.parts import Values
from idgen_torch.seeds import stream_for

RNG = np.random.default_rng(0)
ROWS = 400
Z = RNG.normal(size=ROWS)
X = np.where(RNG.random(ROWS) < 0.5, "yes", "no").astype(object)
DATA: dict[str, Any] = {
    "X": X,
    "Z": Z,
    "Y": Z + (X == "yes") + 0.1 * RNG.normal(size=ROWS),
    "C": RNG.choice(np.array(["a", "b"], dtype=object), ROWS),
    "N": RNG.integers(0, 90, ROWS),
    "D": np.datetime64("2020-01-01") + RNG.integers(0, 300, ROWS),
    "P": RNG.integers(0, 256, (ROWS, 1, 4, 4)).astype(np.uint8),
    "W.color": RNG.choice(np.array(["red", "blue"], dtype=object), ROWS),
    "W.size": RNG.normal(size=ROWS),
}
GRAPH = idgen.ADMG.parse("Z -> X; Z, X -> Y; Z, X -> C; Z, X -> N; Z, X -> D; Z, X -> P; Z, X -> W; X, Y -> A")
QUIET: dict[str, Any] = {"check_graph": False, "progress": False}


def program(target: str, **more: Any) -> idgen.Program:
    return idgen.compile(idgen.Query.parse(f"P({target} | do(X))"), GRAPH, bound=[f"{target} | X, Z"], **more)


def noisy(inputs: Any, n: int, generator: torch.Generator) -> Any:
    assert len(inputs["Z"]) == n
    return inputs["Z"] + (inputs["X"] == "yes") + 0.1 * torch.randn(n, generator=generator).numpy()


def yes(inputs: Any) -> Any:
    return inputs["X"] == "yes"


VALUES: dict[str, tuple[Any, Any]] = {
    "C": (lambda i, n, g: np.where(yes(i), "a", "b"), "a"),
    "N": (lambda i, n, g: np.where(yes(i), 17, 3), 17),
    "D": (lambda i, n, g: np.where(yes(i), np.datetime64("2020-02-03"), np.datetime64("2020-05-01")), "2020-02-03"),
    "P": (lambda i, n, g: np.where(yes(i), 0.2, 0.8)[:, None, None, None] * np.ones((1, 1, 4, 4)), 51),
    "Y": (lambda i, n, g: torch.tensor(np.where(yes(i), 1.5, 0.5)).double().requires_grad_(), 1.5),
}


@pytest.mark.parametrize("target", VALUES)
def test_values_come_and_go_in_the_users_own_units(target: str) -> None:
    model, wanted = VALUES[target]
    seen: list[dict[str, Any]] = []

    def watched(inputs: Any, n: int, generator: torch.Generator) -> Any:
        seen.append(inputs)
        return model(inputs, n, generator)

    sampler = program(target).fit(DATA, bind={target: watched}, **QUIET)
    drawn = sampler.sample(5, do={"X": "yes"}, seed=0)[target]
    if target == "Y":
        np.testing.assert_allclose(drawn, wanted, atol=1e-6)
    else:
        assert (drawn.astype(str) == str(wanted)).all()
    assert drawn.dtype == np.asarray(DATA[target]).dtype
    assert set(seen[-1]["X"]) == {"yes"}
    assert set(np.round(seen[-1]["Z"], 4)) <= set(np.round(Z, 4))
    assert seen[-1]["X"].flags.writeable  # also a value that stands for all rows


def test_a_composite_is_given_and_taken_by_its_fields() -> None:
    graph = idgen.ADMG.parse("Z -> X; Z, X -> W -> V")
    data = DATA | {"V": np.where(DATA["W.color"] == "red", 1.0, 0.0) + RNG.normal(size=ROWS)}
    asked = idgen.compile(idgen.Query.parse("P(V | do(X))"), graph, bound=["W | X, Z", "V | W"])
    given: list[Any] = []

    def value(inputs: Any, n: int, generator: torch.Generator) -> Any:
        given.append(inputs["W"])
        return np.where(inputs["W"]["color"] == "red", 1.0, 0.0)

    def both(inputs: Any, n: int, generator: torch.Generator) -> Any:
        return {"W": {"color": np.where(yes(inputs), "red", "blue"), "size": inputs["Z"]}}

    sampler = asked.fit(data, bind={"W": both, "V": value}, **QUIET)
    assert np.allclose(sampler.sample(6, do={"X": "yes"}, seed=0)["V"], 1.0, atol=1e-5)
    assert given[-1].dtype.names == ("color", "size")
    assert set(given[-1]["color"]) == {"red"}


def test_a_kernel_with_nothing_above_it() -> None:
    asked = idgen.compile(
        idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("Z -> X -> Y; Z -> Y"), bound=["Z", "Y | X, Z"]
    )
    bind = {
        "Z": lambda inputs, n, generator: 0.25 + 0.01 * torch.randn(n, generator=generator),
        "Y": noisy,
    }
    drawn = asked.fit(DATA, bind=bind, **QUIET).sample(500, do={"X": "yes"}, seed=0)["Y"]
    assert abs(drawn.mean() - 1.25) < 0.05


def test_equal_seeds_draw_equally_and_others_do_not() -> None:
    sampler = program("Y").fit(DATA, bind={"Y": noisy}, **QUIET)
    first, again, other = (sampler.sample(50, do={"X": "yes"}, seed=seed)["Y"] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()
    assert len(sampler.sample(0, do={"X": "yes"}, seed=0)["Y"]) == 0


def test_draws_of_numpy_follow_the_generator() -> None:
    def model(inputs: Any, n: int, generator: torch.Generator) -> Any:
        return inputs["Z"] + numpy_stream(generator).normal(size=n)

    sampler = program("Y").fit(DATA, bind={"Y": model}, **QUIET)
    first, again = (sampler.sample(50, do={"X": "no"}, seed=3)["Y"] for _ in range(2))
    np.testing.assert_array_equal(first, again)


class InFours(Kernel):
    """The kernel above, at most four rows at once."""

    batch = 4

    def __init__(self) -> None:
        self.sizes: list[int] = []

    @property
    def digest(self) -> str:
        return "in fours"

    def __call__(self, inputs: Any, n: int, generator: torch.Generator) -> Any:
        self.sizes.append(n)
        return noisy(inputs, n, generator)


def test_rows_come_in_batches() -> None:
    kernel = InFours()
    sampler = program("Y").fit(DATA, bind={"Y": kernel}, **QUIET)
    kernel.sizes.clear()
    assert len(sampler.sample(10, do={"X": "yes"}, seed=0)["Y"]) == 10
    assert kernel.sizes == [4, 4, 2]


def test_a_fallback_answers_where_the_kernel_does_not() -> None:
    def model(inputs: Any, n: int, generator: torch.Generator, fallback: Any) -> Any:
        out = fallback(inputs)
        known = inputs["X"] == "yes"
        out[known] = 9.0
        return out

    asked = program("Y", fallbacks=["Y"])
    data = DATA | {"Y": np.append(DATA["Y"][1:], 9.0)}
    sampler = asked.fit(data, bind={"Y": model}, epochs=20, ensemble=1, **QUIET)
    assert np.allclose(sampler.sample(5, do={"X": "yes"}, seed=0)["Y"], 9.0, atol=1e-4)
    learned = sampler.sample(500, do={"X": "no"}, seed=0)["Y"]
    assert learned.std() > 0.3
    assert abs(learned.mean() - data["Y"][:-1].mean()) < 0.7
    with pytest.warns(DataWarning, match=r"learns a fallback for 'Y', and .*noisy never asks for it"):
        asked.fit(data, bind={"Y": noisy}, epochs=1, ensemble=1, **QUIET)


def test_a_fallback_is_asked_for_some_rows_and_all_inputs() -> None:
    def some(inputs: Any, n: int, generator: torch.Generator, fallback: Any) -> Any:
        return np.concatenate([fallback({name: v[:1] for name, v in inputs.items()})] * n)

    asked = program("C", fallbacks=["C"])
    sampler = asked.fit(DATA, bind={"C": some}, epochs=1, ensemble=1, **QUIET)
    assert set(sampler.sample(4, do={"X": "yes"}, seed=0)["C"]) <= {"a", "b"}
    wrong = {
        "without Z; hand it all": lambda i, n, g, fallback: fallback({"X": i["X"]}),
        r"rows that do not match \(4 of X, 1 of Z\)": lambda i, n, g, fallback: fallback(
            {"X": i["X"], "Z": i["Z"][:1]}
        ),
        "to its fallback, returns X as": lambda i, n, g, fallback: fallback({"X": i["Z"], "Z": i["Z"]}),
    }
    for told, model in wrong.items():

        def late(inputs: Any, n: int, generator: Any, fallback: Any, model: Any = model) -> Any:
            return model(inputs, n, generator, fallback) if n > 2 else ["a"] * n

        sampler = asked.fit(DATA, bind={"C": late}, epochs=1, ensemble=1, **QUIET)
        with pytest.raises(DataError, match=told):
            sampler.sample(4, do={"X": "yes"}, seed=0)


def test_what_a_fallback_draws_is_looked_at() -> None:
    class Astray:
        """A model whose code of no label would be the last one, counted from behind."""

        targets = (Part("C", size=2),)
        inputs = (Part("X", size=2),)

        def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
            return {"C": torch.tensor([*[0] * (n - 1), -1])}

    op = Bind("%b0", ("C",), ("X",), fallback=("%m0",))
    brought = as_brought("C", lambda inputs, n, generator, fallback: fallback(inputs))
    kinds = {"C": Categorical(("a", "b")), "X": Categorical(("no", "yes"))}
    model = BoundModel(op, brought, kinds, cast(Any, Astray()))
    with pytest.raises(DataError, match=r"^%b0: C \| X \(.*\), its fallback, returns C as int64 .* from -1 to 0"):
        model.sample({"X": torch.tensor([0, 1, 1])}, 3, torch.Generator().manual_seed(0))


def test_the_trial_hands_out_generators_of_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[torch.device] = []

    def stream(seed: int, *names: str, device: torch.device) -> torch.Generator:
        asked.append(device)
        return stream_for(seed, *names)

    monkeypatch.setattr(trial, "stream_for", stream)
    chip, op = torch.device("cuda", 0), program("Y")
    schema, observed = read_observed(DATA, op.observe.variables, None, None, 0)
    trial.tried(op, brought_for(op, {"Y": noisy}), schema, observed.rows, {}, 0, chip)
    assert len(asked) > 2
    assert set(asked) == {chip}


def test_what_no_table_holds_gets_the_kind_of_what_is_returned() -> None:
    query = idgen.Query.parse("P(A | do(X))")
    asked = idgen.compile(query, GRAPH, functions={"A": ("X", "Y")}, unobserved=["A"])
    words = asked.fit(DATA, bind={"A": lambda i: np.where(i["Y"] > 0, "up", "down")}, epochs=1, ensemble=1, **QUIET)
    assert words.schema["A"] == Categorical(("down", "up"), "object")
    assert set(words.sample(50, do={"X": "yes"}, seed=0)["A"]) <= {"up", "down"}
    shown = asked.fit(DATA, bind={"A": lambda i: np.zeros((len(i["Y"]), 1, 2, 2)) + (i["Y"] > 0)[:, None, None, None]},
                      types={"A": Image(1, 2, 2)}, epochs=1, ensemble=1, **QUIET)  # fmt: skip
    assert shown.sample(3, do={"X": "yes"}, seed=0)["A"].shape == (3, 1, 2, 2)


def test_keys_as_they_are_printed() -> None:
    asked = program("Y")
    spellings = ["Y | X, Z", "Y | Z, X", "Y", "%b0", "P(Y | X, Z)", "%b0: Y | X, Z", " Y|X,Z "]
    report = str(asked.fit(DATA, bind={"Y": noisy}, **QUIET).report())
    (line,) = [line.split("[")[0].strip() for line in report.splitlines() if "bound" in line]
    comments = [line.split("#")[1].strip() for line in str(asked).splitlines() if " = bind " in line]
    for key in (*spellings, line, *comments):
        assert len(asked.fit(DATA, bind={key: noisy}, **QUIET).sample(2, do={"X": "yes"}, seed=0)["Y"]) == 2
    made = idgen.compile(
        idgen.Query.parse("P(A | do(X))"), GRAPH, functions={"A": ("X", "Y")}, unobserved=["A"], bound=["Y | X, Z"]
    )
    assert made.fit(DATA, bind={"A = (X, Y)": lambda i: i["Y"] > 0, "Y": noisy}, **QUIET).program == made


NAPKIN = idgen.ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y")
BITS = {name: RNG.integers(2, size=300) for name in ("W1", "W2", "X", "Y")}
FEW: dict[str, Any] = QUIET | {"epochs": 1, "ensemble": 1}


def coin(inputs: Any, n: int, generator: torch.Generator) -> Any:
    return torch.randint(2, (n,), generator=generator)


def test_a_trained_conditional_is_brought_by_the_law_that_it_is_of() -> None:
    asked = idgen.compile(idgen.Query.parse("P(Y | do(X))"), NAPKIN, realize="regenerate")
    (last,) = [op for op in asked.models if op.data != asked.observe.result]
    with pytest.raises(DataError, match=r"bind names 'Y \| X', and the program has .* or 'Y \| X ; do\(W2\)'"):
        asked.fit(BITS, bind={"Y | X": coin}, **FEW)
    for key in ("Y | X ; do(W2)", "P(Y | X ; do(W2))", last.result):
        report = asked.fit(BITS, bind={key: coin}, **FEW).report()
        assert [(one.operation, one.models) for one in report.kernels] == [(last.result, "Y | X ; do(W2)")]


def test_a_saved_sampler_names_what_it_lacks_as_it_is_bound(tmp_path: Path) -> None:
    asked = idgen.compile(idgen.Query.parse("P(Y | do(X))"), NAPKIN, realize="regenerate")
    sampler = asked.fit(BITS, bind={"Y | X ; do(W2)": coin}, **FEW)
    sampler.save(tmp_path / "s")
    with pytest.raises(DataError) as lacking:
        idgen.load(tmp_path / "s")
    (key,) = re.findall(r"load it with bind=\{'(.+?)': \.\.\.\}", str(lacking.value))
    loaded = idgen.load(tmp_path / "s", bind={key: coin})
    np.testing.assert_array_equal(*(s.sample(20, do={"X": 1}, seed=2)["Y"] for s in (sampler, loaded)))
    with pytest.warns(DataWarning, match=r"'Y \| X ; do\(W2\)' is bound to .*, and the sampler .* of other code"):
        idgen.load(tmp_path / "s", bind={key: lambda inputs, n, generator: coin(inputs, n, generator)})


def test_what_only_draws_weighs_no_rows() -> None:
    asked = idgen.compile(idgen.Query.parse("P(Y | do(X))"), NAPKIN)
    (by,) = [name for law in asked.laws if law.reweight for name in law.reweight.by]
    sampler = asked.fit(BITS, bind={by: coin}, **FEW)
    assert [choice.chosen for choice in sampler.report().choices] == ["regenerate"]
    assert f"what is brought for {by} has no density" in sampler.report().choices[0].reason
    weighed = asked.realized("reweight")
    with pytest.raises(
        DataError, match=r"whose density weighs the rows of %law0, and what is brought only draws; leave it"
    ):
        weighed.fit(BITS, bind={by: coin}, **FEW)


def shifted(by: float) -> Any:
    def model(inputs: Any, n: int, generator: torch.Generator) -> Any:
        return inputs["Z"] + by + 0.1 * torch.randn(n, generator=generator).numpy()

    return model


def test_a_saved_sampler_is_loaded_with_what_it_does_not_hold(tmp_path: Path) -> None:
    sampler = program("Y").fit(DATA, bind={"Y": shifted(1.0)}, **QUIET)
    sampler.save(tmp_path / "s")
    with pytest.raises(
        DataError, match=r"does not hold \('Y \| X, Z' was .*shifted.*\); load it with bind=\{'Y \| X, Z'"
    ):
        idgen.load(tmp_path / "s")
    with pytest.raises(DataError, match="which is no conditional of the program"):
        idgen.load(tmp_path / "s", bind={"Y": shifted(1.0), "Q": noisy})
    loaded = idgen.load(tmp_path / "s", bind={"Y": shifted(1.0)})
    np.testing.assert_array_equal(*(s.sample(20, do={"X": "no"}, seed=2)["Y"] for s in (sampler, loaded)))
    with pytest.warns(DataWarning, match=r"of other code or weights; fit it anew"):
        idgen.load(tmp_path / "s", bind={"Y": shifted(2.0)})
    assert not [path for path in (tmp_path / "s").iterdir() if path.suffix in (".pkl", ".pt", ".bin")]


def test_a_trained_model_is_not_replaced_by_loading(tmp_path: Path) -> None:
    asked = idgen.compile(idgen.Query.parse("P(Y | do(X))"), GRAPH)
    asked.fit(DATA, **FEW).save(tmp_path / "s")
    with pytest.raises(DataError, match=r"bind names 'Y \| Z, X', of which .* has a trained model; leave it out"):
        idgen.load(tmp_path / "s", bind={"Y": noisy})


def test_what_a_law_was_made_of_need_not_be_brought_again(tmp_path: Path) -> None:
    asked = idgen.compile(idgen.Query.parse("P(Y | do(X))"), NAPKIN, bound=["X | W1, W2"], realize="regenerate")
    sampler = asked.fit(BITS, bind={"X": coin}, **FEW)
    sampler.save(tmp_path / "s")
    for more in ({}, {"bind": {"X": coin}}):
        loaded = idgen.load(tmp_path / "s", **more)
        np.testing.assert_array_equal(*(s.sample(20, do={"X": 1}, seed=2)["Y"] for s in (sampler, loaded)))


@pytest.mark.filterwarnings("ignore:the store .* has other models:idgen_compiler.errors.StoreWarning")
def test_what_rests_on_another_model_is_another_artefact(tmp_path: Path) -> None:
    asked = idgen.compile(idgen.Query.parse("P(Y | do(X))"), NAPKIN, bound=["X | W1, W2"], realize="regenerate")
    weights = torch.full((2, 2), 0.5)

    def biased(by: torch.Tensor) -> Any:
        def model(inputs: Any, n: int, generator: torch.Generator) -> Any:
            rows = by[torch.from_numpy(inputs["W1"]), torch.from_numpy(inputs["W2"])]
            return torch.bernoulli(rows, generator=generator).long()

        return model

    for by in (weights, weights.clone(), weights + 0.4):
        asked.fit(BITS, bind={"X": biased(by)}, store=tmp_path, **FEW)
    drawn = [artefact for artefact in Store.open(tmp_path).artefacts() if artefact.kind == "data"]
    assert len(drawn) == 2  # equal weights draw the same rows, others do not


def test_a_number_that_is_cut_on_its_way_to_a_kernel_is_told_of_whoever_sets_it() -> None:
    rng = np.random.default_rng(0)
    data: dict[str, Any] = {"Z": rng.normal(size=ROWS), "X": rng.beta(2, 2, ROWS), "Y": rng.normal(size=ROWS)}
    handed: list[float] = []

    def kernel(inputs: Any, n: int, generator: torch.Generator) -> Any:
        handed.append(float(inputs["X"].max()))
        return torch.randn(n, generator=generator, dtype=torch.float64) * 0.1

    types = {"X": Numeric(support=(0, 1))}
    sampler = program("Y").fit(data, bind={"Y": kernel}, types=types, **QUIET)
    told = r"do\(X\) is 1\.02, which lies beyond what the data let X be; what is brought is handed 1\.0; set"
    law = idgen.Law(lambda inputs, n, generator: np.where(np.arange(n) == 3, 1.02, 0.5))
    for policy in (1.02, np.full(5, 1.02), idgen.Fixed(1.02), law):
        with pytest.warns(idgen.OverlapWarning, match=told):
            sampler.sample(5, do={"X": policy}, seed=0)
        assert handed[-1] == 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sampler.sample(5, do={"X": 0.9}, seed=0)


# -- modules ----------------------------------------------------------------------------------------------------------


class Bottleneck(torch.nn.Module):
    """A small network with dropout, which is off where it is asked."""

    def __init__(self, out: int) -> None:
        super().__init__()
        self.net = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.Dropout(0.5), torch.nn.Linear(8, out))

    def forward(self, columns: torch.Tensor) -> torch.Tensor:
        assert torch.is_inference_mode_enabled()
        result: torch.Tensor = self.net(columns)
        return result


READS = {"X": OneHot(("no", "yes")), "Z": Scaled(0.0, 2.0)}


def test_a_module_draws_labels_from_its_softmax() -> None:
    torch.manual_seed(0)
    module = Bottleneck(2).train()
    with torch.no_grad():
        module.net[2].weight.zero_()
        module.net[2].bias.copy_(torch.tensor([0.0, np.log(3.0)]))
    kernel = Module(module, READS, gives="logits", labels=("a", "b"), batch=64)
    before = torch.get_rng_state()
    drawn = program("C").fit(DATA, bind={"C": kernel}, **QUIET).sample(2_000, do={"X": "yes"}, seed=0)["C"]
    assert abs((drawn == "b").mean() - 0.75) < 0.04
    assert not module.training
    assert bool((before == torch.get_rng_state()).all())


def test_a_mean_is_the_value_and_what_it_varies_by_is_said() -> None:
    module = Bottleneck(1)
    inputs = {"X": X, "Z": Z}
    mean = Module(module, READS, gives="mean")
    first = mean(inputs, ROWS, torch.Generator().manual_seed(0))
    np.testing.assert_array_equal(first, mean(inputs, ROWS, torch.Generator().manual_seed(1)))
    spread = Module(module, READS, gives="mean", spread=0.5)(inputs, ROWS, torch.Generator().manual_seed(0))
    assert abs(float((spread - first).std()) - 0.5) < 0.06


class Painter(torch.nn.Module):
    """Noise, brightened where X is yes."""

    def forward(self, picture: torch.Tensor, codes: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        assert picture.dtype == torch.float32
        assert 0 <= float(picture.min()) <= float(picture.max()) <= 1
        assert codes.dtype == torch.int64
        return (noise + codes[:, None, None, None] + picture).tanh()


def test_a_module_paints_from_noise() -> None:
    kernel = Module(Painter(), {"P": None, "X": ("no", "yes")}, noise=(1, 4, 4), gives="signed pictures")
    inputs = {"P": DATA["P"], "X": X}
    drawn = [kernel(inputs, ROWS, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1)]
    assert drawn[0].shape == (ROWS, 1, 4, 4)
    assert 0 <= float(drawn[0].min()) <= float(drawn[0].max()) <= 1
    assert bool((drawn[0] == drawn[1]).all())
    assert not bool((drawn[0] == drawn[2]).all())


def test_weights_are_read_when_it_is_first_asked(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    trained, fresh = Bottleneck(1), Bottleneck(1)
    save_file(trained.state_dict(), tmp_path / "w.safetensors")
    kernel = Module(fresh, READS, gives="mean", weights=tmp_path / "w.safetensors")
    assert not bool((fresh.net[0].weight == trained.net[0].weight).all())
    kernel({"X": X, "Z": Z}, ROWS, torch.Generator())
    assert bool((fresh.net[0].weight == trained.net[0].weight).all())
    save_file({"other": torch.zeros(1)}, tmp_path / "w.safetensors")
    with pytest.raises(DataError, match="cannot take the weights of"):
        Module(Bottleneck(1), READS, weights=tmp_path / "w.safetensors")({"X": X, "Z": Z}, ROWS, torch.Generator())


class Crowded(torch.nn.Module):
    """Has room for so many rows; more is what CUDA raises."""

    room = 64

    def forward(self, columns: torch.Tensor) -> torch.Tensor:
        if len(columns) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return columns[:, :1] + torch.randn(len(columns), 1)


def test_out_of_memory_halves_what_is_drawn_at_once() -> None:
    kernel = Module(Crowded(), READS)
    assert len(kernel({"X": X, "Z": Z}, ROWS, torch.Generator().manual_seed(0))) == ROWS
    assert kernel.offload
    crowded = Crowded()
    crowded.room = 0
    with pytest.raises(DataError, match=r"Module\(Crowded\) has no room for one row on cpu; fit with device='cpu'"):
        Module(crowded, READS)({"X": X, "Z": Z}, ROWS, torch.Generator())


def test_what_a_module_draws_globally_follows_the_generator() -> None:
    kernel = Module(Crowded(), READS)
    inputs = {"X": X[:9], "Z": Z[:9]}
    before = torch.get_rng_state()
    first, again, other = (kernel(inputs, 9, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1))
    assert bool((first == again).all())
    assert not bool((first == other).any())
    assert bool((before == torch.get_rng_state()).all())


def test_digests_are_of_weights_and_options_and_of_nothing_else() -> None:
    torch.manual_seed(0)
    module = Bottleneck(1)
    twin = Bottleneck(1)
    twin.load_state_dict(module.state_dict())
    same = [Module(module, READS), Module(twin, READS), Module(module, READS, batch=3, offload=True)]
    assert len({kernel.digest for kernel in same}) == 1
    same[0]({"X": X, "Z": Z}, ROWS, torch.Generator())
    assert same[0].digest == Module(module, READS).digest
    others = [Module(Bottleneck(1), READS), Module(module, READS, gives="mean"), Module(module, ["X", "Z"])]
    assert len({kernel.digest for kernel in (*others, same[0])}) == 4


def test_other_backends_say_what_they_make_of_what_is_brought(tmp_path: Path) -> None:
    asked = idgen.compile(
        idgen.Query.parse("P(A | do(X))"), GRAPH, functions={"A": ("X", "Y")}, unobserved=["A"], bound=["Y | X, Z"]
    )
    bind: dict[str, Any] = {"A": lambda inputs: 1 / 0, "Y": lambda inputs, n, generator: 1 / 0}
    sampler = asked.fit(DATA, backend="null", bind=bind, types={"A": Image(3, 2, 2)}, check_graph=False)
    assert sampler.sample(4, do={"X": "yes"})["A"].shape == (4, 3, 2, 2)
    sampler.save(tmp_path / "s")
    assert idgen.load(tmp_path / "s", bind=bind).sample(4, do={"X": "yes"})["A"].shape == (4, 3, 2, 2)
    for wrong, told in (
        ({"bind": bind}, "calls nothing to see what A is; say types"),
        ({"bind": {"A": bind["A"]}, "types": {"A": Image(3, 2, 2)}}, r"nothing is bound for 'Y \| X, Z'"),
        ({"bind": bind | {"A": 3}, "types": {"A": Image(3, 2, 2)}}, r"bind\['A'\] is 3; give a callable"),
    ):
        with pytest.raises(DataError, match=told):
            asked.fit(DATA, backend="null", check_graph=False, **wrong)
    bits = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"), bound=["Y | X"])
    joint = idgen.Joint(("X", "Y"), np.full((2, 2), 0.25))
    with pytest.raises(DataError, match="the exact backend computes bound kernels from the joint"):
        bits.fit(joint, backend="exact", bind={"Y": coin})


def test_the_checks_of_a_fit_run_with_what_is_brought() -> None:
    # The graph leaves out Z -> Y, on which Y depends; the probe asks at values of X that no row has with Z.
    rng = np.random.default_rng(1)
    z = rng.normal(size=1_000)
    x = np.where(z > 0, "yes", "no").astype(object)
    data = {"Z": z, "X": x, "M": z + rng.normal(size=1_000), "Y": 2 * z + rng.normal(size=1_000)}
    graph = idgen.ADMG.parse("Z -> X; Z -> M; X, M -> Y")
    asked = idgen.compile(idgen.Query.parse("P(Y | do(X))"), graph, bound=["M | Z"])
    with pytest.warns(idgen.GraphWarning, match="Z"):
        asked.fit(
            data,
            bind={"M": lambda i, n, g: i["Z"] + torch.randn(n, generator=g).numpy()},
            progress=False,
            epochs=1,
            ensemble=1,
        )
    both = idgen.compile(
        idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("Z -> X; Z -> M; X, M, Z -> Y"), bound=["M | Z"]
    )
    with pytest.warns(idgen.OverlapWarning):
        both.fit(data, bind={"M": lambda i, n, g: i["Z"] + torch.randn(n, generator=g).numpy()}, **FEW)
