"""The store: what a second query trains again, what many queries of one graph cost, and what keeping costs.

Pairs: random graphs of 7 vertices with two identifiable queries each, 2,000 binary rows. The second query is fitted
with the store of the first; `new` are the models of its program that the first one's program does not have, `trained`
those that were trained. Queries: every identifiable P(Y | do(X)) of one vertex each, X before Y, on a graph of 12
vertices and 1,000 rows of numbers, one fit after the other with one store, beside a single fit of all of them, compiled
together; processor seconds, both after a first fit that loads all libraries, with `effort="quick"`. A small fit: a
back-door and a napkin of 2,000 rows of categories, without a store, with a new one, and with one that has it all;
milliseconds, best of seven. A long fit: what the store itself takes (digests, claims, writing, reading), as processor
seconds and as a share of the fit, on 15 columns of 50,000 rows with effort="best". Estimates: an effect by
one-step estimation of 3,000 rows, in a process that learns and in one that finds what was learned; processor seconds.
"""

from __future__ import annotations

import itertools
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import idgen_compiler as idgen
from idgen_compiler.errors import NotIdentifiable
from idgen_compiler.store import Store
from idgen_torch.running.files.artefacts import Artefacts
from tests.benchmarks.report import Row

__all__ = ["pairs", "run", "second_query"]

PAIRS, ROWS, LINKS = 50, 2_000, 12


def run(quick: bool) -> list[Row]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [
            _pairs(3 if quick else PAIRS),
            _queries(3 if quick else None),
            *_small(2 if quick else 7),
            _long(2_000 if quick else 50_000, 2 if quick else LINKS, "quick" if quick else "best"),
            _estimates(300 if quick else 3_000),
        ]


def random_graph(rng: np.random.Generator, vertices: int, density: float = 0.35) -> idgen.ADMG:
    """A random graph over V0, V1, ... with some hidden causes."""
    names = [f"V{k}" for k in range(vertices)]
    both = list(itertools.combinations(names, 2))
    directed = [pair for pair in both if rng.random() < density]
    return idgen.ADMG(directed, [pair for pair in both if rng.random() < 0.12], names)


def queries(graph: idgen.ADMG) -> list[idgen.Query]:
    """The identifiable queries of one outcome and one treatment, in which the treatment matters."""
    found = []
    for x, y in itertools.permutations(graph.order, 2):
        query = idgen.Query((y,), (x,))
        try:
            if y in graph.descendants([x]) and idgen.compile(query, graph):
                found.append(query)
        except NotIdentifiable:
            continue
    return found


def table(
    graph: idgen.ADMG, rows: int, rng: np.random.Generator, numbers: bool = False
) -> dict[str, np.ndarray[Any, Any]]:
    """Binary rows of a random model of the graph, or numbers, each hidden cause a number."""
    hidden = {pair: rng.normal(size=rows) for pair in graph.bidirected}
    data: dict[str, np.ndarray[Any, Any]] = {}
    for name in graph.order:
        score = rng.normal() * 0.3 + sum((value for pair, value in hidden.items() if name in pair), np.zeros(rows))
        for parent in sorted(graph.parents([name]) - {name}):
            score = score + rng.normal() * 1.5 * (data[parent] - 0.5)
        drawn = np.tanh(score) + rng.normal(size=rows) if numbers else rng.random(rows) < 1 / (1 + np.exp(-score))
        data[name] = drawn if numbers else drawn.astype(int)
    return data


def pairs(count: int) -> Iterator[tuple[idgen.ADMG, idgen.Query, idgen.Query, dict[str, np.ndarray[Any, Any]]]]:
    """Graphs with two queries each, and a table."""
    seed = 0
    while count:
        rng = np.random.default_rng((17, seed))
        seed += 1
        graph = random_graph(rng, 7)
        found = queries(graph)
        if len(found) >= 2:
            first, second = (found[k] for k in rng.choice(len(found), 2, replace=False))
            yield graph, first, second, table(graph, ROWS, rng)
            count -= 1


def second_query(
    graph: idgen.ADMG, first: idgen.Query, second: idgen.Query, data: dict[str, np.ndarray[Any, Any]]
) -> tuple[int, int]:
    """How many models of the observed law the second program has and the first has not, and how many are trained."""
    one, two = (idgen.compile(query, graph, realize="regenerate") for query in (first, second))
    with tempfile.TemporaryDirectory() as folder:
        one.fit(data, store=folder, progress=False, device="cpu")
        known = _observed_models(folder)
        two.fit(data, store=folder, progress=False, device="cpu")
        after = _observed_models(folder)
    asked = {_conditional(op) for op in two.models if op.data == two.observe.result}
    before = {_conditional(op) for op in one.models if op.data == one.observe.result}
    return len(asked - before), len(after - known)


def _conditional(op: Any) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(op.targets), frozenset(op.inputs)


def _observed_models(folder: str) -> set[tuple[frozenset[str], frozenset[str]]]:
    """What was trained on rows of the table, by its parts."""
    found = set()
    for artefact in Store.open(folder).artefacts():
        task = artefact.depends.get("task", {})
        if artefact.kind == "model" and task["count"] == ROWS and not task["exact"]:
            found.add(tuple(frozenset(part["name"] for part in task[side]) for side in ("targets", "inputs")))
    return found  # type: ignore[return-value]


def _pairs(count: int) -> Row:
    new, trained, equal = 0, 0, 0
    for pair in pairs(count):
        one, other = second_query(*pair)
        new, trained, equal = new + one, trained + other, equal + (one == other)
    return {"what": f"a second query, {count} pairs", "new": new, "trained": trained, "equal": f"{equal} of {count}"}


