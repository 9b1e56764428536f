"""Everything that reads what somebody else wrote: texts, JSON, and folders of saved samplers."""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import shutil
import struct
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Protocol

import idgen_compiler as idgen
from idgen_compiler.catalog import ENTRIES
from idgen_compiler.catalog.formula import TextbookFormula
from idgen_compiler.data.reading.idx import read_idx
from idgen_compiler.errors import IdgenError
from idgen_compiler.hinge.saved import HEADER
from tests.fuzz.hostile import HEADERS, Change, changed, models_of
from tests.fuzz.mutations import mutated_bytes, mutated_json, mutated_text

__all__ = ["Files", "Folders", "Target", "Texts", "attempt", "idx_files", "texts"]


class Target(Protocol):
    """What is attacked: it makes damaged inputs and reads them."""

    @property
    def name(self) -> str: ...

    def damaged(self, random: Random) -> object: ...

    def read(self, damaged: object) -> None: ...


@dataclass(frozen=True)
class Texts:
    """A parser. `read_text` also checks what it can about a text that it accepts, such as that it prints and parses."""

    name: str
    seeds: Sequence[str]
    tokens: Sequence[str]
    read_text: Callable[[str], object]
    as_json: bool = False  #: whether damages to the JSON value are made as well as to its text

    def damaged(self, random: Random) -> str:
        seed = random.choice(self.seeds)
        if self.as_json and random.random() < 0.6:
            return json.dumps(mutated_json(random, json.loads(seed)))
        return mutated_text(random, seed, self.tokens, self.seeds)

    def read(self, damaged: object) -> None:
        self.read_text(str(damaged))


@dataclass(frozen=True)
class Files:
    """A reader of files of bytes; `scratch` is where damaged ones are written."""

    name: str
    seeds: Sequence[bytes]
    scratch: Path
    read_file: Callable[[Path], object]

    def damaged(self, random: Random) -> bytes:
        return mutated_bytes(random, random.choice(self.seeds))

    def read(self, damaged: object) -> None:
        assert isinstance(damaged, bytes)
        path = self.scratch / "damaged.bytes"
        path.unlink(missing_ok=True)  # some file systems write what is overwritten to the disk at once
        path.write_bytes(damaged)
        self.read_file(path)


@dataclass(frozen=True)
class Folders:
    """Saved samplers, each as its files; `scratch` is where damaged copies are written, read and sampled."""

    name: str
    seeds: Sequence[Mapping[str, bytes]]
    scratch: Path
    do: Mapping[str, object]
    harms: Sequence[Change] = tuple(change for name, change in HEADERS.items() if "200,000" not in name)

    def damaged(self, random: Random) -> dict[str, bytes]:
        files = dict(random.choice(self.seeds))
        if random.random() < 0.05:
            with suppress(KeyError, AttributeError):  # it has no such part
                return changed(files, HEADER, random.choice(self.harms))
        chosen = random.choice(sorted(files)) if random.random() < 0.5 else HEADER
        if chosen.endswith(".json") and random.random() < 0.75:
            files[chosen] = json.dumps(mutated_json(random, json.loads(files[chosen]))).encode()
        elif random.random() < 0.05:
            del files[chosen]
        else:
            files[chosen] = mutated_bytes(random, files[chosen])
            if random.random() < 0.7:
                files[HEADER] = _resealed(files[HEADER], chosen, files[chosen])
        return files

    def read(self, damaged: object) -> None:
        assert isinstance(damaged, dict)
        folder = self.scratch / "damaged"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, content in damaged.items():
            (folder / name).write_bytes(content)
        idgen.load(folder).sample(2, do=dict(self.do), seed=0)


def _resealed(header: bytes, name: str, content: bytes) -> bytes:
    """The header with the checksum that belongs to a file, so that what lies behind the checksum is reached."""
    try:
        value = json.loads(header)
        for record in models_of(value):
            if record.get("file") == name:
                record["sha256"] = hashlib.sha256(content).hexdigest()
    except (KeyError, TypeError, AttributeError, ValueError):
        return header
    return json.dumps(value).encode()


