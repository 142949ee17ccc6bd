"""The first page: what is to pay, and every invoice."""

from __future__ import annotations

from dataclasses import dataclass, replace

from invoice_portal.effects import Ok, Outcome, each, needed, together
from invoice_portal.errors import NotFound
from invoice_portal.http import Page, Response
from invoice_portal.identity import CustomerId
from invoice_portal.owned import customers_with
from invoice_portal.pages.home.known import Known
from invoice_portal.pages.home.panes import Around, retrieve_panes
from invoice_portal.pages.home.view import HomeData, view_home
from invoice_portal.pages.invoices.listing import (
    Cursor,
    InvoicePage,
    Wanted,
    fill,
    first_call,
    read_cursor,
    read_wanted,
)
from invoice_portal.pages.message import message_page
from invoice_portal.pages.paying.on_its_way import marked, under_way
from invoice_portal.stripe_api.customers import Customer, customer_with_id
from invoice_portal.stripe_api.invoices import MOST_A_CALL, Invoice, list_invoices
from invoice_portal.stripe_api.products import names_told, naming_calls
from invoice_portal.stripe_api.reading import Listing
from invoice_portal.stripe_api.subscriptions import Subscription, subscription_alone, subscriptions_of
from invoice_portal.viewing import Scope, check_choice, customer_in_view, scope_of
from invoice_portal.visits import Visit


@dataclass(frozen=True, slots=True)
class First:
    """What the page begins with. ``subscriptions`` is None where they were not asked for yet."""

    answer: Listing[Invoice]
    subscriptions: Outcome[Listing[Subscription]] | None
    customer: Customer | None


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside the list; each may have failed alone."""

    open_now: Outcome[Listing[Invoice]]
    subscriptions: Outcome[Listing[Subscription]]


async def home(visit: Visit) -> Response:
    """The customer's invoices. The list must be there; the panes beside it may fail alone."""
    identity = visit.in_portal().identity
    if isinstance(identity, CustomerId):
        try:
            return await _home_of(visit, identity.id, ())
        except NotFound:
            if {"after", "before", "subscription"} & visit.request.query.keys():
                raise
            return _nothing_here(visit)  # Stripe has no such customer
    customers = await customers_with(identity)
    if not customers:
        return _nothing_here(visit)
    return await _home_of(visit, await customer_in_view(visit, customers), customers)


def _nothing_here(visit: Visit) -> Page:
    """The page for a visitor without a customer at Stripe: kind, and the same for every address."""
    _ = visit.language.gettext
    return message_page(
        visit,
        title=_("Billing"),
        heading=_("No invoices yet"),
        text=_("When there is an invoice for you, you will find it here. You have nothing to pay."),
    )


async def _home_of(visit: Visit, customer: str, customers: tuple[Customer, ...]) -> Response:
    scope = scope_of(visit, customer, customers)
    wanted, cursor = read_wanted(visit), read_cursor(visit, scope)
    front = bool(visit.settings.panes) and not wanted.filtered and cursor is None
    first = await (_with_panes_in_mind if front else _list_alone)(visit, scope, wanted, cursor, customers)
    whole = not (wanted.filtered or cursor or first.answer.has_more)
    beside = await _beside(scope, first, whole)
    if scope.subscription and not scope.bound:
        await check_choice(scope, beside.subscriptions)
    page = await fill(visit, scope, wanted, cursor, first.answer)
    page, beside = await _with_what_is_under_way(visit, scope, page, beside)
    if front:
        around = await retrieve_panes(visit, _known(scope, first, beside))
    else:
        around = Around((), await _product_names(beside.subscriptions))
    choice = () if scope.bound else customers
    data = HomeData(choice, scope, wanted, page, beside.open_now, beside.subscriptions, around, first.customer)
    shown = page.invoices or (beside.open_now.value.items if isinstance(beside.open_now, Ok) else ())
    name = next((known.name for known in customers if known.id == customer), "")
    return Page(
        template="invoice_portal/invoices.html",
        title=visit.language.gettext("Billing"),
        context={
            "home": view_home(visit, data),
            "merchant": shown[0].account_name if shown else "",
            "customer_name": name or (shown[0].customer_name if shown else ""),
        },
    )


