"""Telling the host what happened: its ``on_event`` hears, and cannot stop anything."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final

from invoice_portal.effects import HostCall
from invoice_portal.hooks import Event, EventName
from invoice_portal.identity import CustomerId
from invoice_portal.sessions import Arrival
from invoice_portal.visits import Visit

log = logging.getLogger("invoice_portal")

_KINDS: Final = {"in": "invoice", "sub": "subscription", "pm": "payment_method", "cn": "credit_note"}


async def tell(
    visit: Visit, name: EventName, subject: str = "", customer: str = "", **details: str | int | bool
) -> None:
    """Tell the host's ``on_event``, and the page around an embed frame.

    ``customer`` is taken from the visit where it is known there and none is given.
    """
    event = Event(
        name=name,
        visitor=visit.name,
        customer_id=customer or _customer(visit),
        subject=subject,
        details=details,
    )
    visit.happened.append(event)
    if visit.hooks.on_event is not None:
        await told(visit.hooks.on_event, event, "on_event")


def as_told(event: Event) -> dict[str, Any]:
    """An event as the host's page hears of it: its object by its kind, and the details."""
    subject = {_KINDS.get(event.subject.partition("_")[0], "id"): event.subject} if event.subject else {}
    customer = {"customer": event.customer_id} if event.customer_id else {}
    return {"event": event.name, "response": {**subject, **customer, **event.details}}


async def told(function: Callable[[Any], object], argument: object, name: str) -> None:
    """Call a hook that changes nothing: where it fails, the log says so and the visitor goes on."""
    try:
        await HostCall(function, argument)
    except Exception:
        log.exception("the hook %s failed", name)


def _customer(visit: Visit) -> str:
    arrival = visit.arrival
    return arrival.identity.id if isinstance(arrival, Arrival) and isinstance(arrival.identity, CustomerId) else ""
