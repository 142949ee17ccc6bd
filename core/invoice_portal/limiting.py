"""Rate limits, as programs: on coming in, on asking for a fresh link, and on payments that are declined."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Network, ip_address
from typing import Any, Final

from invoice_portal.effects import Count, Query
from invoice_portal.errors import StoreUnavailable, TooManyDeclines, TooManyRequests
from invoice_portal.outcomes import only_once
from invoice_portal.settings_checks import COUNT_IN_DATABASE
from invoice_portal.visits import Visit

_SECONDS: Final = {"second": 1, "minute": 60, "hour": 60 * 60, "day": 24 * 60 * 60}
_OF_ONE_ADDRESS: Final = 5
"""A whole office comes from one address: it may be declined as often as so many customers."""

log = logging.getLogger("invoice_portal")


async def limit_entering(visit: Visit) -> None:
    """Raises ``TooManyRequests`` where one address came in too often. A host that hides addresses sets no limit."""
    if visit.request.client:
        await _limit(visit, visit.settings.enter_limit, f"enter {network_of(visit.request.client)}")


async def limit_sending(visit: Visit, link: str) -> None:
    """Raises ``TooManyRequests`` where one address, or anybody for one link, asked for a fresh one too often."""
    if visit.request.client:
        await _limit(visit, visit.settings.send_limit, f"send {network_of(visit.request.client)}")
    await _limit(visit, visit.settings.send_limit, f"send {link}")


async def limit_declines(visit: Visit, customer: str) -> None:
    """Raises ``TooManyDeclines`` where too much of what one customer, or one address, tried to pay was declined.

    Nothing is counted by asking. A storage that does not answer holds up nobody who pays.
    """
    try:
        for limit, key in (*_declines_of(visit, customer), *_declines_from_here(visit)):
            if wait := await _wait(visit, limit, key, add=False):
                raise TooManyDeclines(f"more than {limit} were declined", seconds=wait)
    except StoreUnavailable as error:
        log.error("whether too many payments were declined is not known: %s", error.detail)


async def count_decline(visit: Visit, customer: str, intent: str, attempt: str) -> None:
    """Count one against the customer, once for each attempt at an intent, whoever hears of it and however often."""
    counted = _declines_of(visit, customer)
    if counted and await only_once(visit.desk, intent, f"counted {attempt}"):
        await _count(visit, counted)


async def count_decline_here(visit: Visit, intent: str, attempt: str) -> None:
    """Count one against the address that asks, likewise. The webhook knows none, whoever is first to hear."""
    counted = _declines_from_here(visit)
    if counted and await only_once(visit.desk, intent, f"counted here {attempt}"):
        await _count(visit, counted)


def _declines_of(visit: Visit, customer: str) -> Sequence[tuple[str, str]]:
    limit = visit.settings.decline_limit
    return [(limit, f"declined {customer}")] if limit else []


def _declines_from_here(visit: Visit) -> Sequence[tuple[str, str]]:
    most, _, window = visit.settings.decline_limit.partition("/")
    if not most or not visit.request.client:
        return []
    return [(f"{int(most) * _OF_ONE_ADDRESS}/{window}", f"declined from {network_of(visit.request.client)}")]


async def _count(visit: Visit, counted: Sequence[tuple[str, str]]) -> None:
    try:
        for limit, key in counted:
            await _wait(visit, limit, key)
    except StoreUnavailable as error:
        log.error("a declined payment was not counted: %s", error.detail)


def network_of(client: str) -> str:
    """What of an address is one visitor's: of IPv6 the first 64 bits, since whoever has those has all that follow.

    A text that is no address, as some servers give for a socket, is one visitor.
    """
    try:
        address = ip_address(client)
    except ValueError:
        return client
    if isinstance(address, IPv4Address):
        return str(address)
    return str(address.ipv4_mapped or IPv6Network((int(address), 64), strict=False))


async def _limit(visit: Visit, limit: str, key: str) -> None:
    if limit and (wait := await _wait(visit, limit, key)):
        raise TooManyRequests(f"more than {limit}", seconds=wait)


async def _wait(visit: Visit, limit: str, key: str, *, add: bool = True) -> int:
    """Count one, or only look; the seconds to wait, 0 within the limit."""
    # Addresses are personal data: what is kept of them is a digest, until the window ends.
    name = hashlib.sha256(f"{visit.settings.secret_keys[0]} {key}".encode()).hexdigest()
    if visit.settings.rate_limit_storage == COUNT_IN_DATABASE:
        return await _count_in_database(limit, name, visit.now, add=add)
    return await Count(limit, name, add)


async def _count_in_database(limit: str, name: str, now: int, *, add: bool) -> int:
    most, _, window = limit.partition("/")
    seconds = _SECONDS[window]
    ends_at = (now // seconds + 1) * seconds
    id = f"{name} {ends_at}"
    if not add:
        seen = await Query("counter.seen", {"the_id": id}, _number)
        return ends_at - now if seen >= int(most) else 0
    count = await Query("counter.hit", {"id": id, "count": 1, "ends_at": ends_at}, _number)
    if count == 1:
        await Query("counter.sweep", {"now": now}, lambda rows: None)
    return ends_at - now if count > int(most) else 0


def _number(rows: Sequence[Any]) -> int:
    return int(rows[0]["count"]) if rows else 0
