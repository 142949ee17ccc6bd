"""One click with a saved method."""

from __future__ import annotations

from dataclasses import dataclass

from invoice_portal.errors import NotAllowed, NotFound, PortalError, StripeUnavailable
from invoice_portal.hooks import Payment
from invoice_portal.http import Response
from invoice_portal.limiting import limit_declines
from invoice_portal.pages.paying.answering import asks_for_json, data_of, goes_on, page_after, told_error
from invoice_portal.pages.paying.asking import ask_before, payment_about, types_of
from invoice_portal.pages.paying.due import Due, fetch_due
from invoice_portal.pages.paying.ending import catch_up, end
from invoice_portal.pages.paying.limits import acceptable, demand_here, has_saved_methods
from invoice_portal.pages.paying.methods_view import saved_for_due
from invoice_portal.pages.paying.settle import Settled, settle
from invoice_portal.pages.paying.statement import Statement, open_statement
from invoice_portal.stripe_api.payment_methods import SavedMethod
from invoice_portal.visits import Visit


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the customer agreed to, and a fresh reading that it still fits."""

    due: Due
    statement: Statement
    method: SavedMethod
    types: tuple[str, ...]
    payment: Payment


async def pay_saved(visit: Visit) -> Response:
    """Pay what the page stated with the method that was chosen."""
    id, form = visit.request.args["invoice"], visit.request.form
    try:
        settled = await pay_one(visit, id, form.get("statement", ""), form.get("method", ""))
    except PortalError as error:
        if not asks_for_json(visit):
            raise
        return told_error(visit, error)
    after = page_after(visit, id, settled)
    return data_of(visit, settled, url=after.to, next=goes_on(settled)) if asks_for_json(visit) else after


async def pay_one(visit: Visit, invoice: str, statement: str, method: str) -> Settled:
    """Pay one invoice, and tell how it ended.

    Raises ``NotAllowed``, ``NotFound`` for an invoice or a method that is not the visitor's, ``Vetoed``.
    """
    demand_here(visit)
    agreed = await _agreed(visit, invoice, statement, method)
    if isinstance(agreed, Settled):
        return agreed
    settled = await settle(visit, agreed.due, agreed.statement, agreed.method, agreed.types)
    await end(visit, agreed.payment, settled)
    return settled


async def _agreed(visit: Visit, invoice: str, sealed: str, method: str) -> Agreed | Settled:
    due = await fetch_due(visit, invoice)
    await limit_declines(visit, due.customer)
    if not due.payable:
        await catch_up(visit, due)
        return Settled("nothing")
    statement = open_statement(visit.signer, sealed, visit.now)
    if statement is None or not acceptable(visit.settings, due, statement):
        return Settled("changed")
    chosen, types = await _method(visit, due, method)
    if chosen.expired(visit.now):
        return Settled("failed", "expired_card")
    payment = payment_about(visit, due, statement.amount.amount, "saved", chosen.id)
    await ask_before(visit, payment)
    return Agreed(due, statement, chosen, types, payment)


async def _method(visit: Visit, due: Due, id: str) -> tuple[SavedMethod, tuple[str, ...]]:
    """The customer's own method with this id, of a type that may be paid with; and all types that may, if not any."""
    if not has_saved_methods(visit):
        raise NotAllowed("a link to one invoice does not open what the customer has saved")
    saved = await saved_for_due(visit, due)
    if saved.failed:
        raise StripeUnavailable("the customer's saved methods could not be read")
    found = next((method for method in saved.methods if method.id == id), None)
    if found is None:
        raise NotFound("the customer has no such saved method")
    types = await types_of(visit, due)
    if types and found.shown.type not in types:
        raise NotAllowed(f"this invoice may not be paid with {found.shown.type}")
    return found, types
