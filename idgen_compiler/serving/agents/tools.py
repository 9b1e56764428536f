"""What agents can do: functions of texts and numbers, each with the verifier behind it where it computes an answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from idgen_compiler.compile import compile as compiled
from idgen_compiler.compile import explain as explained
from idgen_compiler.data.kinds.typed import read_request
from idgen_compiler.errors import DataError, IdgenError, NotIdentifiable
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.hinge.saved import load
from idgen_compiler.identify import identify as identified
from idgen_compiler.identify.hedge import sketch_hedge
from idgen_compiler.ir.operations import Train
from idgen_compiler.query import Query
from idgen_compiler.report.stages import describe_stages
from idgen_compiler.report.summary import Summary
from idgen_compiler.serving.agents.answers import Compiled, Estimated, Explained, Identified, Verified
from idgen_compiler.serving.agents.asked import question
from idgen_compiler.serving.beside import answered
from idgen_compiler.serving.drawing.heard import heard
from idgen_compiler.verify import verify as verified
from idgen_compiler.verify import witness

__all__ = ["compile", "estimate", "explain", "identify", "verify"]

Realize = Literal["auto", "regenerate", "reweight", "weigh"]


def identify(query: str, graph: str, latent: Sequence[str] = ()) -> Identified:
    """Whether a query is identifiable, with the formula and its derivation, or the proof that it is not.

    >>> identify("P(Y | do(X))", "Z -> X -> Y; Z -> Y").estimand
    'Σ_z P(z) P(y | z, x)'
    """
    (asked,), admg = question(query, graph, latent)
    try:
        found = identified(asked, admg)
    except NotIdentifiable as error:
        return Identified(
            query=str(asked), identifiable=False, estimand="", latex="", trace="", proof=_proof(asked, admg, error)
        )
    return Identified(
        query=str(asked),
        identifiable=True,
        estimand=str(found.estimand),
        latex=found.estimand.latex(),
        trace=str(found.trace),
        proof="",
    )


def _proof(query: Query, graph: ADMG, error: NotIdentifiable) -> str:
    try:
        models = str(witness(query, graph))
    except IdgenError as lacking:  # a graph too large for exact arithmetic; the hedge is a proof all the same
        models = f"no models are shown: {lacking}"
    return f"{error}\n\n{sketch_hedge(graph, error.hedge)}\n\n{models}"


def explain(query: str, graph: str, latent: Sequence[str] = (), optimize: int = 2) -> Explained:
    """How a query is answered: what is trained on which data, and what each rewrite and pass of the compiler left."""
    (asked,), admg = question(query, graph, latent)
    found = explained(asked, admg, optimize=optimize)
    return Explained(query=str(asked), summary=str(Summary.of([found], found.program)), stages=describe_stages(found))


def compile(
    queries: str | list[str],
    graph: str,
    latent: Sequence[str] = (),
    optimize: int = 2,
    realize: Realize = "auto",
    models: int = 5,
    seed: int = 0,
) -> Compiled:
    """The program that answers one query or several, verified on so many random models.

    Raises NotIdentifiable for a query that has no answer, and IdgenError where one did not verify.
    """
    asked, admg = question(queries, graph, latent)
    program = compiled(asked[0] if len(asked) == 1 else asked, admg, optimize=optimize, realize=realize)
    return Compiled(
        program=str(program),
        models=[_conditional(each) for each in program.models],
        regenerations=len(program.regenerations),
        verified=[_verified(each, admg, models, seed) for each in asked],
    )


def _conditional(op: Train) -> str:
    given = f" | {', '.join(op.inputs)}" if op.inputs else ""
    return f"{op.result} = train {op.data} : {', '.join(op.targets)}{given}"


def verify(query: str, graph: str, latent: Sequence[str] = (), models: int = 25, seed: int = 0) -> Verified:
    """Estimand and programs of a query against the truth of random models with hidden causes, in exact fractions.

    >>> verify("P(Y | do(X))", "Z -> X -> Y; Z -> Y", models=2).ok
    True
    """
    (asked,), admg = question(query, graph, latent)
    return _verified(asked, admg, models, seed)


def _verified(query: Query, graph: ADMG, models: int, seed: int) -> Verified:
    report = verified(query, graph, models=models, seed=seed)
    return Verified(
        query=str(query), ok=report.ok, verdict=report.verdict, models=len(report.rows), other=report.y0_verdict
    )


def estimate(
    what: str | list[str],
    sampler: str | None = None,
    data: str | None = None,
    graph: str | None = None,
    query: str | None = None,
    types: dict[str, str] | None = None,
    weights: str | None = None,
    missing: Literal["refuse", "drop", "category", "text"] = "refuse",
    models: int = 5,
    **asked: Any,
) -> Estimated:
    """Numbers with intervals: of a saved sampler, or of a table, a graph and a query, which is compiled and fitted.

    `asked` are the other fields of POST /estimate: do, versus, kind, given, level, method, n, folds, repeats, seed.

    Raises IdgenError for arguments that do not go together, and whatever compiling, fitting and estimating raise.
    """
    body: dict[str, Any] = {"what": what, **{name: value for name, value in asked.items() if value is not None}}
    table = None if data is None else Path(data)
    if sampler is None and table is None:
        raise DataError("give sampler=, the folder of a saved sampler, or data=, a table, with graph= and query=")
    if sampler is not None and graph is not None:
        raise DataError("sampler= has a graph of its own; leave graph= out, or give data= in its place")
    if sampler is not None:
        body |= {} if query is None else {"query": query}
        with heard() as said:
            loaded = load(sampler)
        found = answered(loaded, body, table)
        return _estimated(found, said, [])
    if graph is None:
        raise DataError("an estimate from a table needs graph= and query=, by which it is compiled")
    (posed,), admg = question(query or "", graph)
    proved = _verified(posed, admg, models, 0)
    if not proved.ok:
        raise IdgenError(f"the program of {posed} is not right and gives no numbers: {proved.verdict}")
    options: dict[str, Any] = {} if weights is None else {"weights": weights}
    kinds = {name: read_request(name, text) for name, text in (types or {}).items()}
    with heard() as said:
        fitted = compiled(posed, admg).fit(
            table, types=kinds or None, missing=missing, seed=body.get("seed", 0), progress=False, **options
        )
    return _estimated(answered(fitted, body), said, [proved])


def _estimated(found: dict[str, Any], said: Sequence[str], proved: list[Verified]) -> Estimated:
    warnings = list(dict.fromkeys((*said, *found["warnings"])))
    return Estimated(estimates=found["estimates"], notes=found["notes"], warnings=warnings, verified=proved)
