"""Asking and telling the host's hooks about a payment."""

from __future__ import annotations

import logging

from invoice_portal.effects import HostCall
from invoice_portal.errors import HookFailed, NotAllowed, Vetoed
from invoice_portal.hooks import Payable, Payment, Way
from invoice_portal.pages.paying.due import Due
from invoice_portal.telling import tell
from invoice_portal.visits import Visit

log = logging.getLogger("invoice_portal")


def payment_about(visit: Visit, due: Due, amount: int, way: Way, method: str = "") -> Payment:
    """What the hooks are told of a payment of ``amount`` (minor units)."""
    return Payment(
        invoice_id=due.invoice.id,
        invoice_number=due.invoice.number,
        customer_id=due.customer,
        subscription_id=due.invoice.subscription,
        amount=amount,
        currency=due.remaining.currency,
        way=way,
        part=amount < due.remaining.amount,
        payment_method_id=method,
        visitor=visit.name,
    )


async def ask_before(visit: Visit, payment: Payment) -> None:
    """Say that this is about to be paid, and ask ``before_pay``. Raises as :func:`agree`."""
    await tell(
        visit,
        "pre_pay",
        payment.invoice_id,
        payment.customer_id,
        amount=payment.amount,
        currency=payment.currency,
        way=payment.way,
    )
    await agree(visit, payment)


async def agree(visit: Visit, payment: Payment) -> None:
    """Ask ``before_pay``. Raises ``Vetoed`` where it says no, ``HookFailed`` where it does not answer.

    Also before a browser is given the secret of an intent: whoever has that can pay without asking us again.
    """
    if visit.hooks.before_pay is None:
        return
    try:
        answer = await HostCall(visit.hooks.before_pay, payment)
    except Exception as error:
        log.exception("the hook before_pay failed: nothing was paid")
        raise HookFailed("before_pay raised") from error
    if answer is None or answer is True:
        return
    if answer is not False and not isinstance(answer, str):
        raise HookFailed(f"before_pay answered {type(answer).__name__}; it gives None, True, False or a text")
    raise Vetoed("before_pay said no", reason=answer if isinstance(answer, str) else "")


async def wanted_types(visit: Visit, about: Payable) -> tuple[str, ...]:
    """The types that may be paid with; empty for all that the account takes.

    Raises ``HookFailed`` where the hook does not answer: what is restricted must not be open because of that; and
    ``NotAllowed`` where it answers that there is none.
    """
    if visit.hooks.payment_method_types is None:
        return tuple(sorted(visit.settings.payment_method_types))
    try:
        answer = await HostCall(visit.hooks.payment_method_types, about)
    except Exception as error:
        log.exception("the hook payment_method_types failed")
        raise HookFailed("payment_method_types raised") from error
    if answer is None:
        return tuple(sorted(visit.settings.payment_method_types))
    if isinstance(answer, str) or not isinstance(answer, list | tuple | set | frozenset):
        raise HookFailed("payment_method_types must answer a list of types, or None")
    if not answer:
        raise NotAllowed("payment_method_types allows no type at all: nothing can be paid or saved")
    return tuple(sorted(str(type) for type in answer))


async def types_of(visit: Visit, due: Due) -> tuple[str, ...]:
    """The types that an invoice may be paid with; empty for all."""
    about = Payable(
        customer_id=due.customer,
        invoice_id=due.invoice.id,
        subscription_id=due.invoice.subscription,
        amount=due.remaining.amount,
        currency=due.remaining.currency,
    )
    return await wanted_types(visit, about)
