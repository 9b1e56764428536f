"""GET /program, /health and /metrics: what is served, and how it is."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

import idgen_compiler
from idgen_compiler.errors import DataError
from idgen_compiler.estimates import Estimating
from idgen_compiler.forms.shown import cut
from idgen_compiler.hinge.question import query_of
from idgen_compiler.serving.held import Loaded
from idgen_compiler.serving.http.sample import VERSION
from idgen_compiler.serving.http.server import server_of
from idgen_compiler.serving.values.kinds import kinds_of
from idgen_compiler.serving.values.schemas import drawn_schema
from idgen_compiler.serving.writing.choice import accepted

__all__ = ["FORMS", "router"]

router = APIRouter()

FORMS = {"text": "text/plain; charset=utf-8", "json": "application/json"}
"""The forms of a program: its text, or an object with it."""


@router.get("/program")
async def program(request: Request) -> Response:
    """The program that is served, as text or JSON."""
    loaded = server_of(request).held.current
    form = request.query_params.get("format")
    if form is None:
        media = accepted(request.headers.get("accept", ""), ["text/plain", "application/json"])
        form = "text" if media == "text/plain" else "json"
    if form not in FORMS:
        raise DataError(f"there is no form {cut(form)} of a program; ask for {' or '.join(FORMS)}")
    text = f"{loaded.sampler.program}\n" if form == "text" else json.dumps(_described(loaded))
    return Response(text.encode(), headers={VERSION: loaded.version}, media_type=FORMS[form])


def _described(loaded: Loaded) -> dict[str, Any]:
    held, kinds = loaded.sampler.program, kinds_of(loaded.sampler)
    queries = []
    for op in held.samplers:
        asked = query_of(held, op)
        queries.append(
            {
                "query": op.query or held.name,
                "do": list(asked.treatments),
                "given": list(asked.conditions),
                "outcomes": list(op.network.outputs),
                "values": dict(asked.values),
            }
        )
    return {
        "program": str(held),
        "queries": queries,
        "variables": {name: drawn_schema(kind) for name, kind in kinds.items()},
        "estimates": isinstance(loaded.sampler, Estimating),
        "backend": loaded.backend,
        "version": loaded.version,
    }


@router.get("/health")
async def health(request: Request) -> Response:
    """Whether the server is well: `ok`, or `stale` where what was saved last cannot be read."""
    server = server_of(request)
    alive = server.lane.alive
    found = {
        "status": ("stale" if server.held.error else "ok") if alive else "dead",
        "version": server.held.current.version,
        "loaded_at": server.held.current.at,
        "reloads": server.held.reloads,
        "waiting": server.lane.waiting,
        "idgen": idgen_compiler.__version__,
    }
    return Response(json.dumps(found), 200 if alive else 503, media_type="application/json")


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """What was counted, for Prometheus."""
    server = server_of(request)
    server.metrics.waiting.set(server.lane.waiting + server.beside.waiting)
    return Response(server.metrics.page(), media_type=CONTENT_TYPE_LATEST)
