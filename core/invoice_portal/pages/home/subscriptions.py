"""The pane of the first page with the subscriptions that run, and what is offered beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from invoice_portal.effects import Outcome, StripeCall
from invoice_portal.pages.home.known import Known
from invoice_portal.pages.invoices.status import StatusBadge
from invoice_portal.pages.subscriptions.naming import name_of_subscription
from invoice_portal.pages.subscriptions.offering import OfferCard, offer_cards
from invoice_portal.pages.subscriptions.status import subscription_badge
from invoice_portal.pages.subscriptions.view import plan_line
from invoice_portal.visits import Visit

MOST: Final = 3


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One subscription in a line or two."""

    name: str
    price: str
    status: StatusBadge
    url: str


@dataclass(frozen=True, slots=True)
class SubscriptionsPane:
    """The newest subscriptions that run; ``more`` says how many others there are."""

    rows: tuple[PlanRow, ...]
    more: str
    url: str


def calls(visit: Visit, known: Known) -> Sequence[StripeCall[Any]]:
    """Nothing more has to be asked."""
    return ()


def view(visit: Visit, known: Known, outcomes: Sequence[Outcome[Any]]) -> SubscriptionsPane | None:
    """None for a customer without subscriptions, and for whoever may not open them."""
    if not known.subscriptions or not visit.may("view"):
        return None
    language, shown = visit.language, known.subscriptions[:MOST]
    others = len(known.subscriptions) - len(shown)
    rows = tuple(
        PlanRow(
            name=name_of_subscription(language, each, known.names),
            price=plan_line(language, each, each.items[0], known.names).price if len(each.items) == 1 else "",
            status=subscription_badge(each, language),
            url=visit.url("subscription", subscription=each.id),
        )
        for each in shown
    )
    more = language.ngettext("%(count)s more", "%(count)s more", others) if others else ""
    return SubscriptionsPane(rows, more, visit.url("subscriptions"))


async def first_offer(visit: Visit, known: Known) -> OfferCard | None:
    """One offer at most: the first that fits any subscription in view."""
    for each in known.subscriptions[:MOST]:
        if cards := await offer_cards(visit, each, known.subscriptions, most=1):
            return cards[0]
    return None
