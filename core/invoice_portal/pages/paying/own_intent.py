"""An intent of the portal's own, where the one that Stripe made with the invoice does not do.

Several such could each be paid, so there is at most one: whoever begins to pay in any way first cancels those that do
not fit, and of two that were made at the same moment the older stays.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from invoice_portal.effects import Failed, each
from invoice_portal.errors import Conflict, NotAllowed, PaymentDeclined, PortalError, StripeRejected
from invoice_portal.money import Money
from invoice_portal.pages.paying.due import Due, fetch_due
from invoice_portal.stripe_api.payment_intents import TYPES_NOT_TAKEN, attach_intent, cancel_intent, create_intent
from invoice_portal.stripe_api.payments import Intent
from invoice_portal.visits import Visit


@dataclass(frozen=True, slots=True)
class Wish:
    """What an intent of our own is for: ``types`` are empty for all that the account takes."""

    amount: Money
    types: tuple[str, ...]
    saves: bool = False

    @property
    def name(self) -> str:
        """What the intent is recognised by."""
        text = f"{self.amount.amount} {self.amount.currency} {','.join(self.types)} {self.saves}"
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def key_of(*parts: str) -> str:
    """An idempotency key: the same parts give the same key on every worker, today and tomorrow."""
    return "portal-" + hashlib.sha256("\n".join(parts).encode()).hexdigest()


async def make_way(visit: Visit, due: Due, keep: str = "") -> Due:
    """Cancel our own intents but ``keep``, so that no forgotten page can be paid on beside this one.

    Gives a new reading where there were any. One that has just been paid shows in it. Raises ``Conflict`` where one
    can still be paid: Stripe does not let go of what is being paid at this moment, and both would be charged.
    """
    others = [intent.id for intent in due.own if intent.id != keep]
    if not others:
        return due
    await each([cancel_intent(intent) for intent in others])
    due = await fetch_due(visit, due.invoice.id)
    if any(intent.id != keep for intent in due.own):
        raise Conflict("another payment of this invoice could not be canceled and may still go through")
    return due


async def own_intent(visit: Visit, due: Due, wish: Wish) -> tuple[Due, Intent | None]:
    """Our own intent for ``wish``, tied to the invoice, and a reading that has it; None where another way is ahead.

    Nothing else of ours can be paid in that reading: two that are made in the same second do not both go ahead. Raises
    ``NotAllowed`` where the invoice's own intent passes money on to another account: ours would not.
    """
    if due.shares:
        raise NotAllowed(
            "a payment of this invoice is shared with another account: only Stripe's own intent can be paid"
        )
    found = next((intent for intent in reversed(due.own) if intent.wish == wish.name), None)
    due = await make_way(visit, due, found.id if found else "")
    if found is None and due.payable:
        due, found = await _made(visit, due, wish)
    if found is None:
        return due, None
    if due.own and due.own[-1].id != found.id:
        await each([cancel_intent(found.id)])
        return await fetch_due(visit, due.invoice.id), None
    due = await make_way(visit, due, found.id)
    return due, next((intent for intent in due.own if intent.id == found.id), None)


async def _made(visit: Visit, due: Due, wish: Wish) -> tuple[Due, Intent | None]:
    """A new one. What is attached twice, or was made by a call whose answer got lost, is the same one."""
    made = await _create(due, wish, "payment_method_types")
    (attached,) = await each([attach_intent(due.invoice.id, made.id, key_of(made.id, "attach"))])
    if isinstance(attached, Failed) and isinstance(attached.error, PaymentDeclined | StripeRejected):
        await each([cancel_intent(made.id)])
        return await fetch_due(visit, due.invoice.id), None
    if isinstance(attached, Failed):
        raise attached.error
    due = await fetch_due(visit, due.invoice.id)
    return due, next((intent for intent in due.own if intent.id == made.id), None)


async def _create(due: Due, wish: Wish, types_name: str) -> Intent:
    call = create_intent(
        due.customer,
        due.invoice.id,
        wish.amount,
        types=wish.types,
        saves=wish.saves,
        wish=wish.name,
        key=key_of(due.state, "create", wish.name, types_name),
        types_name=types_name,
    )
    (made,) = await each([call])
    if not isinstance(made, Failed):
        return made.value
    if _wants_the_newer_name(made.error) and types_name == "payment_method_types":
        return await _create(due, wish, "allowed_payment_method_types")
    raise made.error


def _wants_the_newer_name(error: PortalError) -> bool:
    return isinstance(error, StripeRejected) and error.code == TYPES_NOT_TAKEN
