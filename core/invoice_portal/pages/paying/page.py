"""The page on which an invoice is paid."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from invoice_portal.assets import asset_url
from invoice_portal.http import Page, Redirect, Response
from invoice_portal.money import Money
from invoice_portal.pages.paying.answering import text_of
from invoice_portal.pages.paying.asking import types_of
from invoice_portal.pages.paying.due import Due, fetch_due
from invoice_portal.pages.paying.ending import catch_up
from invoice_portal.pages.paying.hosted import hosted_types_fit
from invoice_portal.pages.paying.limits import (
    fits,
    has_saved_methods,
    least_part,
    manages_methods,
    part_allowed,
    part_fits,
    pays_here,
    read_amount,
)
from invoice_portal.pages.paying.methods_view import MethodView, Saved, saved_for_due, view_methods
from invoice_portal.pages.paying.settle import Settled
from invoice_portal.pages.paying.statement import seal_statement, state_of
from invoice_portal.payment_words import type_name
from invoice_portal.stripe_js import script_url
from invoice_portal.visits import Visit


@dataclass(frozen=True, slots=True)
class PartForm:
    """Paying a part: what was typed, the least that may be, and what is wrong with it. ``on`` where one is chosen."""

    url: str
    typed: str
    least: str
    problem: str
    on: bool
    whole_url: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A payment that waits for the customer: for their bank, or for small deposits on a page of Stripe's."""

    text: str
    url: str = field(repr=False)
    script: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PayView:
    """Everything on the page, ready to print. ``script`` is what the portal's own script is told, and
    ``about`` what the page around an embed frame is, as JSON."""

    title: str
    number: str
    amount: str
    rest: str
    back_url: str
    here_url: str
    note: str
    note_is_bad: bool
    methods: tuple[MethodView, ...]
    methods_failed: bool
    saved_url: str
    statement: str
    part: PartForm | None
    waiting: Waiting | None
    only: str
    keeps: str
    hosted_url: str
    methods_url: str
    about: str
    script: str


async def pay(visit: Visit) -> Response:
    """The page, where there is something to pay; else the invoice, which says how it stands."""
    visit.demand("pay")
    if not pays_here(visit):
        return Redirect(to=visit.url("invoice", invoice=visit.request.args["invoice"]))
    due = await fetch_due(visit, visit.request.args["invoice"])
    if not due.payable:
        await catch_up(visit, due)
        note = "on_its_way" if due.under_way else "settled"
        return Redirect(to=visit.url("invoice", {"note": note}, invoice=due.invoice.id))
    types = await types_of(visit, due)
    saved = await saved_for_due(visit, due) if has_saved_methods(visit) else Saved()
    view = _view(visit, due, types, saved)
    return Page(
        template="invoice_portal/pay.html",
        title=view.title,
        context={
            "pay": view,
            "stripe_js_url": script_url(visit.settings),
            "script_url": asset_url(visit, "pay.js"),
            "merchant": due.invoice.account_name,
            "customer_name": due.invoice.customer_name,
        },
        stripe_js=True,
    )


def _view(visit: Visit, due: Due, types: tuple[str, ...], saved: Saved) -> PayView:
    _, invoice = visit.language.gettext, due.invoice
    amount, form = _part(visit, due)
    statement = state_of(due, amount)
    sealed = seal_statement(visit.signer, statement, visit.now)
    rest = Money(due.remaining.amount - amount, due.remaining.currency)
    note, bad = _note(visit, due)
    about: dict[str, str | int] = {"invoice": invoice.id, "amount": amount, "currency": due.remaining.currency}
    return PayView(
        title=_("Pay invoice %(number)s", number=invoice.number) if invoice.number else _("Pay invoice"),
        number=invoice.number,
        amount=visit.language.money(statement.amount),
        rest=_("%(amount)s remain to be paid later.", amount=visit.language.money(rest)) if rest.amount else "",
        here_url=visit.url("pay_page", invoice=invoice.id),
        back_url=visit.url("invoice", invoice=invoice.id),
        note=note,
        note_is_bad=bad,
        methods=view_methods(visit, saved, types),
        methods_failed=saved.failed,
        saved_url=visit.url("pay_saved", invoice=invoice.id),
        statement=sealed,
        part=form,
        waiting=_waiting(visit, due, types),
        only=_only(visit, types),
        keeps=_keeps(visit),
        hosted_url=_hosted_url(visit, due, types) if form is None or not form.on else "",
        methods_url=_methods_url(visit, due),
        about=json.dumps(about),
        script=script_options(visit, due, about),
    )


