"""Invoice Portal: your customers see, pay and download their Stripe invoices inside your own app.

Mount it with ``flask_portal``, ``django_portal`` or ``fastapi_portal``; this package is the core that all three share.
"""

from invoice_portal.errors import (
    BadRequest,
    ChangeRefused,
    ChangeVetoed,
    ConfigurationError,
    Conflict,
    FormExpired,
    HookFailed,
    InvoicePortalError,
    LinkEnded,
    LinkExpired,
    LinkRevoked,
    LinkUsedUp,
    NotAllowed,
    NotFound,
    NotIdentified,
    PaymentDeclined,
    PortalError,
    QuoteOutdated,
    SessionExpired,
    SharedLinkExpired,
    SignatureRefused,
    StoreUnavailable,
    StripeRefused,
    StripeRejected,
    StripeUnavailable,
    TooManyDeclines,
    TooManyRequests,
    Vetoed,
)
from invoice_portal.hooks import Cancellation, Event, Hooks, Payable, Payment, PlanChange
from invoice_portal.identity import CustomerId, Email, Identity
from invoice_portal.portal import Portal
from invoice_portal.settings import PortalSettings
from invoice_portal.sharing.fresh import FreshLink
from invoice_portal.sharing.model import Link, PortalSession, SessionInfo
from invoice_portal.subscription_settings import Plan, Retention, SubscriptionSettings, Upsell
from invoice_portal.theme import Theme

__all__ = [
    "BadRequest",
    "Cancellation",
    "ChangeRefused",
    "ChangeVetoed",
    "ConfigurationError",
    "Conflict",
    "CustomerId",
    "Email",
    "Event",
    "FormExpired",
    "FreshLink",
    "HookFailed",
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
    "PaymentDeclined",
    "Plan",
    "PlanChange",
    "Portal",
    "PortalError",
    "PortalSession",
    "PortalSettings",
    "QuoteOutdated",
    "Retention",
    "SessionExpired",
    "SessionInfo",
    "SharedLinkExpired",
    "SignatureRefused",
    "StoreUnavailable",
    "StripeRefused",
    "StripeRejected",
    "StripeUnavailable",
    "SubscriptionSettings",
    "Theme",
    "TooManyDeclines",
    "TooManyRequests",
    "Upsell",
    "Vetoed",
]
