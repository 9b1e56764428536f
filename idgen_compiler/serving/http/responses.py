"""What the routes answer, as OpenAPI says it, wherever that does not depend on the sampler."""

from __future__ import annotations

from typing import Any

__all__ = ["FAILURES", "told_paths"]

FAILURES = {
    "400": "the body is no JSON",
    "401": "the token is missing or another",
    "406": "no format is accepted that there is",
    "408": "the body does not come",
    "413": "the body is too large",
    "415": "the body is no JSON by its Content-Type",
    "421": "another host is named than this machine",
    "422": "what is asked does not fit the sampler, or is more than the limits allow",
    "429": "there is no room; Retry-After says when to come again",
    "503": "it takes longer than the limit",
}
"""Status -> what it means."""


def told_paths() -> dict[str, Any]:
    """The routes that say something of the server."""
    return {
        "/program": {
            "get": {
                "operationId": "program",
                "summary": "The program that is served, as text or JSON.",
                "parameters": [{"name": "format", "in": "query", "schema": {"enum": ["text", "json"]}}],
                "responses": {
                    "200": _answer("the program", {"text/plain": _TEXT, "application/json": _OBJECT}),
                    **_failures("401", "406", "421", "422"),
                },
            }
        },
        "/health": {
            "get": {
                "operationId": "health",
                "summary": "Whether the server is well.",
                "responses": {
                    "200": _answer("it is", {"application/json": _HEALTH}),
                    "503": _answer("it is not", {"application/json": _HEALTH}),
                    **_failures("421"),
                },
            }
        },
        "/metrics": {
            "get": {
                "operationId": "metrics",
                "summary": "What was counted, for Prometheus.",
                "responses": {"200": _answer("numbers", {"text/plain": _TEXT}), **_failures("401", "421")},
            }
        },
    }


_TEXT = {"type": "string"}
_OBJECT = {"type": "object"}
_HEALTH = {
    "type": "object",
    "properties": {"status": {"enum": ["ok", "stale", "dead"]}, "version": {"type": "string"}},
    "required": ["status", "version"],
}


def _answer(what: str, contents: dict[str, Any]) -> dict[str, Any]:
    return {"description": what, "content": {media: {"schema": schema} for media, schema in contents.items()}}


def _failures(*statuses: str) -> dict[str, Any]:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": FAILURES[status], "content": problem} for status in statuses}
