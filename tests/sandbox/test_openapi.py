"""Held to Stripe's word: every endpoint, parameter and answer against Stripe's own OpenAPI document."""

from __future__ import annotations

from collections import Counter

import pytest

from sandbox.api import Api, Json, objects
from sandbox.openapi import OpenApi
from stripe_sandbox import parameters as p
from stripe_sandbox.parameters import Parameter
from stripe_sandbox.resource import Link, Route
from stripe_sandbox.resources import RESOURCES

ROUTES = [route for resource in RESOURCES for route in resource.routes]
KINDS = {
    "account", "billing.meter", "billing.meter_event", "billing.meter_event_adjustment",
    "billing.meter_event_summary", "billing_portal.configuration", "billing_portal.session", "charge", "coupon",
    "credit_note", "credit_note_line_item", "customer", "customer_balance_transaction", "customer_session",
    "discount", "dispute", "event", "invoice", "invoice_payment", "invoiceitem", "line_item", "mandate",
    "payment_intent", "payment_method", "price", "product", "promotion_code", "refund", "setup_intent",
    "subscription", "subscription_item", "subscription_schedule", "tax_id", "tax_rate", "test_helpers.test_clock",
    "v2.core.event", "v2.core.event_destination", "webhook_endpoint",
}  # fmt: skip


def named(route: Route) -> str:
    return f"{route.method} {route.path}"


def test_every_endpoint_is_one_of_stripes(openapi: OpenApi) -> None:
    assert [named(route) for route in ROUTES if openapi.operation(route.method, route.path) is None] == []


def test_every_endpoint_was_called(world: Api) -> None:
    called = {f"{answer.method} {answer.path}" for answer in world.answers}
    assert {named(route) for route in ROUTES} - called == set()


def test_every_answer_passes_the_schema(openapi: OpenApi, world: Api, capsys: pytest.CaptureFixture[str]) -> None:
    problems = {
        f"{answer.method} {answer.path} → {problem}"
        for answer in world.answers
        for problem in openapi.problems(answer.method, answer.path, answer.body)
    }
    assert sorted(problems) == []
    checked = Counter(found["object"] for answer in world.answers for found in objects(answer.body))
    with capsys.disabled():
        print(f"\n{len(world.answers)} answers of {len(ROUTES)} endpoints pass Stripe's OpenAPI schemas:")
        for kind, number in sorted(checked.items()):
            print(f"  {kind:<30}{number:>6}")
    assert set(checked) == KINDS


def test_the_schemas_can_fail(openapi: OpenApi, world: Api) -> None:
    answer = next(answer for answer in world.answers if answer.path == "/v1/invoices/{invoice}/send")
    lines = answer.body["lines"]
    broken = [
        {**answer.body, "surprise": 1},
        {name: value for name, value in answer.body.items() if name != "total"},
        {**answer.body, "lines": {**lines, "data": [{**lines["data"][0], "surprise": 1}]}},
        {**answer.body, "status": "lost"},
        {**answer.body, "amount_due": "12"},
        {**answer.body, "customer": {"id": "cus_1", "object": "customer"}},
    ]
    for body in broken:
        assert openapi.problems(answer.method, answer.path, body), body


MAY_BE_ABSENT = {
    "account": {
        "company", "controller", "external_accounts", "future_requirements", "groups", "individual", "requirements",
        "tos_acceptance",
    },
    "charge": {"presentment_details", "radar_options", "refunds", "transfer"},
    "coupon": {"applies_to", "currency_options"},
    "credit_note_line_item": {"invoice_line_item"},
    "dispute": {"network_reason_code", "payment_method_details"},
    "event": {"account", "context"},
    "customer": {
        "business_name", "cash_balance", "individual_name", "invoice_credit_balance", "sources", "subscriptions",
        "tax", "tax_ids",
    },
    "invoice": {"confirmation_secret", "payments", "threshold_reason"},
    "invoiceitem": {"proration_details"},
    "mandate": {"on_behalf_of", "single_use"},
    "payment_intent": {"hooks", "managed_payments", "payment_details", "presentment_details"},
    "price": {"currency_options", "tiers"},
    "refund": {
        "description", "failure_balance_transaction", "failure_reason", "instructions_email", "next_action",
        "pending_reason", "presentment_details",
    },
    "setup_intent": {"attach_to_self", "managed_payments"},
    "subscription": {"presentment_details"},
    "subscription_item": {"billed_until", "quantity"},
    "v2.core.event": {"changes", "context", "data", "reason", "related_object"},
    "v2.core.event_destination": {
        "amazon_eventbridge", "azure_event_grid", "snapshot_api_version", "status_details", "webhook_endpoint",
    },
    "webhook_endpoint": {"secret"},
}  # fmt: skip
"""What Stripe leaves out unless it is asked for or there is something to say."""


def test_no_field_is_missing_that_stripe_sends(openapi: OpenApi, world: Api) -> None:
    schemas = openapi.document["components"]["schemas"]
    missing = {
        f"{found['object']}.{name}"
        for answer in world.answers
        for found in objects(answer.body)
        if len(found) > 2 and not found.get("deleted") and found["object"] != "payment_method"
        for name in schemas[found["object"]]["properties"].keys() - found.keys()
        if name not in MAY_BE_ABSENT.get(found["object"], set())
    }
    assert sorted(missing) == []


# Parameters


