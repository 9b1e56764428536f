"""Processes that are killed while they write: what they do, and what is there afterwards.

Each kind begins with something whole on the disk, is killed at a random moment of writing it again, and is then done
once more, undisturbed.
"""

from __future__ import annotations

import os
import signal
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

import idgen_compiler as idgen
from idgen_compiler.store import Store, key_of

__all__ = ["KINDS", "Kind", "Outcome", "at_work", "killed"]

QUERY = idgen.Query.parse("P(Y | do(X))")


@dataclass(frozen=True)
class Kind:
    """`work` writes in a folder and says what it made, `check` raises where what is there is not whole."""

    name: str
    work: Callable[[Path], object]
    check: Callable[[Path], object]
    kept: str  #: what is in the folder afterwards
    longest: float  #: kills come within so many seconds
    forever: bool = True  #: whether the work begins anew until it is killed
    processes: int = 1  #: so many do the work at once, and each is killed

    @cached_property
    def undisturbed(self) -> object:
        """What the work makes where nobody is killed."""
        with tempfile.TemporaryDirectory() as folder:
            return self.work(Path(folder))


@dataclass(frozen=True)
class Outcome:
    """What was lost by a kill, and what was left lying after the work was done once more; empty where nothing was."""

    lost: str
    left: str


def killed(kind: Kind, folder: Path, random: Random) -> Outcome:
    """Kill a process in its work, look at what is there, and do the work once more."""
    expected, lost = kind.undisturbed, ""
    with ExitStack() as stack:
        for _ in range(kind.processes):
            stack.enter_context(at_work(kind, folder))
            time.sleep(random.random() * kind.longest / kind.processes)
    try:
        kind.check(folder)
        with _kept(folder / kind.kept) as twice:
            if kind.work(folder) != expected:
                lost = "it makes something else afterwards"
        if twice:
            lost = f"{', '.join(twice)} was whole and is made again"
        kind.check(folder)
    except Exception as error:  # noqa: BLE001  # whatever goes wrong is a loss
        lost = f"{type(error).__name__}: {error}"
    found = sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
    strays = [n for n in found if n.split(os.sep)[0] != kind.kept or ".idgen-" in n or ".training" in n]
    if (folder / kind.kept / "idgen-store.json").exists():
        strays += Store.open(folder / kind.kept).strays()
    return Outcome(lost, ", ".join(strays))


@contextmanager
def _kept(folder: Path) -> Iterator[list[str]]:
    """What is made again meanwhile, although the store there had it."""
    if not (folder / "idgen-store.json").exists():
        yield []
        return
    whole, twice, keep = {artefact.key for artefact in Store.open(folder).artefacts()}, list[str](), Store.keep

    def keeping(store: Store, kind: str, title: str, depends: Any, *rest: Any) -> Any:
        if key_of(kind, depends) in whole:
            twice.append(title)
        return keep(store, kind, title, depends, *rest)

    Store.keep = keeping  # type: ignore[method-assign, assignment]
    try:
        yield twice
    finally:
        Store.keep = keep  # type: ignore[method-assign]


@contextmanager
def at_work(kind: Kind, folder: Path) -> Iterator[None]:
    """A process that does the work, until it is killed at the end; all that it needs is imported before."""
    ready, begun = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of forks where there are threads, none of which the child uses
        child = os.fork()
    if child == 0:
        os.write(begun, b"x")
        try:
            kind.work(folder)
            while kind.forever:
                kind.work(folder)
            time.sleep(60)
        finally:
            os._exit(0)
    os.read(ready, 1)
    try:
        yield
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(ready)
        os.close(begun)


# -- what is written ----------------------------------------------------------------------------------------------


def _exact() -> idgen.Sampler:
    program = idgen.compile(QUERY, idgen.ADMG.parse("X -> Y"))
    return program.fit(idgen.Joint(("X", "Y"), np.full((2, 2), 0.25)), backend="exact")


