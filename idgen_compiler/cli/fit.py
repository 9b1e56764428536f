"""`idgen fit`: train a program's models on a table and save the sampler."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from idgen_compiler.cli.arguments import (
    GraphText,
    ImagesRoot,
    Latent,
    Level,
    Missing,
    QueryText,
    Read,
    Realize,
    Weights,
    WeightsAre,
    assignments,
    listed_names,
    modules_from_here,
    plain_value,
    read_named,
    read_program,
    read_question,
    read_types,
    reading_options,
)
from idgen_compiler.cli.brought import (
    BindTo,
    Bound,
    Effort,
    Fallback,
    Families,
    Function,
    Unobserved,
    brought,
    chosen_families,
    imported,
    needed,
)
from idgen_compiler.cli.kept.places import Address, PerModel, RunsAt, Workers
from idgen_compiler.compile import compile
from idgen_compiler.compile.options import Realization
from idgen_compiler.data.atomic import followed
from idgen_compiler.errors import DataError, GraphError, QueryError
from idgen_compiler.forms.policy import UNIFORM
from idgen_compiler.forms.spelling import spelled
from idgen_compiler.hinge.backend import Sampler
from idgen_compiler.hinge.question import query_of
from idgen_compiler.hinge.saved import check_place
from idgen_compiler.program import Program
from idgen_compiler.report.page import Page

__all__ = ["fit_command"]


DataFile = Annotated[
    Path,
    typer.Option(
        "--data",
        "-d",
        metavar="FILE",
        help="The table: CSV or Parquet, or a folder of Parquet files.",
        show_default=False,
    ),
]
OutFolder = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="DIR", help="The folder to save in; --dry-run needs none.", show_default=False),
]
Types = Annotated[
    list[str] | None,
    typer.Option(
        "--types",
        metavar="X=TYPE",
        help="categorical, integer, continuous, levels, date, duration, vector, image, text, or a number with its ends "
        "and point masses, such as continuous[0,]{0}; in full image(3,16,16), categorical(no,yes). Repeatable; "
        "inferred otherwise.",
    ),
]
Composites = Annotated[
    list[str] | None,
    typer.Option(
        "--composite",
        metavar="W=A,B",
        help="One variable made of several columns; repeatable. Columns W.a, W.b need none.",
    ),
]
Seed = Annotated[int | None, typer.Option("--seed", help="Equal seeds give equal samplers.", show_default="0")]
Device = Annotated[
    str | None, typer.Option("--device", metavar="auto|cpu|cuda", help="Where to train.", show_default="auto")
]
RowsFactor = Annotated[
    float | None,
    typer.Option("--rows-factor", help="Regenerated rows for each observed one.", show_default="10, or 1 of images"),
]
Epochs = Annotated[int | None, typer.Option("--epochs", help="Passes over the rows.", show_default="by model")]
BatchSize = Annotated[int | None, typer.Option("--batch-size", help="Rows for each step.", show_default="by model")]
LearningRate = Annotated[float | None, typer.Option("--lr", help="Peak learning rate.", show_default="by model")]
Ensemble = Annotated[int | None, typer.Option("--ensemble", help="Networks for each model.", show_default="by model")]
Images = Annotated[
    list[str] | None,
    typer.Option(
        "--images",
        metavar="NAME=VALUE",
        help="How images are modeled: steps=20000, seconds=600, channels=64,128,128, ...; repeatable.",
    ),
]
StorePlace = Annotated[
    str | None,
    typer.Option(
        "--store",
        "--checkpoint",
        metavar="DIR|URL",
        help="Keep all that is trained; the same command goes on from there, and others take it from there.",
    ),
]
LogFile = Annotated[
    str | None,
    typer.Option("--log", metavar="FILE", help="Add what happens to a file, a JSON object a line: start, step, done."),
]
Rows = Annotated[
    bool | None,
    typer.Option(
        "--rows/--no-rows",
        help="Whether rows of the table are saved. Without, no model is chosen that keeps any, and laws are fitted in "
        "the place of those that are drawn from.",
        show_default="rows",
    ),
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Say what is in --store, what is new, and how long that may take; train nothing."),
]
CheckGraph = Annotated[
    bool | None,
    typer.Option(
        "--check-graph/--no-check-graph",
        help="Warn where rows contradict an independence that the answer rests on.",
        show_default="on",
    ),
]
Policies = Annotated[
    list[str] | None,
    typer.Option(
        "--policy",
        metavar="pi=FILE",
        help="The law of a policy that the query names: the .csv file of a table (what it reads, the treatment, "
        "probability), or uniform; repeatable. May be left to sample where no condition depends on it.",
    ),
]
BackendName = Annotated[str, typer.Option("--backend", help="What trains the models.")]


ProgramFile = Annotated[
    Path | None,
    typer.Option("--program", metavar="FILE", help="A program as text or JSON, in the place of query and graph."),
]


def fit_command(
    context: typer.Context,
    data: DataFile,
    out: OutFolder = None,
    query: QueryText = None,
    graph: GraphText = "",
    latent: Latent = None,
    program: ProgramFile = None,
    types: Types = None,
    composite: Composites = None,
    missing: Missing = "refuse",
    read: Read = None,
    images_root: ImagesRoot = None,
    weights: Weights = None,
    weights_are: WeightsAre = "survey",
    seed: Seed = None,
    device: Device = None,
    rows_factor: RowsFactor = None,
    epochs: Epochs = None,
    batch_size: BatchSize = None,
    lr: LearningRate = None,
    ensemble: Ensemble = None,
    effort: Effort = None,
    family: Families = None,
    images: Images = None,
    store: StorePlace = None,
    dry_run: DryRun = False,
    rows: Rows = None,
    place: RunsAt = None,
    workers: Workers = None,
    address: Address = None,
    workers_per_model: PerModel = None,
    log: LogFile = None,
    check_graph: CheckGraph = None,
    policy: Policies = None,
    backend: BackendName = "torch",
    level: Level = 2,
    realize: Realize = "auto",
    bound: Bound = None,
    function: Function = None,
    unobserved: Unobserved = None,
    fallback: Fallback = None,
    bind: BindTo = None,
) -> None:
    """Train the models of a query's program on a table of observations, and save the sampler."""
    kernels = brought(bound, function, unobserved, fallback)
    compiled = _program(context, query, graph, latent, program, level, realize, kernels)
    _check_out(out, store, dry_run)
    training = {"epochs": epochs, "batch_size": batch_size, "lr": lr, "ensemble": ensemble, "rows_factor": rows_factor}
    how = {"seed": seed, "device": device, "store": store, "check_graph": check_graph, "effort": effort}
    where = {"place": place, "workers": workers, "address": address, "workers_per_model": workers_per_model}
    wanted = _wanted(types, composite, family, images, policy, bind, rows)
    wanted["progress"] = [True, log] if log else None
    given = {name: value for name, value in (wanted | training | how | where).items() if value is not None}
    given |= reading_options(missing, read, images_root, weights, weights_are)
    with modules_from_here():
        made = (compiled.plan if dry_run else compiled.fit)(data, backend=backend, **given)
    _end(made, compiled, data, None if dry_run else out, needed(family, images, bind))


