"""What of paying needs no Stripe: statements, parts, readings, keys, words, and where Stripe's script comes from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from invoice_portal import ConfigurationError
from invoice_portal.i18n import Languages
from invoice_portal.money import Money
from invoice_portal.pages.paying.due import Due
from invoice_portal.pages.paying.limits import part_allowed, part_fits, read_amount
from invoice_portal.pages.paying.own_intent import Wish, key_of
from invoice_portal.pages.paying.statement import open_statement, seal_statement, state_of
from invoice_portal.payment_words import refusal
from invoice_portal.signing import Signer
from invoice_portal.stripe_api.invoices import Invoice, parse_invoice
from invoice_portal.stripe_api.payments import Payment, parse_intent, parse_payment
from invoice_portal.stripe_api.reading import Reader
from invoice_portal.stripe_js import places_of, script_url

from .helpers.objects import NOW, invoice
from .helpers.visiting import make_settings

SIGNER = Signer(["a key of the tests, long enough"])
DAY = 24 * 60 * 60


def an_invoice(amount: int = 4200, currency: str = "usd") -> Invoice:
    found = parse_invoice(Reader(invoice("in_1"), "invoice"))
    money = Money(amount, currency)
    return replace(found, amount_remaining=money, amount_due=money)


def a_payment(
    id: str = "pi_1",
    status: str = "requires_payment_method",
    *,
    state: str = "open",
    default: bool = True,
    error: str = "",
    charge: str | None = None,
    amount: int = 4200,
) -> Payment:
    intent = {
        "id": id,
        "object": "payment_intent",
        "amount": amount,
        "currency": "usd",
        "status": status,
        "latest_charge": charge,
        "payment_method_types": ["us_bank_account", "card"],
        "last_payment_error": {"code": error, "charge": charge} if error else None,
    }
    return parse_payment(
        Reader(
            {
                "id": f"inpay_{id}",
                "currency": "usd",
                "created": NOW,
                "status": state,
                "is_default": default,
                "amount_requested": amount,
                "payment": {"type": "payment_intent", "payment_intent": intent},
            },
            "payment",
        )
    )


# Statements


def test_a_statement_holds_as_long_as_the_same_is_due():
    due = Due(an_invoice(), ())
    sealed = seal_statement(SIGNER, state_of(due), NOW)
    stated = open_statement(SIGNER, sealed, NOW + DAY - 1)
    assert stated is not None
    assert stated.holds(due)
    for other in (an_invoice(4100), an_invoice(4200, "eur"), replace(an_invoice(), id="in_2")):
        assert not stated.holds(Due(other, ()))


def test_a_statement_is_good_for_a_day_and_only_from_us():
    sealed = seal_statement(SIGNER, state_of(Due(an_invoice(), ())), NOW)
    assert open_statement(SIGNER, sealed, NOW + DAY) is None
    assert open_statement(Signer(["another key, long enough too"]), sealed, NOW) is None
    assert open_statement(SIGNER, SIGNER.seal("form", {"i": "in_1"}), NOW) is None
    assert open_statement(SIGNER, SIGNER.seal("statement", {"i": "in_1", "a": "4200"}), NOW) is None


@pytest.mark.parametrize("amount", [0, -1, 4201])
def test_a_statement_of_what_cannot_be_paid_never_holds(amount: int):
    due = Due(an_invoice(), ())
    assert not state_of(due, amount).holds(due)


# Parts


@pytest.mark.parametrize(("amount", "fits"), [(4200, True), (500, True), (4150, True), (499, False), (4151, False)])
def test_a_part_leaves_nothing_or_what_can_be_paid(amount: int, fits: bool):
    settings = make_settings(partial_payments=True, partial_payment_minimum={"usd": 500})
    assert part_fits(settings, Due(an_invoice(), ()), amount) == fits


def test_the_least_part_is_never_less_than_stripes_own():
    settings = make_settings(partial_payments=True)
    for currency, least in (("usd", 50), ("gbp", 30), ("jpy", 50), ("huf", 17500), ("kwd", 500)):
        due = Due(an_invoice(100_000, currency), ())
        assert part_fits(settings, due, least), currency
        assert not part_fits(settings, due, least - 1), currency


@pytest.mark.parametrize(
    ("currency", "fits", "finer"), [("kwd", 1230, 1234), ("isk", 15000, 15050), ("ugx", 15000, 15001), ("jpy", 51, 0)]
)
def test_a_part_is_no_finer_than_what_stripe_charges(currency: str, fits: int, finer: int):
    settings, due = make_settings(partial_payments=True), Due(an_invoice(100_000, currency), ())
    assert part_fits(settings, due, fits)
    assert not part_fits(settings, due, finer)


def test_no_part_of_what_is_too_small_for_two():
    settings = make_settings(partial_payments=True)
    assert not part_allowed(settings, Due(an_invoice(99), ()))
    assert part_allowed(settings, Due(an_invoice(100), ()))
    assert not part_allowed(make_settings(), Due(an_invoice(4200), ()))


@pytest.mark.parametrize(
    ("language", "typed", "currency", "minor"),
    [
        ("en", "10", "usd", 1000),
        ("en", "1,234.56", "usd", 123456),
        ("de", "1.234,56", "eur", 123456),
        ("de", "10.50", "eur", None),
        ("en", "10,50", "usd", None),
        ("fr", "1 234,56", "eur", 123456),
        ("en", "500", "jpy", 500),
        ("en", "500.5", "jpy", None),
        ("en", "1.2345", "kwd", None),
        ("en", "NaN", "usd", None),
        ("en", "Infinity", "usd", None),
        ("en", "-5", "usd", None),
        ("en", "9" * 30, "usd", None),
        ("en", "", "usd", None),
    ],
)
def test_an_amount_is_read_as_its_language_writes_it(language: str, typed: str, currency: str, minor: int | None):
    found = Languages().find([language])
    assert found is not None
    assert read_amount(found, typed, currency) == minor


# Readings


@pytest.mark.parametrize("status", ["processing", "succeeded", "requires_capture"])
def test_while_money_is_under_way_nothing_is_payable(status: str):
    assert Due(an_invoice(), (a_payment(),)).payable
    assert not Due(an_invoice(), (a_payment("pi_2", status, default=False), a_payment())).payable
    assert not Due(an_invoice(0), (a_payment(),)).payable
    assert not Due(replace(an_invoice(), status="void"), (a_payment(),)).payable


def test_each_thing_that_happens_is_another_state():
    """Idempotency keys are made of it: a decline must not be repeated to whoever tries again."""
    readings = [
        Due(an_invoice(), (a_payment(),)),
        Due(an_invoice(), (a_payment(error="card_declined", charge="ch_1"),)),
        Due(an_invoice(), (a_payment(error="card_declined", charge="ch_2"),)),
        Due(an_invoice(), (a_payment(status="requires_action"),)),
        Due(an_invoice(), (a_payment(status="processing"),)),
        Due(an_invoice(4100), (a_payment(),)),
        Due(an_invoice(), (a_payment("pi_2", default=False), a_payment())),
        Due(an_invoice(), (a_payment("pi_2", default=False, state="canceled"), a_payment())),
    ]
    assert len({due.state for due in readings}) == len(readings)
    assert readings[0].state == Due(an_invoice(), (a_payment(),)).state


def test_the_intents_of_an_invoice_are_told_apart():
    ours, older = a_payment("pi_3", default=False), a_payment("pi_2", default=False)
    gone = a_payment("pi_4", default=False, state="canceled")
    due = Due(an_invoice(), (gone, ours, older, a_payment("pi_1")))
    assert due.default is not None
    assert due.default.id == "pi_1"
    assert [intent.id for intent in due.own] == ["pi_3", "pi_2"]
    assert due.default.types == ("card", "us_bank_account")


def test_keys_are_the_same_on_every_worker_and_differ_where_anything_does():
    assert key_of("a", "b") == key_of("a", "b")
    assert len({key_of("a", "b"), key_of("a", "c"), key_of("ab"), key_of("a\nb", "")}) == 4
    usd = Money(1000, "usd")
    wishes = [Wish(usd, ()), Wish(usd, ("card",)), Wish(usd, (), saves=True), Wish(Money(1000, "eur"), ())]
    assert len({wish.name for wish in wishes}) == 4


# Words


def test_what_a_bank_says_of_a_stolen_card_is_not_passed_on():
    language = Languages().default
    texts = {refusal(language, code) for code in ("stolen_card", "lost_card", "fraudulent", "generic_decline", "")}
    assert len(texts) == 1
    assert refusal(language, "expired_card") not in texts


# Stripe's script


def test_the_script_is_stripes_own_unless_a_stand_in_answers_a_test_key():
    assert script_url(make_settings()) == "https://js.stripe.com/dahlia/stripe.js"
    sandbox = make_settings(stripe_api_base="http://127.0.0.1:12111")
    assert script_url(sandbox) == "http://127.0.0.1:12111/dahlia/stripe.js"
    assert places_of(sandbox).frames == ("http://127.0.0.1:12111",)
    live = make_settings(stripe_api_key="sk_live_x", stripe_api_base="https://proxy.example.com")
    assert script_url(live) == "https://js.stripe.com/dahlia/stripe.js"
    assert all(place.endswith("stripe.com") for place in places_of(live).frames + places_of(live).scripts)


# Settings


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"stripe_publishable_key": "sk_test_1"}, "must be a publishable key"),
        ({"stripe_publishable_key": "pk_live_1"}, "is of live mode"),
        ({"stripe_publishable_key": "pk_test_1", "stripe_api_key": "sk_live_1"}, "is of test mode"),
        ({"stripe_publishable_key": " pk_test_1"}, "a space"),
        ({"save_payment_method": "sometimes"}, "save_payment_method must be"),
        ({"payment_method_types": ["Card!"]}, "payment_method_types has"),
        ({"payment_method_types": "card"}, "must be a list"),
        ({"partial_payment_minimum": {"USD": 5}}, "partial_payment_minimum"),
        ({"partial_payment_minimum": {"usd": 5.0}}, "partial_payment_minimum"),
        ({"partial_payment_minimum": {"usd": 0}}, "partial_payment_minimum"),
    ],
)
def test_what_cannot_work_is_refused(changes: dict[str, object], words: str):
    with pytest.raises(ConfigurationError, match=words):
        make_settings(**changes)


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://payments.stripe.com/microdeposit/pacs_test_1", True),
        ("http://127.0.0.1:12111/hosted/microdeposits/x", True),
        ("javascript:alert(1)", False),
        ("data:text/html,<script>", False),
        ("//evil.example/x", False),
        ("", False),
    ],
)
def test_where_a_bank_account_is_verified_is_an_address(address: str, kept: bool) -> None:
    """It stands in a link as Stripe gives it, and a layout of the host's own may let scripts run."""
    action = {"type": "verify_with_microdeposits", "verify_with_microdeposits": {"hosted_verification_url": address}}
    intent = {"id": "pi_1", "amount": 1, "currency": "usd", "status": "requires_action", "next_action": action}
    assert parse_intent(Reader(intent, "intent")).verification_url == (address if kept else "")
