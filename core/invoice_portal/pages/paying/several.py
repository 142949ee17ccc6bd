"""Paying several invoices with one saved method: each is settled on its own, one after the other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from invoice_portal.assets import asset_url
from invoice_portal.effects import each, needed
from invoice_portal.errors import NotFound, PortalError
from invoice_portal.hooks import Payable
from invoice_portal.http import Page, Redirect, Response
from invoice_portal.money import Money
from invoice_portal.owned import given_subscription
from invoice_portal.pages.invoices.status import StatusBadge, badge
from invoice_portal.pages.paying.answering import goes_on, text_of
from invoice_portal.pages.paying.asking import wanted_types
from invoice_portal.pages.paying.due import Due
from invoice_portal.pages.paying.limits import demand_here, manages_methods
from invoice_portal.pages.paying.methods_view import MethodView, saved_for, view_methods
from invoice_portal.pages.paying.on_its_way import marked, under_way
from invoice_portal.pages.paying.saved import pay_one
from invoice_portal.pages.paying.statement import seal_statement, state_of
from invoice_portal.stripe_api.invoices import MOST_A_CALL, Invoice, list_invoices
from invoice_portal.viewing import looked_at
from invoice_portal.visits import Visit

MOST_AT_ONCE: Final = 25
_FIELD: Final = "pay_"
_DONE: Final = ("paid", "processing", "nothing")
_AGAIN: Final = ("", "failed", "changed", "busy", "unknown")
"""What can be ticked again: not what is done, nor what the host vetoes or the customer's bank asks about."""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one: its status, the words for it, and whether the next one was tried."""

    status: str
    text: str
    next: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """An open invoice. ``field`` is empty where it cannot be paid now; ``told`` says what became of it just now.

    ``ticked`` is whether it is from the start: after a try only what was ticked before, and costs what it said then.
    ``about`` is what the page around an embed frame is asked with, as JSON.
    """

    number: str
    subject: str
    amount: str
    status: StatusBadge
    view_url: str
    pay_url: str
    saved_url: str
    about: str
    field: str = ""
    statement: str = ""
    told: str = ""
    done: bool = False
    ticked: bool = True


@dataclass(frozen=True, slots=True)
class SeveralView:
    """Everything on the page, ready to print. ``currencies`` are (name, address, whether it is the one at hand).

    ``total`` is what can still be ticked, in sum; empty where nothing can.
    """

    rows: tuple[Row, ...]
    total: str
    currencies: tuple[tuple[str, str, bool], ...]
    methods: tuple[MethodView, ...]
    methods_url: str
    pay_url: str
    here_url: str
    home_url: str
    note: str
    script: str


async def several(visit: Visit) -> Response:
    """All open invoices in one currency, to be ticked, and a method to pay them with."""
    open_now, keep = await _open(visit)
    if not open_now:
        return Redirect(to=visit.url("home", keep))
    return await _page(visit, open_now, keep, {}, "")


async def pay_several(visit: Visit) -> Response:
    """Pay what was ticked, one after the other, until one does not go through; then say what became of each."""
    open_now, keep = await _open(visit)
    wanted = [invoice for invoice in open_now if _FIELD + invoice.id in visit.request.form]
    told: dict[str, Told] = {}
    stopped = False
    for count, invoice in enumerate(wanted):
        if stopped or count >= MOST_AT_ONCE:
            told[invoice.id] = Told("", visit.language.gettext("Not tried."))
            continue
        told[invoice.id] = await _settle(visit, invoice)
        stopped = not told[invoice.id].next
    _ = visit.language.gettext
    left = any(each.status not in _DONE for each in told.values())
    note = _("Not everything was paid. See below what was, and go on from there.") if left else ""
    return await _page(visit, open_now, keep, told, note if wanted else _("Tick at least one invoice."))


async def _settle(visit: Visit, invoice: Invoice) -> Told:
    """How one ended. What the host vetoes does not hold up the others."""
    form = visit.request.form
    try:
        settled = await pay_one(visit, invoice.id, form[_FIELD + invoice.id], form.get("method", ""))
    except PortalError as error:
        reason: str = getattr(error, "reason", "") or visit.language.gettext(error.advice)
        return Told("error" if goes_on(error) else "unknown", reason, goes_on(error))
    return Told(settled.status, text_of(visit, settled), goes_on(settled))


