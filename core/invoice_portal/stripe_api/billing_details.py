"""What stands under "Billed to" on later invoices (docs.stripe.com/api/customers, docs.stripe.com/api/tax_ids)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from invoice_portal.effects import StripeCall
from invoice_portal.stripe_api.ids import checked
from invoice_portal.stripe_api.invoices import Address
from invoice_portal.stripe_api.reading import Listing, Reader, listing_of, one


@dataclass(frozen=True, slots=True)
class BillingDetails:
    """A customer's name and addresses. ``gone`` says that the customer was deleted."""

    customer: str
    name: str
    email: str
    phone: str
    address: Address
    gone: bool = False


@dataclass(frozen=True, slots=True)
class TaxId:
    """A tax ID. ``verified`` is Stripe's: ``pending``, ``unavailable``, ``unverified`` or ``verified``."""

    id: str
    type: str
    value: str
    verified: str


def billing_details(customer: str) -> StripeCall[BillingDetails]:
    """A customer's present details."""
    return StripeCall("get", f"/v1/customers/{checked('cus', customer)}", one(_details, "customer"))


def save_details(customer: str, changes: Mapping[str, object]) -> StripeCall[BillingDetails]:
    """Change them for later invoices: those that are finalised keep what they have."""
    return StripeCall("post", f"/v1/customers/{checked('cus', customer)}", one(_details, "customer"), changes)


def tax_ids_of(customer: str) -> StripeCall[Listing[TaxId]]:
    """A customer's tax IDs."""
    path = f"/v1/customers/{checked('cus', customer)}/tax_ids"
    return StripeCall("get", path, listing_of(_tax_id, "tax ids"), {"limit": 100})


def add_tax_id(customer: str, type: str, value: str, key: str) -> StripeCall[TaxId]:
    """Add one: Stripe checks its form at once, and some kinds with the tax office later."""
    path = f"/v1/customers/{checked('cus', customer)}/tax_ids"
    return StripeCall("post", path, one(_tax_id, "tax id"), {"type": type, "value": value}, key)


def remove_tax_id(customer: str, tax_id: str) -> StripeCall[None]:
    """Remove one of this customer's; another's is a ``NotFound``."""
    path = f"/v1/customers/{checked('cus', customer)}/tax_ids/{checked('txi', tax_id)}"
    return StripeCall("delete", path, lambda data: None)


def _details(reader: Reader) -> BillingDetails:
    address = reader.inside("address")
    return BillingDetails(
        customer=reader.id(),
        name=reader.text_or("name"),
        email=reader.text_or("email"),
        phone=reader.text_or("phone"),
        address=_address(address) if address else Address(),
        gone=reader.flag("deleted"),
    )


def _address(reader: Reader) -> Address:
    return Address(
        line1=reader.text_or("line1"),
        line2=reader.text_or("line2"),
        city=reader.text_or("city"),
        state=reader.text_or("state"),
        postal_code=reader.text_or("postal_code"),
        country=reader.text_or("country"),
    )


def _tax_id(reader: Reader) -> TaxId:
    verification = reader.inside("verification")
    return TaxId(
        id=reader.id(),
        type=reader.text_or("type"),
        value=reader.text_or("value"),
        verified=verification.text_or("status") if verification else "",
    )