def _wanted(
    types: list[str] | None,
    composite: list[str] | None,
    family: list[str] | None,
    images: list[str] | None,
    policy: list[str] | None,
    bind: list[str] | None,
    rows: bool | None,
) -> dict[str, Any]:
    """The mappings that options say in parts, by the names of `fit`."""
    return {
        "types": read_types(types) or None,
        "composites": _composites(composite or ()) or None,
        **chosen_families(family),
        "images": {name: plain_value(text) for name, text in assignments("--images", images or ()).items()} or None,
        "policies": read_named(policy or ()) or None,
        "bind": imported(bind) or None,
        "rows": rows,
    }


def _end(made: Any, compiled: Program, data: Path, out: Path | None, needed: Sequence[str]) -> None:
    """Print the plan that was made, or save the sampler and tell how to use it."""
    if out is None:
        Page.on().text(str(made))
    else:
        _save(made, out)
        _tell(made, compiled, data, out, needed)


def _tell(sampler: Sampler, compiled: Program, data: Path, out: Path, needed: Sequence[str]) -> None:
    page = Page.on()
    page.title(compiled.name, below=f"fitted to {data}")
    if callable(report := getattr(sampler, "report", None)):
        page.code(str(report()))
    asked = query_of(compiled, compiled.samplers[0])
    drawn = dict(asked.policies)
    known = getattr(getattr(sampler, "fitted", sampler), "named", {})
    laws = [
        f"--do {shlex.quote(f'{spelled(name)} ~ law.csv')}"
        for name, form in asked.policies
        if form.by is None and form.name != UNIFORM and form.name not in known
    ]
    inputs = [
        f"{option} {shlex.quote(spelled(name))}=..."
        for option, names in (("--do", asked.treatments), ("--given", asked.conditions))
        for name in names
        if name not in asked.values and name not in drawn
    ]
    inputs = [*laws, *inputs, *needed]
    if (held := getattr(sampler, "holdings", None)) is not None:
        page.text(f"\nwhat is saved {held}")
    page.text(f"\nsaved in {out}; sample with\n  " + " ".join(["idgen sample", str(out), "-n 10000", *inputs]))


