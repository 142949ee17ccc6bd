"""Telling the host what happened: its ``on_event`` hears, and cannot stop anything."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from invoice_portal.effects import HostCall
from invoice_portal.hooks import Event, EventName
from invoice_portal.identity import CustomerId
from invoice_portal.sessions import Arrival
from invoice_portal.visits import Visit

log = logging.getLogger("invoice_portal")


async def tell(
    visit: Visit, name: EventName, subject: str = "", customer: str = "", **details: str | int | bool
) -> None:
    """Tell the host's ``on_event``. ``customer`` is taken from the visit where it is known there and none is given."""
    if visit.hooks.on_event is None:
        return
    event = Event(
        name=name,
        visitor=visit.name,
        customer_id=customer or _customer(visit),
        subject=subject,
        details=details,
    )
    await told(visit.hooks.on_event, event, "on_event")


async def told(function: Callable[[Any], object], argument: object, name: str) -> None:
    """Call a hook that changes nothing: where it fails, the log says so and the visitor goes on."""
    try:
        await HostCall(function, argument)
    except Exception:
        log.exception("the hook %s failed", name)


def _customer(visit: Visit) -> str:
    arrival = visit.arrival
    return arrival.identity.id if isinstance(arrival, Arrival) and isinstance(arrival.identity, CustomerId) else ""
