"""Both JSON APIs, the merchant's and the customer's own, as an OpenAPI document.

FastAPI is given the same operations and writes its own.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any, Final, TypeAlias, get_args

from invoice_portal.api import own
from invoice_portal.routing import Route
from invoice_portal.settings import Action
from invoice_portal.sharing.model import SHARED_ACTIONS
from invoice_portal.sharing.rules import LEAST_SESSION_MINUTES, MOST_SESSION_MINUTES

Schema: TypeAlias = Mapping[str, Any]

SECURITY_SCHEME: Final = "merchantKey"
_PARAMETERS: Final = {
    "customer": "A customer's id at Stripe (`cus_…`).",
    "invoice": "An invoice's id at Stripe (`in_…`).",
    "session": "A portal session's id (`ps_…`).",
}


def _object(properties: Mapping[str, Schema], *, required: bool = True) -> Schema:
    needed = {"required": list(properties)} if required else {"additionalProperties": False}
    return {"type": "object", "properties": dict(properties), **needed}


def _or_null(kind: str) -> Schema:
    return {"type": [kind, "null"]}


_TEXT: Final[Schema] = {"type": "string"}
_MOMENT: Final[Schema] = {"type": "integer", "description": "UTC seconds."}
_MOMENT_OR_NULL: Final[Schema] = {"type": ["integer", "null"], "description": "UTC seconds."}
_ACTIONS: Final[Schema] = {"type": "array", "items": {"type": "string", "enum": sorted(SHARED_ACTIONS)}}
_SESSION_ACTIONS: Final[Schema] = {"type": "array", "items": {"type": "string", "enum": sorted(get_args(Action))}}
LINK: Final = _object(
    {
        "id": _TEXT,
        "kind": {"type": "string", "enum": ["invoice", "portal"]},
        "invoice_id": _or_null("string"),
        "customer_id": _TEXT,
        "state": {"type": "string", "enum": ["active", "expired", "revoked", "used_up"]},
        "url": {"type": ["string", "null"], "description": "Null once the link has ended. It lets its reader in."},
        "actions": _ACTIONS,
        "max_uses": _or_null("integer"),
        "uses": {"type": "integer", "description": "How often it was opened."},
        "created_at": _MOMENT,
        "created_by": _TEXT,
        "expires_at": _MOMENT_OR_NULL,
        "revoked_at": _MOMENT_OR_NULL,
        "first_used_at": _MOMENT_OR_NULL,
        "last_used_at": _MOMENT_OR_NULL,
    }
)
SESSION: Final = _object(
    {"id": _TEXT, "customer_id": _TEXT, "created_at": _MOMENT, "expires_at": _MOMENT, "url": _TEXT}
)
SESSION_INFO: Final = _object(
    {
        "id": _TEXT,
        "customer_id": _TEXT,
        "state": {"type": "string", "enum": ["active", "expired", "revoked"]},
        "actions": _SESSION_ACTIONS,
        "uses": {"type": "integer"},
        "created_at": _MOMENT,
        "created_by": _TEXT,
        "expires_at": _MOMENT,
        "last_used_at": _MOMENT_OR_NULL,
    }
)
_PORTAL: Final = {
    "customer_id": _TEXT,
    "portal_url": {
        "type": ["string", "null"],
        "description": "Null where there is no permanent link, or where it has ended.",
    },
    "portal_link": {"anyOf": [LINK, {"type": "null"}]},
}
PORTAL_LINK: Final = _object(_PORTAL)
CUSTOMER: Final = _object(
    {
        **_PORTAL,
        "invoice_links": {"type": "array", "items": LINK},
        "portal_sessions": {"type": "array", "items": SESSION_INFO},
    }
)
_OFFER_COUNT: Final = _object(
    {
        "offer": {**_TEXT, "description": "Its id in the setting `subscriptions`."},
        "kind": {"type": "string", "enum": ["retention", "upsell"]},
        **{name: {"type": "integer", "description": "Customers."} for name in ("shown", "taken", "dismissed")},
    }
)
OFFERS: Final = _object({"offers": {"type": "array", "items": _OFFER_COUNT}})
LINK_OPTIONS: Final = _object(
    {
        "actions": {**_ACTIONS, "description": "What the link allows; `view` is always among it."},
        "max_uses": {"type": "integer", "minimum": 0, "description": "How often it may be opened; 0: no limit."},
    },
    required=False,
)
SESSION_OPTIONS: Final = _object(
    {
        "expires_in_minutes": {
            "type": "integer",
            "minimum": LEAST_SESSION_MINUTES,
            "maximum": MOST_SESSION_MINUTES,
            "default": 60,
        },
        "invalidate_existing": {"type": "boolean", "default": True},
        "actions": {
            **_SESSION_ACTIONS,
            "description": "What the session allows; `view` is always among it, `manage` only where it is named.",
        },
    },
    required=False,
)
_ERROR: Final = _object({"error": _object({"type": _TEXT, "message": _TEXT})})
_ERRORS: Final = {
    "400": "Something in the request makes no sense; the message says what.",
    "401": "No key, or none that is known.",
    "404": "No such object, or none yet.",
    "503": "Stripe or the database does not answer; `Retry-After` says when to try again.",
}


def operation(summary: str, path: str, answer: Schema, body: Schema | None = None) -> dict[str, Any]:
    """One operation of the document."""
    described: dict[str, Any] = {
        "summary": summary,
        "tags": ["Links and sessions"],
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": _TEXT, "description": _PARAMETERS[name]}
            for name in re.findall(r"{(\w+)}", path)
        ],
        "responses": {
            "200": {"description": "Done.", "content": {"application/json": {"schema": answer}}},
            **{
                status: {"description": text, "content": {"application/json": {"schema": _ERROR}}}
                for status, text in _ERRORS.items()
            },
        },
    }
    if body:
        described["requestBody"] = {"required": False, "content": {"application/json": {"schema": body}}}
    return described


def document(routes: Sequence[Route], prefix: str) -> dict[str, Any]:
    """The whole document; ``prefix`` is where the portal is mounted."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        if route.operation:
            described = {"security": [{SECURITY_SCHEME: []}], **copy.deepcopy(dict(route.operation))}
            paths.setdefault(route.path, {})[route.methods[0].lower()] = {"operationId": route.name, **described}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Invoice Portal", "version": version("invoice-portal")},
        "servers": [{"url": prefix or "/"}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                SECURITY_SCHEME: {"type": "http", "scheme": "bearer", "description": "One of merchant_api_keys."},
                own.SECURITY_SCHEME: {"type": "http", "scheme": "bearer", "description": "A token of /api/me/session."},
            }
        },
    }
