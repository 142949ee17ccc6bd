"""Stripe's test cards, by number and by name, and how each behaves: https://docs.stripe.com/testing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Decline:
    """A refusal, in Stripe's codes and words. `advice` is what Stripe would have the merchant do."""

    code: str
    message: str
    decline_code: str | None = None
    advice: str | None = None


@dataclass(frozen=True, slots=True)
class Authenticate:
    """The bank asks the customer first; `then` is what follows if they agree. `always` is false where a card that
    was set up before (saved) goes through without asking.
    """

    then: Decline | None = None
    always: bool = True


Behaviour: TypeAlias = Decline | Authenticate | None
"""None is success."""


@dataclass(frozen=True, slots=True)
class TestCard:
    """One of Stripe's cards for tests. `name` is `pm_card_…` without its prefix."""

    __test__ = False  # not for pytest to collect

    number: str
    name: str
    brand: str = "visa"
    country: str = "US"
    funding: str = "credit"
    behaviour: Behaviour = None
    on_attach: Decline | None = None
    cvc_check: str = "pass"
    refund: Literal["succeeds", "pends", "fails"] = "succeeds"
    dispute: str | None = None
    """The reason for which a charge is disputed at once; with `inquiry` before it, the bank only asks."""

    @property
    def id(self) -> str:
        """The ready-made payment method, such as `pm_card_visa`."""
        return f"pm_card_{self.name}"


_DECLINED = "Your card was declined."
GENERIC = Decline("card_declined", _DECLINED, "generic_decline", "try_again_later")
INSUFFICIENT_FUNDS = Decline(
    "card_declined", "Your card has insufficient funds.", "insufficient_funds", "try_again_later"
)
LOST = Decline("card_declined", _DECLINED, "lost_card", "do_not_try_again")
STOLEN = Decline("card_declined", _DECLINED, "stolen_card", "do_not_try_again")
FRAUDULENT = Decline("card_declined", _DECLINED, "fraudulent", "do_not_try_again")
EXPIRED = Decline("expired_card", "Your card has expired.", "expired_card", "confirm_card_data")
INCORRECT_CVC = Decline(
    "incorrect_cvc", "Your card's security code is incorrect.", "incorrect_cvc", "confirm_card_data"
)
PROCESSING_ERROR = Decline(
    "processing_error",
    "An error occurred while processing your card. Try again in a little bit.",
    "processing_error",
    "try_again_later",
)
VELOCITY = Decline(
    "card_declined",
    "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
    "card_velocity_exceeded",
    "try_again_later",
)

