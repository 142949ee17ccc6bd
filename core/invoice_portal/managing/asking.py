"""The host's word on a change, and the record of it afterwards."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from invoice_portal.effects import HostCall
from invoice_portal.errors import StoreUnavailable, Vetoed
from invoice_portal.hooks import EventName
from invoice_portal.sessions import Arrival
from invoice_portal.sharing.trail import Entry, appending
from invoice_portal.telling import tell
from invoice_portal.visits import Visit

log = logging.getLogger("invoice_portal")


async def ask(function: Callable[[Any], object] | None, argument: object, name: str) -> None:
    """Ask a hook that may veto: a text or False is a veto, None or True lets it pass.

    Raises :class:`~invoice_portal.errors.Vetoed`, also where the hook raises: nothing happens without its word.
    """
    if function is None:
        return
    try:
        answer = await HostCall(function, argument)
    except Exception:
        log.exception("the hook %s failed", name)
        raise Vetoed(f"the hook {name} failed") from None
    if isinstance(answer, str):
        raise Vetoed(f"the hook {name} said no", answer)
    if answer is False:
        raise Vetoed(f"the hook {name} said no")


async def noted(
    visit: Visit,
    action: str,
    subject: str,
    customer: str,
    *,
    event: EventName | None = None,
    **detail: str | int | bool,
) -> None:
    """Record what a visitor changed, and tell the host by ``event``. Neither takes back what is done."""
    via = visit.arrival.via if isinstance(visit.arrival, Arrival) else ""
    entry = Entry(action=action, subject=subject, customer=customer, via=via, detail=detail)
    if visit.settings.audit_trail:
        try:
            await appending(visit.desk, entry)
        except StoreUnavailable as error:
            log.error("not in the audit trail (%s): %s", error.detail, entry)
    if event is not None:
        await tell(visit, event, subject, customer, **detail)
