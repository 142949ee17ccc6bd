"""Ids that came from outside, checked before they go into a path or a parameter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from invoice_portal.errors import NotFound

Prefix: TypeAlias = Literal["in", "inpay", "sub", "cn", "cus", "price", "mtr", "pi", "pm", "seti", "txi"]

_REST: Final = re.compile(r"[A-Za-z0-9_]{1,250}")
_HEADS: Final[Mapping[str, tuple[str, ...]]] = {"pm": ("pm", "card", "src", "ba")}
"""Methods that were saved with Stripe's older interfaces keep ids of another kind."""
_OWN: Final = re.compile(r"[A-Za-z0-9_-]{1,255}")
"""Imported customers, and plans from before there were prices, keep ids that merchants chose."""


def checked(prefix: Prefix, raw: str) -> str:
    """``raw`` itself where it can be the id of such an object.

    Raises :class:`~invoice_portal.errors.NotFound` otherwise: an id that cannot be is an id that is not there.
    """
    if not is_id(prefix, raw):
        raise NotFound(f"not an id of the kind {prefix}_…")
    return raw


def is_id(prefix: Prefix, raw: str) -> bool:
    """Whether ``raw`` can be the id of such an object."""
    if prefix in ("cus", "price"):
        return _OWN.fullmatch(raw) is not None
    head, _, rest = raw.partition("_")
    return head in _HEADS.get(prefix, (prefix,)) and _REST.fullmatch(rest) is not None
