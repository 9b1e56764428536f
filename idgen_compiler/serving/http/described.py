"""The OpenAPI description of a server: the variables, labels and ranges of the very sampler that it holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import idgen_compiler
from idgen_compiler.data.kinds import Kind
from idgen_compiler.hinge.question import query_of
from idgen_compiler.ir.operations import Sample
from idgen_compiler.ir.program import Program
from idgen_compiler.query import Query
from idgen_compiler.serving.asked import MOST_SEED
from idgen_compiler.serving.held import Loaded
from idgen_compiler.serving.http.problems import MEDIA_TYPE
from idgen_compiler.serving.http.responses import FAILURES, told_paths
from idgen_compiler.serving.limits import Limits
from idgen_compiler.serving.values.kinds import kinds_of
from idgen_compiler.serving.values.schemas import drawn_schema, set_schema
from idgen_compiler.serving.writing.choice import FORMATS

__all__ = ["description"]

Schema = dict[str, Any]

_BYTES = {"type": "string", "contentMediaType": "application/octet-stream"}


def description(loaded: Loaded, limits: Limits, token: bool) -> Schema:
    """The description as OpenAPI 3.1 has it; `token` says whether one is wanted."""
    program, kinds = loaded.sampler.program, kinds_of(loaded.sampler)
    streams = hasattr(loaded.sampler, "stream")
    bodies = [_Body(program, op, kinds, limits, streams) for op in program.samplers]
    rows = [_row(op, kinds) for op in program.samplers]
    paths = {
        "/sample": {"post": _operation("sample", _SAMPLE, [body.sample() for body in bodies], _sampled(rows))},
        "/estimate": {"post": _operation("estimate", _ESTIMATE, [body.estimate() for body in bodies], _ESTIMATED)},
        **told_paths(),
    }
    paths["/sample"]["post"]["parameters"] = [
        {
            "name": "format",
            "in": "query",
            "description": "the format, in the place of an Accept header",
            "schema": {"enum": [each.name for each in FORMATS]},
        }
    ]
    found: Schema = {
        "openapi": "3.1.0",
        "info": {
            "title": program.name,
            "version": loaded.version or "0",
            "description": f"Samples and estimates of `{program.name}`, by idgen {idgen_compiler.__version__}.",
        },
        "paths": paths,
        "components": {"schemas": {"Problem": _PROBLEM}},
    }
    if token:
        found["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        found["security"] = [{"token": []}]
        paths["/health"]["get"]["security"] = []
    return found


_SAMPLE = """Draw n samples of the outcomes, with treatments set and conditions given.

