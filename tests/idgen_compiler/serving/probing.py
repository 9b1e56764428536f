"""Probing a server by its own description, with schemathesis: what it finds, as lines."""

from __future__ import annotations

import copy
import warnings
from functools import partial
from typing import Any

from fastapi import FastAPI

__all__ = ["probed"]

CHECKS = {
    # That lists have n values, laws sum to one, and texts are dates or pictures is more than JSON Schema can say.
    "positive_data_acceptance": {"expected-statuses": ["2xx", 422]},
    "negative_data_rejection": {"expected-statuses": [400, 401, 406, 413, 415, 422]},
}


def probed(
    app: FastAPI, examples: int, plain: bool = False, but: tuple[str, ...] = (), edges: bool = False
) -> list[str]:
    """What is found in so many examples for each operation, valid ones and such that are not; empty where nothing is.

    Of `plain` values and formats alone all that the description allows has to be answered. Paths in `but` are left out;
    with `edges` all edges of what is allowed are tried one by one as well.
    """
    import schemathesis
    from schemathesis.engine import from_schema
    from schemathesis.engine.events import NonFatalError, ScenarioFinished

    config = schemathesis.Config.from_dict(
        {
            "seed": 0,
            "headers": {"Host": "localhost"},
            "checks": {} if plain else CHECKS,
            "generation": {
                "mode": "positive" if plain else "all",
                "max-examples": examples,
                "deterministic": True,
                "database": "none",
                "no-shrink": True,
            },
            "phases": {"stateful": {"enabled": False}, "coverage": {"enabled": edges}},
            "warnings": False,
        }
    )
    found: dict[str, None] = {}
    count = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own
        if plain or but:
            app.openapi = partial(_narrow, app.openapi(), plain, but)  # type: ignore[method-assign]
        schema = schemathesis.openapi.from_asgi("/openapi.json", app, config=config, headers={"Host": "localhost"})
        for event in from_schema(schema).execute():
            if isinstance(event, NonFatalError):
                found[str(event.info)] = None
            if isinstance(event, ScenarioFinished):
                count += len(event.recorder.interactions)
                found |= dict.fromkeys(_failures(event.recorder))
    return list(found) if count else ["nothing was asked"]


def _narrow(found: dict[str, Any], plain: bool, but: tuple[str, ...]) -> dict[str, Any]:
    """The description without some paths and, where it is to be `plain`, without lists, policies and PNG."""
    found = copy.deepcopy(found)
    for path in but:
        del found["paths"][path]
    if plain:
        sample = found["paths"]["/sample"]["post"]
        sample["parameters"][0]["schema"]["enum"].remove("png")
        schema = sample["requestBody"]["content"]["application/json"]["schema"]
        for body in schema.get("oneOf", [schema]):
            for role in ("do", "given"):
                for setting in body["properties"][role]["properties"].values():
                    del setting["anyOf"][1:]
    return found


def _failures(recorder: Any) -> list[str]:
    return [
        f"{recorder.label}: {check.name}: {check.failure_info.failure}: {_sent(recorder, case)}"
        for case, checks in recorder.checks.items()
        for check in checks
        if check.failure_info is not None
    ]


def _sent(recorder: Any, case: str) -> str:
    """What was sent and answered, cut short."""
    interaction = recorder.interactions.get(case)
    if interaction is None:
        return ""
    answer = interaction.response
    body = getattr(interaction.request, "body", b"") or b""
    return f"{interaction.request.uri} {body[:300]!r} -> {answer and (answer.status_code, answer.content[:300])!r}"
