"""Links and portal sessions, as the host and the merchant API see them. Moments are UTC seconds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Literal, Self, TypeAlias, cast, get_args

from invoice_portal.settings import Action, PortalSettings
from invoice_portal.signing import Signer

Kind: TypeAlias = Literal["invoice", "portal"]
State: TypeAlias = Literal["active", "expired", "revoked", "used_up"]
SessionState: TypeAlias = Literal["active", "expired", "revoked"]

SHARED_ACTIONS: Final[frozenset[Action]] = frozenset(("view", "download", "pay"))
"""What a link or session may do where nothing else is said, as far as the settings allow it. ``manage`` (subscriptions,
saved methods, billing details) is for a session alone, and only where it is named: a link is good for too long."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What every program here needs: ``by`` says in whose name it acts, for the audit trail."""

    settings: PortalSettings
    signer: Signer
    now: int
    by: str

    @property
    def account(self) -> str:
        """The connected account, as the tables have it."""
        return self.settings.stripe_account or ""

    def in_name_of(self, by: str) -> Self:
        """The same in another's name."""
        return replace(self, by=by)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """The one link to an invoice, or to a customer's portal.

    ``url`` is None once it has ended, or where ``public_url`` is not set; it contains the token, so treat it as a
    password. ``uses`` counts how often the link was opened. ``created_at`` and ``created_by`` are those of the last
    refresh, if there was one.
    """

    id: str
    kind: Kind
    invoice_id: str | None
    customer_id: str
    state: State
    url: str | None = field(repr=False)
    actions: tuple[Action, ...]
    max_uses: int | None
    uses: int
    created_at: int
    created_by: str
    expires_at: int | None
    revoked_at: int | None
    first_used_at: int | None
    last_used_at: int | None

    def as_dict(self) -> dict[str, Any]:
        """As the merchant API shows it."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalSession:
    """A portal session that was just made. ``url`` contains the token: hand it to the customer and nobody else."""

    id: str
    customer_id: str
    created_at: int
    expires_at: int
    url: str = field(repr=False)

    def as_dict(self) -> dict[str, Any]:
        """As the merchant API shows it."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionInfo:
    """A portal session, without its address."""

    id: str
    customer_id: str
    state: SessionState
    actions: tuple[Action, ...]
    uses: int
    created_at: int
    created_by: str
    expires_at: int
    last_used_at: int | None

    def as_dict(self) -> dict[str, Any]:
        """As the merchant API shows it."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow:
    """A link as it stands in the database."""

    id: str
    account: str
    kind: Kind
    subject: str
    customer: str
    nonce: str = field(repr=False)
    actions: str
    max_uses: int | None
    uses: int
    created_at: int
    created_by: str
    expires_at: int | None
    revoked_at: int | None
    first_used_at: int | None
    last_used_at: int | None

    @property
    def spent(self) -> bool:
        """Whether it was opened as often as it may be."""
        return self.max_uses is not None and self.uses >= self.max_uses

    def state(self, now: int) -> State:
        """Whether it still opens anything, and why not."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= now:
            return "expired"
        return "used_up" if self.spent else "active"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """A portal session as it stands in the database; ``current`` is its customer's generation."""

    id: str
    account: str
    customer: str
    nonce: str = field(repr=False)
    generation: int
    actions: str
    uses: int
    created_at: int
    created_by: str
    expires_at: int
    revoked_at: int | None
    last_used_at: int | None
    current: int

    def state(self, now: int) -> SessionState:
        """Whether it still opens anything, and why not."""
        if self.revoked_at is not None or self.generation != self.current:
            return "revoked"
        return "expired" if self.expires_at <= now else "active"


def clean(text: str, most: int) -> str:
    """A text as a table can hold it and a list can show it: cut, without control and invisible characters."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text[:most])


def link_row(row: Mapping[str, Any]) -> LinkRow:
    """Read one row."""
    return LinkRow(**row)


def session_row(row: Mapping[str, Any]) -> SessionRow:
    """Read one row."""
    return SessionRow(**row)


def pack(actions: Iterable[str]) -> str:
    """Actions as the tables hold them."""
    return " ".join(sorted(set(actions)))


def unpack(text: str) -> tuple[Action, ...]:
    """Actions out of a table or a token; words that are none are dropped."""
    return tuple(cast(Action, word) for word in sorted(text.split()) if word in get_args(Action))


def checked_actions(actions: Collection[str]) -> tuple[Action, ...]:
    """``actions`` themselves. Raises ``ValueError`` for words that are none, and where ``view`` is not among them."""
    words = [actions] if isinstance(actions, str) else list(actions)
    if unknown := sorted(set(words) - set(get_args(Action))):
        raise ValueError(f"{unknown[0]!r} is no action; there are {', '.join(get_args(Action))}")
    if "view" not in words:
        raise ValueError("actions must have 'view': who may not look may not do anything")
    return unpack(" ".join(words))


def link_actions(actions: Collection[str]) -> tuple[Action, ...]:
    """As :func:`checked_actions`, for links, which let nobody do more than look, download and pay."""
    allowed = checked_actions(actions)
    if more := sorted(set(allowed) - SHARED_ACTIONS):
        raise ValueError(f"{more[0]!r} is no action of a link; there are {', '.join(sorted(SHARED_ACTIONS))}")
    return allowed
