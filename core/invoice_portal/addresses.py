"""Addresses that a merchant sets: whether a browser can be sent there."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

_IN_PATHS: Final = r"A-Za-z0-9/._~!$&'()*+,;=:@%\-"
_PATH: Final = re.compile(rf"/(?!/)[{_IN_PATHS}?#]*")
_HOST: Final = r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])"
_ADDRESS: Final = re.compile(rf"https?://{_HOST}(?::[0-9]{{1,5}})?(?:[/?#][{_IN_PATHS}?#]*)?")


def works_here(path: str) -> bool:
    """Whether this is a path on the same site: two slashes would lead to another one."""
    return bool(_PATH.fullmatch(path))


def is_origin(text: str) -> bool:
    """Whether this is an origin as browsers spell it: scheme and host in small letters, and no port that goes without.

    They compare letter by letter, so that another spelling would never be met.
    """
    parts = urlsplit(text)
    usual = {"http": ":80", "https": ":443"}.get(parts.scheme)
    spelled = text == text.lower() == f"{parts.scheme}://{parts.netloc}"
    return spelled and works(text) and text.isascii() and usual is not None and not text.endswith(usual)


def works(address: str) -> bool:
    """Whether an address has a host and a port that can be, holds no password, and stands in a header as it is."""
    try:
        return bool(_ADDRESS.fullmatch(address)) and urlsplit(address).port != 0
    except ValueError:
        return False
