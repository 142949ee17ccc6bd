"""The view-models of the pages about subscriptions, ready to print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from invoice_portal.effects import Ok, Outcome
from invoice_portal.i18n import Language
from invoice_portal.identity import Email
from invoice_portal.managing.rules import Deed, deeds
from invoice_portal.pages.invoices.status import StatusBadge
from invoice_portal.pages.subscriptions.naming import name_of_subscription, price_name
from invoice_portal.pages.subscriptions.price_words import price_words
from invoice_portal.pages.subscriptions.status import explained, next_step, subscription_badge
from invoice_portal.stripe_api.subscriptions import Discount, Subscription, SubscriptionItem
from invoice_portal.visits import Visit


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One price of a subscription: what it is, and what it costs."""

    name: str
    price: str
    steps: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    """A subscription in the list; ``url`` is empty where it may not be opened."""

    id: str
    name: str
    status: StatusBadge
    lines: tuple[PlanLine, ...]
    explained: str
    next: str
    url: str
    ended: bool


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and a value."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class DeedsView:
    """The ways to change it: an address that is empty is not offered. ``months`` are those of a pause, in words.

    ``portal_url`` leads to Stripe's own pages, with the flows that they are to open at. ``held`` says why nothing can
    be changed here that otherwise could.
    """

    change_url: str = ""
    cancel_url: str = ""
    resume_url: str = ""
    pause_url: str = ""
    unpause_url: str = ""
    months: tuple[tuple[int, str], ...] = ()
    portal_url: str = ""
    flows: tuple[tuple[str, str], ...] = ()
    held: str = ""

    @property
    def any(self) -> bool:
        """Whether there is anything to do."""
        return any((self.change_url, self.cancel_url, self.resume_url, self.pause_url, self.unpause_url, self.flows))


_OWING: Final = frozenset(("past_due", "unpaid", "incomplete"))
"""The statuses in which an open invoice keeps a subscription from going on."""


@dataclass(frozen=True, slots=True)
class SubscriptionView:
    """One subscription with everything about it. ``open_url`` lists what must be paid for it to go on."""

    id: str
    title: str
    status: StatusBadge
    explained: str
    pay_url: str
    next: str
    lines: tuple[PlanLine, ...]
    facts: tuple[Fact, ...]
    discounts: tuple[str, ...]
    discounts_failed: bool
    invoices_url: str
    open_url: str
    deeds: DeedsView


def make_subscription_rows(
    visit: Visit, subscriptions: Iterable[Subscription], names: Mapping[str, str]
) -> tuple[SubscriptionRow, ...]:
    """The rows of the list: what runs comes first, what has ended last."""
    found = sorted(subscriptions, key=lambda each: (each.ended, -each.created))
    return tuple(_row(visit, subscription, names) for subscription in found)


def view_subscription(
    visit: Visit,
    subscription: Subscription,
    names: Mapping[str, str],
    discounts: Outcome[tuple[Discount, ...]],
) -> SubscriptionView:
    """One subscription in the visitor's language."""
    language = visit.language
    return SubscriptionView(
        id=subscription.id,
        title=name_of_subscription(language, subscription, names),
        status=subscription_badge(subscription, language),
        explained=explained(subscription, language),
        pay_url=_pay_url(visit, subscription),
        next=next_step(subscription, language),
        lines=tuple(plan_line(language, subscription, item, names) for item in subscription.items),
        facts=tuple(_facts(language, subscription)),
        discounts=tuple(discount_words(language, each) for each in holding(discounts.value, subscription, visit.now))
        if isinstance(discounts, Ok)
        else (),
        discounts_failed=not isinstance(discounts, Ok),
        invoices_url=_invoices_url(visit, subscription),
        open_url=_invoices_url(visit, subscription, "open") if subscription.status in _OWING else "",
        deeds=_deeds(visit, subscription),
    )


def plan_line(
    language: Language, subscription: Subscription, item: SubscriptionItem, names: Mapping[str, str]
) -> PlanLine:
    """One item in words.

    A price has an amount for each of its currencies, and Stripe's list shows only the first one's: what the customer is
    billed in another is not said here rather than said wrong.
    """
    _, price = language.gettext, item.price
    if price is None:
        return PlanLine(_("Plan"), "", (), "")
    name = price_name(language, price, names)
    if subscription.currency and price.currency != subscription.currency:
        billed_in = _("Priced in %(currency)s, as on your bill", currency=subscription.currency.upper())
        return PlanLine(name, billed_in, (), "")
    words = price_words(language, price, item.quantity)
    return PlanLine(name, words.text, words.steps, words.note)


