"""The torch backend: one conditional model for each `train`, fitted to a table of data."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from idgen_compiler.data.reading.options import Reading
from idgen_compiler.data.schema import Schema, TypeRequest
from idgen_compiler.errors import DataError
from idgen_compiler.hinge.kernels import types_of_unobserved
from idgen_compiler.hinge.question import check_stated, checked_seed
from idgen_compiler.hinge.source import data_of
from idgen_compiler.ir.program import Program
from idgen_compiler.verify.contradictions import warn_contradictions
from idgen_compiler.warning import warn_overlap
from idgen_torch.arithmetic import our_arithmetic
from idgen_torch.bound import Brought
from idgen_torch.bound.binding import brought_for, tried
from idgen_torch.families import Family, Tuning, families, write_recipe
from idgen_torch.families import family as family_of
from idgen_torch.parts import Values
from idgen_torch.running.files.checkpoint import Checkpoint, fingerprint
from idgen_torch.running.files.samplers import read_fitted
from idgen_torch.running.fitting import Fitting
from idgen_torch.running.plan import FitSettings, check_families, default_rows_factor
from idgen_torch.running.progress import shown
from idgen_torch.running.record import versions
from idgen_torch.running.sampler import TorchSampler
from idgen_torch.running.ways import choices
from idgen_torch.tensors import read_rows
from idgen_torch.training.progress import Progress

__all__ = ["TorchBackend"]

FEW_ROWS = 10
"""A table of fewer rows is told of."""

_EXAMPLES = {"types": "{'X': 'categorical'}", "composites": "{'W': ['W.a', 'W.b']}", "family": "{'Y': 'table'}"}


class TorchBackend:
    """Trains a program's models by variable type and samples from them in batches, on a CPU or a GPU."""

    def fit(
        self,
        program: Program,
        data: Any,
        *,
        types: Mapping[str, TypeRequest] | None = None,
        composites: Mapping[str, Sequence[str]] | None = None,
        device: str = "auto",
        seed: int = 0,
        rows_factor: float | None = None,
        family: Mapping[str, str | Family] | None = None,
        bind: Mapping[str, Any] | None = None,
        progress: bool | Progress = True,
        checkpoint: str | Path | None = None,
        check_graph: bool = True,
        **options: Any,
    ) -> TorchSampler:
        """Fit a program to samples of P(V).

        Where a law can be had in two ways (compiled with `realize="auto"`) the data choose: the sampler's `program` has
        the ways that were taken, and its report says why (see `running.ways`).

        data: pandas DataFrame, Arrow table, dict of arrays, Hugging Face Dataset, or path of a CSV or Parquet file;
            columns that the program does not observe are not read. Columns of images: see `data.images`. Where the
            program names its source, also a mapping from sources to such tables.
        types: variable (or column of a composite) -> "categorical", "integer", "continuous", "date", "duration",
            "vector", "image", Categorical(labels), Numeric(support=(0, None)) or Image(channels, height, width); the
            rest is inferred (see `data.kinds`).
        composites: variable -> the columns that it is made of; inferred for columns called `variable.field`.
        device: "auto" (CUDA where there is one), "cpu", "cuda" or "cuda:1".
        seed: equal seeds give equal samplers on a CPU; every operation has its own stream.
        rows_factor: regenerated rows for each observed row; ten, or one where images are generated, which takes long.
        family: operation ("%m3"), targets ("Y"), a model as reports print it ("Y | X, Z") or "*" for all -> a family
            in the place of the one with the best offer: its name ("flow"), its name with options
            ("flow{bins=16}") or its recipe (Flow(bins=16)).
        bind: a conditional ("I2 | I1, Male", inputs in any order, or its target alone) -> what draws it: a callable
            `f(inputs, n, generator) -> values`, or `f(inputs) -> values` for a function, in the user's own units and
            labels, or an adapter of `idgen_torch.bound`. Every bound kernel of the program needs one; a conditional
            that would be trained is not, where it is named here. Each is called on a few rows before anything is
            trained, and what it returns is checked then and in every batch.
        progress: bars on stderr when it is a terminal; or an object that is told (see `training.progress`).
        checkpoint: a folder in which every model is kept as soon as it is trained; the same fit resumes from it.
        check_graph: warn where rows contradict an independence that the answer rests on (GraphWarning).
        options: missing, missing_marks, delimiter, decimal, encoding, images_root and size_limit say how the table is
            read (see `data.reading.options.Reading`); the others go to every family that has one of this name, such as
            epochs=30, or images={"steps": 10_000} for `diffusion` alone; likelihood=True keeps to known densities.

        Raises DataError naming the column or option and the remedy; warns (OverlapWarning) when a treatment does not
        vary, or when reweighting leaves few effective rows.
        """
        program.check()
        _check_mappings(types=types, composites=composites, family=family)
        brought = brought_for(program, bind)
        how, options = Reading.take(options)
        tuning = Tuning.read(options)
        asked = _families(program, tuning, family or {})
        place, seed, factor = _device(device), checked_seed(seed), _rows_factor(rows_factor)
        of_table, of_none = types_of_unobserved(program, types)
        schema, rows = read_rows(data_of(program, data), program.observe.variables, of_table, composites, seed, how)
        with our_arithmetic(gradients=False):
            schema = tried(program, brought, schema, rows, of_none, seed)
        check_stated(program, schema.check)
        thin = _warn_thin(program, schema, rows)
        warn_contradictions(program, data, of_table, schema, check_graph, how)
        times = default_rows_factor(program, schema) if factor is None else factor
        settings = FitSettings(seed, times, place, tuning, asked)
        kept = None if checkpoint is None else _checkpoint(checkpoint, program, schema, rows, settings, brought)
        with our_arithmetic(gradients=True), shown(progress) as told:
            fitting = Fitting(program, schema, rows, settings, told, kept, thin, brought)
            return TorchSampler(fitting.run(choices(program, schema, fitting.overlap, brought)), place)

    def load(self, path: str | Path, device: str = "auto", bind: Mapping[str, Any] | None = None) -> TorchSampler:
        """Read what a sampler's `save` wrote; nothing in the files is executed.

        `bind` brings again what was bound, by the same names. Raises DataError for a folder that is truncated or was
        tampered with, and for a bound kernel that is not brought.
        """
        place = _device(device)
        with our_arithmetic(gradients=False):
            return TorchSampler(read_fitted(Path(path), place, bind), place, loaded=True)


