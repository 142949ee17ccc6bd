"""What an answer means beyond its page: its record in the audit trail, and an error as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from invoice_portal.errors import PortalError, StoreUnavailable, StripeUnavailable, TooManyRequests
from invoice_portal.http import Data, Empty, Page, Redirect, Response
from invoice_portal.identity import CustomerId, Identity
from invoice_portal.sessions import SESSION_COOKIE, Arrival
from invoice_portal.sharing.trail import Entry
from invoice_portal.stripe_api.ids import Prefix, is_id
from invoice_portal.visits import Visit, name_of

if TYPE_CHECKING:
    from invoice_portal.routing import Route


def entry_of(route: Route, visit: Visit, response: Response) -> Entry | None:
    """The record of an answer; None where nothing was served or opened, and for what is not recorded."""
    if not route.audit or not served(response):
        return None
    if isinstance(response, Redirect | Data) and response.entered:
        who = response.entered
        return Entry(action=route.audit, actor=name_of(who.identity), customer=_customer(who.identity), via=who.via)
    if not isinstance(visit.arrival, Arrival):
        return None
    return Entry(
        action=route.audit,
        subject=subject_of(visit.request.args),
        customer=_customer(visit.arrival.identity),
        via=visit.arrival.via,
    )


def served(response: Response) -> bool:
    """Whether the visitor got what the route is for.

    A redirect within the portal only leads on, after a language was chosen, or back from an invoice that has nothing
    to pay; one that changes the session is somebody's coming or going.
    """
    match response:
        case Page() | Data():
            return response.status == 200
        case Empty():
            return False
        case Redirect():
            changes = any(cookie.name == SESSION_COOKIE for cookie in response.cookies)
            return changes or not response.to.startswith("/")
        case _:
            return True


def subject_of(args: Mapping[str, str]) -> str:
    """The object that the address names; nothing of a visitor's own choice gets into the trail."""
    kinds: tuple[tuple[str, Prefix], ...] = (("credit_note", "cn"), ("invoice", "in"), ("subscription", "sub"))
    return next((args[name] for name, prefix in kinds if is_id(prefix, args.get(name, ""))), "")


def error_data(error: PortalError) -> Data:
    """An error as JSON: its kind for programs, its text for people."""
    return error_answer(error.status, type(error).__name__, error.detail or error.title, retry_header(error))


def error_answer(status: int, kind: str, message: str, headers: dict[str, str] | None = None) -> Data:
    """An error as JSON, spelled out."""
    return Data(value={"error": {"type": kind, "message": message}}, status=status, headers=headers or {})


def retry_header(error: PortalError) -> dict[str, str]:
    """``Retry-After``, in seconds, where trying again makes sense."""
    if isinstance(error, TooManyRequests):
        return {"Retry-After": str(error.seconds)}
    return {"Retry-After": "120"} if isinstance(error, StripeUnavailable | StoreUnavailable) else {}


def _customer(identity: Identity) -> str:
    return identity.id if isinstance(identity, CustomerId) else ""