def _queries(most: int | None) -> Row:
    rng = np.random.default_rng(170)
    graph = random_graph(rng, 12)
    asked, data = queries(graph)[:most], table(graph, 1_000, rng, numbers=True)
    how: dict[str, Any] = {"progress": False, "device": "cpu", "effort": "quick", "check_graph": False}
    together = idgen.compile(asked, graph)
    alone = [idgen.compile(query, graph) for query in asked]
    alone[0].fit(data, **how)
    began = time.process_time()
    together.fit(data, **how)
    at_once = time.process_time() - began
    with tempfile.TemporaryDirectory() as folder:
        began = time.process_time()
        for program in alone:
            program.fit(data, store=folder, **how)
        apart = time.process_time() - began
        models = [artefact for artefact in Store.open(folder).artefacts() if artefact.kind == "model"]
    new = {(*op.targets, "|", *sorted(op.inputs), op.data) for program in alone for op in program.realized({}).models}
    return {
        "what": f"{len(asked)} queries of a graph of 12 vertices",
        "new": len(new),
        "trained": len([artefact for artefact in models if "again" not in artefact.title]),
        "together": at_once,
        "by one store": apart,
    }


def _small(rounds: int) -> Iterator[Row]:
    rng = np.random.default_rng(0)
    z, w = rng.integers(4, size=ROWS), rng.integers(3, size=ROWS)
    x = (rng.random(ROWS) < 0.3 + 0.1 * z).astype(int)
    data = {"Z": z, "W1": z, "W2": w, "X": x, "Y": (rng.random(ROWS) < 0.2 + 0.2 * x + 0.1 * z).astype(int)}
    query = idgen.Query.parse("P(Y | do(X))")
    for name, graph in (("back-door", "Z -> X -> Y; Z -> Y"), ("napkin", "W1 -> W2 -> X -> Y; X <-> W1 <-> Y")):
        program = idgen.compile(query, idgen.ADMG.parse(graph))
        program.fit(data, progress=False, device="cpu")
        taken: dict[str, list[float]] = {"without": [], "new store": [], "full store": []}
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as folder:
                for how in taken:
                    kept: dict[str, Any] = {} if how == "without" else {"store": Path(folder) / "store"}
                    began = time.process_time()
                    program.fit(data, progress=False, device="cpu", **kept)
                    taken[how].append(1e3 * (time.process_time() - began))
        yield {"what": f"{name}, 2,000 rows (ms)", **{how: min(times) for how, times in taken.items()}}


def _numbers(rows: int, links: int = 1) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    z = rng.normal(size=rows)
    last = x = (rng.random(rows) < 1 / (1 + np.exp(-z))).astype(int)
    data = {"Z": z, "X": x}
    for name in _links(links):
        data[name] = last = (np.sin(last) if name != "M0" else last) + rng.normal(size=rows)
    return data | {"Y": np.sin(last) + z + rng.normal(size=rows)}


def _program(links: int = 1) -> idgen.Program:
    names = _links(links)
    query = idgen.Query((*names, "Y"), ("X",))
    return idgen.compile(query, idgen.ADMG.parse(f"Z -> X -> {' -> '.join(names)} -> Y; Z -> Y"))


def _links(count: int) -> list[str]:
    return [f"M{k}" for k in range(count)]


def _long(rows: int, links: int, effort: str) -> Row:
    program, data = _program(links), _numbers(rows, links)
    with tempfile.TemporaryDirectory() as folder, _own_time() as spent:
        began = time.process_time()
        program.fit(data, store=folder, progress=False, device="cpu", check_graph=False, effort=effort)
        whole = time.process_time() - began
    told = f"{links + 2} models, {rows:,} rows of numbers"
    return {"what": f"a long fit, {told} (s)", "without": whole - spent[0], "new store": whole,
            "store's own": spent[0], "share": spent[0] / whole}  # fmt: skip


@contextmanager
def _own_time() -> Iterator[list[float]]:
    """Processor seconds of all that is looked up and kept, less what is made meanwhile."""
    spent, once, task = [0.0], Artefacts._once, Artefacts.task

    def timed(self: Any, kind: str, label: str, depends: Any, make: Any, write: Any, read: Any) -> Any:
        inside = 0.0

        def made() -> Any:
            nonlocal inside
            start, before = time.process_time(), spent[0]
            try:
                return make()
            finally:
                inside += time.process_time() - start - (spent[0] - before)

        start, before = time.process_time(), spent[0]
        found = once(self, kind, label, depends, made, write, read)
        spent[0] = before + time.process_time() - start - inside
        return found

    def tasked(self: Any, asked: Any) -> Any:
        start = time.process_time()
        found = task(self, asked)
        spent[0] += time.process_time() - start
        return found

    Artefacts._once, Artefacts.task = timed, tasked  # type: ignore[method-assign]
    try:
        yield spent
    finally:
        Artefacts._once, Artefacts.task = once, task  # type: ignore[method-assign]


def _estimates(rows: int) -> Row:
    program, data = _program(), _numbers(rows)
    taken = dict[str, float]()
    with tempfile.TemporaryDirectory() as folder:
        for how in ("without", "new store", "full store"):
            kept: dict[str, Any] = {} if how == "without" else {"store": folder}
            asked: Any = program.fit(data, progress=False, device="cpu", check_graph=False, train="asked", **kept)
            began = time.process_time()
            asked.ate("Y", "X")
            taken[how] = time.process_time() - began
    return {"what": f"an effect of {rows:,} rows by regressions (s)", **taken}
