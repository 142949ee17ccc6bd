"""Links, sessions and the audit trail as a host calls them, sync and async: thin shells around the same programs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from invoice_portal.effects import Program
from invoice_portal.managing import offers
from invoice_portal.sharing import links, portal_sessions, trail
from invoice_portal.sharing.model import Desk, Kind, Link, PortalSession, SessionInfo
from invoice_portal.sharing.rules import DEFAULT_SESSION_MINUTES
from invoice_portal.stripe_api.ids import is_id

if TYPE_CHECKING:
    from invoice_portal.portal import Portal

T = TypeVar("T")

PYTHON = "python"
"""In whose name the host's own code acts, unless it says otherwise."""


def kind_of(subject: str) -> Kind:
    """What a link leads to: an invoice (``in_…``), else a customer's portal."""
    return "invoice" if is_id("in", subject) else "portal"


class _Shell:
    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def _desk(self, by: str) -> Desk:
        return self._portal.desk(by)

    def _run(self, program: Program[T]) -> T:
        return self._portal.blocking.run(self._checked(program))

    async def _arun(self, program: Program[T]) -> T:
        return await self._portal.nonblocking.run(self._checked(program))

    async def _checked(self, program: Program[T]) -> T:
        try:
            await self._portal.checked()
            return await program
        finally:
            program.close()


class Links(_Shell):
    """Links to invoices (``in_…``) and to customers' portals (``cus_…``). At most one of each is active.

    ``by`` says in whose name, for the audit trail. What makes an address raises ``ConfigurationError`` where
    ``public_url`` is missing; all of them raise ``StripeUnavailable`` and ``StoreUnavailable`` where Stripe or the
    database does not answer.
    """

    def invoice(
        self, invoice_id: str, *, actions: Collection[str] | None = None, max_uses: int | None = None, by: str = PYTHON
    ) -> Link:
        """The link to an invoice: made if there is none, else the one that is there.

        ``actions`` (of ``view``, ``download``, ``pay``) and ``max_uses`` (0: no limit) change a link in place, None
        leaves them. One that was revoked or has expired stays so, with ``url`` None: refresh it. Raises ``NotFound``
        where Stripe has no such invoice, ``BadRequest`` for a draft, ``ValueError`` for options that cannot be.
        """
        return self._run(links.make_invoice_link(self._desk(by), invoice_id, actions=actions, max_uses=max_uses))

    def portal(
        self, customer_id: str, *, actions: Collection[str] | None = None, max_uses: int | None = None, by: str = PYTHON
    ) -> Link | None:
        """The permanent link to a customer's portal, as :meth:`invoice`.

        None for a new customer where ``portal_sessions_only`` is on.
        """
        return self._run(links.make_portal_link(self._desk(by), customer_id, actions=actions, max_uses=max_uses))

    def show(self, subject: str) -> Link | None:
        """The link to an invoice or a customer's portal as it stands; None where none was ever made."""
        return self._run(links.show_link(self._desk(PYTHON), kind_of(subject), subject))

    def of_customer(self, customer_id: str) -> tuple[Link, ...]:
        """Every link of a customer."""
        return self._run(links.links_of(self._desk(PYTHON), customer_id))

    def refresh(
        self, subject: str, *, actions: Collection[str] | None = None, max_uses: int | None = None, by: str = PYTHON
    ) -> Link:
        """A new link in place of the old one, which ends at once; an invoice's is good for 60 days.

        It allows what the old one did, but for ``actions`` and ``max_uses`` that are given. Raises ``NotFound`` where
        none was ever made, ``ValueError`` for options that cannot be.
        """
        program = links.refresh_link(self._desk(by), kind_of(subject), subject, actions=actions, max_uses=max_uses)
        return self._run(program)

    def revoke(self, subject: str, *, by: str = PYTHON) -> Link:
        """End a link at once. Only a refresh brings it back. Raises ``NotFound`` where none was ever made."""
        return self._run(links.revoke_link(self._desk(by), kind_of(subject), subject))


class Sessions(_Shell):
    """Portal sessions. Errors as for :class:`Links`."""

    def create(
        self,
        customer_id: str,
        *,
        expires_in_minutes: int = DEFAULT_SESSION_MINUTES,
        invalidate_existing: bool = True,
        actions: Collection[str] | None = None,
        by: str = PYTHON,
    ) -> PortalSession:
        """A new session of 1 to 180 minutes, which ends the customer's others unless it is told not to.

        It lets them look, download and pay; ``actions`` can say less, or ``manage`` as well. Raises ``NotFound`` where
        Stripe has no such customer, ``ValueError`` for options that cannot be.
        """
        program = portal_sessions.create_session(
            self._desk(by),
            customer_id,
            expires_in_minutes=expires_in_minutes,
            invalidate_existing=invalidate_existing,
            actions=actions,
        )
        return self._run(program)

    def show(self, session_id: str) -> SessionInfo | None:
        """A session as it stands; None where there is none."""
        return self._run(portal_sessions.show_session(self._desk(PYTHON), session_id))

    def of_customer(self, customer_id: str) -> tuple[SessionInfo, ...]:
        """A customer's sessions that have not expired, the newest first."""
        return self._run(portal_sessions.sessions_of(self._desk(PYTHON), customer_id))

    def revoke(self, session_id: str, *, by: str = PYTHON) -> SessionInfo:
        """End one session at once. Raises ``NotFound`` for an unknown id."""
        return self._run(portal_sessions.revoke_session(self._desk(by), session_id))

    def revoke_all(self, customer_id: str, *, by: str = PYTHON) -> int:
        """End all of a customer's sessions at once; gives how many were active."""
        return self._run(portal_sessions.revoke_sessions_of(self._desk(by), customer_id))