def _families(program: Program, tuning: Tuning, asked: Mapping[str, str | Family]) -> dict[str, Family]:
    """The recipes that are asked for.  Raises DataError for what is none, and for a model that the program lacks."""
    found = {key: tuning.recipe(recipe) for key, recipe in asked.items()}
    check_families(program, found)
    return found


def _check_mappings(**arguments: object) -> None:
    for name, value in arguments.items():
        if value is not None and not isinstance(value, Mapping):
            raise DataError(f"{name} is {value!r:.80}; give a mapping, such as {name}={_EXAMPLES[name]}")


def _rows_factor(asked: Any) -> float | None:
    """How many rows to regenerate for each observed one, where somebody says it."""
    if asked is None:
        return None
    if isinstance(asked, bool) or not isinstance(asked, int | float) or not 0 < asked < 1e6:
        raise DataError(f"rows_factor is {asked!r}; give how many rows to regenerate for each observed one")
    return float(asked)


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError):
        raise DataError(f"{name!r} is no device; choose auto, cpu, cuda or cuda:N") from None
    if device.type not in ("cpu", "cuda"):
        raise DataError(f"the device {name!r} is not supported; choose auto, cpu, cuda or cuda:N")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise DataError(
            f"there is no device {name!r} here (CUDA devices: {torch.cuda.device_count()}); use device='cpu'"
        )
    return device


def _checkpoint(
    folder: str | Path,
    program: Program,
    schema: Schema,
    rows: Values,
    settings: FitSettings,
    brought: Mapping[str, Brought],
) -> Checkpoint:
    used = versions()
    asked = {key: write_recipe(recipe.bearing()) for key, recipe in settings.families.items()}
    return Checkpoint(
        folder,
        program=str(program),
        schema=schema.to_json(),
        data=fingerprint(rows),
        settings={
            "seed": settings.seed,
            "rows_factor": settings.rows_factor,
            "device": settings.device.type,
            "recipes": settings.tuning.bearing(),
            "families": asked,
            "bound": {name: [one.name, one.digest] for name, one in brought.items()},
        },
        versions={**used, "python": used["python"].rpartition(".")[0]},
        families={name: code for name in families() if (code := _code_of(family_of(name)))},
    )


def _code_of(kind: type[Family]) -> str:
    """The text of a family that a user wrote, so that another text is another fit; empty for ours."""
    if kind.__module__.split(".")[0] == __name__.split(".")[0]:
        return ""
    try:
        return inspect.getsource(kind) + inspect.getsource(kind.model)
    except (OSError, TypeError):  # written at a prompt
        return f"{kind.__module__}.{kind.__qualname__}"


def _warn_thin(program: Program, schema: Schema, rows: Values) -> list[str]:
    """Warn of a table that is smaller than anything can be learned from, and of what takes one value only.

    The effect of a treatment or condition that does not vary is not in the data. Returns what was said.
    """
    found = []
    count = len(next(iter(rows.values())))
    if count < FEW_ROWS:
        found.append(
            f"the table has {count} row{'s' * (count != 1)}, too few to learn a law from; the answer is a guess"
        )
    for name in dict.fromkeys(slot for op in program.samplers for slot in op.network.inputs):
        for atom in schema[name].atoms(name):
            if atom.part.name not in rows:  # no table holds it
                continue
            values = rows[atom.part.name]
            if all(bool((piece == values[0]).all()) for piece in values.split(256)):
                only = atom.kind.describe(values[0])
                found.append(
                    f"{atom.part.name} is {only} in every row, so that its effect cannot be learned from these data"
                )
    for text in found:
        warn_overlap(text)
    return found
