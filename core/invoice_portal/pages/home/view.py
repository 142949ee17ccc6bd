"""The view-model of the first page, ready to print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from invoice_portal.effects import Ok, Outcome
from invoice_portal.money import Money
from invoice_portal.pages.handover import payable
from invoice_portal.pages.home.panes import Around, Pane
from invoice_portal.pages.invoices.listing import InvoicePage, Wanted, seal_cursor
from invoice_portal.pages.invoices.rows import InvoiceRow, make_rows
from invoice_portal.pages.invoices.status import STATUS_NAMES, overdue
from invoice_portal.pages.paying.limits import pays_here
from invoice_portal.pages.subscriptions.naming import name_of_subscription
from invoice_portal.stripe_api.customers import Customer
from invoice_portal.stripe_api.invoices import Invoice
from invoice_portal.stripe_api.reading import Listing
from invoice_portal.stripe_api.subscriptions import Subscription
from invoice_portal.viewing import Scope
from invoice_portal.visits import Visit


@dataclass(frozen=True, slots=True)
class HomeData:
    """What was asked for and what Stripe answered."""

    customers: tuple[Customer, ...]
    scope: Scope
    wanted: Wanted
    page: InvoicePage
    open_now: Outcome[Listing[Invoice]]
    subscriptions: Outcome[Listing[Subscription]]
    around: Around
    customer: Customer | None


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several things to look at."""

    label: str
    value: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class ToPay:
    """What is open: one amount for each currency; ``late`` says how many are overdue, ready to print.

    ``pay_url`` is set where it is one invoice and can be paid here: the main thing is then one click away.
    ``several_url`` is the page on which several are paid, where there are several.
    """

    amounts: tuple[str, ...]
    summary: str
    late: str
    url: str
    pay_url: str
    several_url: str


@dataclass(frozen=True, slots=True)
class FilterForm:
    """The filter as it stands, for the form; ``keep`` are the parameters that it passes on."""

    url: str
    status: str
    since: str
    until: str
    problem: str
    keep: tuple[tuple[str, str], ...]
    clear_url: str
    active: bool


@dataclass(frozen=True, slots=True)
class Home:
    """Everything on the page, ready to print."""

    customers: tuple[Choice, ...]
    subscriptions: tuple[Choice, ...]
    to_pay: ToPay | None
    to_pay_failed: bool
    balance: str
    attention: Pane | None
    panes: tuple[Pane, ...]
    tabs: tuple[Choice, ...]
    statuses: tuple[Choice, ...]
    filter: FilterForm
    rows: tuple[InvoiceRow, ...]
    empty: str
    newer_url: str
    older_url: str


def view_home(visit: Visit, data: HomeData) -> Home:
    """Put everything into words and figures of the visitor's language."""
    scope, wanted, open_now = data.scope, data.wanted, data.open_now
    keep, panes = scope.query, data.around.panes
    newer, older = _page_urls(visit, scope, wanted, data.page, keep)
    return Home(
        customers=_customer_choices(visit, data.customers, scope.customer),
        subscriptions=_subscription_choices(visit, data, keep),
        to_pay=_to_pay(visit, open_now.value, keep) if isinstance(open_now, Ok) else None,
        to_pay_failed=not isinstance(open_now, Ok),
        balance=_balance(visit, data) if "balance" in visit.settings.panes else "",
        attention=next((pane for pane in panes if pane.name == "attention"), None),
        panes=tuple(pane for pane in panes if pane.name != "attention"),
        tabs=_status_choices(visit, wanted, keep, ("", "open", "paid")),
        statuses=_status_choices(visit, wanted, keep, ("", *STATUS_NAMES)),
        filter=FilterForm(
            url=visit.url("home"),
            status=wanted.status,
            since=wanted.since,
            until=wanted.until,
            problem=wanted.problem,
            keep=tuple(keep.items()),
            clear_url=visit.url("home", keep),
            active=wanted.filtered,
        ),
        rows=make_rows(visit, data.page.invoices),
        empty=_empty(visit, wanted),
        newer_url=newer,
        older_url=older,
    )


def _balance(visit: Visit, data: HomeData) -> str:
    """What the merchant owes the customer, or the customer from earlier; the next bill settles it.

    It is the customer's whole balance: where one subscription is all that may be seen, it is not told.
    """
    customer, _ = data.customer, visit.language.gettext
    if customer is None or not customer.balance or not customer.currency or data.scope.bound:
        return ""
    amount = visit.language.money(Money(abs(customer.balance), customer.currency))
    if customer.balance < 0:
        return _("You have a credit of %(amount)s. Your next bill uses it.", amount=amount)
    return _("%(amount)s from earlier is added to your next bill.", amount=amount)


