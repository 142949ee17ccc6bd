"""Requests and responses in the portal's own words; adapters translate to and from the framework's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeAlias
from urllib.parse import parse_qsl

from invoice_portal.identity import Identity

MAX_FORM_BYTES = 64 * 1024
"""No form of ours comes near this, nor any body of our API; a longer one is not read."""
FRAME_HEADER: Final = "portal-frame"
"""What the script of an embed frame sends with what it asks for: it cannot follow a redirect to another site."""
LANGUAGE_HEADER: Final = "portal-language"
"""The language that the host's page or the visitor chose in an embed frame, where no cookie can hold it."""


class UrlFor(Protocol):
    """The host's own way to spell the address of a portal route."""

    def __call__(self, route: str, /, **args: str) -> str:
        """The path of ``route`` under the host's prefix."""
        ...


@dataclass(frozen=True, slots=True)
class HostForm:
    """The hidden field by which the host's framework protects forms itself (Django does).

    ``header`` is where a script sends the same token. ``refusal`` is what the host found wrong with the form that came
    in; empty where it fits, and where none has come.
    """

    name: str
    token: str = field(repr=False)
    header: str
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, as far as the portal looks at it.

    Its ``repr``, and that of what is answered, shows nothing that lets anybody in: tools that report errors keep it.
    ``client`` is the address that the request came from, ``body`` a JSON body as long as the route may have. ``unread``
    says that there is one which is longer, or which could not be read to its end.
    ``visitor`` is who the *host* says is logged in, ``arriving`` whether the address may hold a signature.
    ``host_form`` is set where the host checks forms itself; where it is None the portal checks its own token.
    """

    method: str
    path: str = field(repr=False)
    url_for: UrlFor
    client: str = ""
    body: bytes = field(default=b"", repr=False)
    unread: bool = False
    args: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: Mapping[str, str] = field(default_factory=dict, repr=False)
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secure: bool = False
    visitor: Identity | None = None
    arriving: bool = False
    host_form: HostForm | None = None

    @property
    def framed(self) -> bool:
        """Whether the page is shown inside an iframe, as far as the browser says so."""
        return self.fills_frame or self.swapped

    @property
    def fills_frame(self) -> bool:
        """Whether an iframe was led to this address (Fetch Metadata): cookies may be blocked there."""
        return self.headers.get("sec-fetch-dest") in ("iframe", "frame")

    @property
    def swapped(self) -> bool:
        """Whether the script of an embed frame asks, to swap the answer's body in."""
        return FRAME_HEADER in self.headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """A cookie to set; ``max_age`` in seconds, 0 removes it. Path and security are added by the portal."""

    name: str
    value: str = field(repr=False)
    max_age: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A template and the view-model that it shows.

    ``nobodys`` is the same whoever asks, and names nobody around it. ``stripe_js`` says that it loads Stripe's script.
    """

    template: str
    title: str
    context: Mapping[str, Any] = field(repr=False)
    status: int = 200
    cookies: tuple[Cookie, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    nobodys: bool = False
    stripe_js: bool = False


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody has just come in; ``via`` says how."""

    identity: Identity
    via: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Go elsewhere with GET (303). ``entered`` is for the audit trail."""

    to: str = field(repr=False)
    cookies: tuple[Cookie, ...] = ()
    entered: Entered | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """An answer as JSON, for nobody to keep. ``entered`` is for the audit trail."""

    value: Any = field(repr=False)
    status: int = 200
    cookies: tuple[Cookie, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    entered: Entered | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Empty:
    """Nothing but headers (204)."""

    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A file of the portal's own, the same for everybody. ``shared`` ones may be loaded by pages of any origin."""

    body: bytes
    content_type: str
    max_age: int
    shared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file made for this visitor, for nobody to keep on the way; ``name`` is ASCII."""

    body: bytes = field(repr=False)
    content_type: str
    name: str


Response: TypeAlias = Page | Redirect | Data | Empty | Asset | Download

Render: TypeAlias = Callable[[str, Mapping[str, Any]], "Rendered"]
"""How the host's framework renders a template."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered template, and whether it is the packaged one or the host's override."""

    html: str = field(repr=False)
    packaged: bool


@dataclass(frozen=True, slots=True)
class SetCookie:
    """A cookie with everything that the framework's ``set_cookie`` needs; all are ``SameSite=Lax``."""

    name: str
    value: str = field(repr=False)
    max_age: int
    path: str
    secure: bool
    httponly: bool = True


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes on the wire: the adapter copies it into the framework's response."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    cookies: tuple[SetCookie, ...] = ()


def first_values(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """One value a name, the first: a repeated parameter cannot hide behind another."""
    values: dict[str, str] = {}
    for name, value in pairs:
        values.setdefault(name, value)
    return values


def whole_body(body: bytes, length: int | None, longest: int, *, chunked: bool = False) -> bytes | None:
    """The body, where it is all there and not too long; ``length`` is its ``Content-Length``.

    Options in a body that somebody else has read before us must not be left out, so where a body was announced and
    there is less of it than that, the answer is None. A ``chunked`` one announces something, but not how much.
    """
    missing = len(body) < length if length is not None else chunked and not body
    return None if missing or len(body) > longest else body


def parse_form(body: bytes) -> dict[str, str]:
    """Read an ``application/x-www-form-urlencoded`` body; what cannot be read is left out."""
    text = body[:MAX_FORM_BYTES].decode("utf-8", "replace")
    try:
        return first_values(parse_qsl(text, keep_blank_values=True, max_num_fields=100))
    except ValueError:
        return {}
