"""The menu at the head of the portal's own parts: what this visitor may open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from invoice_portal.marking import N_
from invoice_portal.pages.paying.limits import manages_methods
from invoice_portal.sessions import Arrival
from invoice_portal.visits import Visit


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A part of the portal; ``current`` where it is the one at hand."""

    name: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class _Part:
    route: str
    name: str
    open_to: Callable[[Visit], bool]


_PARTS: Final = (
    _Part("home", N_("Billing"), lambda visit: True),
    _Part("upcoming", N_("Upcoming bill"), lambda visit: "upcoming" in visit.settings.panes),
    _Part("usage", N_("Usage"), lambda visit: "usage" in visit.settings.panes),
    _Part("subscriptions", N_("Subscriptions"), lambda visit: "subscriptions" in visit.settings.panes),
    _Part("payment_methods", N_("Payment methods"), manages_methods),
    _Part("details", N_("Billing details"), lambda visit: visit.sees_customer and bool(visit.settings.billing_details)),
)


def menu_of(visit: Visit) -> tuple[MenuEntry, ...]:
    """The parts that are open to this visitor; none where there is but one, or by a link to one invoice.

    The customer in view stays in view: one address may have several.
    """
    arrival = visit.arrival
    if not isinstance(arrival, Arrival) or visit.one_invoice is not None or not visit.may("view"):
        return ()
    keep, here = {"customer": visit.request.query.get("customer", "")}, visit.here({})
    open_parts = [part for part in _PARTS if part.open_to(visit)]
    if len(open_parts) < 2:
        return ()
    return tuple(
        MenuEntry(visit.language.gettext(part.name), visit.url(part.route, keep), _holds(visit, part, here))
        for part in open_parts
    )


def _holds(visit: Visit, part: _Part, here: str) -> bool:
    """Whether the page at hand is a part's: its forms may have addresses below its own, where all are below home's."""
    url = visit.url(part.route)
    return here == url or (part.route != "home" and here.startswith(f"{url}/"))