Rows come as NDJSON, Arrow IPC, JSON, a PNG (one picture) or a ZIP archive of PNGs, by Accept or `format`; many rows are
streamed. Equal seeds give the rows of `sampler.sample(n, do, given, seed)`. What the sampler warns of, extrapolation
above all, is in the header `Idgen-Warnings`, a list of texts as JSON; in NDJSON what is found later is a line
{"$warnings": [...]}, in Arrow the metadata of its batch."""

_ESTIMATE = """Means, shares and quantiles of the outcomes, and what they are against other values, with intervals."""

_PROBLEM: Schema = {
    "type": "object",
    "description": "RFC 9457: `title` is the kind of error, `detail` says what is wrong and what to do",
    "properties": {name: {"type": "string"} for name in ("type", "title", "detail")} | {"status": {"type": "integer"}},
    "required": ["type", "title", "status", "detail"],
}

_ESTIMATED: Schema = {
    "application/json": {
        "schema": {
            "type": "object",
            "properties": {
                "estimates": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "what": {"type": "string"},
                            **{k: {"type": ["number", "null"]} for k in ("value", "se", "low", "high")},
                        },
                        "required": ["what", "value", "se", "low", "high"],
                    },
                },
                "notes": {"type": "array", "items": {"type": "string"}},
                "warnings": {"type": "array", "items": {"type": "string"}},
            },
            "required": ["estimates", "notes", "warnings"],
        }
    }
}


def _operation(name: str, told: str, bodies: list[Schema], answers: Schema) -> Schema:
    schema = bodies[0] if len(bodies) == 1 else {"oneOf": bodies}
    headers = {
        "Idgen-Sampler": {"schema": {"type": "string"}, "description": "which saved sampler answered"},
        "Idgen-Warnings": {"schema": {"type": "string"}, "description": "a list of texts as JSON"},
    }
    return {
        "operationId": name,
        "summary": told.splitlines()[0],
        "description": told,
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {
            "200": {"description": "what was asked for", "headers": headers, "content": answers},
            **{
                status: {
                    "description": why,
                    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
                }
                for status, why in FAILURES.items()
            },
        },
    }


def _row(op: Sample, kinds: Mapping[str, Kind]) -> Schema:
    outputs = op.network.outputs
    columns = {name: drawn_schema(kinds.get(name)) for name in outputs}
    return {"type": "object", "properties": columns, "required": list(outputs), "title": op.query or "row"}


def _sampled(rows: list[Schema]) -> Schema:
    row = rows[0] if len(rows) == 1 else {"anyOf": rows}
    whole = {
        "type": "object",
        "properties": {
            "rows": {"type": "array", "items": row},
            "warnings": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["rows", "warnings"],
    }
    schemas = {"application/json": whole, "application/x-ndjson": {"type": "string", "description": "a row a line"}}
    return {each.media_type: {"schema": schemas.get(each.media_type, _BYTES)} for each in FORMATS}


class _Body:
    """The bodies that ask one query of a program."""

    def __init__(self, program: Program, op: Sample, kinds: Mapping[str, Kind], limits: Limits, streams: bool) -> None:
        self.several = len(program.samplers) > 1
        self.asked: Query = query_of(program, op)
        self.name = op.query or program.name
        self.inputs, self.kinds, self.limits, self.streams = op.network.inputs, kinds, limits, streams

    def sample(self) -> Schema:
        """What POST /sample takes."""
        most = self.limits.rows
        fields: Schema = {
            "n": {"type": "integer", "minimum": 0, "maximum": most, "default": 1, "description": "how many rows"}
        }
        if self.streams:
            told = "rows drawn at a time: with a seed the draws are those of sampler.stream"
            fields["batch_size"] = {"type": ["integer", "null"], "minimum": 1, "maximum": most, "description": told}
        return self._body(fields, (), each=True)

    def estimate(self) -> Schema:
        """What POST /estimate takes."""
        names = ", ".join(self.asked.outcomes)
        one = {"type": "string", "description": f"E[Y], P(Y=label), P(Y > 2) or q0.5(Y), of {names}"}
        fields: Schema = {
            "what": {"anyOf": [one, {"type": "array", "items": one, "minItems": 1, "maxItems": 100}]},
            "versus": {
                **self._settings(self.asked.treatments, each=False),
                "description": "compare with these treatments",
            },
            "kind": {"enum": ["difference", "ratio", "odds ratio", "log ratio"], "default": "difference"},
            "level": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1, "default": 0.95},
            "method": {"enum": ["auto", "closed form", "one-step", "bootstrap", "plug-in"], "default": "auto"},
            "n": {"type": ["integer", "null"], "minimum": 2, "maximum": 10**7},
            "folds": {"type": "integer", "minimum": 2, "maximum": 100, "default": 5},
            "repeats": {"type": "integer", "minimum": 2, "maximum": 10_000, "default": 200},
        }
        return self._body(fields, ("what",), each=False)

    def _body(self, fields: Schema, required: tuple[str, ...], each: bool) -> Schema:
        stated = self.asked.values
        do, given = self.asked.treatments, self.asked.conditions
        needed = [n for n in self.inputs if n not in stated]
        roles = [role for role, names in (("do", do), ("given", given)) if any(name in needed for name in names)]
        query: Schema = {"query": {"const": self.name}} if self.several else {"query": {"enum": [self.name, None]}}
        seed = {
            "type": ["integer", "null"],
            "minimum": 0,
            "maximum": MOST_SEED,
            "description": "equal seeds, equal rows",
        }
        properties = {
            **query,
            **fields,
            "seed": seed,
            "do": self._settings(do, each),
            "given": self._settings(given, each),
        }
        return {
            "type": "object",
            "title": self.name,
            "properties": properties,
            "required": [*required, *roles, *(["query"] if self.several else [])],
            "additionalProperties": False,
        }

    def _settings(self, names: tuple[str, ...], each: bool) -> Schema:
        treatments = self.asked.treatments
        return {
            "type": "object",
            "properties": {name: set_schema(self.kinds.get(name), name in treatments, each) for name in names},
            "required": [name for name in names if name in self.inputs and name not in self.asked.values],
            "additionalProperties": False,
        }
