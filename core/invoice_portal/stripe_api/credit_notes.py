"""Credit notes (docs.stripe.com/api/credit_notes)."""

from __future__ import annotations

from dataclasses import dataclass, field

from invoice_portal.effects import StripeCall
from invoice_portal.money import Money
from invoice_portal.stripe_api.ids import checked
from invoice_portal.stripe_api.reading import Listing, Reader, listing_of, one


@dataclass(frozen=True, slots=True)
class CreditNote:
    """A credit on an invoice; ``owner`` is the customer, ``invoice`` the invoice that it corrects."""

    id: str
    number: str
    status: str
    owner: str | None
    invoice: str | None
    issued_at: int
    total: Money
    memo: str
    pdf_url: str = field(repr=False)


def credit_notes_of(invoice: str) -> StripeCall[Listing[CreditNote]]:
    """The credit notes of one invoice, newest first.

    A hundred are more than Stripe's limits let one have in practice.
    """
    params: dict[str, object] = {"invoice": checked("in", invoice), "limit": 100}
    return StripeCall("get", "/v1/credit_notes", listing_of(parse_credit_note, "credit_notes"), params)


def retrieve_credit_note(credit_note: str) -> StripeCall[CreditNote]:
    """One credit note, fresh, for its PDF."""
    path = f"/v1/credit_notes/{checked('cn', credit_note)}"
    return StripeCall("get", path, one(parse_credit_note, "credit_note"))


def parse_credit_note(reader: Reader) -> CreditNote:
    """Read one credit note."""
    return CreditNote(
        id=reader.id(),
        number=reader.text_or("number"),
        status=reader.text_or("status"),
        owner=reader.id_or_none("customer") or reader.id_or_none("customer_account"),
        invoice=reader.id_or_none("invoice"),
        issued_at=reader.moment_or_none("effective_at") or reader.moment("created"),
        total=Money(reader.integer("total"), reader.text("currency")),
        memo=reader.text_or("memo"),
        pdf_url=reader.text_or("pdf"),
    )
