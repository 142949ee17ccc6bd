"""Paying on Stripe's own page: without JavaScript, without a publishable key, and for whoever prefers it."""

from __future__ import annotations

from typing import Literal

from invoice_portal.effects import each
from invoice_portal.errors import PortalError, Vetoed
from invoice_portal.http import Redirect, Response
from invoice_portal.outcomes import payment_begun
from invoice_portal.owned import fetch_owned
from invoice_portal.pages.handover import payable
from invoice_portal.pages.paying.asking import ask_before, payment_about, types_of
from invoice_portal.pages.paying.due import Due, every_payment
from invoice_portal.pages.paying.limits import fits, pays_here
from invoice_portal.pages.paying.own_intent import make_way
from invoice_portal.stripe_api.invoices import Invoice, retrieve_invoice
from invoice_portal.stripe_api.payment_intents import shape_invoice
from invoice_portal.stripe_pages import stripe_page
from invoice_portal.visits import Visit


async def pay(visit: Visit) -> Response:
    """The button *Pay*: to the page where it is paid, the portal's own or Stripe's."""
    if not pays_here(visit):
        return await pay_hosted(visit)
    invoice = await fetch_owned(visit, retrieve_invoice(visit.request.args["invoice"]), lambda invoice: invoice)
    return Redirect(to=visit.url("pay_page", invoice=invoice.id))


async def pay_hosted(visit: Visit) -> Response:
    """Go to Stripe's hosted page for an open invoice; anything else has nothing to pay and is shown as it is now.

    A bank debit takes days, in which the invoice stays open: with one on its way nobody is sent to pay again. A key
    that may not read payments cannot tell, and Stripe's page does.
    """
    page, note = await hosted_page(visit)
    return Redirect(to=page or visit.url("invoice", {"note": note}, **visit.request.args))


async def hosted_page(visit: Visit) -> tuple[str, Literal["", "settled", "on_its_way"]]:
    """Where the invoice in the address is paid right now; or no address, and why there is nothing to pay.

    Raises ``Vetoed`` where the host, or the types of methods that it allows, stand against it.
    """
    visit.demand("pay")
    args = visit.request.args
    invoice = await fetch_owned(visit, retrieve_invoice(args["invoice"]), lambda invoice: invoice)
    due, seen = await _read(invoice)
    if not payable(invoice) or due.under_way:
        return "", "on_its_way" if due.under_way else "settled"
    types = await types_of(visit, due)
    if types and not hosted_types_fit(due, types):
        await _shape(visit, due, types)
    await ask_before(visit, payment_about(visit, due, due.remaining.amount, "hosted"))
    if seen and due.own:
        due = await make_way(visit, due)
    if due.default is not None:
        await payment_begun(visit, due.default.id, "hosted")
    return stripe_page(invoice.hosted_url, visit.settings), ""


def hosted_types_fit(due: Due, types: tuple[str, ...]) -> bool:
    """Whether Stripe's page of this invoice takes no other types than these; it takes those of the default intent."""
    return not types or (due.default is not None and fits(due.default, types))


async def _read(invoice: Invoice) -> tuple[Due, bool]:
    """The reading, and whether its payments could be read."""
    try:
        return Due(invoice, await every_payment(invoice.id)), True
    except PortalError:
        return Due(invoice, ()), False


async def _shape(visit: Visit, due: Due, types: tuple[str, ...]) -> None:
    """Have Stripe's page take these types only. Raises ``Vetoed`` where it does not."""
    await each([shape_invoice(due.invoice.id, types)])
    shaped, seen = await _read(due.invoice)
    if not seen or not hosted_types_fit(shaped, types):
        _ = visit.language.gettext
        text = _("This invoice cannot be paid on that page. Please contact us, and we tell you how to pay it.")
        raise Vetoed("Stripe's page takes other types than may be paid with", reason=text)
