"""The pages on which somebody changes a plan or a quantity: choose, see what it costs, confirm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from invoice_portal.effects import Ok, each
from invoice_portal.errors import (
    BadRequest,
    ChangeRefused,
    NotAllowed,
    NotFound,
    PaymentDeclined,
    QuoteOutdated,
)
from invoice_portal.http import Page, Redirect, Response
from invoice_portal.managing import offers
from invoice_portal.managing.changing import (
    Changed,
    Quote,
    Wish,
    asks_the_customer,
    confirm,
    offered_wish,
    quote,
    seal,
    wish_of,
)
from invoice_portal.managing.rules import choices, in_rhythm, plan_item
from invoice_portal.marking import N_
from invoice_portal.money import Money
from invoice_portal.owned import subscription_to_change
from invoice_portal.pages.subscriptions.cancelling import done
from invoice_portal.pages.subscriptions.naming import name_of_subscription, names_of, price_name
from invoice_portal.pages.subscriptions.price_words import price_words, rhythm
from invoice_portal.pages.subscriptions.view import plan_line
from invoice_portal.stripe_api.prices import Price, retrieve_price
from invoice_portal.stripe_api.subscriptions import Subscription
from invoice_portal.subscription_settings import MOST_QUANTITY, Plan, Upsell
from invoice_portal.visits import Visit

_NOTES: Final = {
    "outdated": N_("Something has changed meanwhile. These are the figures now. Nothing was charged."),
    "declined": N_("The payment did not go through, and the plan is as it was. Try again with another payment method."),
    "bank": N_("Your bank wants you to confirm the payment, so the plan is as it was. Try another payment method."),
    "rejected": N_("This change is not possible just now, and nothing was charged. Please contact us."),
}
"""What to say above the question that is asked again."""


@dataclass(frozen=True, slots=True)
class PlanChoice:
    """A plan to choose; ``quantity`` is what the field begins with, 0 where it cannot be chosen."""

    price: str
    name: str
    text: str
    steps: tuple[str, ...]
    current: bool
    least: int
    most: int
    quantity: int


@dataclass(frozen=True, slots=True)
class ChangeView:
    """The page on which a plan is chosen."""

    name: str
    present: str
    choices: tuple[PlanChoice, ...]
    url: str
    back_url: str


@dataclass(frozen=True, slots=True)
class ConfirmView:
    """What a change costs: every line is a name and an amount. ``token`` is the sealed quote."""

    name: str
    new: str
    now: str
    now_text: str
    lines: tuple[tuple[str, str], ...]
    problem: str
    button: str
    token: str
    url: str
    back_url: str


async def change_page(visit: Visit) -> Response:
    """The plans to choose from, or, with a price in the address, what that one costs."""
    subscription = await subscription_to_change(visit)
    query = visit.request.query
    if subscription.pending or _is_there(subscription, query):
        return done(visit, subscription, "")  # a page of before the change, opened again
    if not query.get("price"):
        return await _choose(visit, subscription)
    wish = await _wish(visit, subscription, query)
    return await _confirm_page(visit, subscription, wish, _NOTES.get(query.get("note", ""), ""))


async def change_form(visit: Visit) -> Response:
    """Make the change that was confirmed; where it would cost something else by now, show that and ask again."""
    subscription = await subscription_to_change(visit)
    token = visit.request.form.get("quote", "")
    try:
        changed = await confirm(visit, subscription, token)
    except QuoteOutdated:
        return _again(visit, subscription, token, "outdated")
    except PaymentDeclined as error:
        return _again(visit, subscription, token, "bank" if asks_the_customer(error.code) else "declined")
    except ChangeRefused:
        return _again(visit, subscription, token, "rejected")
    if changed.invoice:
        return Redirect(to=visit.url("pay_page", {"note": "action"}, invoice=changed.invoice))
    await note_taken(visit, subscription, changed)
    return done(visit, subscription, "changed")


async def note_taken(visit: Visit, subscription: Subscription, changed: Changed) -> None:
    """Count the offer that led to a change, if one did and it is made."""
    offer = changed.wish.offer
    if offer and not changed.invoice:
        kind: offers.Kind = "retention" if offers.retention_with(visit, offer) else "upsell"
        await offers.took(visit, subscription, offer, kind)


def _is_there(subscription: Subscription, query: Mapping[str, str]) -> bool:
    """Whether the price and the quantity that a page asks for are what there is by now."""
    quantity = query.get("quantity", "")
    return any(
        item.price and item.price.id == query.get("price") and quantity in ("", str(item.quantity))
        for item in subscription.items
    )


async def dismiss_form(visit: Visit) -> Response:
    """Show an offer no more."""
    subscription = await subscription_to_change(visit)
    offer = visit.request.form.get("offer", "")
    if offer not in {each.id for each in visit.settings.subscriptions.upsells}:
        raise NotFound("there is no such offer")
    await offers.dismiss(visit, subscription, offer)
    return done(visit, subscription, "")


async def wish_from(visit: Visit, subscription: Subscription, price: str, quantity: int | None, offer: str) -> Wish:
    """What a form or a body asks for: a plan of the list, or what an offer is about."""
    if not offer:
        return wish_of(visit, subscription, price, quantity)
    upsell = upsell_now(visit, subscription, offer)
    if upsell is not None:
        return offered_wish(visit, subscription, upsell.price, offer, adds=bool(upsell.beside))
    retention, settings = offers.retention_with(visit, offer), visit.settings.subscriptions
    if retention is None or not retention.price or not offers.suits(settings, retention, subscription):
        raise NotFound("there is no such offer")
    if not await offers.is_held_out(visit, subscription, retention):
        raise NotFound("the customer has had this offer, or was never shown it")
    return offered_wish(visit, subscription, retention.price, offer, adds=False)


def upsell_now(visit: Visit, subscription: Subscription, offer: str) -> Upsell | None:
    """The up-sell offer with this id, where it fits the subscription as it stands."""
    nothing = offers.Known(frozenset(), frozenset())
    found = offers.upsells_for(visit, subscription, (), nothing)
    return next((upsell for upsell in found if upsell.id == offer), None)


async def _wish(visit: Visit, subscription: Subscription, query: Mapping[str, str]) -> Wish:
    visit.demand("manage")
    return await wish_from(
        visit, subscription, query["price"], read_quantity(query.get("quantity", "")), query.get("offer", "")
    )


def read_quantity(text: str) -> int | None:
    """A quantity from a form. Raises ``BadRequest`` for anything but a number."""
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > 9 or not 0 < int(text) <= MOST_QUANTITY:
        raise BadRequest("quantity must be a whole number")
    return int(text)


async def plan_choices(visit: Visit, subscription: Subscription) -> tuple[PlanChoice, ...]:
    """The plans to choose from, as Stripe has their prices. Raises ``NotAllowed`` where there are none."""
    plans = choices(visit.settings.subscriptions, subscription)
    item = plan_item(visit.settings.subscriptions, subscription)
    if not plans or item is None or item.price is None:
        raise NotAllowed("there is nothing in the setting subscriptions that this one can be changed to")
    outcomes = await each([retrieve_price(plan.price) for plan in plans])
    prices = [outcome.value for outcome in outcomes if isinstance(outcome, Ok)]
    usable = {
        each.id: each
        for each in prices
        if each.active and each.currency == subscription.currency and in_rhythm(subscription, item, each)
    }
    names = await names_of(usable.values())
    return tuple(
        _choice(visit, plan, usable[plan.price], item.quantity or 1, item.price.id, names)
        for plan in plans
        if plan.price in usable
    )


async def _choose(visit: Visit, subscription: Subscription) -> Response:
    found = await plan_choices(visit, subscription)
    names = await names_of(subscription.prices)
    item = plan_item(visit.settings.subscriptions, subscription)
    _ = visit.language.gettext
    view = ChangeView(
        name=name_of_subscription(visit.language, subscription, names),
        present=plan_line(visit.language, subscription, item, names).price if item else "",
        choices=found,
        url=visit.url("subscription_change", subscription=subscription.id),
        back_url=visit.url("subscription", subscription=subscription.id),
    )
    return Page(template="invoice_portal/subscription_change.html", title=_("Change plan"), context={"change": view})


def _choice(
    visit: Visit, plan: Plan, price: Price, quantity: int, present: str, names: Mapping[str, str]
) -> PlanChoice:
    adjustable = bool(plan.most) and "change_quantity" in visit.settings.subscriptions.actions
    words = price_words(visit.language, price)
    return PlanChoice(
        price=price.id,
        name=plan.name or price_name(visit.language, price, names),
        text=words.text,
        steps=words.steps,
        current=price.id == present,
        least=plan.least,
        most=plan.most,
        quantity=min(max(quantity, plan.least), plan.most) if adjustable else 0,
    )


async def _confirm_page(visit: Visit, subscription: Subscription, wish: Wish, problem: str) -> Response:
    _ = visit.language.gettext
    found = await quote(visit, subscription, wish)
    names = await names_of([found.price, *subscription.prices])
    view = view_quote(visit, subscription, found, names, _(problem))
    return Page(template="invoice_portal/subscription_confirm.html", title=_("Confirm"), context={"confirm": view})


def view_quote(
    visit: Visit, subscription: Subscription, found: Quote, names: Mapping[str, str], problem: str = ""
) -> ConfirmView:
    """A quote in words: what is paid now, what later."""
    language = visit.language
    _, money = language.gettext, language.money
    plan = visit.settings.subscriptions.plan(found.price.id)
    name = (plan.name if plan else "") or price_name(language, found.price, names)
    words = price_words(language, found.price, found.wish.quantity).text
    return ConfirmView(
        name=name_of_subscription(language, subscription, names),
        new=f"{name}: {words}",
        now=money(found.due_now),
        now_text=_now_text(visit, subscription, found),
        lines=_lines(visit, subscription, found),
        problem=problem,
        button=_("Confirm and pay %(amount)s", amount=money(found.due_now))
        if found.due_now.amount and not subscription.sends_invoices
        else _("Confirm"),
        token=seal(visit, subscription, found),
        url=visit.url("subscription_change", subscription=subscription.id),
        back_url=visit.url("subscription", subscription=subscription.id),
    )


def _now_text(visit: Visit, subscription: Subscription, found: Quote) -> str:
    """What happens at once with money, in a sentence."""
    _, money = visit.language.gettext, visit.language.money
    if not found.immediate:
        return _("Nothing is charged now.")
    if found.next.total.amount < 0:
        credit = Money(-found.next.total.amount, found.next.total.currency)
        return _("%(amount)s is credited to you and used for your next bills.", amount=money(credit))
    if not found.due_now.amount:
        return _("Nothing is charged now.")
    if subscription.sends_invoices:
        return _("You get an invoice for it.")
    return _("It is charged to your payment method at once. If that fails, nothing changes.")


def _lines(visit: Visit, subscription: Subscription, found: Quote) -> tuple[tuple[str, str], ...]:
    """The next bill, where it is another one, and then every period's, of which a balance pays at most the first."""
    language = visit.language
    _ = language.gettext
    each = (_("After that"), rhythm(language, language.money(found.later.total), found.price))
    if found.immediate:
        return (each,)
    first = _("Next bill on %(date)s, with the rest of this period", date=language.date(found.next.made_at))
    return (first, language.money(found.next.due)), each


def _again(visit: Visit, subscription: Subscription, token: str, note: str) -> Redirect:
    """Back to the same question with fresh figures. Who confirmed is asked again; nothing happens by itself."""
    sealed = visit.signer.open("change", token) or {}
    query = {"price": sealed.get("p", ""), "offer": sealed.get("o", ""), "note": note}
    if sealed.get("q") is not None:
        query["quantity"] = str(sealed["q"])
    return Redirect(to=visit.url("subscription_change", query, subscription=subscription.id))
