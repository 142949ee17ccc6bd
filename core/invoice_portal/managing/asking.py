"""The host's word on a change, Stripe's, and the record of it afterwards."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from invoice_portal.effects import HostCall, StripeCall
from invoice_portal.errors import ChangeRefused, ChangeVetoed, HookFailed, StoreUnavailable, StripeRejected
from invoice_portal.hooks import Cancellation, EventName, PlanChange
from invoice_portal.sessions import Arrival
from invoice_portal.sharing.trail import Entry, appending
from invoice_portal.telling import tell
from invoice_portal.visits import Visit

T = TypeVar("T")
BeforeChange: TypeAlias = Callable[[Any], object]

log = logging.getLogger("invoice_portal")


async def ask(
    visit: Visit, event: EventName, function: BeforeChange | None, argument: Cancellation | PlanChange
) -> None:
    """Tell the host what is about to happen, then ask the hook that may veto it.

    Raises ``ChangeVetoed`` where it says no, ``HookFailed`` where it raises: nothing happens without its word.
    """
    await tell(visit, event, argument.subscription_id, argument.customer_id)
    if function is None:
        return
    try:
        answer = await HostCall(function, argument)
    except Exception as error:
        log.exception("the hook asked about %s failed: nothing was changed", event)
        raise HookFailed(f"the hook asked about {event} raised") from error
    if answer is None or answer is True:
        return
    if answer is not False and not isinstance(answer, str):
        raise HookFailed(f"a hook gives None, True, False or a text, not {type(answer).__name__}")
    raise ChangeVetoed(f"the hook asked about {event} said no", answer or "")


async def done_by(call: StripeCall[T]) -> T:
    """What Stripe answers to a change. Raises ``ChangeRefused`` where it does not take it, as the state is."""
    try:
        return await call
    except StripeRejected as error:
        raise ChangeRefused(error.detail) from error


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
