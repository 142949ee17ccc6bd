"""The sandbox's own OpenAPI document, made of the parameters that it reads: what it takes, and nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stripe_sandbox import parameters as p
from stripe_sandbox.http import Json
from stripe_sandbox.parameters import Fields, Parameter
from stripe_sandbox.resource import Route

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

_EXPAND: Fields = {"expand": p.ListOf(p.Text(clearable=False))}


def outline(sandbox: Sandbox) -> Json:
    """An OpenAPI 3.0 document of every endpoint, without the shapes of answers: those are Stripe's own."""
    paths: dict[str, Json] = {}
    for resource in sandbox.resources.values():
        for route in resource.routes:
            paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.0.0",
        "info": {"title": "stripe_sandbox", "version": sandbox.api_version},
        "servers": [{"url": sandbox.base_url}],
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
        "security": [{"key": []}],
        "paths": dict(sorted(paths.items())),
    }


def schema(parameter: Parameter) -> Json:
    """What a parameter takes, as a JSON schema with Stripe's habit of an empty string to clear."""
    found = _schema(parameter)
    if parameter.clearable and not isinstance(parameter, p.Text):
        return {"anyOf": [found, {"type": "string", "enum": [""]}]}
    return found


def _operation(route: Route) -> Json:
    path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", route.path)
    ]
    fields = route.params if route.method == "DELETE" else {**route.params, **_EXPAND}
    operation: Json = {"parameters": path, "responses": {"200": {"description": "What Stripe answers."}}}
    if route.method == "POST":
        kind = "application/json" if route.path.startswith("/v2/") else "application/x-www-form-urlencoded"
        operation["requestBody"] = {"content": {kind: {"schema": _hash(fields)}}}
    else:
        operation["parameters"] = [*path, *(_query(name, each) for name, each in fields.items())]
    return operation


def _query(name: str, parameter: Parameter) -> Json:
    return {
        "name": name,
        "in": "query",
        "required": parameter.required,
        "style": "deepObject",
        "explode": True,
        "schema": schema(parameter),
    }


def _hash(fields: Fields) -> Json:
    required = sorted(name for name, each in fields.items() if each.required)
    return {
        "type": "object",
        "properties": {name: schema(each) for name, each in fields.items()},
        "additionalProperties": False,
        **({"required": required} if required else {}),
    }


def _schema(parameter: Parameter) -> Json:
    match parameter:
        case p.Email():
            return {"type": "string", "format": "email", "maxLength": parameter.max}
        case p.Text():
            return {"type": "string", "maxLength": parameter.max}
        case p.OneOf(words):
            return {"type": "string", "enum": list(words)}
        case p.Integer(least, most):
            bounds = {"minimum": least, "maximum": most}
            return {"type": "integer", **{name: bound for name, bound in bounds.items() if bound is not None}}
        case p.Fraction():
            return {"type": "string", "format": "decimal"}
        case p.Boolean():
            return {"type": "boolean"}
        case p.ListOf(item):
            return {"type": "array", "items": schema(item)}
        case p.Hash(fields):
            return _hash(fields)
        case p.HashByKey(fields):
            return {"type": "object", "additionalProperties": _hash(fields)}
        case p.Metadata():
            return {"type": "object", "additionalProperties": {"type": "string", "maxLength": 500}}
        case p.Either(simple, hash):
            return {"anyOf": [schema(simple), schema(hash)]}
        case p.WordOr(word, other):
            return {"anyOf": [{"type": "string", "enum": [word]}, schema(other)]}
        case p.Reference(to=kind):
            return {"type": "string", "x-kind": kind}
        case _:
            return {"type": "string"}
