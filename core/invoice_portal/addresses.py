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


def works(address: str) -> bool:
    """Whether an address has a host and a port that can be, holds no password, and stands in a header as it is."""
    try:
        return bool(_ADDRESS.fullmatch(address)) and urlsplit(address).port != 0
    except ValueError:
        return False
