"""Offers beside what somebody has: each as a card, with the saving that Stripe's previews give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from invoice_portal.effects import Ok, each
from invoice_portal.managing import offers
from invoice_portal.managing.rules import in_rhythm, plan_item
from invoice_portal.managing.savings import savings
from invoice_portal.money import Money
from invoice_portal.pages.subscriptions.naming import names_of, price_name
from invoice_portal.pages.subscriptions.price_words import price_words
from invoice_portal.stripe_api.prices import Price, retrieve_price
from invoice_portal.stripe_api.subscriptions import Subscription, subscriptions_of
from invoice_portal.subscription_settings import Upsell
from invoice_portal.visits import Visit


@dataclass(frozen=True, slots=True)
class OfferCard:
    """An offer, ready to print. ``saving`` is empty where none is certain."""

    id: str
    title: str
    text: str
    price: str
    price_id: str
    saving: str
    url: str
    dismiss_url: str


async def offer_cards(
    visit: Visit, subscription: Subscription, others: Iterable[Subscription] | None = None, *, most: int = 3
) -> tuple[OfferCard, ...]:
    """What is offered beside a subscription, ``most`` at once, counted as shown.

    Without ``others`` the customer's other subscriptions are looked up.

    No offer is worth an error: where anything of it cannot be had, it is left out.
    """
    settings = visit.settings.subscriptions
    if not settings.upsells or settings.billing_portal or not visit.may("manage") or subscription.owner is None:
        return ()
    done = await offers.known(visit, subscription.owner)
    if done is None:
        return ()
    if others is None:
        (found,) = await each([subscriptions_of(subscription.owner, status=None)])
        if not isinstance(found, Ok):
            return ()
        others = found.value.items
    fitting = offers.upsells_for(visit, subscription, others, done)
    cards = await _cards(visit, subscription, fitting, most)
    for card in cards:
        await offers.shown(visit, subscription, card.id, "upsell")
    return cards


async def _cards(
    visit: Visit, subscription: Subscription, upsells: Iterable[Upsell], most: int
) -> tuple[OfferCard, ...]:
    wanted = list(upsells)
    outcomes = await each([retrieve_price(upsell.price) for upsell in wanted])
    prices = {outcome.value.id: outcome.value for outcome in outcomes if isinstance(outcome, Ok)}
    found = [upsell for upsell in wanted if _can_be_had(visit, subscription, upsell, prices.get(upsell.price))][:most]
    names = await names_of(prices[upsell.price] for upsell in found)
    item = plan_item(visit.settings.subscriptions, subscription)
    swaps = [prices[upsell.price] for upsell in found if upsell.instead_of]
    saved = await savings(subscription, item, swaps, visit.settings.pane_seconds) if item else {}
    return tuple(_card(visit, subscription, upsell, prices[upsell.price], names, saved) for upsell in found)


def _can_be_had(visit: Visit, subscription: Subscription, upsell: Upsell, price: Price | None) -> bool:
    item = None if upsell.beside else plan_item(visit.settings.subscriptions, subscription)
    sold = price is not None and price.active and price.currency == subscription.currency
    return sold and price is not None and in_rhythm(subscription, item, price)


def _card(
    visit: Visit,
    subscription: Subscription,
    upsell: Upsell,
    price: Price,
    names: Mapping[str, str],
    saved: Mapping[str, Money],
) -> OfferCard:
    language = visit.language
    _ = language.gettext
    item = None if upsell.beside else plan_item(visit.settings.subscriptions, subscription)
    quantity = (item.quantity or 1) if item else 1
    saving = None if upsell.beside else saved.get(price.id)
    return OfferCard(
        id=upsell.id,
        title=_(upsell.title) if upsell.title else price_name(language, price, names),
        text=_(upsell.text) if upsell.text else "",
        price=price_words(language, price, quantity).text,
        price_id=price.id,
        saving=_("You save %(amount)s a year.", amount=language.money(saving)) if saving else "",
        url=visit.url("subscription_change", {"price": price.id, "offer": upsell.id}, subscription=subscription.id),
        dismiss_url=visit.url("dismiss_offer", subscription=subscription.id),
    )