CARDS: tuple[TestCard, ...] = (
    TestCard("4242424242424242", "visa"),
    TestCard("4000056655665556", "visa_debit", funding="debit"),
    TestCard("5555555555554444", "mastercard", "mastercard"),
    TestCard("2223003122003222", "mastercard_2series", "mastercard"),
    TestCard("5200828282828210", "mastercard_debit", "mastercard", funding="debit"),
    TestCard("5105105105105100", "mastercard_prepaid", "mastercard", funding="prepaid"),
    TestCard("378282246310005", "amex", "amex"),
    TestCard("371449635398431", "amex_2", "amex"),
    TestCard("6011111111111117", "discover", "discover"),
    TestCard("6011981111111113", "discover_debit", "discover", funding="debit"),
    TestCard("3056930009020004", "diners", "diners"),
    TestCard("36227206271667", "diners_14digits", "diners"),
    TestCard("3566002020360505", "jcb", "jcb", "JP"),
    TestCard("6200000000000005", "unionpay", "unionpay", "CN"),
    TestCard("4000000760000002", "br", country="BR"),
    TestCard("4000001240000000", "ca", country="CA"),
    TestCard("4000004840008001", "mx", country="MX"),
    TestCard("4000000400000008", "at", country="AT"),
    TestCard("4000000560000004", "be", country="BE"),
    TestCard("4000007560000009", "ch", country="CH"),
    TestCard("4000002760000016", "de", country="DE"),
    TestCard("4000007240000007", "es", country="ES"),
    TestCard("4000002500000003", "fr", country="FR"),
    TestCard("4000008260000000", "gb", country="GB"),
    TestCard("4000003800000008", "it", country="IT"),
    TestCard("4000005280000002", "nl", country="NL"),
    TestCard("4000000360000006", "au", country="AU"),
    TestCard("4000003560000008", "in", country="IN"),
    TestCard("4000003920000003", "jp", country="JP"),
    TestCard("4000007840000001", "ae", country="AE"),
    TestCard("4000000000000002", "visa_chargeDeclined", behaviour=GENERIC, on_attach=GENERIC),
    TestCard(
        "4000000000009995",
        "visa_chargeDeclinedInsufficientFunds",
        behaviour=INSUFFICIENT_FUNDS,
        on_attach=INSUFFICIENT_FUNDS,
    ),
    TestCard("4000000000009987", "visa_chargeDeclinedLostCard", behaviour=LOST, on_attach=LOST),
    TestCard("4000000000009979", "visa_chargeDeclinedStolenCard", behaviour=STOLEN, on_attach=STOLEN),
    TestCard("4000000000000069", "chargeDeclinedExpiredCard", behaviour=EXPIRED, on_attach=EXPIRED),
    TestCard(
        "4000000000000127",
        "chargeDeclinedIncorrectCvc",
        behaviour=INCORRECT_CVC,
        on_attach=INCORRECT_CVC,
        cvc_check="fail",
    ),
    TestCard(
        "4000000000000119",
        "chargeDeclinedProcessingError",
        behaviour=PROCESSING_ERROR,
        on_attach=PROCESSING_ERROR,
    ),
    TestCard("4000000000006975", "visa_chargeDeclinedVelocityLimitExceeded", behaviour=VELOCITY, on_attach=VELOCITY),
    TestCard("4000000000000341", "chargeCustomerFail", behaviour=GENERIC),
    TestCard("4100000000000019", "radarBlock", behaviour=FRAUDULENT),
    TestCard("4000000000004954", "riskLevelHighest", behaviour=FRAUDULENT),
    TestCard("4000002500003155", "authenticationRequiredOnSetup", behaviour=Authenticate(always=False)),
    TestCard("4000002760003184", "authenticationRequired", behaviour=Authenticate()),
    TestCard("4000003800000446", "authenticationRequiredSetupForOffSession", behaviour=Authenticate(always=False)),
    TestCard(
        "4000008260003178",
        "authenticationRequiredChargeDeclinedInsufficientFunds",
        behaviour=Authenticate(INSUFFICIENT_FUNDS),
    ),
    TestCard("4000000000003220", "threeDSecure2Required", behaviour=Authenticate()),
    TestCard("4000000000003063", "threeDSecureRequired", behaviour=Authenticate()),
    TestCard("4000008400001629", "threeDSecureRequiredChargeDeclined", behaviour=Authenticate(GENERIC)),
    TestCard("4000008400001280", "threeDSecureRequiredProcessingError", behaviour=Authenticate(PROCESSING_ERROR)),
    TestCard("4000000000003055", "threeDSecureOptional"),
    TestCard("4000000000000077", "bypassPending"),
    TestCard("4000000000000101", "cvcCheckFail", cvc_check="fail"),
    TestCard("4000000000007726", "pendingRefund", refund="pends"),
    TestCard("4000000000005126", "refundFail", refund="fails"),
    TestCard("4000000000000259", "createDispute", dispute="fraudulent"),
    TestCard("4000000000002685", "createDisputeProductNotReceived", dispute="product_not_received"),
    TestCard("4000000000001976", "createDisputeInquiry", dispute="inquiry fraudulent"),
)
_ALIASES = {"us": "visa", "chargeDeclined": "visa_chargeDeclined"} | {
    f"chargeDeclined{name}": f"visa_chargeDeclined{name}" for name in ("InsufficientFunds", "LostCard", "StolenCard")
}
_BY_NAME = {card.name: card for card in CARDS}
BY_ID = {card.id: card for card in CARDS} | {f"pm_card_{alias}": _BY_NAME[name] for alias, name in _ALIASES.items()}
"""The ready-made payment methods, by id."""
BY_NUMBER = {card.number: card for card in CARDS}


def passes_luhn(number: str) -> bool:
    """Whether a card number's last digit is right."""
    digits = [int(digit) for digit in reversed(number)]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
