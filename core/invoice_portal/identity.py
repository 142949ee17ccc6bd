"""Who a visitor is: an e-mail address or a Stripe customer id that somebody vouched for.

Stripe never verifies ``customer.email``, several customers may bear one address, and the filter by e-mail is
case-sensitive (docs.stripe.com/api/customers/list). So an address is used exactly as the host vouched for it, and
it must be one that the host has verified.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias
from unicodedata import category

IdentifyBy: TypeAlias = Literal["email", "customer_id"]

_EMAIL = re.compile(r"[^\s@\x00-\x1f\x7f\ud800-\udfff]{1,64}@[^\s@\x00-\x1f\x7f\ud800-\udfff]{1,255}")
_CUSTOMER_ID = re.compile(r"[A-Za-z0-9_-]{1,255}")


@dataclass(frozen=True, slots=True)
class Email:
    """All Stripe customers that bear this verified address, upper and lower case told apart."""

    address: str


@dataclass(frozen=True, slots=True)
class CustomerId:
    """One Stripe customer, ``cus_…``."""

    id: str


Identity: TypeAlias = Email | CustomerId


def identifier(identity: Identity) -> str:
    """The plain text of an identity: what a hash is made of."""
    return identity.address if isinstance(identity, Email) else identity.id


def kind(identity: Identity) -> IdentifyBy:
    """Which of the two kinds an identity is, in the words of the ``identify_by`` setting."""
    return "email" if isinstance(identity, Email) else "customer_id"


def spelled(kind: IdentifyBy, text: object) -> Identity:
    """The identity that a logged-in user's attribute spells; where it is empty, the user is known but has none."""
    return Email(str(text or "")) if kind == "email" else CustomerId(str(text or ""))


def make_identity(kind: IdentifyBy, text: str) -> Identity | None:
    """The identity that ``text`` spells, or None where it cannot be one. Nothing is trimmed or folded."""
    if kind == "email":
        return Email(text) if _EMAIL.fullmatch(text) and not _hides(text) else None
    return CustomerId(text) if _CUSTOMER_ID.fullmatch(text) else None


def _hides(text: str) -> bool:
    """Whether format characters stand in a text: it would read like another one, in the audit trail and anywhere."""
    return any(category(character) == "Cf" for character in text)


def plausible(identity: Identity) -> bool:
    """Whether an identity can be asked for at Stripe: a host may hand over a user without an address."""
    return make_identity(kind(identity), identifier(identity)) is not None