class Audit(_Shell):
    """The audit trail."""

    def verify(self, expected: str = "") -> trail.Verdict:
        """Check every record. ``expected`` is ``sequence:hash`` as noted after an earlier verification."""
        return self._run(trail.verify(expected))

    def records(self, after: int = 0) -> Iterator[trail.Record]:
        """Every record after a sequence number, oldest first, read a page at a time."""
        while records := self._run(_page(after)):
            yield from records
            after = records[-1].sequence

    def prune(self, *, by: str = PYTHON) -> int:
        """Remove records older than ``audit_retention_days``; gives the sequence number of the last that is gone."""
        return self._run(_prune(self._desk(by)))


class Offers(_Shell):
    """What customers were offered, and what became of it."""

    def counts(self) -> tuple[offers.OfferCount, ...]:
        """To how many customers each offer was shown, and how many took it or sent it away."""
        return self._run(offers.all_counts(self._desk(PYTHON)))


class AsyncLinks(_Shell):
    """As :class:`Links`, for event loops."""

    async def invoice(
        self, invoice_id: str, *, actions: Collection[str] | None = None, max_uses: int | None = None, by: str = PYTHON
    ) -> Link:
        """As :meth:`Links.invoice`."""
        return await self._arun(links.make_invoice_link(self._desk(by), invoice_id, actions=actions, max_uses=max_uses))

    async def portal(
        self, customer_id: str, *, actions: Collection[str] | None = None, max_uses: int | None = None, by: str = PYTHON
    ) -> Link | None:
        """As :meth:`Links.portal`."""
        return await self._arun(links.make_portal_link(self._desk(by), customer_id, actions=actions, max_uses=max_uses))

    async def show(self, subject: str) -> Link | None:
        """As :meth:`Links.show`."""
        return await self._arun(links.show_link(self._desk(PYTHON), kind_of(subject), subject))

    async def of_customer(self, customer_id: str) -> tuple[Link, ...]:
        """As :meth:`Links.of_customer`."""
        return await self._arun(links.links_of(self._desk(PYTHON), customer_id))

    async def refresh(
        self, subject: str, *, actions: Collection[str] | None = None, max_uses: int | None = None, by: str = PYTHON
    ) -> Link:
        """As :meth:`Links.refresh`."""
        program = links.refresh_link(self._desk(by), kind_of(subject), subject, actions=actions, max_uses=max_uses)
        return await self._arun(program)

    async def revoke(self, subject: str, *, by: str = PYTHON) -> Link:
        """As :meth:`Links.revoke`."""
        return await self._arun(links.revoke_link(self._desk(by), kind_of(subject), subject))


class AsyncSessions(_Shell):
    """As :class:`Sessions`, for event loops."""

    async def create(
        self,
        customer_id: str,
        *,
        expires_in_minutes: int = DEFAULT_SESSION_MINUTES,
        invalidate_existing: bool = True,
        actions: Collection[str] | None = None,
        by: str = PYTHON,
    ) -> PortalSession:
        """As :meth:`Sessions.create`."""
        program = portal_sessions.create_session(
            self._desk(by),
            customer_id,
            expires_in_minutes=expires_in_minutes,
            invalidate_existing=invalidate_existing,
            actions=actions,
        )
        return await self._arun(program)

    async def show(self, session_id: str) -> SessionInfo | None:
        """As :meth:`Sessions.show`."""
        return await self._arun(portal_sessions.show_session(self._desk(PYTHON), session_id))

    async def of_customer(self, customer_id: str) -> tuple[SessionInfo, ...]:
        """As :meth:`Sessions.of_customer`."""
        return await self._arun(portal_sessions.sessions_of(self._desk(PYTHON), customer_id))

    async def revoke(self, session_id: str, *, by: str = PYTHON) -> SessionInfo:
        """As :meth:`Sessions.revoke`."""
        return await self._arun(portal_sessions.revoke_session(self._desk(by), session_id))

    async def revoke_all(self, customer_id: str, *, by: str = PYTHON) -> int:
        """As :meth:`Sessions.revoke_all`."""
        return await self._arun(portal_sessions.revoke_sessions_of(self._desk(by), customer_id))


class AsyncOffers(_Shell):
    """As :class:`Offers`, for event loops."""

    async def counts(self) -> tuple[offers.OfferCount, ...]:
        """As :meth:`Offers.counts`."""
        return await self._arun(offers.all_counts(self._desk(PYTHON)))


class Async(_Shell):
    """``portal.aio``: what ``portal`` has, to be awaited."""

    @cached_property
    def links(self) -> AsyncLinks:
        """Links to invoices and to customers' portals."""
        return AsyncLinks(self._portal)

    @cached_property
    def sessions(self) -> AsyncSessions:
        """Portal sessions."""
        return AsyncSessions(self._portal)

    @cached_property
    def offers(self) -> AsyncOffers:
        """Counts of offers."""
        return AsyncOffers(self._portal)


async def _page(after: int) -> tuple[trail.Record, ...]:
    return await trail.page(after)


async def _prune(desk: Desk) -> int:
    return await trail.forgetting(desk)
