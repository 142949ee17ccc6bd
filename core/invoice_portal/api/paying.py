"""Paying an invoice on a page of one's own, by JSON: with a saved method, or with Stripe's Payment Element.

The steps are those of the portal's own page (:mod:`invoice_portal.pages.paying`), so what holds there holds here: what
was stated is what is taken, the host's ``before_pay`` is asked, only one payment of an invoice goes ahead at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

from invoice_portal.api.own import does, reads
from invoice_portal.api.schema import Amount, Nothing, Text, amount
from invoice_portal.errors import BadRequest
from invoice_portal.money import Money
from invoice_portal.pages.paying.answering import text_of
from invoice_portal.pages.paying.asking import types_of
from invoice_portal.pages.paying.due import Due, fetch_due
from invoice_portal.pages.paying.ending import catch_up
from invoice_portal.pages.paying.fresh_method import (
    Ready,
    begin_bank,
    begin_new,
    check_begun,
    concluded,
    open_begun,
    seal_begun,
)
from invoice_portal.pages.paying.limits import demand_here, fits, has_saved_methods, least_part, part_allowed, part_fits
from invoice_portal.pages.paying.methods_view import Saved, saved_for_due, view_methods
from invoice_portal.pages.paying.saved import pay_one
from invoice_portal.pages.paying.settle import Settled
from invoice_portal.pages.paying.statement import seal_statement, state_of
from invoice_portal.payment_words import shown_code
from invoice_portal.stripe_js import script_url
from invoice_portal.visits import Visit


@dataclass(frozen=True, slots=True)
class SavedChoice:
    """A saved method to pay with."""

    id: str
    name: Text
    expiry: Annotated[Text, "Empty for what does not expire."]
    usable: Annotated[bool, "An expired one is shown and cannot be paid with."]
    default: Annotated[bool, "The one that Stripe itself would charge."]


@dataclass(frozen=True, slots=True)
class StripeScript:
    """What Stripe.js is started with: ``Stripe(publishable_key, {stripeAccount: account, locale})``."""

    url: Annotated[str, "The script's address: load it from there, never from your own server."]
    publishable_key: str
    account: Annotated[str | None, "The connected account, where the portal's is one."]


@dataclass(frozen=True, slots=True)
class WaitingPayment:
    """A payment that waits for the customer before anything else can be paid."""

    text: Text
    url: Annotated[str | None, "Stripe's page where small deposits are named; null where `/pay/bank` leads on."] = (
        field(repr=False)
    )


@dataclass(frozen=True, slots=True)
class PaymentChoices:
    """What there is to pay right now. Show ``amount``, and send ``statement`` back with the button."""

    state: Annotated[
        Literal["payable", "settled", "on_its_way"], "The rest is there where it is `payable`, else null or empty."
    ]
    amount: Annotated[Amount | None, "What is paid."]
    remains: Annotated[Amount | None, "What is left to be paid later, where it is a part."]
    least_part: Annotated[Amount | None, "The least that may be paid as a `part`; null where only the whole may."]
    statement: Annotated[str | None, "What the customer agrees to, signed; good for a day."]
    methods: Annotated[tuple[SavedChoice, ...] | None, "Null where they could not be read just now."]
    types: Annotated[tuple[str, ...], "The only types that may be paid with, Stripe's names; empty for all."]
    waiting: WaitingPayment | None
    stripe: StripeScript | None


@dataclass(frozen=True, slots=True)
class PaymentStep:
    """How it stands. By ``action``, ``failed``, ``changed`` and ``busy`` no money has been taken.

    ``action``: the customer's bank asks, go on with `/pay/bank`. ``changed``: read `/payment` again. ``busy``:
    another payment of the invoice is ahead, look again in a minute. ``unknown``: ask for the result again in a moment;
    nothing is taken twice.
    """

    status: Literal["ready", "paid", "processing", "action", "failed", "changed", "busy", "nothing", "unknown"]
    text: Annotated[Text, "Empty where nothing needs to be said."]
    code: Annotated[str, "Why it was declined, in Stripe's words; empty else."] = ""


@dataclass(frozen=True, slots=True)
class StripeSecrets:
    """For Stripe.js at once. Whoever has these can pay: log and keep none of them.

    ``paying`` is no secret: keep it for `/pay/check` and `/pay/result`, also across a redirect to a bank.
    """

    client_secret: str = field(repr=False)
    session_secret: Annotated[str | None, "For `customerSessionClientSecret`, where methods may be saved."] = field(
        repr=False
    )
    paying: str


@dataclass(frozen=True, slots=True)
class BegunPayment:
    """A payment to go on with by Stripe.js, where ``status`` is ``ready``; else why there is none."""

    status: Literal["ready", "changed", "busy", "nothing"]
    text: Annotated[Text, "Empty where nothing needs to be said."]
    stripe: StripeSecrets | None


@dataclass(frozen=True, slots=True)
class Stated:
    """What the customer agreed to: the ``statement`` of `/payment`."""

    statement: str


@dataclass(frozen=True, slots=True)
class WithMethod:
    """What the customer agreed to, and the saved method that they chose."""

    statement: str
    method: str


@dataclass(frozen=True, slots=True)
class AboutToPay:
    """What the customer agreed to, and the ``paying`` of `/pay/new`."""

    statement: str
    paying: str


@dataclass(frozen=True, slots=True)
class WasBegun:
    """The ``paying`` of `/pay/new` or `/pay/bank`; ``lost`` where Stripe.js reported a lost connection."""

    paying: str
    lost: bool = False


async def choices(visit: Visit) -> PaymentChoices:
    """What there is to pay, and with what.

    Raises ``BadRequest`` for a part that may not be paid, ``NotAllowed`` where this visitor pays nothing here.
    """
    demand_here(visit)
    due = await fetch_due(visit, visit.request.args["invoice"])
    if not due.payable:
        await catch_up(visit, due)
        return PaymentChoices("on_its_way" if due.under_way else "settled", None, None, None, None, (), (), None, None)
    types = await types_of(visit, due)
    saved = await saved_for_due(visit, due) if has_saved_methods(visit) else Saved()
    statement = state_of(due, _part(visit, due))
    currency, rest = due.remaining.currency, due.remaining.amount - statement.amount.amount
    parts = part_allowed(visit.settings, due)
    return PaymentChoices(
        state="payable",
        amount=amount(visit.language, statement.amount),
        remains=amount(visit.language, Money(rest, currency)) if rest else None,
        least_part=amount(visit.language, Money(least_part(visit.settings, currency), currency)) if parts else None,
        statement=seal_statement(visit.signer, statement, visit.now),
        methods=None if saved.failed else _methods(visit, saved, types),
        types=types,
        waiting=_waiting(visit, due, types),
        stripe=StripeScript(
            script_url(visit.settings), visit.settings.stripe_publishable_key, visit.settings.stripe_account or None
        ),
    )


def _part(visit: Visit, due: Due) -> int:
    """What would be paid, in minor units: all of it, where no part is asked for."""
    given = visit.request.query.get("part", "")
    if not given:
        return due.remaining.amount
    part = int(given) if given.isascii() and given.isdecimal() and len(given) < 13 else 0
    if not part_fits(visit.settings, due, part):
        raise BadRequest("part must be minor units, least_part or more, and leave nothing or a rest that can be paid")
    return part


def _methods(visit: Visit, saved: Saved, types: tuple[str, ...]) -> tuple[SavedChoice, ...]:
    return tuple(
        SavedChoice(each.id, each.name, each.remark, each.usable, each.default)
        for each in view_methods(visit, saved, types)
    )


def _waiting(visit: Visit, due: Due, types: tuple[str, ...]) -> WaitingPayment | None:
    intent = due.waiting
    if intent is None or not fits(intent, types):
        return None
    _ = visit.language.gettext
    if intent.action == "verify_with_microdeposits":
        text = _("Your bank account must be verified first: look for the small deposits, then name them.")
        return WaitingPayment(text, intent.verification_url or None)
    return WaitingPayment(_("Your bank asks you to confirm this payment."), None)


async def pay_with_saved(visit: Visit, given: WithMethod) -> PaymentStep:
    """Pay what was stated with a saved method. A second call while the first is at work pays nothing."""
    return _step(visit, await pay_one(visit, visit.request.args["invoice"], given.statement, given.method))


async def begin(visit: Visit, given: Stated) -> BegunPayment:
    """What the Payment Element is mounted with."""
    return _begun(visit, await begin_new(visit, visit.request.args["invoice"], given.statement))


async def check(visit: Visit, given: AboutToPay) -> PaymentStep:
    """Whether Stripe.js may take the money now: asked right before ``confirmPayment``."""
    refused = await check_begun(visit, open_begun(visit, given.paying), given.statement)
    return PaymentStep("ready", "") if refused is None else _step(visit, refused)


async def result(visit: Visit, given: WasBegun) -> PaymentStep:
    """How it stands, as Stripe says: asked after ``confirmPayment``, ``handleNextAction``, or a redirect back."""
    visit.demand("pay")
    return _step(visit, await concluded(visit, open_begun(visit, given.paying), lost=given.lost))


async def bank(visit: Visit, given: Nothing) -> BegunPayment:
    """What ``handleNextAction`` is called with, where a payment waits for the customer's bank."""
    return _begun(visit, await begin_bank(visit, visit.request.args["invoice"]))


