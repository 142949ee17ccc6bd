"""The route table, as data.

Adapters mount each route natively, so that the host's own ``url_for`` spells its address.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from invoice_portal.effects import Program
from invoice_portal.http import Response
from invoice_portal.pages import assets, enter, handover, home, invoice
from invoice_portal.visits import Visit

Method: TypeAlias = Literal["GET", "POST"]


@dataclass(frozen=True, slots=True)
class Route:
    """``path`` is below the host's prefix, its ``{parts}`` are single segments.

    ``protected`` forms carry a token (the portal's, or the host's own). For ``anonymous`` routes nobody needs to know
    who is logged in. The address of one that ``arrives`` holds a signature, which must not stand in a page or be told
    to anybody; ``/enter`` needs no form token, since it is called from other sites and the signature vouches for it.
    """

    name: str
    path: str
    program: Callable[[Visit], Program[Response]]
    methods: tuple[Method, ...] = ("GET",)
    protected: bool = False
    anonymous: bool = False
    arrives: bool = False


ROUTES: Final = (
    Route("home", "/", home.home),
    Route("enter", "/enter", enter.enter, ("GET", "POST"), anonymous=True, arrives=True),
    Route("leave", "/leave", enter.leave, ("POST",), protected=True),
    Route("invoice", "/invoices/{invoice}", invoice.invoice),
    Route("invoice_pdf", "/invoices/{invoice}/pdf", handover.invoice_pdf),
    Route("credit_note_pdf", "/invoices/{invoice}/credit_notes/{credit_note}/pdf", handover.credit_note_pdf),
    Route("pay", "/invoices/{invoice}/pay", handover.pay, ("POST",), protected=True),
    Route("static", "/static/{name}", assets.asset, anonymous=True),
)
