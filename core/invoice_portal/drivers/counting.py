"""Counting events against a limit, for the rate limits: in this process's memory, or in Redis for several."""

from __future__ import annotations

import logging
import math
import threading
import time
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from invoice_portal.errors import ConfigurationError, StoreUnavailable
from invoice_portal.settings import PortalSettings
from invoice_portal.settings_checks import COUNT_IN_DATABASE

log = logging.getLogger("invoice_portal.store")

if TYPE_CHECKING:
    from limits.strategies import FixedWindowRateLimiter


class Counter(Protocol):
    """Counts events. ``local`` says that it never waits for another machine."""

    local: bool

    def wait(self, limit: str, key: str, *, add: bool = True) -> int:
        """Count one event, or with ``add=False`` only look; gives the seconds to wait, 0 within the limit."""
        ...


class LimitsCounter:
    """Fixed windows, by the ``limits`` package; ``storage`` is an address as it takes them (``redis://…``)."""

    def __init__(self, storage: str) -> None:
        self._storage = storage
        self._start = threading.Lock()
        self.local = storage.startswith("memory://")

    def wait(self, limit: str, key: str, *, add: bool = True) -> int:
        """Count one event, or with ``add=False`` only look; gives the seconds to wait, 0 within the limit.

        Raises ``StoreUnavailable`` where the storage does not answer: nobody comes in uncounted.
        """
        from limits import parse
        from limits.errors import StorageError

        with self._start:
            limiter = self._limiter
        item = parse(limit)
        try:
            if limiter.hit(item, key) if add else limiter.test(item, key):
                return 0
            return max(1, math.ceil(limiter.get_window_stats(item, key).reset_time - time.time()))
        except StorageError as error:
            log.error("rate_limit_storage did not answer: %s", type(error.storage_error).__name__)
            raise StoreUnavailable("rate_limit_storage did not answer") from error

    @cached_property
    def _limiter(self) -> FixedWindowRateLimiter:
        from limits.errors import ConfigurationError as Unusable
        from limits.storage import storage_from_string
        from limits.strategies import FixedWindowRateLimiter

        try:
            return FixedWindowRateLimiter(storage_from_string(self._storage, wrap_exceptions=True))
        except Unusable as error:
            raise ConfigurationError(f"rate_limit_storage cannot be used: {error}") from None


def make_counter(settings: PortalSettings) -> Counter:
    """The counter that the setting names; with ``database`` nothing is counted here but what the database cannot."""
    storage = settings.rate_limit_storage
    return LimitsCounter("memory://" if storage == COUNT_IN_DATABASE else storage)
