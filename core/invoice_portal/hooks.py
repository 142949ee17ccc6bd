"""Functions of the host's own that the portal calls: to be asked, to be told, to have something sent.

All of them may be plain functions, and coroutine functions with FastAPI and Django's async views. Each is called with
one argument, a frozen dataclass that holds identifiers and amounts and no card data.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from importlib import import_module
from typing import Any, Final, Literal, TypeAlias, TypeVar

from invoice_portal.errors import ConfigurationError
from invoice_portal.sharing.fresh import SendLink

T = TypeVar("T")

EventName: TypeAlias = Literal[
    "select_invoice",
    "download_invoice",
    "pre_pay",
    "pay_invoice",
    "payment_failed",
    "add_payment_method",
    "pre_cancel",
    "cancel_subscription",
    "resubscribe",
    "pause_subscription",
    "unpause_subscription",
    "update_details",
    "show_offer",
    "take_offer",
    "dismiss_offer",
    "pre_change_plan",
    "change_plan",
    "language_change",
    "session_expired",
    "error",
]
"""What happens in the portal, by the names that the page's own events have."""

Way: TypeAlias = Literal["saved", "new", "hosted", "elsewhere"]
"""How a payment is made: with a saved method, with a new one in the page, on Stripe's hosted page.

``elsewhere`` is what the webhook alone has heard of: Stripe's own collecting, the Dashboard, another page.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened. ``subject`` is the object's id at Stripe, ``customer_id`` empty where none is known yet.

    ``visitor`` is who came in, as the audit trail names them; ``details`` are identifiers, codes and minor units.
    """

    name: EventName
    visitor: str
    customer_id: str = ""
    subject: str = ""
    details: Mapping[str, str | int | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A payment that is about to be made, was made, or failed; ``amount`` in minor units of ``currency``.

    ``part`` says that it leaves something open. ``payment_intent_id`` and ``payment_method_id`` are empty until one is
    known. ``status`` is ``begun`` before, then ``paid``, ``processing`` (a bank debit takes days) or ``failed``;
    ``code`` is Stripe's decline code, or the code of its error.
    """

    invoice_id: str
    invoice_number: str
    customer_id: str
    subscription_id: str | None
    amount: int
    currency: str
    way: Way
    part: bool = False
    payment_intent_id: str = ""
    payment_method_id: str = ""
    visitor: str = ""
    status: Literal["begun", "paid", "processing", "failed"] = "begun"
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payable:
    """Something that types of payment methods are asked for: an invoice, or a customer's saved methods at large.

    ``invoice_id`` is empty for the latter, ``amount`` (minor units) is 0 then.
    """

    customer_id: str
    invoice_id: str = ""
    subscription_id: str | None = None
    amount: int = 0
    currency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """A subscription that is about to be canceled: at the end of its period, or ``at_once``.

    ``feedback`` is the reason in Stripe's words (``too_expensive``), empty where none was given.
    """

    subscription_id: str
    customer_id: str
    visitor: str
    feedback: str = ""
    at_once: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChange:
    """A change that is about to be made: of a subscription's price or quantity, or an add-on (``old_price_id`` empty).

    ``due_now`` is what is charged at once, in minor units of ``currency``.
    """

    subscription_id: str
    customer_id: str
    visitor: str
    old_price_id: str
    new_price_id: str
    quantity: int | None
    due_now: int
    currency: str


BeforeCancel: TypeAlias = Callable[[Cancellation], Awaitable[str | bool | None] | str | bool | None]
BeforeChangePlan: TypeAlias = Callable[[PlanChange], Awaitable[str | bool | None] | str | bool | None]
BeforePay: TypeAlias = Callable[[Payment], Awaitable[str | bool | None] | str | bool | None]
AfterPay: TypeAlias = Callable[[Payment], Awaitable[None] | None]
MethodTypes: TypeAlias = Callable[[Payable], Awaitable[Sequence[str] | None] | Sequence[str] | None]
OnEvent: TypeAlias = Callable[[Event], Awaitable[None] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """The host's functions; None is none.

    - ``before_pay`` is asked before each payment, and before a browser is given what it can pay with: so twice with a
      new method, when the form is shown and right before the money is taken. A text vetoes it and is shown to the
      customer; so does False, with a text of ours. None or True lets it pass. Where it raises, nothing is paid.
    - ``after_pay`` and ``payment_failed`` are told how a payment ended, as Stripe says it: once each, whether the page
      or the webhook hears of it first. One that raises is told again by the next event of Stripe's.
    - ``payment_method_types`` gives Stripe's types that an invoice may be paid with (``us_bank_account``), or None for
      what the settings say.
    - ``before_cancel`` is asked before a subscription is canceled, ``before_change_plan`` before its plan or quantity
      is changed; they veto as ``before_pay`` does.
    - ``on_event`` is told everything by name. One that fails is logged and changes nothing.
    - ``send_link`` sends a fresh link to the customer's address on file; without it none is offered.
    """

    before_pay: BeforePay | None = None
    after_pay: AfterPay | None = None
    payment_failed: AfterPay | None = None
    payment_method_types: MethodTypes | None = None
    before_cancel: BeforeCancel | None = None
    before_change_plan: BeforeChangePlan | None = None
    on_event: OnEvent | None = None
    send_link: SendLink | None = None


NO_HOOKS: Final = Hooks()


def hooks_of(given: object, default: Hooks = NO_HOOKS) -> Hooks:
    """The hooks that a framework's settings hold.

    ``given`` is a :class:`Hooks`, the dotted path of one, or a mapping of names to functions, their dotted paths or
    None; what a mapping does not name is as in ``default``. Raises
    :class:`~invoice_portal.errors.ConfigurationError` for anything else.
    """
    found = _imported(given, "hooks") if isinstance(given, str) else given
    if found is None:
        return default
    if isinstance(found, Hooks):
        return found
    if not isinstance(found, Mapping):
        raise ConfigurationError("hooks must be a Hooks, a dict of functions, or the dotted path of one.")
    known = [each.name for each in fields(Hooks)]
    if unknown := sorted(set(found) - set(known)):
        raise ConfigurationError(f"hooks has {unknown[0]!r}; there are {', '.join(known)}.")
    return replace(default, **{name: function_of(value, f"hooks[{name!r}]") for name, value in found.items()})


def function_of(value: object, name: str) -> Any:
    """A function, or the one that a dotted path names, or None.

    Raises :class:`~invoice_portal.errors.ConfigurationError` for anything else; ``name`` is the setting's.
    """
    found = _imported(value, name) if isinstance(value, str) else value
    if found is not None and not callable(found):
        raise ConfigurationError(f"{name} must be a function or the dotted path of one.")
    return found


def _imported(path: str, name: str) -> Any:
    module, _, attribute = path.rpartition(".")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigurationError(f"{name} cannot be imported: {error}") from None
