"""Invoice Portal: your customers see, pay and download their Stripe invoices inside your own app.

Mount it with ``flask_portal``, ``django_portal`` or ``fastapi_portal``; this package is the core that all three share.
"""

from invoice_portal.errors import (
    BadRequest,
    ConfigurationError,
    FormExpired,
    InvoicePortalError,
    LinkExpired,
    NotAllowed,
    NotFound,
    NotIdentified,
    PortalError,
    SessionExpired,
    SignatureRefused,
    StripeRefused,
    StripeUnavailable,
)
from invoice_portal.identity import CustomerId, Email, Identity
from invoice_portal.portal import Portal
from invoice_portal.settings import PortalSettings

__all__ = [
    "BadRequest",
    "ConfigurationError",
    "CustomerId",
    "Email",
    "FormExpired",
    "Identity",
    "InvoicePortalError",
    "LinkExpired",
    "NotAllowed",
    "NotFound",
    "NotIdentified",
    "Portal",
    "PortalError",
    "PortalSettings",
    "SessionExpired",
    "SignatureRefused",
    "StripeRefused",
    "StripeUnavailable",
]
