"""What is remembered of a fit: how it was made, and how each model turned out."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from idgen_compiler.errors import DataError
from idgen_compiler.forms.markup import bullets, details, joined, table, tag
from idgen_compiler.forms.record import read_record, to_plain
from idgen_compiler.hinge.calibration import Calibration
from idgen_compiler.hinge.diagnostics import Curve
from idgen_compiler.hinge.installed import version
from idgen_compiler.hinge.kernels import kernel_keys
from idgen_compiler.ir.program import Program
from idgen_torch.bound import Brought
from idgen_torch.families import SeedNoise
from idgen_torch.running.choices import WEIGHS, Choice, Evidence

__all__ = ["DataReport", "FitRecord", "KernelReport", "Lack", "Light", "ModelReport", "kernel_reports", "versions"]

_FOR_IMAGES = ("diffusers", "accelerate")


@dataclass(frozen=True, slots=True)
class ModelReport:
    """One trained model.

    `held_out` is the mean log-likelihood (nats a row, standardized units) of the rows that each of its fits kept
    back, by the family's name of the fit; empty for a family that keeps none back. `disagreements` says where the
    model's draws differ from its rows by more than their error. `noise` is how far another seed would move the effects
    of the inputs; empty for a model that is no ensemble. `calibration` has each of its classifiers, `curves` how each
    training went, `unused` the inputs that the query acts by and that make no difference to the model, `ends` at which
    ends of numbers that are set its draws are not as the rows, `made_of` what rows chose it to be made of (see
    `ConditionalModel.made_of`).
    """

    operation: str
    models: str
    family: str
    rows: int
    held_out: Mapping[str, float] = field(default_factory=dict)
    disagreements: tuple[str, ...] = ()
    noise: tuple[SeedNoise, ...] = ()
    calibration: tuple[Calibration, ...] = ()
    curves: tuple[Curve, ...] = ()
    unused: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    made_of: str = ""

    @property
    def how(self) -> str:
        """The family, and what rows chose its model to be made of."""
        return f"{self.family} ({self.made_of})" if self.made_of else self.family

    @property
    def told(self) -> tuple[str, ...]:
        """What is wrong with it, a line each."""
        given_up = f"does not use {' and '.join(self.unused)}"
        return (*self.disagreements, *((given_up,) if self.unused else ()), *self.ends)


@dataclass(frozen=True, slots=True)
class DataReport:
    """One regenerated or reweighted data set. `effective_rows` equals `rows` where all weights are equal.

    `exact` says that the law was summed as cells, which stand for so many rows, and that none was drawn. `doubted` are
    the models that drew it and do not give their own rows back.
    """

    operation: str
    rows: int
    effective_rows: float
    exact: bool = False
    doubted: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, operation: str, rows: int, exact: bool, reports: Mapping[str, ModelReport], models: Iterable[str]
    ) -> DataReport:
        """A data set that these models drew, of which the reports say how they turned out."""
        doubted = tuple(sorted(name for name in models if name in reports and reports[name].disagreements))
        return cls(operation, rows, float(rows), exact, doubted)


@dataclass(frozen=True, slots=True)
class KernelReport:
    """One conditional for which a model was brought: what `bind=` calls it, and the name of what was brought."""

    operation: str
    models: str
    name: str


@dataclass(frozen=True, slots=True)
class Lack:
    """What the fit warned of missing overlap; `sampled` where the sampler says so itself whenever it matters."""

    text: str
    sampled: bool


@dataclass(frozen=True, slots=True)
class Light:
    """Whether the answers rest on rows, at a glance.

    color: "red" where more than 2 % of some answer rests on values that no row shows, "yellow" where more than 10 %
    rests on values of fewer than five rows, or something else was warned of, "green" otherwise; `said` in a sentence.
    empty, thin: the largest shares of an answer that rest on no rows and on fewer than five; None where variables are
    no categories, so that neighborhoods were looked at instead.  asked: how many settings of do and given these are of.
    """

    color: str
    said: str
    empty: float | None = None
    thin: float | None = None
    asked: int = 0

    def __str__(self) -> str:
        return f"overlap is {self.color}: {self.said}"


@dataclass(frozen=True, slots=True)
class FitRecord:
    """How a program was fitted: `rows` were observed, `rows_factor` times as many regenerated.

    `weights` says what weights they have, "survey" or "frequency", where they have any; by frequencies a row of the
    table counts as so many. `effective_rows` is Kish's number of rows that would weigh as much if all weighed alike;
    None where they do. `choices` has the laws that could be had in two ways, `lacks` where rows are missing, `kernels`
    what was brought, `overlap` a traffic light, `evidence` what conditionals of laws without data rest
    on, `told` what was warned of columns.
    """

    rows: int
    rows_factor: float
    seed: int
    device: str
    options: Mapping[str, Any]
    versions: Mapping[str, str]
    models: tuple[ModelReport, ...]
    data: tuple[DataReport, ...]
    choices: tuple[Choice, ...] = ()
    lacks: tuple[Lack, ...] = ()
    kernels: tuple[KernelReport, ...] = ()
    weights: str = ""
    effective_rows: float | None = None
    overlap: Light | None = None
    evidence: tuple[Evidence, ...] = ()
    told: tuple[str, ...] = ()

    @property
    def calibration(self) -> tuple[Calibration, ...]:
        """How reliable each classifier was before and after its calibration, on rows kept back; in program order."""
        return tuple(found for model in self.models for found in model.calibration)

    def __str__(self) -> str:
        weighed = f" by {self.weights} weights" if self.weights else ""
        if self.effective_rows is not None:
            weighed += f", {self.effective_rows:.0f} effective"
        lines = [f"{self.rows} rows observed{weighed}, seed {self.seed}, {self.device}"]
        lines += [f"  {choice}" for choice in self.choices]
        lines += [f"  {line}" for line in self._weighing()]
        lines += [f"  {self.overlap}"] if self.overlap is not None else []
        lines += [f"  {text}" for text in self.told]
        lines += [f"  overlap: {lack.text}" for lack in self.lacks]
        for model in self.models:
            told = ", ".join(f"{value:.4f}" for value in model.held_out.values())
            held_out = f", held-out log-likelihood {told}" if told else ""
            lines.append(f"  {model.operation}: {model.models}  [{model.how}, {model.rows} rows{held_out}]")
            lines += [f"    {told}" for told in (*model.told, *model.calibration)]
            if model.noise:
                lines.append(f"    seed noise: {max(model.noise, key=_noisiness)}")
        lines += [f"  {kernel.operation}: {kernel.models}  [bound, {kernel.name}]" for kernel in self.kernels]
        for data in self.data:
            made = f"{data.rows} rows, {data.effective_rows:.0f} effective"
            made += f", drawn by {', '.join(data.doubted)}, not as in the rows" if data.doubted else ""
            lines.append(f"  {data.operation}: {'summed exactly, no row was drawn' if data.exact else made}")
        return "\n".join(lines)

    def _weighing(self) -> Iterator[str]:
        """The runs that nobody had to choose, and labels of few rows."""
        told = {choice.operation for choice in self.choices if choice.runs is not None}
        for found in self.evidence:
            if found.runs is not None and found.operation not in told:
                yield f"{found.operation} {WEIGHS}: {found.runs}"
            yield from (f"  P({found.models}) at {label}" for label in found.labels if found.is_few(label))

    def _repr_html_(self) -> str:
        told = [f"{self.rows:,} rows observed, seed {self.seed}, {self.device}", *map(str, self.choices)]
        told += [*map(str.strip, self._weighing()), *self.told]
        told += [str(self.overlap)] * (self.overlap is not None) + [f"overlap: {lack.text}" for lack in self.lacks]
        told += [f"{model.operation}: {each}" for model in self.models for each in model.told]
        rows = [
            (m.operation, m.models, m.how, f"{m.rows:,}", ", ".join(f"{v:.4f}" for v in m.held_out.values()))
            for m in self.models
        ]
        rows += [(kernel.operation, kernel.models, f"bound: {kernel.name}", "", "") for kernel in self.kernels]
        rows += [
            (data.operation, "rows after the intervention", "summed exactly" if data.exact else "drawn",
             "" if data.exact else f"{data.rows:,} ({data.effective_rows:,.0f} effective)", "")
            for data in self.data
        ]  # fmt: skip
        header = ("", "learns", "family", "rows", "held-out log-likelihood")
        whole = details("in full", tag("pre", self))
        return joined([bullets(told), table(header, rows, (3, 4)) if rows else "", whole])

    def to_json(self) -> dict[str, Any]:
        """The record as JSON values."""
        plain: dict[str, Any] = to_plain(self)
        return plain

    @classmethod
    def from_json(cls, data: Any) -> FitRecord:
        """What `to_json` wrote.  Raises DataError for anything unknown, missing or of the wrong type."""
        return read_record(cls, data, "the record of the fit", DataError)


def _noisiness(found: SeedNoise) -> float:
    return found.noise / max(abs(found.effect), found.error, 1e-12)


def kernel_reports(program: Program, brought: Mapping[str, Brought]) -> tuple[KernelReport, ...]:
    """What was brought, in the program's order."""
    return tuple(
        KernelReport(name, key, brought[name].name) for name, key in kernel_keys(program).items() if name in brought
    )


def versions() -> dict[str, str]:
    """What this was fitted with; libraries for images only where they are installed."""
    found = {"python": platform.python_version()}
    for name in ("idgen-compiler", "torch", "zuko", "numpy", *_FOR_IMAGES):
        own = version(name)
        if own is not None or name not in _FOR_IMAGES:
            found[name] = own or "unknown"
    return found
