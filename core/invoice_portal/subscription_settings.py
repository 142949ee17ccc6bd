"""What customers may do with their subscriptions, and what they are offered: the setting ``subscriptions``.

Everything is off until a merchant switches it on. In code these are dataclasses, in Django's or Flask's settings and in
the environment (as JSON) they are mappings of the same names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Literal, TypeAlias, TypeVar, get_args

from invoice_portal.errors import ConfigurationError
from invoice_portal.stripe_api.ids import is_id

T = TypeVar("T")

SubscriptionAction: TypeAlias = Literal["cancel", "resume", "pause", "change_plan", "change_quantity"]
CancelMode: TypeAlias = Literal["at_period_end", "now", "choice"]
Proration: TypeAlias = Literal["create_prorations", "always_invoice", "none"]
PauseBehavior: TypeAlias = Literal["void", "keep_as_draft", "mark_uncollectible"]
Feedback: TypeAlias = Literal[
    "too_expensive",
    "missing_features",
    "switched_service",
    "unused",
    "customer_service",
    "too_complex",
    "low_quality",
    "other",
]
"""Stripe's own reasons of a cancellation (docs.stripe.com/api/subscriptions/object, ``cancellation_details``)."""
Detail: TypeAlias = Literal["name", "address", "email", "phone", "tax_ids"]
"""What customers may change of their billing details: the setting ``billing_details``."""

