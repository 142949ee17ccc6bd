"""Events: what is told of which change, in what shape, and how it can be asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sandbox.api import DAY, NOW, Api, Json
from stripe_sandbox import Request, Sandbox
from stripe_sandbox.billing.discounts import discount_customer
from stripe_sandbox.events.differences import present, previous


@contextmanager
def told(api: Api) -> Iterator[list[Json]]:
    """The events of what happens in the block, in their order."""
    found: list[Json] = []
    is_over = False
    api.sandbox.events.listen(lambda event: None if is_over else found.append(event))
    yield found
    is_over = True


def types(events: list[Json]) -> list[str]:
    return [event["type"] for event in events]


# Which events


def test_a_customer(api: Api) -> None:
    with told(api) as events:
        customer = api.post("customers", name="Jenny", tax_id_data=[{"type": "us_ein", "value": "12-3456789"}])["id"]
        api.post(f"customers/{customer}", name="Jenny Rosen")
        api.delete(f"customers/{customer}")
    assert types(events)[:3] == ["customer.created", "customer.tax_id.created", "customer.updated"]
    assert types(events)[-1] == "customer.deleted"
    assert [event["data"]["object"]["name"] for event in events if event["type"].startswith("customer.d")] == [
        "Jenny Rosen"
    ]


def test_a_change_that_changes_nothing_is_not_told(api: Api) -> None:
    customer = api.customer()
    with told(api) as events:
        api.post(f"customers/{customer}", name="Jenny Rosen")
    assert events == []


def test_the_catalogue(api: Api) -> None:
    with told(api) as events:
        product = api.post("products", name="Team")["id"]
        api.post(f"products/{product}", active=False)
        api.delete(f"products/{product}")
        price = api.price()
        api.post(f"prices/{price}", nickname="Cheap")
        rate = api.post("tax_rates", display_name="VAT", percentage=19, inclusive=False)["id"]
        api.post(f"tax_rates/{rate}", description="Standard")
        coupon = api.post("coupons", percent_off=10)["id"]
        code = api.post("promotion_codes", promotion={"type": "coupon", "coupon": coupon})["id"]
        api.post(f"promotion_codes/{code}", active=False)
        api.post(f"coupons/{coupon}", name="Early")
        api.delete(f"coupons/{coupon}")
    assert types(events) == [
        "product.created", "product.updated", "product.deleted", "product.created", "price.created", "price.updated",
        "tax_rate.created", "tax_rate.updated", "coupon.created", "promotion_code.created", "promotion_code.updated",
        "coupon.updated", "coupon.deleted",
    ]  # fmt: skip


def test_a_payment_method_is_told_of_from_its_customer_to_its_end(api: Api) -> None:
    customer = api.customer()
    card = {"number": "4242424242424242", "exp_month": 3, "exp_year": 2031, "cvc": "123"}
    with told(api) as events:
        method = api.post("payment_methods", type="card", card=card)["id"]
        api.post(f"payment_methods/{method}/attach", customer=customer)
        api.post(f"payment_methods/{method}", metadata={"a": "b"})
        api.post(f"payment_methods/{method}/detach")
    assert types(events) == ["payment_method.attached", "payment_method.updated", "payment_method.detached"]
    assert events[0]["data"]["object"]["customer"] == customer
    assert events[2]["data"]["object"]["customer"] is None
    assert events[2]["data"]["previous_attributes"] == {"customer": customer}


def test_a_subscription_begins_incomplete_and_is_told_step_by_step(api: Api) -> None:
    customer, price = api.customer("pm_card_visa"), api.price()
    with told(api) as events:
        api.subscribe(customer, price)
    steps = [(event["type"], event["data"]["object"].get("status")) for event in events]
    assert steps == [
        ("invoice.created", "draft"),
        ("customer.subscription.created", "incomplete"),
        ("invoice.updated", "open"),
        ("invoice.finalized", "open"),
        ("payment_intent.created", "requires_payment_method"),
        ("charge.succeeded", "succeeded"),
        ("payment_intent.succeeded", "succeeded"),
        ("invoice.updated", "paid"),
        ("invoice.paid", "paid"),
        ("invoice.payment_succeeded", "paid"),
        ("customer.subscription.updated", "active"),
        ("invoice_payment.paid", "paid"),
        ("customer.updated", None),
    ]
    updated = events[10]["data"]["previous_attributes"]
    assert updated == {"status": "incomplete"}


def test_a_subscription_that_may_not_be_incomplete_was_never_there(api: Api) -> None:
    customer, price = api.customer("pm_card_chargeCustomerFail"), api.price()
    with told(api) as events:
        wanted = {"customer": customer, "items": [{"price": price}], "payment_behavior": "error_if_incomplete"}
        api.refused("POST", "subscriptions", **wanted)
    assert events == []


def test_a_renewal_comes_from_no_request(api: Api) -> None:
    subscription = api.subscribe(api.customer("pm_card_visa"))["id"]
    with told(api) as events:
        api.advance(31 * DAY)
    assert types(events).count("invoice.created") == 1
    assert types(events).count("invoice.payment_succeeded") == 1
    renewed = next(event for event in events if event["type"] == "customer.subscription.updated")
    assert renewed["data"]["object"]["id"] == subscription
    assert renewed["data"]["previous_attributes"].keys() == {"items", "latest_invoice"}
    assert renewed["data"]["previous_attributes"]["items"]["data"][0]["current_period_start"] == NOW
    assert {event["request"]["id"] for event in events} == {None}
    assert [event["created"] for event in events] == sorted(event["created"] for event in events)
    assert renewed["created"] == renewed["data"]["object"]["items"]["data"][0]["current_period_start"]


def test_an_end_of_a_subscription_is_a_deletion_and_no_update(api: Api) -> None:
    subscription = api.subscribe(api.customer("pm_card_visa"))["id"]
    with told(api) as events:
        api.delete(f"subscriptions/{subscription}")
    assert types(events)[0] == "customer.subscription.deleted"
    assert "customer.subscription.updated" not in types(events)
    assert events[0]["data"]["object"]["status"] == "canceled"


def test_a_trial_is_announced_to_end_three_days_before(api: Api) -> None:
    customer, price = api.customer("pm_card_visa"), api.price()
    with told(api) as events:
        api.subscribe(customer, price, trial_period_days=14)
        api.advance(11 * DAY - 1)
        assert "customer.subscription.trial_will_end" not in types(events)
        api.advance(1)
    assert types(events)[-1] == "customer.subscription.trial_will_end"
    assert events[-1]["created"] == NOW + 11 * DAY


def test_a_short_trial_is_announced_at_once(api: Api) -> None:
    customer, price = api.customer("pm_card_visa"), api.price()
    with told(api) as events:
        api.subscribe(customer, price, trial_period_days=2)
    assert "customer.subscription.trial_will_end" in types(events)


def test_an_invoice_from_draft_to_void(api: Api) -> None:
    customer = api.customer()
    with told(api) as events:
        invoice = api.draft(customer, 500, collection_method="send_invoice", days_until_due=30)
        api.post(f"invoices/{invoice}/send")
        api.post(f"invoices/{invoice}/mark_uncollectible")
        api.post(f"invoices/{invoice}/void")
    assert [type for type in types(events) if type.startswith("invoice.")] == [
        "invoice.created", "invoice.updated", "invoice.updated", "invoice.finalized", "invoice.sent",
        "invoice.updated", "invoice.marked_uncollectible", "invoice.updated", "invoice.voided",
    ]  # fmt: skip
    assert "payment_intent.canceled" in types(events)


def test_an_invoice_is_announced_to_be_due_and_overdue(api: Api) -> None:
    invoice = api.issued(api.customer(), 500, collection_method="send_invoice", days_until_due=30)
    with told(api) as events:
        api.advance(31 * DAY)
    assert [(event["type"], event["created"]) for event in events if event["type"].startswith("invoice.")] == [
        ("invoice.will_be_due", NOW + 23 * DAY),
        ("invoice.overdue", NOW + 30 * DAY),
    ]
    assert events[0]["data"]["object"]["id"] == invoice


def test_a_renewal_is_announced_with_the_invoice_that_then_comes(api: Api) -> None:
    customer, price = api.customer("pm_card_visa"), api.price()
    with told(api) as events:
        subscription = api.subscribe(customer, price)
        end = subscription["items"]["data"][0]["current_period_end"]
        api.advance(end - NOW + DAY)
    upcoming = [event for event in events if event["type"] == "invoice.upcoming"]
    created = [event for event in events if event["type"] == "invoice.created"][-1]
    assert [event["created"] for event in upcoming] == [end - 7 * DAY]
    invoice, announced = created["data"]["object"], upcoming[0]["data"]["object"]
    assert "id" not in announced
    assert announced["billing_reason"] == "upcoming"
    for name in ("amount_due", "period_end", "customer", "total"):
        assert announced[name] == invoice[name], name
    assert api.get("invoices", customer=customer)["data"][0]["id"] == invoice["id"]
    assert len(api.get("invoices", customer=customer)["data"]) == 2


def test_no_renewal_is_announced_of_what_ends_or_is_sent(api: Api) -> None:
    customer, price = api.customer("pm_card_visa"), api.price()
    ending = api.subscribe(customer, price)["id"]
    api.post(f"subscriptions/{ending}", cancel_at_period_end=True)
    api.subscribe(customer, price, collection_method="send_invoice", days_until_due=30)
    with told(api) as events:
        api.advance(32 * DAY)
    assert "invoice.upcoming" not in types(events)


def test_a_draft_is_deleted_with_its_items(api: Api) -> None:
    draft = api.draft(api.customer(), 500)
    with told(api) as events:
        api.delete(f"invoices/{draft}")
    assert sorted(types(events)) == ["invoice.deleted", "invoiceitem.deleted"]


def test_a_draft_is_updated_with_what_it_copies_from_its_customer(api: Api) -> None:
    customer = api.customer()
    draft = api.draft(customer, 500)
    with told(api) as events:
        api.post(f"customers/{customer}", name="Jenny R.", description="not copied")
        api.post(f"customers/{customer}/tax_ids", type="us_ein", value="12-3456789")
    updates = [event for event in events if event["type"] == "invoice.updated"]
    assert [event["data"]["object"]["id"] for event in updates] == [draft, draft]
    assert [event["data"]["previous_attributes"] for event in updates] == [
        {"customer_name": "Jenny Rosen"},
        {"customer_tax_ids": []},
    ]


def test_an_invoice_is_updated_with_its_lines(api: Api) -> None:
    draft = api.draft(api.customer(), 500)
    item = api.get("invoiceitems", invoice=draft)["data"][0]["id"]
    with told(api) as events:
        api.post(f"invoiceitems/{item}", description="Set-up")
    assert types(events) == ["invoice.updated"]
    assert events[0]["data"]["previous_attributes"].keys() == {"lines"}


def test_what_is_paid_outside_of_stripe_is_paid_but_no_payment_succeeded(api: Api) -> None:
    invoice = api.issued(api.customer(), 500)
    with told(api) as events:
        api.post(f"invoices/{invoice}/pay", paid_out_of_band=True)
    assert "invoice.paid" in types(events)
    assert "invoice.payment_succeeded" not in types(events)


def test_a_decline_is_told_although_it_was_refused(api: Api) -> None:
    customer = api.customer("pm_card_chargeCustomerFail")
    invoice = api.issued(customer, 500)
    with told(api) as events:
        api.refused("POST", f"invoices/{invoice}/pay")
    assert types(events) == [
        "charge.failed", "payment_intent.payment_failed", "invoice.updated", "invoice.payment_failed",
        "customer.updated",
    ]  # fmt: skip


def test_authentication(api: Api) -> None:
    customer = api.customer("pm_card_authenticationRequired")
    invoice = api.issued(customer, 500)
    with told(api) as events:
        refused = api.refused("POST", f"invoices/{invoice}/pay", off_session=False)
        api.sandbox.authenticate(refused.error["payment_intent"]["id"])
    assert "payment_intent.requires_action" in types(events)
    assert types(events).index("invoice.payment_action_required") < types(events).index("invoice.payment_failed")
    assert "invoice.payment_succeeded" in types(events)


def test_what_is_refused_is_not_told(api: Api) -> None:
    customer = api.customer()
    before = api.get("events", limit=100)["data"]
    with told(api) as events:
        api.refused("POST", f"customers/{customer}", name="X", invoice_prefix="no")
        api.refused("POST", "invoiceitems", customer=customer, amount=5, currency="usd", discounts=[{"coupon": "no"}])
        api.refused("POST", "prices", currency="usd", product_data={"name": "A"}, tiers=[{"up_to": "inf"}])
    assert events == []
    assert api.get("events", limit=100)["data"] == before
    with told(api) as events:
        api.post(f"customers/{customer}", description="after a refusal")
    assert events[0]["data"]["previous_attributes"] == {"description": None}


def test_refunds_and_credit_notes(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    paid, unpaid = api.paid(customer, 5000), api.issued(customer, 3000)
    charge = api.get("charges", customer=customer)["data"][0]["id"]
    with told(api) as events:
        refund = api.post("refunds", charge=charge, amount=500)["id"]
        api.post(f"refunds/{refund}", metadata={"a": "b"})
        note = api.post("credit_notes", invoice=unpaid, amount=100)["id"]
        api.post(f"credit_notes/{note}", memo="Sorry")
        api.post(f"credit_notes/{note}/void")
        api.post("credit_notes", invoice=paid, amount=100, credit_amount=100)
    assert types(events) == [
        "refund.created", "charge.refunded", "refund.updated",
        "credit_note.created", "invoice.updated", "credit_note.updated", "credit_note.voided", "invoice.updated",
        "credit_note.created", "invoice.updated", "customer.updated",
    ]  # fmt: skip
    assert events[1]["data"]["previous_attributes"] == {"amount_refunded": 0}


def test_discounts_of_customers_and_subscriptions(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    coupon = api.post("coupons", percent_off=10, duration="forever")["id"]
    with told(api) as events:
        discount = discount_customer(api.sandbox, customer, coupon)["id"]
        api.delete(f"customers/{customer}/discount")
        subscription = api.subscribe(customer, discounts=[{"coupon": coupon}])
        api.delete(f"subscriptions/{subscription['id']}/discount")
    found = [(event["type"], event["data"]["object"]["id"]) for event in events if "discount" in event["type"]]
    given = subscription["discounts"][0]
    assert found == [
        ("customer.discount.created", discount),
        ("customer.discount.deleted", discount),
        ("customer.discount.created", given),
        ("customer.discount.deleted", given),
    ]


# Their shape


def test_an_event_says_what_stripe_says(api: Api) -> None:
    customer = api.customer()
    event = api.get("events", type="customer.created")["data"][0]
    request = event.pop("request")
    assert event == {
        "id": event["id"],
        "object": "event",
        "api_version": "2026-05-27.dahlia",
        "created": NOW,
        "data": {"object": api.get(f"customers/{customer}")},
        "livemode": False,
        "pending_webhooks": 0,
        "type": "customer.created",
    }
    assert event["id"].startswith("evt_")
    assert request["id"].startswith("req_")
    assert request["idempotency_key"] is None


def test_the_request_is_the_one_of_the_answer(api: Api) -> None:
    headers = {"Authorization": "Bearer sk_test_x", "Idempotency-Key": "once"}
    request = Request("POST", "/v1/customers", headers=headers, body=b"name=A")
    first, again = api.sandbox.handle(request), api.sandbox.handle(request)
    events = api.get("events")["data"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert [event["request"] for event in events] == [
        {"id": first.headers["Request-Id"], "idempotency_key": "once"},
    ]


def test_an_event_stays_as_it_was(api: Api) -> None:
    customer = api.customer()
    event = api.get("events")["data"][0]
    api.post(f"customers/{customer}", name="Other", metadata={"a": "b"})
    assert api.get(f"events/{event['id']}") == event


def test_previous_attributes(api: Api) -> None:
    customer = api.customer(metadata={"old": "1", "kept": "2"}, address={"city": "Köln", "country": "DE"})
    with told(api) as events:
        api.post(
            f"customers/{customer}",
            metadata={"old": "", "new": "3"},
            address={"city": "Bonn", "country": "DE"},
            preferred_locales=["de", "en"],
        )
    assert events[0]["data"]["previous_attributes"] == {
        "metadata": {"old": "1", "new": None},
        "address": {"city": "Köln"},
        "preferred_locales": [],
    }


def test_differences_go_both_ways() -> None:
    before = {"a": 1, "gone": 2, "same": {"x": [1]}, "deep": {"p": 1, "q": 2}, "list": [1, 2]}
    after = {"a": 2, "same": {"x": [1]}, "deep": {"p": 1, "q": 3}, "list": [1], "new": 5}
    old = previous(before, after)
    assert old == {"a": 1, "gone": 2, "deep": {"q": 2}, "list": [1, 2], "new": None}
    assert present(old, after) == {"a": 2, "gone": None, "deep": {"q": 3}, "list": [1], "new": 5}


def test_a_connected_accounts_events_say_so(api: Api) -> None:
    api.sandbox.events.account = "acct_1"
    api.customer()
    assert api.get("events")["data"][0]["account"] == "acct_1"


# Asking for them


def test_the_list_is_filtered_by_type(api: Api) -> None:
    api.subscribe(api.customer("pm_card_visa"))
    assert set(types(api.get("events", type="invoice.*", limit=100)["data"])) == {
        "invoice.created", "invoice.updated", "invoice.finalized", "invoice.paid", "invoice.payment_succeeded",
    }  # fmt: skip
    assert types(api.get("events", type="invoice.paid")["data"]) == ["invoice.paid"]
    chosen = api.get("events", types=["invoice.paid", "charge.succeeded"])["data"]
    assert types(chosen) == ["invoice.paid", "charge.succeeded"]
    assert api.get("events", type="invoice")["data"] == []


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"type": "invoice.paid", "types": ["invoice.paid"]}, "type"),
        ({"types": ["invoice.paid"] * 21}, "types"),
        ({"limit": 101}, "limit"),
        ({"starting_after": "evt_none"}, "starting_after"),
    ],
)
def test_what_the_list_refuses(api: Api, params: Json, param: str) -> None:
    assert api.refused("GET", "events", **params).error["param"] == param


def test_the_list_pages_in_both_directions(api: Api) -> None:
    for number in range(5):
        api.post("customers", name=str(number))
    ids = [event["id"] for event in api.get("events")["data"]]
    page = api.get("events", limit=2, starting_after=ids[1])
    assert [event["id"] for event in page["data"]] == ids[2:4]
    assert page["has_more"] is True
    back = api.get("events", limit=2, ending_before=ids[3])
    assert [event["id"] for event in back["data"]] == ids[1:3]


def test_the_list_is_filtered_by_time(api: Api) -> None:
    api.post("customers", name="first")
    api.advance(10)
    api.post("customers", name="second")
    found = api.get("events", created={"gt": NOW})["data"]
    assert [event["data"]["object"]["name"] for event in found] == ["second"]
    assert len(api.get("events", created=NOW)["data"]) == 1


def test_events_are_kept_for_thirty_days(api: Api) -> None:
    api.customer()
    event = api.get("events")["data"][0]["id"]
    api.advance(30 * DAY)
    assert api.get(f"events/{event}")["id"] == event
    api.advance(1)
    assert api.get("events")["data"] == []
    error = api.refused("GET", f"events/{event}").error
    assert (error["code"], error["param"], error["message"]) == ("resource_missing", "id", f"No such event: '{event}'")
    api.customer()
    assert len(api.sandbox.store.table("event")) == 1


def test_a_restricted_key_needs_the_permission() -> None:
    sandbox = Sandbox(now=NOW)
    sandbox.restrict("rk_test_1", ["customer_read"])
    answer = sandbox.handle(Request("GET", "/v1/events", headers={"Authorization": "Bearer rk_test_1"}))
    assert answer.status == 403
    assert "rak_event_read" in answer.json()["error"]["message"]
