"""The portal's own static files."""

from __future__ import annotations

import hashlib
import mimetypes
from functools import lru_cache
from typing import Final

from invoice_portal.errors import NotFound
from invoice_portal.http import Asset, Response
from invoice_portal.resources import data_dir
from invoice_portal.settings import PortalSettings
from invoice_portal.theme import overridden, stylesheet
from invoice_portal.visits import Visit

_YEAR: Final = 365 * 24 * 60 * 60
_HOUR: Final = 60 * 60


async def asset(visit: Visit) -> Response:
    """One file by name; the address that carries its version may be kept for a year."""
    name = visit.request.args["name"]
    body = read_asset(name)
    fresh = visit.request.query.get("v") == version(name)
    # To the system's table ".ts" is a video.
    guessed = "text/plain" if name.endswith(".ts") else mimetypes.guess_type(name)[0]
    content_type = guessed or "application/octet-stream"
    if content_type.startswith("text/"):
        content_type += "; charset=utf-8"
    return Asset(body=body, content_type=content_type, max_age=_YEAR if fresh else _HOUR)


async def theme(visit: Visit) -> Response:
    """The merchant's colours, font and corners as a stylesheet; with the colours in its address, where there are some.

    What it is made of is in the settings and the address, so that it may be kept; Stripe's branding may change.
    """
    themed = await visit.branding.themed(visit.settings.theme, visit.now)
    body = stylesheet(overridden(themed, visit.request.query)).encode()
    fresh = visit.request.query.get("v") == theme_version(visit.settings)
    return Asset(body=body, content_type="text/css; charset=utf-8", max_age=_YEAR if fresh else _HOUR)


def theme_version(settings: PortalSettings) -> str:
    """A short digest of the theme, for its address; empty where Stripe is asked, who may answer otherwise tomorrow."""
    return "" if settings.theme_from_stripe else _version(stylesheet(settings.theme).encode())


def read_asset(name: str) -> bytes:
    """A file's bytes. Raises ``NotFound`` for a name that is not in the folder: names are looked up, never joined."""
    files = _files()
    if name not in files:
        raise NotFound("no such static file")
    return files[name]


def version(name: str) -> str:
    """A short digest of a file's bytes, for its address."""
    return _version(read_asset(name))


def asset_url(visit: Visit, name: str) -> str:
    """The address of a file of ours, with its version."""
    return visit.url("static", {"v": version(name)}, name=name)


@lru_cache(maxsize=1)
def _files() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in data_dir("static").iterdir() if path.is_file()}


@lru_cache(maxsize=64)
def _version(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:12]
