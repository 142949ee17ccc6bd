"""Customer sessions: https://docs.stripe.com/api/customer_sessions."""

from __future__ import annotations

from stripe_sandbox.errors import invalid
from stripe_sandbox.http import Json
from stripe_sandbox.parameters import Boolean, Fields, Hash, Integer, ListOf, OneOf, Reference
from stripe_sandbox.resource import Call, Link, Resource, Route

_LASTS = 30 * 60
_ON = OneOf(("disabled", "enabled"))
_REDISPLAY = OneOf(("always", "limited", "unspecified"))
_ENABLED = Boolean(required=True)
_SHEET: Fields = {"payment_method_allow_redisplay_filters": ListOf(_REDISPLAY), "payment_method_remove": _ON}
_MOBILE: Fields = {
    **_SHEET,
    "payment_method_redisplay": _ON,
    "payment_method_save": _ON,
    "payment_method_save_allow_redisplay_override": _REDISPLAY,
}
_ELEMENT: Fields = {
    **_SHEET,
    "payment_method_redisplay": _ON,
    "payment_method_redisplay_limit": Integer(1, 10),
    "payment_method_save": _ON,
    "payment_method_save_usage": OneOf(("off_session", "on_session")),
}
COMPONENTS: Fields = {
    "buy_button": Hash({"enabled": _ENABLED}),
    "customer_sheet": Hash({"enabled": _ENABLED, "features": Hash(_SHEET)}),
    "mobile_payment_element": Hash({"enabled": _ENABLED, "features": Hash(_MOBILE)}),
    "payment_element": Hash({"enabled": _ENABLED, "features": Hash(_ELEMENT)}),
    "pricing_table": Hash({"enabled": _ENABLED}),
}
CREATE: Fields = {
    "components": Hash(COMPONENTS, required=True),
    "customer": Reference(to="customer"),
}
_USUAL: Json = {
    "customer_sheet": {"payment_method_allow_redisplay_filters": ["always"], "payment_method_remove": "disabled"},
    "mobile_payment_element": {
        "payment_method_allow_redisplay_filters": ["always"],
        "payment_method_redisplay": "disabled",
        "payment_method_remove": "disabled",
        "payment_method_save": "disabled",
        "payment_method_save_allow_redisplay_override": None,
    },
    "payment_element": {
        "payment_method_allow_redisplay_filters": ["always"],
        "payment_method_redisplay": "disabled",
        "payment_method_redisplay_limit": 3,
        "payment_method_remove": "disabled",
        "payment_method_save": "disabled",
        "payment_method_save_usage": None,
    },
}
"""The features that a component has unless told otherwise."""


def _create(call: Call) -> Json:
    """A secret by which a page may show a customer's saved payment methods, for half an hour."""
    if "customer" not in call.params:
        raise invalid("Missing required param: customer.", "customer", "parameter_missing")
    asked = call.params["components"]
    if not any(component.get("enabled") for component in asked.values()):
        raise invalid("At least one component must be enabled.", "components")
    secret = f"cuss_secret_{call.sandbox.ids.text('customer_session', 48)}"
    return call.store.add(
        {
            "id": secret,
            "object": "customer_session",
            "client_secret": secret,
            "components": {name: _component(name, asked.get(name)) for name in COMPONENTS},
            "created": call.now,
            "customer": call.params["customer"],
            "customer_account": None,
            "expires_at": call.now + _LASTS,
            "livemode": False,
        }
    )


def _component(name: str, asked: Json | None) -> Json:
    enabled = bool(asked and asked["enabled"])
    if name not in _USUAL:
        return {"enabled": enabled}
    features = {**_USUAL[name], **((asked or {}).get("features") or {})} if enabled else None
    return {"enabled": enabled, "features": features}


def _without_id(_: object, session: Json) -> Json:
    return {name: value for name, value in session.items() if name != "id"}


RESOURCE = Resource(
    kind="customer_session",
    permission="customer_session",
    show=_without_id,
    expandable={"customer": Link("customer")},
    routes=(Route("POST", "/v1/customer_sessions", _create, CREATE),),
)
