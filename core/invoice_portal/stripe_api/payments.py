"""Payments of an invoice (docs.stripe.com/api/invoice-payment).

What was paid with what, and what did not go through.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from invoice_portal.addresses import works
from invoice_portal.effects import StripeCall
from invoice_portal.money import Money
from invoice_portal.stripe_api.attempts import failure_key
from invoice_portal.stripe_api.ids import checked
from invoice_portal.stripe_api.reading import Listing, Reader, listing_of


@dataclass(frozen=True, slots=True)
class Method:
    """What was paid with: Stripe's type, the card's brand where it is a card, and the last digits."""

    type: str
    brand: str
    last4: str


@dataclass(frozen=True, slots=True)
class Intent:
    """A payment intent, as far as paying depends on it (docs.stripe.com/api/payment_intents/object).

    ``types`` are those of the methods that it takes. ``saves`` says that what it is paid with is kept for later.
    ``charge`` is its last one, ``method`` what it is or would be paid with. ``action`` is what the customer must do
    next, ``verification_url`` Stripe's page for it where there is one. ``shares`` says that its money, or a fee of
    it, goes to another account (Stripe Connect). ``wish`` is what the portal made it for, if it did. ``error`` is the
    code of its last failure, ``failure`` what tells that from the ones before. Its client secret is not read here.
    """

    id: str
    status: str
    amount: Money
    types: tuple[str, ...]
    saves: bool
    method: str | None
    charge: str | None
    error: str
    failure: str
    action: str
    shares: bool
    wish: str
    verification_url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment. ``paid_at`` is set once it went through, ``declined`` (Stripe's code) where the last try failed.

    ``default`` is the one that Stripe made when the invoice was finalised. ``intent`` is None where a key may not read
    payment intents, and where none stands behind the payment. ``charged`` is what was taken from the customer, which
    may be more than this invoice got of it, and ``refunded`` what has gone back of that since.
    """

    id: str
    status: str
    created: int
    paid_at: int | None
    amount: Money
    processing: bool
    method: Method | None
    declined: str
    declined_method: Method | None
    outside_stripe: bool
    default: bool
    intent: Intent | None
    charged: Money
    refunded: Money


def payments_of(invoice: str, after: str = "") -> StripeCall[Listing[Payment]]:
    """The payments of one invoice, newest first, a hundred at most, those older than ``after`` where that is given.

    With the charge of each: four levels, the most that Stripe expands.
    """
    params: dict[str, object] = {
        "invoice": checked("in", invoice),
        "limit": 100,
        "expand": ["data.payment.payment_intent.latest_charge"],
        **({"starting_after": after} if after else {}),
    }
    return StripeCall("get", "/v1/invoice_payments", listing_of(parse_payment, "invoice_payments"), params)


def parse_payment(reader: Reader) -> Payment:
    """Read one payment, whatever of its payment intent was expanded."""
    currency = reader.text("currency")
    transitions = reader.inside("status_transitions")
    paid_at = transitions.moment_or_none("paid_at") if transitions else None
    intent = reader.deep("payment", "payment_intent")
    charge = intent.inside("latest_charge") if intent else reader.deep("payment", "charge")
    error = intent.inside("last_payment_error") if intent else None
    source = reader.inside("payment")
    amount = reader.integer_or_none("amount_paid") if paid_at else reader.integer_or_none("amount_requested")
    taken = charge.integer_or_none("amount") if charge else None
    return Payment(
        id=reader.id(),
        status=reader.text_or("status"),
        created=reader.moment("created"),
        paid_at=paid_at,
        amount=Money(amount or 0, currency),
        processing=intent is not None and intent.text_or("status") == "processing",
        method=_method(charge.inside("payment_method_details")) if charge else None,
        declined=(error.text_or("decline_code") or error.text_or("code")) if error else "",
        declined_method=_method(error.inside("payment_method")) if error else None,
        outside_stripe=bool(source and source.text_or("type") == "payment_record"),
        default=reader.flag("is_default"),
        intent=parse_intent(intent) if intent else None,
        charged=Money(amount or 0 if taken is None else taken, currency),
        refunded=Money(charge.amount("amount_refunded") if charge else 0, currency),
    )


def parse_intent(reader: Reader) -> Intent:
    """Read a payment intent, whatever of it was expanded."""
    metadata = reader.inside("metadata")
    error, action = reader.inside("last_payment_error"), reader.inside("next_action")
    deposits = action.inside("verify_with_microdeposits") if action else None
    code = (error.text_or("decline_code") or error.text_or("code")) if error else ""
    tried = error.id_or_none("payment_method") if error else None
    charge = error.id_or_none("charge") if error else None
    return Intent(
        id=reader.id(),
        status=reader.text_or("status"),
        amount=Money(reader.integer_or_none("amount") or 0, reader.text_or("currency")),
        types=tuple(sorted(reader.texts("payment_method_types"))),
        saves=reader.text_or("setup_future_usage") == "off_session",
        method=reader.id_or_none("payment_method"),
        charge=reader.id_or_none("latest_charge"),
        error=code,
        failure=failure_key(charge or "", tried or "", code),
        action=action.text_or("type") if action else "",
        shares=bool(
            reader.id_or_none("on_behalf_of")
            or reader.inside("transfer_data")
            or reader.integer_or_none("application_fee_amount")
        ),
        wish=metadata.text_or("wish") if metadata else "",
        verification_url=_page(deposits.text_or("hosted_verification_url")) if deposits else "",
    )


def _page(address: str) -> str:
    """An address that a link may lead to; nothing where it is none, such as a script's."""
    return address if works(address) else ""


def _method(reader: Reader | None) -> Method | None:
    if reader is None:
        return None
    type = reader.text_or("type")
    details = reader.inside(type) if type else None
    return Method(
        type=type,
        brand=details.text_or("brand") if details else "",
        last4=details.text_or("last4") if details else "",
    )