def _refuse_compiling(context: typer.Context) -> None:
    """Raise QueryError where the compiler is asked for something beside a program, which is compiled already."""
    for name in ("level", "realize", "latent", "bound", "function", "unobserved", "fallback"):
        option = "-O" if name == "level" else f"--{name}"
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise QueryError(f"--program is compiled already, so that {option} changes nothing; leave it out")


def _program(
    context: typer.Context,
    query: str | None,
    graph: str,
    latent: list[str] | None,
    file: Path | None,
    level: int,
    realize: Realization,
    kernels: Mapping[str, Any],
) -> Program:
    """The program of a query on a graph, or of a file."""
    if file is not None:
        _refuse_compiling(context)
    if file is None:
        if not graph:
            raise GraphError("no graph is given; add --graph FILE|TEXT, or give a program by --program FILE")
        asked, admg = read_question(query, graph, latent)
        return compile(asked, admg, optimize=level, realize=realize, **kernels)
    if query or graph:
        raise QueryError("--program brings its own query and graph; give either it, or a query with --graph")
    return read_program(file)


def _composites(texts: list[str] | tuple[()]) -> dict[str, list[str]]:
    found = assignments("--composite", texts)
    return {name: listed_names(f"--composite {name}", [value]) for name, value in found.items()}


def _check_out(out: Path | None, store: str | None, dry_run: bool) -> None:
    """Raise DataError where nothing can be saved in a folder, or the store is to lie in it or is missing.

    An empty `--out` is the working folder.
    """
    if dry_run and store is None:
        raise QueryError("--dry-run says what is in a store; add --store DIR")
    if out is None:
        if dry_run:
            return
        raise QueryError("nothing says where to save the sampler; add --out DIR")
    try:
        check_place(out)
    except DataError as error:
        if out == Path():
            raise DataError(
                f"--out is empty or the working folder; give a new one, as in --out sampler ({error})"
            ) from None
        raise
    if store is not None and "://" not in store and followed(Path(store)).is_relative_to(followed(out)):
        raise DataError(f"--store {store} lies in --out {out}; give each a folder of its own")


def _save(sampler: Sampler, out: Path) -> None:
    """Save what was trained; where that fails in spite of the check before, keep it elsewhere and say where."""
    try:
        sampler.save(out)
    except (DataError, OSError) as error:
        try:
            kept = Path(tempfile.mkdtemp(prefix="idgen-kept-"))
            sampler.save(kept)
        except (DataError, OSError):
            raise DataError(f"{error}; what was trained is lost, unless --store keeps it") from None
        raise DataError(f"{error}; what was trained is kept in {kept}") from None
