"""The torch backend: one conditional model for each `train`, fitted to a table of data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from idgen_compiler.data.reading.options import Reading
from idgen_compiler.data.schema import Schema, TypeRequest
from idgen_compiler.data.tables import open_table
from idgen_compiler.errors import DataError
from idgen_compiler.execute import Place, place_of
from idgen_compiler.graph.names import variable_of
from idgen_compiler.hinge.assigned import checked_named
from idgen_compiler.hinge.kernels import types_of_unobserved
from idgen_compiler.hinge.policies import Policy
from idgen_compiler.hinge.question import check_stated, checked_seed
from idgen_compiler.hinge.source import check_weighed, data_of
from idgen_compiler.ir.operands import records
from idgen_compiler.ir.operations import Assign
from idgen_compiler.ir.program import Program
from idgen_compiler.verify.contradictions import columns_to_check, warn_contradictions
from idgen_compiler.warning import warn_overlap
from idgen_torch.arithmetic import device_named, our_arithmetic
from idgen_torch.bound import Brought
from idgen_torch.bound.binding import brought_for
from idgen_torch.bound.trial import tried
from idgen_torch.families import Family, Tuning
from idgen_torch.families.registry import imported, made_known
from idgen_torch.jobs.asked import AskedSampler
from idgen_torch.jobs.job import Job
from idgen_torch.jobs.kept import artefacts_for
from idgen_torch.jobs.planned import Planned
from idgen_torch.nets.own import known_networks
from idgen_torch.observed import Observed, read_observed
from idgen_torch.parts import Values
from idgen_torch.running.files.samplers import read_fitted
from idgen_torch.running.plan import FitSettings, requested_families
from idgen_torch.running.sampler import TorchSampler
from idgen_torch.running.telling import Told

__all__ = ["TorchBackend"]

FEW_ROWS = 10
"""A table of fewer rows is told of."""

_EXAMPLES = {
    "types": "{'X': 'categorical'}",
    "composites": "{'W': ['W.a', 'W.b']}",
    "family": "{'Y': 'table'}",
    "networks": "{'mine:UNet': UNet}",
}


class TorchBackend:
    """Trains a program's models by variable type and samples from them in batches, on a CPU or a GPU.

    Of a law that can be had in two ways (`realize="auto"`) the data choose one (see `running.ways`).
    """

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
        families: Iterable[str | type[Family]] = (),
        bind: Mapping[str, Any] | None = None,
        progress: Told | Sequence[Told] = True,
        store: str | Path | None = None,
        check_graph: bool = True,
        policies: Mapping[str, Policy] | None = None,
        train: str = "now",
        place: str | Place = "here",
        **options: Any,
    ) -> TorchSampler:
        """Fit a program to samples of P(V).

        data: pandas DataFrame, Arrow table, dict of arrays, Hugging Face data set, or path of a CSV or Parquet file or
            a folder of Parquet, whose observed columns are read (images: `data.images`); or a mapping by sources.
        types: variable (or column of a composite) -> "categorical", "integer", "continuous", "levels", "date",
            "duration", "vector", "image", "text", Categorical(labels), Numeric(support=(0, None)),
            Image(channels, height, width) or Text(encoder=...); the rest is inferred (see `data.kinds`).
        composites: variable -> the columns that it is made of; inferred for columns called `variable.field`.
        device: "auto" (CUDA where there is one), "cpu", "cuda:1".  seed: equal seeds give equal samplers on a CPU.
        rows_factor: regenerated rows for each observed row; ten, or one of images or texts; none of a sum of tables.
        family: model, by operation ("%m3"), as printed ("Y | X, Z"), by targets ("Y"), or "*" for all -> family, by
            name ("flow{bins=16}"), recipe or class ("module:Flow"); see `families.request`.  families: one's own.
        bind: a conditional, as printed or by its target -> what draws it: `f(inputs, n, generator) -> values`, in the
            user's own units, `f(inputs)` for a function, or an adapter (see `idgen_torch.bound`); it is tried first.
        progress: True (bars), a file for JSON lines, `on_step(operation, step, total, metrics)`, an object, or a list.
        store: a folder or URL that keeps what is trained, for this and other fits (checkpoint is an older word for it).
        check_graph: warn where rows contradict an independence that the answer rests on (GraphWarning).
        policies: name -> law of a policy that the program names; what only samplers draw by, `sample` may say, too.
        train: "now", or "asked": when it is first drawn from; until then estimates train no more than they need.
        place: "here"; "processes", at most workers=4; "ray", of a cluster at address="auto" (see `Ray`); or `Workers`.
        options: of the table, as weights="w" (see `Reading`); likelihood=True: known densities; rows=False: no models
            that hold rows; others go to each family with one of this name: epochs=30, images={...} for `diffusion`.

        Raises DataError naming the column or option and the remedy; warns (OverlapWarning) of what rows do not show.
        """
        _check_train(train, types=types, composites=composites, family=family)
        where, store = _place(place, options), _store(store, options)
        brought, (how, tuning) = brought_for(program.check(), bind), _options(program, options, families)
        table = open_table(data_of(program, data), how)  # once: what is read shard by shard is kept for the checks
        asked, named = _families(program, tuning, family or {}), checked_named(program, policies)
        on, seed, drawn = device_named(device), checked_seed(seed), _rows_factor(rows_factor)
        of_table, of_none = types_of_unobserved(program, types)
        schema, observed = read_observed(table, program.observe.variables, of_table, composites, seed, how)
        schema = _tried(program, brought, schema, observed.rows, of_none, seed, on)
        observed = _beside_graph(program, table, of_table, schema, observed) if check_graph else observed
        settings = FitSettings.of(program, schema, seed, drawn, on, tuning, asked, how.memory)
        kept, thin = artefacts_for(store, settings, named), _warn_thin(program, schema, observed)
        parts = (settings, kept, thin, brought, named, _networks(tuning, asked), where)
        return _sampler(Job(program, schema, observed, *parts), progress, on, train)

    def plan(self, program: Program, data: Any, *, store: str | Path, **options: Any) -> Planned:
        """What a fit with this store and these options would take from it, and what it would make; nothing is made.

        Options are those of `fit`. Raises DataError as `fit` does.
        """
        asked = self.fit(program, data, store=store, **{**options, "train": "asked"})
        if not isinstance(asked, AskedSampler):
            raise DataError("a fit that trains when it is asked has no plan")
        return asked.job.plan()

    def load(
        self,
        path: str | Path,
        device: str = "auto",
        families: Iterable[str | type[Family]] = (),
        networks: Mapping[str, Any] | None = None,
        bind: Mapping[str, Any] | None = None,
    ) -> TorchSampler:
        """Read what a sampler's `save` wrote; nothing in the files is executed, nor imported because a file names it.

        families: as in `fit`, for a sampler that was saved with families of somebody's own.
        networks: name -> what built a network of somebody's own (see `Diffusion.network`), a module of that shape, or
            the text "module:factory"; the name is the one that the error of a load without it says.

        `bind` brings again what was bound, by the same names. Raises DataError for a folder that is truncated or was
        tampered with, and for a bound kernel that is not brought.
        """
        place = device_named(device)
        _make_known(families)
        _check_mappings(networks=networks)
        known = {name: imported(net) if isinstance(net, str) else net for name, net in (networks or {}).items()}
        with our_arithmetic(gradients=False), known_networks(known):
            return TorchSampler(read_fitted(Path(path), place, bind), place, loaded=True)


def _sampler(job: Job, progress: Told | Sequence[Told], place: torch.device, train: str) -> TorchSampler:
    if train == "asked":
        return AskedSampler(job, progress, place)
    return TorchSampler(job.run(progress), place, kept=job.artefacts)


def _beside_graph(
    program: Program, data: Any, types: Mapping[str, TypeRequest], schema: Schema, observed: Observed
) -> Observed:
    """The rows with what the graph's other columns say, once a warning tells of what contradicts the graph."""
    columns = columns_to_check(program, data, types, schema, observed.how)
    warn_contradictions(program, data, types, schema, how=observed.how, columns=columns)
    return replace(observed, beside=columns)


