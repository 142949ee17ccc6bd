"""Tax rates: https://docs.stripe.com/api/tax_rates."""

from __future__ import annotations

from stripe_sandbox.http import Json
from stripe_sandbox.parameters import Boolean, Fields, Fraction, Metadata, OneOf, Text, range_of
from stripe_sandbox.resource import LISTING, Call, Resource, Route, chosen, in_range, merged

_TYPES = (
    "amusement_tax", "communications_tax", "gst", "hst", "igst", "jct", "lease_tax", "pst", "qst",
    "retail_delivery_fee", "rst", "sales_tax", "service_tax", "vat",
)  # fmt: skip
_PLAIN = ("active", "country", "description", "display_name", "jurisdiction", "state", "tax_type")
UPDATE: Fields = {
    "active": Boolean(),
    "country": Text(),
    "description": Text(),
    "display_name": Text(max=50, clearable=False),
    "jurisdiction": Text(max=200),
    "metadata": Metadata(),
    "state": Text(),
    "tax_type": OneOf(_TYPES),
}
CREATE: Fields = {
    **UPDATE,
    "metadata": Metadata(clearable=False),
    "display_name": Text(max=50, required=True, clearable=False),
    "inclusive": Boolean(required=True),
    "percentage": Fraction(4, required=True),
}
LIST: Fields = {"active": Boolean(), "created": range_of(), "inclusive": Boolean(), **LISTING}


def _create(call: Call) -> Json:
    percentage = float(call.params["percentage"])
    rate: Json = {
        "id": call.sandbox.ids.new("txr"),
        "object": "tax_rate",
        "active": True,
        "country": None,
        "created": call.now,
        "description": None,
        "effective_percentage": percentage,
        "flat_amount": None,
        "inclusive": call.params["inclusive"],
        "jurisdiction": None,
        "jurisdiction_level": None,
        "livemode": False,
        "metadata": merged({}, call.params.get("metadata", {})),
        "percentage": percentage,
        "rate_type": "percentage",
        "state": None,
        "tax_type": None,
        **chosen(call.params, *_PLAIN),
    }
    return call.store.add(rate)


def _update(call: Call) -> Json:
    rate = call.named("tax_rate")
    rate.update(chosen(call.params, *_PLAIN))
    if "metadata" in call.params:
        rate["metadata"] = merged(rate["metadata"], call.params["metadata"])
    return rate


def _list(call: Call) -> Json:
    created = call.params.get("created")
    where = chosen(call.params, "active", "inclusive")
    return call.page("tax_rate", where, lambda rate: in_range(rate["created"], created))


RESOURCE = Resource(
    kind="tax_rate",
    permission="tax_rate",
    noun="tax rate",
    routes=(
        Route("GET", "/v1/tax_rates", _list, LIST),
        Route("POST", "/v1/tax_rates", _create, CREATE),
        Route("GET", "/v1/tax_rates/{tax_rate}", lambda call: call.named("tax_rate")),
        Route("POST", "/v1/tax_rates/{tax_rate}", _update, UPDATE),
    ),
)