def attempt(target: Target, damaged: object) -> BaseException | None:
    """What escapes when an input is read: nothing, or an exception that is no IdgenError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            target.read(damaged)
    except IdgenError as error:
        return None if str(error).strip() else error
    except Exception as error:  # noqa: BLE001  # every kind of escape is what this looks for
        return error
    return None


def texts() -> list[Texts]:
    """The parsers of texts, with seeds from the catalog and from what the printers write."""
    found = ENTRIES
    graphs = [entry.parsed_graph() for entry in found if len(entry.parsed_graph()) <= 8][:40]
    napkin, front_door = (idgen.ADMG.parse(t) for t in ("W1->W2->X->Y; X<->W1<->Y", "X->M->Y; X<->Y  # hidden"))
    odd = idgen.ADMG.parse(
        '"birth weight" -> `2nd`, a; "e\u0301" <-> a; \u0906\u092f\u0941 -> "x=1"; U [latent] -> a, "x=1"'
    )
    queries = [
        "P(Y | do(X))",
        "P(Y=1 | do(X=1.5), Z='a b')",
        "E[Y | do(X)]",
        "P_{x}(y)",
        'P("birth weight" | `2nd`=true)',
        "P(Y1, Y2 | do(X), Z)",
        "P(Y)",
        "P(Y | do(X1, X2), Z1, Z2)",
        *(e.query for e in found),
    ]
    programs = [
        idgen.compile(idgen.Query("Y", "X"), graph, optimize=level, realize=how)
        for graph in (napkin, front_door)
        for level, how in ((False, "auto"), (2, "auto"), (2, "regenerate"), (2, "reweight"), (2, "weigh"))
    ]
    programs.append(idgen.compile(idgen.Query("x=1", ["2nd"], "birth weight", {"2nd": "a b"}), odd))
    formulas = ["Σ_m P(m | x) Σ_x' P(x') P(y | x', m)", "[sum_{w1} P(w1) P(x | w1)] / P(x | w1) for any w1", "P(y|x)"]
    return [
        Texts("graph text", [*map(str, graphs), str(napkin), str(odd), *_SKETCHES], [*_GRAPH, *_ODD], _graph),
        Texts("DAGitty", [g.to_dagitty() for g in graphs] + [_DAGITTY], [*_GRAPH, *_DAGITTY.split()], _dagitty),
        Texts("DOT", [g.to_dot() for g in graphs] + [_DOT], [*_GRAPH, *_DOT.split()], _dot),
        Texts(
            "graph of any kind",
            [*map(str, graphs), _DAGITTY, _DOT, *(seed for seeds in _FORMATS.values() for seed in seeds)],
            [*_GRAPH, "dag {", "digraph {", "from,to", "~", "graph [", "network {"],
            idgen.ADMG.read,
        ),
        *(
            Texts(f"graph as {name}", seeds, [*_GRAPH, *" ".join(seeds).split()], _reader(name))
            for name, seeds in _FORMATS.items()
        ),
        Texts(
            "query",
            queries,
            ["P", "(", ")", "|", "do", "do(", ",", "Y", "X", "Y1", "²", "=", "1", "E[", "P_{", *_ODD],
            _query,
        ),
        Texts("program text", [str(p) for p in programs], _PROGRAM, _program),
        Texts("program JSON", [p.to_json() for p in programs], [*_PROGRAM, "null", "1"], _program_json, as_json=True),
        Texts("formula", formulas, ["Σ_", "sum_", "P(", "|", "/", "[", "]", "for any", "x'", "{", "}"], _formula),
    ]


def idx_files(scratch: Path) -> Files:
    """Images and labels in MNIST's format, gzipped and not."""
    seeds = [
        bytes((0, 0, 8, len(shape))) + struct.pack(f">{len(shape)}I", *shape) + bytes(range(math.prod(shape)))
        for shape in ((7,), (3, 4, 5), (0, 28, 28))
    ]
    return Files("idx file", [*seeds, *map(gzip.compress, seeds)], scratch, read_idx)


