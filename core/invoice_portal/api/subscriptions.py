"""A customer's subscriptions as JSON: how they stand, and everything that the pages let a visitor do with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from invoice_portal.api.own import does, reads
from invoice_portal.api.schema import Amount, Moment, Nothing, Text, amount
from invoice_portal.effects import Ok
from invoice_portal.errors import NotFound
from invoice_portal.managing import offers
from invoice_portal.managing.changing import confirm, quote
from invoice_portal.managing.ending import cancel, ends_now, pause, read_reason, resume, unpause
from invoice_portal.managing.keeping import keep
from invoice_portal.managing.rules import Deed, deeds
from invoice_portal.owned import own_subscription, subscription_to_change
from invoice_portal.pages.subscriptions.cancelling import offer_before
from invoice_portal.pages.subscriptions.changing import note_taken, plan_choices, read_quantity, view_quote, wish_from
from invoice_portal.pages.subscriptions.naming import name_of_subscription, names_of
from invoice_portal.pages.subscriptions.offering import offer_cards
from invoice_portal.pages.subscriptions.page import discounts_for, own_subscriptions
from invoice_portal.pages.subscriptions.status import explained, next_step, subscription_badge
from invoice_portal.pages.subscriptions.view import discount_words, holding, plan_line
from invoice_portal.stripe_api.subscriptions import Subscription
from invoice_portal.subscription_settings import Feedback
from invoice_portal.visits import Visit


@dataclass(frozen=True, slots=True)
class ItemData:
    """One price of a subscription."""

    price_id: str | None
    quantity: Annotated[int | None, "Null for what is billed by usage."]
    name: Text
    price: Text
    steps: Annotated[tuple[Text, ...], "What each range of units costs, where it has tiers."]


@dataclass(frozen=True, slots=True)
class SubscriptionData:
    """A subscription. ``status`` is Stripe's word, ``status_text`` says it in the visitor's."""

    id: str
    name: Text
    status: str
    status_text: Text
    explained: Annotated[Text, "What the status means and what to do; may be empty."]
    next: Annotated[Text, "What happens next, and when; may be empty."]
    items: tuple[ItemData, ...]
    created: Moment
    period_start: Moment | None
    period_end: Moment | None
    trial_end: Moment | None
    ends_at: Annotated[Moment | None, "When it is going to end, where that is planned."]
    ended_at: Moment | None
    paused: bool
    resumes_at: Moment | None
    waits_for: Annotated[str | None, "The invoice that must be paid before a change that was asked for is made."]
    waits_until: Annotated[Moment | None, "When that change is dropped if it is not paid."]
    actions: Annotated[tuple[Deed, ...], "What this visitor may do with it now."]


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """All subscriptions of the visitor's, or the one in view."""

    subscriptions: tuple[SubscriptionData, ...]


@dataclass(frozen=True, slots=True)
class OfferData:
    """Something that fits the subscription. Its quote is asked for with ``price_id`` and ``id``."""

    id: str
    title: Text
    text: Text
    price: Text
    price_id: str
    saving: Annotated[Text, "From Stripe's own prices; may be empty."]


@dataclass(frozen=True, slots=True)
class OneSubscription:
    """One subscription with what applies to it and what is offered beside it."""

    subscription: SubscriptionData
    discounts: Annotated[tuple[Text, ...] | None, "Null where they could not be read just now."]
    pause_months: Annotated[tuple[int, ...], "For how many months one may pause."]
    offers: tuple[OfferData, ...]


@dataclass(frozen=True, slots=True)
class Leaving:
    """A cancellation. Nothing in it is needed."""

    feedback: Literal["", Feedback] = ""
    comment: str = ""
    when: Annotated[Literal["period_end", "now"], "Counts where the merchant lets customers choose."] = "period_end"
    declined: Annotated[bool, "The offer was seen and is not wanted: cancel."] = False


@dataclass(frozen=True, slots=True)
class Staying:
    """What is offered before a cancellation goes through.

    A discount and a pause are taken with ``keep``; for another price ask for its quote.
    """

    id: str
    title: Text
    text: Text
    price_id: str


