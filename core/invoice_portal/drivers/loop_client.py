"""The ``stripe`` package's aiohttp client, with our stand-in for bodies. Imported with the first call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import stripe

from invoice_portal.drivers.bodies import body_of


class LoopClient(stripe.AIOHTTPClient):
    """For one event loop: aiohttp, because the pool of the package's default (httpx) slows down with its size."""

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[Any, int, Mapping[str, str]]:
        """One request, whose body is a :class:`~invoice_portal.drivers.bodies.Body`."""
        content, status, answered = await super().request_async(method, url, headers, post_data)
        return body_of(content, status), status, answered
