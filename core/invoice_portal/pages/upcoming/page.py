"""The upcoming bill: what each subscription is going to cost next, and what is in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from invoice_portal.effects import StripeCall, answered, each
from invoice_portal.errors import NotFound
from invoice_portal.http import Page, Response
from invoice_portal.pages.upcoming.bills import Bill, Coming, bills_of, preview_calls
from invoice_portal.pages.upcoming.view import Upcoming, view_upcoming
from invoice_portal.settings import PaneName
from invoice_portal.stripe_api.invoice_items import pending_items_of
from invoice_portal.stripe_api.products import names_told, naming_calls
from invoice_portal.stripe_api.subscriptions import discounts_of
from invoice_portal.stripe_api.tax_rates import TaxRate, is_tax_rate_id, tax_rate
from invoice_portal.viewing import looked_at, running_in_view
from invoice_portal.visits import Visit

MOST_PREVIEWS: Final = 24
"""Stripe takes 25 a second; who has more subscriptions sees the newest and is told so."""
_MOST_NAMES: Final = 10


async def upcoming(visit: Visit) -> Response:
    """The next bill of each subscription in view. Each is previewed on its own and may fail alone."""
    coming = await what_comes(visit)
    _ = visit.language.gettext
    view = view_upcoming(visit, coming) if coming else Upcoming()
    first = next((bill.preview.whole.invoice for bill in coming.bills if bill.preview), None) if coming else None
    return Page(
        template="invoice_portal/upcoming.html",
        title=_("Upcoming bill"),
        context={
            "upcoming": view,
            "merchant": first.account_name if first else "",
            "customer_name": first.customer_name if first else "",
        },
    )


async def what_comes(visit: Visit) -> Coming | None:
    """The bills that come, for the page and for JSON; None for a visitor without a customer at Stripe.

    Raises ``NotFound`` where the merchant does not show them, by a link to one invoice, and for what is not theirs.
    """
    demand_pane(visit, "upcoming")
    looked = await looked_at(visit)
    if looked is None:
        return None
    scope, _ = looked
    running = await running_in_view(scope)
    subscriptions = running.items[:MOST_PREVIEWS]
    naming = naming_calls(product for subscription in subscriptions for product in subscription.products)
    calls: list[StripeCall[Any]] = [pending_items_of(scope.customer), *naming, *preview_calls(subscriptions)]
    items, *outcomes = await each(calls, visit.settings.stripe_timeout)
    bills = bills_of(subscriptions, outcomes[len(naming) :])
    discounts, rates = await _names_in(visit, bills)
    return Coming(
        scope=scope,
        bills=bills,
        items=items,
        names=names_told(outcomes[: len(naming)]),
        discounts=discounts,
        tax_rates=rates,
        more=running.has_more or len(running.items) > MOST_PREVIEWS,
    )


def demand_pane(visit: Visit, pane: PaneName) -> None:
    """Raises ``NotAllowed`` where this visitor may see nothing, ``NotFound`` where the merchant shows no such pane."""
    visit.demand("view")
    if pane not in visit.settings.panes:
        raise NotFound(f"{pane!r} is not in the setting panes")


async def _names_in(visit: Visit, bills: Sequence[Bill]) -> tuple[dict[str, str], dict[str, TaxRate]]:
    """The names of discounts and tax rates, which previews name by id only; without them the amounts still stand."""
    wholes = [(bill.subscription, bill.preview.whole) for bill in bills if bill.preview]
    rates = {tax.rate for _, whole in wholes for tax in whole.taxes if tax.rate and is_tax_rate_id(tax.rate)}
    discounted = [subscription.id for subscription, whole in wholes if whole.discounts]
    calls: list[StripeCall[Any]] = [
        *(discounts_of(id) for id in discounted[:_MOST_NAMES]),
        *(tax_rate(rate) for rate in sorted(rates)[:_MOST_NAMES]),
    ]
    found = answered(await each(calls, visit.settings.pane_seconds) if calls else ())
    discounts = [discount for answer in found if isinstance(answer, tuple) for discount in answer]
    return (
        {discount.id: discount.name for discount in discounts if discount.name},
        {rate.id: rate for rate in found if isinstance(rate, TaxRate)},
    )
