"""The page behind a customer portal session: it performs the flow that the session was made for.

It works without JavaScript, and does what it does through the same API as everybody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stripe_sandbox import hosted
from stripe_sandbox.billing.subscribing import ENDED
from stripe_sandbox.errors import StripeSandboxError
from stripe_sandbox.formats import date
from stripe_sandbox.http import Json, Request, Response
from stripe_sandbox.resources.portal_sessions import KIND
from stripe_sandbox.sandbox import Sandbox


@dataclass(frozen=True, slots=True)
class Choice:
    """A button: what it says, and the value that it sends."""

    label: str
    value: str


_TITLES = {
    "payment_method_update": "Change the payment method",
    "subscription_cancel": "Cancel the subscription",
    "subscription_update": "Change the subscription",
    "subscription_update_confirm": "Confirm the change",
}


def respond(sandbox: Sandbox, request: Request, token: str) -> Response:
    """Show a session's page, or carry out what its form says; 404 where the link is wrong or has expired."""
    session = next(iter(sandbox.store.all(KIND, _token=token)), None)
    if session is None or session["_expires"] <= sandbox.clock.now:
        return hosted.page("not_found.html", {}, status=404)
    if request.method != "POST":
        return _shown(sandbox, session)
    try:
        _perform(sandbox, session, hosted.fields_of(request))
    except StripeSandboxError as error:
        return _shown(sandbox, session, problem=hosted.refusal(error.error).problem)
    except hosted.Refused as refused:
        return _shown(sandbox, session, problem=refused.problem)
    return _done(sandbox, session)


def _shown(sandbox: Sandbox, session: Json, *, problem: str = "") -> Response:
    type = session["flow"]["type"] if session["flow"] else "none"
    context = {
        "title": _TITLES.get(type, "Your subscriptions"),
        "card_form": type in ("none", "payment_method_update"),
        "choices": _choices(sandbox, session),
        "problem": problem,
    }
    return _page(sandbox, session, context, status=402 if problem else 200)


def _page(sandbox: Sandbox, session: Json, context: Mapping[str, object], *, status: int = 200) -> Response:
    shared = {
        "customer": sandbox.store["customer", session["customer"]],
        "merchant": sandbox.account["business_profile"]["name"],
        "path": f"/hosted/portal/{session['_token']}",
        "return_url": session["return_url"],
    }
    return hosted.page("portal.html", {**shared, "message": "", **context}, status=status)


def _choices(sandbox: Sandbox, session: Json) -> list[Choice]:
    """What can be done by a button."""
    flow = session["flow"]
    match flow and flow["type"]:
        case "payment_method_update":
            return []
        case "subscription_cancel":
            offer = flow["subscription_cancel"]["retention"]
            keep = [Choice("Keep it, with the discount", "keep")] if offer else []
            return [*keep, Choice("Cancel the subscription", "cancel")]
        case "subscription_update":
            return [Choice(f"Change to {name}", id) for id, name in _prices(sandbox, session)]
        case "subscription_update_confirm":
            return [Choice("Confirm", "confirm")]
    plans = sandbox.store.all("subscription", customer=session["customer"])
    return [
        Choice(f"Cancel the subscription of {date(plan['created'])}", plan["id"])
        for plan in plans
        if plan["status"] not in ENDED and plan["cancel_at"] is None
    ]


def _prices(sandbox: Sandbox, session: Json) -> list[tuple[str, str]]:
    """The prices that the configuration lets customers choose, with what they are called."""
    products = sandbox.store["billing_portal.configuration", session["configuration"]]["features"][
        "subscription_update"
    ]["products"]
    ids = [price for product in products for price in product["prices"]]
    prices = [sandbox.store["price", id] for id in ids]
    return [(price["id"], price["nickname"] or sandbox.store["product", price["product"]]["name"]) for price in prices]


