"""Tables and pictures to damage: text tables, Parquet, Arrow, npy, idx and gzip files, and images."""

from __future__ import annotations

import gzip
import io
import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from idgen_compiler.data.reading.idx import read_idx
from idgen_compiler.data.reading.options import Reading
from idgen_compiler.data.schema import encode, infer_schema
from idgen_compiler.data.sources import read_sources
from tests.fuzz.mutations import AWKWARD, mutated_bytes, mutated_text
from tests.fuzz.targets import Files, Target

__all__ = ["tables"]

NAMES = ("X", "Y", "Z")
MARKS = (",", ";", "\t", "|", "\n", '"', "NA", "1,5", "2020-01-31", "X", "sep=;", "\ufeff", " ", "1e400", "-9999", "\r")


@dataclass(frozen=True)
class Written:
    """Files of one kind, by a suffix that says so; some damages are of the text, if it is one."""

    name: str
    suffix: str
    seeds: tuple[bytes, ...]
    scratch: Path
    read_file: Callable[[Path, Random], object]
    as_text: bool = False

    def damaged(self, random: Random) -> tuple[bytes, int]:
        seed = random.choice(self.seeds)
        if self.as_text and random.random() < 0.7:
            texts = [s.decode("utf-8", "replace") for s in self.seeds]
            encoding = random.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252"))
            text = mutated_text(random, random.choice(texts), MARKS, texts)
            seed = text.encode(encoding, "replace")
        else:
            seed = mutated_bytes(random, seed)
        if self.as_text and random.random() < 0.1:
            seed = mutated_bytes(random, gzip.compress(seed, 1))
        return seed, random.randrange(2**32)

    def read(self, damaged: object) -> None:
        assert isinstance(damaged, tuple)
        content, seed = damaged
        path = self.scratch / f"damaged{self.suffix}"
        path.unlink(missing_ok=True)
        path.write_bytes(content)
        self.read_file(path, Random(seed))


@dataclass(frozen=True)
class Held:
    """Tables in memory, of columns of whatever objects people put there."""

    name: str

    def damaged(self, random: Random) -> dict[str, Any]:
        import pandas as pd

        rows = random.choice((1, 3, 12, 40))
        columns = {}
        for name in NAMES:
            kinds = [random.choice(_OBJECTS) for _ in range(random.choice((1, 1, 1, 2, 3)))]
            column: Any = [random.choice(kinds)(random) for _ in range(rows)]
            match random.randrange(8):
                case 0:
                    column = pd.Series(column, dtype=object)
                case 1:
                    column = tuple(column)
                case 2:
                    column = _tried(lambda column=column: np.array(column))
                case 3:
                    column = _tried(lambda column=column: pd.Series(column))
                case 4:
                    column = _tried(lambda column=column: pd.Series(column).astype("category"))
                case 5 if random.random() < 0.2:
                    column = random.choice((set(map(str, column)), 5, "text", b"bytes", {"a": 1}, None, iter(column)))
                case _:
                    pass
            columns[name] = column
        return columns

    def read(self, damaged: object) -> None:
        whole_way(damaged, Random(str(type(damaged))))


