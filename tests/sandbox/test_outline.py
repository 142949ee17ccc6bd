"""The sandbox's own OpenAPI document, and requests made up from it: whatever is asked, the answer is never a 500."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from sandbox.api import NOW, Api, Json
from sandbox.openapi import OpenApi
from sandbox.world import everything
from stripe_sandbox import Request, Sandbox
from stripe_sandbox.outline import outline
from stripe_sandbox.snapshots import Snapshot

ROUNDS = int(os.environ.get("STRIPE_SANDBOX_ROUNDS", "5"))
"""How often each endpoint is asked; more for a longer search."""
TEXTS = ("", "a", "é" * 300, "null", "0", "-1", "\x00", "🙂", "a" * 6000, "2026", "[]", "true", "usd", "now", "'\"<>&")
NUMBERS = (0, 1, -1, 2, 7, 100, 999, 10**12, 2**63, NOW, NOW + 86_400, NOW - 86_400, 31)


class Maker:
    """Makes up values for schemas, mostly right ones, from the ids that a sandbox knows."""

    def __init__(self, sandbox: Sandbox, seed: str) -> None:
        self.random = random.Random(seed)
        self.sandbox = sandbox

    def value(self, schema: Json, depth: int = 0) -> Any:
        if self.random.random() < 0.02:
            return self.random.choice(TEXTS)
        if "anyOf" in schema:
            return self.value(self.random.choice(schema["anyOf"]), depth)
        match schema:
            case {"enum": words}:
                return self.random.choice(words)
            case {"x-kind": kind}:
                return self.id_of(kind)
            case {"type": "object", "properties": fields}:
                return self.fields(fields, schema.get("required", []), depth)
            case {"type": "object", "additionalProperties": inner}:
                return {key: self.value(inner, depth + 1) for key in self.random.sample(["usd", "eur", "a", "b c"], 2)}
            case {"type": "array", "items": inner}:
                return [self.value(inner, depth + 1) for _ in range(self.random.randint(0, 2))]
            case {"type": "integer"}:
                near = [each for each in (schema.get("minimum"), schema.get("maximum")) if each is not None]
                return self.random.choice([*near, *NUMBERS])
            case {"type": "boolean"}:
                return self.random.choice([True, False])
            case {"format": "decimal"}:
                return self.random.choice(["0", "1.5", "33.333333333333", "-2", "100", "1e5", "0.0000000001", "9" * 14])
            case {"format": "email"}:
                return self.random.choice(["a@example.com", "nobody", "ü@example.com"])
        return self.random.choice([*TEXTS, "usd", self.id_of("invoice"), self.id_of("customer"), "2030", "4242"])

    def fields(self, fields: Json, required: list[str], depth: int) -> Json:
        """The required fields, and a few of the others."""
        wanted = [name for name in fields if name in required or self.random.random() < 1.2 / len(fields)]
        return {name: self.value(fields[name], depth + 1) for name in wanted}

    def id_of(self, kind: str) -> str:
        table = self.sandbox.store.table(kind)
        found = [item["id"] for item in table.newest({})] if len(table) else []
        return str(self.random.choice(found)) if found and self.random.random() < 0.9 else f"{kind[:2]}_none"

    def request(self, method: str, path: str, operation: Json) -> Request:
        """A request to an operation of the document."""
        for parameter in operation["parameters"]:
            if parameter["in"] == "path":
                path = path.replace(
                    "{" + parameter["name"] + "}", quote(self.segment(path, parameter["name"]), safe="")
                )
        contents = operation.get("requestBody", {}).get("content", {})
        head = {"Authorization": "Bearer sk_test_x"}
        if method == "GET" or not contents:
            asked = {each["name"]: each for each in operation["parameters"] if each["in"] == "query"}
            required = [name for name, each in asked.items() if each["required"]]
            values = self.fields({name: each["schema"] for name, each in asked.items()}, required, 0)
            return Request(method, path, encoded(values), head)
        (kind,) = contents
        values = self.value(contents[kind]["schema"])
        values = values if isinstance(values, dict) else {}
        body = json.dumps(values) if kind == "application/json" else encoded(values)
        return Request(method, path, "", head, body.encode())

    def segment(self, path: str, name: str) -> str:
        """An id for a place in a path, most often of the right kind."""
        kinds = {"customer": "customer", "invoice": "invoice", "intent": "payment_intent", "id": "credit_note"}
        before = path.split("{" + name + "}")[0].rstrip("/").rpartition("/")[2]
        guesses = [name, kinds.get(name, ""), before.removesuffix("s"), f"billing.{before.removesuffix('s')}"]
        for kind in (guess for guess in guesses if guess in self.sandbox.resources):
            return self.id_of(kind)
        return self.random.choice(["x", "in_none", "é/../", "pm_card_visa"])


def encoded(values: Json) -> str:
    """Form encoding, in one spelling or another."""
    pairs: list[tuple[str, str]] = []

    def put(name: str, value: Any) -> None:
        if isinstance(value, dict):
            for key, each in value.items():
                put(f"{name}[{key}]", each)
        elif isinstance(value, list):
            for index, each in enumerate(value):
                put(f"{name}[{index}]", each)
        else:
            pairs.append((name, str(value).lower() if isinstance(value, bool) else str(value)))

    for name, value in values.items():
        put(name, value)
    return urlencode(pairs)


@pytest.fixture(scope="module")
def start() -> tuple[Sandbox, Snapshot]:
    sandbox = Sandbox(seed=1, now=NOW)
    everything(Api(sandbox))
    return sandbox, sandbox.snapshot()


def test_the_document_names_every_endpoint_and_parameter(openapi: OpenApi) -> None:
    sandbox = Sandbox()
    document = outline(sandbox)
    assert json.loads(json.dumps(document)) == document
    routes = [route for resource in sandbox.resources.values() for route in resource.routes]
    assert sum(len(path) for path in document["paths"].values()) == len(routes)
    for route in routes:
        operation = document["paths"][route.path][route.method.lower()]
        sent = {each["name"] for each in operation["parameters"] if each["in"] == "query"}
        for content in operation.get("requestBody", {}).get("content", {}).values():
            sent |= content["schema"]["properties"].keys()
        assert sent - {"expand"} == route.params.keys()
        assert openapi.operation(route.method, route.path) is not None


def test_whatever_is_asked_the_answer_is_stripes(
    start: tuple[Sandbox, Snapshot],
    openapi: OpenApi,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    sandbox, snapshot = start
    sandbox.restore(snapshot)
    statuses: Counter[int] = Counter()
    failures, wrong = [], set()
    for path, operations in outline(sandbox)["paths"].items():
        for name, operation in operations.items():
            method = name.upper()
            for number in range(ROUNDS):
                caplog.clear()
                request = Maker(sandbox, f"{method} {path} {number}").request(method, path, operation)
                response = sandbox.handle(request)
                statuses[response.status] += 1
                if response.status >= 500:
                    failures.append(f"{method} {request.path}?{request.query} {request.body[:2000]!r}\n{caplog.text}")
                elif response.status == 200:
                    found = openapi.problems(method, path, response.json())
                    wrong |= {f"{method} {path}: {problem}" for problem in found}
                else:
                    error = response.json()["error"]
                    assert error["message"], (method, path)
                    assert error["type"] in ("invalid_request_error", "card_error", "idempotency_error"), error
    assert not failures, "\n".join(failures[:5])
    assert sorted(wrong) == []
    with capsys.disabled():
        print(f"\n{statuses.total()} made-up requests: " + ", ".join(f"{n} × {s}" for s, n in sorted(statuses.items())))
    assert statuses[200] > statuses.total() / 6