def _table() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    z = rng.integers(0, 2, 400)
    x = (rng.random(400) < 0.3 + 0.4 * z).astype(int)
    return {"W1": z, "W2": rng.integers(0, 2, 400), "X": x, "Y": x + z + rng.normal(size=400), "Z": z}


def _fit(graph: str, table: dict[str, Any], folder: Path | None = None, **options: Any) -> idgen.Sampler:
    import torch

    torch.set_num_threads(1)
    kept: dict[str, Any] = {} if folder is None else {"store": folder / "kept"}
    program = idgen.compile(QUERY, idgen.ADMG.parse(graph), realize="regenerate")
    return program.fit(table, seed=0, device="cpu", progress=False, epochs=2, ensemble=1, **kept, **options)


def _save(folder: Path) -> None:
    _exact().save(folder / "sampler")


@cache
def _trained() -> idgen.Sampler:
    return _fit("Z -> X -> Y; Z -> Y", _table())


def _save_trained(folder: Path) -> None:
    _trained().save(folder / "sampler")


def _load(folder: Path) -> None:
    if any(folder.iterdir()):
        idgen.load(folder / "sampler").sample(5, do={"X": 1}, seed=0)


def _draws(sampler: idgen.Sampler) -> bytes:
    return bytes(sampler.sample(20, do={"X": 1}, seed=0)["Y"].tobytes())


def _store(folder: Path) -> bytes:
    return _draws(_fit("Z -> X -> Y; Z -> Y", _table(), folder))


def _regeneration(folder: Path) -> bytes:
    return _draws(_fit("W1 -> W2 -> X -> Y; X <-> W1 <-> Y", _table(), folder, rows_factor=2.0))


def _pictures(folder: Path) -> bytes:
    table = {"X": np.arange(64) % 2, "Y": np.random.default_rng(0).integers(0, 255, (64, 1, 8, 8)).astype(np.uint8)}
    images: Any = {
        "steps": 12,
        "batch_size": 8,
        "channels": (8, 8),
        "sampling_steps": 1,
        "save_every": 1,
        "kinds": 1,
    }
    return _draws(_fit("X -> Y", table, folder, images=images, family={"Y": "diffusion"}))


def _resumes(folder: Path) -> None:
    """A fit that goes on from what is there is the fit itself, which `work` does; a file that is there is whole."""
    if (folder / "kept" / "idgen-store.json").exists():
        assert [*Store.open(folder / "kept").verify()] == []


def _sample(ending: str) -> Callable[[Path], None]:
    def work(folder: Path) -> None:
        from idgen_compiler.report.tables import write_samples

        write_samples((_exact().sample(2_000, do={"X": 1}, seed=k) for k in range(10)), folder / f"samples.{ending}")

    return work


def _rows(ending: str) -> Callable[[Path], None]:
    def check(folder: Path) -> None:
        import pandas as pd

        file = folder / f"samples.{ending}"
        if file.exists():
            rows = pd.read_csv(file) if ending == "csv" else pd.read_parquet(file)
            assert len(rows) == 20_000

    return check


KINDS = {
    kind.name: kind
    for kind in (
        Kind("save over a saved sampler", _save, _load, "sampler", 0.02),
        Kind("save over a trained sampler", _save_trained, _load, "sampler", 0.05),
        Kind("sample to CSV", _sample("csv"), _rows("csv"), "samples.csv", 0.2),
        Kind("sample to Parquet", _sample("parquet"), _rows("parquet"), "samples.parquet", 0.2),
        Kind("fit with a store, a table", _store, _resumes, "kept", 0.4, forever=False),
        Kind("fit with a store, regeneration", _regeneration, _resumes, "kept", 0.5, forever=False),
        Kind("fit with a store, pictures", _pictures, _resumes, "kept", 0.6, forever=False),
        Kind("two fits with one store", _regeneration, _resumes, "kept", 0.8, forever=False, processes=2),
    )
}
"""What is killed, by name."""
