"""Sessions of Stripe's own customer portal (docs.stripe.com/api/customer_portal/sessions), opened at one flow."""

from __future__ import annotations

from collections.abc import Mapping

from invoice_portal.effects import StripeCall
from invoice_portal.stripe_api.ids import checked
from invoice_portal.stripe_api.reading import Reader, one


def create_flow(
    customer: str, flow: Mapping[str, object], return_url: str, *, configuration: str = "", locale: str = ""
) -> StripeCall[str]:
    """The address of a session: it lets in whoever has it, so it is made on a click and sent to that browser alone.

    It opens at ``flow``, or at the portal's first page where that is empty.
    """
    after = {"type": "redirect", "redirect": {"return_url": return_url}}
    params: dict[str, object] = {
        "customer": checked("cus", customer),
        "return_url": return_url,
    }
    if flow:
        params["flow_data"] = {**flow, "after_completion": after}
    params |= {name: text for name, text in (("configuration", configuration), ("locale", locale)) if text}
    return StripeCall("post", "/v1/billing_portal/sessions", one(_url, "portal session"), params)


def cancel_flow(subscription: str, coupon: str = "") -> dict[str, object]:
    """Cancel, with Stripe's own page for an offer where there is a coupon."""
    retention = {"type": "coupon_offer", "coupon_offer": {"coupon": coupon}}
    about: dict[str, object] = {"subscription": subscription, **({"retention": retention} if coupon else {})}
    return {"type": "subscription_cancel", "subscription_cancel": about}


def update_flow(subscription: str) -> dict[str, object]:
    """Choose another plan or quantity, of those that the portal's configuration lists."""
    return {"type": "subscription_update", "subscription_update": {"subscription": subscription}}


def _url(reader: Reader) -> str:
    return reader.text("url")
