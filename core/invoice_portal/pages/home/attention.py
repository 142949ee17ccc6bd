"""What needs the customer, first on the first page: overdue, failed, on its way, and a card about to expire."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal, TypeAlias

from invoice_portal.effects import Failed, Ok, Outcome, StripeCall
from invoice_portal.errors import NotFound
from invoice_portal.pages.handover import payable
from invoice_portal.pages.home.known import Known
from invoice_portal.pages.invoices.status import overdue
from invoice_portal.pages.paying.limits import manages_methods
from invoice_portal.pages.subscriptions.naming import name_of_subscription
from invoice_portal.payment_words import known_reason, method_name
from invoice_portal.stripe_api.ids import is_id
from invoice_portal.stripe_api.invoices import Invoice
from invoice_portal.stripe_api.payment_methods import SavedMethod, retrieve_method
from invoice_portal.stripe_api.payments import Payment, payments_of
from invoice_portal.stripe_api.reading import Listing
from invoice_portal.stripe_api.subscriptions import Subscription
from invoice_portal.visits import Visit

Tone: TypeAlias = Literal["late", "due", "quiet"]

MOST_INVOICES: Final = 4
MOST_CARDS: Final = 3
_SOON: Final = 30
"""Days before its last one that a card is said to expire: at most one renewal lies between, for most."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to know or to do. ``pay_url`` and ``url`` are empty where there is nothing to press."""

    tone: Tone
    text: str
    detail: str
    url: str
    link: str
    pay_url: str = ""
    pay_label: str = ""


@dataclass(frozen=True, slots=True)
class AttentionPane:
    """What needs the customer, the most urgent first; ``problem`` says what could not be looked up."""

    notices: tuple[Notice, ...]
    problem: str


def calls(visit: Visit, known: Known) -> Sequence[StripeCall[Any]]:
    """The payments of what is open, and the cards that renewals are charged to."""
    return [
        *(payments_of(invoice.id) for invoice in _asked(known)),
        *(retrieve_method(id) for id in _charged(known)),
    ]


def view(visit: Visit, known: Known, outcomes: Sequence[Outcome[Any]]) -> AttentionPane | None:
    """None where nothing needs the customer, as on most days."""
    asked = _asked(known)
    payments = dict(zip((invoice.id for invoice in asked), outcomes, strict=False))
    cards = [outcome.value for outcome in outcomes[len(asked) :] if isinstance(outcome, Ok)]
    found = [_of_invoice(visit, invoice, payments.get(invoice.id)) for invoice in _due(known)]
    notices = [notice for notice in found if notice]
    problem = any(isinstance(outcome, Failed) and not isinstance(outcome.error, NotFound) for outcome in outcomes)
    shown = (*sorted(notices, key=lambda notice: _URGENCY[notice.tone]), *_expiring(visit, known, cards))
    if not shown and not problem:
        return None
    _ = visit.language.gettext
    return AttentionPane(
        shown,
        _("Payments and cards could not all be looked up just now. Reload the page to try again.") if problem else "",
    )


_URGENCY: Final[Mapping[Tone, int]] = {"late": 0, "due": 1, "quiet": 2}


def _due(known: Known) -> list[Invoice]:
    return [invoice for invoice in known.open_now if invoice.amount_remaining.amount > 0]


def _asked(known: Known) -> list[Invoice]:
    """The open invoices whose payments are looked at: the oldest need it most."""
    return _due(known)[-MOST_INVOICES:]


def _of_invoice(visit: Visit, invoice: Invoice, outcome: Outcome[Listing[Payment]] | None) -> Notice | None:
    payments = outcome.value.items if isinstance(outcome, Ok) else ()
    on_its_way = next((payment for payment in payments if payment.processing), None)
    if on_its_way:
        return _processing(visit, invoice, on_its_way)
    if invoice.under_way:
        return None
    if invoice.attempted and (invoice.next_attempt or any(payment.declined for payment in payments)):
        return _failed(visit, invoice, next((payment for payment in payments if payment.declined), None))
    return _late(visit, invoice) if overdue(invoice, visit.now) else None


def _processing(visit: Visit, invoice: Invoice, payment: Payment) -> Notice:
    _ = visit.language.gettext
    return _notice(
        visit,
        invoice,
        tone="quiet",
        text=_(
            "A payment of %(amount)s for invoice %(number)s is on its way.",
            amount=visit.language.money(payment.amount),
            number=_number(visit, invoice),
        ),
        detail=_("Bank payments take a few days. There is nothing for you to do."),
        to_pay=False,
    )


