"""`idgen report`: one page of HTML about a saved sampler, or about a query that nothing was fitted for."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Annotated, Any

import typer

from idgen_compiler.cli.arguments import GRAPH_HELP, Latent, read_question
from idgen_compiler.cli.brought import BindTo, OwnFamily, OwnNetwork, loaded
from idgen_compiler.cli.output.outcome import ExitCode
from idgen_compiler.cli.questions import Given, typed_values
from idgen_compiler.data.atomic import whole_or_absent
from idgen_compiler.errors import DataError, IdgenError
from idgen_compiler.hinge.backend import Sampler
from idgen_compiler.report.page import Page
from idgen_compiler.report.web.page import render
from idgen_compiler.report.web.values.whole import Whole, of_query, of_sampler

__all__ = ["report_command"]

_OURS = 'name="generator" content="idgen-compiler'


def report_command(
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="What `idgen fit --out DIR` saved.", show_default=False)
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The page.")] = Path("report.html"),
    graph: Annotated[
        str | None,
        typer.Option("--graph", "-g", metavar="FILE|TEXT", help=f"Without a fit, with --query. {GRAPH_HELP}"),
    ] = None,
    query: Annotated[
        str | None,
        typer.Option(
            "--query",
            "-q",
            metavar="QUERY",
            help="Of a sampler that answers several: the one that the page is about, and that --do and --given are of. "
            "Without a fit: the query.",
            show_default="all of them",
        ),
    ] = None,
    latent: Latent = None,
    do: Annotated[
        list[str] | None,
        typer.Option("--do", metavar="X=VALUE", help="Show the answers at this; repeat for several values."),
    ] = None,
    given: Given = None,
    n: Annotated[int, typer.Option("-n", help="Samples at each setting.")] = 5_000,
    seed: Annotated[int, typer.Option("--seed", help="Of the samples.")] = 0,
    models: Annotated[int, typer.Option("--models", help="Verify on so many random models; 0: on none.")] = 5,
    estimates: Annotated[
        bool | None,
        typer.Option("--estimates/--no-estimates", help="Numbers with intervals, also where they take long."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the page's values, and write no page.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a FILE that is no report.")] = False,
    family: OwnFamily = None,
    network: OwnNetwork = None,
    bind: BindTo = None,
) -> int:
    """One page of HTML that works offline: the question, why it can be answered, the models, and what comes out."""
    if not as_json:
        _check_place(out, force)
    if folder is None:
        if graph is None:
            raise IdgenError("give the DIR of a saved sampler, or --graph and --query for a page without a fit")
        if do or given:
            raise IdgenError("--do and --given ask a fitted sampler; give its DIR, or leave them out")
        found = of_query(*read_question(query, graph, latent), models=models)
    else:
        if graph is not None or latent:
            raise IdgenError(f"the sampler in {folder} has its own graph; leave --graph and --latent out")
        sampler = loaded(folder, family, network, bind)
        settings, seen = _settings(sampler, do, given, query)
        found = of_sampler(sampler, settings, seen, query, n, seed, models, estimates)
    return _told(found, None if as_json else out)


def _told(found: Whole, out: Path | None) -> int:
    if out is None:
        Page.on().text(found.to_json())
    else:
        with whole_or_absent(out) as partial:
            partial.write_text(render(found), encoding="utf-8")
        asked = [answer.asked.query for answer in found.answers]
        Page.on().text(f"{out} has the report of {'; '.join(asked)}")
        if len(asked) > 1:
            Page.on().text(f"--query, as in --query {shlex.quote(asked[0])}, makes that of one of them")
    if any(answer.refusal is not None for answer in found.answers):
        return ExitCode.NOT_IDENTIFIABLE
    wrong = any(answer.verified is not None and not answer.verified.ok for answer in found.answers)
    return ExitCode.DIFFERENCE if wrong else ExitCode.DONE


def _settings(
    sampler: Sampler, do: Sequence[str] | None, given: Sequence[str] | None, query: str | None
) -> tuple[list[dict[str, Any]] | None, dict[str, Any] | None]:
    """The typed settings: a treatment that is given several values is shown at each of them."""
    if not do and not given:
        return None, None
    each: dict[str, list[str]] = {}
    for text in do or ():
        each.setdefault(text.partition("~" if "~" in text and "=" not in text.partition("~")[0] else "=")[0].strip(),
                        []).append(text)  # fmt: skip
    settings = [typed_values(sampler, chosen, given, query) for chosen in product(*each.values())]
    seen = settings[0]["given"] if given else None
    return ([setting["do"] for setting in settings] if do else None), seen


def _check_place(out: Path, force: bool) -> None:
    """Raise DataError for a file that is there and is no report, unless it may be replaced."""
    if out.is_dir():
        raise DataError(f"--out {out} is a folder; give a file in it")
    if not out.exists() or force:
        return
    with out.open("rb") as file:
        head = file.read(4096).decode("utf-8", "replace")
    if head and _OURS not in head:
        raise DataError(f"--out {out} is there already and is no report; give another file, or --force to replace it")