def each_parameter(openapi: OpenApi) -> list[tuple[str, str, Parameter, Json]]:
    """(endpoint, name, ours, theirs) for every parameter that the sandbox takes."""
    return [
        (named(route), name, parameter, openapi.query_and_body(route.method, route.path).get(name, {}))
        for route in ROUTES
        for name, parameter in route.params.items()
    ]


def test_every_parameter_is_one_of_stripes(openapi: OpenApi) -> None:
    assert [f"{endpoint}: {name}" for endpoint, name, _, theirs in each_parameter(openapi) if not theirs] == []


def test_parameters_are_required_where_stripe_requires_them(openapi: OpenApi) -> None:
    ours_only = [
        f"{endpoint}: {name}"
        for endpoint, name, ours, theirs in each_parameter(openapi)
        if ours.required and not theirs["x-required"]
    ]
    theirs_only = [
        f"{named(route)}: {name}"
        for route in ROUTES
        for name, schema in openapi.query_and_body(route.method, route.path).items()
        if schema["x-required"] and not (name in route.params and route.params[name].required)
    ]
    assert (ours_only, theirs_only) == ([], [])


def differences(ours: Parameter, theirs: Json, name: str) -> list[str]:
    """Where a parameter of ours takes what Stripe's does not."""
    choices = theirs.get("anyOf", [theirs])
    if ours.clearable and not may_be_empty(ours, choices):
        return [f"{name} cannot be cleared at Stripe"]
    match ours:
        case p.Either(simple, hash):
            return differences(simple, theirs, name) + differences(hash, theirs, name)
        case p.WordOr(word, other):
            known = any(word in choice.get("enum", []) for choice in choices)
            return differences(other, theirs, name) + ([] if known else [f"{name}: {word} is unknown"])
        case p.OneOf(words):
            known_words = {word for choice in choices for word in choice.get("enum", [])}
            free = any(choice["type"] == "string" and "enum" not in choice for choice in choices)
            return [] if free else [f"{name}: {word} is unknown" for word in set(words) - known_words]
        case p.Fraction():
            return (
                []
                if any(c["type"] == "number" or c.get("format") == "decimal" for c in choices)
                else [f"{name} is no decimal"]
            )
        case p.ListOf(item):
            lists = [choice for choice in choices if choice["type"] == "array"]
            return differences(item, lists[0]["items"], f"{name}[]") if lists else [f"{name} is no array"]
        case p.Hash(fields):
            hashes = [choice for choice in choices if choice["type"] == "object"]
            return hash_differences(fields, hashes[0], name) if hashes else [f"{name} is no object"]
        case _:
            sort = SORTS[type(ours)]
            return [] if any(sort == choice["type"] for choice in choices) else [f"{name} is no {sort}"]


def hash_differences(fields: p.Fields, theirs: Json, name: str) -> list[str]:
    known = theirs["properties"]
    required = set(theirs.get("required", []))
    found = [f"{name}[{inner}] is unknown" for inner in fields if inner not in known]
    found += [f"{name}[{inner}] is required" for inner in required if inner not in fields or not fields[inner].required]
    found += [f"{name}[{inner}] is optional" for inner in fields if fields[inner].required and inner not in required]
    for inner, parameter in fields.items():
        if inner in known:
            found += differences(parameter, known[inner], f"{name}[{inner}]")
    return found


def may_be_empty(ours: Parameter, choices: list[Json]) -> bool:
    """Stripe says so with an empty word among the choices; plain strings can always be emptied."""
    return any(
        "" in choice.get("enum", []) or (choice["type"] == "string" and "enum" not in choice) for choice in choices
    )


SORTS = {
    p.Boolean: "boolean", p.Currency: "string", p.Email: "string", p.HashByKey: "object", p.Integer: "integer",
    p.Metadata: "object", p.Reference: "string", p.Text: "string",
}  # fmt: skip


def test_parameters_are_of_stripes_types(openapi: OpenApi) -> None:
    wrong = [
        problem
        for endpoint, name, ours, theirs in each_parameter(openapi)
        for problem in differences(ours, theirs, f"{endpoint}: {name}")
    ]
    assert not wrong, "\n".join(wrong)


# Expansion


def test_only_what_stripe_calls_expandable_can_be_expanded(openapi: OpenApi) -> None:
    wrong = [
        f"{resource.kind}.{field}"
        for resource in RESOURCES
        for field, rule in resource.expandable.items()
        if isinstance(rule, Link) and not expands(openapi, resource.kind, field)
    ]
    assert wrong == []


def expands(openapi: OpenApi, kind: str, field: str) -> bool:
    """Whether the dotted field of a kind may hold an id or an object."""
    schemas = openapi.schemas
    schema = schemas[kind]
    for name in field.split("."):
        schema = plain(schemas, schema)["properties"][name]
    choices = plain(schemas, schema).get("anyOf", [])
    return any(choice.get("type") == "string" for choice in choices) and any("$ref" in choice for choice in choices)


def plain(schemas: Json, schema: Json) -> Json:
    """The schema itself: through references, lists and the choice of null."""
    if "$ref" in schema:
        return plain(schemas, schemas[schema["$ref"].rpartition("/")[2]])
    if schema.get("type") == "array":
        return plain(schemas, schema["items"])
    choices = [choice for choice in schema.get("anyOf", []) if choice.get("type") != "null"]
    return plain(schemas, choices[0]) if len(choices) == 1 else schema
