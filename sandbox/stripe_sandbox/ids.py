"""Identifiers that look like Stripe's and are the same in every run with the same seed."""

from __future__ import annotations

import random
import string
from base64 import b64encode

_ALPHABET = string.ascii_letters + string.digits
_SHORT = {"cus": 14, "prod": 14, "si": 14, "sub": 24, "req": 14, "coupon": 8}
_DEFAULT_LENGTH = 24


class Ids:
    """Makes identifiers; each prefix draws from its own sequence, so that reads never shift others."""

    def __init__(self, seed: int | str) -> None:
        self._seed = seed
        self._sources: dict[str, random.Random] = {}

    def new(self, prefix: str) -> str:
        """The next identifier of a kind, such as `cus_Nffr…`."""
        return f"{prefix}_{self.text(prefix, _SHORT.get(prefix, _DEFAULT_LENGTH))}"

    def of_many(self, prefix: str) -> str:
        """The same for what comes in great numbers, such as events: quicker to make."""
        return f"{prefix}_{b64encode(self._source(prefix).randbytes(18), b'Aa').decode()}"

    def text(self, purpose: str, length: int, alphabet: str = _ALPHABET) -> str:
        """Letters for a purpose: a token, an invoice prefix, a client secret."""
        return "".join(self._source(purpose).choices(alphabet, k=length))

    def _source(self, purpose: str) -> random.Random:
        source = self._sources.get(purpose)
        if source is None:
            source = self._sources[purpose] = random.Random(f"{self._seed}:{purpose}")
        return source
