"""Sessions of the customer portal: https://docs.stripe.com/api/customer_portal/sessions."""

from __future__ import annotations

import re

from stripe_sandbox.billing.subscribing import ENDED
from stripe_sandbox.errors import StripeError, invalid
from stripe_sandbox.http import Json
from stripe_sandbox.parameters import Fields, Hash, Integer, ListOf, OneOf, Reference, Text
from stripe_sandbox.resource import CUSTOMER, Call, Link, Resource, Route
from stripe_sandbox.resources.portal_configurations import KIND as CONFIGURATION
from stripe_sandbox.resources.portal_configurations import default_configuration

KIND = "billing_portal.session"
LASTS = 60 * 60
"""For how many seconds a session's link works."""
_LOCALES = (
    "auto", "bg", "cs", "da", "de", "el", "en", "en-AU", "en-CA", "en-GB", "en-IE", "en-IN", "en-NZ", "en-SG", "es",
    "es-419", "et", "fi", "fil", "fr", "fr-CA", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb",
    "nl", "pl", "pt", "pt-BR", "ro", "ru", "sk", "sl", "sv", "th", "tr", "vi", "zh", "zh-HK", "zh-TW",
)  # fmt: skip
_TYPES = ("payment_method_update", "subscription_cancel", "subscription_update", "subscription_update_confirm")
_SUBSCRIPTION = Reference(to="subscription", required=True)
_AFTER = Hash(
    {
        "hosted_confirmation": Hash({"custom_message": Text(max=500, clearable=False)}),
        "redirect": Hash({"return_url": Text(required=True, clearable=False)}),
        "type": OneOf(("hosted_confirmation", "portal_homepage", "redirect"), required=True),
    }
)
_RETENTION = Hash(
    {
        "coupon_offer": Hash({"coupon": Reference(to="coupon", required=True)}, required=True),
        "type": OneOf(("coupon_offer",), required=True),
    }
)
_CONFIRM = Hash(
    {
        "discounts": ListOf(
            Hash(
                {
                    "coupon": Reference(to="coupon"),
                    "promotion_code": Reference(to="promotion_code", noun="promotion code"),
                }
            )
        ),
        "items": ListOf(
            Hash(
                {
                    "id": Reference(to="subscription_item", required=True),
                    "price": Reference(to="price"),
                    "quantity": Integer(0),
                }
            ),
            required=True,
        ),
        "subscription": _SUBSCRIPTION,
    }
)
CREATE: Fields = {
    "configuration": Reference(to=CONFIGURATION, noun="configuration"),
    "customer": CUSTOMER,
    "flow_data": Hash(
        {
            "after_completion": _AFTER,
            "subscription_cancel": Hash({"retention": _RETENTION, "subscription": _SUBSCRIPTION}),
            "subscription_update": Hash({"subscription": _SUBSCRIPTION}),
            "subscription_update_confirm": _CONFIRM,
            "type": OneOf(_TYPES, required=True),
        }
    ),
    "locale": OneOf(_LOCALES),
    "return_url": Text(clearable=False),
}


def _create(call: Call) -> Json:
    params = call.params
    if "customer" not in params:
        raise invalid("Missing required param: customer.", "customer", "parameter_missing")
    configuration = call.given(CONFIGURATION, "configuration") or default_configuration(call.sandbox)
    if not configuration["active"]:
        raise invalid("The configuration is not active.", "configuration")
    flow = params.get("flow_data")
    _check_url(params.get("return_url"), "return_url")
    if flow is not None:
        _check_flow(call, flow, configuration)
    token = call.sandbox.ids.text("portal", 40)
    return call.store.add(
        {
            "id": call.sandbox.ids.new("bps"),
            "object": KIND,
            "configuration": configuration["id"],
            "created": call.now,
            "customer": params["customer"],
            "customer_account": None,
            "flow": None if flow is None else _flow(flow),
            "livemode": False,
            "locale": params.get("locale"),
            "on_behalf_of": None,
            "return_url": params.get("return_url") or configuration["default_return_url"],
            "url": f"{call.sandbox.base_url}/hosted/portal/{token}",
            "_token": token,
            "_expires": call.now + LASTS,
        }
    )


def _check_url(url: str | None, name: str) -> None:
    if url is not None and not re.fullmatch(r"https?://[^\s/\x00-\x1f\x7f]+\S*", url):
        raise invalid("Not a valid URL", name, "url_invalid")


def _check_flow(call: Call, flow: Json, configuration: Json) -> None:
    """What the flow is about must be the customer's, and the configuration must offer it."""
    type = flow["type"]
    feature = configuration["features"][type.removesuffix("_confirm")]
    if not feature["enabled"]:
        raise StripeError(
            f"You cannot use the `{type}` flow: the feature is disabled in the portal configuration "
            f"{configuration['id']}.",
            param="flow_data[type]",
        )
    _check_url(flow.get("after_completion", {}).get("redirect", {}).get("return_url"), "flow_data[after_completion]")
    if type == "payment_method_update":
        return
    if type not in flow:
        raise invalid(f"Missing required param: flow_data[{type}].", f"flow_data[{type}]", "parameter_missing")
    subscription = call.store["subscription", flow[type]["subscription"]]
    name = f"flow_data[{type}][subscription]"
    if subscription["customer"] != call.params["customer"]:
        raise invalid("The subscription does not belong to the customer of this session.", name)
    if subscription["status"] in ENDED:
        raise invalid(f"The subscription is {subscription['status']} and cannot be changed.", name)
    if type == "subscription_cancel" and subscription["cancel_at_period_end"]:
        raise invalid("The subscription is already set to be canceled at the period's end.", name)
    if type == "subscription_update_confirm":
        _check_items(flow[type], subscription, feature)


def _check_items(wish: Json, subscription: Json, feature: Json) -> None:
    name = "flow_data[subscription_update_confirm][items]"
    if len(wish["items"]) != 1 or subscription["_items"] != [wish["items"][0]["id"]]:
        raise invalid("Exactly one item is taken, that of a subscription with a single item.", name)
    price, products = wish["items"][0].get("price"), feature["products"]
    if price is not None and products and price not in [each for one in products for each in one["prices"]]:
        raise invalid(f"The price {price} is not among the products of the portal configuration.", f"{name}[0][price]")


def _flow(sent: Json) -> Json:
    after = sent.get("after_completion", {"type": "portal_homepage"})
    message = {"custom_message": None, **after.get("hosted_confirmation", {})}
    cancel, confirm = sent.get("subscription_cancel"), sent.get("subscription_update_confirm")
    return {
        "after_completion": {
            "hosted_confirmation": message if after["type"] == "hosted_confirmation" else None,
            "redirect": after.get("redirect"),
            "type": after["type"],
        },
        "subscription_cancel": cancel and {"retention": None, **cancel},
        "subscription_update": sent.get("subscription_update"),
        "subscription_update_confirm": confirm
        and {
            "discounts": [
                {"coupon": None, "promotion_code": None, **discount} for discount in confirm.get("discounts", [])
            ],
            "items": [{"price": None, **item} for item in confirm["items"]],
            "subscription": confirm["subscription"],
        },
        "type": sent["type"],
    }


RESOURCE = Resource(
    kind=KIND,
    permission="customer_portal",
    indexed=("_token",),
    expandable={"configuration": Link(CONFIGURATION)},
    routes=(Route("POST", "/v1/billing_portal/sessions", _create, CREATE),),
)