def discount_words(language: Language, discount: Discount) -> str:
    """What a discount takes off, and until when."""
    _ = language.gettext
    if discount.percent_off is not None:
        off = _("%(amount)s off", amount=language.percent(Decimal(discount.percent_off)))
    elif discount.amount_off is not None:
        off = _("%(amount)s off", amount=language.money(discount.amount_off))
    else:
        off = _("A discount applies")
    named = f"{discount.name}: {off}" if discount.name else off
    if discount.end is not None:
        return _("%(discount)s, until %(date)s", discount=named, date=language.date(discount.end))
    return _("%(discount)s, on one bill", discount=named) if discount.duration == "once" else named


def _invoices_url(visit: Visit, subscription: Subscription, status: str = "") -> str:
    """The list of its invoices: of several customers with one address, its own one's."""
    if not visit.may("view"):
        return ""
    known_by_email = isinstance(visit.identified().identity, Email)
    customer = (subscription.owner or "") if known_by_email else ""
    return visit.url("home", {"customer": customer, "subscription": subscription.id, "status": status})


def holding(discounts: Iterable[Discount], subscription: Subscription, now: int) -> tuple[Discount, ...]:
    """The discounts that still take something off: one for a single bill is used up by the next that is made."""
    began = subscription.period[0] if subscription.period else 0
    return tuple(
        each
        for each in discounts
        if (each.end is None or each.end > now) and (each.duration != "once" or (each.start or 0) >= began)
    )


def _pay_url(visit: Visit, subscription: Subscription) -> str:
    """Where the change that waits for its payment is paid, or seen by those who may not pay."""
    if not subscription.pending or subscription.latest_invoice is None:
        return ""
    return visit.url("pay_page" if visit.may("pay") else "invoice", invoice=subscription.latest_invoice)


def _held(visit: Visit, subscription: Subscription) -> str:
    """What a schedule of the merchant's keeps a customer from doing, where they otherwise could."""
    could = visit.may("manage") and visit.settings.subscriptions.actions & {"cancel", "change_plan", "change_quantity"}
    if not could or subscription.schedule is None or subscription.ended:
        return ""
    return visit.language.gettext(
        "We have planned changes to this subscription. Please contact us to change or end it."
    )


def _row(visit: Visit, subscription: Subscription, names: Mapping[str, str]) -> SubscriptionRow:
    language = visit.language
    return SubscriptionRow(
        id=subscription.id,
        name=name_of_subscription(language, subscription, names),
        status=subscription_badge(subscription, language),
        lines=tuple(plan_line(language, subscription, item, names) for item in subscription.items),
        explained=explained(subscription, language),
        next=next_step(subscription, language),
        url=visit.url("subscription", subscription=subscription.id) if visit.may("view") else "",
        ended=subscription.ended,
    )


def _facts(language: Language, subscription: Subscription) -> Iterable[Fact]:
    _ = language.gettext
    yield Fact(_("Since"), language.date(subscription.created))
    if subscription.period and not subscription.ended:
        yield Fact(_("Current period"), language.period(*subscription.period))
    if subscription.status == "trialing" and subscription.trial_end:
        yield Fact(_("Trial until"), language.date(subscription.trial_end))
    pays = _("By invoice") if subscription.sends_invoices else _("Automatically")
    if not subscription.ended:
        yield Fact(_("Payment"), pays)


def _deeds(visit: Visit, subscription: Subscription) -> DeedsView:
    allowed, settings = deeds(visit, subscription), visit.settings.subscriptions
    _, ngettext = visit.language.gettext, visit.language.ngettext

    def url(deed: Deed, route: str) -> str:
        return visit.url(route, subscription=subscription.id) if deed in allowed else ""

    if settings.billing_portal:
        labels: dict[Deed, str] = {
            "change": _("Change plan"),
            "cancel": _("Cancel subscription"),
            "resume": _("Keep the subscription"),
        }
        flows = tuple((deed, label) for deed, label in labels.items() if deed in allowed)
        url_of_portal = visit.url("subscription_portal", subscription=subscription.id)
        return DeedsView(portal_url=url_of_portal, flows=flows, held=_held(visit, subscription))
    return DeedsView(
        change_url=url("change", "subscription_change"),
        cancel_url=url("cancel", "subscription_cancel"),
        resume_url=url("resume", "subscription_resume"),
        pause_url=url("pause", "subscription_pause"),
        unpause_url=url("unpause", "subscription_unpause"),
        months=tuple(
            (months, ngettext("%(count)s month", "%(count)s months", months)) for months in settings.pause_months
        ),
        held=_held(visit, subscription),
    )
