"""The first page: what is to pay, and every invoice."""

from __future__ import annotations

from dataclasses import dataclass

from invoice_portal.effects import Ok, Outcome, each, together
from invoice_portal.errors import NotFound
from invoice_portal.http import Page, Response
from invoice_portal.identity import CustomerId
from invoice_portal.pages.home_view import HomeData, view_home
from invoice_portal.pages.listing import Scope, fill, first_call, read_cursor, read_wanted
from invoice_portal.pages.message import message_page
from invoice_portal.pages.owned import customers_with
from invoice_portal.pages.viewing import check_choice, customer_in_view, scope_of
from invoice_portal.stripe_api.customers import Customer
from invoice_portal.stripe_api.invoices import MOST_A_CALL, Invoice, list_invoices
from invoice_portal.stripe_api.products import products_with
from invoice_portal.stripe_api.reading import Listing
from invoice_portal.stripe_api.subscriptions import Subscription, subscriptions_of
from invoice_portal.visits import Visit


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside the list; each may have failed alone."""

    open_now: Outcome[Listing[Invoice]]
    subscriptions: Outcome[Listing[Subscription]]


async def home(visit: Visit) -> Response:
    """The customer's invoices. The list must be there; the panes beside it may fail alone."""
    arrival = visit.identified()
    if arrival.invoice is not None:
        raise NotFound("a link to one invoice does not open the list")
    identity = arrival.identity
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
    scope = scope_of(visit, customer)
    wanted, cursor = read_wanted(visit), read_cursor(visit, scope)
    answer = await first_call(visit, scope, wanted, cursor)
    whole = not (wanted.filtered or cursor or answer.has_more)
    beside = await _beside(scope, answer, whole)
    if scope.subscription and not scope.bound:
        await check_choice(scope, beside.subscriptions)
    page = await fill(visit, scope, wanted, cursor, answer)
    names = await _product_names(beside.subscriptions)
    choice = () if scope.bound else customers
    data = HomeData(choice, scope, wanted, page, beside.open_now, beside.subscriptions, names)
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


async def _beside(scope: Scope, answer: Listing[Invoice], whole: bool) -> Beside:
    """What is open, and the subscriptions to choose from.

    Where the list holds every invoice in scope it tells both: most customers cost one call, and Stripe counts them.
    """
    open_call = list_invoices(scope.customer, limit=MOST_A_CALL, status="open", subscription=scope.subscription)
    subscriptions_call = subscriptions_of(scope.customer)
    several = len({invoice.subscription for invoice in answer.items} - {None}) > 1
    choice = not scope.bound and (several or not whole or scope.subscription is not None)
    if choice and not whole:
        return Beside(*await together(open_call, subscriptions_call))
    if not whole:
        (open_now,) = await each([open_call])
        return Beside(open_now, Ok(Listing((), has_more=False)))
    found = Ok(Listing(tuple(invoice for invoice in answer.items if invoice.status == "open"), has_more=False))
    if not choice:
        return Beside(found, Ok(Listing((), has_more=False)))
    (subscriptions,) = await each([subscriptions_call])
    return Beside(found, subscriptions)


async def _product_names(subscriptions: Outcome[Listing[Subscription]]) -> dict[str, str]:
    """The names of what is subscribed to, where there is something to choose; a key may lack the permission."""
    if not isinstance(subscriptions, Ok) or len(subscriptions.value.items) < 2:
        return {}
    ids = sorted({product for subscription in subscriptions.value.items for product in subscription.products})
    outcomes = await each([products_with(ids)] if ids else [])
    found = [outcome.value.items for outcome in outcomes if isinstance(outcome, Ok)]
    return {product.id: product.name for products in found for product in products}
