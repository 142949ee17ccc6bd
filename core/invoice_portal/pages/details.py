"""Billing details: what will stand on later invoices."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from invoice_portal.effects import Ok, Outcome, each
from invoice_portal.http import Page, Redirect, Response
from invoice_portal.identity import CustomerId
from invoice_portal.managing.details import FIELDS, PARTS, add, changeable, check, own_details, remove, save
from invoice_portal.pages.invoices.parties import address_lines
from invoice_portal.stripe_api.billing_details import BillingDetails, TaxId, tax_ids_of
from invoice_portal.stripe_api.reading import Listing
from invoice_portal.tax_id_types import TAX_ID_TYPES, tax_id_label
from invoice_portal.visits import Visit


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the form; ``problem`` is what is wrong with it."""

    name: str
    label: str
    value: str
    type: str
    autocomplete: str
    problem: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong, said once more above the forms; ``field`` is empty where there is no such field to go to."""

    field: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class TaxIdView:
    """A tax ID, ready to print."""

    id: str
    label: str
    value: str
    remark: str


@dataclass(frozen=True, slots=True)
class DetailsView:
    """The page. ``fields`` is empty where nothing but tax IDs, or nothing at all, may be changed."""

    shown: tuple[tuple[str, str], ...]
    fields: tuple[Field, ...]
    countries: tuple[tuple[str, str], ...]
    tax_ids: tuple[TaxIdView, ...]
    tax_ids_failed: bool
    tax_ids_shown: bool
    adds_tax_ids: bool
    types: tuple[tuple[str, str], ...]
    tax_id: tuple[str, str]
    problems: Mapping[str, str]
    mistakes: tuple[Mistake, ...]
    url: str
    add_url: str
    remove_url: str
    once: str


async def details_page(visit: Visit) -> Response:
    """The details as they stand, in a form where they may be changed."""
    found = await own_details(visit)
    return await _page(visit, found, _values(found), {})


async def save_form(visit: Visit) -> Response:
    """Save the form; what is wrong with it is said at the field, and what was typed stays."""
    visit.demand("manage")
    found = await own_details(visit)
    wanted, wrong = check(visit, visit.request.form)
    wrong = wrong or await save(visit, found, wanted)
    return await _page(visit, found, {**_values(found), **wanted}, wrong) if wrong else _back(visit, "saved")


async def add_form(visit: Visit) -> Response:
    """Add a tax ID."""
    visit.demand("manage")
    found, form = await own_details(visit), visit.request.form
    wrong = await add(visit, found, form.get("type", ""), form.get("value", ""), form.get("once", "")[:64])
    return await _page(visit, found, _values(found), wrong) if wrong else _back(visit, "added")


async def remove_form(visit: Visit) -> Response:
    """Remove a tax ID."""
    visit.demand("manage")
    await remove(visit, await own_details(visit), visit.request.form.get("tax_id", ""))
    return _back(visit, "removed")


def _back(visit: Visit, note: str) -> Redirect:
    """To the page, of the same customer where there are several."""
    return Redirect(to=visit.url("details", {**_kept(visit), "note": note}))


def _kept(visit: Visit) -> dict[str, str]:
    chosen = visit.request.query.get("customer", "")
    return {"customer": chosen} if chosen and not isinstance(visit.identified().identity, CustomerId) else {}


async def _page(visit: Visit, found: BillingDetails, values: Mapping[str, str], wrong: Mapping[str, str]) -> Response:
    _ = visit.language.gettext
    shows = "tax_ids" in visit.settings.billing_details
    nothing: Listing[TaxId] = Listing((), has_more=False)
    (ids,) = await each([tax_ids_of(found.customer)]) if shows else (Ok(nothing),)
    notes = {
        "saved": _("Saved. Later invoices show it; those that you have keep what they say."),
        "added": _("The tax ID is added. Later invoices show it."),
        "removed": _("The tax ID is removed. Later invoices go without it."),
    }
    context = {
        "details": _view(visit, found, values, wrong, ids),
        "note": notes.get(visit.request.query.get("note", ""), ""),
        "customer_name": found.name,
    }
    status = 422 if wrong else 200
    return Page(template="invoice_portal/details.html", title=_("Billing details"), context=context, status=status)


def _view(
    visit: Visit,
    found: BillingDetails,
    values: Mapping[str, str],
    wrong: Mapping[str, str],
    ids: Outcome[Listing[TaxId]],
) -> DetailsView:
    language, allowed, form = visit.language, changeable(visit), visit.request.form
    _ = language.gettext
    kept = _kept(visit)
    adds = "tax_ids" in allowed
    fields = tuple(each for each in _fields(visit, values, wrong) if FIELDS[each.name] in allowed)
    labels = {each.name: each.label for each in fields} | ({"type": _("Kind"), "value": _("Number")} if adds else {})
    return DetailsView(
        shown=_shown(visit, found),
        fields=fields,
        countries=tuple(language.countries()) if "address" in allowed else (),
        tax_ids=tuple(_tax_id(visit, each) for each in ids.value.items) if isinstance(ids, Ok) else (),
        tax_ids_failed=not isinstance(ids, Ok),
        tax_ids_shown="tax_ids" in visit.settings.billing_details,
        adds_tax_ids=adds,
        types=tuple(sorted(((type, tax_id_label(language, type)) for type in TAX_ID_TYPES), key=lambda pair: pair[1]))
        if adds
        else (),
        tax_id=(form.get("type", ""), form.get("value", "")) if {"type", "value"} & set(wrong) else ("", ""),
        problems=wrong,
        mistakes=tuple(Mistake(name if name in labels else "", labels.get(name, ""), wrong[name]) for name in wrong),
        url=visit.url("save_details", kept),
        add_url=visit.url("add_tax_id", kept),
        remove_url=visit.url("remove_tax_id", kept),
        once=secrets.token_urlsafe(12),
    )


def _values(found: BillingDetails) -> dict[str, str]:
    return {name: getattr(found.address if name in PARTS else found, name) for name in FIELDS}


def _shown(visit: Visit, found: BillingDetails) -> tuple[tuple[str, str], ...]:
    """What is set but cannot be changed here, in words."""
    _, allowed = visit.language.gettext, changeable(visit)
    address = ", ".join(address_lines(visit.language, found.address))
    rows = (
        ("name", _("Name"), found.name),
        ("email", _("E-mail"), found.email),
        ("phone", _("Phone"), found.phone),
        ("address", _("Address"), address),
    )
    return tuple((label, text) for name, label, text in rows if name not in allowed and text)


def _fields(visit: Visit, values: Mapping[str, str], wrong: Mapping[str, str]) -> tuple[Field, ...]:
    _ = visit.language.gettext

    def field(name: str, label: str, autocomplete: str, type: str = "text", *, required: bool = False) -> Field:
        return Field(name, label, values.get(name, ""), type, autocomplete, wrong.get(name, ""), required)

    return (
        field("name", _("Name or company"), "organization", required=True),
        field("email", _("E-mail for invoices"), "email", "email", required=True),
        field("phone", _("Phone"), "tel", "tel"),
        field("line1", _("Street and number"), "address-line1"),
        field("line2", _("Address line 2"), "address-line2"),
        field("postal_code", _("Postal code"), "postal-code"),
        field("city", _("City"), "address-level2"),
        field("state", _("State or region"), "address-level1"),
        field("country", _("Country"), "country", "country"),
    )


def _tax_id(visit: Visit, tax_id: TaxId) -> TaxIdView:
    _ = visit.language.gettext
    remarks = {"pending": _("Being checked"), "verified": _("Verified"), "unverified": _("Could not be verified")}
    return TaxIdView(
        id=tax_id.id,
        label=tax_id_label(visit.language, tax_id.type),
        value=tax_id.value,
        remark=remarks.get(tax_id.verified, ""),
    )
