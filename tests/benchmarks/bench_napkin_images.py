"""Napkin-MNIST as pictures: P(Y | do(X = red 3)) and do(red 5) against other methods at the same budget.

16 x 16 digits, 20,000 rows, the paper's mechanisms and `hard` (`idgen_compiler.demo.napkin_mnist`). `regenerate` and
`reweight` are ours, each one compiled program; `cond` and `dcm` model P(y | x) by diffusion, `ncm` is a GAN with
shared noise (see `tests.benchmarks.baselines`). Every diffusion method makes the same number of training steps in all
(18,000 with a CPU's default network and batch of 64, in bfloat16; IDGEN_STEPS and IDGEN_ROWS set others, and the table
says which), and ncm takes as much processor time as `regenerate`. Total variation (TV; the paper's Figure 4 prints L1,
twice that) of Y's attributes by a classifier trained on separate handwriting (`judge` is its accuracy on thickness,
its worst), over pictures of both digits and 150 different x each; the Fréchet distance is in that classifier's
features; `single` is the fraction of samples without blended colors. The six agreements of the paper's Table 1 are
those of the regenerated rows, for `truth` of real ones. A sample takes 10 network passes on a CPU, where 20 blend as
few colors but leave more digits in doubt, and 20 on a GPU. The discrete rows are trained on the attributes themselves,
60,000 rows: ours, the maximum-likelihood NCM, and the same compiler told a graph by which Y's marginal, P(y | x), or
adjusting for W1 or W2 alone would be right.
Digits: MNIST's idx files in the folder IDGEN_MNIST, or scikit-learn's bundled ones. Finished parts are kept in the
folder IDGEN_PARTS (out/napkin_images), so that an interrupted run goes on; IDGEN_SEEDS (1) is the number of seeds,
IDGEN_OTHER_SEEDS (the same) that of methods beside `regenerate`, IDGEN_WORKERS (one a core) how many parts run at once,
each with one thread, and IDGEN_METHODS names some methods only. With IDGEN_DEVICE=cuda one part runs at a time, with
the networks and batches of 256 that a GPU gets, and seconds are the clock's; IDGEN_SIDE (16) is the number of pixels on
a side, a multiple of 4.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import idgen_compiler as idgen
from idgen_compiler.data.part import Part
from idgen_compiler.data.pictures import write_grid
from idgen_compiler.demo.colored_digits import Pictures, napkin_images
from idgen_compiler.demo.napkin_mnist import (
    ATTRIBUTES,
    COLORS,
    DIGITS,
    GRAPH,
    HARD,
    PAPER,
    QUERY,
    Mechanisms,
    truth,
)
from idgen_compiler.store import Artefact, Store
from idgen_torch.families import Diffusion, Run
from idgen_torch.families.images.drawn import DiffusionModel
from idgen_torch.parts import Values
from idgen_torch.running.files.artefacts import BETTER, FINISHED, MODEL, VERDICT
from idgen_torch.running.files.models import read_model
from tests.benchmarks.baselines.diffusion_nodes import cond, dcm
from tests.benchmarks.baselines.ncm_gan import GanNcm
from tests.benchmarks.napkin_discrete import GRAPHS, discrete
from tests.benchmarks.napkin_judge import PARTS, PLAIN, handwriting, judge
from tests.benchmarks.once import made_once
from tests.benchmarks.report import Row

__all__ = ["Settings", "Trial", "run"]

SIDE, ROWS, STEPS, SAMPLES, XS = 16, 20_000, 18_000, 1_500, 150
CPU_PASSES, GPU_PASSES = 10, 20  #: of the network, a sample
RED, DO_DIGITS = 0, (3, 5)
AGREEMENTS = ("X.d=W2.d", "X.c=W2.c", "X.t=W1.t", "Y.d=X.d", "Y.c=W1.c", "Y.t=X.t")  #: of the paper's Table 1
OTHERS = ("reweight", "cond", "dcm", "ncm", "discrete ncm")  #: may be given fewer seeds
METHODS = ("truth", "regenerate", "reweight", "cond", "dcm", "ncm", *GRAPHS, "discrete ncm")
PICTURES = Path(__file__).parents[2] / "docs" / "examples" / "napkin_mnist"
MECHANISMS = {mechanisms.name: mechanisms for mechanisms in (PAPER, HARD)}
PICTURED = ("W1", "X", "Y")
LABELS = (Part("W2.digit", 10), Part("W2.color", 2))


def run(quick: bool) -> list[Row]:
    """The table: a row for each mechanism and method, means over seeds with the standard deviation of color's."""
    settings = Settings.quickly() if quick else Settings.from_environment()
    settings.folder.mkdir(parents=True, exist_ok=True)
    tasks = [
        (m, method, seed, settings)
        for seed in range(settings.seeds)
        for method in settings.methods
        for m in MECHANISMS
        if method not in OTHERS or seed < settings.other_seeds
    ]
    # Each part has one thread and its own process, so that its time does not depend on the number of cores.
    with ProcessPoolExecutor(settings.workers, multiprocessing.get_context("spawn")) as pool:
        found: list[dict[str, Any]] = []
        for seed in range(settings.seeds):  # one by one, so that an interrupted run leaves whole seeds
            # The GAN is given the time that ours took, so that it comes last.
            mine = [task for task in tasks if task[2] == seed]
            found += pool.map(_part, [task for task in mine if task[1] != "ncm"])
            found += pool.map(_part, [task for task in mine if task[1] == "ncm"])
    return [_mean(same) for same in _grouped(found)]


