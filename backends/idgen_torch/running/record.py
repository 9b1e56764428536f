"""What is remembered of a fit: how it was made, and how each model turned out."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from idgen_compiler.errors import DataError
from idgen_torch.schema_json import checked_keys, entry

__all__ = ["DataReport", "FitRecord", "ModelReport", "Overlap", "Realization", "versions"]

_FOR_IMAGES = ("diffusers", "accelerate")


@dataclass(frozen=True, slots=True)
class ModelReport:
    """One trained model.

    `held_out` is the mean log-likelihood (nats a row, standardised units) of the rows that each of its fits kept
    back, by the family's name of the fit; empty for a family that keeps none back.
    """

    operation: str
    models: str
    family: str
    rows: int
    held_out: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DataReport:
    """One regenerated or reweighted data set. `effective_rows` equals `rows` where all weights are equal."""

    operation: str
    rows: int
    effective_rows: float


@dataclass(frozen=True, slots=True)
class Overlap:
    """How far the rows go after one reweighting.

    `effective` is the fraction of effective rows (Kish), and `mass` the mean weight before scaling: one where the
    propensity is right and the rows cover the intervened law.
    """

    operation: str
    variables: str
    effective: float
    mass: float


@dataclass(frozen=True, slots=True)
class Realization:
    """Which of two programs was fitted ("regenerate" or "reweight") and why.

    Reweighting is taken from the fraction `threshold` of effective rows on; `overlap` is empty where it was not tried.
    """

    chosen: str
    reason: str
    overlap: tuple[Overlap, ...]
    threshold: float

    def __str__(self) -> str:
        verb = "reweighted" if self.chosen == "reweight" else "regenerated"
        return f"{verb}: {self.reason} (reweighting is taken from {self.threshold:.0%} on)"


@dataclass(frozen=True, slots=True)
class FitRecord:
    """How a program was fitted: `rows` were observed, `rows_factor` times as many regenerated.

    `realization` is None where the program left nothing to choose.
    """

    rows: int
    rows_factor: float
    seed: int
    device: str
    options: Mapping[str, Any]
    versions: Mapping[str, str]
    models: tuple[ModelReport, ...]
    data: tuple[DataReport, ...]
    realization: Realization | None = None

    def __str__(self) -> str:
        lines = [f"{self.rows} rows observed, seed {self.seed}, {self.device}"]
        if self.realization is not None:
            lines.append(f"  {self.realization}")
        for model in self.models:
            told = ", ".join(f"{value:.4f}" for value in model.held_out.values())
            held_out = f", held-out log-likelihood {told}" if told else ""
            lines.append(f"  {model.operation}: {model.models}  [{model.family}, {model.rows} rows{held_out}]")
        for data in self.data:
            lines.append(f"  {data.operation}: {data.rows} rows, {data.effective_rows:.0f} effective")
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """The record as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Any) -> FitRecord:
        """What `to_json` wrote.  Raises DataError for anything unknown, missing or of the wrong type."""
        checked_keys("the record of the fit", data, set(cls.__slots__))
        models = [checked_keys("a model's report", m, set(ModelReport.__slots__)) for m in entry(data, "models", list)]
        tables = [checked_keys("a data set's report", d, set(DataReport.__slots__)) for d in entry(data, "data", list)]
        if isinstance(data["rows_factor"], bool) or not isinstance(data["rows_factor"], int | float):
            raise DataError(f"rows_factor is {data['rows_factor']!r} in the saved sampler, not a number")
        return cls(
            rows=entry(data, "rows", int),
            rows_factor=data["rows_factor"],
            seed=entry(data, "seed", int),
            device=entry(data, "device", str),
            options=entry(data, "options", dict),
            versions=entry(data, "versions", dict),
            models=tuple(
                ModelReport(
                    entry(m, "operation", str), entry(m, "models", str), entry(m, "family", str), entry(m, "rows", int),
                    entry(m, "held_out", dict),
                )
                for m in models
            ),
            data=tuple(
                DataReport(entry(d, "operation", str), entry(d, "rows", int), float(entry(d, "effective_rows", float)))
                for d in tables
            ),
            realization=None if data["realization"] is None else _realization(data["realization"]),
        )  # fmt: skip


def _realization(data: Any) -> Realization:
    checked_keys("the realization", data, set(Realization.__slots__))
    overlaps = [checked_keys("an overlap", o, set(Overlap.__slots__)) for o in entry(data, "overlap", list)]
    return Realization(
        entry(data, "chosen", str),
        entry(data, "reason", str),
        tuple(
            Overlap(
                entry(o, "operation", str), entry(o, "variables", str), entry(o, "effective", float),
                entry(o, "mass", float),
            )
            for o in overlaps
        ),
        entry(data, "threshold", float),
    )  # fmt: skip


def versions() -> dict[str, str]:
    """What this was fitted with; libraries for images only where they are installed."""
    found = {"python": platform.python_version()}
    for name in ("idgen-compiler", "torch", "zuko", "numpy", *_FOR_IMAGES):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            if name not in _FOR_IMAGES:
                found[name] = "unknown"
    return found
