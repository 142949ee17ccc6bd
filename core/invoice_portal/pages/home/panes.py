"""What stands around the list of invoices on the first page, and how it is retrieved.

Each pane says which calls to Stripe it needs for what is already known, and makes its view of their outcomes. All calls
of all panes are in flight at the same time, under one deadline, and each pane says itself what it is missing: none
takes another with it, and none the list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from invoice_portal.effects import Outcome, StripeCall, in_groups
from invoice_portal.pages.home import attention, subscriptions, upcoming, usage
from invoice_portal.pages.home.known import Known
from invoice_portal.settings import PaneName
from invoice_portal.stripe_api.products import names_told, naming_calls
from invoice_portal.visits import Visit


@dataclass(frozen=True, slots=True)
class PaneKind:
    """How one pane comes about. ``view`` gives None where there is nothing to show."""

    name: PaneName
    template: str
    calls: Callable[[Visit, Known], Sequence[StripeCall[Any]]]
    view: Callable[[Visit, Known, Sequence[Outcome[Any]]], object | None]


@dataclass(frozen=True, slots=True)
class Pane:
    """A pane that is shown: ``view`` is what ``template`` prints."""

    name: PaneName
    template: str
    view: object


PANES: Final[Sequence[PaneKind]] = (
    PaneKind("attention", "invoice_portal/_attention.html", attention.calls, attention.view),
    PaneKind("upcoming", "invoice_portal/_upcoming.html", upcoming.calls, upcoming.view),
    PaneKind("usage", "invoice_portal/_usage.html", usage.calls, usage.view),
    PaneKind("subscriptions", "invoice_portal/_subscriptions.html", subscriptions.calls, subscriptions.view),
)
"""In the order of the page."""


@dataclass(frozen=True, slots=True)
class Around:
    """What was retrieved beside the list: the panes, and the products' names by id."""

    panes: tuple[Pane, ...]
    names: Mapping[str, str]


async def retrieve_panes(visit: Visit, known: Known, kinds: Sequence[PaneKind] = PANES) -> Around:
    """Every pane that the settings show and that has something to say."""
    shown = [kind for kind in kinds if kind.name in visit.settings.panes]
    groups = [naming_calls(known.products), *(kind.calls(visit, known) for kind in shown)]
    naming, *outcomes = await in_groups(groups, visit.settings.pane_seconds)
    named = replace(known, names=names_told(naming))
    views = [(kind, kind.view(visit, named, found)) for kind, found in zip(shown, outcomes, strict=True)]
    panes = tuple(Pane(kind.name, kind.template, view) for kind, view in views if view is not None)
    return Around((*panes, *await _offered(visit, named)), named.names)


async def _offered(visit: Visit, known: Known) -> tuple[Pane, ...]:
    """The pane with an offer: only once the database has said what the customer has done about offers before."""
    offer = await subscriptions.first_offer(visit, known) if "offers" in visit.settings.panes else None
    return (Pane("offers", "invoice_portal/_home_offer.html", offer),) if offer else ()