_GRAPH = ("->", "<-", "<->", ";", "\n", ",", "A", "B", "X", "Y", "#", "{", "}", "[", "]", "=", '"')
_ODD = (
    "`",
    '"a b"',
    "2nd",
    "-->",
    "\u2192",
    "\u2194",
    "o->",
    "o-o",
    "---",
    "[latent]",
    "e\u0301",
    "\u00e9",
    "'",
    "\\",
    "{",
    "}",
)
_SKETCHES = ("A -> B <- C\nD <-> A; E", "A --> B \u2192 C \u2194 D", "A -> {B, C} -> D; U [latent] -> A, D")
_XML = (
    '<?xml version="1.0"?><graphml xmlns="http://graphml.graphdrawing.org/xmlns"><key id="v" for="node" '
    'attr.name="name" attr.type="string"/><key id="e" for="edge" attr.name="description" attr.type="string"/>'
    '<graph edgedefault="directed"><node id="n0"><data key="v">X</data></node><node id="n1"><data key="v">Y</data>'
    '</node><edge source="n0" target="n1"/>'
    '<edge source="n0" target="n1"><data key="e">U</data></edge></graph></graphml>'
)
_FORMATS = {
    "gml": (
        'graph [directed 1 node [id 0 label "X"] node [id 1 label "Y" hidden 1] edge [source 0 target 1 key "a"]]',
    ),
    "graphml": (_XML,),
    "bif": (
        "network n { }\nvariable X { type discrete [ 2 ] { a, b }; }\nvariable Y { }\n"
        "probability ( Y | X ) { (a) 0.1, 0.9; }\n",
    ),
    "tetrad": ("Graph Nodes:\nX;Y;(L)\n\nGraph Edges:\n1. X --> Y\n2. L --> X\n3. X <-> Y dd nl\n",),
    "lavaan": ("f =~ x1 + x2\ny ~ a*x1 + x2 # comment\nx1 ~~ y; y ~ 1",),
    "modelstring": ("[X][M|X][Y|M:X]",),
    "csv": ("from,to,type\nX,M,->\nM,Y,<->\n", '"","cause";"effect"\n"a b";c\n', "from\tto\nX\tM"),
}
_PROGRAM = (
    "%obs", "%m0", "%m1", "%law0", "graph", "train", "observe", "realize", "regenerate", "reweight",
    "condition", "weigh", "sample",
    "do(", "~", "uniform", "by", "or",
    "->", "[", "]", "{", "}", "|", ":", ",", "X", "X'", "W1", "(", ")", "#", '"', "=",
)  # fmt: skip
_DAGITTY = 'dag g { bb="0,0,1,1" X [exposure,pos="1,2"] Y [outcome] U [latent] "ab" X -> {Y Z} <- U X <-> Y /* c */ }'
_DOT = (
    'strict digraph "g" { rankdir=LR; node [shape=circle]; X -> Y -> {Z W} [dir=both]; U [hidden=yes]; U -> X // c\n }'
)


def _graph(text: str) -> None:
    graph = idgen.ADMG.parse(text)
    assert idgen.ADMG.parse(str(graph)) == graph


def _reader(name: str) -> Callable[[str], object]:
    def read(text: str) -> None:
        graph = idgen.ADMG.read(text, name)
        assert idgen.ADMG.parse(str(graph)) == graph

    return read


def _dagitty(text: str) -> None:
    graph = idgen.ADMG.from_dagitty(text)
    if not graph.fixed:
        assert idgen.ADMG.from_dagitty(graph.to_dagitty()) == graph


def _dot(text: str) -> None:
    graph = idgen.ADMG.from_dot(text)
    if not graph.fixed:
        assert idgen.ADMG.from_dot(graph.to_dot()) == graph


def _query(text: str) -> None:
    query = idgen.Query.parse(text)
    assert idgen.Query.parse(str(query)) == query


def _program(text: str) -> None:
    program = idgen.Program.parse(text)
    assert idgen.Program.parse(str(program)) == program
    assert idgen.Program.from_json(program.to_json()) == program


def _program_json(text: str) -> None:
    program = idgen.Program.from_json(text)
    assert idgen.Program.parse(str(program)) == program


def _formula(text: str) -> None:
    TextbookFormula.parse(text, ("W1", "X", "M", "Y", "Z"))
