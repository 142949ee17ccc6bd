"""The settings: one frozen dataclass, checked when it is made, whose secrets never show."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Self, TypeAlias, get_args, get_origin
from urllib.parse import urlsplit

from invoice_portal.errors import ConfigurationError
from invoice_portal.identity import IdentifyBy
from invoice_portal.paying_settings import SavePolicy
from invoice_portal.settings_checks import CHECKS, LIVE_PREFIXES, STRIPE_API_BASE
from invoice_portal.settings_checks import Action as Action
from invoice_portal.settings_checks import PaneName as PaneName
from invoice_portal.settings_text import ENV_PREFIX, from_text, strings, types_of
from invoice_portal.subscription_settings import (
    NO_SUBSCRIPTION_SETTINGS,
    Detail,
    SubscriptionSettings,
    subscription_settings,
)
from invoice_portal.theme import Theme

Translations: TypeAlias = Sequence[str | Path] | Mapping[str, Mapping[str, str]]

SQLITE_FILE: Final = "sqlite:///invoice-portal.sqlite3"


def _about(text: str, *range: float) -> dict[str, Any]:
    """What a setting is, for its line in the documentation; the least and the most that a number may be."""
    return {"about": text, "range": range}


def _theme(given: object) -> Theme:
    if isinstance(given, Mapping):
        return Theme.from_mapping(given)
    if not isinstance(given, Theme):
        raise ConfigurationError("theme must be a Theme, or a dict such as {'accent': '#0a7d55'}.")
    return given


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalSettings:
    """Everything that a merchant decides.

    Raises :class:`~invoice_portal.errors.ConfigurationError` for values that cannot work, with the setting's name and
    what to do. Each field's ``metadata["about"]`` is its line in the documentation.
    """

    stripe_api_key: str = field(
        repr=False,
        metadata=_about("Secret or restricted Stripe key. Read-only is enough unless customers pay in the portal."),
    )
    secret_keys: Sequence[str] = field(
        repr=False,
        metadata=_about(
            "Keys for hashes, links and sessions, 16 characters or more. The first signs, all verify: to rotate, "
            "put the new key in front and remove the old one later."
        ),
    )
    stripe_webhook_secrets: Sequence[str] = field(
        default=(),
        repr=False,
        metadata=_about(
            "Signing secrets (`whsec_…`) of the webhook endpoint at `/webhook`; several while one is rolled. None: the "
            "portal takes no events."
        ),
    )
    stripe_account: str | None = field(
        default=None,
        metadata=_about("Connected account (`acct_…`) whose invoices are shown (Stripe Connect)."),
    )
    stripe_api_base: str = field(
        default=STRIPE_API_BASE, metadata=_about("Where Stripe's API is: the sandbox's address in tests.")
    )
    stripe_timeout: float = field(
        default=10.0, metadata=_about("Seconds to wait for one answer of Stripe's before trying once more.", 0.1, 80)
    )
    identify_by: IdentifyBy = field(
        default="email",
        metadata=_about("What the hash vouches for, and what is read from a logged-in user: `email` or `customer_id`."),
    )
    require_hash: bool = field(
        default=True, metadata=_about("Whether `/enter` asks for a hash. Off works with a test key only.")
    )
    show_all_invoices: bool = field(
        default=False,
        metadata=_about("Show all invoices of the customer also where a subscription was given on arrival."),
    )
    actions: frozenset[Action] = field(
        default=frozenset(get_args(Action)),
        metadata=_about("What customers may do: any of `view`, `download`, `pay`, `manage`. Enforced on the server."),
    )
    session_minutes: int = field(
        default=60, metadata=_about("How long a visit lasts that began at `/enter`, in minutes (1 to 1440).", 1, 1440)
    )
    subscriptions: SubscriptionSettings = field(
        default=NO_SUBSCRIPTION_SETTINGS,
        metadata=_about(
            "What customers may do with their subscriptions, and what they are offered: see docs/subscriptions.md. A "
            "`SubscriptionSettings`, a mapping, or JSON."
        ),
    )
    billing_details: frozenset[Detail] = field(
        default=frozenset(),
        metadata=_about(
            "What customers may change of their billing details: any of `name`, `address`, `email`, `phone`, `tax_ids`."
        ),
    )
    panes: frozenset[PaneName] = field(
        default=frozenset(get_args(PaneName)),
        metadata=_about(
            "What the first page shows beside the invoices: any of `attention`, `balance`, `upcoming`, `usage`, "
            "`subscriptions`, `offers`. The pages behind `upcoming` and `usage` go with them."
        ),
    )
    pane_seconds: float = field(
        default=4.0,
        metadata=_about(
            "Seconds that the first page waits for what stands beside the invoices; it then says so.", 0.1, 80
        ),
    )
    page_size: int = field(default=20, metadata=_about("Invoices on one page (1 to 100).", 1, 100))
    business_name: str = field(
        default="", metadata=_about("Your name in the header. Empty: the account name on the invoices.")
    )
    support_email: str = field(default="", metadata=_about("Where customers write with questions; in the footer."))
    home_url: str = field(default="", metadata=_about("Where your app is: a link back to it, on pages and on errors."))
    detect_language: bool = field(
        default=True, metadata=_about("Take the language from the browser. Off: always `default_language`.")
    )
    default_language: str = field(
        default="en", metadata=_about("Language where none is detected or the detected one is not there.")
    )
    time_zone: str = field(default="UTC", metadata=_about("IANA time zone in which dates are shown and filtered."))
    translations: Translations = field(
        default=(),
        metadata=_about(
            "Own `.po` folders (`<folder>/<locale>/LC_MESSAGES/messages.po`), or texts by locale: "
            "`{'de': {'Pay': 'Jetzt zahlen'}}`."
        ),
    )
    allowed_embed_origins: Sequence[str] = field(
        default=(), metadata=_about("Origins (`https://app.example.com`) whose pages may frame the portal.")
    )
    public_url: str = field(
        default="",
        metadata=_about(
            "The portal's address as customers see it (`https://app.example.com/billing`): links begin with it."
        ),
    )
    database_url: str = field(
        default=SQLITE_FILE,
        repr=False,
        metadata=_about(
            "Where links, sessions and the audit trail are kept: a SQLite file, made at first use, or "
            "`postgresql://…`. Under Django its own database is used instead."
        ),
    )
    invoice_link_days: int = field(
        default=30,
        metadata=_about(
            "Days after the due date (or after finalisation) that a link to an invoice is good for.", 1, 3650
        ),
    )
    refreshed_link_days: int = field(default=60, metadata=_about("Days that a refreshed link is good for.", 1, 3650))
    portal_sessions_only: bool = field(
        default=False,
        metadata=_about(
            "No permanent portal links for new customers. One-way: it is recorded in the database, and a later start "
            "without it is refused."
        ),
    )
    merchant_api_keys: Sequence[str] = field(
        default=(),
        repr=False,
        metadata=_about("Bearer keys of the merchant API, 32 characters or more. None: there is no merchant API."),
    )
    audit_trail: bool = field(
        default=True, metadata=_about("Record who came in how, and what they opened, downloaded and changed.")
    )
    audit_retention_days: int = field(
        default=0, metadata=_about("Days that records of the audit trail are kept. 0: for ever.", 0, 36500)
    )
    enter_limit: str = field(
        default="120/minute", metadata=_about("How often one address may come in by a signature or a link. Empty: any.")
    )
    send_limit: str = field(
        default="5/hour",
        metadata=_about("How often a fresh link may be asked for, by one address and for one link. Empty: any."),
    )
    decline_limit: str = field(
        default="10/hour",
        metadata=_about(
            "How many payments of one customer may be declined, and five times as many from one address, before no "
            "more is taken for a while. Empty: any."
        ),
    )
    rate_limit_storage: str = field(
        default="memory://",
        repr=False,
        metadata=_about("Where the limits are counted: `memory://` for one process, `database`, or `redis://…`."),
    )
    stripe_publishable_key: str = field(
        default="",
        metadata=_about(
            "Publishable Stripe key (`pk_…`): with it customers pay in the portal itself, without it on Stripe's page."
        ),
    )
    payment_method_types: Sequence[str] = field(
        default=(),
        metadata=_about(
            "Stripe's types that may be paid with (`us_bank_account`, `card`). Empty: all that your account takes."
        ),
    )
    save_payment_method: SavePolicy = field(
        default="offer",
        metadata=_about("Keep a new payment method for later: `never`, `always`, or `offer` it as a choice."),
    )
    save_as_default: bool = field(
        default=False, metadata=_about("Charge renewals to a method that was kept while paying.")
    )
    partial_payments: bool = field(default=False, metadata=_about("Let customers pay a part of an invoice."))
    partial_payment_minimum: Mapping[str, int] = field(
        default_factory=dict,
        metadata=_about("The least part, in minor units by currency: `{'usd': 5000}`. Stripe's own minimum else."),
    )
    theme: Theme = field(
        default=Theme(),
        metadata=_about(
            "Colours, font, corners and logo, as `Theme(accent='#0a7d55')` or a dict; JSON in the environment. See "
            "docs/theme.md."
        ),
    )
    theme_from_stripe: bool = field(
        default=False,
        metadata=_about("Take the accent colour from the Stripe account's branding where `theme` sets none."),
    )
    debug: bool = field(
        default=False, metadata=_about("Say on error pages why: for development, never with a live key.")
    )

    def __post_init__(self) -> None:
        """Normalise sequences and check everything once."""
        for name, kind in types_of(type(self)).items():
            if kind == Sequence[str]:
                object.__setattr__(self, name, strings(name, getattr(self, name)))
            if get_origin(kind) is frozenset:
                object.__setattr__(self, name, frozenset(strings(name, getattr(self, name))))
        object.__setattr__(self, "subscriptions", subscription_settings(self.subscriptions))
        object.__setattr__(self, "theme", _theme(self.theme))
        for check in CHECKS:
            check(self)

    @property
    def live(self) -> bool:
        """Whether the Stripe key moves real money."""
        return self.stripe_api_key.startswith(LIVE_PREFIXES)

    @property
    def realm(self) -> str:
        """What keeps this portal's tokens apart from those of another with the same key.

        A test portal vouches for nobody live, one merchant for nobody of another's, and who was let in without a hash
        is out when the hash is switched on.
        """
        mode = "live" if self.live else "test" if self.require_hash else "open"
        return f"{mode}.{self.stripe_account or ''}"

    @property
    def stripe_origin(self) -> str:
        """Scheme, host and port of the API: pages that it serves itself may be redirected to."""
        parts = urlsplit(self.stripe_api_base)
        return f"{parts.scheme}://{parts.netloc}"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read ``INVOICE_PORTAL_<FIELD>`` variables; lists are separated by commas or JSON, flags are 1 or 0.

        Raises :class:`~invoice_portal.errors.ConfigurationError` for a missing, misspelt or meaningless variable.
        """
        environ = os.environ if environ is None else environ
        known = {ENV_PREFIX + f.name.upper(): f.name for f in fields(cls)}
        given = {name: text for name, text in environ.items() if name.startswith(ENV_PREFIX)}
        if unknown := sorted(given.keys() - known.keys()):
            raise ConfigurationError(f"{unknown[0]} is not a setting. Known are: {', '.join(sorted(known))}.")
        types = types_of(cls)
        texts = {known[name]: text for name, text in given.items()}
        return cls.from_mapping({name: from_text(name, types[name], text) for name, text in texts.items()})

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """Build from a mapping of field names, as Flask's and Django's settings hold it.

        Raises :class:`~invoice_portal.errors.ConfigurationError` for unknown or missing names and for wrong values.
        """
        known = [f.name for f in fields(cls)]
        if unknown := sorted(set(values) - set(known)):
            raise ConfigurationError(f"{unknown[0]!r} is not a setting. Known are: {', '.join(known)}.")
        for name in ("stripe_api_key", "secret_keys"):
            if not values.get(name):
                raise ConfigurationError(f"{name} is missing. Set it, or {ENV_PREFIX}{name.upper()} with from_env().")
        return cls(**values)
