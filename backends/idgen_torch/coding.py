"""Columns to parts and back: labels to codes, units to standardised reals, and the way home."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from idgen_torch.parts import Rows
from idgen_torch.plain import plain_column
from idgen_torch.seeds import seed_for
from idgen_torch.tables import Source
from idgen_torch.variables import (
    Atom,
    Categorical,
    Composite,
    Continuous,
    Image,
    Integer,
    Label,
    Schema,
    VariableType,
    Vector,
)

__all__ = ["decode", "dtype_of", "empty_array", "encode_sources", "standardised"]


def encode_sources(sources: Mapping[str, Source], schema: Schema, seed: int) -> Rows:
    """Every part of every variable, in the shapes and dtypes of `Rows`.

    Images stay where they are, in memory or in a file.
    """
    rows: Rows = {}
    for name, source in sources.items():
        kind = schema[name]
        atoms = kind.fields if isinstance(kind, Composite) else (("", kind),)
        for field, atom in atoms:
            part = f"{name}.{field}" if field else name
            if isinstance(atom, Image):
                rows[part] = held(source.columns[field])
                continue
            values = plain_column(source.names[field], source.columns[field])
            rows[part] = _encode(atom, values, np.random.default_rng(seed_for(seed, "dequantise", part)))
    return rows


def held(pictures: np.ndarray) -> Tensor:
    """Images as a tensor over the same memory or file; copied where torch cannot hold it."""
    holds = pictures.flags.writeable and min(pictures.strides) >= 0
    return torch.from_numpy(pictures if holds else pictures.copy())


def _encode(
    kind: Categorical | Continuous | Integer | Vector, values: np.ndarray, generator: np.random.Generator
) -> Tensor:
    if isinstance(kind, Categorical):
        codes, found = pd.factorize(values)
        place = {label: code for code, label in enumerate(kind.labels)}
        table = np.array([place[label] for label in found], dtype=np.int64)
        return torch.from_numpy(table[codes])
    if isinstance(kind, Integer):
        values = values.astype(np.float64) + generator.uniform(-0.5, 0.5, len(values))
    return standardised(kind, values)


def standardised(kind: Integer | Continuous | Vector, values: np.ndarray) -> Tensor:
    """Values in their own unit as parts see them.  Shape: (rows,) or (rows, dim) -> (rows, dim) float32."""
    wide = np.asarray(values, dtype=np.float64)
    wide = wide[:, None] if wide.ndim == 1 else wide
    return torch.from_numpy(((wide - np.asarray(kind.mean)) / np.asarray(kind.scale)).astype(np.float32))


def dtype_of(kind: VariableType) -> np.dtype:
    """The NumPy dtype of one decoded value: a structured one for a composite, a subarray for a vector in it."""
    match kind:
        case Composite(fields):
            return np.dtype([(f, dtype_of(atom), _entries(atom)) for f, atom in fields])
        case _:
            return np.dtype(kind.dtype)


def empty_array(kind: VariableType, n: int) -> np.ndarray:
    """Room for n decoded values.  Shape: (n,), (n, dim) for a vector, (n, channels, height, width) for an image."""
    entries = () if isinstance(kind, Composite) else _entries(kind)
    return np.empty((n, *entries), dtype_of(kind))


def _entries(kind: Atom) -> tuple[int, ...]:
    """The shape of one value."""
    match kind:
        case Vector():
            return (kind.dim,)
        case Image():
            return kind.shape
        case _:
            return ()


def decode(kind: VariableType, parts: Sequence[Tensor], out: np.ndarray) -> None:
    """Write the values that some parts stand for into `out`, as the user knows them."""
    if isinstance(kind, Composite):
        for (field, atom), part in zip(kind.fields, parts, strict=True):
            _decode(atom, part, out[field])
    else:
        _decode(kind, parts[0], out)


def _decode(kind: Atom, part: Tensor, out: np.ndarray) -> None:
    values = part.detach().cpu().numpy()
    if isinstance(kind, Categorical):
        labels = _label_array(kind.labels, kind.dtype)
        if out.flags.c_contiguous:
            np.take(labels, values, out=out, mode="clip")  # with mode="raise" NumPy would copy through a buffer
        else:
            out[...] = labels[values]
        return
    if isinstance(kind, Image):
        out[...] = values
        return
    wide = values.astype(np.float64) * np.asarray(kind.scale) + np.asarray(kind.mean)
    if isinstance(kind, Integer):
        wide = np.round(wide)
        if kind.low >= 0:
            wide = np.maximum(wide, 0)
        if np.dtype(kind.dtype).kind in "iu":
            bounds = np.iinfo(kind.dtype)
            # 2**63 - 1 is no float64; the next one below is.
            most = float(bounds.max) if bounds.bits < 64 else np.nextafter(float(bounds.max), 0)
            wide = np.clip(wide, float(bounds.min), most)
    out[...] = wide.reshape(out.shape)


@lru_cache(maxsize=256)
def _label_array(labels: tuple[Label, ...], dtype: str) -> np.ndarray:
    array = np.empty(len(labels), dtype=np.dtype(dtype))
    array[:] = labels
    return array
