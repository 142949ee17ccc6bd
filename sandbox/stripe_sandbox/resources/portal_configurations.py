"""Configurations of the customer portal: https://docs.stripe.com/api/customer_portal/configurations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stripe_sandbox.http import Json
from stripe_sandbox.parameters import Boolean, Fields, Hash, Integer, ListOf, Metadata, OneOf, Reference, Text
from stripe_sandbox.resource import LISTING, Call, Resource, Route, chosen, merged

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

KIND = "billing_portal.configuration"
_REASONS = (
    "customer_service", "low_quality", "missing_features", "other", "switched_service", "too_complex",
    "too_expensive", "unused",
)  # fmt: skip
_PRORATION = OneOf(("always_invoice", "create_prorations", "none"))
_PRODUCTS = ListOf(
    Hash(
        {
            "adjustable_quantity": Hash(
                {"enabled": Boolean(required=True), "maximum": Integer(1), "minimum": Integer(0)}
            ),
            "prices": ListOf(Reference(to="price"), required=True),
            "product": Reference(to="product", required=True),
        }
    ),
    clearable=True,
)


def _features(*, creating: bool) -> Hash:
    """What the portal offers; `enabled` must be said where a configuration is made."""
    enabled = Boolean(required=creating)
    always = Boolean(required=True)
    reason = {"enabled": always, "options": ListOf(OneOf(_REASONS), clearable=True, required=creating)}
    fields: Fields = {
        "customer_update": Hash(
            {
                "allowed_updates": ListOf(
                    OneOf(("address", "email", "name", "phone", "shipping", "tax_id")), clearable=True
                ),
                "enabled": enabled,
            }
        ),
        "invoice_history": Hash({"enabled": always}),
        "payment_method_update": Hash({"enabled": always}),
        "subscription_cancel": Hash(
            {
                "cancellation_reason": Hash(reason),
                "enabled": enabled,
                "mode": OneOf(("at_period_end", "immediately")),
                "proration_behavior": _PRORATION,
            }
        ),
        "subscription_update": Hash(
            {
                "default_allowed_updates": ListOf(OneOf(("price", "promotion_code", "quantity")), clearable=True),
                "enabled": enabled,
                "products": _PRODUCTS,
                "proration_behavior": _PRORATION,
            }
        ),
    }
    return Hash(fields, required=creating)


_PROFILE = {name: Text() for name in ("headline", "privacy_policy_url", "terms_of_service_url")}
_SAVE: Fields = {
    "business_profile": Hash(_PROFILE),
    "default_return_url": Text(),
    "login_page": Hash({"enabled": Boolean(required=True)}),
    "metadata": Metadata(),
    "name": Text(),
}
CREATE: Fields = {
    **_SAVE,
    "business_profile": Hash({name: Text(clearable=name == "headline") for name in _PROFILE}),
    "features": _features(creating=True),
    "metadata": Metadata(clearable=False),
}
UPDATE: Fields = {**_SAVE, "active": Boolean(), "features": _features(creating=False)}
LIST: Fields = {"active": Boolean(), "is_default": Boolean(), **LISTING}
_OFF: Json = {
    "customer_update": {"allowed_updates": [], "enabled": False},
    "invoice_history": {"enabled": False},
    "payment_method_update": {"enabled": False, "payment_method_configuration": None},
    "subscription_cancel": {
        "cancellation_reason": {"enabled": False, "options": []},
        "enabled": False,
        "mode": "at_period_end",
        "proration_behavior": "none",
    },
    "subscription_update": {
        "billing_cycle_anchor": None,
        "default_allowed_updates": [],
        "enabled": False,
        "products": [],
        "proration_behavior": "none",
        "schedule_at_period_end": {"conditions": []},
        "trial_update_behavior": "end_trial",
    },
}
"""The features as they are unless something is said of them."""
_ALL_ON: Json = {name: {"enabled": True} for name in _OFF}


def default_configuration(sandbox: Sandbox) -> Json:
    """The one that sessions use without being told: made on first use, with everything switched on."""
    found = sandbox.store.all(KIND, is_default=True)
    return found[0] if found else _new(sandbox, {"features": _ALL_ON}, is_default=True)


def _new(sandbox: Sandbox, params: Json, *, is_default: bool) -> Json:
    made = sandbox.store.add(
        {
            "id": sandbox.ids.new("bpc"),
            "object": KIND,
            "active": True,
            "application": None,
            "business_profile": dict.fromkeys(_PROFILE),
            "created": sandbox.clock.now,
            "default_return_url": None,
            "features": _OFF,
            "is_default": is_default,
            "livemode": False,
            "login_page": {"enabled": False, "url": None},
            "metadata": {},
            "name": None,
            "updated": sandbox.clock.now,
        }
    )
    _apply(sandbox, made, params)
    return made


def _apply(sandbox: Sandbox, found: Json, params: Json) -> None:
    found.update(chosen(params, "active", "default_return_url", "name"), updated=sandbox.clock.now)
    found["business_profile"] = {**found["business_profile"], **params.get("business_profile", {})}
    found["features"] = {
        name: _merged(feature, params.get("features", {}).get(name, {})) for name, feature in found["features"].items()
    }
    if "login_page" in params:
        enabled = params["login_page"]["enabled"]
        url = f"{sandbox.base_url}/hosted/portal/login/{found['id']}" if enabled else None
        found["login_page"] = {"enabled": enabled, "url": url}
    if "metadata" in params:
        found["metadata"] = merged(found["metadata"], params["metadata"])


def _merged(feature: Json, given: Json) -> Json:
    """A feature with what was said of it; a list that was cleared is empty."""
    changes: dict[str, Any] = {}
    for name, value in given.items():
        if name == "cancellation_reason":
            changes[name] = {**feature[name], **{key: each or [] for key, each in value.items() if key == "options"}}
            changes[name]["enabled"] = value["enabled"]
        elif name == "products":
            changes[name] = [_product(each) for each in value or []]
        else:
            changes[name] = [] if value is None else value
    return {**feature, **changes}


def _product(given: Json) -> Json:
    quantity = {"enabled": False, "maximum": None, "minimum": 1, **given.get("adjustable_quantity", {})}
    return {"adjustable_quantity": quantity, "prices": given["prices"], "product": given["product"]}


def _create(call: Call) -> Json:
    return _new(call.sandbox, call.params, is_default=False)


def _update(call: Call) -> Json:
    found = call.named(KIND, "configuration")
    _apply(call.sandbox, found, call.params)
    return found


def _list(call: Call) -> Json:
    return call.page(KIND, chosen(call.params, "active", "is_default"))


_ONE = "/v1/billing_portal/configurations/{configuration}"
RESOURCE = Resource(
    kind=KIND,
    permission="customer_portal",
    noun="configuration",
    missing_param="configuration",
    routes=(
        Route("GET", "/v1/billing_portal/configurations", _list, LIST),
        Route("POST", "/v1/billing_portal/configurations", _create, CREATE),
        Route("GET", _ONE, lambda call: call.named(KIND, "configuration")),
        Route("POST", _ONE, _update, UPDATE),
    ),
)
