"""Places to run: how near workers come to the ideal, and what handing work out costs.

Sixteen independent models, each a table after four seconds of sleep, which stands for compute: four workers that do not
wait for each other take a quarter of the time. Up: the workers run already, as for the second fit within `with
Processes() as place:`; from cold, starting them counts, and this process trains until they are up. Ideal: the time of
one process over the number of workers, as a share of the time that it took. Over: what one worker and this process
compute more than this process would alone, in processor seconds, as a share of the fit's time. Ray: a cluster of this
machine with four cores, whatever the machine has. A small fit: a back-door and a napkin of 2,000 rows of categories;
processor milliseconds of this process, best of seven, and what they are more than without any store.
"""

from __future__ import annotations

import importlib.util
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil

import idgen_compiler as idgen
from idgen_compiler.execute.cluster import Ray
from idgen_compiler.execute.processes import Processes
from tests.benchmarks.report import Row
from tests.benchmarks.simulated import Sleeping

__all__ = ["run"]

MODELS, SECONDS, WORKERS, ROUNDS = 16, 4.0, 4, 7
OURS = "idgen_torch.jobs.elsewhere.working"


def run(quick: bool) -> list[Row]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [*_side_by_side(0.2 if quick else SECONDS), *_small(2 if quick else ROUNDS)]


def _side_by_side(seconds: float) -> Iterator[Row]:
    names = [f"Y{k}" for k in range(MODELS)]
    graph = idgen.ADMG([("X", name) for name in names], [], ["X", *names])
    program = idgen.compile(idgen.Query(tuple(names), ("X",)), graph)
    rng = np.random.default_rng(0)
    data = {name: rng.integers(2, size=500) for name in ("X", *names)}

    def fit(place: Any) -> float:
        began = time.perf_counter()
        program.fit(
            data, place=place, progress=False, device="cpu", check_graph=False, families=[Sleeping],
            family={"*": Sleeping(seconds=seconds)},
        )  # fmt: skip
        return time.perf_counter() - began

    fit("here")
    began = time.process_time()
    here, alone = fit("here"), time.process_time() - began
    yield {"what": f"{MODELS} models of {seconds:g} s", "where": "this process", "seconds": here}
    with Processes(workers=1) as place:
        place.start(OURS)
        fit(place)
        began = time.process_time() + _computed(place)
        taken = fit(place)
        over = time.process_time() + _computed(place) - began - alone
    yield _row("one worker process, up", here, taken, 1) | {"over": f"{over / here:.1%}"}
    yield _row(f"{WORKERS} worker processes, from cold", here, fit(Processes(workers=WORKERS)), WORKERS)
    with Processes(workers=WORKERS) as place:
        place.start(OURS)
        fit(place)
        yield _row(f"{WORKERS} worker processes, up", here, fit(place), WORKERS)
    if importlib.util.find_spec("ray") is not None:
        with Ray(workers=WORKERS) as cluster:
            fit(cluster)
            yield _row(f"{WORKERS} Ray workers, up", here, fit(cluster), WORKERS)


def _computed(place: Processes) -> float:
    """Processor seconds of the workers of a place."""
    return sum(sum(psutil.Process(worker.process.pid).cpu_times()[:2]) for worker in place._crew)


def _row(where: str, here: float, taken: float, workers: int) -> dict[str, object]:
    return {"what": "", "where": where, "seconds": taken, "of ideal": f"{here / workers / taken:.2f}"}


def _small(rounds: int) -> Iterator[Row]:
    rng, n = np.random.default_rng(0), 2_000
    z, w = rng.integers(4, size=n), rng.integers(3, size=n)
    x = (rng.random(n) < 0.3 + 0.1 * z).astype(int)
    data = {"Z": z, "W1": z, "W2": w, "X": x, "Y": (rng.random(n) < 0.2 + 0.2 * x + 0.1 * z).astype(int)}
    query = idgen.Query.parse("P(Y | do(X))")
    for name, text in (("back-door", "Z -> X -> Y; Z -> Y"), ("napkin", "W1 -> W2 -> X -> Y; X <-> W1 <-> Y")):
        program = idgen.compile(query, idgen.ADMG.parse(text))

        def fit(program: idgen.Program = program, **how: Any) -> None:
            program.fit(data, progress=False, device="cpu", **how)

        def kept(fit: Callable[..., None] = fit) -> None:
            with tempfile.TemporaryDirectory() as folder:
                fit(store=Path(folder) / "store")

        fit()
        ways: dict[str, Callable[[], None]] = {
            "this process": fit,
            "this process, a new store": kept,
            "worker processes": lambda fit=fit: fit(place="processes"),  # type: ignore[misc]
        }
        taken = {where: min(_processor(way) for _ in range(rounds)) for where, way in ways.items()}
        for where, ms in taken.items():
            more = ms - taken["this process"]
            over = f"{more:.0f} ms" if where != "this process" else None
            yield {"what": f"{name}, 2,000 rows", "where": where, "seconds": ms / 1e3, "over": over}


def _processor(way: Callable[[], None]) -> float:
    began = time.process_time()
    way()
    return 1e3 * (time.process_time() - began)
