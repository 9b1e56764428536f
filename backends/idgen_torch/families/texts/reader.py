"""How one model reads one text: an encoder, and the directions of what it gives that the rows ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import log
from typing import Self

import numpy as np
import torch
from torch import Tensor

from idgen_compiler.data.arrays import Array, pandas
from idgen_compiler.data.kinds.encoders import HASH
from idgen_compiler.data.kinds.text import texts_of
from idgen_compiler.data.ngrams import BUCKETS, MOST_BUCKETS, Directions
from idgen_compiler.data.part import Form, Part
from idgen_compiler.errors import DataError
from idgen_torch.arithmetic import one_thread
from idgen_torch.families.state import Tensors, checked_tensor
from idgen_torch.families.task import Task
from idgen_torch.families.texts.encoders import embedded

__all__ = ["PROBES", "Reader"]

MOST = 128
"""So many directions of texts are looked at."""
_STEPS = (8, 16, 24, 32, 48, 64, 96, MOST)
_BESIDE = 16
"""So many numbers that some direction serves where no other part of the task says how many."""
_ROWS_PER_DIRECTION = 10
_CLASSES, _ENTRIES = 8, 8
"""So many classes of a category, and entries of a vector, say which directions matter."""

PROBES = ("", "a", "The patient has no fever. 病人沒有發燒。")
"""What an encoder makes of these tells it from another one of its name."""
_SAME = 1e-2
_KEPT = 2**13
"""So many texts are remembered with what an encoder made of them."""


@dataclass(frozen=True, eq=False)
class Reader:
    """Texts as numbers of about unit scale, the widest direction first.

    Of hashed texts `buckets` (v,) and `idf` (v,) are those of `Directions`; of any other encoder they are empty, and
    `probe` (3, d) is what it makes of three texts. No text lies beyond the `ends` of the rows' own, so that a few words
    of one kind are not taken for more of it than any row says.
    Shape: axes (v or d, k) float32, center (k,) float32, scale (), ends (2, k) float32.
    """

    part: Part
    buckets: Tensor
    idf: Tensor
    axes: Tensor
    center: Tensor
    scale: Tensor
    ends: Tensor
    probe: Tensor
    known: dict[str, Array] = field(default_factory=dict)
    checked: list[bool] = field(default_factory=list)

    @classmethod
    @one_thread()
    def of(cls, part: Part, task: Task) -> Reader:
        """The reader that suits the other parts of a task.

        The first directions are taken, as many as Schwarz's criterion finds in linear regressions of the task's other
        parts on them: further ones would only let networks learn the rows by heart.
        Source: Schwarz (1978).
        """
        codes, texts = _distinct(task.rows[part.name])
        mass = np.ones(len(codes)) if task.weights is None else task.weights.double().cpu().numpy()
        times = np.bincount(codes, weights=mass, minlength=len(texts))
        there = np.flatnonzero(times)
        most = min(MOST, max(1, len(codes) // _ROWS_PER_DIRECTION))
        own = [texts[k] for k in there]
        if part.encoder == HASH:
            found = Directions.of(own, times[there].tolist(), most)
            made, probe = cls._hashed(part, found), torch.zeros(0, 0, dtype=torch.float32)
        else:
            probe = torch.from_numpy(embedded(part.encoder, PROBES))
            made = cls._dense(part, embedded(part.encoder, own), times[there], most, probe)
        along = np.zeros((len(texts), made.width), dtype=np.float64)
        along[there] = made._along(own)
        kept = _enough(along[codes], _others(part, task), mass)
        spread = float(np.sqrt(np.average(along[codes][:, 0] ** 2, weights=mass))) if made.width else 0.0
        scale = torch.tensor(spread if spread > 0 else 1.0, dtype=torch.float32)
        rows = along[there, :kept]
        ends = torch.from_numpy(np.stack([rows.min(0), rows.max(0)]).astype(np.float32))
        axes, center = made.axes[:, :kept].clone(), made.center[:kept].clone()
        return replace(made, axes=axes, center=center, scale=scale, ends=ends, probe=probe)

    @classmethod
    def _hashed(cls, part: Part, found: Directions) -> Reader:
        arrays = (found.buckets, found.idf, found.axes, found.center)
        buckets, idf, axes, center = (torch.from_numpy(np.ascontiguousarray(one)) for one in arrays)
        nothing = torch.zeros(0, 0, dtype=torch.float32)
        return cls(part, buckets, idf, axes, center, torch.ones((), dtype=torch.float32), nothing, nothing)

    @classmethod
    def _dense(cls, part: Part, values: Array, times: Array, most: int, probe: Tensor) -> Reader:
        """Principal directions of an encoder's vectors.  Shape: values (texts, d), times (texts,)."""
        wide, share = values.astype(np.float64), times / times.sum()
        mean = share @ wide
        left = (wide - mean) * np.sqrt(share)[:, None]
        spread, axes = np.linalg.eigh(left.T @ left)
        order = np.argsort(-spread)[: min(most, int((spread > 1e-9 * max(spread.max(), 1e-300)).sum()))]
        own = axes[:, order] if spread.max() > 0 else axes[:, :0]
        empty = torch.zeros(0, dtype=torch.int64), torch.zeros(0, dtype=torch.float32)
        turned = torch.from_numpy(np.ascontiguousarray(own.astype(np.float32)))
        center = torch.from_numpy((mean @ own).astype(np.float32))
        one, nothing = torch.ones((), dtype=torch.float32), torch.zeros(0, 0, dtype=torch.float32)
        return cls(part, *empty, turned, center, one, nothing, probe, checked=[True])

    @property
    def width(self) -> int:
        """How many numbers a text becomes; 0 where the rows' texts do not differ."""
        return self.axes.shape[1]

    @property
    def read(self) -> Part:
        """What a model that comes after sees: a vector of the same name."""
        return Part(self.part.name, dim=self.width)

    def __call__(self, values: Tensor, device: torch.device) -> Tensor:
        """Shape: (rows, length) uint8 -> (rows, width) float32."""
        codes, texts = _distinct(values)
        along = torch.from_numpy(np.ascontiguousarray(self._along(texts), dtype=np.float32))
        along = along.clamp(self.ends[0], self.ends[1]) / self.scale
        return along[torch.from_numpy(codes)].to(device)

    def _along(self, texts: Sequence[str]) -> Array:
        axes, center = self.axes.numpy(), self.center.numpy()
        if self.part.encoder == HASH:
            return Directions(self.buckets.numpy(), self.idf.numpy(), axes, center)(texts)
        self._check()
        new = [text for text in dict.fromkeys(texts) if text not in self.known]
        if len(self.known) + len(new) > _KEPT:
            self.known.clear()
            new = list(dict.fromkeys(texts))
        if new:
            self.known.update(zip(new, embedded(self.part.encoder, new), strict=True))
        vectors = np.stack([self.known[text] for text in texts]) if texts else np.zeros((0, axes.shape[0]))
        return np.asarray(vectors @ axes - center)

    def _check(self) -> None:
        """Raise DataError where the encoder is not the one that the model was trained with."""
        if self.checked:
            return
        found, known = embedded(self.part.encoder, PROBES), self.probe.numpy()
        if found.shape != known.shape or np.abs(found - known).max() > _SAME * max(1.0, float(np.abs(known).max())):
            raise DataError(
                f"the encoder {self.part.encoder!r:.80} of {self.part.name} gives other numbers than when the "
                "model was trained; bring back the one that was used"
            )
        self.checked.append(True)

    def state(self) -> Tensors:
        """All arrays."""
        names = ("buckets", "idf", "axes", "center", "scale", "ends", "probe")
        return {name: getattr(self, name).contiguous() for name in names}

    @classmethod
    def from_state(cls, part: Part, tensors: Tensors) -> Self:
        """The reader whose `state` this is.  Raises DataError when anything is missing, unknown or misshapen."""
        sizes = {name: tuple(tensors[name].shape) for name in ("buckets", "axes", "probe") if name in tensors}
        buckets, axes, probe = (sizes.get(name, ()) for name in ("buckets", "axes", "probe"))
        count, width = (*buckets, 0)[0], axes[1] if len(axes) == 2 else 0
        dims = probe[1] if len(probe) == 2 and part.encoder != HASH else 0
        expected = {
            "buckets": ((count,), torch.int64),
            "idf": ((count,), torch.float32),
            "axes": ((count if part.encoder == HASH else dims, width), torch.float32),
            "center": ((width,), torch.float32),
            "scale": ((), torch.float32),
            "ends": ((2, width), torch.float32),
            "probe": ((0, 0) if part.encoder == HASH else (len(PROBES), dims), torch.float32),
        }
        checked_tensor(tensors, expected)
        known = tensors["buckets"]
        if width > MOST or count > MOST_BUCKETS or (part.encoder != HASH and count) or not float(tensors["scale"]) > 0:
            raise DataError(
                f"a saved reader of {part.name} has {width} directions of {count} pieces, more than any has"
            )
        if count and (int(known.min()) < 0 or int(known.max()) >= BUCKETS or bool((known.diff() <= 0).any())):
            raise DataError(f"a saved reader of {part.name} has pieces that are none, or not in their order")
        pieces, idf, axes_, center = (tensors[name] for name in ("buckets", "idf", "axes", "center"))
        return cls(part, pieces, idf, axes_, center, tensors["scale"], tensors["ends"], tensors["probe"])


