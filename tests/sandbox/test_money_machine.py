"""Money goes round: a state machine over one-off invoices, payments, refunds, credit notes, balances and the clock.

After each step the books balance. In the end the events, replayed, give what is there; a snapshot brings all of it
back; and whatever was refused was refused in Stripe's way (a fault of the sandbox's own is no StripeSandboxError).
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from sandbox.api import DAY, Api, Json
from sandbox.test_events_replay import Story
from sandbox.test_events_replay import test_the_events_tell_the_whole_story as check_replay
from stripe_sandbox import StripeSandboxError

CARDS = ("pm_card_visa", "pm_card_chargeCustomerFail", "pm_card_authenticationRequired", "pm_card_visa_chargeDeclined")
AMOUNTS = st.integers(1, 20_000)


class Money(RuleBasedStateMachine):
    """Whatever may be asked about invoices is asked, in any order."""

    customers = Bundle("customers")
    invoices = Bundle("invoices")

    def __init__(self) -> None:
        super().__init__()
        self.story = Story(lambda sandbox: None)
        self.api = Api(self.story.sandbox)
        self.rates = [
            self.api.post("tax_rates", display_name="VAT", percentage="7.7", inclusive=inclusive)["id"]
            for inclusive in (True, False)
        ]
        self.coupon = self.api.post("coupons", percent_off="12.5", duration="forever")["id"]

    @initialize(target=customers)
    def people_come(self) -> Any:
        return multiple(*(self.api.customer(card) for card in CARDS[:2]))

    @rule(target=customers, card=st.sampled_from(CARDS[:3]))
    def somebody_comes(self, card: str) -> str:
        return self.api.customer(card)

    @rule(
        target=invoices,
        customer=customers,
        amounts=st.lists(st.integers(-500, 20_000), max_size=3),
        rate=st.none() | st.integers(0, 1),
        reduced=st.booleans(),
        sent=st.booleans(),
    )
    def bill(self, customer: str, amounts: list[int], rate: int | None, reduced: bool, sent: bool) -> Any:
        params: dict[str, Any] = {"default_tax_rates": [self.rates[rate]]} if rate is not None else {}
        if reduced:
            params["discounts"] = [{"coupon": self.coupon}]
        if sent:
            params |= {"collection_method": "send_invoice", "days_until_due": 5}
        draft = self.attempt("POST", "invoices", customer=customer, currency="usd", **params)
        if draft is None:
            return multiple()
        for amount in amounts:
            self.attempt("POST", "invoiceitems", customer=customer, invoice=draft["id"], amount=amount, currency="usd")
        return str(draft["id"])

    @rule(invoice=invoices)
    def finalize(self, invoice: str) -> None:
        self.attempt("POST", f"invoices/{invoice}/finalize")

    @rule(invoice=invoices, card=st.none() | st.sampled_from(CARDS))
    def pay(self, invoice: str, card: str | None) -> None:
        params: dict[str, Any] = {}
        if card is not None:
            found = self.attempt("GET", f"invoices/{invoice}") or {"customer": "cus_none"}  # a draft may be gone
            customer = found["customer"]
            method = self.attempt("POST", f"payment_methods/{card}/attach", customer=customer)
            params = {} if method is None else {"payment_method": method["id"]}
        self.attempt("POST", f"invoices/{invoice}/pay", **params)

    @rule(invoice=invoices, how=st.sampled_from(["void", "mark_uncollectible", "send"]))
    def write_off(self, invoice: str, how: str) -> None:
        self.attempt("POST", f"invoices/{invoice}/{how}")

    @rule(invoice=invoices)
    def pay_elsewhere(self, invoice: str) -> None:
        self.attempt("POST", f"invoices/{invoice}/pay", paid_out_of_band=True)

    @rule(invoice=invoices, amount=AMOUNTS)
    def pay_in_part(self, invoice: str, amount: int) -> None:
        found = self.attempt("GET", f"invoices/{invoice}")
        if found is None:
            return
        intent = self.attempt(
            "POST", "payment_intents", amount=amount, currency="usd", customer=found["customer"],
            payment_method_types=["card"],
        )  # fmt: skip
        if intent is not None and self.attempt(
            "POST", f"invoices/{invoice}/attach_payment", payment_intent=intent["id"]
        ):
            self.attempt("POST", f"payment_intents/{intent['id']}/confirm", payment_method="pm_card_visa")

    @rule(invoice=invoices, amount=AMOUNTS)
    def hold(self, invoice: str, amount: int) -> None:
        found = self.attempt("GET", f"invoices/{invoice}")
        params = {"payment_method": "pm_card_visa", "capture_method": "manual", "confirm": True}
        customer = {} if found is None else {"customer": found["customer"]}
        intent = self.attempt("POST", "payment_intents", amount=amount, currency="usd", **customer, **params)
        if intent is not None:
            self.attempt("POST", f"invoices/{invoice}/attach_payment", payment_intent=intent["id"])

    @rule(amount=st.none() | AMOUNTS, captured=st.booleans())
    def what_is_held_is_decided(self, amount: int | None, captured: bool) -> None:
        for intent in self.api.sandbox.store.all("payment_intent", status="requires_capture")[:1]:
            params = {} if amount is None else {"amount_to_capture": amount}
            act = ("capture", params) if captured else ("cancel", {})
            self.attempt("POST", f"payment_intents/{intent['id']}/{act[0]}", **act[1])

    @rule(agreed=st.booleans())
    def the_bank_is_answered(self, agreed: bool) -> None:
        for intent in self.api.sandbox.store.all("payment_intent", status="requires_action")[:1]:
            try:
                self.api.sandbox.authenticate(intent["id"], agreed=agreed)
            except StripeSandboxError as error:
                if error.status >= 500:
                    raise

    @rule(which=st.integers(0, 5), amount=st.none() | AMOUNTS)
    def refund(self, which: int, amount: int | None) -> None:
        charges = self.api.sandbox.store.all("charge")
        if charges:
            params = {} if amount is None else {"amount": amount}
            self.attempt("POST", "refunds", charge=charges[which % len(charges)]["id"], **params)

    @rule(
        invoice=invoices,
        amount=AMOUNTS,
        back=st.sampled_from(["refund_amount", "credit_amount", "out_of_band_amount", ""]),
    )
    def credit(self, invoice: str, amount: int, back: str) -> None:
        self.attempt("POST", "credit_notes", invoice=invoice, amount=amount, **({back: amount} if back else {}))

    @rule(which=st.integers(0, 3))
    def void_a_credit_note(self, which: int) -> None:
        notes = self.api.sandbox.store.all("credit_note")
        if notes:
            self.attempt("POST", f"credit_notes/{notes[which % len(notes)]['id']}/void")

    @rule(customer=customers, amount=st.integers(-5000, 5000).filter(bool))
    def adjust_the_balance(self, customer: str, amount: int) -> None:
        self.attempt("POST", f"customers/{customer}/balance_transactions", amount=amount, currency="usd")

    @rule(customer=customers, sure=st.integers(0, 7))
    def somebody_leaves(self, customer: str, sure: int) -> None:
        if sure == 0:
            self.attempt("DELETE", f"customers/{customer}")

    @rule(hours=st.integers(1, 24 * 9))
    def time_passes(self, hours: int) -> None:
        self.api.advance(hours * 3600)

    def attempt(self, method: str, path: str, **params: Any) -> Json | None:
        """Call what may be refused; a fault of the sandbox's own comes through as it is."""
        try:
            return self.api.sandbox.call(method, f"/v1/{path}", params)
        except StripeSandboxError as error:
            if error.status >= 500:
                raise
            return None

    # What must hold after each step

    @invariant()
    def invoices_are_due_what_they_say(self) -> None:
        for stored in self.api.sandbox.store.all("invoice"):
            invoice = self.api.sandbox.shown(stored)
            assert invoice["amount_remaining"] == invoice["amount_due"] - invoice["amount_paid"]
            assert min(invoice["amount_due"], invoice["amount_paid"], invoice["amount_remaining"]) >= 0
            assert invoice["status"] != "paid" or invoice["amount_remaining"] == 0
            added = sum(tax["amount"] for tax in invoice["total_taxes"] if tax["tax_behavior"] == "exclusive")
            taken = sum(each["amount"] for each in invoice["total_discount_amounts"])
            assert invoice["total"] == invoice["subtotal"] - taken + added

    @invariant()
    def credit_notes_are_on_their_invoices(self) -> None:
        store = self.api.sandbox.store
        for invoice in store.all("invoice"):
            notes = store.all("credit_note", invoice=invoice["id"], status="issued")
            for type in ("pre_payment", "post_payment"):
                noted = sum(note[f"{type}_amount"] for note in notes)
                assert invoice[f"{type}_credit_notes_amount"] == noted, type
            billed = invoice["total"] + max(invoice["starting_balance"], 0)
            assert sum(note["total"] for note in notes) <= max(billed, 0)

    @invariant()
    def nothing_is_refunded_that_was_not_paid(self) -> None:
        store = self.api.sandbox.store
        for charge in store.all("charge"):
            refunds = store.all("refund", charge=charge["id"])
            refunded = sum(refund["amount"] for refund in refunds if refund["status"] != "failed")
            let_go = charge["amount"] - charge["amount_captured"] if charge["captured"] else 0
            assert let_go <= charge["amount_refunded"] == refunded <= charge["amount"]
            assert charge["refunded"] is (refunded == charge["amount"])
            assert charge["status"] == "succeeded" or not refunds
        for intent in store.all("payment_intent"):
            charges = store.all("charge", payment_intent=intent["id"], status="succeeded")
            assert intent["amount_received"] == sum(charge["amount_captured"] for charge in charges)

    @invariant()
    def what_was_received_is_on_invoices(self) -> None:
        store = self.api.sandbox.store
        for invoice in store.all("invoice"):
            paid = store.all("invoice_payment", invoice=invoice["id"], status="paid")
            received = sum(each["amount_paid"] for each in paid)
            assert received == invoice["amount_paid"] - invoice["amount_paid_off_stripe"] + invoice["amount_overpaid"]

    @invariant()
    def balances_are_the_sum_of_their_changes(self) -> None:
        store = self.api.sandbox.store
        for customer in store.all("customer"):
            changes = store.all("customer_balance_transaction", customer=customer["id"])
            assert customer["balance"] == sum(change["amount"] for change in changes)
            at = 0
            for change in reversed(changes):
                at += change["amount"]
                assert change["ending_balance"] == at

    def teardown(self) -> None:
        """In the end: the events tell it all, and a snapshot brings it all back."""
        check_replay(self.story)
        sandbox, before = self.api.sandbox, deepcopy(self.story.there())
        snapshot = sandbox.snapshot()
        sandbox.clock.advance(40 * DAY)
        check_replay(self.story)
        sandbox.restore(snapshot)
        assert self.story.there() == before


Money.TestCase.settings = settings(max_examples=10, stateful_step_count=25, deadline=None)
TestMoney = Money.TestCase
