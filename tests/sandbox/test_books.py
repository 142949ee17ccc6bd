"""The books balance, whatever happens to subscriptions and whenever: a state machine over changes and the clock."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from sandbox.api import DAY, NOW, Api, Json
from stripe_sandbox import StripeSandboxError
from stripe_sandbox.billing.dunning import Dunning
from stripe_sandbox.test_clocks import KIND

CARDS = ("pm_card_visa", "pm_card_chargeCustomerFail", "pm_card_authenticationRequired")
BEHAVIORS = st.sampled_from(["create_prorations", "always_invoice", "none"])
PAYMENTS = st.sampled_from(["allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete"])
QUANTITIES = st.integers(0, 5)


class Books(RuleBasedStateMachine):
    """Customers with subscriptions, of which anything may be asked; what Stripe refuses changes nothing."""

    customers = Bundle("customers")
    plans = Bundle("plans")

    def __init__(self) -> None:
        super().__init__()
        self.api = api = Api()
        tiers = [{"up_to": 2, "unit_amount": 900, "flat_amount": 77}, {"up_to": "inf", "unit_amount_decimal": "333.3"}]
        self.prices = [
            api.price(1999),
            api.price(10),
            api.price(0, "Free"),
            api.price(name="Steps", tiers=tiers, tiers_mode="graduated", billing_scheme="tiered"),
            api.price(name="Volume", tiers=tiers, tiers_mode="volume", billing_scheme="tiered"),
            api.price(700, "Weekly", recurring={"interval": "week"}),
        ]
        self.coupons = [
            api.post("coupons", percent_off="33.3", duration="forever")["id"],
            api.post("coupons", amount_off=950, currency="usd", duration="repeating", duration_in_months=2)["id"],
            api.post("coupons", percent_off=100, duration="once")["id"],
        ]
        self.rates = [
            api.post("tax_rates", display_name="VAT", percentage="19", inclusive=inclusive)["id"]
            for inclusive in (True, False)
        ]
        self.clock = api.post("test_helpers/test_clocks", frozen_time=NOW - 500 * DAY)["id"]
        self.people = [*(api.customer(card) for card in CARDS), api.customer(test_clock=self.clock)]
        api.card(self.people[-1])

    @initialize(target=customers)
    def people_come(self) -> Any:
        return multiple(*self.people)

    @initialize(target=plans, dunning=st.sampled_from(["past_due", "unpaid", "canceled"]))
    def they_subscribe(self, dunning: Any) -> Any:
        self.api.sandbox.dunning = Dunning(subscription=dunning)
        return multiple(*(self.subscribe_to(who, price, 2) for price, who in enumerate(self.people)))

    @rule(
        target=plans,
        customer=customers,
        price=st.integers(0, 5),
        quantity=QUANTITIES,
        coupon=st.none() | st.integers(0, 2),
        rate=st.none() | st.integers(0, 1),
        trial=st.sampled_from([None, None, 10]),
        sent=st.booleans(),
    )
    def subscribe(
        self, customer: str, price: int, quantity: int, coupon: int | None, rate: int | None, trial: Any, sent: bool
    ) -> Any:
        params: dict[str, Any] = {"trial_period_days": trial} if trial else {}
        if coupon is not None:
            params["discounts"] = [{"coupon": self.coupons[coupon]}]
        if rate is not None:
            params["default_tax_rates"] = [self.rates[rate]]
        if sent:
            params |= {"collection_method": "send_invoice", "days_until_due": 7}
        return self.subscribe_to(customer, price, quantity, **params)

    def subscribe_to(self, customer: str, price: int, quantity: int, **params: Any) -> str:
        items = [{"price": self.prices[price], "quantity": quantity}]
        return str(self.api.post("subscriptions", customer=customer, items=items, **params)["id"])

    @rule(plan=plans, quantity=QUANTITIES, price=st.none() | st.integers(0, 5), behavior=BEHAVIORS, payment=PAYMENTS)
    def change(self, plan: str, quantity: int, price: int | None, behavior: str, payment: str) -> None:
        items = self.api.get("subscription_items", subscription=plan)["data"]
        wish = {"quantity": quantity} | ({} if price is None else {"price": self.prices[price]})
        terms = {"proration_behavior": behavior, "payment_behavior": payment}
        self.attempt("POST", f"subscription_items/{items[0]['id']}", **wish, **terms)

    @rule(plan=plans, quantity=QUANTITIES, price=st.integers(0, 5), then=st.sampled_from(["pay", "void", "wait"]))
    def change_once_it_is_paid(self, plan: str, quantity: int, price: int, then: str) -> None:
        customer = self.api.get(f"subscriptions/{plan}")["customer"]
        item = self.api.get("subscription_items", subscription=plan)["data"][0]["id"]
        self.api.card(customer, "pm_card_chargeCustomerFail")
        wish = {"items": [{"id": item, "deleted": True}, {"price": self.prices[price], "quantity": quantity}]}
        terms = {"proration_behavior": "always_invoice", "payment_behavior": "pending_if_incomplete"}
        changed = self.attempt("POST", f"subscriptions/{plan}", **wish, **terms)
        self.api.card(customer)
        if changed is not None and then != "wait":
            self.attempt("POST", f"invoices/{changed['latest_invoice']}/{then}")

    @rule(plan=plans, price=st.integers(0, 4), quantity=QUANTITIES, behavior=BEHAVIORS)
    def add_or_remove(self, plan: str, price: int, quantity: int, behavior: str) -> None:
        items = self.api.get("subscription_items", subscription=plan)["data"]
        if len(items) > 1:
            self.attempt("DELETE", f"subscription_items/{items[-1]['id']}", proration_behavior=behavior)
        else:
            wish = {"price": self.prices[price], "quantity": quantity, "proration_behavior": behavior}
            self.attempt("POST", "subscription_items", subscription=plan, **wish)

    @rule(
        plan=plans,
        wish=st.sampled_from(
            [
                {"cancel_at_period_end": True},
                {"cancel_at_period_end": False},
                {"billing_cycle_anchor": "now"},
                {"trial_end": "now"},
                {"pause_collection": {"behavior": "void"}},
                {"pause_collection": {"behavior": "mark_uncollectible"}},
                {"pause_collection": {"behavior": "keep_as_draft"}},
                {"pause_collection": ""},
            ]
        ),
    )
    def settle_otherwise(self, plan: str, wish: Json) -> None:
        self.attempt("POST", f"subscriptions/{plan}", **wish)

    @rule(plan=plans, days=st.integers(1, 20))
    def try_again(self, plan: str, days: int) -> None:
        end = self.api.get(f"subscriptions/{plan}")["items"]["data"][0]["current_period_end"]
        self.attempt("POST", f"subscriptions/{plan}", trial_end=end + days * DAY)

    @rule(
        plan=plans,
        price=st.integers(0, 5),
        quantity=QUANTITIES,
        days=st.integers(1, 40),
        behavior=BEHAVIORS,
        end=st.sampled_from(["release", "cancel"]),
    )
    def plan_ahead(self, plan: str, price: int, quantity: int, days: int, behavior: str, end: str) -> None:
        made = self.attempt("POST", "subscription_schedules", from_subscription=plan)
        if made is not None:
            (now,) = made["phases"]
            items = [{name: item[name] for name in ("price", "quantity")} for item in now["items"]]
            turn = now["end_date"] if days > 20 else now["start_date"] + days * DAY
            later = {"items": [{"price": self.prices[price], "quantity": quantity}], "proration_behavior": behavior}
            phases = [{"start_date": now["start_date"], "end_date": turn, "items": items}, later]
            self.attempt("POST", f"subscription_schedules/{made['id']}", phases=phases, end_behavior=end)

    @rule(plan=plans, how=st.sampled_from(["release", "cancel"]))
    def give_up_the_plan(self, plan: str, how: str) -> None:
        schedule = self.api.get(f"subscriptions/{plan}")["schedule"]
        if schedule is not None:
            self.attempt("POST", f"subscription_schedules/{schedule}/{how}")

    @rule(plan=plans, prorate=st.booleans(), invoice_now=st.booleans())
    def cancel(self, plan: str, prorate: bool, invoice_now: bool) -> None:
        self.attempt("DELETE", f"subscriptions/{plan}", prorate=prorate, invoice_now=invoice_now)

    @rule(plan=plans, quantity=QUANTITIES, behavior=BEHAVIORS)
    def foresee(self, plan: str, quantity: int, behavior: str) -> None:
        items = self.api.get("subscription_items", subscription=plan)["data"]
        details = {"items": [{"id": items[0]["id"], "quantity": quantity}], "proration_behavior": behavior}
        self.attempt("POST", "invoices/create_preview", subscription=plan, subscription_details=details)

    @rule(plan=plans, how=st.sampled_from(["pay", "void", "mark_uncollectible", "finalize", "revise", "outside"]))
    def deal_with_the_latest_invoice(self, plan: str, how: str) -> None:
        invoice = self.api.get(f"subscriptions/{plan}")["latest_invoice"]
        if how == "revise":
            revision = self.attempt("POST", "invoices", from_invoice={"action": "revision", "invoice": invoice})
            if revision is not None:
                self.attempt("POST", f"invoices/{revision['id']}/finalize")
        elif how == "outside":
            self.attempt("POST", f"invoices/{invoice}/pay", paid_out_of_band=True)
        else:
            self.attempt("POST", f"invoices/{invoice}/{how}")

    @rule(customer=customers, amount=st.integers(-3000, 3000))
    def charge_once(self, customer: str, amount: int) -> None:
        self.api.post("invoiceitems", customer=customer, amount=amount, currency="usd")

    @rule(customer=customers, card=st.sampled_from(CARDS))
    def change_card(self, customer: str, card: str) -> None:
        self.api.card(customer, card)

    @rule(hours=st.integers(1, 24 * 40))
    def wait(self, hours: int) -> None:
        self.api.advance(hours * 3600)

    @rule(hours=st.integers(1, 24 * 40))
    def wait_by_the_test_clock(self, hours: int) -> None:
        frozen = self.api.get(f"test_helpers/test_clocks/{self.clock}")["frozen_time"]
        self.attempt("POST", f"test_helpers/test_clocks/{self.clock}/advance", frozen_time=frozen + hours * 3600)
        self.api.get(f"test_helpers/test_clocks/{self.clock}")

    def attempt(self, method: str, path: str, **params: Any) -> Json | None:
        """Call what may be refused, in Stripe's way: with an error of the caller's."""
        try:
            return self.api.sandbox.call(method, f"/v1/{path}", params)
        except StripeSandboxError as error:
            if error.status >= 500:
                raise
            return None

    # What must hold after each step. Objects are looked at as they are stored.

    @invariant()
    def invoices_add_up(self) -> None:
        store = self.api.sandbox.store
        for invoice in store.all("invoice"):
            shown = self.api.sandbox.shown(invoice)
            lines = [store["line_item", id] for id in invoice["_lines"]]
            shared = sum(each["amount"] for line in lines for each in line["discount_amounts"])
            added = sum(tax["amount"] for tax in shown["total_taxes"] if tax["tax_behavior"] == "exclusive")
            assert shown["total"] == sum(line["amount"] for line in lines) - shared + added
            assert shown["total_excluding_tax"] == shown["total"] - sum(tax["amount"] for tax in shown["total_taxes"])
            assert shown["amount_remaining"] == shown["amount_due"] - shown["amount_paid"]
            if shown["status"] != "draft":
                assert shown["amount_due"] == shown["total"] + shown["starting_balance"] - shown["ending_balance"]
            if shown["status"] == "paid":
                assert shown["amount_remaining"] == 0

    @invariant()
    def payments_are_what_was_paid(self) -> None:
        store = self.api.sandbox.store
        for invoice in store.all("invoice"):
            paid = store.all("invoice_payment", invoice=invoice["id"], status="paid")
            received = sum(each["amount_paid"] for each in paid)
            assert received == invoice["amount_paid"] - invoice["amount_paid_off_stripe"] + invoice["amount_overpaid"]
            for each in paid:
                assert store["payment_intent", each["_payment_intent"]]["status"] == "succeeded"
            charges = [
                charge["amount"]
                for each in paid
                for charge in store.all("charge", payment_intent=each["_payment_intent"], status="succeeded")
            ]
            assert sum(charges) == received

    @invariant()
    def balances_are_the_sum_of_their_changes(self) -> None:
        store = self.api.sandbox.store
        for customer in store.all("customer"):
            changes = store.all("customer_balance_transaction", customer=customer["id"])
            assert customer["balance"] == sum(change["amount"] for change in changes)
            assert not changes or changes[0]["ending_balance"] == customer["balance"]

    @invariant()
    def everything_is_billed_once(self) -> None:
        store = self.api.sandbox.store
        billing = Counter(
            details["invoice_item"]
            for invoice in store.all("invoice")
            if invoice["from_invoice"] is None
            for line in (store["line_item", id] for id in invoice["_lines"])
            for details in (line["parent"]["invoice_item_details"] or line["parent"]["subscription_item_details"],)
            if details["invoice_item"] is not None
        )
        for item in store.all("invoiceitem"):
            assert billing[item["id"]] == (item["invoice"] is not None)

    @invariant()
    def nothing_is_given_back_that_was_not_billed(self) -> None:
        """For each item of a subscription: what was billed for it, less what was given back, is never negative.

        What a change gave back that was never paid for, and so never held, was not given back.
        """
        store = self.api.sandbox.store
        given_up = {each["id"] for each in store.all("invoice", status="void") if each["_pending_update"]}
        net: Counter[str] = Counter()
        for invoice in store.all("invoice"):
            if invoice["from_invoice"] is not None:
                continue
            for line in (store["line_item", id] for id in invoice["_lines"]):
                details = line["parent"]["subscription_item_details"]
                if details is not None and details["invoice_item"] is None:
                    taken = sum(each["amount"] for each in line["discount_amounts"])
                    net[details["subscription_item"]] += line["amount"] - taken
        for item in store.all("invoiceitem"):
            owner = (item["parent"] or {}).get("subscription_details", {}).get("subscription_item")
            if owner is not None and (item["amount"] > 0 or item["invoice"] not in given_up):
                net[owner] += item["amount"]
        assert all(amount >= 0 for amount in net.values()), net

    @invariant()
    def periods_go_on(self) -> None:
        store = self.api.sandbox.store
        for subscription in store.all("subscription"):
            clock = subscription["test_clock"]
            now = self.api.sandbox.clock.now if clock is None else store[KIND, clock]["frozen_time"]
            if subscription["status"] in ("canceled", "incomplete_expired", "paused"):
                continue
            for id in subscription["_items"]:
                item = store["subscription_item", id]
                assert item["current_period_start"] <= now < item["current_period_end"]


Books.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestBooks = Books.TestCase