MOST_QUANTITY: Final = 1_000_000
_OFFER_ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_MOST_MONTHS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A price that customers may change to; ``name`` is shown in place of the product's.

    With ``most`` quantities from ``least`` up to it may be chosen; without it the quantity is kept as it is.
    """

    price: str
    name: str = ""
    least: int = 1
    most: int = 0

    def __post_init__(self) -> None:
        """Check the id and the bounds."""
        _check_price("plans", self.price)
        _check_number(f"plans[{self.price}].least", self.least, 1, MOST_QUANTITY)
        _check_number(f"plans[{self.price}].most", self.most, self.least if self.most else 0, MOST_QUANTITY)
        _check_texts(f"plans[{self.price}]", self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """What is offered to somebody who cancels: one of a ``coupon``, a pause of ``pause_months``, another ``price``.

    ``feedback`` are the reasons for which it is offered (none: for all). ``id`` names it in counts.
    """

    id: str
    coupon: str = ""
    pause_months: int = 0
    price: str = ""
    feedback: tuple[Feedback, ...] = ()

    def __post_init__(self) -> None:
        """Check that it is exactly one offer."""
        where = f"retention[{self.id}]"
        _check_offer_id("retention", self.id)
        if sum((bool(self.coupon), bool(self.pause_months), bool(self.price))) != 1:
            raise ConfigurationError(f"subscriptions: {where} must have one of coupon, pause_months and price.")
        _check_texts(where, self.coupon, self.price)
        _check_number(f"{where}.pause_months", self.pause_months, 0, _MOST_MONTHS)
        if self.price:
            _check_price(where, self.price)
        _words(self, "feedback", get_args(Feedback), where)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upsell:
    """An offer of ``price``: in place of one of ``instead_of`` (a longer rhythm, the next plan), or beside them.

    ``beside`` are prices that it is an add-on to. ``title`` and ``text`` are the merchant's words; the saving is
    computed from Stripe's prices.
    """

    id: str
    price: str
    instead_of: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    title: str = ""
    text: str = ""

    def __post_init__(self) -> None:
        """Check that it is exactly one kind of offer."""
        where = f"upsells[{self.id}]"
        _check_offer_id("upsells", self.id)
        _check_price(where, self.price)
        for name in ("instead_of", "beside"):
            object.__setattr__(self, name, _texts(f"{where}.{name}", getattr(self, name)))
        for price in (*self.instead_of, *self.beside):
            _check_price(where, price)
        if bool(self.instead_of) == bool(self.beside):
            raise ConfigurationError(f"subscriptions: {where} must have one of instead_of and beside.")
        if self.price in (*self.instead_of, *self.beside):
            raise ConfigurationError(f"subscriptions: {where} offers the price that it is for.")
        _check_texts(where, self.title, self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionSettings:
    """What customers may do with their subscriptions.

    ``cancel`` is when a cancellation takes effect; ``choice`` lets the customer choose, and ``credit_unused`` gives
    back the unused time where it is at once. ``proration_behavior`` is Stripe's, for changes of plan and quantity. With
    ``billing_portal`` all of it happens on Stripe's own pages instead, as ``billing_portal_configuration`` allows.

    Raises :class:`~invoice_portal.errors.ConfigurationError` for what cannot work.
    """

    actions: frozenset[SubscriptionAction] = frozenset()
    plans: tuple[Plan, ...] = ()
    cancel: CancelMode = "at_period_end"
    credit_unused: bool = False
    pause_months: tuple[int, ...] = (1, 2, 3)
    pause_behavior: PauseBehavior = "void"
    proration_behavior: Proration = "create_prorations"
    retention: tuple[Retention, ...] = ()
    upsells: tuple[Upsell, ...] = ()
    billing_portal: bool = False
    billing_portal_configuration: str = ""

    def __post_init__(self) -> None:
        """Build what was given as mappings, then check everything."""
        _words(self, "actions", get_args(SubscriptionAction), "actions")
        object.__setattr__(self, "actions", frozenset(self.actions))
        for name, kind in (("plans", Plan), ("retention", Retention), ("upsells", Upsell)):
            object.__setattr__(
                self, name, tuple(made(kind, each, name) for each in _several(name, getattr(self, name)))
            )
        for name, choices in (
            ("cancel", CancelMode),
            ("pause_behavior", PauseBehavior),
            ("proration_behavior", Proration),
        ):
            if getattr(self, name) not in get_args(choices):
                known = ", ".join(get_args(choices))
                raise ConfigurationError(f"subscriptions.{name} must be one of {known}, not {getattr(self, name)!r}.")
        for name in ("credit_unused", "billing_portal"):
            if not isinstance(getattr(self, name), bool):
                raise ConfigurationError(f"subscriptions.{name} must be True or False.")
        object.__setattr__(self, "pause_months", _several("pause_months", self.pause_months))
        for months in self.pause_months:
            _check_number("pause_months", months, 1, _MOST_MONTHS)
        _check_texts("billing_portal_configuration", self.billing_portal_configuration)
        self._check_together()

    def plan(self, price: str) -> Plan | None:
        """The plan with this price, if customers may change to it."""
        return next((plan for plan in self.plans if plan.price == price), None)

    def _check_together(self) -> None:
        """What is right by itself and wrong together."""
        changing = {"change_plan", "change_quantity"} & self.actions
        if changing and not self.plans:
            raise ConfigurationError(f"subscriptions: {min(changing)} needs plans, the prices that may be chosen.")
        if "pause" in self.actions and not self.pause_months:
            raise ConfigurationError("subscriptions: pause needs pause_months, for how long one may pause.")
        if self.retention and "cancel" not in self.actions:
            raise ConfigurationError("subscriptions: retention is offered to those who cancel, but cancel is off.")
        offers = [*(offer.id for offer in self.retention), *(offer.id for offer in self.upsells)]
        prices = [plan.price for plan in self.plans]
        for what, ids in (("plans have the price", prices), ("offers have the id", offers)):
            if twice := [id for id in ids if ids.count(id) > 1]:
                raise ConfigurationError(f"subscriptions: several {what} {twice[0]!r}.")


_KINDS: Final[Mapping[str, type]] = {"plans": Plan, "retention": Retention, "upsells": Upsell}


def subscription_settings(given: object) -> SubscriptionSettings:
    """The setting, from what it may be given as: itself, a mapping, or a mapping as JSON.

    Raises :class:`~invoice_portal.errors.ConfigurationError` for anything else.
    """
    if isinstance(given, str):
        try:
            given = json.loads(given) if given else {}
        except ValueError as error:
            raise ConfigurationError(f"subscriptions is no JSON: {error}.") from None
    return made(SubscriptionSettings, given, "subscriptions")


def made(kind: type[T], given: object, where: str) -> T:
    """An object of a settings' class: itself, or made of a mapping of its fields.

    Raises :class:`~invoice_portal.errors.ConfigurationError` for unknown or missing names.
    """
    if isinstance(given, kind):
        return given
    if not isinstance(given, Mapping):
        raise ConfigurationError(f"{where} must hold a {kind.__name__} or a mapping, not {type(given).__name__}.")
    known = [each.name for each in fields(kind)]  # type: ignore[arg-type]
    if unknown := sorted(set(map(str, given)) - set(known)):
        raise ConfigurationError(f"{where} has {unknown[0]!r}; known are {', '.join(known)}.")
    try:
        return kind(**given)
    except TypeError as error:
        raise ConfigurationError(f"{where}: {str(error).partition(' ')[2] or error}.") from None


def _several(name: str, value: object) -> tuple[Any, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence | frozenset | set):
        raise ConfigurationError(f"subscriptions.{name} must be a list, not {type(value).__name__}.")
    return tuple(value)


def _texts(where: str, value: object) -> tuple[str, ...]:
    several = _several(where, value)
    _check_texts(where, *several)
    return several


def _words(owner: object, name: str, known: Sequence[str], where: str) -> None:
    """Normalise a field of words to a tuple, each of them one of ``known``."""
    values = _texts(where, getattr(owner, name))
    if unknown := [value for value in values if value not in known]:
        raise ConfigurationError(f"subscriptions: {where} has {unknown[0]!r}; it may hold {', '.join(known)}.")
    object.__setattr__(owner, name, values)


def _check_texts(where: str, *values: object) -> None:
    for value in values:
        if not isinstance(value, str):
            raise ConfigurationError(f"subscriptions: {where} must hold texts, not {value!r}.")


def _check_price(where: str, price: object) -> None:
    if not isinstance(price, str) or not is_id("price", price) or price.startswith("prod_"):
        raise ConfigurationError(f"subscriptions: {where} needs the id of a price (price_…), not {price!r}.")


def _check_number(where: str, value: object, least: int, most: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ConfigurationError(f"subscriptions: {where} must be a number from {least} to {most}, not {value!r}.")


def _check_offer_id(where: str, id: object) -> None:
    if not isinstance(id, str) or not _OFFER_ID.fullmatch(id):
        raise ConfigurationError(
            f"subscriptions: {where} has the id {id!r}; write up to 40 small letters, digits, - and _."
        )


NO_SUBSCRIPTION_SETTINGS: Final = SubscriptionSettings()
"""Subscriptions can be seen, and nothing else."""
