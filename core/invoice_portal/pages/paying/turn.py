"""Whose turn it is to pay an invoice.

One intent can succeed once, however often it is paid. Two intents of one invoice, a part of it in one tab and all of it
in another, could both: what Stripe is working on at this moment shows in no reading. So whoever is about to let money
be taken has the turn for their intent, and for :data:`TURN_SECONDS` nobody has it for another one. It is over as soon
as it is known that nothing is being charged: only where that is not known does it last its time.
"""

from __future__ import annotations

import logging
from typing import Any, Final, TypeVar

from invoice_portal.effects import Now, Program, Query
from invoice_portal.errors import StoreUnavailable
from invoice_portal.outcomes import claim_row, claim_where
from invoice_portal.pages.paying.due import Due
from invoice_portal.visits import Visit

TURN_SECONDS: Final = 60
"""Longer than making an intent and paying it may take; then what became of it shows in a reading."""
_TURN: Final = "turn"

T = TypeVar("T")

log = logging.getLogger("invoice_portal")


def holder_of(due: Due, intent: str) -> str:
    """By what an intent has its turn: Stripe's own by its id, one of ours by what it was made for."""
    found = due.intent(intent)
    return (found.wish if found else "") or intent


async def take_turn(visit: Visit, invoice: str, holder: str) -> bool:
    """Whether the invoice may now be paid by this holder, who has it still where the same one asks again.

    It lasts from now on: since the visit began Stripe and the host's hook may have taken their time. A database that
    does not answer holds up nobody: what is under way is then known by Stripe's reading alone.
    """
    now = await Now()
    row = _row(visit, invoice) | {"via": holder, "claimed_at": now, "stale": now - TURN_SECONDS}
    try:
        return await Query("payment.turn", row, bool)
    except StoreUnavailable as error:
        log.error("whose turn it is to pay is not known: %s", error.detail)
        return True


async def prepare(visit: Visit, invoice: str, holder: str, steps: Program[T]) -> T:
    """What is done in one's turn before any money can be taken. Where that fails others have the turn at once."""
    try:
        return await steps
    except GeneratorExit:  # given up by its driver: nothing more can be awaited, and the turn ends by itself
        raise
    except BaseException:
        await end_turn(visit, invoice, holder)
        raise


async def end_turn(visit: Visit, invoice: str, holder: str) -> None:
    """Let others pay: nothing was tried with this intent, or Stripe has said what became of it."""
    try:
        await Query("payment.turn_over", claim_where(_row(visit, invoice)) | {"the_via": holder}, _nothing)
    except StoreUnavailable as error:
        log.error("a turn to pay ends by itself only: %s", error.detail)


def _row(visit: Visit, invoice: str) -> dict[str, Any]:
    return claim_row(visit.desk, invoice, _TURN)


def _nothing(rows: object) -> None:
    return None
