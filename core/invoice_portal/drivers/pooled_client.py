"""A leaner HTTP client for the ``stripe`` package: urllib3, one pool of connections for all threads.

The package's own client keeps a ``requests`` session for each thread and costs about twice the CPU for each call.
Imported by the blocking driver with its first call.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import stripe
import urllib3

from invoice_portal.drivers.bodies import body_of


class PooledClient(stripe.HTTPClient):
    """``timeout`` is in seconds, for the connection and for each read; ``size`` is how many connections stay open."""

    name = "urllib3"

    def __init__(self, base: str, connect_timeout: float, read_timeout: float, size: int) -> None:
        super().__init__()
        proxy = _proxy_for(base)
        options: dict[str, Any] = {
            "maxsize": size,
            "timeout": urllib3.Timeout(connect=connect_timeout, read=read_timeout),
            "retries": False,  # the package retries, with its own back-off
            "ca_certs": stripe.ca_bundle_path,
        }
        self._pool = urllib3.ProxyManager(proxy, **options) if proxy else urllib3.PoolManager(**options)

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """One request. Raises ``stripe.APIConnectionError``, which the package retries."""
        try:
            answer = self._pool.request(method.upper(), url, headers=headers, body=post_data, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            text = f"Stripe could not be reached ({type(error).__name__})"
            raise stripe.APIConnectionError(text, should_retry=True) from error  # type: ignore[no-untyped-call]
        return body_of(answer.data, answer.status), answer.status, answer.headers

    def close(self) -> None:
        """Close the connections that are idle."""
        self._pool.clear()


def _proxy_for(base: str) -> str | None:
    """The proxy that the environment names for Stripe's address, as ``requests`` would find it."""
    parts = urlsplit(base)
    return None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)
