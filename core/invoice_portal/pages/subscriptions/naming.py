"""The names of what is subscribed to: a price names its product by id only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from invoice_portal.effects import each
from invoice_portal.i18n import Language
from invoice_portal.stripe_api.prices import Price
from invoice_portal.stripe_api.products import names_told, naming_calls
from invoice_portal.stripe_api.subscriptions import Subscription


async def names_of(prices: Iterable[Price]) -> Mapping[str, str]:
    """The names of the prices' products by id, as far as they are told."""
    return names_told(await each(naming_calls(price.product for price in prices)))


def name_of_subscription(language: Language, subscription: Subscription, names: Mapping[str, str]) -> str:
    """What customers call it: its products by name, or its description."""
    products = [names.get(price.product or "") or price.nickname for price in subscription.prices]
    named = ", ".join(dict.fromkeys(name for name in products if name))
    return named or subscription.description or language.gettext("Subscription")


def price_name(language: Language, price: Price, names: Mapping[str, str]) -> str:
    """What a price is for: its product's name, or its own nickname."""
    return names.get(price.product or "") or price.nickname or language.gettext("Plan")
