"""Invoice Portal: your customers see, pay and download their Stripe invoices inside your own app.

Mount it with ``flask_portal``, ``django_portal`` or ``fastapi_portal``; this package is the core that all three share.
"""

from invoice_portal.errors import (
    BadRequest,
    ConfigurationError,
    FormExpired,
    InvoicePortalError,
    LinkEnded,
    LinkExpired,
    LinkRevoked,
    LinkUsedUp,
    NotAllowed,
    NotFound,
    NotIdentified,
    PortalError,
    SessionExpired,
    SharedLinkExpired,
    SignatureRefused,
    StoreUnavailable,
    StripeDeclined,
    StripeRefused,
    StripeUnavailable,
    TooManyRequests,
)
from invoice_portal.hooks import Event, Hooks, Payable, Payment
from invoice_portal.identity import CustomerId, Email, Identity
from invoice_portal.portal import Portal
from invoice_portal.settings import PortalSettings
from invoice_portal.sharing.fresh import FreshLink
from invoice_portal.sharing.model import Link, PortalSession, SessionInfo

__all__ = [
    "BadRequest",
    "ConfigurationError",
    "CustomerId",
    "Email",
    "Event",
    "FormExpired",
    "FreshLink",
    "Hooks",
    "Identity",
    "InvoicePortalError",
    "Link",
    "LinkEnded",
    "LinkExpired",
    "LinkRevoked",
    "LinkUsedUp",
    "NotAllowed",
    "NotFound",
    "NotIdentified",
    "Payable",
    "Payment",
    "Portal",
    "PortalError",
    "PortalSession",
    "PortalSettings",
    "SessionExpired",
    "SessionInfo",
    "SharedLinkExpired",
    "SignatureRefused",
    "StoreUnavailable",
    "StripeDeclined",
    "StripeRefused",
    "StripeUnavailable",
    "TooManyRequests",
]
