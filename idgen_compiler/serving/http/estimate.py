"""POST /estimate: numbers with intervals."""

from __future__ import annotations

import json

from fastapi import APIRouter, Request, Response

from idgen_compiler.serving.asked import EstimateAsked, parsed
from idgen_compiler.serving.beside import check_estimating
from idgen_compiler.serving.drawing.job import header_of
from idgen_compiler.serving.http.asking import Gone, body_of, while_there
from idgen_compiler.serving.http.sample import VERSION, WARNINGS
from idgen_compiler.serving.http.server import server_of

__all__ = ["router"]

router = APIRouter()


@router.post("/estimate")
async def estimate(request: Request) -> Response:
    """Means, shares, quantiles and contrasts, with their intervals."""
    server = server_of(request)
    body = parsed(await body_of(request, server.limits))
    sampler = server.held.current.sampler
    check_estimating(sampler)
    EstimateAsked.read(body, sampler)  # before another process is asked
    try:
        found = await while_there(request, server.beside.estimate(body))
    except Gone:
        server.metrics.hung_up.inc()
        raise
    headers = {VERSION: found.pop("version")}
    if found["warnings"]:
        headers[WARNINGS] = header_of(found["warnings"])[0]
        server.metrics.warned.inc(len(found["warnings"]))
    return Response(json.dumps(found), headers=headers, media_type="application/json")
