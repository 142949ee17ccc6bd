"""Subscriptions with all that a customer wants to know of them (docs.stripe.com/api/subscriptions/object)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Literal, TypeAlias, cast, get_args

from invoice_portal.effects import StripeCall
from invoice_portal.money import Money
from invoice_portal.stripe_api.ids import checked
from invoice_portal.stripe_api.prices import Price, parse_price
from invoice_portal.stripe_api.reading import Listing, Reader, listing_of, one

SubscriptionStatus: TypeAlias = Literal[
    "active", "trialing", "past_due", "unpaid", "paused", "canceled", "incomplete", "incomplete_expired"
]
ENDED: Final = ("canceled", "incomplete_expired")


@dataclass(frozen=True, slots=True)
class Item:
    """One price of a subscription. ``quantity`` is None for metered prices; the period is in UTC seconds."""

    id: str
    price: Price
    quantity: int | None
    period: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Pause:
    """Invoices go on being made, but nobody pays them, until ``resumes_at`` (UTC seconds; None: until further notice).

    (Stripe's ``pause_collection``.) ``behavior`` is what becomes of the invoices.
    """

    behavior: str
    resumes_at: int | None


@dataclass(frozen=True, slots=True)
class WholeSubscription:
    """A subscription. Moments are UTC seconds; ``discounts`` are ids.

    ``cancel_at`` is when it is going to end, if that is planned, and ``ended_at`` when it did. ``scheduled`` says that
    a schedule of the merchant's governs it, ``pending`` that a change waits for its payment.
    """

    id: str
    owner: str | None
    status: SubscriptionStatus | str
    currency: str
    created: int
    description: str
    items: tuple[Item, ...]
    more_items: bool
    trial_end: int | None
    cancel_at: int | None
    cancel_at_period_end: bool
    canceled_at: int | None
    ended_at: int | None
    pause: Pause | None
    discounts: tuple[str, ...]
    sends_invoices: bool
    scheduled: bool
    pending: bool
    latest_invoice: str | None
    payment_method: str | None
    metadata: Mapping[str, str] = field(repr=False)

    @property
    def ended(self) -> bool:
        """Whether it is over for good."""
        return self.status in ENDED

    @property
    def period(self) -> tuple[int, int] | None:
        """The current period: items of one rhythm share it, and of several the one that ends first counts."""
        return min((item.period for item in self.items), key=lambda period: period[1], default=None)


@dataclass(frozen=True, slots=True)
class Discount:
    """A discount that applies: a percentage, or an amount off. ``end`` is in UTC seconds, None for no end."""

    id: str
    name: str
    percent_off: Decimal | None
    amount_off: Money | None
    duration: str
    end: int | None
    coupon: str | None


def whole_subscription(subscription: str) -> StripeCall[WholeSubscription]:
    """One subscription, with the tiers of its prices: where they fit into four levels, Stripe gives them at once."""
    params = {"expand": ["items.data.price.tiers"]}
    path = f"/v1/subscriptions/{checked('sub', subscription)}"
    return StripeCall("get", path, one(parse_whole_subscription, "subscription"), params)


def whole_subscriptions_of(customer: str, after: str | None = None) -> StripeCall[Listing[WholeSubscription]]:
    """All subscriptions of a customer, the newest first, the ended ones too."""
    params: dict[str, object] = {"customer": customer, "status": "all", "limit": 100}
    if after:
        params["starting_after"] = after
    return StripeCall("get", "/v1/subscriptions", listing_of(parse_whole_subscription, "subscriptions"), params)


def discounts_of(subscription: str) -> StripeCall[tuple[Discount, ...]]:
    """What the discounts of a subscription take off; a key may lack the permission for coupons."""
    params = {"expand": ["discounts.source.coupon"]}
    path = f"/v1/subscriptions/{checked('sub', subscription)}"
    return StripeCall("get", path, _discounts, params)


def parse_whole_subscription(reader: Reader) -> WholeSubscription:
    """Read one subscription."""
    items = reader.inside("items")
    pause = reader.inside("pause_collection")
    status = reader.text("status")
    return WholeSubscription(
        id=reader.id(),
        owner=reader.id_or_none("customer") or reader.id_or_none("customer_account"),
        status=cast(SubscriptionStatus, status) if status in get_args(SubscriptionStatus) else status,
        currency=reader.text_or("currency"),
        created=reader.moment_or_none("created") or 0,
        description=reader.text_or("description"),
        items=reader.each("items", _item) if items else (),
        more_items=items is not None and items.flag("has_more"),
        trial_end=reader.moment_or_none("trial_end"),
        cancel_at=reader.moment_or_none("cancel_at"),
        cancel_at_period_end=reader.flag("cancel_at_period_end"),
        canceled_at=reader.moment_or_none("canceled_at"),
        ended_at=reader.moment_or_none("ended_at"),
        pause=Pause(pause.text_or("behavior"), pause.moment_or_none("resumes_at")) if pause else None,
        discounts=_ids(reader),
        sends_invoices=reader.text_or("collection_method") == "send_invoice",
        scheduled=reader.id_or_none("schedule") is not None,
        pending=reader.inside("pending_update") is not None,
        latest_invoice=reader.id_or_none("latest_invoice"),
        payment_method=reader.id_or_none("default_payment_method"),
        metadata=reader.texts_by_name("metadata"),
    )


def _item(reader: Reader) -> Item:
    price = reader.inside("price")
    start, end = reader.moment_or_none("current_period_start"), reader.moment_or_none("current_period_end")
    return Item(
        id=reader.id(),
        price=parse_price(price if price else Reader({}, "subscription.items.price")),
        quantity=reader.integer_or_none("quantity"),
        period=(start or 0, end or 0),
    )


def _ids(reader: Reader) -> tuple[str, ...]:
    """The ids of discounts, expanded or not."""
    return reader.each("discounts", Reader.id) if reader.objects("discounts") else reader.texts("discounts")


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
        end=reader.moment_or_none("end"),
        coupon=coupon.id() if coupon else None,
    )
