"""`idgen effect`: from a table to the effect of a treatment, in one step."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from idgen_compiler.cli.arguments import (
    GraphText,
    ImagesRoot,
    Latent,
    Missing,
    QueryText,
    Read,
    WeightsAre,
    assignments,
    modules_from_here,
    read_question,
    read_types,
    reading_options,
)
from idgen_compiler.cli.brought import Effort, Families, chosen_families
from idgen_compiler.cli.numbers.told import (
    AsJson,
    Clusters,
    ContrastKind,
    EstimateMethod,
    Folds,
    IntervalLevel,
    StoreFor,
    estimating,
    tell,
)
from idgen_compiler.cli.questions import Given
from idgen_compiler.compile import compile
from idgen_compiler.data.kinds.texts import split
from idgen_compiler.errors import DataError, QueryError
from idgen_compiler.estimates import Estimate, Estimating
from idgen_compiler.query import Query

__all__ = ["effect_command"]


def effect_command(
    data: Annotated[
        Path, typer.Option("--data", "-d", metavar="FILE", help="The table: CSV or Parquet.", show_default=False)
    ],
    query: QueryText = None,
    graph: GraphText = "",
    versus: Annotated[
        str | None,
        typer.Option(
            "--vs",
            metavar="VALUE,VERSUS",
            help="The values of the treatment.",
            show_default="both, where there are two",
        ),
    ] = None,
    of: Annotated[
        str | None,
        typer.Option("--of", metavar="Y|P(Y=1)|q0.5(Y)", help="What is compared.", show_default="the outcome's mean"),
    ] = None,
    given: Given = None,
    kind: ContrastKind = "difference",
    level: IntervalLevel = 0.95,
    method: EstimateMethod = "auto",
    folds: Folds = 5,
    clusters: Clusters = None,
    weights: Annotated[
        str | None, typer.Option("--weights", metavar="COLUMN", help="How many others each row stands for.")
    ] = None,
    weights_are: WeightsAre = "survey",
    latent: Latent = None,
    types: Annotated[
        list[str] | None, typer.Option("--types", metavar="X=TYPE", help="As in `idgen fit`; inferred otherwise.")
    ] = None,
    missing: Missing = "refuse",
    read: Read = None,
    images_root: ImagesRoot = None,
    effort: Effort = None,
    family: Families = None,
    seed: Annotated[int, typer.Option("--seed", help="Of the fit, draws and folds.")] = 0,
    store: StoreFor = None,
    backend: Annotated[str, typer.Option("--backend", help="What trains the models.")] = "torch",
    as_json: AsJson = False,
) -> None:
    """Compile a query, train its models on a table, and compare two values of its treatment."""
    asked, admg = read_question(query, graph, latent)
    treatment, outcome = _sides(asked, of)
    options: dict[str, Any] = {"types": read_types(types) or None, "seed": seed, "store": store, "effort": effort}
    options |= chosen_families(family)
    options = {name: value for name, value in options.items() if value is not None}
    options |= reading_options(missing, read, images_root, weights, weights_are)
    program = compile(asked, admg)
    with modules_from_here():
        fitted = program.fit(data, backend=backend, **options)
    sampler = estimating(fitted, f"this fit ({backend})")
    one, other = _values(sampler, treatment, versus)
    at = {name: sampler.read_value(name, text) for name, text in assignments("--given", given or ()).items()}
    how: dict[str, Any] = {"level": level, "method": method, "folds": folds, "clusters": clusters, "seed": seed}
    how |= {"given": at, "kind": kind, "data": data if clusters is not None else None}
    sides = {treatment: one}, {treatment: other}
    tell(lambda: _noted(sampler.contrast(outcome, *sides, **how), family=family, effort=effort), as_json)


def _noted(found: Estimate, **said: object) -> Estimate:
    """The number, which says so where options of models that draw, if they were said, have hardly a part in it."""
    options = [f"--{name}" for name, value in said.items() if value]
    if not options or found.method in ("plug-in", "bootstrap"):
        return found
    verb = "are" if options[1:] else "is"
    note = (
        f"{' and '.join(options)} {verb} of models that draw, on which a number by {found.method} hardly rests; "
        "--method plug-in or bootstrap asks those models"
    )
    return replace(found, notes=(note, *found.notes))


def _sides(query: Query, of: str | None) -> tuple[str, str]:
    """The treatment, and what is compared.  Raises QueryError for several of either."""
    if len(query.treatments) != 1 or query.policies:
        raise QueryError(
            f"{query} has {len(query.treatments)} treatments, and an effect compares values of one in do(X)"
        )
    if of is None and len(query.outcomes) != 1:
        raise QueryError(f"{query} has {len(query.outcomes)} outcomes; say by --of what is compared, as --of Y")
    return query.treatments[0], of or query.outcomes[0]


def _values(sampler: Estimating, treatment: str, versus: str | None) -> tuple[Any, Any]:
    """The two values of the treatment; of one with two labels the later against the earlier."""
    if versus is None:
        try:
            labels = sampler.labels_of(treatment)
        except DataError:
            labels = ()
        if len(labels) != 2:
            raise DataError(f"{treatment} has no two labels to compare; give values, as --vs 1,0")
        return labels[1], labels[0]
    texts = split(versus)
    if len(texts) != 2:
        raise DataError(f"--vs {versus!r:.60} is not two values; give VALUE,VERSUS, as --vs 1,0")
    return sampler.read_value(treatment, texts[0]), sampler.read_value(treatment, texts[1])