def _step(visit: Visit, settled: Settled) -> PaymentStep:
    return PaymentStep(settled.status, text_of(visit, settled), shown_code(settled.code))


def _begun(visit: Visit, step: Ready | Settled) -> BegunPayment:
    if isinstance(step, Ready):
        secrets = StripeSecrets(step.secret, step.session_secret or None, seal_begun(visit, step.begun))
        return BegunPayment("ready", "", secrets)
    status = step.status if step.status in ("busy", "nothing") else "changed"
    return BegunPayment(status, text_of(visit, step), None)


_PAY: Final = "/invoices/{invoice}/pay"

ROUTES: Final = (
    reads(
        "api_me_payment",
        "/invoices/{invoice}/payment",
        "What there is to pay right now, and with what",
        choices,
        PaymentChoices,
        query={"part": "Pay this part of it, in minor units, where parts may be paid."},
    ),
    does(
        "api_me_pay_saved",
        _PAY + "/saved",
        "Pay with a saved method",
        pay_with_saved,
        PaymentStep,
        takes=WithMethod,
    ),
    does(
        "api_me_pay_new",
        _PAY + "/new",
        "What the Payment Element is mounted with",
        begin,
        BegunPayment,
        takes=Stated,
    ),
    does(
        "api_me_pay_check",
        _PAY + "/check",
        "Whether the money may be taken now",
        check,
        PaymentStep,
        takes=AboutToPay,
    ),
    does(
        "api_me_pay_result",
        _PAY + "/result",
        "What became of a payment",
        result,
        PaymentStep,
        takes=WasBegun,
    ),
    does(
        "api_me_pay_bank",
        _PAY + "/bank",
        "Go on with a payment that waits for the customer's bank",
        bank,
        BegunPayment,
        takes=Nothing,
    ),
)
