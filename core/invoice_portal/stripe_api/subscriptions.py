"""Subscriptions (docs.stripe.com/api/subscriptions): which there are, what they are for and how they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Literal

from invoice_portal.effects import StripeCall
from invoice_portal.money import Money
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
    """A subscription.

    Moments are UTC seconds. ``items`` are its first ones; ``more_items`` says that Stripe has more of them.
    ``trial_without_method`` is what becomes of a trial at whose end there is no payment method: ``create_invoice``,
    ``cancel`` or ``pause``. ``anchor`` is when its periods begin, ``discounts`` are ids. ``pending`` says that a change
    waits until its invoice, the ``latest_invoice``, is paid, and is dropped at ``pending_until``; ``pending_items`` are
    what becomes of the items.
    """

    id: str
    owner: str | None
    created: int
    description: str
    status: str = ""
    currency: str = ""
    collection_method: str = ""
    items: tuple[SubscriptionItem, ...] = ()
    more_items: bool = False
    cancel_at: int | None = None
    cancel_at_period_end: bool = False
    ended_at: int | None = None
    trial_end: int | None = None
    trial_without_method: str = "create_invoice"
    paused_collection: PausedCollection | None = None
    default_payment_method: str | None = None
    schedule: str | None = None
    anchor: int | None = None
    canceled_at: int | None = None
    start_date: int | None = None
    discounts: tuple[str, ...] = ()
    latest_invoice: str | None = None
    pending: bool = False
    pending_until: int | None = None
    pending_items: tuple[SubscriptionItem, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def began(self) -> int:
        """When it began (UTC seconds), which may be before it was created."""
        return self.created if self.start_date is None else self.start_date

    @property
    def sends_invoices(self) -> bool:
        """Whether the customer pays each invoice by hand; otherwise a payment method is charged."""
        return self.collection_method == "send_invoice"

    @property
    def prices(self) -> tuple[Price, ...]:
        """The prices of its items."""
        return tuple(item.price for item in self.items if item.price)

    @property
    def products(self) -> tuple[str, ...]:
        """The ids of the products that it is for, each once."""
        return tuple(dict.fromkeys(price.product for price in self.prices if price.product))

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


@dataclass(frozen=True, slots=True)
class Discount:
    """A discount: a percentage, or an amount off. ``start`` and ``end`` are UTC seconds, None where there is none."""

    id: str
    name: str
    percent_off: Decimal | None
    amount_off: Money | None
    duration: str
    start: int | None
    end: int | None
    coupon: str | None


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


def whole_subscription(subscription: str) -> StripeCall[Subscription]:
    """One subscription with the tiers of its prices: alone it is just not too deep to expand them."""
    params = {"expand": ["items.data.price.tiers"]}
    path = f"/v1/subscriptions/{checked('sub', subscription)}"
    return StripeCall("get", path, one(parse_subscription, "subscription"), params)


def discounts_of(subscription: str) -> StripeCall[tuple[Discount, ...]]:
    """What the discounts of a subscription take off; a key may lack the permission for coupons."""
    params = {"expand": ["discounts.source.coupon"]}
    path = f"/v1/subscriptions/{checked('sub', subscription)}"
    return StripeCall("get", path, _discounts, params)


def parse_subscription(reader: Reader) -> Subscription:
    """Read one subscription."""
    container = reader.inside("items")
    items = container.each("data", _item) if container else ()
    paused, pending = reader.inside("pause_collection"), reader.inside("pending_update")
    trial = reader.inside("trial_settings")
    trial_end = trial.inside("end_behavior") if trial else None
    return Subscription(
        id=reader.id(),
        owner=reader.id_or_none("customer") or reader.id_or_none("customer_account"),
        created=reader.moment_or_none("created") or 0,
        description=reader.text_or("description"),
        status=reader.text_or("status"),
        currency=reader.text_or("currency"),
        collection_method=reader.text_or("collection_method"),
        items=items,
        more_items=container is not None and container.flag("has_more"),
        cancel_at=reader.moment_or_none("cancel_at"),
        cancel_at_period_end=reader.flag("cancel_at_period_end"),
        ended_at=reader.moment_or_none("ended_at"),
        trial_end=reader.moment_or_none("trial_end"),
        trial_without_method=(trial_end.text_or("missing_payment_method") if trial_end else "") or "create_invoice",
        paused_collection=_paused(paused) if paused else None,
        default_payment_method=reader.id_or_none("default_payment_method"),
        schedule=reader.id_or_none("schedule"),
        anchor=reader.moment_or_none("billing_cycle_anchor"),
        canceled_at=reader.moment_or_none("canceled_at"),
        start_date=reader.moment_or_none("start_date"),
        discounts=reader.each("discounts", Reader.id) if reader.objects("discounts") else reader.texts("discounts"),
        latest_invoice=reader.id_or_none("latest_invoice"),
        pending=pending is not None,
        pending_until=pending.moment_or_none("expires_at") if pending else None,
        pending_items=pending.each("subscription_items", _item) if pending else (),
        metadata=reader.texts_by_name("metadata"),
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


def _discounts(data: Any) -> tuple[Discount, ...]:
    reader = Reader(data, "subscription")
    return reader.each("discounts", _discount) if reader.objects("discounts") else ()


def _discount(reader: Reader) -> Discount:
    coupon = reader.deep("source", "coupon")
    amount = coupon.integer_or_none("amount_off") if coupon else None
    return Discount(
        id=reader.id(),
        name=coupon.text_or("name") if coupon else "",
        percent_off=coupon.number_or_none("percent_off") if coupon else None,
        amount_off=Money(amount, coupon.text_or("currency")) if coupon and amount else None,
        duration=coupon.text_or("duration") if coupon else "",
        start=reader.moment_or_none("start"),
        end=reader.moment_or_none("end"),
        coupon=coupon.text("id") if coupon else None,
    )
