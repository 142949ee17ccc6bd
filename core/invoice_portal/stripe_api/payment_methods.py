"""Saved payment methods (docs.stripe.com/api/payment_methods), and setting up new ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from invoice_portal.effects import StripeCall
from invoice_portal.stripe_api.ids import checked
from invoice_portal.stripe_api.payment_intents import Secret
from invoice_portal.stripe_api.payments import Method
from invoice_portal.stripe_api.reading import Listing, Reader, listing_of, one


@dataclass(frozen=True, slots=True)
class SavedMethod:
    """A method as a customer recognises it. ``expiry`` is the card's last month, as (year, month); None for others."""

    id: str
    owner: str | None
    shown: Method
    expiry: tuple[int, int] | None
    shown_again: bool

    def expired(self, now: int) -> bool:
        """Whether the card's last month is over at ``now`` (UTC seconds)."""
        at = datetime.fromtimestamp(now, UTC)
        return self.expiry is not None and self.expiry < (at.year, at.month)


@dataclass(frozen=True, slots=True)
class Setup:
    """A set-up as it stands (docs.stripe.com/api/setup_intents/object)."""

    id: str
    status: str
    owner: str | None
    method: str | None
    error: str


def saved_methods(customer: str) -> StripeCall[Listing[SavedMethod]]:
    """The methods that the customer has agreed to be shown again, newest first, a hundred at most."""
    params: dict[str, object] = {"allow_redisplay": "always", "limit": 100}
    path = f"/v1/customers/{checked('cus', customer)}/payment_methods"
    return StripeCall("get", path, listing_of(parse_method, "payment_methods"), params)


def methods_of(customer: str) -> StripeCall[Listing[SavedMethod]]:
    """Every method of a customer, newest first, a hundred at most: those too that were kept without being asked."""
    path = f"/v1/customers/{checked('cus', customer)}/payment_methods"
    return StripeCall("get", path, listing_of(parse_method, "payment_methods"), {"limit": 100})


def retrieve_method(method: str) -> StripeCall[SavedMethod]:
    """One method, for whose it is."""
    return StripeCall("get", f"/v1/payment_methods/{checked('pm', method)}", one(parse_method, "payment_method"))


def detach_method(method: str) -> StripeCall[None]:
    """Take a method away from its customer, for good."""
    return StripeCall("post", f"/v1/payment_methods/{checked('pm', method)}/detach", lambda data: None)


def show_method_again(method: str) -> StripeCall[None]:
    """Note that the customer has agreed to be shown a method again."""
    path = f"/v1/payment_methods/{checked('pm', method)}"
    return StripeCall("post", path, lambda data: None, {"allow_redisplay": "always"})


def create_setup(customer: str, types: Sequence[str], types_name: str = "payment_method_types") -> StripeCall[Secret]:
    """Begin to set a method up for payments to come, of one of ``types`` where there are any."""
    params: dict[str, Any] = {"customer": checked("cus", customer), "usage": "off_session"}
    if types:
        params[types_name] = list(types)
    return StripeCall("post", "/v1/setup_intents", one(_secret, "setup_intent"), params)


def retrieve_setup(setup: str) -> StripeCall[Setup]:
    """A set-up, fresh."""
    return StripeCall("get", f"/v1/setup_intents/{checked('seti', setup)}", one(_setup, "setup_intent"))


def create_customer_session(customer: str, *, usage: bool) -> StripeCall[str]:
    """The secret by which Stripe's element offers to keep the method (docs.stripe.com/api/customer_sessions).

    ``usage`` must be off where the intent says by itself that the method is kept: Stripe.js refuses both. Ours is the
    list of saved methods, so the element shows none.
    """
    features: dict[str, object] = {
        "payment_method_redisplay": "disabled",
        "payment_method_remove": "disabled",
        "payment_method_save": "enabled",
    }
    if usage:
        features["payment_method_save_usage"] = "off_session"
    components = {"payment_element": {"enabled": True, "features": features}}
    params = {"customer": checked("cus", customer), "components": components}
    return StripeCall(
        "post", "/v1/customer_sessions", lambda data: Reader(data, "customer_session").text("client_secret"), params
    )


def parse_method(reader: Reader) -> SavedMethod:
    """Read one method."""
    type = reader.text_or("type")
    details = reader.inside(type) if type else None
    month, year = (details.integer_or_none(name) if details else None for name in ("exp_month", "exp_year"))
    return SavedMethod(
        id=reader.id(),
        owner=reader.id_or_none("customer"),
        shown=Method(
            type=type,
            brand=(details.text_or("brand") or details.text_or("bank_name")) if details else "",
            last4=details.text_or("last4") if details else "",
        ),
        expiry=(year, month) if year and month else None,
        shown_again=reader.text_or("allow_redisplay") == "always",
    )


def _secret(reader: Reader) -> Secret:
    return Secret(reader.id(), reader.text("client_secret"))


def _setup(reader: Reader) -> Setup:
    error = reader.inside("last_setup_error")
    return Setup(
        id=reader.id(),
        status=reader.text_or("status"),
        owner=reader.id_or_none("customer"),
        method=reader.id_or_none("payment_method"),
        error=(error.text_or("decline_code") or error.text_or("code")) if error else "",
    )
