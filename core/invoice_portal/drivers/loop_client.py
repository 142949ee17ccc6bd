"""An HTTP client for the ``stripe`` package on one event loop: aiohttp. Imported with the first call.

aiohttp, because the pool of the package's default (httpx) slows down with its size; ours rather than the package's own,
because that one follows redirects and does not retry a connection that breaks while the answer is read.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Mapping
from typing import Any

import aiohttp
import stripe

from invoice_portal.drivers.bodies import body_of


class LoopClient(stripe.HTTPClient):
    """``timeout`` is in seconds, for the connection and for each read. Make it, use it and close it on one loop."""

    name = "aiohttp"

    def __init__(self, connect_timeout: float, read_timeout: float) -> None:
        super().__init__()
        context = ssl.create_default_context(cafile=stripe.ca_bundle_path)
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=context, limit=0),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=connect_timeout, sock_read=read_timeout),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=True,  # proxies, as the blocking client finds them
        )

    async def request_async(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[Any, int, Mapping[str, str]]:
        """One request. Raises ``stripe.APIConnectionError``, which the package retries."""
        try:
            async with self._http.request(
                method, url, headers=headers, data=post_data, allow_redirects=False
            ) as answer:
                return body_of(await answer.read(), answer.status), answer.status, answer.headers
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            text = f"Stripe could not be reached ({type(error).__name__})"
            raise stripe.APIConnectionError(text, should_retry=True) from error  # type: ignore[no-untyped-call]

    def sleep_async(self, secs: float) -> Awaitable[None]:
        """Wait between two tries without holding up the loop."""
        return asyncio.sleep(secs)

    async def close_async(self) -> None:
        """Close all connections."""
        await self._http.close()