def _distinct(values: Tensor) -> tuple[Array, list[str]]:
    """Which text each row has, and the different ones.  Shape: -> (rows,) int64."""
    coded = values.cpu()
    if coded.stride(0) == 0 and len(coded):  # one text that stands for all
        return np.zeros(len(coded), dtype=np.int64), texts_of(coded[:1].numpy())
    every = np.empty(len(coded), dtype=object)
    every[:] = texts_of(coded.numpy())
    codes, found = pandas().factorize(every)
    return np.asarray(codes, dtype=np.int64), [str(text) for text in found]


def _others(part: Part, task: Task) -> Array:
    """The task's other parts as numbers: classes, and entries.  Shape: (rows, numbers) float64."""
    found = []
    for other in task.parts:
        values = task.rows[other.name].cpu()
        if other.form is Form.CODES:
            common = torch.bincount(values, minlength=other.size or 0).argsort(descending=True)[:_CLASSES]
            found.append((values[:, None] == common[None, :]).double())
        elif other.form is Form.NUMBERS:
            found.append(values[:, :_ENTRIES].double())
    return (torch.cat(found, 1) if found else torch.zeros(task.count, 0, dtype=torch.float64)).numpy()


def _enough(along: Array, others: Array, mass: Array) -> int:
    """How many of the first directions to take.  Shape: along (rows, k), others (rows, m), mass (rows,)."""
    width = along.shape[1]
    share = mass / mass.sum()
    others = others - share @ others
    spread = share @ others**2
    others = others[:, spread > 1e-12] / np.sqrt(spread[spread > 1e-12])
    if not others.shape[1] or not width:
        return min(width, _BESIDE)
    rows = float(mass.sum() ** 2 / (mass**2).sum())
    square = share @ along**2
    explained = ((share[:, None] * along).T @ others) ** 2 / np.maximum(square, 1e-300)[:, None]  # (k, m)
    left = np.clip(1 - np.cumsum(explained, 0), 1e-6, 1.0)
    steps = sorted({min(step, width) for step in _STEPS})
    scores = [rows * float(np.log(left[step - 1]).sum()) + log(max(rows, 2)) * step * others.shape[1] for step in steps]
    return steps[int(np.argmin(scores))]