def _tried(
    program: Program,
    brought: Mapping[str, Brought],
    schema: Schema,
    rows: Values,
    types: Mapping[str, TypeRequest],
    seed: int,
    device: torch.device,
) -> Schema:
    """The schema with what no table holds, once what is brought was tried and the query's values are known to fit."""
    with our_arithmetic(gradients=False):
        whole = tried(program, brought, schema, rows, types, seed, device)
    check_stated(program, whole.check)
    return whole


def _options(
    program: Program, options: Mapping[str, Any], families: Iterable[str | type[Family]]
) -> tuple[Reading, Tuning]:
    """What the options say of the table, and of all families, those that are brought along among them."""
    how, others = Reading.take(options)
    check_weighed(program, how)
    _make_known(families)
    return how, Tuning.read(others)


def _families(program: Program, tuning: Tuning, asked: Mapping[str, str | Family]) -> dict[str, Family]:
    """The recipes that are asked for.  Raises DataError for what is none, and for a model that the program lacks."""
    found = {key: tuning.recipe(recipe) for key, recipe in asked.items()}
    requested_families(program, found)
    return found


def _make_known(asked: Iterable[str | type[Family]]) -> None:
    if isinstance(asked, str | type) or not isinstance(asked, Iterable):
        raise DataError(f"families is {asked!r:.80}; give a list of classes, or of texts such as 'module:Class'")
    for each in asked:
        made_known(each)


