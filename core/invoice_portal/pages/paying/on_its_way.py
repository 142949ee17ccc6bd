"""Which of a customer's open invoices have a payment on its way: a list of invoices does not say so itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from invoice_portal.effects import Ok, each
from invoice_portal.pages.paying.limits import pays_here
from invoice_portal.stripe_api.attempts import invoices_of
from invoice_portal.stripe_api.invoices import Invoice
from invoice_portal.stripe_api.payment_intents import intents_since
from invoice_portal.visits import Visit

_LONGEST: Final = 45 * 24 * 60 * 60
"""No bank debit takes longer, in seconds."""
_MOST: Final = 20


async def under_way(visit: Visit, customer: str, invoices: Iterable[Invoice]) -> frozenset[str]:
    """The ids of those with a payment on its way, where customers pay in the portal and something is open.

    One call, and one more for each such payment. What cannot be looked up just now is left out: paying looks again.
    """
    if not pays_here(visit) or not any(invoice.status == "open" for invoice in invoices):
        return frozenset()
    (listed,) = await each([intents_since(customer, visit.now - _LONGEST)])
    intents = listed.value if isinstance(listed, Ok) else ()
    processing = [intent.id for intent in intents if intent.status == "processing"]
    found = await each([invoices_of(id) for id in processing[:_MOST]])
    return frozenset(id for each in found if isinstance(each, Ok) for id in each.value.items if id)


def marked(invoices: Iterable[Invoice], on_its_way: frozenset[str]) -> tuple[Invoice, ...]:
    """The invoices, those with a payment on its way marked as such."""
    return tuple(replace(each, under_way=True) if each.id in on_its_way else each for each in invoices)