@dataclass(frozen=True, slots=True)
class Left:
    """Whether it is canceled; where it is not, what is offered first: cancel again with ``declined``, or take it."""

    canceled: bool
    offer: Staying | None
    subscription: SubscriptionData


@dataclass(frozen=True, slots=True)
class Which:
    """One offer."""

    offer: str


@dataclass(frozen=True, slots=True)
class HowLong:
    """A pause, in months."""

    months: int


@dataclass(frozen=True, slots=True)
class PlanData:
    """A plan to choose. ``quantity`` is what to begin with, 0 where it cannot be chosen."""

    price_id: str
    name: Text
    price: Text
    steps: tuple[Text, ...]
    current: bool
    least: int
    most: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Plans:
    """The plans to choose from."""

    plans: tuple[PlanData, ...]


@dataclass(frozen=True, slots=True)
class QuoteData:
    """What a change costs. It is made at this cost, or not at all."""

    quote: Annotated[str, "Send it back to make the change. Good for fifteen minutes."]
    name: Text
    due_now: Amount
    immediate: Annotated[bool, "Whether an invoice is made at once."]
    now: Text
    lines: Annotated[tuple[tuple[Text, ...], ...], "Name and amount of each later bill."]


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A quote that the visitor agrees to."""

    quote: str


async def subscriptions(visit: Visit) -> Subscriptions:
    """Every subscription that this visitor may see."""
    found = await own_subscriptions(visit)
    names = await names_of(price for one in found for price in one.prices)
    return Subscriptions(tuple(_data(visit, one, names) for one in found))


async def subscription(visit: Visit) -> OneSubscription:
    """One of them."""
    visit.demand("view")
    found = await own_subscription(visit, visit.request.args["subscription"])
    names, discounts = await names_of(found.prices), await discounts_for(found)
    cards = await offer_cards(visit, found)
    return OneSubscription(
        subscription=_data(visit, found, names),
        discounts=tuple(discount_words(visit.language, each) for each in holding(discounts.value, found, visit.now))
        if isinstance(discounts, Ok)
        else None,
        pause_months=visit.settings.subscriptions.pause_months,
        offers=tuple(
            OfferData(card.id, card.title, card.text, card.price, card.price_id, card.saving) for card in cards
        ),
    )


async def leave(visit: Visit, body: Leaving) -> Left:
    """Cancel; before that, once, the offer that fits the reason."""
    found = await subscription_to_change(visit)
    reason = read_reason(body.feedback, body.comment)
    offered = None if body.declined else await offer_before(visit, found, reason)
    if offered:
        offer = offered.offer
        return Left(False, Staying(offer.id, offered.title, offered.text, offer.price), await _named(visit, found))
    await cancel(visit, found, reason, now=ends_now(visit, found, body.when))
    return Left(True, None, await _now(visit))


async def stay(visit: Visit, body: Which) -> SubscriptionData:
    """Take the offer, and stay. Raises ``Conflict`` for whoever has had it."""
    found = await subscription_to_change(visit)
    offer = offers.retention_with(visit, body.offer)
    if offer is None or offer.price:
        raise NotFound("there is no such offer")
    await keep(visit, found, offer)
    return await _now(visit)


async def take_back(visit: Visit, body: Nothing) -> SubscriptionData:
    """Take a planned cancellation back."""
    await resume(visit, await subscription_to_change(visit))
    return await _now(visit)


async def rest(visit: Visit, body: HowLong) -> SubscriptionData:
    """Pause."""
    await pause(visit, await subscription_to_change(visit), body.months)
    return await _now(visit)


async def go_on(visit: Visit, body: Nothing) -> SubscriptionData:
    """Collect again."""
    await unpause(visit, await subscription_to_change(visit))
    return await _now(visit)


async def plans(visit: Visit) -> Plans:
    """The plans to choose from."""
    found = await plan_choices(visit, await subscription_to_change(visit))
    return Plans(
        tuple(
            PlanData(one.price, one.name, one.text, one.steps, one.current, one.least, one.most, one.quantity)
            for one in found
        )
    )


async def cost(visit: Visit) -> QuoteData:
    """What a change costs. Raises ``NotAllowed`` for a price that is not offered here."""
    found, query = await subscription_to_change(visit), visit.request.query
    quantity = read_quantity(query.get("quantity", ""))
    wish = await wish_from(visit, found, query.get("price", ""), quantity, query.get("offer", ""))
    made = await quote(visit, found, wish)
    view = view_quote(visit, found, made, await names_of([made.price, *found.prices]))
    return QuoteData(
        quote=view.token,
        name=view.new,
        due_now=amount(visit.language, made.due_now),
        immediate=made.immediate,
        now=view.now_text,
        lines=view.lines,
    )


async def change(visit: Visit, body: Confirmed) -> SubscriptionData:
    """Make the change at the cost of its quote. Raises ``QuoteOutdated`` where it costs something else by now."""
    found = await subscription_to_change(visit)
    await note_taken(visit, found, await confirm(visit, found, body.quote))
    return await _now(visit)


async def dismiss(visit: Visit, body: Which) -> Subscriptions:
    """Show an offer no more."""
    found = await subscription_to_change(visit)
    if body.offer not in {upsell.id for upsell in visit.settings.subscriptions.upsells}:
        raise NotFound("there is no such offer")
    await offers.dismiss(visit, found, body.offer)
    return Subscriptions((await _named(visit, found),))


async def _now(visit: Visit) -> SubscriptionData:
    """The subscription as it stands after a change."""
    return await _named(visit, await subscription_to_change(visit))


async def _named(visit: Visit, found: Subscription) -> SubscriptionData:
    return _data(visit, found, await names_of(found.prices))


def _data(visit: Visit, found: Subscription, names: Mapping[str, str]) -> SubscriptionData:
    language, pausing = visit.language, found.paused_collection
    start, end = found.period or (None, None)
    lines = [(item, plan_line(language, found, item, names)) for item in found.items]
    return SubscriptionData(
        id=found.id,
        name=name_of_subscription(language, found, names),
        status=found.status,
        status_text=subscription_badge(found, language).text,
        explained=explained(found, language),
        next=next_step(found, language),
        items=tuple(
            ItemData(item.price.id if item.price else None, item.quantity, line.name, line.price, line.steps)
            for item, line in lines
        ),
        created=found.created,
        period_start=start,
        period_end=end,
        trial_end=found.trial_end,
        ends_at=found.ends_at,
        ended_at=found.ended_at,
        paused=pausing is not None,
        resumes_at=pausing.resumes_at if pausing else None,
        waits_for=found.latest_invoice if found.pending else None,
        waits_until=found.pending_until,
        actions=tuple(sorted(deeds(visit, found))),
    )


_ONE: Final = "/subscriptions/{subscription}"
_QUOTE: Final = {
    "price": "The price to change to, `price_…`.",
    "quantity": "How many, where that may be chosen.",
    "offer": "The offer that led here, if one did.",
}

ROUTES: Final = (
    reads("api_me_subscriptions", "/subscriptions", "The subscriptions", subscriptions, Subscriptions),
    reads("api_me_subscription", _ONE, "One subscription", subscription, OneSubscription, audit="subscription.viewed"),
    does("api_me_cancel", _ONE + "/cancel", "Cancel, or be made an offer first", leave, Left, takes=Leaving),
    does("api_me_keep", _ONE + "/keep", "Take the offer, and stay", stay, SubscriptionData, takes=Which),
    does(
        "api_me_resume",
        _ONE + "/resume",
        "Take a planned cancellation back",
        take_back,
        SubscriptionData,
        takes=Nothing,
    ),
    does("api_me_pause", _ONE + "/pause", "Collect nothing for some months", rest, SubscriptionData, takes=HowLong),
    does("api_me_unpause", _ONE + "/unpause", "Collect again", go_on, SubscriptionData, takes=Nothing),
    reads("api_me_plans", _ONE + "/plans", "The plans to choose from", plans, Plans),
    reads("api_me_quote", _ONE + "/quote", "What a change costs, now and later", cost, QuoteData, query=_QUOTE),
    does("api_me_change", _ONE + "/change", "Make a change as quoted", change, SubscriptionData, takes=Confirmed),
    does("api_me_dismiss_offer", _ONE + "/dismiss", "Show an offer no more", dismiss, Subscriptions, takes=Which),
)