def script_options(visit: Visit, due: Due, about: Mapping[str, str | int] | None = None) -> str:
    """What the portal's own script needs: the publishable key, and where its steps lead. No secret is in it."""
    _, id = visit.language.gettext, due.invoice.id
    return json.dumps(
        {
            **stripe_options(visit),
            "about": dict(about or {}),
            "stopped": _("The payment was stopped. Nothing was paid."),
            "new_url": visit.url("new_payment", invoice=id),
            "check_url": visit.url("check_payment", invoice=id),
            "result_url": visit.url("payment_result", invoice=id),
            "bank_url": visit.url("answer_bank", invoice=id),
            "lost": _(
                "The connection was lost. Look again before you pay: reload this page, it says how the payment stands."
            ),
        }
    )


def stripe_options(visit: Visit) -> dict[str, str]:
    """What Stripe's script is started with."""
    return {
        "key": visit.settings.stripe_publishable_key,
        "account": visit.settings.stripe_account or "",
        "locale": visit.language.tag,
        "direction": visit.language.direction,
        "stripe_js": script_url(visit.settings),
    }


def _part(visit: Visit, due: Due) -> tuple[int, PartForm | None]:
    """What would be paid (minor units): the part in the address, where it is one that may be; else all of it."""
    remaining, settings, language = due.remaining, visit.settings, visit.language
    if not part_allowed(settings, due):
        return remaining.amount, None
    _, typed = language.gettext, visit.request.query.get("part", "")
    least = language.money(Money(least_part(settings, remaining.currency), remaining.currency))
    read = read_amount(language, typed, remaining.currency) if typed else None
    problem = ""
    if typed and read is None:
        problem = _("Please write the amount as a number.")
    elif read is not None and not part_fits(settings, due, read):
        problem = _("You can pay %(least)s or more, and must leave nothing or a rest that can be paid.", least=least)
        read = None
    amount = remaining.amount if read is None else read
    url = visit.url("pay_page", invoice=due.invoice.id)
    return amount, PartForm(url, typed, least, problem, amount != remaining.amount, url)


def _note(visit: Visit, due: Due) -> tuple[str, bool]:
    """What happened a moment ago. A reason of a refusal is believed only where Stripe says it too."""
    match visit.request.query.get("note", ""):
        case "failed":
            reason = visit.request.query.get("reason", "")
            said = {payment.intent.error for payment in due.payments if payment.intent}
            local = reason in ("expired_card", "resource_missing")
            return text_of(visit, Settled("failed", reason if local or reason in said else "")), True
        case "changed" | "busy" | "unknown" as note:
            return text_of(visit, Settled(note)), True
        case _:
            return "", False


def _waiting(visit: Visit, due: Due, types: tuple[str, ...]) -> Waiting | None:
    _, intent = visit.language.gettext, due.waiting
    if intent is None or not fits(intent, types):
        return None
    if intent.action == "verify_with_microdeposits":
        text = _("Your bank account must be verified first: look for the small deposits, then name them.")
        return Waiting(text, intent.verification_url, "")
    return Waiting(_("Your bank asks you to confirm this payment."), "", script_options(visit, due))


def _only(visit: Visit, types: tuple[str, ...]) -> str:
    if not types:
        return ""
    names = list(dict.fromkeys(type_name(visit.language, type) for type in types))
    return visit.language.gettext("This invoice can be paid with: %(types)s.", types=", ".join(names))


def _keeps(visit: Visit) -> str:
    """What is said of a method that is kept without being asked for."""
    if visit.settings.save_payment_method != "always" or not has_saved_methods(visit):
        return ""
    return visit.language.gettext("We keep this method for your next payments. You can remove it at any time.")


def _hosted_url(visit: Visit, due: Due, types: tuple[str, ...]) -> str:
    """Where Stripe's own page can take the whole amount by a type that is allowed; else empty."""
    fits_there = due.invoice.hosted_url and hosted_types_fit(due, types)
    return visit.url("pay_hosted", invoice=due.invoice.id) if fits_there else ""


def _methods_url(visit: Visit, due: Due) -> str:
    if not manages_methods(visit):
        return ""
    return visit.url("payment_methods", {"customer": due.customer})
