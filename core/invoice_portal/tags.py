"""What the template tags of all three frameworks give. They sign and format; they call nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode

from markupsafe import Markup

from invoice_portal.http import UrlFor
from invoice_portal.identity import CustomerId, Email, Identity
from invoice_portal.portal import Portal


class Tags:
    """The tags of one mounted portal. ``url_for`` spells the portal's addresses at the moment of rendering."""

    NAMES: Final = ("portal_url", "invoice_portal_embed", "invoice_link")

    def __init__(self, portal: Portal, url_for: UrlFor) -> None:
        self._portal = portal
        self._url_for = url_for

    def portal_url(
        self, *, email: str = "", customer_id: str = "", subscription: str = "", expires_in: int = 300
    ) -> str:
        """The portal's address: plain for visitors that the host's login identifies, else with a signed identifier.

        The identifier is good for ``expires_in`` seconds. Raises ``ValueError`` for an address or an id that cannot be.
        """
        identity = _identity(email, customer_id)
        if identity is None:
            return self._url_for("home")
        token = self._portal.sign_identifier(identity, expires_in=expires_in, subscription=subscription or None)
        return f"{self._url_for('enter')}?{urlencode({'identity': token})}"

    def invoice_portal_embed(
        self,
        *,
        email: str = "",
        customer_id: str = "",
        subscription: str = "",
        expires_in: int = 300,
        title: str = "",
        language: str = "",
        theme: str = "",
        actions: str = "",
    ) -> Markup:
        """The portal in an iframe that fits its height, signed in as that customer, or as your login has it.

        No script stands in it, so that it needs no exception from a strict policy: two elements, and ``embed.js``.
        ``actions`` are the only ones shown, separated by spaces; ``expires_in`` (seconds) is as for :meth:`portal_url`.
        """
        identity = _identity(email, customer_id)
        signed = (
            self._portal.sign_identifier(identity, expires_in=expires_in, subscription=subscription or None)
            if identity
            else ""
        )
        attributes = {
            "url": self._url_for("home"),
            "identity": signed,
            "frame-title": title or self._portal.languages.default.gettext("Billing"),
            "language": language,
            "theme": theme,
            "actions": actions,
        }
        written = Markup(" ").join(Markup('{}="{}"').format(name, value) for name, value in attributes.items() if value)
        plain = f"{self._url_for('enter')}?{urlencode({'identity': signed})}" if signed else self._url_for("home")
        without = Markup('<noscript><a href="{}">{}</a></noscript>').format(plain, attributes["frame-title"])
        script = Markup('<script async src="{}"></script>').format(self._url_for("embed_script"))
        return Markup("<invoice-portal {}>{}</invoice-portal>{}").format(written, without, script)

    def invoice_link(self, invoice_id: str, text: str = "", *, share: bool = False) -> Markup:
        """A link to one invoice's page, for a visitor that the portal knows already.

        With ``share`` it is the invoice's shared link, which lets in whoever has it; it is made if there is none, which
        asks Stripe and the database and waits for them. Nothing is shown for one that has ended.
        """
        url = self._portal.links.invoice(invoice_id, by="template").url if share else self._path(invoice_id)
        if url is None:
            return Markup()
        return Markup('<a href="{}">{}</a>').format(url, text or invoice_id)

    def _path(self, invoice_id: str) -> str:
        return self._url_for("invoice", invoice=invoice_id)

    def functions(self) -> dict[str, Callable[..., str]]:
        """The tags by name."""
        return {name: getattr(self, name) for name in self.NAMES}


def _identity(email: str, customer_id: str) -> Identity | None:
    if customer_id:
        return CustomerId(customer_id)
    return Email(email) if email else None