async def _open(visit: Visit) -> tuple[tuple[Invoice, ...], dict[str, str]]:
    """The open invoices of the customer in view, oldest first, and what every address of the page carries on."""
    demand_here(visit)
    found = await looked_at(visit)
    if found is None:
        raise NotFound("the visitor has no customer at Stripe")
    scope, _ = found
    call = list_invoices(scope.customer, limit=MOST_A_CALL, status="open", subscription=scope.subscription)
    (listed,) = await each([call])
    due = [invoice for invoice in needed(listed).items if invoice.amount_remaining.amount > 0]
    on_its_way = await under_way(visit, scope.customer, due)
    return tuple(reversed(marked(due, on_its_way))), scope.query


async def _page(
    visit: Visit, invoices: tuple[Invoice, ...], keep: dict[str, str], told: Mapping[str, Told], note: str
) -> Page:
    currencies = list(dict.fromkeys(invoice.amount_remaining.currency for invoice in invoices))
    asked = visit.request.query.get("currency", "") or visit.request.form.get("currency", "")
    currency = asked if asked in currencies else currencies[0] if currencies else ""
    shown = [invoice for invoice in invoices if invoice.amount_remaining.currency == currency]
    customer = next((invoice.owner for invoice in invoices if invoice.owner), "")
    types = await wanted_types(visit, Payable(customer_id=customer or "", currency=currency))
    saved = await saved_for(visit, customer, given_subscription(visit)) if customer else None
    left = [invoice.amount_remaining.amount for invoice in shown if _can_be_ticked(invoice, told.get(invoice.id))]
    _ = visit.language.gettext
    here = visit.url("pay_several", {**keep, "currency": currency})
    view = SeveralView(
        rows=tuple(
            _row(visit, invoice, told.get(invoice.id), ticked=not told or _is_ticked_again(told.get(invoice.id)))
            for invoice in shown
        ),
        total=visit.language.money(Money(sum(left), currency)) if left else "",
        currencies=_currencies(visit, currencies, currency, keep),
        methods=view_methods(visit, saved, types) if saved else (),
        methods_url=visit.url("payment_methods", {"customer": customer or ""}) if manages_methods(visit) else "",
        pay_url=here,
        here_url=here,
        home_url=visit.url("home", keep),
        note=note,
        script=_script(visit, keep),
    )
    return Page(
        template="invoice_portal/pay_several.html",
        title=_("Pay several invoices"),
        context={
            "several": view,
            "script_url": asset_url(visit, "pay.js"),
            "merchant": invoices[0].account_name if invoices else "",
            "customer_name": invoices[0].customer_name if invoices else "",
        },
    )


def _can_be_ticked(invoice: Invoice, told: Told | None) -> bool:
    return not invoice.under_way and (told is None or told.status in _AGAIN)


def _is_ticked_again(told: Told | None) -> bool:
    return told is not None and told.status != "changed"


def _row(visit: Visit, invoice: Invoice, told: Told | None, *, ticked: bool) -> Row:
    can, due = _can_be_ticked(invoice, told), invoice.amount_remaining
    return Row(
        number=invoice.number or visit.language.gettext("No number"),
        subject=invoice.subject,
        amount=visit.language.money(due),
        status=badge(invoice, visit.language, visit.now),
        view_url=visit.url("invoice", invoice=invoice.id),
        pay_url=visit.url("pay_page", invoice=invoice.id),
        saved_url=visit.url("pay_saved", invoice=invoice.id),
        about=json.dumps({"invoice": invoice.id, "amount": due.amount, "currency": due.currency}),
        field=_FIELD + invoice.id if can else "",
        statement=seal_statement(visit.signer, state_of(Due(invoice, ())), visit.now) if can else "",
        told=told.text if told else "",
        done=told is not None and told.status in _DONE,
        ticked=ticked,
    )


def _currencies(
    visit: Visit, currencies: list[str], current: str, keep: dict[str, str]
) -> tuple[tuple[str, str, bool], ...]:
    if len(currencies) < 2:
        return ()
    return tuple(
        (each.upper(), visit.url("pay_several", {**keep, "currency": each}), each == current) for each in currencies
    )


def _script(visit: Visit, keep: dict[str, str]) -> str:
    _ = visit.language.gettext
    return json.dumps(
        {
            "working": _("Paying …"),
            "progress": _("Paying %(position)s of %(count)s …", position="%1", count="%2"),
            "refused": _("The payment was stopped. Nothing was paid."),
            "stopped": _("Not everything was paid. See below what was, and go on from there."),
            "done": _("Done."),
            "go_on": _("Continue"),
            "lost": _(
                "The connection was lost. Look again before you pay: reload this page, it says how the payment stands."
            ),
            "done_url": visit.url("home", keep),
        }
    )