def _failed(visit: Visit, invoice: Invoice, payment: Payment | None) -> Notice:
    _ = visit.language.gettext
    reason = known_reason(visit.language, payment.declined) if payment else ""
    again = invoice.next_attempt
    if again is not None and again > visit.now:
        then = _("We try again on %(date)s.", date=visit.language.long_date(again))
    else:
        then = _("It is not tried again by itself. Please pay the invoice.")
    return _notice(
        visit,
        invoice,
        tone="late",
        text=_(
            "The payment of %(amount)s for invoice %(number)s did not go through.",
            amount=visit.language.money(invoice.amount_remaining),
            number=_number(visit, invoice),
        ),
        detail=" ".join(part for part in (reason, then) if part),
    )


def _late(visit: Visit, invoice: Invoice) -> Notice:
    _ = visit.language.gettext
    assert invoice.due_date is not None
    return _notice(
        visit,
        invoice,
        tone="late",
        text=_(
            "Invoice %(number)s for %(amount)s is overdue.",
            amount=visit.language.money(invoice.amount_remaining),
            number=_number(visit, invoice),
        ),
        detail=_("It was due on %(date)s.", date=visit.language.long_date(invoice.due_date)),
    )


def _notice(visit: Visit, invoice: Invoice, *, tone: Tone, text: str, detail: str, to_pay: bool = True) -> Notice:
    _ = visit.language.gettext
    pays = to_pay and visit.may("pay") and payable(invoice)
    return Notice(
        tone=tone,
        text=text,
        detail=detail,
        url=visit.url("invoice", invoice=invoice.id) if visit.may("view") else "",
        link=_("Invoice"),
        pay_url=visit.url("pay", invoice=invoice.id) if pays else "",
        pay_label=_("Pay invoice %(number)s", number=_number(visit, invoice)) if pays else "",
    )


def _number(visit: Visit, invoice: Invoice) -> str:
    return invoice.number or visit.language.gettext("No number")


# Cards


def _charged(known: Known) -> list[str]:
    """The payment methods that renewals are charged to: a subscription's own comes before the customer's."""
    own = {_method_of(known, subscription) for subscription in _renewing(known)}
    return sorted(id for id in own if id and is_id("pm", id))[:MOST_CARDS]


def _renewing(known: Known) -> Iterator[Subscription]:
    for subscription in known.subscriptions:
        charged = subscription.collection_method == "charge_automatically"
        if charged and subscription.ends_at is None and subscription.status in ("active", "trialing", "past_due"):
            yield subscription


def _method_of(known: Known, subscription: Subscription) -> str | None:
    default = known.customer.default_payment_method if known.customer else None
    return subscription.default_payment_method or default


def _expiring(visit: Visit, known: Known, cards: Iterable[SavedMethod]) -> Iterator[Notice]:
    """The cards that expire before long, or have, and are still charged."""
    _ = visit.language.gettext
    for card in cards:
        days = _days_left(visit, card)
        if days is None or days > _SOON or card.owner != known.scope.customer:
            continue
        name = method_name(visit.language, card.shown)
        paid = [each for each in _renewing(known) if _method_of(known, each) == card.id]
        names = dict.fromkeys(name_of_subscription(visit.language, each, known.names) for each in paid)
        expired = days < 0
        yield Notice(
            tone="late" if expired else "due",
            text=_("%(card)s has expired.", card=name) if expired else _("%(card)s expires soon.", card=name),
            detail=_(
                "It is charged for %(names)s. Replace it, so that the next payment goes through.",
                names=visit.language.enumerated(list(names)),
            ),
            url=visit.url("payment_methods", known.scope.query) if manages_methods(visit) else "",
            link=_("Payment methods"),
        )


def _days_left(visit: Visit, card: SavedMethod) -> int | None:
    """Days from today to the last on which a card is good; negative once it has expired, None for what never does."""
    year, month = card.expiry or (0, 0)
    if not (1 <= month <= 12 and 2000 <= year < 9000):
        return None
    after = date(year + month // 12, month % 12 + 1, 1)
    return (after - visit.language.day(visit.now)).days - 1
