"""Billing details: checked here as far as anybody can, then by Stripe, whose word is put at the field it is about."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Final

from invoice_portal.errors import NotAllowed, NotFound, StripeRejected
from invoice_portal.i18n import countries
from invoice_portal.identity import CustomerId, Email
from invoice_portal.managing.asking import noted
from invoice_portal.marking import N_
from invoice_portal.owned import customers_with
from invoice_portal.stripe_api.billing_details import (
    BillingDetails,
    add_tax_id,
    billing_details,
    remove_tax_id,
    save_details,
    tax_ids_of,
)
from invoice_portal.subscription_settings import Detail
from invoice_portal.tax_id_types import TAX_ID_TYPES
from invoice_portal.viewing import customer_in_view
from invoice_portal.visits import Visit

PARTS: Final = ("line1", "line2", "city", "state", "postal_code", "country")
FIELDS: Final[Mapping[str, Detail]] = {
    "name": "name",
    "email": "email",
    "phone": "phone",
    **dict.fromkeys(PARTS, "address"),
}
"""The fields of a form, and the setting that each needs."""
_LONGEST: Final[Mapping[str, int]] = {"name": 256, "email": 512, "phone": 20, "value": 100}
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_PHONE: Final = re.compile(r"\+?[0-9 ()./-]{3,20}")
_TAX_ID: Final = re.compile(r"[0-9A-Za-z .,/&+*-]{2,100}")

REFUSED: Final = N_("Stripe did not take this. Please check it.")
_MESSAGES: Final[Mapping[str, str]] = {
    "tax_id_invalid": N_("This number does not fit the kind of tax ID that you chose. Please check both."),
    "email_invalid": N_("This is not an e-mail address."),
    "customer_tax_location_invalid": N_("Taxes cannot be worked out for this address. Please complete it."),
}


async def own_details(visit: Visit) -> BillingDetails:
    """The details of the customer in view, read afresh.

    Raises ``NotFound`` where Stripe has no such customer, and for whoever sees one invoice or subscription only.
    """
    visit.demand("view")
    if not visit.settings.billing_details:
        raise NotAllowed("the setting billing_details is empty")
    arrival = visit.identified()
    if not visit.sees_customer:
        raise NotFound("neither a link to one invoice nor a subscription on arrival opens billing details")
    if isinstance(arrival.identity, CustomerId):
        customer = arrival.identity.id
    else:
        customers = await customers_with(arrival.identity)
        if not customers:
            raise NotFound("there is no such customer")
        customer = await customer_in_view(visit, customers)
    found = await billing_details(customer)
    if found.gone:
        raise NotFound("the customer was deleted")
    return found


def changeable(visit: Visit) -> frozenset[Detail]:
    """What this visitor may change.

    Whoever is known by an address may not change it: they could take another's, and see what is theirs.
    """
    if not visit.may("manage"):
        return frozenset()
    known_by_email = isinstance(visit.identified().identity, Email)
    return visit.settings.billing_details - ({"email"} if known_by_email else set())


def check(visit: Visit, given: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """What of a form is to be saved, and what is wrong with it by field, ready to print."""
    allowed = changeable(visit)
    wanted = {name: given[name].strip() for name, needs in FIELDS.items() if needs in allowed and name in given}
    wrong = {name: problem for name, text in wanted.items() if (problem := _problem(name, text))}
    filled = [name for name in PARTS if wanted.get(name)]
    if filled and not wanted.get("country") and "country" in wanted:
        wrong.setdefault("country", N_("Please choose a country."))
    return wanted, {name: visit.language.gettext(text) for name, text in wrong.items()}


def _problem(name: str, text: str) -> str:
    if name == "name" and not text:
        return N_("Please enter a name: it stands on your invoices.")
    if len(text) > _LONGEST.get(name, 200):
        return N_("This is too long.")
    if any(ord(character) < 32 for character in text):
        return N_("This has a character that cannot be printed.")
    if name == "email" and not _EMAIL.fullmatch(text):
        return N_("This is not an e-mail address.")
    if name == "phone" and text and not _PHONE.fullmatch(text):
        return N_("Please write a phone number, such as +49 30 1234567.")
    if name == "country" and text and text not in countries():
        return N_("Please choose a country.")
    return ""


async def save(visit: Visit, details: BillingDetails, wanted: Mapping[str, str]) -> dict[str, str]:
    """Save what was checked; what Stripe says is wrong with it, by field. Only what is other than before is sent."""
    visit.demand("manage")
    before = {name: getattr(details.address if name in PARTS else details, name) for name in wanted}
    changed = [name for name in wanted if wanted[name] != before[name]]
    if not changed:
        return {}
    sent: dict[str, object] = {name: wanted[name] for name in changed if name not in PARTS}
    if any(name in PARTS for name in changed):
        sent["address"] = {name: wanted[name] for name in PARTS if name in wanted}
    try:
        await save_details(details.customer, sent)
    except StripeRejected as error:
        return {_field(error.param, "country" if "address" in sent else changed[0]): _said(visit, error)}
    kinds = ",".join(sorted({FIELDS[name] for name in changed}))
    await noted(visit, "details.changed", details.customer, details.customer, event="update_details", changed=kinds)
    return {}


async def add(visit: Visit, details: BillingDetails, type: str, value: str, once: str) -> dict[str, str]:
    """Add a tax ID; what is wrong with it, by field. One that is there already is left as it is.

    ``once`` is the form's own mark: a second click on the same form is no second tax ID.
    """
    _demand_tax_ids(visit)
    _ = visit.language.gettext
    if type not in TAX_ID_TYPES:
        return {"type": _("Please choose a kind of tax ID.")}
    if not _TAX_ID.fullmatch(value.strip()):
        problem = _MESSAGES["tax_id_invalid"]
        return {"value": _(problem)}
    there = await tax_ids_of(details.customer)
    if any((each.type, each.value) == (type, value.strip()) for each in there.items):
        return {}
    mark = hashlib.sha256(f"{details.customer} {type} {value.strip()} {once}".encode()).hexdigest()[:40]
    try:
        await add_tax_id(details.customer, type, value.strip(), f"invoice-portal-tax-id-{mark}")
    except StripeRejected as error:
        return {_field(error.param, "value"): _said(visit, error)}
    await noted(visit, "tax_id.added", details.customer, details.customer, event="update_details", changed="tax_ids")
    return {}


async def remove(visit: Visit, details: BillingDetails, tax_id: str) -> None:
    """Remove a tax ID of this customer's; one that is gone already stays so, and another's is untouched."""
    _demand_tax_ids(visit)
    try:
        await remove_tax_id(details.customer, tax_id)
    except NotFound:
        return
    await noted(visit, "tax_id.removed", details.customer, details.customer, event="update_details", changed="tax_ids")


def _demand_tax_ids(visit: Visit) -> None:
    visit.demand("manage")
    if "tax_ids" not in visit.settings.billing_details:
        raise NotAllowed("'tax_ids' is not in the setting billing_details")


def _field(param: str, default: str) -> str:
    """The field that Stripe's ``param`` is about: ``address[country]`` is ``country``."""
    name = param.rpartition("[")[2].removesuffix("]") or param
    return name if name in (*FIELDS, "type", "value") else default


def _said(visit: Visit, error: StripeRejected) -> str:
    """Stripe's reason in plain words: its own text is not for customers."""
    return visit.language.gettext(_MESSAGES.get(error.code, REFUSED))
