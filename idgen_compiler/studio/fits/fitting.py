"""What a studio with a server can do besides: train a program's models on a table, sample, and estimate."""

from __future__ import annotations

import csv
import io
import itertools
import re
import threading
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from idgen_compiler.compile import compile
from idgen_compiler.errors import DataError, IdgenError, QueryError
from idgen_compiler.hinge.backend import Sampler
from idgen_compiler.query import Query
from idgen_compiler.studio.drawing import Drawing
from idgen_compiler.studio.fits.charts import charts_of
from idgen_compiler.studio.wording import FIELDS, on_page

__all__ = ["Fits"]

_DRAWS = 10_000
_MOST_VALUES = 4
"""So many values of a treatment stand side by side."""


@dataclass
class _Job:
    """A fit that runs, or has run."""

    sampler: Any = None
    error: str = ""
    seconds: float = 0.0
    warnings: list[str] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)


class Fits:
    """Tables that were handed over, and the fits on them; tables are kept as files of a folder.

    One fit runs at a time, each in a thread, so that the page goes on being answered.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tables: dict[int, Path] = {}
        self.names: dict[Path, str] = {}
        self.jobs: dict[int, _Job] = {}
        self._number = itertools.count(1)
        self._one = threading.Lock()

    @property
    def asks(self) -> Mapping[str, Callable[..., dict[str, Any]]]:
        """What is answered in addition to `answers.ASKS`."""
        return {"fit": self.fit, "fitted": self.fitted, "sample": self.sample}

    def table(self, name: str, content: bytes) -> dict[str, Any]:
        """Keep a table of comma-separated values.  Raises DataError for what is none."""
        number = next(self._number)
        suffix, delimiter = (".tsv", "\t") if name.lower().endswith(".tsv") else (".csv", ",")
        path = self.folder / f"table-{number}{suffix}"
        try:
            rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=delimiter))
        except (UnicodeDecodeError, csv.Error) as error:
            raise DataError(f"{name!r:.80} is no table of comma-separated values in UTF-8: {error}") from None
        if len(rows) < 2:
            raise DataError(f"{name!r:.80} has no rows; a table is a line of column names and a line a row")
        path.write_bytes(content)
        self.tables[number], self.names[path] = path, name
        return {"table": number, "columns": rows[0], "rows": len(rows) - 1}

    def fit(self, drawing: Any, table: int, options: Any = None) -> dict[str, Any]:
        """Begin to train the models of a drawing's query on a table.  Raises IdgenError as `compile` does.

        options: what the page's fields say, as texts by the names of `wording.FIELDS`; empty ones say nothing.
        """
        drawn = Drawing.read(drawing)
        query = drawn.asked()
        if query is None:
            raise QueryError("there is no query to fit; write one such as P(Y | do(X))")
        if not isinstance(table, int) or table not in self.tables:
            raise DataError(f"there is no table {table!r}; choose a file first")
        said = _options(options or {})
        program, path, number, job = compile(query, drawn.graph()), self.tables[table], next(self._number), _Job()
        self.jobs[number] = job
        threading.Thread(target=self._run, args=(job, lambda: program.fit(path, seed=0, **said)), daemon=True).start()
        return {"job": number}

    def _run(self, job: _Job, fit: Callable[[], Sampler]) -> None:
        began = time.monotonic()
        with self._one, warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                job.sampler = fit()
            except IdgenError as error:
                job.error = self._told(error)
            except Exception as error:  # noqa: BLE001 - a thread has nobody else to tell
                job.error = f"the fit failed with {type(error).__name__}: {error}"
        job.warnings = [self._told(w.message) for w in caught if issubclass(w.category, UserWarning)]
        job.seconds = time.monotonic() - began
        job.done.set()

    def fitted(self, job: int) -> dict[str, Any]:
        """Whether a fit is done, how long it took, its warnings, and which values a question to it takes."""
        found = self._job(job)
        if not found.done.is_set():
            return {"job": job, "done": False}
        if found.error:
            raise DataError(found.error)
        sampler = found.sampler
        (network,) = [op.network for op in sampler.program.samplers]
        treated = _treatments(sampler)
        inputs = [
            {"name": name, "part": part, "example": _example(sampler, name, several=part == "do")}
            for name in network.inputs
            for part in ("do" if name in treated else "given",)
        ]
        return {"job": job, "done": True, "seconds": found.seconds, "warnings": found.warnings, "inputs": inputs}

    def sample(self, job: int, do: Mapping[str, str], given: Mapping[str, str], seed: int = 1) -> dict[str, Any]:
        """Draws of every outcome at each value of the treatments, as charts, and means with their intervals."""
        sampler = self._job(job).sampler
        if sampler is None:
            raise DataError("the fit is not done, or has failed; fit again")
        for part in (do, given):
            if not isinstance(part, Mapping) or not all(isinstance(text, str) for text in part.values()):
                raise QueryError("values are texts by the names of variables, as {'X': '1'}")
        seen = {name: sampler.read_value(name, text) for name, text in given.items()}
        settings = [
            dict(zip(do, values, strict=True))
            for values in itertools.product(*(_typed(sampler, n, t) for n, t in do.items()))
        ]
        if len(settings) > _MOST_VALUES:
            raise QueryError(
                f"{len(settings)} settings are too many to stand side by side; give at most {_MOST_VALUES}"
            )
        notes: list[str] = []
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            drawn = [
                (_said(setting), sampler.sample(_DRAWS, do=setting, given=seen, seed=seed)) for setting in settings
            ]
            estimates = [row for setting in settings for row in _estimates(sampler, setting, seen, notes)]
        notes += [str(w.message) for w in caught if issubclass(w.category, UserWarning)]
        told = list(dict.fromkeys(map(self._told, notes)))
        return {"charts": charts_of(drawn), "estimates": estimates, "notes": told}

    def _told(self, said: object) -> str:
        """What is said, in the words of the page."""
        return on_page(str(said), {str(path): name for path, name in self.names.items()})

    def _job(self, number: int) -> _Job:
        if not isinstance(number, int) or number not in self.jobs:
            raise DataError(f"there is no fit {number!r}; fit first")
        return self.jobs[number]


def _options(said: Any) -> dict[str, Any]:
    """The options of `fit` that fields of the page say.  Raises DataError for what is no such field or text."""
    if (
        not isinstance(said, Mapping)
        or not all(isinstance(text, str) for text in said.values())
        or set(said) - {*FIELDS}
    ):
        raise DataError(f"options are texts by these names: {', '.join(FIELDS)}")
    found: dict[str, Any] = {name: text.strip() for name, text in said.items() if text.strip()}
    if marks := found.get("missing_marks"):
        found["missing_marks"] = [mark.strip() for mark in marks.split(",") if mark.strip()]
    if types := found.get("types"):
        parts = [part.partition("=") for part in re.split(r",(?![^(]*\))", types) if part.strip()]
        wrong = ["".join(part) for part in parts if not (part[0].strip() and part[2].strip())]
        if wrong:
            raise DataError(f"{FIELDS['types']} has {wrong[0].strip()!r:.80}; write it as X=integer, split by commas")
        found["types"] = {name.strip(): kind.strip() for name, _, kind in parts}
    return found


def _treatments(sampler: Any) -> frozenset[str]:
    query = sampler.program.samplers[0].query or sampler.program.name
    return frozenset(Query.parse(query).treatments)


def _example(sampler: Any, name: str, *, several: bool) -> str:
    """Values to begin with: labels where there are some, else a number."""
    try:
        labels = [str(label) for label in sampler.labels_of(name)]
    except IdgenError:
        return "0, 1" if several else "0"
    return ", ".join(labels[:_MOST_VALUES] if several else labels[:1])


def _typed(sampler: Any, name: str, text: str) -> Sequence[Any]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise QueryError(f"{name} has no value; give one, or several split by commas")
    return [sampler.read_value(name, part) for part in parts]


def _said(setting: Mapping[str, Any]) -> str:
    return f"do({', '.join(f'{name}={value}' for name, value in setting.items())})" if setting else "nothing set"


def _estimates(sampler: Any, do: Mapping[str, Any], given: Mapping[str, Any], notes: list[str]) -> list[dict[str, str]]:
    """The mean of each outcome; what has no mean says so among the notes."""
    found = []
    for outcome in sampler.program.samplers[0].network.outputs:
        try:
            e = sampler.estimate(outcome, do=do, given=given)
        except IdgenError as error:
            notes.append(str(error))
            continue
        found.append(
            {
                "what": f"mean of {outcome}, {_said(do)}",
                "value": f"{e.value:.4g}",
                "interval": f"{e.low:.4g} to {e.high:.4g}",
            }
        )
    return found
