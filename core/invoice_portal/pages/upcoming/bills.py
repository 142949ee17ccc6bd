"""What is going to be billed: one next bill for each subscription, told apart by how it stands, and their sum."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from invoice_portal.effects import Failed, Ok, Outcome, StripeCall
from invoice_portal.errors import NotFound
from invoice_portal.i18n import Language
from invoice_portal.money import Money
from invoice_portal.stripe_api.invoice_items import InvoiceItem
from invoice_portal.stripe_api.previews import Preview, preview_of
from invoice_portal.stripe_api.reading import Listing
from invoice_portal.stripe_api.subscriptions import Subscription
from invoice_portal.stripe_api.tax_rates import TaxRate
from invoice_portal.viewing import Scope

Kind: TypeAlias = Literal[
    "bill", "trial", "last", "ends", "paused", "uncollected", "unpaid", "waiting", "nothing", "unknown"
]
"""How a subscription's next bill stands.

``bill``: it comes. ``trial``: it is the first after a trial. ``last``: the subscription ends with it. ``ends``: the
subscription ends without another. ``paused``: nothing is billed. ``uncollected``: an invoice is made and nobody pays
it. ``unpaid``: it stays a draft as long as earlier ones are open. ``waiting``: the first payment is still to come.
``nothing``: there is nothing to bill. ``unknown``: Stripe did not say just now.
"""

_COUNTED: Final = frozenset({"bill", "trial", "last"})
_WITHOUT: Final[dict[str, Kind]] = {"paused": "paused", "incomplete": "waiting"}
"""Statuses in which no invoice is made, so that Stripe need not be asked."""


@dataclass(frozen=True, slots=True)
class Bill:
    """The next bill of one subscription; ``preview`` is there where Stripe gave one."""

    subscription: Subscription
    kind: Kind
    preview: Preview | None

    @property
    def counted(self) -> bool:
        """Whether its amount is going to be asked for."""
        return self.kind in _COUNTED


@dataclass(frozen=True, slots=True)
class Sum:
    """What the next bills come to in one currency, before and after the customer's balance (negative: credit).

    ``repeats`` says that something else is in several of them, too.
    """

    total: Money
    balance: Money
    due: Money
    bills: int
    repeats: bool


@dataclass(frozen=True, slots=True)
class Coming:
    """What is known of what comes. ``items`` are the one-off items that wait, or why they could not be read."""

    scope: Scope
    bills: tuple[Bill, ...]
    items: Outcome[Listing[InvoiceItem]]
    names: dict[str, str]
    discounts: dict[str, str]
    tax_rates: dict[str, TaxRate]
    more: bool


def asked_for(subscriptions: Iterable[Subscription]) -> tuple[Subscription, ...]:
    """The subscriptions of which a preview can be had."""
    return tuple(each for each in subscriptions if not each.ended and each.status not in _WITHOUT)


def preview_calls(subscriptions: Iterable[Subscription]) -> list[StripeCall[Preview]]:
    """One call for each of :func:`asked_for`, in its order."""
    return [preview_of(subscription.id) for subscription in asked_for(subscriptions)]


def bills_of(subscriptions: Sequence[Subscription], outcomes: Sequence[Outcome[Preview]]) -> tuple[Bill, ...]:
    """The next bill of each subscription that has not ended, the one that comes first before the others.

    ``outcomes`` are those of :func:`preview_calls`; subscriptions for which there is none were not asked for.
    """
    found = dict(zip((each.id for each in asked_for(subscriptions)), outcomes, strict=False))
    bills = [_bill(each, found.get(each.id)) for each in subscriptions if not each.ended]
    return tuple(sorted(bills, key=_order))


def _order(bill: Bill) -> tuple[bool, int]:
    return not bill.counted, bill.preview.billed_at if bill.preview else 0


def _bill(subscription: Subscription, outcome: Outcome[Preview] | None) -> Bill:
    match outcome:
        case Ok(preview):
            return Bill(subscription, _kind(subscription, preview), preview)
        case Failed(NotFound()):
            return Bill(subscription, "nothing" if subscription.ends_at is None else "ends", None)
        case _:
            return Bill(subscription, _WITHOUT.get(subscription.status, "unknown"), None)


def _kind(subscription: Subscription, preview: Preview) -> Kind:
    paused, ends = subscription.paused_collection, subscription.ends_at
    if paused and (paused.resumes_at is None or paused.resumes_at > preview.billed_at):
        return "uncollected"
    if subscription.status == "unpaid":
        return "unpaid"
    if ends is not None and ends <= preview.billed_at:
        return "last"
    return "trial" if subscription.status == "trialing" else "bill"


def sums_of(bills: Sequence[Bill]) -> tuple[Sum, ...]:
    """What the bills that are going to be asked for come to, for each currency, in the order in which they come.

    Stripe previews each subscription as if its invoice came next: the customer's balance, and items that come with
    whichever is next, are in every one of them. Here they count once.
    """
    counted = [bill.preview for bill in bills if bill.counted and bill.preview]
    currencies = dict.fromkeys(preview.whole.invoice.total.currency for preview in counted)
    return tuple(_sum([each for each in counted if each.whole.invoice.total.currency == name]) for name in currencies)


def _sum(previews: Sequence[Preview]) -> Sum:
    first = previews[0].whole
    currency, balance = first.invoice.total.currency, first.starting_balance
    repeated = list(_repeated(previews))
    totals = [preview.whole.invoice.total.amount - again for preview, again in zip(previews, repeated, strict=True)]
    due = first.invoice.amount_due.amount if len(previews) == 1 else _due(totals, balance.amount)
    return Sum(Money(sum(totals), currency), balance, Money(due, currency), len(previews), any(repeated))


def _due(totals: Sequence[int], balance: int) -> int:
    """What is asked for, bill by bill: one that is below zero leaves credit for those after it, and pays nothing out.

    All in minor units.
    """
    due = 0
    for total in totals:
        left = total + balance
        due, balance = due + max(0, left), min(0, left)
    return due


def _repeated(previews: Sequence[Preview]) -> Iterator[int]:
    """What items add to each bill that an earlier one has already (minor units)."""
    seen: set[str] = set()
    for preview in previews:
        items = [(line.invoice_item, line.net.amount) for line in preview.lines if line.invoice_item]
        yield sum(amount for item, amount in items if item in seen)
        seen |= {item for item, _ in items}


def balance_notes(language: Language, sums: Iterable[Sum]) -> Iterator[str]:
    """Why the bills, each previewed as if it came next, do not add up to their sum."""
    _ = language.gettext
    for each in sums:
        if each.bills > 1 and each.balance.amount < 0:
            credit = language.money(Money(-each.balance.amount, each.balance.currency))
            yield _("Your credit of %(amount)s is counted once, for the bill that comes first.", amount=credit)
        if each.bills > 1 and each.balance.amount > 0:
            yield _(
                "%(amount)s from earlier is counted once, for the bill that comes first.",
                amount=language.money(each.balance),
            )
        if each.repeats:
            yield _("A one-off item that is in several bills is counted once.")


def unbilled(items: Listing[InvoiceItem], bills: Sequence[Bill], subscription: str | None) -> tuple[InvoiceItem, ...]:
    """The one-off items that are in none of the bills; where one subscription is in view, those of it."""
    billed = {line.invoice_item for bill in bills if bill.preview for line in bill.preview.lines}
    return tuple(
        item
        for item in items.items
        if item.id not in billed and (subscription is None or item.subscription == subscription)
    )


def words(language: Language, bill: Bill) -> str:
    """When the bill comes and what is special about it, in a customer's words."""
    _, date = language.gettext, language.date
    preview, subscription = bill.preview, bill.subscription
    on = date(preview.billed_at) if preview else ""
    ends = date(subscription.ends_at) if subscription.ends_at is not None else ""
    paused = subscription.paused_collection
    match bill.kind:
        case "bill":
            return on
        case "trial":
            return _("%(date)s, when the trial ends", date=on)
        case "last":
            return _("%(date)s, the last bill", date=on)
        case "ends":
            return _("Ends on %(date)s, without another bill.", date=ends)
        case "paused":
            return _("Paused. Nothing is billed.")
        case "uncollected":
            if paused and paused.resumes_at is not None:
                return _("Payments are paused until %(date)s. Nothing is charged.", date=date(paused.resumes_at))
            return _("Payments are paused. Nothing is charged.")
        case "unpaid":
            return _("Nothing more is charged until the open invoices are paid.")
        case "waiting":
            return _("Begins with the first payment, which is still open.")
        case "nothing":
            return _("Nothing to bill.")
        case "unknown":
            return _("Could not be worked out just now.")
