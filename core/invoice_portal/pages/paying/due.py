"""What is due on an invoice right now, and everything at Stripe that a payment of it depends on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Final

from invoice_portal.errors import StripeUnavailable
from invoice_portal.money import Money
from invoice_portal.owned import fetch_owned
from invoice_portal.stripe_api.ids import checked
from invoice_portal.stripe_api.invoices import Invoice, retrieve_invoice
from invoice_portal.stripe_api.payments import Intent, Payment, payments_of
from invoice_portal.visits import Visit

_CAN_BE_PAID: Final = ("requires_payment_method", "requires_confirmation", "requires_action")
_MOST_CALLS: Final = 20
_UNDER_WAY: Final = ("processing", "succeeded", "requires_capture")
"""One that has succeeded is under way until the invoice says so too."""


@dataclass(frozen=True, slots=True)
class Due:
    """A reading of an invoice and its payments, newest first."""

    invoice: Invoice
    payments: tuple[Payment, ...]

    @property
    def customer(self) -> str:
        """The customer at Stripe."""
        return self.invoice.owner or ""

    @property
    def remaining(self) -> Money:
        """What remains to be paid."""
        return self.invoice.amount_remaining

    @property
    def payable(self) -> bool:
        """Whether it can be paid now: something is due, and nothing is under way."""
        return self.invoice.status == "open" and self.remaining.amount > 0 and not self.under_way

    @property
    def under_way(self) -> bool:
        """Whether money is on its way: it must not be paid again meanwhile."""
        return any(intent.status in _UNDER_WAY for _, intent in self._open())

    @property
    def default(self) -> Intent | None:
        """The intent that Stripe made with the invoice, while it can be paid."""
        found = (intent for payment, intent in self._open() if payment.default and intent.status in _CAN_BE_PAID)
        return next(found, None)

    @property
    def own(self) -> tuple[Intent, ...]:
        """The portal's own intents that can still be paid, the oldest last."""
        return tuple(
            intent for payment, intent in self._open() if not payment.default and intent.status in _CAN_BE_PAID
        )

    @property
    def left_over(self) -> tuple[str, ...]:
        """The portal's own intents that could still be charged although the invoice cannot be paid (any more).

        Stripe gives up an invoice's other payments once it is paid, but not the intents behind those that are ours.
        """
        if self.payable:
            return ()
        ours = (payment.intent for payment in self.payments if payment.intent and not payment.default)
        return tuple(intent.id for intent in ours if intent.status in _CAN_BE_PAID)

    @property
    def shares(self) -> bool:
        """Whether the money, or a fee of it, goes to another account: an intent of the portal's own would keep it."""
        return any(each.intent.shares for each in self.payments if each.intent and each.default)

    @property
    def waiting(self) -> Intent | None:
        """An intent that waits for the customer: for an answer to their bank, or for small deposits to be named."""
        return next((intent for _, intent in self._open() if intent.status == "requires_action"), None)

    def intent(self, id: str) -> Intent | None:
        """The intent with this id, among the invoice's."""
        return next((p.intent for p in self.payments if p.intent and p.intent.id == id), None)

    @property
    def state(self) -> str:
        """A digest of all this: two readings with the same one are of the same state of things.

        A charge that was tried, refused, begun or finished makes another state of it, and so does what is due.
        """
        invoice = self.invoice
        intents = [(payment.id, payment.status, _facts(payment.intent)) for payment in self.payments]
        facts = [invoice.id, invoice.status, invoice.amount_due.amount, self.remaining.amount, intents]
        return hashlib.sha256(json.dumps(facts, separators=(",", ":")).encode()).hexdigest()[:32]

    def _open(self) -> list[tuple[Payment, Intent]]:
        return [(each, each.intent) for each in self.payments if each.intent and each.status == "open"]


def _facts(intent: Intent | None) -> list[str | int | None]:
    if intent is None:
        return []
    return [intent.id, intent.status, intent.amount.amount, intent.charge, intent.method, intent.error]


async def fetch_due(visit: Visit, invoice: str) -> Due:
    """A fresh reading. Raises ``NotFound`` for what is not the visitor's, ``StripeUnavailable`` where it cannot be had.

    A key that may not read payments cannot pay: it would not know what is under way.
    """
    found = await fetch_owned(visit, retrieve_invoice(invoice), lambda invoice: invoice)
    checked("cus", found.owner or "")
    payments = await every_payment(found.id)
    if any(payment.status == "open" and payment.intent is None for payment in payments):
        raise StripeUnavailable("a payment of this invoice is of a kind that the portal cannot look into")
    return Due(found, payments)


async def every_payment(invoice: str) -> tuple[Payment, ...]:
    """All payments of an invoice, newest first: the one that is under way may stand behind a hundred given up.

    Raises ``StripeUnavailable`` where there are more than can be looked at.
    """
    listing = await payments_of(invoice)
    payments = listing.items
    for _ in range(_MOST_CALLS):
        if not listing.has_more or not listing.items:
            return payments
        listing = await payments_of(invoice, after=payments[-1].id)
        payments += listing.items
    raise StripeUnavailable("this invoice has more payments than can be looked at")