@dataclass(frozen=True)
class Settings:
    """How much of what is run."""

    quick: bool
    folder: Path
    rows: int
    steps: int
    seeds: int
    other_seeds: int
    workers: int
    methods: tuple[str, ...]
    side: int
    device: str
    renderer: str = PLAIN

    @classmethod
    def quickly(cls) -> Settings:
        folder = Path(tempfile.mkdtemp(prefix="idgen-bench-"))
        return replace(
            cls.from_environment(),
            quick=True,
            folder=folder,
            rows=600,
            steps=20,
            seeds=1,
            other_seeds=1,
        )

    @classmethod
    def from_environment(cls) -> Settings:
        given = os.environ.get
        device = given("IDGEN_DEVICE", "cpu")
        return cls(
            False,
            Path(given("IDGEN_PARTS", PARTS)),
            int(given("IDGEN_ROWS", ROWS)),
            int(given("IDGEN_STEPS", STEPS)),
            int(given("IDGEN_SEEDS", 1)),
            int(given("IDGEN_OTHER_SEEDS", given("IDGEN_SEEDS", 1))),
            int(given("IDGEN_WORKERS", (os.cpu_count() or 1) if device == "cpu" else 1)),
            tuple(given("IDGEN_METHODS", ",".join(METHODS)).split(",")),
            int(given("IDGEN_SIDE", SIDE)),
            device,
        )

    def part(self, mechanisms: str, method: str, seed: int) -> Path:
        """The file of a part that was measured."""
        size = (self.rows, self.steps, *((self.side, self.device) if (self.side, self.device) != (SIDE, "cpu") else ()))
        drawn = "" if self.renderer == PLAIN else f"{self.renderer}-"
        return self.folder / f"{mechanisms}-{method.replace(' ', '-')}-{drawn}{seed}-{'-'.join(map(str, size))}.json"

    @property
    def now(self) -> Callable[[], float]:
        """Seconds: of the processor, which other work does not slow, or of the clock where a GPU works."""
        return time.process_time if self.device == "cpu" else time.perf_counter


def _part(task: tuple[str, str, int, Settings]) -> dict[str, Any]:
    """One method on one data set, from its file where it was measured before."""
    mechanisms, method, seed, settings = task
    return made_once(settings.part(mechanisms, method, seed), lambda: _made(mechanisms, method, seed, settings))


def _made(mechanisms: str, method: str, seed: int, settings: Settings) -> dict[str, Any]:
    """One method on one data set."""
    torch.set_num_threads(1)
    if method.startswith("discrete"):
        found = discrete(MECHANISMS[mechanisms], method, seed, settings.quick)
    else:
        found = Trial(MECHANISMS[mechanisms], seed, settings).measure(method)
    return {"mechanisms": mechanisms, "method": method, **found}