async def _with_what_is_under_way(
    visit: Visit, scope: Scope, page: InvoicePage, beside: Beside
) -> tuple[InvoicePage, Beside]:
    """The same with the invoices marked that a payment is on its way for."""
    nothing: Listing[Invoice] = Listing((), has_more=False)
    open_now = beside.open_now.value if isinstance(beside.open_now, Ok) else nothing
    found = await under_way(visit, scope.customer, (*page.invoices, *open_now.items))
    if not found:
        return page, beside
    outcome = Ok(Listing(marked(open_now.items, found), open_now.has_more))
    return replace(page, invoices=marked(page.invoices, found)), replace(beside, open_now=outcome)


async def _list_alone(
    visit: Visit, scope: Scope, wanted: Wanted, cursor: Cursor | None, customers: tuple[Customer, ...]
) -> First:
    return First(await first_call(visit, scope, wanted, cursor), None, None)


async def _with_panes_in_mind(
    visit: Visit, scope: Scope, wanted: Wanted, cursor: Cursor | None, customers: tuple[Customer, ...]
) -> First:
    """The list, and beside it what the panes have to know before they can ask: subscriptions, and the customer."""
    known = next((each for each in customers if each.id == scope.customer), None)
    listed = first_call(visit, scope, wanted, cursor)
    subscribed = subscription_alone(scope.subscription or "") if scope.bound else subscriptions_of(scope.customer)
    if known:
        answer, subscriptions = await together(listed, subscribed)
        return First(needed(answer), subscriptions, known)
    answer, subscriptions, found = await together(listed, subscribed, customer_with_id(scope.customer))
    customer = next(iter(found.value.items), None) if isinstance(found, Ok) else None
    return First(needed(answer), subscriptions, customer)


def _known(scope: Scope, first: First, beside: Beside) -> Known:
    """What of it concerns the panes: what runs and is in view. The owner is looked at once more."""
    listing = beside.subscriptions.value if isinstance(beside.subscriptions, Ok) else None
    subscriptions = listing.items if listing else ()
    return Known(
        customer=first.customer,
        scope=scope,
        subscriptions=tuple(
            each
            for each in subscriptions
            if not each.ended and each.owner == scope.customer and scope.subscription in (None, each.id)
        ),
        failed=listing is None,
        more=listing is not None and listing.has_more,
        open_now=beside.open_now.value.items if isinstance(beside.open_now, Ok) else (),
        products=tuple({product for each in subscriptions for product in each.products}),
    )


async def _beside(scope: Scope, first: First, whole: bool) -> Beside:
    """What is open, and the subscriptions to choose from, as far as the list does not tell both.

    Where it holds every invoice in scope it does: most customers then cost no call more, and Stripe counts them.
    """
    open_call = list_invoices(scope.customer, limit=MOST_A_CALL, status="open", subscription=scope.subscription)
    invoices, known = first.answer.items, first.subscriptions
    several = len({invoice.subscription for invoice in invoices} - {None}) > 1
    if known is None and (scope.bound or not (several or not whole or scope.subscription is not None)):
        known = Ok(Listing((), has_more=False))
    if whole:
        found = Ok(Listing(tuple(invoice for invoice in invoices if invoice.status == "open"), has_more=False))
        return Beside(found, known or (await each([subscriptions_of(scope.customer)]))[0])
    if known is None:
        return Beside(*await together(open_call, subscriptions_of(scope.customer)))
    return Beside((await each([open_call]))[0], known)


async def _product_names(subscriptions: Outcome[Listing[Subscription]]) -> dict[str, str]:
    """The names of what is subscribed to, where there is something to choose; a key may lack the permission."""
    if not isinstance(subscriptions, Ok) or len(subscriptions.value.items) < 2:
        return {}
    products = (product for subscription in subscriptions.value.items for product in subscription.products)
    return names_told(await each(naming_calls(products)))
