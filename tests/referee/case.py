"""A question as a folder of plain files, and a tool's answer as two more: what every adapter reads and writes.

    case.json    name, part, kind, graph (nodes, directed, bidirected), query (outcomes, treatments, conditions),
                 levels (how many a column of categories has; others are numbers, counts or pictures), asks, contrast,
                 draws, rows, seed
    data.csv     the table, a header and one line a row; categories are codes 0, 1, ...
    NAME.npy     a column of pictures, uint8.  Shape: (rows, channels, height, width)

`asks` are the places (do, given) at which the law of the outcomes is wanted; `contrast` is a pair of them: the mean of
the first outcome at the one less that at the other is the number that is wanted with a 95 % interval.

    answer.json  verdict ("answered", "refused", "failed" or "cannot ask"), words, law ("samples", "chances" or none),
                 contrast (value, low, high), estimand, seconds (fit, sample, interval)
    answer.npz   of samples `K.NAME` for ask K and outcome NAME, of chances `K`, an array over the outcomes' levels
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import idgen_compiler as idgen

__all__ = ["VERDICTS", "Answer", "Ask", "Case", "Columns", "read_answer", "write_case"]

Columns = Mapping[str, np.ndarray]
VERDICTS = ("answered", "refused", "failed", "cannot ask")


@dataclass(frozen=True)
class Ask:
    """A place: values of treatments and of conditions."""

    do: Mapping[str, float]
    given: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """A question without its table and without its truth."""

    name: str
    part: str
    kind: str
    graph: idgen.ADMG
    query: idgen.Query
    levels: Mapping[str, int]
    asks: tuple[Ask, ...]
    contrast: tuple[int, int] | None
    draws: int
    seed: int

    def as_record(self) -> dict[str, Any]:
        """As it stands in case.json."""
        return {
            "name": self.name,
            "part": self.part,
            "kind": self.kind,
            "graph": {
                "nodes": list(self.graph.order),
                "directed": [list(edge) for edge in self.graph.directed],
                "bidirected": [list(edge) for edge in self.graph.bidirected],
            },
            "query": {
                "outcomes": list(self.query.outcomes),
                "treatments": list(self.query.treatments),
                "conditions": list(self.query.conditions),
            },
            "levels": dict(self.levels),
            "asks": [asdict(ask) for ask in self.asks],
            "contrast": self.contrast,
            "draws": self.draws,
            "seed": self.seed,
        }


def write_case(folder: Path, case: Case, columns: Columns) -> None:
    """Write a question; numbers are written so that they come back bit for bit."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = len(next(iter(columns.values())))
    record = case.as_record() | {"rows": rows}
    (folder / "case.json").write_text(json.dumps(record, indent=1), encoding="utf-8")
    flat = {name: np.asarray(values) for name, values in columns.items() if np.ndim(values) == 1}
    for name, values in columns.items():
        if name not in flat:
            np.save(folder / f"{name}.npy", values, allow_pickle=False)
    text = [[repr(v) for v in values.tolist()] for values in flat.values()]
    lines = [",".join(flat), *(",".join(row) for row in zip(*text, strict=True))]
    (folder / "data.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Answer:
    """What a tool said: a verdict in its own words, and where it answered a law at each ask, a number, or both.

    laws: one a place, either samples by outcome, each of shape (n,) or that of pictures, or chances.
    """

    verdict: str
    words: str = ""
    kind: str = ""
    laws: tuple[Any, ...] = ()
    contrast: tuple[float, float, float] | None = None
    estimand: str = ""
    seconds: Mapping[str, float] = field(default_factory=dict)


def read_answer(folder: Path, asks: int) -> Answer:
    """The answer in a folder; one that cannot be read is a failure that says so."""
    try:
        found = json.loads((folder / "answer.json").read_text("utf-8"))
        laws: tuple[Any, ...] = ()
        if found.get("law"):
            with np.load(folder / "answer.npz", allow_pickle=False) as stored:
                arrays = dict(stored)
            laws = tuple(_law(found["law"], arrays, k) for k in range(asks))
        contrast = found.get("contrast")
        number = None if contrast is None else tuple(np.nan if v is None else float(v) for v in contrast)
        verdict = found["verdict"] if found["verdict"] in VERDICTS else "failed"
        return Answer(
            verdict,
            str(found.get("words", "")),
            found.get("law") or "",
            laws,
            number,  # type: ignore[arg-type]
            str(found.get("estimand", "")),
            dict(found.get("seconds", {})),
        )
    except (OSError, KeyError, TypeError, ValueError) as error:
        return Answer("failed", f"no answer that can be read: {type(error).__name__}: {error}"[:400])


def _law(kind: str, arrays: Mapping[str, np.ndarray], k: int) -> Any:
    if kind == "chances":
        return arrays[str(k)]
    found = {key.partition(".")[2]: array for key, array in arrays.items() if key.partition(".")[0] == str(k)}
    if not found:
        raise KeyError(f"ask {k}")
    return found
