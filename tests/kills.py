"""Processes that are killed while they write: what they do, and what is there afterwards.

Each kind begins with something whole on the disk, is killed at a random moment of writing it again, and is then done
once more, undisturbed.
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache, cached_property, wraps
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import safetensors.numpy
import safetensors.torch

import idgen_compiler as idgen
from idgen_compiler.errors import DataError
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
    end: str = "kill"  #: how each ends: "kill", "interrupt" (by SIGINT), or "full disk" from a random write on
    kills: int = 200  #: of the benchmark

    @cached_property
    def undisturbed(self) -> object:
        """What the work makes where nobody is killed."""
        with tempfile.TemporaryDirectory() as folder:
            return self.work(Path(folder))

    @cached_property
    def writes(self) -> int:
        """By how many writes it does that."""
        disk = Disk()
        with tempfile.TemporaryDirectory() as folder, disk.used():
            self.work(Path(folder))
        return disk.writes


@dataclass(frozen=True)
class Outcome:
    """What was lost by a kill, and what was left lying after the work was done once more; empty where nothing was."""

    lost: str
    left: str


def killed(kind: Kind, folder: Path, random: Random) -> Outcome:
    """Kill a process in its work, look at what is there, and do the work once more."""
    expected, lost = kind.undisturbed, ""
    if kind.end == "full disk":
        told = _filled(kind, folder, random)
    else:
        told = ""
        with ExitStack() as stack:
            for _ in range(kind.processes):
                stack.enter_context(at_work(kind, folder))
                time.sleep(random.random() * kind.longest / kind.processes)
    try:
        if told:
            raise RuntimeError(told)
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
            signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell may have turned off
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
        os.kill(child, signal.SIGINT if kind.end == "interrupt" else signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(ready)
        os.close(begun)


# -- a disk that is full ------------------------------------------------------------------------------------------


class Disk:
    """What every function that writes asks: from the write number `room` on there is no room."""

    def __init__(self, room: int | None = None) -> None:
        self.room, self.writes = room, 0

    def asked(self) -> None:
        """Raise OSError where the disk is full."""
        self.writes += 1
        if self.room is not None and self.writes > self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    @contextmanager
    def used(self) -> Iterator[None]:
        """Every function that stores and savers write by asks first; one that writes bytes leaves half of them."""
        with ExitStack() as stack:
            for holder, name in _WRITERS:
                whole = getattr(holder, name)
                stack.callback(setattr, holder, name, whole)
                setattr(holder, name, self._asking(whole, name))
            yield

    def _asking(self, whole: Callable[..., Any], name: str) -> Callable[..., Any]:
        @wraps(whole)
        def writes(*args: Any, **options: Any) -> Any:
            try:
                self.asked()
            except OSError:
                if name == "write_bytes":
                    whole(args[0], args[1][: len(args[1]) // 2])
                raise
            return whole(*args, **options)

        return writes


_WRITERS: tuple[tuple[Any, str], ...] = (
    (Path, "write_bytes"), (Path, "mkdir"), (tempfile, "mkstemp"), (tempfile, "mkdtemp"), (shutil, "copyfile"),
    (os, "replace"), (os, "link"), (os, "fsync"), (safetensors.torch, "save_file"), (safetensors.numpy, "save_file"),
)  # fmt: skip


def _filled(kind: Kind, folder: Path, random: Random) -> str:
    """Do the work on a disk that is full from a random write on; what is wrong with how that ends."""
    expected, room = kind.undisturbed, random.randrange(kind.writes + 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Disk(room).used():
                made = kind.work(folder)
        except DataError as error:
            return "" if os.strerror(errno.ENOSPC) in str(error) else f"it says {error}"
        except OSError as error:
            return f"after {room} writes: {type(error).__name__}: {error}"
    return "" if made == expected else "what could not be kept is another thing"


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


def _estimate(folder: Path) -> bytes:
    """Regressions and chances, which the store keeps."""
    program = idgen.compile(QUERY, idgen.ADMG.parse("Z -> X -> Y; Z -> Y"))
    table = {name: values[:90] for name, values in {**_table(), "Z": _table()["Y"] + 1.0}.items()}
    asked: Any = program.fit(
        table, progress=False, device="cpu", train="asked", check_graph=False, store=folder / "kept"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of few rows
        found = asked.estimate("Y", do={"X": 1}, folds=2)
    return np.array([found.value, found.se]).tobytes()


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


_CTRL_C: dict[str, Any] = {"end": "interrupt", "kills": 50}
_FULL: dict[str, Any] = {"end": "full disk", "kills": 50}

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
        Kind("estimates with a store", _estimate, _resumes, "kept", 2.0, forever=False, kills=50),
        Kind(
            "a store, interrupted by SIGINT",
            _regeneration,
            _resumes,
            "kept",
            0.5,
            forever=False,
            end="interrupt",
            kills=50,
        ),
        Kind(
            "pictures, interrupted by SIGINT",
            _pictures,
            _resumes,
            "kept",
            0.6,
            forever=False,
            end="interrupt",
            kills=50,
        ),
        Kind("a store on a full disk", _regeneration, _resumes, "kept", 0.0, forever=False, **_FULL),
        Kind("pictures on a full disk", _pictures, _resumes, "kept", 0.0, forever=False, **_FULL),
    )
}
"""What is killed, by name."""
