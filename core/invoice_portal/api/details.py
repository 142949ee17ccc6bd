"""A customer's billing details as JSON: what will stand on later invoices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Final

from invoice_portal.api.own import does, reads
from invoice_portal.api.schema import Nothing, Text, as_json
from invoice_portal.effects import Ok, each
from invoice_portal.http import Data
from invoice_portal.managing.details import FIELDS, PARTS, add, changeable, check, own_details, remove, save
from invoice_portal.stripe_api.billing_details import BillingDetails, tax_ids_of
from invoice_portal.subscription_settings import Detail
from invoice_portal.tax_id_types import tax_id_label
from invoice_portal.visits import Visit


@dataclass(frozen=True, slots=True)
class TaxIdData:
    """A tax ID. ``verification`` is Stripe's word."""

    id: str
    type: str
    type_text: Text
    value: str
    verification: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a field."""

    field: str
    text: Text


@dataclass(frozen=True, slots=True)
class DetailsData:
    """A customer's details. They apply to later invoices; those that are there stay as they are."""

    customer_id: str
    name: str
    email: str
    phone: str
    line1: str
    line2: str
    city: str
    state: str
    postal_code: str
    country: Annotated[str, "Two letters, or empty."]
    tax_ids: Annotated[tuple[TaxIdData, ...] | None, "Null where they are not shown, or not to be had just now."]
    may_change: tuple[Detail, ...]
    problems: Annotated[tuple[Problem, ...], "With status 422: what kept the change from being made."]


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be changed; what is left out stays as it is."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class NewTaxId:
    """A tax ID to add: its type as Stripe names it (``eu_vat``)."""

    type: str
    value: str


async def details(visit: Visit) -> DetailsData:
    """The details of the customer in view."""
    return await _data(visit, await own_details(visit))


async def save_changes(visit: Visit, body: Changes) -> DetailsData | Data:
    """Save what is given. An address is one thing: parts that are left out are kept."""
    visit.demand("manage")
    found = await own_details(visit)
    given = {name: value for name, value in asdict(body).items() if value is not None}
    if any(name in PARTS for name in given):
        given = {**asdict(found.address), **given}
    wanted, wrong = check(visit, given)
    return await _answer(visit, found, wrong or await save(visit, found, wanted))


async def add_one(visit: Visit, body: NewTaxId) -> DetailsData | Data:
    """Add a tax ID; one that is there already is left as it is."""
    visit.demand("manage")
    found = await own_details(visit)
    return await _answer(visit, found, await add(visit, found, body.type, body.value, f"api {visit.now // 10}"))


async def remove_one(visit: Visit, body: Nothing) -> DetailsData:
    """Remove a tax ID; one that is gone already stays so."""
    visit.demand("manage")
    found = await own_details(visit)
    await remove(visit, found, visit.request.args["tax_id"])
    return await _data(visit, found)


async def _answer(visit: Visit, found: BillingDetails, wrong: Mapping[str, str]) -> DetailsData | Data:
    if not wrong:
        return await details(visit)
    return Data(value=as_json(await _data(visit, found, wrong)), status=422)


async def _data(visit: Visit, found: BillingDetails, wrong: Mapping[str, str] | None = None) -> DetailsData:
    shows = "tax_ids" in visit.settings.billing_details
    outcomes = await each([tax_ids_of(found.customer)] if shows else [])
    ids = next((outcome.value.items for outcome in outcomes if isinstance(outcome, Ok)), None)
    values = {name: getattr(found.address if name in PARTS else found, name) for name in FIELDS}
    return DetailsData(
        customer_id=found.customer,
        **values,
        tax_ids=None
        if ids is None
        else tuple(
            TaxIdData(one.id, one.type, tax_id_label(visit.language, one.type), one.value, one.verified) for one in ids
        ),
        may_change=tuple(sorted(changeable(visit))),
        problems=tuple(Problem(field, text) for field, text in (wrong or {}).items()),
    )


ROUTES: Final = (
    reads("api_me_details", "/details", "The billing details", details, DetailsData, audit="details.viewed"),
    does("api_me_save_details", "/details", "Change billing details", save_changes, DetailsData, takes=Changes),
    does("api_me_add_tax_id", "/details/tax_ids", "Add a tax ID", add_one, DetailsData, takes=NewTaxId),
    does(
        "api_me_remove_tax_id",
        "/details/tax_ids/{tax_id}/remove",
        "Remove a tax ID",
        remove_one,
        DetailsData,
        takes=Nothing,
    ),
)
