"""Adding, removing and choosing a payment method."""

from __future__ import annotations

from typing import Final

from invoice_portal.effects import Failed, StripeCall, each
from invoice_portal.errors import NotFound, PortalError, StripeRejected
from invoice_portal.hooks import Payable
from invoice_portal.http import Data, Redirect, Response
from invoice_portal.limiting import count_decline, count_decline_here, limit_declines
from invoice_portal.owned import given_subscription
from invoice_portal.pages.paying.answering import told_error
from invoice_portal.pages.paying.asking import wanted_types
from invoice_portal.pages.payment_methods.owner import (
    Charged,
    all_charged,
    charged_if_known,
    charged_of,
    customer_in_view,
    demand_managing,
    own_method,
    owners,
)
from invoice_portal.payment_words import shown_code
from invoice_portal.recording import record
from invoice_portal.sharing.trail import Entry
from invoice_portal.stripe_api.default_methods import set_customer_default, set_subscription_default
from invoice_portal.stripe_api.payment_intents import TYPES_NOT_TAKEN, Secret
from invoice_portal.stripe_api.payment_methods import (
    SavedMethod,
    create_setup,
    detach_method,
    retrieve_setup,
    show_method_again,
)
from invoice_portal.telling import tell
from invoice_portal.visits import Visit

_GOOD_SECONDS: Final = 60 * 60


async def new_method(visit: Visit) -> Response:
    """The secret by which Stripe's element sets up a method, for the portal's own script."""
    try:
        demand_managing(visit)
        customer = customer_in_view(await owners(visit), visit.request.form.get("customer", ""))
        await limit_declines(visit, customer)
        types = await wanted_types(visit, Payable(customer_id=customer))
        secret = await _setup(customer, types, "payment_method_types")
    except PortalError as error:
        return told_error(visit, error)
    sealed = {"c": customer, "s": secret.intent, "x": visit.now + _GOOD_SECONDS}
    token = visit.signer.seal("setup", sealed)
    return Data(
        value={
            "status": "ready",
            "client_secret": secret.client_secret,
            "return_url": visit.url("method_returned", {"adding": token}),
        }
    )


async def method_returned(visit: Visit) -> Response:
    """Back from Stripe's element or the customer's bank. Stripe adds a secret to this address: it leads on at once."""
    demand_managing(visit)
    customer, id = _adding(visit)
    if customer not in {each.id for each in await owners(visit)}:
        raise NotFound("the customer is not this visitor's")
    setup = await retrieve_setup(id)
    if setup.owner != customer:
        raise NotFound("the set-up is not this customer's")
    if setup.status != "succeeded" or setup.method is None:
        note = "verify" if setup.status in ("requires_action", "processing") else "failed"
        if setup.error:
            await count_decline(visit, customer, setup.id, setup.error)
            await count_decline_here(visit, setup.id, setup.error)
        return _back(visit, customer, note, setup.error)
    await _added(visit, customer, setup.method)
    return _back(visit, customer, "added")


async def remove_method(visit: Visit) -> Response:
    """Remove a method that no renewal is charged to."""
    customer, gone = await removed(visit)
    return _back(visit, customer, "removed" if gone else "needed")


async def removed(visit: Visit) -> tuple[str, bool]:
    """Remove the method in the address, unless a renewal is charged to it; gives its customer, and whether it is gone.

    Raises ``NotFound`` for a method that is not the visitor's.
    """
    demand_managing(visit)
    method = await own_method(visit, visit.request.args["method"])
    customer = method.owner or ""
    charged = await all_charged(customer)
    if method.id in charged.methods and charged.subscriptions:
        return customer, False
    await detach_method(method.id)
    await _noted(visit, "payment_method.removed", method.id, customer)
    return customer, True


async def default_method(visit: Visit) -> Response:
    """Charge renewals to a method."""
    return _back(visit, await made_default(visit), "default")


async def made_default(visit: Visit) -> str:
    """Charge renewals to the method in the address, at each level where one is set; gives its customer.

    A subscription's own comes before the customer's. Raises ``NotFound`` for a method that is not the visitor's.
    """
    demand_managing(visit)
    method = await own_method(visit, visit.request.args["method"])
    customer = method.owner or ""
    await _make_default(visit, method, customer)
    await _noted(visit, "payment_method.made_default", method.id, customer)
    return customer


async def _make_default(visit: Visit, method: SavedMethod, customer: str) -> None:
    charged = await charged_of(visit, customer)
    for call in default_calls(visit, charged, customer, method.id):
        await call


def default_calls(visit: Visit, charged: Charged, customer: str, method: str) -> list[StripeCall[None]]:
    """The calls that have everything which renews charged to a method.

    Whoever may see one subscription only changes that one.
    """
    if given_subscription(visit) is not None:
        return [set_subscription_default(each.id, method) for each in charged.subscriptions]
    own = [each.id for each in charged.subscriptions if each.default_method not in (None, method)]
    customers = [] if charged.customer_default == method else [set_customer_default(customer, method)]
    return [*customers, *(set_subscription_default(id, method) for id in own)]


async def _added(visit: Visit, customer: str, method: str) -> None:
    """Note that it may be shown again; where renewals have nothing to be charged to, they have it now."""
    await show_method_again(method)
    charged = await charged_if_known(visit, customer)
    free = charged is not None and charged.customer_default is None and not charged.methods
    if free and given_subscription(visit) is None:
        await set_customer_default(customer, method)
    await _noted(visit, "payment_method.added", method, customer)
    await tell(visit, "add_payment_method", method, customer)


async def _setup(customer: str, types: tuple[str, ...], types_name: str) -> Secret:
    (made,) = await each([create_setup(customer, types, types_name)])
    if not isinstance(made, Failed):
        return made.value
    newer = isinstance(made.error, StripeRejected) and made.error.code == TYPES_NOT_TAKEN
    if newer and types_name == "payment_method_types":
        return await _setup(customer, types, "allowed_payment_method_types")
    raise made.error


async def _noted(visit: Visit, action: str, method: str, customer: str) -> None:
    await record(visit, Entry(action=action, subject=method, customer=customer, via=visit.identified().via))


def _adding(visit: Visit) -> tuple[str, str]:
    match visit.signer.open("setup", visit.request.query.get("adding", "")):
        case {"c": str(customer), "s": str(setup), "x": int(end)} if visit.now < end:
            return customer, setup
        case _:
            raise NotFound("no method was being added here")


def _back(visit: Visit, customer: str, note: str, reason: str = "") -> Redirect:
    return Redirect(to=visit.url("payment_methods", {"customer": customer, "note": note, "reason": shown_code(reason)}))