def _tried(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except (ValueError, TypeError, ArithmeticError, SyntaxError, RecursionError):
        return []


def _objects() -> list[Callable[[Random], Any]]:
    import datetime as dt
    from decimal import Decimal
    from fractions import Fraction

    import pandas as pd

    return [
        lambda r: r.choice("abc"),
        lambda r: r.randrange(3),
        lambda r: r.gauss(0, 1),
        lambda r: r.choice((True, False)),
        lambda r: r.choice((None, float("nan"), pd.NA, pd.NaT, float("inf"), 10**400, -(2**63), 2**64, 1e308, 5e-324)),
        lambda r: dt.date.fromordinal(r.randrange(1, 3_600_000)),
        lambda r: dt.datetime(r.randrange(1, 9999), 1, 2, 3, tzinfo=r.choice((None, dt.UTC))),
        lambda r: dt.timedelta(r.randrange(-(10**8), 10**8), r.randrange(100)),
        lambda r: np.datetime64(r.randrange(-(2**62), 2**62), r.choice(("s", "ns", "D", "Y", "ps"))),
        lambda r: np.timedelta64(r.randrange(10**6), r.choice(("s", "Y", "ns", "D", "generic"))),
        lambda r: f"{r.randrange(0, 9999):04d}-{r.randrange(14):02d}-{r.randrange(33):02d}",
        lambda r: Decimal(r.choice(("1.5", "NaN", "1e999", "sNaN", "-0"))),
        lambda r: Fraction(r.randrange(9) * 10 ** r.choice((0, 500)), 7),
        lambda r: r.choice((b"1", 1j, object(), {1}, {"a": 1}, {"path": "x.png"}, {"bytes": b"x"}, "x.png", Path("x"))),
        lambda r: [1.0] * r.choice((2, 2, 3)),
        lambda r: r.choice(([[1], [1, 2]], [], [None], ["a"], np.zeros((2, 2)), np.zeros(()), (1, 2))),
        lambda r: r.choice(AWKWARD),
        lambda r: pd.Timestamp(r.randrange(10**18), tz=r.choice((None, "UTC", "Europe/Berlin"))),
        lambda r: r.choice(
            (pd.Interval(0, 1), pd.Period("2020-01"), np.float32(1), np.longdouble("1e4000"), np.str_("a"))
        ),
    ]


_OBJECTS = _objects()


def tables(scratch: Path) -> list[Target]:
    """Everything that reads tables and pictures, with small seeds of each kind."""
    found: list[Target] = [
        Written("text table", ".csv", _csv(), scratch, _table, as_text=True),
        Written("text table with tabs", ".tsv", _csv(), scratch, _table, as_text=True),
        Written("Parquet", ".parquet", tuple(_parquet()), scratch, _table),
        Written("Arrow", ".arrow", tuple(_arrow()), scratch, _arrow_table),
        Written("npy", ".npy", tuple(_npy()), scratch, _pictures),
        Written("picture", ".png", tuple(_pngs()), scratch, _picture),
        Files("gzipped idx file", _idx(), scratch, read_idx),
        Held("table in memory"),
    ]
    return found


def whole_way(data: Any, random: Random, names: tuple[str, ...] = NAMES) -> None:
    """Read, typed and encoded, as every backend does."""
    how = Reading(
        missing=random.choice(("refuse", "drop", "category", "text")),
        missing_marks=random.choice(((), (-9999,), ("NA",), {"X": "a"})),
        delimiter=random.choice((None, None, None, ";")),
        decimal=random.choice((None, None, None, ",")),
        encoding=random.choice((None, None, None, "latin-1")),
    )
    types = random.choice(({}, {}, {}, {"X": "date"}, {"Y": "categorical"}, {"X": "duration"}, {"Z": "continuous"}))
    sources = read_sources(data, names, how=how)
    schema = infer_schema(sources, types)
    encoded = encode(sources, schema, lambda part: np.random.default_rng(0))
    for name in names:
        kind = schema[name]
        parts = [encoded[part.name] for part in schema.parts(name)]
        kind.decode(parts, kind.empty(len(parts[0])))


def _table(path: Path, random: Random) -> None:
    whole_way(path, random)


def _arrow_table(path: Path, random: Random) -> None:
    import pyarrow as pa

    try:
        table = pa.ipc.open_stream(path.read_bytes()).read_all()
    except (pa.ArrowException, OSError, MemoryError, ValueError, KeyError, TypeError):
        return  # the user's own call, not ours
    whole_way(table, random)


def _pictures(path: Path, random: Random) -> None:
    whole_way({"X": path}, random, ("X",))


def _picture(path: Path, random: Random) -> None:
    column: Any = random.choice(([path], [{"bytes": path.read_bytes(), "path": None}], [str(path)]))
    whole_way({"X": column}, random, ("X",))


def _csv() -> tuple[bytes, ...]:
    rows = [f"{k % 3},{'ab'[k % 2]},{k / 7:.3f}" for k in range(14)]
    plain = "X,Y,Z\n" + "\n".join(rows) + "\n"
    return tuple(
        text.encode()
        for text in (
            plain,
            plain.replace(",", ";").replace(".", ","),
            plain.replace("a", "NA").replace(",", "\t"),
            "X,Y,Z\n" + "".join(f'2020-01-{k + 1:02d},"a, {k % 2}",{k}\n' for k in range(14)),
            'X, Y ,"Z"\n1.5,é,-9999\n2.5,,3\n',
            "sep=|\nX|Y|Z\n1|a|2\n3|b|4\n",
        )
    )


def _frames() -> list[Any]:
    import pandas as pd

    base = pd.DataFrame({"X": range(20), "Y": list("ab") * 10, "Z": np.linspace(0, 1, 20)})
    times = pd.DataFrame(
        {
            "X": pd.date_range("2020-01-01", periods=20, tz="UTC"),
            "Y": pd.Categorical(list("ab") * 10, ordered=True),
            "Z": [[1.0, 2.0]] * 20,
        }
    )
    pictures = pd.DataFrame(
        {"X": [{"bytes": png, "path": None} for png in list(_pngs())[:1] * 2], "Y": [True, None], "Z": [1, None]}
    )
    return [base, times, pictures]


def _parquet() -> list[bytes]:
    found = []
    for frame in _frames():
        for compression in ("snappy", None):
            file = io.BytesIO()
            frame.to_parquet(file, compression=compression)
            found.append(file.getvalue())
    return found


def _arrow() -> list[bytes]:
    import pyarrow as pa

    found = []
    for frame in _frames():
        table = pa.Table.from_pandas(frame)
        for held in (table, pa.table([*table.columns, table.column(0)], names=[*table.column_names, "X"])):
            sink = io.BytesIO()
            with pa.ipc.new_stream(sink, held.schema) as writer:
                writer.write_table(held)
            found.append(sink.getvalue())
    return found


def _npy() -> list[bytes]:
    arrays = [np.zeros((3, 3, 4, 5), np.uint8), np.zeros((3, 4, 5)), np.zeros((3, 4, 5, 1), np.float32, order="F")]
    found = []
    for array in arrays:
        file = io.BytesIO()
        np.save(file, array)
        found.append(file.getvalue())
    return found


def _pngs() -> list[bytes]:
    from PIL import Image

    pixels = np.arange(6 * 5 * 3, dtype=np.uint8).reshape(6, 5, 3)
    found = []
    for form in ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM"):
        for shown in (pixels, pixels[..., 0]):
            file = io.BytesIO()
            Image.fromarray(shown).save(file, form)
            found.append(file.getvalue())
    return found


def _idx() -> list[bytes]:
    seeds = [
        bytes((0, 0, 8, len(shape))) + struct.pack(f">{len(shape)}I", *shape) + bytes(math.prod(shape))
        for shape in ((7,), (3, 4, 5), (2**16, 2**14, 1), (0, 28, 28))
        if math.prod(shape) < 2**20
    ]
    huge = bytes((0, 0, 8, 3)) + struct.pack(">3I", 2**31, 2**10, 2**10) + bytes(100)
    return [gzip.compress(seed) for seed in (*seeds, huge)]