class Trial:
    """Data, judge and truth of one seed."""

    def __init__(self, mechanisms: Mechanisms, seed: int, settings: Settings) -> None:
        self.mechanisms, self.seed, self.settings, self.quick = mechanisms, seed, settings, settings.quick
        quick = self.quick
        side = settings.side
        learn, _, self.apart = handwriting(side, settings.renderer)
        self.judge = judge(side, quick, settings.device, settings.renderer)
        self.images = {name: Part(name, dim=3 * side * side, shape=(3, side, side)) for name in PICTURED}
        self.data, _ = napkin_images(learn, settings.rows, seed, mechanisms)
        # Codes of labels as the backend has them: the places of the sorted labels.
        codes = {part.name: np.unique(self.data[part.name], return_inverse=True)[1] for part in LABELS}
        self.device = torch.device(settings.device)
        known = {k: self.data[k] for k in PICTURED} | codes
        self.rows: Values = {name: torch.from_numpy(values).to(self.device) for name, values in known.items()}
        self.samples, self.xs = (40, 5) if quick else (SAMPLES, XS)

    def how(self, share: float = 1.0) -> Diffusion:
        """A share of the budget."""
        return Diffusion(
            steps=max(2, round(share * self.settings.steps)),
            sampling_steps=2 if self.quick else CPU_PASSES if self.settings.device == "cpu" else GPU_PASSES,
            precision="bf16",
        )

    def measure(self, method: str) -> dict[str, Any]:
        began, wall = self.settings.now(), time.perf_counter()
        agreements: dict[str, Any] = {}
        if method == "truth":
            draw, agreements = None, self._agreements(*(self.data[name] for name in PICTURED))
        elif method in ("regenerate", "reweight"):
            draw, agreements = self._ours(method)
        elif method == "ncm":
            model = GanNcm.fit(self.rows, self._seconds_of_ours(), self.seed)
            draw = lambda x: model.do(torch.from_numpy(x), 1).numpy()  # noqa: E731
        else:
            run = Run(self.seed, torch.device(self.settings.device))
            y, x = self.images["Y"], self.images["X"]
            node = (cond if method == "cond" else dcm)(y, x, self.rows, self.how(), run)
            draw = lambda x: self._drawn(node, x)  # noqa: E731
        trained = {"training s": self.settings.now() - began, "wall s": time.perf_counter() - wall}
        return {
            **self._verdicts(method, draw),
            **agreements,
            **(trained if draw is not None else {}),
            **self._accuracy(),
        }

    def _drawn(self, model: DiffusionModel, x: Pictures) -> Pictures:
        given, stream = {"X": torch.from_numpy(x).to(self.device)}, torch.Generator(self.device).manual_seed(1)
        found: Pictures = model.sample(given, len(x), stream)["Y"].cpu().numpy()
        return found

    def _seconds_of_ours(self) -> float:
        if self.quick:
            return 2.0
        path = self.settings.part(self.mechanisms.name, "regenerate", self.seed)
        return float(json.loads(path.read_text("utf-8"))["training s"]) if path.exists() else 600.0

    def _ours(self, realize: str) -> tuple[Any, dict[str, Any]]:
        graph, query = idgen.ADMG.parse(GRAPH), idgen.Query.parse(QUERY)
        program = idgen.compile(query, graph, realize=realize)  # type: ignore[arg-type]
        denoisers = sum("Y" in model.targets or "X" in model.targets for model in program.models)
        with tempfile.TemporaryDirectory() as folder:
            sampler = program.fit(
                self.data,
                backend="torch",
                seed=self.seed,
                images=self.how(1 / denoisers),
                store=folder,
                progress=False,
                device=self.settings.device,
                **({"epochs": 1} if self.quick else {}),
            )
            agreements: dict[str, Any] = self._generated(Store.open(folder)) if realize == "regenerate" else {}
            agreements["told"] = [told for model in sampler.report().models for told in model.disagreements]
        return (lambda x: sampler.sample(len(x), do={"X": x}, seed=1)["Y"]), agreements

    def _generated(self, store: Store) -> dict[str, float]:
        """The agreements of X, Y generated from real W1 and W2 by the program's first two models."""
        given = {name: values[: self.samples] for name, values in self.rows.items() if name not in ("X", "Y")}
        inputs: tuple[Part, ...] = (self.images["W1"], *LABELS)
        for number, name in enumerate(("X", "Y")):
            artefact = _taken(store, name)
            with store.opened(artefact) as folder:
                record = artefact.record["made"]["model"]
                model = read_model(folder, "tensors", record, (self.images[name],), inputs, self.device)
            given |= model.sample(given, self.samples, torch.Generator(self.device).manual_seed(2 + number))
            inputs = (*inputs, self.images[name])
        return self._agreements(*(given[name].cpu().numpy() for name in PICTURED))

    def _agreements(self, w1: Pictures, x: Pictures, y: Pictures) -> dict[str, float]:
        n = min(len(x), self.samples)
        seen = {name: self.judge.attributes(pictures[:n]) for name, pictures in (("W1", w1), ("X", x), ("Y", y))}
        for attribute, known in (("digit", DIGITS), ("color", COLORS)):
            labels = [list(known).index(label) for label in self.data[f"W2.{attribute}"][:n]]
            seen.setdefault("W2", {})[attribute] = np.array(labels)
        pairs = [name.split("=") for name in AGREEMENTS]
        places = {"d": "digit", "c": "color", "t": "thickness"}

        def of(side: str) -> NDArray[np.int64]:
            name, _, letter = side.partition(".")
            return seen[name][places[letter]]

        return {f"{a}={b}": float(np.mean(of(a) == of(b))) for a, b in pairs}

    def _verdicts(self, method: str, draw: Any) -> dict[str, float]:
        """Means over do(red 3) and do(red 5), and samples a second."""
        found, seconds, count = [], 0.0, 0
        for digit in DO_DIGITS:
            laws = truth(digit, RED, 1, self.mechanisms)
            generator = np.random.default_rng((self.seed, digit))
            if draw is None:  # pictures from the truth, against others from the truth
                y = self._true(laws, generator)
            else:
                places = self.apart.draw(np.full(self.xs, digit), generator)
                x = self.apart.colored(places, np.full(self.xs, RED), np.ones(self.xs, dtype=np.int64))
                began = self.settings.now()
                y = np.asarray(draw(np.tile(x, (-(-self.samples // self.xs), 1, 1, 1))))
                seconds += self.settings.now() - began
                count += len(y)
                if not self.quick and self.seed == 0:
                    name = f"{self.mechanisms.name}-{method}-do-red-{digit}.png"
                    write_grid(PICTURES / name, np.concatenate([x[:1], y[: 8 * self.xs : self.xs // 4][:31]]), 16, 3)
            verdict = self.judge.verdict(y, laws, self._true(laws, generator))
            found.append(
                {f"{a} TV": verdict.tv[a] for a in ATTRIBUTES}
                | {"color L1": 2 * verdict.tv["color"], "Fréchet": verdict.frechet, "single": verdict.single}
            )
        means = {name: float(np.mean([one[name] for one in found])) for name in found[0]}
        return means | ({"samples/s": count / seconds} if count else {})

    def _true(self, laws: dict[str, Any], generator: np.random.Generator) -> Pictures:
        """Pictures of Y under do(x), on handwriting that no method saw."""
        codes = {a: generator.choice(len(law), self.samples, p=law) for a, law in laws.items()}
        return self.apart.colored(self.apart.draw(codes["digit"], generator), codes["color"], codes["thickness"])

    def _accuracy(self) -> dict[str, float]:
        return {"judge": min(self.judge.accuracy.values()), "rows": self.settings.rows, "steps": self.settings.steps}


def _taken(store: Store, target: str) -> Artefact:
    """The model of a target given W1 that the fit went on with, of those that were trained for it."""
    named = [a for a in store.artefacts() if f"{target} | " in a.title and "W1" in a.title]
    again = any(a.record["made"].get("again") in (BETTER, FINISHED) for a in named if a.kind == VERDICT)
    models = sorted((a for a in named if a.kind == MODEL), key=lambda a: "from" in a.depends)
    return models[-1 if again else 0]


def _grouped(found: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    order = {name: k for k, name in enumerate(METHODS)}
    keys = sorted({(one["mechanisms"] != "paper", order[one["method"]]) for one in found})
    return [[one for one in found if (one["mechanisms"] != "paper", order[one["method"]]) == key] for key in keys]


def _mean(same: list[dict[str, Any]]) -> Row:
    """One row: means over seeds, rounded for the page."""
    row: dict[str, object] = {
        "mechanisms": same[0]["mechanisms"],
        "method": same[0]["method"],
        "seeds": len(same),
    }
    columns = (
        *(f"{a} TV" for a in ("color", "digit", "thickness")), "color L1", "Fréchet", "single",
        *AGREEMENTS,
        "judge", "rows", "steps", "training s", "wall s", "samples/s",
    )  # fmt: skip
    for name in columns:
        values = [one[name] for one in same if name in one]
        if not values:
            row[name] = None
            continue
        places = 0 if name in ("rows", "steps", "training s", "wall s", "samples/s") else 3
        spread = f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 and name == "color TV" else ""
        row[name] = f"{np.mean(values):.{places}f}{spread}"
    return row
