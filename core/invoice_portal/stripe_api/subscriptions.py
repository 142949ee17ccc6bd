"""Subscriptions (docs.stripe.com/api/subscriptions): which there are, what they are for and how they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from invoice_portal.effects import StripeCall
from invoice_portal.stripe_api.ids import checked
from invoice_portal.stripe_api.prices import Price, parse_price
from invoice_portal.stripe_api.reading import Listing, Reader, listing_of, one

ENDED: Final = frozenset({"canceled", "incomplete_expired"})
"""Statuses from which no subscription comes back."""


@dataclass(frozen=True, slots=True)
class SubscriptionItem:
    """One price of a subscription. ``quantity`` is None for metered ones, ``period`` is in UTC seconds."""

    id: str
    price: Price | None
    quantity: int | None
    period: tuple[int, int]


@dataclass(frozen=True, slots=True)
class PausedCollection:
    """Invoices are made but not collected, until ``resumes_at`` (UTC seconds; None: until somebody resumes it)."""

    behavior: str
    resumes_at: int | None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription with the ids of the products that it is for.

    Moments are UTC seconds. ``items`` are its first ones; ``more_items`` says that Stripe has more of them.
    """

    id: str
    owner: str | None
    created: int
    description: str
    products: tuple[str, ...]
    status: str = ""
    currency: str = ""
    collection_method: str = ""
    items: tuple[SubscriptionItem, ...] = ()
    more_items: bool = False
    cancel_at: int | None = None
    cancel_at_period_end: bool = False
    ended_at: int | None = None
    trial_end: int | None = None
    paused_collection: PausedCollection | None = None
    default_payment_method: str | None = None
    schedule: str | None = None

    @property
    def ended(self) -> bool:
        """Whether it is over for good."""
        return self.status in ENDED

    @property
    def period(self) -> tuple[int, int] | None:
        """The current period of its items (UTC seconds): the one that ends first, where they differ."""
        periods = [item.period for item in self.items if item.period[1]]
        return min(periods, key=lambda period: period[1]) if periods else None

    @property
    def ends_at(self) -> int | None:
        """When a cancellation that is planned takes effect (UTC seconds)."""
        if self.cancel_at is not None:
            return self.cancel_at
        return self.period[1] if self.cancel_at_period_end and self.period else None


def subscriptions_of(
    customer: str, after: str | None = None, status: Literal["all"] | None = "all"
) -> StripeCall[Listing[Subscription]]:
    """All subscriptions of a customer, the ended ones too: their invoices remain. ``status=None`` leaves them out."""
    params: dict[str, object] = {"customer": customer, "limit": 100}
    optional = {"status": status, "starting_after": after}
    params.update({name: value for name, value in optional.items() if value})
    return StripeCall("get", "/v1/subscriptions", listing_of(parse_subscription, "subscriptions"), params)


def retrieve_subscription(subscription: str) -> StripeCall[Subscription]:
    """One subscription, for whose it is and how it stands."""
    path = f"/v1/subscriptions/{checked('sub', subscription)}"
    return StripeCall("get", path, one(parse_subscription, "subscription"))


def subscription_alone(subscription: str) -> StripeCall[Listing[Subscription]]:
    """One subscription, as a listing that holds nothing else."""
    path = f"/v1/subscriptions/{checked('sub', subscription)}"

    def parse(data: Any) -> Listing[Subscription]:
        return Listing((parse_subscription(Reader(data, "subscription")),), has_more=False)

    return StripeCall("get", path, parse)


def parse_subscription(reader: Reader) -> Subscription:
    """Read one subscription."""
    container = reader.inside("items")
    items = container.each("data", _item) if container else ()
    products = (item.price.product for item in items if item.price)
    paused = reader.inside("pause_collection")
    return Subscription(
        id=reader.id(),
        owner=reader.id_or_none("customer") or reader.id_or_none("customer_account"),
        created=reader.moment_or_none("created") or 0,
        description=reader.text_or("description"),
        products=tuple(dict.fromkeys(product for product in products if product)),
        status=reader.text_or("status"),
        currency=reader.text_or("currency"),
        collection_method=reader.text_or("collection_method"),
        items=items,
        more_items=container is not None and container.flag("has_more"),
        cancel_at=reader.moment_or_none("cancel_at"),
        cancel_at_period_end=reader.flag("cancel_at_period_end"),
        ended_at=reader.moment_or_none("ended_at"),
        trial_end=reader.moment_or_none("trial_end"),
        paused_collection=_paused(paused) if paused else None,
        default_payment_method=reader.id_or_none("default_payment_method"),
        schedule=reader.id_or_none("schedule"),
    )


def _paused(reader: Reader) -> PausedCollection:
    return PausedCollection(reader.text_or("behavior"), reader.moment_or_none("resumes_at"))


def _item(reader: Reader) -> SubscriptionItem:
    price = reader.inside("price")
    return SubscriptionItem(
        id=reader.id(),
        price=parse_price(price) if price else None,
        quantity=reader.integer_or_none("quantity"),
        period=(
            reader.moment_or_none("current_period_start") or 0,
            reader.moment_or_none("current_period_end") or 0,
        ),
    )
