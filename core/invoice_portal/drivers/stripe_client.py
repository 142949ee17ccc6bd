"""What both drivers share about the ``stripe`` package: the client, and its errors in the portal's words."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, Final, TypeVar

from invoice_portal.effects import StripeCall
from invoice_portal.errors import (
    Conflict,
    NotFound,
    PaymentDeclined,
    PortalError,
    StripeRefused,
    StripeRejected,
    StripeUnavailable,
)
from invoice_portal.settings import PortalSettings
from invoice_portal.stripe_api import STRIPE_VERSION

if TYPE_CHECKING:
    import stripe

T = TypeVar("T")

CONNECT_SECONDS: Final = 5.0
_RETRIES: Final = 1
_MISSING: Final = frozenset({"resource_missing", "invoice_upcoming_none"})
_REFUSED_STATUSES: Final = frozenset({401, 403})
_CODE: Final = re.compile(r"[a-z0-9_]{1,80}")
_PARAM: Final = re.compile(r"[a-z0-9_\[\]]{1,120}")
_PERMISSION: Final = re.compile(r"\brak_[a-z_]+")

log = logging.getLogger("invoice_portal.stripe")


def make_client(settings: PortalSettings, http_client: stripe.HTTPClient) -> stripe.StripeClient:
    """A client with this portal's key, account, address and pinned version."""
    import stripe

    return stripe.StripeClient(
        settings.stripe_api_key,
        stripe_account=settings.stripe_account,
        stripe_version=STRIPE_VERSION,
        base_addresses={"api": settings.stripe_api_base.rstrip("/")},
        max_network_retries=_RETRIES,
        http_client=http_client,
    )


def read_answer(call: StripeCall[T], data: Any) -> T:
    """Parse an answer; what cannot be read is Stripe's fault and is logged by its path, never by its content."""
    try:
        return call.parse(data)
    except StripeUnavailable as error:
        log.error("%s %s: %s", call.method.upper(), call.path, error.detail)
        raise


def explain(call: StripeCall[Any], error: Exception) -> PortalError:
    """The portal's error for one that the ``stripe`` package raised while making ``call``.

    Only the status, the code and the request id are logged: the package's messages can hold customers' data.
    """
    status = getattr(error, "http_status", None)
    code = _word(getattr(error, "code", None))
    request_id = getattr(error, "request_id", None)
    if status == 404 or (status == 400 and code in _MISSING):
        return NotFound(f"Stripe has no such object for {call.path}")
    where = f"{call.method.upper()} {call.path}: {type(error).__name__}, status {status}, code {code}"
    if call.method != "get" and (found := _about_the_change(error, where)):
        log.info("%s, request %s", where, request_id)
        return found
    if status not in _REFUSED_STATUSES:
        log.error("%s, request %s", where, request_id)
        return StripeUnavailable(where, request_id, replayed=_replayed(error))
    named = _PERMISSION.search(str(error))
    permission = named[0] if named else ""
    lacks = f", the key lacks {permission}" if permission else ""
    refused = f"{where}{lacks}; run `invoice-portal doctor` to see what is wrong"
    log.error("%s, request %s", refused, request_id)
    return StripeRefused(refused, request_id, permission=permission, key_unknown=status == 401)


def _about_the_change(error: Exception, where: str) -> PortalError | None:
    """The error that says what was wrong with a change, where that is what Stripe says."""
    status, code = getattr(error, "http_status", None), _word(getattr(error, "code", None)) or ""
    if status == 402:
        decline = getattr(getattr(error, "error", None), "decline_code", None)
        return PaymentDeclined(where, code, _word(decline) or "", replayed=_replayed(error))
    if status == 409 or code.startswith("idempotency") or type(error).__name__ == "IdempotencyError":
        return Conflict(where)
    if status == 400:
        param = getattr(error, "param", None)
        named = param if isinstance(param, str) and _PARAM.fullmatch(param) else ""
        return StripeRejected(
            where, getattr(error, "request_id", None), code=code, param=named, replayed=_replayed(error)
        )
    return None


def _replayed(error: Exception) -> bool:
    """Whether this is Stripe's answer to an earlier call with the same idempotency key."""
    headers: Any = getattr(error, "headers", None) or {}
    return any(name.lower() == "idempotent-replayed" for name in headers)


def _word(code: object) -> str | None:
    """Stripe's code where it is one: whatever else an answer holds in its place does not belong in a log."""
    return code if isinstance(code, str) and _CODE.fullmatch(code) else None
