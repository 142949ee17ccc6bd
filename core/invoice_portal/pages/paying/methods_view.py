"""A customer's saved methods, ready to print."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from invoice_portal.effects import Ok, each, together
from invoice_portal.i18n import Language
from invoice_portal.pages.paying.due import Due
from invoice_portal.payment_words import method_name
from invoice_portal.stripe_api.default_methods import customer_default, subscription_default
from invoice_portal.stripe_api.payment_methods import SavedMethod, saved_methods
from invoice_portal.visits import Visit


@dataclass(frozen=True, slots=True)
class MethodView:
    """One method. ``remark`` says when a card expires, and that it has; ``usable`` whether it can be paid with."""

    id: str
    name: str
    remark: str
    default: bool
    expired: bool
    usable: bool
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Saved:
    """What was found: ``failed`` where the methods could not be read just now."""

    methods: tuple[SavedMethod, ...] = ()
    default: str | None = None
    failed: bool = False


async def saved_for(visit: Visit, customer: str, subscription: str | None, chosen: str | None = None) -> Saved:
    """The methods that may be paid with, and the one that Stripe itself would charge.

    That is ``chosen`` (the invoice's own), else the subscription's, else the customer's. Whoever came for one
    subscription may use what that one is charged to, and nothing else that the customer has saved.
    """
    methods, default = await together(saved_methods(customer), customer_default(customer))
    if not isinstance(methods, Ok):
        return Saved(failed=True)
    mine = tuple(method for method in methods.value.items if method.owner == customer)
    if chosen is None and subscription is not None and mine:
        (own,) = await each([subscription_default(subscription)])
        chosen = own.value.default_method if isinstance(own, Ok) else None
    used = chosen or (default.value if isinstance(default, Ok) else None)
    seen = mine if visit.sees_customer else tuple(method for method in mine if method.id == used)
    return Saved(seen, used)


async def saved_for_due(visit: Visit, due: Due) -> Saved:
    """As :func:`saved_for`, for an invoice."""
    return await saved_for(visit, due.customer, due.invoice.subscription, due.invoice.default_method)


def view_methods(visit: Visit, saved: Saved, types: Collection[str] = ()) -> tuple[MethodView, ...]:
    """The methods that may be chosen, the default first; those that have expired are shown and cannot be chosen."""
    fitting = [method for method in saved.methods if not types or method.shown.type in types]
    fitting.sort(key=lambda method: (method.id != saved.default, method.expired(visit.now)))
    usable = [method.id for method in fitting if not method.expired(visit.now)]
    return tuple(
        MethodView(
            id=method.id,
            name=method_name(visit.language, method.shown),
            remark=expiry_text(visit.language, method, visit.now),
            default=method.id == saved.default,
            expired=method.expired(visit.now),
            usable=method.id in usable,
            chosen=usable[:1] == [method.id],
        )
        for method in fitting
    )


def expiry_text(language: Language, method: SavedMethod, now: int) -> str:
    """``Expires 12/2030``, or that it has; empty for what does not expire."""
    if method.expiry is None:
        return ""
    _, (year, month) = language.gettext, method.expiry
    when = f"{month:02}/{year}"
    return _("Expired %(date)s", date=when) if method.expired(now) else _("Expires %(date)s", date=when)


def expires_before(method: SavedMethod, moment: int | None) -> bool:
    """Whether a card's last month is over at ``moment`` (UTC seconds)."""
    if method.expiry is None or moment is None:
        return False
    at = datetime.fromtimestamp(moment, UTC)
    return method.expiry < (at.year, at.month)
