"""What a link to an invoice needs to know of it."""

from __future__ import annotations

from dataclasses import dataclass

from invoice_portal.effects import StripeCall
from invoice_portal.stripe_api.ids import checked
from invoice_portal.stripe_api.reading import Reader, one


@dataclass(frozen=True, slots=True)
class Shareable:
    """An invoice as far as its link depends on it. Moments are UTC seconds."""

    owner: str | None
    status: str
    due_date: int | None
    finalized_at: int | None


@dataclass(frozen=True, slots=True)
class Addressee:
    """Where a customer is written to; the address is empty where none is on file or the customer was deleted."""

    email: str
    language: str


def retrieve_shareable(invoice: str) -> StripeCall[Shareable]:
    """One invoice, fresh (docs.stripe.com/api/invoices/object)."""
    return StripeCall("get", f"/v1/invoices/{checked('in', invoice)}", one(_shareable, "invoice"))


def retrieve_addressee(customer: str) -> StripeCall[Addressee]:
    """The address on file (docs.stripe.com/api/customers/object); the first preferred locale, where there is one."""
    return StripeCall("get", f"/v1/customers/{checked('cus', customer)}", one(_addressee, "customer"))


def _shareable(reader: Reader) -> Shareable:
    transitions = reader.inside("status_transitions")
    return Shareable(
        owner=reader.id_or_none("customer") or reader.id_or_none("customer_account"),
        status=reader.text_or("status"),
        due_date=reader.moment_or_none("due_date"),
        finalized_at=transitions.moment_or_none("finalized_at") if transitions else None,
    )


def _addressee(reader: Reader) -> Addressee:
    return Addressee(reader.text_or("email"), next(iter(reader.texts("preferred_locales")), ""))
