"""The settings: one frozen dataclass, checked when it is made, whose secrets never show."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal, Self, TypeAlias, get_args
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError

from invoice_portal.addresses import works, works_here
from invoice_portal.errors import ConfigurationError
from invoice_portal.identity import IdentifyBy
from invoice_portal.paying_settings import SavePolicy, check_paying, read_amounts

Action: TypeAlias = Literal["view", "download", "pay", "manage"]
Translations: TypeAlias = Sequence[str | Path] | Mapping[str, Mapping[str, str]]

STRIPE_API_BASE: Final = "https://api.stripe.com"
MIN_SECRET_LENGTH: Final = 16
MIN_API_KEY_LENGTH: Final = 32
COUNT_IN_DATABASE: Final = "database"
"""The value of ``rate_limit_storage`` by which the portal's own database counts."""
SQLITE_FILE: Final = "sqlite:///invoice-portal.sqlite3"
ENV_PREFIX: Final = "INVOICE_PORTAL_"
_LIVE_PREFIXES: Final = ("sk_live_", "rk_live_")
_KEY_PREFIXES: Final = (*_LIVE_PREFIXES, "sk_test_", "rk_test_")


def _about(text: str, **extra: Any) -> dict[str, Any]:
    return {"about": text, **extra}


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
    stripe_account: str | None = field(
        default=None,
        metadata=_about("Connected account (`acct_…`) whose invoices are shown (Stripe Connect)."),
    )
    stripe_api_base: str = field(
        default=STRIPE_API_BASE, metadata=_about("Where Stripe's API is: the sandbox's address in tests.")
    )
    stripe_timeout: float = field(
        default=10.0, metadata=_about("Seconds to wait for one answer of Stripe's before trying once more.")
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
        default=60, metadata=_about("How long a visit lasts that began at `/enter`, in minutes (1 to 1440).")
    )
    page_size: int = field(default=20, metadata=_about("Invoices on one page (1 to 100)."))
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
        metadata=_about("Days after the due date (or after finalisation) that a link to an invoice is good for."),
    )
    refreshed_link_days: int = field(default=60, metadata=_about("Days that a refreshed link is good for."))
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
        default=0, metadata=_about("Days that records of the audit trail are kept. 0: for ever.")
    )
    enter_limit: str = field(
        default="120/minute", metadata=_about("How often one address may come in by a signature or a link. Empty: any.")
    )
    send_limit: str = field(
        default="5/hour",
        metadata=_about("How often a fresh link may be asked for, by one address and for one link. Empty: any."),
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
    debug: bool = field(
        default=False, metadata=_about("Say on error pages why: for development, never with a live key.")
    )

    def __post_init__(self) -> None:
        """Normalise sequences and check everything once."""
        for name in ("secret_keys", "allowed_embed_origins", "merchant_api_keys", "payment_method_types"):
            object.__setattr__(self, name, _strings(name, getattr(self, name)))
        object.__setattr__(self, "actions", frozenset(_strings("actions", self.actions)))
        for check in _CHECKS:
            check(self)

    @property
    def live(self) -> bool:
        """Whether the Stripe key moves real money."""
        return self.stripe_api_key.startswith(_LIVE_PREFIXES)

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
        """Read ``INVOICE_PORTAL_<FIELD>`` variables; lists are separated by commas, flags are 1 or 0.

        Raises :class:`~invoice_portal.errors.ConfigurationError` for a missing, misspelt or meaningless variable.
        """
        environ = os.environ if environ is None else environ
        known = {ENV_PREFIX + f.name.upper(): f.name for f in fields(cls)}
        given = {name: text for name, text in environ.items() if name.startswith(ENV_PREFIX)}
        if unknown := sorted(given.keys() - known.keys()):
            raise ConfigurationError(f"{unknown[0]} is not a setting. Known are: {', '.join(sorted(known))}.")
        return cls.from_mapping({known[name]: _from_text(known[name], text) for name, text in given.items()})

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


def _strings(name: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence | frozenset | set):
        raise ConfigurationError(f"{name} must be a list of texts, not {type(value).__name__}.")
    if not all(isinstance(item, str) for item in value):
        raise ConfigurationError(f"{name} must hold texts only.")
    return tuple(value)


def _split(name: str, address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:
        raise ConfigurationError(f"{name}: {address!r} is no address.") from None


def _from_text(name: str, text: str) -> object:
    """A variable's text as the type of its field."""
    if name == "partial_payment_minimum":
        return read_amounts(name, text)
    if name in _LISTS:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if name in _FLAGS:
        if text.lower() not in _FLAG_WORDS:
            raise ConfigurationError(f"{ENV_PREFIX}{name.upper()} must be 1 or 0, not {text!r}.")
        return _FLAG_WORDS[text.lower()]
    if name in _NUMBERS:
        try:
            return _NUMBERS[name](text)
        except ValueError:
            raise ConfigurationError(f"{ENV_PREFIX}{name.upper()} must be a number, not {text!r}.") from None
    return text


_LISTS: Final = frozenset(
    {
        "secret_keys",
        "actions",
        "translations",
        "allowed_embed_origins",
        "merchant_api_keys",
        "payment_method_types",
    }
)
_FLAGS: Final = frozenset(
    {
        "require_hash",
        "show_all_invoices",
        "detect_language",
        "portal_sessions_only",
        "audit_trail",
        "save_as_default",
        "partial_payments",
        "debug",
    }
)
_NUMBERS: Final[Mapping[str, Callable[[str], float]]] = {
    "session_minutes": int,
    "page_size": int,
    "invoice_link_days": int,
    "refreshed_link_days": int,
    "audit_retention_days": int,
    "stripe_timeout": float,
}
_LIMIT: Final = re.compile(r"[1-9][0-9]{0,8}/(second|minute|hour|day)")
_TEXTS: Final = (
    "stripe_publishable_key",
    "stripe_api_key",
    "stripe_api_base",
    "business_name",
    "support_email",
    "home_url",
    "default_language",
    "time_zone",
    "public_url",
    "database_url",
    "enter_limit",
    "send_limit",
    "rate_limit_storage",
)
_RANGES: Final[Sequence[tuple[str, tuple[type, ...], float, float]]] = (
    ("session_minutes", (int,), 1, 1440),
    ("page_size", (int,), 1, 100),
    ("invoice_link_days", (int,), 1, 3650),
    ("refreshed_link_days", (int,), 1, 3650),
    ("audit_retention_days", (int,), 0, 36500),
    ("stripe_timeout", (int, float), 0.1, 80),
)
_FLAG_WORDS: Final = {"1": True, "true": True, "yes": True, "on": True} | dict.fromkeys(
    ("0", "false", "no", "off"), False
)


def _check_types(settings: PortalSettings) -> None:
    for name in _TEXTS:
        if not isinstance(getattr(settings, name), str):
            raise ConfigurationError(f"{name} must be a text, not {type(getattr(settings, name)).__name__}.")
    for name in _FLAGS:
        if not isinstance(getattr(settings, name), bool):
            raise ConfigurationError(f"{name} must be True or False, not {getattr(settings, name)!r}.")
    _check_translations(settings.translations)


def _check_translations(translations: object) -> None:
    if isinstance(translations, Mapping):
        for locale, texts in translations.items():
            if not isinstance(texts, Mapping) or not all(isinstance(text, str) for text in (*texts, *texts.values())):
                raise ConfigurationError(
                    f"translations[{locale!r}] must be a mapping of texts, as {{'Pay': 'Pay now'}}."
                )
    elif isinstance(translations, str) or not isinstance(translations, Sequence):
        raise ConfigurationError("translations must be a list of folders, or a mapping of texts by locale.")
    elif not all(isinstance(folder, str | Path) for folder in translations):
        raise ConfigurationError("translations must hold paths of folders.")


def _check_stripe_key(settings: PortalSettings) -> None:
    key = settings.stripe_api_key
    if not key.startswith(_KEY_PREFIXES):
        raise ConfigurationError(
            "stripe_api_key must be a secret (sk_…) or restricted (rk_…) key; a publishable key (pk_…) cannot read "
            "invoices. Find it in the Stripe dashboard under Developers, API keys."
        )
    if key != key.strip():
        raise ConfigurationError("stripe_api_key has a space or a line break around it. Remove it.")


def _check_secret_keys(settings: PortalSettings) -> None:
    if not settings.secret_keys:
        raise ConfigurationError(
            "secret_keys is empty. Make a key with: python -c 'import secrets; print(secrets.token_hex(32))'"
        )
    for position, key in enumerate(settings.secret_keys):
        if len(key) < MIN_SECRET_LENGTH:
            raise ConfigurationError(f"secret_keys[{position}] is shorter than {MIN_SECRET_LENGTH} characters.")
        if key != key.strip():
            raise ConfigurationError(f"secret_keys[{position}] has a space or a line break around it. Remove it.")
        if key == settings.stripe_api_key:
            raise ConfigurationError(f"secret_keys[{position}] is the Stripe key. Make a key of its own.")


def _check_live_rule(settings: PortalSettings) -> None:
    if settings.live and not settings.require_hash:
        raise ConfigurationError(
            "require_hash is off with a live Stripe key: anybody could open anybody's invoices. Switch it on, or use a "
            "test key."
        )


def _check_choices(settings: PortalSettings) -> None:
    if settings.identify_by not in get_args(IdentifyBy):
        raise ConfigurationError(f"identify_by must be 'email' or 'customer_id', not {settings.identify_by!r}.")
    if unknown := sorted(settings.actions - set(get_args(Action))):
        raise ConfigurationError(f"actions has {unknown[0]!r}; it may hold {', '.join(get_args(Action))}.")
    if settings.actions and "view" not in settings.actions:
        raise ConfigurationError("actions must hold 'view' where it holds anything: the list leads to the invoices.")


def _check_ranges(settings: PortalSettings) -> None:
    for name, kinds, least, most in _RANGES:
        value: Any = getattr(settings, name)
        fits = isinstance(value, kinds) and not isinstance(value, bool)
        if not fits or not least <= value <= most:
            raise ConfigurationError(f"{name} must be a number from {least} to {most}, not {value!r}.")


def _check_addresses(settings: PortalSettings) -> None:
    base = _split("stripe_api_base", settings.stripe_api_base)
    if base.scheme not in ("http", "https") or not base.hostname:
        raise ConfigurationError(f"stripe_api_base must be an http(s) address, not {settings.stripe_api_base!r}.")
    if settings.live and base.scheme != "https":
        raise ConfigurationError("stripe_api_base must be https with a live key.")
    for origin in settings.allowed_embed_origins:
        parts = _split("allowed_embed_origins", origin)
        if origin != f"{parts.scheme}://{parts.netloc}" or parts.scheme not in ("http", "https") or not parts.netloc:
            raise ConfigurationError(
                f"allowed_embed_origins has {origin!r}; an origin is scheme, host and port only, such as "
                "'https://app.example.com'."
            )
        if any(character in origin for character in " ;,'\"*"):
            raise ConfigurationError(f"allowed_embed_origins has {origin!r}; wildcards and separators are not allowed.")
    _check_home_url(settings.home_url)
    account = settings.stripe_account
    if account is not None and not (isinstance(account, str) and account.startswith("acct_")):
        raise ConfigurationError("stripe_account must be the id of an account, acct_….")


def _check_home_url(home_url: str) -> None:
    if home_url and not home_url.startswith(("/", "http://", "https://")):
        raise ConfigurationError("home_url must begin with /, http:// or https://.")
    if home_url and not (works_here(home_url) or works(home_url)):
        raise ConfigurationError(
            "home_url is no address that a browser can be sent to. Write /path or https://host/path, other characters "
            "than ASCII percent-encoded."
        )


def _check_api_keys(settings: PortalSettings) -> None:
    for position, key in enumerate(settings.merchant_api_keys):
        if len(key) < MIN_API_KEY_LENGTH or key != key.strip():
            raise ConfigurationError(
                f"merchant_api_keys[{position}] must be {MIN_API_KEY_LENGTH} characters or more, without spaces "
                "around. Make one with: python -c 'import secrets; print(secrets.token_hex(32))'"
            )
        if not key.isascii() or not key.isprintable():
            raise ConfigurationError(f"merchant_api_keys[{position}] must be ASCII: a header carries nothing else.")
        if key == settings.stripe_api_key or key in settings.secret_keys:
            raise ConfigurationError(
                f"merchant_api_keys[{position}] is used for something else. Make a key of its own."
            )


def _check_links(settings: PortalSettings) -> None:
    address = _split("public_url", settings.public_url)
    if settings.public_url and (
        not works(settings.public_url) or "?" in settings.public_url or "#" in settings.public_url
    ):
        raise ConfigurationError(
            "public_url must be an http(s) address without a query or a password, as customers see it, with nothing "
            "around it."
        )
    if settings.live and settings.public_url and address.scheme != "https":
        raise ConfigurationError("public_url must be https with a live key: links let people in.")
    for name in ("enter_limit", "send_limit"):
        if (limit := getattr(settings, name)) and not _LIMIT.fullmatch(limit):
            raise ConfigurationError(f"{name} must be a number and a time, such as '5/hour', not {limit!r}.")
    schemes = ("memory://", "redis://", "rediss://")
    if settings.rate_limit_storage != COUNT_IN_DATABASE and not settings.rate_limit_storage.startswith(schemes):
        raise ConfigurationError("rate_limit_storage must be 'memory://', 'database' or a redis:// address.")


def _check_language(settings: PortalSettings) -> None:
    try:
        Locale.parse(settings.default_language, sep="-" if "-" in settings.default_language else "_")
    except (ValueError, TypeError, UnknownLocaleError):
        raise ConfigurationError(f"default_language {settings.default_language!r} is not a known locale.") from None
    try:
        ZoneInfo(settings.time_zone)
    except (OSError, ValueError, KeyError):
        raise ConfigurationError(f"time_zone {settings.time_zone!r} is not a known IANA time zone.") from None


_CHECKS: Final[Sequence[Callable[[PortalSettings], None]]] = (
    _check_types,
    _check_stripe_key,
    _check_secret_keys,
    _check_choices,
    _check_live_rule,
    _check_ranges,
    _check_addresses,
    _check_api_keys,
    _check_links,
    check_paying,
    _check_language,
)
