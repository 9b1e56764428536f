"""The torch backend: one conditional model for each `train`, fitted to a table of data."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from idgen_compiler.asking import checked_seed
from idgen_compiler.errors import DataError
from idgen_compiler.ir.program import Program
from idgen_torch.arithmetic import our_arithmetic
from idgen_torch.coding import encode_sources
from idgen_torch.families import Family, Tuning, families, write_recipe
from idgen_torch.families import family as family_of
from idgen_torch.inference import TypeRequest, images_among, infer_schema
from idgen_torch.parts import Rows
from idgen_torch.running.checkpoint import Checkpoint, fingerprint
from idgen_torch.running.fitted import FittedProgram
from idgen_torch.running.fitting import Fitting, Settings
from idgen_torch.running.plan import check_families, default_rows_factor, families_by_targets
from idgen_torch.running.policies import atoms_of
from idgen_torch.running.progress import shown
from idgen_torch.running.realizing import realized
from idgen_torch.running.record import FitRecord, versions
from idgen_torch.running.sampler import TorchSampler
from idgen_torch.running.storage import read_fitted
from idgen_torch.schema_json import schema_to_json
from idgen_torch.tables import read_sources
from idgen_torch.training.progress import Progress
from idgen_torch.variables import Atom, Categorical, Image, Schema, Vector
from idgen_torch.warning import warn_overlap

__all__ = ["TorchBackend"]

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
        progress: bool | Progress = True,
        checkpoint: str | Path | None = None,
        **options: Any,
    ) -> TorchSampler:
        """Fit a program to samples of P(V).

        A program with an alternative (compiled with `realize="auto"`) leaves the choice to the data: the sampler's
        `program` is the one that was fitted, and its report says why (see `realizing`).

        data: pandas DataFrame, Arrow table, dict of arrays, Hugging Face Dataset, or path of a CSV or Parquet file;
            columns that the program does not observe are not read. Columns of images: see `images`.
        types: variable (or column of a composite) -> "categorical", "integer", "continuous", "vector", "image",
            Categorical(labels) or Image(channels, height, width); the rest is inferred (see `inference`).
        composites: variable -> the columns that it is made of; inferred for columns called `variable.field`.
        device: "auto" (CUDA where there is one), "cpu", "cuda" or "cuda:1".
        seed: equal seeds give equal samplers on a CPU; every operation has its own stream.
        rows_factor: regenerated rows for each observed row; ten, which were clearly better than one in trials, or one
            where images are generated, which takes long.
        family: operation ("%m3"), targets ("Y"), a model as reports print it ("Y | X, Z") or "*" for all -> a family
            in the place of the one with the best offer: its name ("flow"), its name with options
            ("flow{bins=16}") or its recipe (Flow(bins=16)); an operation is one of the program, not its alternative.
        progress: bars on stderr when it is a terminal; or an object that is told (see `training.progress`).
        checkpoint: a folder in which every model is kept as soon as it is trained; the same fit resumes from it.
        options: go to every family that has one of this name, such as epochs=30, ensemble=5, hidden=(64, 64), or
            images={"steps": 10_000} for those of the family `diffusion` alone; likelihood=True chooses only families
            that know the density of what they draw.

        Raises DataError naming the column or option and the remedy; warns (OverlapWarning) when a treatment does not
        vary, or when reweighting leaves few effective rows.
        """
        program.check()
        for name, value in (("types", types), ("composites", composites), ("family", family)):
            if value is not None and not isinstance(value, Mapping):
                raise DataError(f"{name} is {value!r:.80}; give a mapping, such as {name}={_EXAMPLES[name]}")
        tuning = Tuning.read(options)
        asked = {key: tuning.recipe(recipe) for key, recipe in (family or {}).items()}
        check_families(program, asked)
        place = _device(device)
        seed = checked_seed(seed)
        _check_rows_factor(rows_factor)
        sources = read_sources(data, program.observe.variables, composites, images_among(types or {}))
        schema = infer_schema(sources, types)
        rows = encode_sources(sources, schema, seed)
        _warn_constant(program, schema, rows)
        factor = default_rows_factor(program, schema) if rows_factor is None else float(rows_factor)
        settings = Settings(seed, factor, place, tuning, asked)
        with our_arithmetic(gradients=True), shown(progress) as told:

            def fitting_of(candidate: Program) -> Fitting:
                how = settings
                if candidate is not program:
                    how = replace(settings, families=families_by_targets(program, settings.families))
                kept = None if checkpoint is None else _checkpoint(checkpoint, candidate, schema, rows, how)
                return Fitting(candidate, schema, how, told, kept)

            fitting, realization = realized(program, schema, rows, fitting_of)
            fitted = fitting.run(rows)
        record = FitRecord(
            rows=len(next(iter(rows.values()))),
            rows_factor=settings.rows_factor,
            seed=seed,
            device=str(place),
            options=tuning.given,
            versions=versions(),
            models=fitted.model_reports,
            data=fitted.data_reports,
            realization=realization,
        )
        taken = fitting.program
        schema = Schema({name: schema[name] for name in taken.observe.variables})
        return TorchSampler(FittedProgram(taken, schema, fitted.models, fitted.policies, record), place)

    def load(self, path: str | Path, device: str = "auto") -> TorchSampler:
        """Read what a sampler's `save` wrote; nothing in the files is executed.

        Raises DataError for a folder that is truncated or was tampered with.
        """
        place = _device(device)
        with our_arithmetic(gradients=False):
            return TorchSampler(read_fitted(Path(path), place), place)


def _check_rows_factor(asked: object) -> None:
    if asked is None:
        return
    if isinstance(asked, bool) or not isinstance(asked, int | float) or not 0 < asked < 1e6:
        raise DataError(f"rows_factor is {asked!r}; give how many rows to regenerate for each observed one")


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


def _checkpoint(folder: str | Path, program: Program, schema: Schema, rows: Rows, settings: Settings) -> Checkpoint:
    used = versions()
    asked = {key: write_recipe(recipe.bearing()) for key, recipe in settings.families.items()}
    return Checkpoint(
        folder,
        program=str(program),
        schema=schema_to_json(schema),
        data=fingerprint(rows),
        settings={
            "seed": settings.seed,
            "rows_factor": settings.rows_factor,
            "device": settings.device.type,
            "recipes": settings.tuning.bearing(),
            "families": asked,
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


def _warn_constant(program: Program, schema: Schema, rows: Rows) -> None:
    """Warn of treatments and conditions that take one value only: their effect is not in the data."""
    for name in dict.fromkeys(slot for op in program.samplers for slot in op.network.inputs):
        for part, atom in atoms_of(name, schema[name]):
            only = _only_value(atom, rows[part.name])
            if only is not None:
                warn_overlap(f"{part.name} is {only} in every row, so that its effect cannot be learnt from these data")


def _only_value(atom: Atom, values: torch.Tensor) -> str | None:
    """What the one value is called where all rows have it."""
    if not all(bool((piece == values[0]).all()) for piece in values.split(256)):
        return None
    match atom:
        case Categorical():
            return repr(atom.labels[int(values[0])])
        case Image():
            return "one image"
        case Vector():
            return "one vector"
        case _:
            return repr(atom.low)