def _customer_choices(visit: Visit, customers: tuple[Customer, ...], current: str) -> tuple[Choice, ...]:
    if len(customers) < 2:
        return ()
    _ = visit.language.gettext
    return tuple(
        Choice(
            label=_(
                "%(name)s, customer since %(date)s",
                name=customer.name or customer.description or customer.email,
                date=visit.language.date(customer.created),
            ),
            value=customer.id,
            url=visit.url("home", {"customer": customer.id}),
            current=customer.id == current,
        )
        for customer in customers
    )


def _subscription_choices(visit: Visit, data: HomeData, keep: dict[str, str]) -> tuple[Choice, ...]:
    """The visitor's subscriptions, where there are several and no one of them was given on arrival for good."""
    subscriptions, scope = data.subscriptions, data.scope
    if scope.bound or not isinstance(subscriptions, Ok) or len(subscriptions.value.items) < 2:
        return ()
    _ = visit.language.gettext
    customer = {name: value for name, value in keep.items() if name == "customer"}
    every = Choice(_("All subscriptions"), "", visit.url("home", customer), scope.subscription is None)
    return every, *(
        Choice(
            label=_subscription_label(visit, subscription, data.around.names),
            value=subscription.id,
            url=visit.url("home", {**customer, "subscription": subscription.id}),
            current=subscription.id == scope.subscription,
        )
        for subscription in subscriptions.value.items
    )


def _subscription_label(visit: Visit, subscription: Subscription, names: Mapping[str, str]) -> str:
    _ = visit.language.gettext
    name = name_of_subscription(visit.language, subscription, names)
    return _("%(name)s, since %(date)s", name=name, date=visit.language.date(subscription.created))


def _status_choices(visit: Visit, wanted: Wanted, keep: dict[str, str], values: Sequence[str]) -> tuple[Choice, ...]:
    _ = visit.language.gettext
    return tuple(
        Choice(
            label=_(STATUS_NAMES[value]) if value else _("All"),
            value=value,
            url=visit.url("home", {**wanted.query(status=value), **keep}),
            current=value == wanted.status,
        )
        for value in values
    )


def _to_pay(visit: Visit, listing: Listing[Invoice], keep: dict[str, str]) -> ToPay | None:
    """The sum of what is open, a figure for each currency: amounts in different ones are never added up."""
    due = [invoice for invoice in listing.items if invoice.amount_remaining.amount > 0 and not invoice.under_way]
    if not due:
        return None
    sums: dict[str, int] = {}
    for invoice in due:
        currency = invoice.amount_remaining.currency
        sums[currency] = sums.get(currency, 0) + invoice.amount_remaining.amount
    language, late = visit.language, sum(overdue(invoice, visit.now) for invoice in due)
    if listing.has_more:
        summary = language.gettext("The newest %(count)s open invoices. There are more.", count=len(listing.items))
    else:
        summary = language.ngettext("%(count)s open invoice", "%(count)s open invoices", len(due))
    return ToPay(
        amounts=tuple(language.money(Money(amount, currency)) for currency, amount in sums.items()),
        summary=summary,
        late=language.ngettext("%(count)s is overdue", "%(count)s are overdue", late) if late else "",
        url=visit.url("home", {"status": "open", **keep}),
        pay_url=visit.url("pay", invoice=due[0].id) if len(due) == 1 and visit.may("pay") and payable(due[0]) else "",
        several_url=visit.url("pay_several", keep) if len(due) > 1 and pays_here(visit) else "",
    )


def _page_urls(visit: Visit, scope: Scope, wanted: Wanted, page: InvoicePage, keep: dict[str, str]) -> tuple[str, str]:
    same = {**wanted.query(), **keep}
    newer = {"before": seal_cursor(visit, scope, page.newer)} if page.newer else None
    older = {"after": seal_cursor(visit, scope, page.older)} if page.older else None
    return (
        visit.url("home", {**same, **newer}) if newer else "",
        visit.url("home", {**same, **older}) if older else "",
    )


def _empty(visit: Visit, wanted: Wanted) -> str:
    _ = visit.language.gettext
    return _("No invoice fits this choice.") if wanted.filtered else _("There are no invoices yet.")
