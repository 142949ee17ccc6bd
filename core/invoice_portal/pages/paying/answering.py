"""How a step of a payment answers: a page for a browser, JSON for the portal's own script."""

from __future__ import annotations

from typing import Any, Final

from invoice_portal.answers import retry_header
from invoice_portal.errors import PortalError
from invoice_portal.http import Data, Redirect
from invoice_portal.pages.paying.settle import Settled
from invoice_portal.payment_words import refusal, shown_code
from invoice_portal.visits import Visit

_GOES_ON: Final = ("paid", "processing", "nothing", "changed", "busy")


def goes_on(ended: Settled | PortalError) -> bool:
    """Whether the next of several invoices is paid: this one is, or what holds it up is its own affair."""
    return ended.status in (403, 404) if isinstance(ended, PortalError) else ended.status in _GOES_ON


def asks_for_json(visit: Visit) -> bool:
    """Whether the portal's own script asks."""
    return "application/json" in visit.request.headers.get("accept", "")


def told_error(visit: Visit, error: PortalError) -> Data:
    """An error as the portal's own script shows it: a text that says what to do."""
    _ = visit.language.gettext
    text = getattr(error, "reason", "") or _(error.advice)
    return Data(
        value={"status": "error", "kind": type(error).__name__, "text": text, "next": goes_on(error)},
        status=error.status,
        headers=retry_header(error),
    )


def text_of(visit: Visit, settled: Settled) -> str:
    """How a payment ended, in the customer's words; empty where nothing needs to be said."""
    _ = visit.language.gettext
    match settled.status:
        case "paid":
            return _("Paid. Thank you.")
        case "processing":
            return _("Your payment is on its way. It can take a few days to arrive.")
        case "action":
            return _("Your bank asks you to confirm this payment.")
        case "failed":
            return refusal(visit.language, settled.code)
        case "changed":
            return _("What is due has changed since this page was opened. Please look again before you pay.")
        case "busy":
            return _(
                "A payment of this invoice was begun a moment ago, perhaps in another window. Wait a minute, then look "
                "again before you pay."
            )
        case "nothing":
            return _("There is nothing left to pay on this invoice, or a payment is on its way.")
        case "unknown":
            return _(
                "We could not learn yet whether the payment went through. Look again in a moment; it is never taken "
                "twice."
            )


def data_of(visit: Visit, settled: Settled, **more: Any) -> Data:
    """How a payment ended, for the portal's own script."""
    return Data(value={"status": settled.status, "text": text_of(visit, settled), **more})


def page_after(visit: Visit, invoice: str, settled: Settled) -> Redirect:
    """Where a browser goes: the invoice where it is settled, else back to paying, which says what happened."""
    match settled.status:
        case "paid" | "processing" | "nothing":
            note = {"paid": "paid", "processing": "on_its_way", "nothing": "settled"}[settled.status]
            return Redirect(to=visit.url("invoice", {"note": note}, invoice=invoice))
        case status:
            query = {"note": status, "reason": shown_code(settled.code)}
            return Redirect(to=visit.url("pay_page", query, invoice=invoice))