def _networks(tuning: Tuning, asked: Mapping[str, Family]) -> dict[str, Any]:
    """What builds the networks of somebody's own, for models that a store has: name -> builder."""
    named = [getattr(recipe, "network", None) for recipe in (*tuning.recipes, *asked.values())]
    return {name: imported(name) if (own := getattr(name, "builder", None)) is None else own for name in named if name}


def _check_train(train: object, **mappings: object) -> None:
    _check_mappings(**mappings)
    if train not in ("now", "asked"):
        raise DataError(f"train is {train!r:.40}; models are trained 'now', or when they are 'asked'")


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


def _place(place: str | Place, options: dict[str, Any]) -> Place:
    """Where models are trained, with what options say of it, which are taken out."""
    said = {name: options.pop(name, None) for name in ("workers", "address", "workers_per_model")}
    return place_of(place, **said)


def _store(store: str | Path | None, options: dict[str, Any]) -> str | Path | None:
    """Where artefacts are kept; an option that is an older word for it is taken out."""
    checkpoint = options.pop("checkpoint", None)
    if store is not None and checkpoint is not None:
        raise DataError("store and checkpoint are two words for one thing; say store alone")
    if checkpoint is not None and not isinstance(checkpoint, str | Path):
        raise DataError(f"checkpoint is {checkpoint!r:.80}; give a folder")
    return checkpoint if store is None else store


def _warn_thin(program: Program, schema: Schema, observed: Observed) -> list[str]:
    """Warn of a table that is smaller than anything can be learned from, and of what takes one value only.

    The effect of a treatment or condition that does not vary is not in the data. Returns what was said.
    """
    found = []
    count, rows, effective = observed.count, observed.rows, observed.effective_rows
    if effective < FEW_ROWS <= count:
        found.append(
            f"the weights leave {effective:.1f} effective rows of {count}, too few to learn a law from; the answer "
            "is a guess"
        )
    if count < FEW_ROWS:
        found.append(
            f"the table has {count} row{'s' * (count != 1)}, too few to learn a law from; the answer is a guess"
        )
    assigned = (variable_of(each.slot) for op in program.operations for each in records(op, Assign))
    for name in dict.fromkeys((*(slot for op in program.samplers for slot in op.network.inputs), *assigned)):
        for atom in schema[name].atoms(name):
            if atom.part.name not in rows:  # no table holds it
                continue
            values = rows[atom.part.name]
            if _is_constant(values):
                only = atom.kind.describe(values[0])
                found.append(
                    f"{atom.part.name} is {only} in every row, so that its effect cannot be learned from these data"
                )
    for text in found:
        warn_overlap(text)
    return found


def _is_constant(values: Tensor) -> bool:
    """Whether all rows are the first one; they are looked at in pieces that grow, up to the first other one."""
    start, size = 0, 2**8
    while start < len(values):
        if not bool((values[start : start + size] == values[0]).all()):
            return False
        start, size = start + size, min(4 * size, 2**14)
    return True
