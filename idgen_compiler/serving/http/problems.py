"""Errors as answers: `application/problem+json` (RFC 9457), with the library's own words in `detail`."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from idgen_compiler.errors import IdgenError
from idgen_compiler.serving.asked import Unreadable
from idgen_compiler.serving.drawing.lane import Busy, Late
from idgen_compiler.serving.http.asking import Gone, Refused
from idgen_compiler.serving.writing.choice import NotAcceptable

__all__ = ["MEDIA_TYPE", "answer_of", "install", "log", "problem", "problem_of"]

MEDIA_TYPE = "application/problem+json"

log = logging.getLogger("idgen.serving")

_REMEDIES = {
    404: "there is no such path; the server has /sample, /estimate, /program, /health, /metrics, /docs and "
    "/openapi.json",
    405: "the path is asked by another method: /sample and /estimate by POST, the others by GET",
}


def problem(status: int, kind: str, detail: str) -> dict[str, Any]:
    """The object that says what went wrong: `title` is the kind of error, `detail` what to do about it."""
    return {"type": "about:blank", "title": kind, "status": status, "detail": detail}


def problem_of(error: Exception) -> tuple[dict[str, Any], dict[str, str]]:
    """What a client is told of an error, and headers for it; of a fault nothing but that it is one."""
    headers: dict[str, str] = {}
    match error:
        case Refused():
            return problem(error.status, HTTPStatus(error.status).phrase, str(error)), error.headers
        case Busy():
            status, headers = 429, {"Retry-After": str(error.retry_after)}
        case Late():
            status, headers = 503, {"Retry-After": "1"}
        case NotAcceptable():
            status = 406
        case Unreadable():
            status = 400
        case IdgenError():
            status = 422
        case MemoryError():
            return problem(503, "MemoryError", "the server has no memory for it; ask for fewer rows at a time"), {}
        case _:
            log.error("a fault of the server", exc_info=error)
            return problem(500, "Fault", "this is a fault of the server, not of the request; its log has more"), {}
    return problem(status, type(error).__name__, str(error)), headers


def answer_of(error: Exception) -> Response:
    """The answer to an error."""
    found, headers = problem_of(error)
    return Response(json.dumps(found), found["status"], headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Let an application answer every error so."""

    def failed(request: Request, error: Exception) -> Response:
        return answer_of(error)

    def refused(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        detail = _REMEDIES.get(status) or str(getattr(error, "detail", ""))
        headers = {**(getattr(error, "headers", None) or {})}
        title = HTTPStatus(status).phrase
        return Response(json.dumps(problem(status, title, detail)), status, headers, MEDIA_TYPE)

    def gone(request: Request, error: Exception) -> Response:
        return Response(status_code=499)  # which nobody reads

    app.add_exception_handler(IdgenError, failed)
    app.add_exception_handler(Refused, failed)
    app.add_exception_handler(Gone, gone)
    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(Exception, failed)