def _perform(sandbox: Sandbox, session: Json, form: Mapping[str, str]) -> None:
    flow, answer = session["flow"], form.get("answer", "")
    type = flow["type"] if flow else None
    if type == "payment_method_update" or (type is None and "number" in form):
        _save_card(sandbox, session, form)
    elif type == "subscription_cancel":
        _cancel(sandbox, session, flow["subscription_cancel"], keep=answer == "keep")
    elif type == "subscription_update" and answer in [id for id, _ in _prices(sandbox, session)]:
        subscription = sandbox.store["subscription", flow[type]["subscription"]]
        _change(sandbox, session, subscription["id"], [{"id": subscription["_items"][0], "price": answer}], [])
    elif type == "subscription_update_confirm":
        wish = flow[type]
        items, discounts = _given(wish["items"]), _given(wish["discounts"])
        _change(sandbox, session, wish["subscription"], items, discounts)
    elif type is None and answer in [choice.value for choice in _choices(sandbox, session)]:
        _cancel(sandbox, session, {"subscription": answer, "retention": None}, keep=False)
    else:
        raise hosted.Refused("Choose one of the buttons.")


def _save_card(sandbox: Sandbox, session: Json, form: Mapping[str, str]) -> None:
    """The card becomes the customer's default."""
    method = sandbox.call("POST", "/v1/payment_methods", {"type": "card", "card": hosted.card_of(form)})["id"]
    sandbox.call("POST", f"/v1/payment_methods/{method}/attach", {"customer": session["customer"]})
    default = {"invoice_settings": {"default_payment_method": method}}
    sandbox.call("POST", f"/v1/customers/{session['customer']}", default)


def _cancel(sandbox: Sandbox, session: Json, wish: Json, *, keep: bool) -> None:
    """As the configuration says: at the period's end or at once; or the offer is taken instead."""
    path = f"/v1/subscriptions/{wish['subscription']}"
    if keep and wish["retention"]:
        sandbox.call("POST", path, {"discounts": [{"coupon": wish["retention"]["coupon_offer"]["coupon"]}]})
        return
    configuration = sandbox.store["billing_portal.configuration", session["configuration"]]
    feature = configuration["features"]["subscription_cancel"]
    if feature["mode"] == "at_period_end":
        sandbox.call("POST", path, {"cancel_at_period_end": True})
    else:
        prorate = feature["proration_behavior"] != "none"
        invoice_now = feature["proration_behavior"] == "always_invoice"
        sandbox.call("DELETE", path, {"prorate": prorate, "invoice_now": invoice_now})


def _change(sandbox: Sandbox, session: Json, subscription: str, items: list[Json], discounts: list[Json]) -> None:
    configuration = sandbox.store["billing_portal.configuration", session["configuration"]]
    behavior = configuration["features"]["subscription_update"]["proration_behavior"]
    wanted: Json = {"items": items, "proration_behavior": behavior}
    if discounts:
        wanted["discounts"] = discounts
    sandbox.call("POST", f"/v1/subscriptions/{subscription}", wanted)


def _given(hashes: list[Json]) -> list[Json]:
    return [{name: value for name, value in each.items() if value is not None} for each in hashes]


def _done(sandbox: Sandbox, session: Json) -> Response:
    """Back to the merchant, a word of thanks, or the portal's first page.

    The way back is a `Refresh`: browsers refuse to redirect a form to another site where its page forbids that.
    """
    after: Json = session["flow"]["after_completion"] if session["flow"] else {"type": "portal_homepage"}
    message = "Done."
    if after["type"] == "hosted_confirmation":
        message = after["hosted_confirmation"]["custom_message"] or message
    context = {"title": "Thank you", "card_form": False, "choices": [], "problem": "", "message": message}
    if after["type"] != "redirect":
        return _page(sandbox, session, context)
    back = after["redirect"]["return_url"]
    shown = _page(sandbox, session, {**context, "return_url": back})
    return Response(shown.status, {**shown.headers, "Refresh": f"0; url={back}"}, shown.body)
