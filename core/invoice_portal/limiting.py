"""Rate limits, as programs: on coming in, and on asking for a fresh link."""

from __future__ import annotations

import hashlib
from ipaddress import IPv4Address, IPv6Network, ip_address
from typing import Final

from invoice_portal.effects import Count, Query
from invoice_portal.errors import TooManyRequests
from invoice_portal.settings_checks import COUNT_IN_DATABASE
from invoice_portal.visits import Visit

_SECONDS: Final = {"second": 1, "minute": 60, "hour": 60 * 60, "day": 24 * 60 * 60}


async def limit_entering(visit: Visit) -> None:
    """Raises ``TooManyRequests`` where one address came in too often. A host that hides addresses sets no limit."""
    if visit.request.client:
        await _limit(visit, visit.settings.enter_limit, f"enter {network_of(visit.request.client)}")


async def limit_sending(visit: Visit, link: str) -> None:
    """Raises ``TooManyRequests`` where one address, or anybody for one link, asked for a fresh one too often."""
    if visit.request.client:
        await _limit(visit, visit.settings.send_limit, f"send {network_of(visit.request.client)}")
    await _limit(visit, visit.settings.send_limit, f"send {link}")


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
    if not limit:
        return
    # Addresses are personal data: what is kept of them is a digest, until the window ends.
    name = hashlib.sha256(f"{visit.settings.secret_keys[0]} {key}".encode()).hexdigest()
    if visit.settings.rate_limit_storage == COUNT_IN_DATABASE:
        wait = await _count_in_database(limit, name, visit.now)
    else:
        wait = await Count(limit, name)
    if wait:
        raise TooManyRequests(f"more than {limit}", seconds=wait)


async def _count_in_database(limit: str, name: str, now: int) -> int:
    most, _, window = limit.partition("/")
    seconds = _SECONDS[window]
    ends_at = (now // seconds + 1) * seconds
    hit = {"id": f"{name} {ends_at}", "count": 1, "ends_at": ends_at}
    count = await Query("counter.hit", hit, lambda rows: int(rows[0]["count"]))
    if count == 1:
        await Query("counter.sweep", {"now": now}, lambda rows: None)
    return ends_at - now if count > int(most) else 0
