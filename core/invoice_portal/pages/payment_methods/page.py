"""The page of a customer's saved payment methods."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from invoice_portal.assets import asset_url
from invoice_portal.http import Page, Response
from invoice_portal.i18n import Language
from invoice_portal.marking import N_
from invoice_portal.pages.paying.methods_view import expires_before, expiry_text
from invoice_portal.pages.paying.page import stripe_options
from invoice_portal.pages.payment_methods.owner import (
    Charged,
    charged_if_known,
    customer_in_view,
    demand_managing,
    in_view,
    owners,
)
from invoice_portal.payment_words import method_name, refusal
from invoice_portal.stripe_api.customers import Customer
from invoice_portal.stripe_api.payment_methods import SavedMethod, methods_of
from invoice_portal.visits import Visit

NEEDED: Final = N_("Your next bill is charged to it. Choose another default before you remove it.")


@dataclass(frozen=True, slots=True)
class MethodRow:
    """One method, and what can be done with it; an address is empty where it cannot. ``needed`` says why it stays."""

    name: str
    remark: str
    warning: str
    default: bool
    expired: bool
    default_url: str
    remove_url: str
    needed: str


@dataclass(frozen=True, slots=True)
class MethodsView:
    """Everything on the page, ready to print. ``script`` is what the portal's own script is told, as JSON."""

    rows: tuple[MethodRow, ...]
    note: str
    note_is_bad: bool
    customer: str
    customers: tuple[tuple[str, str, bool], ...]
    here_url: str
    script: str


async def payment_methods(visit: Visit) -> Response:
    """The methods that the customer has agreed to keep, and those that renewals are charged to."""
    demand_managing(visit)
    customers = await owners(visit)
    customer = customer_in_view(customers, visit.request.query.get("customer", ""))
    charged = await charged_if_known(visit, customer) or Charged(None, ())
    listing = await methods_of(customer)
    note, bad = _note(visit)
    view = MethodsView(
        rows=tuple(_row(visit, method, charged) for method in in_order(listing.items, charged)),
        note=note,
        note_is_bad=bad,
        customer=customer,
        customers=_choices(visit, customers, customer),
        here_url=visit.url("payment_methods", {"customer": customer}),
        script=_script(visit),
    )
    return Page(
        template="invoice_portal/payment_methods.html",
        title=visit.language.gettext("Payment methods"),
        context={
            "methods": view,
            "script_url": asset_url(visit, "pay.js"),
            "customer_name": next((each.name for each in customers if each.id == customer), ""),
        },
        stripe_js=True,
    )


def in_order(methods: tuple[SavedMethod, ...], charged: Charged) -> list[SavedMethod]:
    """Those that are shown, what renewals are charged to first."""
    return sorted(
        (each for each in methods if in_view(each, charged)), key=lambda method: method.id not in charged.methods
    )


def _row(visit: Visit, method: SavedMethod, charged: Charged) -> MethodRow:
    default = method.id in charged.methods
    needed = default and bool(charged.subscriptions)
    return MethodRow(
        name=method_name(visit.language, method.shown),
        remark=expiry_text(visit.language, method, visit.now),
        warning=warning(visit.language, method, charged, visit.now),
        default=default,
        expired=method.expired(visit.now),
        default_url=(
            "" if charged.methods == {method.id} or method.expired(visit.now) else _url(visit, "default_method", method)
        ),
        remove_url="" if needed else _url(visit, "remove_method", method),
        needed=visit.language.gettext(NEEDED) if needed else "",
    )


def _url(visit: Visit, route: str, method: SavedMethod) -> str:
    return visit.url(route, method=method.id)


def warning(language: Language, method: SavedMethod, charged: Charged, now: int) -> str:
    """A card that renewals are charged to, and that will not do for the next of them."""
    bill = charged.next_bill(method.id)
    if bill is None or bill < now or not expires_before(method, bill):
        return ""
    return language.gettext(
        "This card expires before your next bill on %(date)s. Add another one in time.", date=language.long_date(bill)
    )


def _note(visit: Visit) -> tuple[str, bool]:
    _ = visit.language.gettext
    match visit.request.query.get("note", ""):
        case "added":
            return _("The payment method was added."), False
        case "removed":
            return _("The payment method was removed."), False
        case "default":
            return _("Your next bills are charged to this payment method."), False
        case "needed":
            return _(NEEDED), True
        case "verify":
            return _("Your bank account must be verified first: look for the small deposits, then name them."), True
        case "failed":
            return refusal(visit.language, visit.request.query.get("reason", "")), True
        case _:
            return "", False


def _choices(visit: Visit, customers: tuple[Customer, ...], current: str) -> tuple[tuple[str, str, bool], ...]:
    """The customers to choose from (name, address, whether it is the one at hand), where there are several."""
    if len(customers) < 2:
        return ()
    return tuple(
        (
            customer.name or customer.description or customer.email,
            visit.url("payment_methods", {"customer": customer.id}),
            customer.id == current,
        )
        for customer in customers
    )


def _script(visit: Visit) -> str:
    _ = visit.language.gettext
    options = {
        **stripe_options(visit),
        "setup": True,
        "new_url": visit.url("new_method"),
        "lost": _("The connection was lost. Reload this page to see your payment methods."),
    }
    return json.dumps(options)
