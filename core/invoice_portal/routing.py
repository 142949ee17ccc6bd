"""What a route is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from invoice_portal import assets
from invoice_portal.effects import Program
from invoice_portal.hooks import EventName
from invoice_portal.http import MAX_FORM_BYTES, Response
from invoice_portal.visits import Visit

Method: TypeAlias = Literal["GET", "POST"]


@dataclass(frozen=True, slots=True)
class Route:
    """``path`` is below the host's prefix, its ``{parts}`` are single segments.

    ``protected`` forms carry a token (the portal's, or the host's own). For ``anonymous`` routes nobody needs to know
    who is logged in. The address of one that ``arrives`` holds a signature, which must not stand in a page or be told
    to anybody; ``/enter`` needs no form token, since it is called from other sites and the signature vouches for it.
    ``api`` routes answer in JSON, errors too. Those that are a customer's ``own`` may be called from the pages of
    ``allowed_embed_origins`` as well. ``audit`` is the name under which the audit trail records that a visitor
    was served here, ``event`` the one under which the host's ``on_event`` is told. ``operation`` describes the route
    in OpenAPI. ``longest_body`` is how many bytes of JSON are read; more are an error.
    """

    name: str
    path: str
    program: Callable[[Visit], Program[Response]]
    methods: tuple[Method, ...] = ("GET",)
    protected: bool = False
    anonymous: bool = False
    arrives: bool = False
    api: bool = False
    own: bool = False
    audit: str = ""
    event: EventName | None = None
    operation: Mapping[str, Any] | None = None
    longest_body: int = MAX_FORM_BYTES

    @property
    def speaks(self) -> bool:
        """Whether its address may choose a language for good: that of an API's call or of a file does not."""
        return not self.api and self.program not in (assets.asset, assets.theme)
